//! From a command to records, or a refusal.

use super::record::Act;
use super::view::{TalkState, TalkView};
use crate::domain::capability::Context;
use crate::domain::record::{Draft, said};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::id::Position;
use crate::limits;
use crate::time::Moment;

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Propose a talk.
    Propose {
        /// What about.
        topic: String,
        /// When it begins.
        begins: Moment,
    },
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
    /// End it.
    End,
}

/// Decides a command on the talk that stands, or on a new one.
pub(super) fn decide(
    talk: Option<&TalkView>,
    command: &Command,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    context.together()?;
    let ahead = |begins: Moment| {
        let fits = begins > context.now && begins <= context.now.plus(limits::PROMISE_SPAN);
        if fits { Ok(()) } else { Err(RefusalCode::TimeInvalid) }
    };
    if let Command::Propose { topic, begins } = command {
        ahead(*begins)?;
        let act = Act::Propose { begins: *begins, salt: Some(context.salt) };
        let target = context.new_document();
        return Ok(vec![Draft { target, action: act.into(), body: Some(said(topic)?) }]);
    }
    let talk = talk.ok_or(RefusalCode::NotFound)?;
    if talk.state == TalkState::Ended {
        return Err(RefusalCode::AlreadyEnded.into());
    }
    let act = match command {
        Command::Propose { .. } => return Ok(Vec::new()),
        Command::Move { begins } => {
            ahead(*begins)?;
            Act::Propose { begins: *begins, salt: None }
        }
        Command::Accept { window } if talk.window != *window => {
            return Err(RefusalCode::StaleView.into());
        }
        Command::Accept { .. } if !talk.waits_for_me => {
            return Err(RefusalCode::NothingToAnswer.into());
        }
        Command::Accept { window } => Act::Accept { of: *window },
        Command::Decline => Act::Decline,
        Command::End => Act::End,
    };
    Ok(vec![Draft { target: talk.id, action: act.into(), body: None }])
}
