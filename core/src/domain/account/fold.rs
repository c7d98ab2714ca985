//! From the records of one document to the state of one account.

use super::record::Act;
use crate::domain::action::Action;
use crate::domain::capability::Records;
use crate::domain::ledger::own_document;
use crate::domain::pair::{Pair, Side};
use crate::domain::record::Held;
use crate::domain::words::{in_order, standing, withdrawn};
use crate::id::{Position, Salt};
use crate::limits;
use crate::time::Moment;
use std::collections::BTreeSet;

/// Something that was said, and when as its author states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// Its record.
    pub id: Position,
    /// When.
    pub at: Moment,
}

/// A question, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The question.
    pub said: Said,
    /// The telling that it was asked on.
    pub on: Position,
    /// The answer that stands, if there is one.
    pub answer: Option<Position>,
    /// Every answer, oldest first: what the other has read stands beside what is said later
    /// (R36).
    pub answers: Vec<Said>,
}

/// The state of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who tells it.
    pub teller: Side,
    /// What its document's id is made from.
    pub salt: Salt,
    /// Every telling, oldest first.
    pub tellings: Vec<Said>,
    /// The one that stands.
    pub current: Position,
    /// The other's questions, oldest first.
    pub questions: Vec<Asked>,
    /// Records whose words were taken back.
    pub gone: BTreeSet<Position>,
}

impl Account {
    /// Whose words are still there to be read.
    pub(super) fn words(&self) -> Vec<Position> {
        let told = self.tellings.iter().map(|telling| telling.id);
        let asked = self.questions.iter().map(|question| question.said.id);
        let answered = self.questions.iter().flat_map(|question| &question.answers);
        let answered = answered.map(|answer| answer.id);
        told.chain(asked).chain(answered).filter(|id| !self.gone.contains(id)).collect()
    }
}

/// Folds the records of a document; `None` where there is no account in it.
pub(super) fn fold(pair: &Pair, of: &Records<'_>) -> Option<Account> {
    let records = in_order(of.held);
    // The account is the one's whose salt its document has.
    let tells = |held: &Held| match held.record.action {
        Action::Account(Act::Tell { salt }) => own_document(pair.id, held.author, &salt) == of.doc,
        _ => false,
    };
    let teller = records.iter().find(|held| tells(held))?.author;
    let told = |held: &&&Held| tells(held) && held.author == teller;
    let tellings: Vec<&Held> =
        records.iter().filter(told).take(limits::TALK_RECORDS).copied().collect();
    let current = standing(&tellings)?;
    let Action::Account(Act::Tell { salt }) = current.record.action else { return None };
    let answers: Vec<(Position, &Held)> = records
        .iter()
        .filter(|held| held.author == teller)
        .filter_map(|held| match held.record.action {
            Action::Account(Act::Answer { of }) => Some((of, *held)),
            _ => None,
        })
        .collect();
    let said = |held: &Held| Said { id: held.id, at: held.record.at.moment };
    let question = |held: &&Held| {
        let Action::Account(Act::Ask { on }) = held.record.action else { return None };
        let known = tellings.iter().any(|telling| telling.id == on);
        if held.author == teller || !known {
            return None;
        }
        let of_this: Vec<&Held> =
            answers.iter().filter(|(of, _)| *of == held.id).map(|(_, answer)| *answer).collect();
        let answer = standing(&of_this).map(|answer| answer.id);
        let answers = of_this.iter().take(limits::TALK_RECORDS).map(|answer| said(answer));
        Some(Asked { said: said(held), on, answer, answers: answers.collect() })
    };
    Some(Account {
        teller: pair.side(teller)?,
        salt: Salt(salt),
        tellings: tellings.iter().map(|held| said(held)).collect(),
        current: current.id,
        questions: records.iter().filter_map(question).take(limits::TALK_RECORDS).collect(),
        gone: withdrawn(&records).into_keys().collect(),
    })
}
