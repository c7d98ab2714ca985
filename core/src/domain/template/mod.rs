//! Questions that one of the two made, for both to answer (F79). Each is free to.

use super::action::Action;
use super::capability::{Capability, Class, Context, Records, Viewing};
use super::checkin::{Act, Cadence, Template, TemplateId};
use super::ledger::own_document;
use super::pacing::Feature;
use super::pair::{Pair, Side};
use super::record::Draft;
use super::refusal::{Refusal, RefusalCode};
use super::words::{in_order, withdrawal, withdrawn};
use crate::cbor::Value;
use crate::id::Position;
use crate::limits;
use crate::text;
use crate::time::Moment;

/// Templates of check-ins, as a [`Capability`].
pub struct Templates;

/// How a template was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// The record with its questions.
    pub id: Position,
    /// Who made it.
    pub by: Side,
    /// How often it is asked.
    pub cadence: Cadence,
    /// Whether it was taken back.
    pub withdrawn: bool,
}

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make one.
    Make {
        /// Its title.
        title: String,
        /// How often it is asked.
        cadence: Cadence,
        /// 1 to 20 questions.
        items: Vec<String>,
    },
    /// Take one's own back.
    Drop,
}

impl Capability for Templates {
    type State = Option<Made>;
    type Command = Command;
    type View = Template;

    const CLASS: Class = Class::Template;
    const OPEN_BY_STATE: bool = true;

    /// Only its maker's record can have made this document, and only the first.
    fn fold(pair: &Pair, _side: Side, of: &Records<'_>, _more: &[Records<'_>]) -> Option<Made> {
        let ordered = in_order(of.held);
        let gone = withdrawn(&ordered);
        ordered.iter().find_map(|held| match held.record.action {
            Action::CheckIn(Act::Template { cadence, salt })
                if own_document(pair.id, held.author, &salt) == of.doc =>
            {
                let by = pair.side(held.author)?;
                let withdrawn = gone.contains_key(&held.id);
                Some(Made { id: held.id, by, cadence, withdrawn })
            }
            _ => None,
        })
    }

    fn words(state: &Option<Made>, _now: Moment) -> Vec<Position> {
        state.iter().filter(|made| !made.withdrawn).map(|made| made.id).collect()
    }

    fn project(state: &Option<Made>, viewing: Viewing<'_>) -> Option<Template> {
        let made = state.filter(|made| !made.withdrawn)?;
        let body = (viewing.bodies)(made.id)?;
        let words =
            |value: &Value| value.text().filter(|words| text::counts(words)).map(str::to_owned);
        let items = body.get("items").and_then(Value::array)?;
        let fits = (1..=limits::CHECK_IN_ITEMS).contains(&items.len());
        Some(Template {
            id: TemplateId::Own(viewing.doc.into()),
            by: made.by.seen_by(viewing.side),
            title: body.get("title").and_then(words)?,
            cadence: made.cadence,
            items: items.iter().map(words).collect::<Option<_>>().filter(|_| fits)?,
            suggested: made.by != viewing.side,
        })
    }

    fn looks(command: &Command) -> bool {
        matches!(command, Command::Drop)
    }

    fn begins(_state: &Self::State, command: &Command) -> bool {
        matches!(command, Command::Make { .. })
    }

    fn decide(
        state: &Option<Made>,
        view: Option<&Template>,
        command: &Command,
        context: Context<'_>,
    ) -> Result<Vec<Draft>, Refusal> {
        context.together()?;
        match command {
            Command::Make { title, cadence, items } => {
                context.switched_on(Feature::CheckIns)?;
                if context.begun.open >= limits::TEMPLATES {
                    return Err(RefusalCode::TooManyTemplates.into());
                }
                if items.is_empty() || items.len() > limits::CHECK_IN_ITEMS {
                    return Err(RefusalCode::AnswerInvalid.into());
                }
                let word = |word: &String| Ok(Value::from(text::text(word)?.as_str()));
                let items = items.iter().map(word).collect::<Result<_, Refusal>>()?;
                let body = Value::map([
                    ("title", Some(word(title)?)),
                    ("items", Some(Value::Array(items))),
                ]);
                let action = Act::Template { cadence: *cadence, salt: context.salt }.into();
                let target = context.new_document();
                Ok(vec![Draft { target, action, body: Some(body) }])
            }
            Command::Drop => {
                let made = state.as_ref().ok_or(RefusalCode::TemplateUnknown)?;
                if made.by != context.side {
                    return Err(RefusalCode::NotYourWords.into());
                }
                let TemplateId::Own(target) = view.map_or(TemplateId::Week, |template| template.id)
                else {
                    return Err(RefusalCode::TemplateUnknown.into());
                };
                Ok(vec![withdrawal(target.into(), made.id)])
            }
        }
    }

    fn is_open(state: &Option<Made>, side: Side, _now: Moment) -> bool {
        state.as_ref().is_some_and(|made| made.by == side && !made.withdrawn)
    }

    /// It is there until it is taken back.
    fn over(view: Option<&Template>, _before: Moment, _now: Moment) -> bool {
        view.is_none()
    }
}

#[cfg(test)]
mod tests;
