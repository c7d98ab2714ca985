//! What may be done with a check-in, or a refusal.

use super::record::Act;
use super::seal::{Answers, Bound, Opening, answers_to_value, written};
use super::template::{Period, Template};
use super::view::{CheckInState, CheckInView, PrivateAnswers};
use crate::cbor::Value;
use crate::domain::capability::Context;
use crate::domain::ledger::{Month, ledger};
use crate::domain::pacing::Feature;
use crate::domain::record::Draft;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::words;
use crate::id::{DocId, LogId};
use crate::limits;
use jiff::civil::Date;

/// What a person, or their phone for them, wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Commit to answers.
    Seal {
        /// What opens the seal.
        opening: Opening,
        /// The questions.
        asked: Template,
        /// The check-in.
        view: CheckInView,
        /// The local day.
        today: Date,
        /// The log that the seal will stand in.
        log: LogId,
    },
    /// Take the seal of this check-in back.
    Cancel(CheckInView),
    /// Open the seal of this check-in: both are held.
    Open {
        /// What opens it.
        opening: Opening,
        /// The check-in.
        view: CheckInView,
    },
    /// Take back what the other has seen of this check-in.
    TakeBack(CheckInView),
    /// Share answers without the other's, once the period is over or as one likes.
    ShareAlone {
        /// The answers.
        answers: Answers,
        /// The check-in.
        view: CheckInView,
    },
}

/// Decides a command.
///
/// # Errors
/// `PairLeft`, `FeatureOff`; those of [`answer`] for a seal; `NotSealed` where nothing is,
/// where it is open, or where there are no answers to be shared; `AlreadySealed` for answers
/// that are; `NoLongerThere` where none are open that could be taken back.
pub(super) fn decide(command: &Command, context: Context<'_>) -> Result<Draft, Refusal> {
    context.together()?;
    let kept = context.now.plus(limits::CHECK_IN_RETENTION);
    let (period, act, body) = match command {
        Command::Seal { opening, asked, view, today, log } => {
            context.switched_on(Feature::CheckIns)?;
            answer(asked, view.period, &opening.answers, view, *today)?;
            let (template, period) = (view.template, view.period);
            let (pair, person) = (context.pair.id, context.me);
            let bound = Bound { pair, person, log: *log, template, period };
            let commit = opening.commitment(&bound);
            (period, Act::Seal { template, period, commit }, None)
        }
        Command::Cancel(view) => {
            // Kept private, where what opens it is lost: it can be taken back all the same.
            let closed = matches!(view.state, CheckInState::Sealed | CheckInState::KeptPrivate);
            let of = view.seal.filter(|_| closed);
            (view.period, Act::Cancel { of: of.ok_or(RefusalCode::NotSealed)? }, None)
        }
        Command::Open { opening, view } => {
            let of = view.seal.ok_or(RefusalCode::NotSealed)?;
            (view.period, Act::Open { of, until: kept }, Some(opening.to_value()))
        }
        Command::TakeBack(view) => {
            let of = view.answers.ok_or(RefusalCode::NoLongerThere)?;
            return Ok(words::withdrawal(target(&context, view.period)?, of));
        }
        Command::ShareAlone { answers, view } => {
            context.switched_on(Feature::CheckIns)?;
            if matches!(view.state, CheckInState::Revealed | CheckInState::SharedAlone) {
                return Err(RefusalCode::AlreadySealed.into());
            }
            if answers.is_empty() {
                return Err(RefusalCode::NotSealed.into());
            }
            let body = Value::map([("answers", Some(answers_to_value(answers)))]);
            let (template, period) = (view.template, view.period);
            (period, Act::ShareAlone { template, period, until: kept }, Some(body))
        }
    };
    Ok(Draft { target: target(&context, period)?, action: act.into(), body })
}

fn target(context: &Context<'_>, period: Period) -> Result<DocId, Refusal> {
    let first = period.first().ok_or(RefusalCode::PeriodInvalid)?;
    Ok(ledger(context.pair.id, context.me, Month::of_date(first)))
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
    skip(view)?;
    written(answers, template)
}

/// Whether a check-in may be skipped, or answered anew.
///
/// # Errors
/// `AlreadySealed`.
pub fn skip(view: &CheckInView) -> Result<(), Refusal> {
    match view.state {
        CheckInState::Open | CheckInState::Draft | CheckInState::Skipped => Ok(()),
        _ => Err(RefusalCode::AlreadySealed.into()),
    }
}

/// The answers that stay with this phone's person.
///
/// # Errors
/// `NotSealed` where there are none; `AlreadyOpen` where the other has seen them.
pub fn keep(view: &CheckInView, private: Option<PrivateAnswers>) -> Result<Answers, Refusal> {
    if matches!(view.state, CheckInState::Revealed | CheckInState::SharedAlone) {
        return Err(RefusalCode::AlreadyOpen.into());
    }
    let answers = private.map(|private| private.answers).filter(|answers| !answers.is_empty());
    Ok(answers.ok_or(RefusalCode::NotSealed)?)
}
