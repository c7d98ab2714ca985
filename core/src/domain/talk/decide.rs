//! From a command to records, or a refusal.

use super::record::Act;
use super::view::{TalkState, TalkView};
use crate::cbor::Value;
use crate::domain::capability::Context;
use crate::domain::record::Draft;
use crate::domain::refusal::{Refusal, RefusalCode, ahead};
use crate::id::Position;
use crate::limits;
use crate::text;
use crate::time::Moment;

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Propose a talk.
    Propose(NewTalk),
    /// Propose another window.
    Move {
        /// When it begins.
        begins: Moment,
    },
    /// Say yes to the window that was shown.
    Accept {
        /// Where it was proposed.
        window: Position,
    },
    /// Say no.
    Decline,
    /// Begin it, or go on.
    Start,
    /// Pause it.
    Pause {
        /// When one proposes to go on.
        to: Moment,
    },
    /// End it.
    End,
}

/// A talk as it is proposed (F23).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct NewTalk {
    /// What about.
    pub topic: String,
    /// When it begins.
    pub begins: Moment,
    /// How long it is meant to be, in minutes: 1 to 1,440.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub minutes: Option<u16>,
    /// Where: private, quiet, neutral.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub place: Option<String>,
    /// Ground rules, each in a sentence.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub rules: Vec<String>,
}

impl NewTalk {
    /// What about and when, and nothing else.
    pub fn about(topic: &str, begins: Moment) -> Self {
        let (topic, rules) = (topic.to_owned(), Vec::new());
        Self { topic, begins, minutes: None, place: None, rules }
    }

    fn body(&self) -> Result<Value, Refusal> {
        if self.rules.len() > limits::TALK_RULES {
            return Err(RefusalCode::TextTooLong.into());
        }
        let place = self.place.as_deref().map(text::name).transpose()?;
        let rules = self.rules.iter().map(|rule| Ok(text::text(rule)?.as_str().into()));
        let rules = rules.collect::<Result<Vec<Value>, Refusal>>()?;
        let all: usize = self.rules.iter().chain([&self.topic]).map(|t| t.chars().count()).sum();
        if all > limits::ITEM_SCALARS {
            return Err(RefusalCode::TextTooLong.into());
        }
        Ok(Value::map([
            ("text", Some(text::text(&self.topic)?.as_str().into())),
            ("place", place.as_deref().map(Value::from)),
            ("rules", (!rules.is_empty()).then_some(Value::Array(rules))),
        ]))
    }
}

/// Decides a command on the talk that stands, or on a new one.
pub(super) fn decide(
    talk: Option<&TalkView>,
    command: &Command,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    context.together()?;
    if let Command::Propose(new) = command {
        ahead(context.now, new.begins, limits::PROMISE_SPAN)?;
        if new.minutes.is_some_and(|minutes| !(1..=limits::TALK_MINUTES).contains(&minutes)) {
            return Err(RefusalCode::MinutesInvalid.into());
        }
        let (begins, minutes) = (new.begins, new.minutes);
        let act = Act::Propose { begins, minutes, salt: Some(context.salt) };
        let target = context.new_document();
        return Ok(vec![Draft { target, action: act.into(), body: Some(new.body()?) }]);
    }
    let talk = talk.ok_or(RefusalCode::NotFound)?;
    if talk.state == TalkState::Ended {
        return Err(RefusalCode::AlreadyEnded.into());
    }
    let act = match command {
        Command::Propose(_) => return Ok(Vec::new()),
        Command::Move { begins } => {
            ahead(context.now, *begins, limits::PROMISE_SPAN)?;
            Act::Propose { begins: *begins, minutes: talk.minutes, salt: None }
        }
        Command::Accept { window } if talk.window != *window => {
            return Err(RefusalCode::StaleView.into());
        }
        Command::Accept { .. } if !talk.waits_for_me => {
            return Err(RefusalCode::NothingToAnswer.into());
        }
        Command::Accept { window } => Act::Accept { of: *window },
        Command::Decline => Act::Decline,
        Command::Start | Command::Pause { .. } if !talk.agreed() => {
            return Err(RefusalCode::TalkNotAgreed.into());
        }
        Command::Start => Act::Start,
        Command::Pause { to } => {
            ahead(context.now, *to, limits::TALK_PAUSE)?;
            Act::Pause { to: *to }
        }
        Command::End => Act::End,
    };
    Ok(vec![Draft { target: talk.id.into(), action: act.into(), body: None }])
}
