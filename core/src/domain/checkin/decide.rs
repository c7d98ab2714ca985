//! What may be done with a check-in, or a refusal.

use super::record::Act;
use super::seal::{Answers, Bound, Opening, written};
use super::template::{Cadence, Period, Template, TemplateId};
use super::view::{CheckInState, CheckInView};
use crate::cbor::Value;
use crate::domain::context::Context;
use crate::domain::ledger::{Month, ledger, own_document};
use crate::domain::record::{Action, Draft};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::id::{DocId, LogId};
use crate::limits;
use crate::text;
use jiff::civil::Date;

fn running(context: &Context<'_>) -> Result<(), Refusal> {
    match context.pair_state.left_at {
        Some(_) => Err(RefusalCode::PairLeft.into()),
        None => Ok(()),
    }
}

fn target(context: &Context<'_>, period: Period) -> Result<DocId, Refusal> {
    let first = period.first().ok_or(RefusalCode::PeriodInvalid)?;
    Ok(ledger(context.pair.id, context.me, Month::of_date(first)))
}

/// Makes a template of one's own, in a document of its own.
///
/// # Errors
/// `AnswerInvalid` for more than 20 questions or none; those of a text.
pub fn make_template(
    salt: [u8; 16],
    title: &str,
    cadence: Cadence,
    items: &[String],
    context: Context<'_>,
) -> Result<Draft, Refusal> {
    running(&context)?;
    if items.is_empty() || items.len() > limits::CHECK_IN_ITEMS {
        return Err(RefusalCode::AnswerInvalid.into());
    }
    let items: Vec<Value> = items
        .iter()
        .map(|item| Ok(Value::from(text::text(item)?.as_str())))
        .collect::<Result<_, Refusal>>()?;
    let title = text::text(title)?;
    let body =
        Value::map([("title", Some(title.as_str().into())), ("items", Some(Value::Array(items)))]);
    let action = Action::CheckIn(Act::Template { cadence, salt });
    let doc = own_document(context.pair.id, context.me, &salt);
    Ok(Draft { target: doc, action, body: Some(body) })
}

/// Answers that may be kept as a draft, or sealed, for `period` on the local day
/// `today`.
///
/// # Errors
/// `PeriodInvalid` where that is not the template's current period,
/// `AlreadySealed`, `AnswerInvalid`, those of a text.
pub fn answer(
    template: &Template,
    period: Period,
    answers: &Answers,
    view: &CheckInView,
    today: Date,
) -> Result<Answers, Refusal> {
    if template.cadence.period(today) != period {
        return Err(RefusalCode::PeriodInvalid.into());
    }
    if !matches!(view.state, CheckInState::Open | CheckInState::Draft | CheckInState::Skipped) {
        return Err(RefusalCode::AlreadySealed.into());
    }
    written(answers, template)
}

/// Commits to answers.
///
/// # Errors
/// `PairLeft`, `PeriodInvalid`.
pub fn seal(
    opening: &Opening,
    template: TemplateId,
    period: Period,
    log: LogId,
    context: Context<'_>,
) -> Result<Draft, Refusal> {
    running(&context)?;
    let bound = Bound { pair: context.pair.id, person: context.me, log, template, period };
    let act = Act::Seal { template, period, commit: opening.commitment(&bound) };
    Ok(Draft { target: target(&context, period)?, action: Action::CheckIn(act), body: None })
}

/// Takes a seal back.
///
/// # Errors
/// `NotSealed` where nothing is, or where it is open.
pub fn cancel(view: &CheckInView, context: Context<'_>) -> Result<Draft, Refusal> {
    running(&context)?;
    let of = view.seal.filter(|_| view.state == CheckInState::Sealed);
    let of = of.ok_or(RefusalCode::NotSealed)?;
    let action = Action::CheckIn(Act::Cancel { of });
    Ok(Draft { target: target(&context, view.period)?, action, body: None })
}

/// Opens one's own seal, once both are held.
///
/// # Errors
/// `NotSealed`, `PairLeft`.
pub fn open(opening: &Opening, view: &CheckInView, context: Context<'_>) -> Result<Draft, Refusal> {
    running(&context)?;
    let of = view.seal.ok_or(RefusalCode::NotSealed)?;
    let until = context.now.plus(limits::CHECK_IN_RETENTION);
    Ok(Draft {
        target: target(&context, view.period)?,
        action: Action::CheckIn(Act::Open { of, until }),
        body: Some(opening.to_value()),
    })
}

/// Shares answers without the other's, once the period is over or as one likes.
///
/// # Errors
/// `PairLeft`, `PeriodInvalid`.
pub fn share_alone(
    answers: &Answers,
    template: TemplateId,
    period: Period,
    context: Context<'_>,
) -> Result<Draft, Refusal> {
    running(&context)?;
    let until = context.now.plus(limits::CHECK_IN_RETENTION);
    let body = Value::map([("answers", Some(super::seal::answers_to_value(answers)))]);
    let action = Action::CheckIn(Act::ShareAlone { template, period, until });
    Ok(Draft { target: target(&context, period)?, action, body: Some(body) })
}

/// Says what one intends today (F82).
///
/// # Errors
/// `PairLeft`, those of a text.
pub fn intend(words: &str, today: Date, context: Context<'_>) -> Result<Draft, Refusal> {
    running(&context)?;
    let until = context.now.plus(limits::CHECK_IN_RETENTION);
    let body = Value::map([("text", Some(text::text(words)?.as_str().into()))]);
    let action = Action::CheckIn(Act::Intention { day: today, until });
    Ok(Draft { target: target(&context, Period::Day(today))?, action, body: Some(body) })
}
