//! From a command to records, or a refusal.

use super::record::Act;
use super::view::AccountView;
use crate::domain::capability::Context;
use crate::domain::pair::Who;
use crate::domain::record::{Draft, said};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::words;
use crate::id::ItemId;
use crate::limits;

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Tell a new account.
    Begin {
        /// The words.
        text: String,
    },
    /// Tell it anew.
    Tell {
        /// The words.
        text: String,
    },
    /// Ask about the telling that stands.
    Ask {
        /// The words.
        text: String,
    },
    /// Answer a question.
    Answer {
        /// Which.
        question: ItemId,
        /// The words.
        text: String,
    },
}

/// Decides a command on the account that stands, or on a new one.
pub(super) fn decide(
    account: Option<&AccountView>,
    command: &Command,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    context.together()?;
    if let Command::Begin { text } = command {
        let target = context.new_document();
        let action = Act::Tell { salt: context.salt }.into();
        return Ok(vec![Draft { target, action, body: Some(said(text)?) }]);
    }
    let account = account.ok_or(RefusalCode::NotFound)?;
    let mine = account.by == Who::Me;
    let mut withdrawal = None;
    let (act, text) = match command {
        Command::Begin { .. } => return Ok(Vec::new()),
        Command::Tell { .. } | Command::Answer { .. } if !mine => {
            return Err(RefusalCode::NotYourWords.into());
        }
        Command::Ask { .. } if mine => return Err(RefusalCode::OwnWords.into()),
        Command::Tell { text } => (Act::Tell { salt: account.salt.0 }, text),
        Command::Ask { text } => {
            let shown = account.tellings.last().ok_or(RefusalCode::NotFound)?;
            // One more than may wait takes the place of the oldest (R31).
            let mut waiting = account.questions.iter().filter(|one| one.waits());
            if waiting.clone().count() >= limits::QUESTIONS_OPEN {
                withdrawal = waiting.next().map(|one| one.position);
            }
            (Act::Ask { on: shown.position }, text)
        }
        Command::Answer { question, text } => {
            let asked = account.questions.iter().find(|one| one.id == *question);
            (Act::Answer { of: asked.ok_or(RefusalCode::NotFound)?.position }, text)
        }
    };
    let target = account.id;
    let draft = Draft { target, action: act.into(), body: Some(said(text)?) };
    let withdrawal = withdrawal.map(|of| words::withdrawal(target, of));
    Ok([draft].into_iter().chain(withdrawal).collect())
}
