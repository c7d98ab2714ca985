//! What one person sees of an account.

use super::fold::{Account, Asked, Said};
use crate::domain::capability::Viewing;
use crate::domain::pair::Who;
use crate::domain::words::text_of;
use crate::id::{DocId, ItemId, Position, Salt};
use crate::limits;
use crate::time::Moment;
use serde::Serialize;

/// What was said at one time: a telling of an account, an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct TellingView {
    /// Its id.
    pub id: ItemId,
    /// When.
    pub at: Moment,
    /// The words; `None` where they were taken back, or are not here yet.
    pub text: Option<String>,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) position: Position,
}

/// A question about an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct QuestionView {
    /// Its id.
    pub id: ItemId,
    /// When it was asked.
    pub at: Moment,
    /// The words.
    pub text: Option<String>,
    /// It was asked on an earlier telling than the one that stands.
    pub on_earlier: bool,
    /// Whether it was answered.
    pub answered: bool,
    /// The answer, if its words are here. None is owed (F30).
    pub answer: Option<String>,
    /// The answer's id.
    pub answer_id: Option<ItemId>,
    /// Every answer, oldest first: a later one never replaces what was read (R36).
    pub answers: Vec<TellingView>,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) position: Position,
}

impl QuestionView {
    /// Whether it waits for an answer.
    pub fn waits(&self) -> bool {
        self.text.is_some() && !self.answered
    }
}

/// An account as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct AccountView {
    /// Its document.
    pub id: DocId,
    /// Who tells it.
    pub by: Who,
    /// The telling that stands.
    pub text: Option<String>,
    /// Every telling, oldest first: a later one never replaces what was read.
    pub tellings: Vec<TellingView>,
    /// The other's questions, oldest first.
    pub questions: Vec<QuestionView>,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) salt: Salt,
}

/// Projects an account for one viewer.
pub(super) fn project(account: &Account, viewing: Viewing<'_>) -> AccountView {
    let read = |position: Position| {
        let body = match account.gone.contains(&position) {
            true => None,
            false => (viewing.bodies)(position),
        };
        body.and_then(|body| text_of(&body, "text"))
    };
    let shown = |one: &Said| TellingView {
        id: one.id.item(),
        at: one.at,
        text: read(one.id),
        position: one.id,
    };
    let question = |asked: &Asked| QuestionView {
        id: asked.said.id.item(),
        at: asked.said.at,
        text: read(asked.said.id),
        on_earlier: asked.on != account.current,
        answered: !asked.answers.is_empty(),
        answer: asked.answer.and_then(read),
        answer_id: asked.answer.map(Position::item),
        answers: asked.answers.iter().map(shown).collect(),
        position: asked.said.id,
    };
    let mut questions: Vec<QuestionView> = account.questions.iter().map(question).collect();
    // Whatever the asker's app does, only the newest wait (R31).
    let open: Vec<usize> = (0..questions.len()).filter(|at| questions[*at].waits()).collect();
    for at in &open[..open.len().saturating_sub(limits::QUESTIONS_OPEN)] {
        questions[*at].text = None;
    }
    AccountView {
        id: viewing.doc,
        by: account.teller.seen_by(viewing.side),
        text: read(account.current),
        tellings: account.tellings.iter().map(shown).collect(),
        questions,
        salt: account.salt,
    }
}
