//! Talks that both plan, and accounts that one tells and the other asks about.

use super::Space;
use crate::domain::account::{AccountView, Accounts, Command as Telling};
use crate::domain::capability::Capability;
use crate::domain::talk::{Command, TalkView, Talks};
use crate::engine::Engine;
use crate::error::Error;
use crate::id::{DocId, ItemId};
use crate::time::Moment;

pub(super) fn talks(engine: &mut Engine) -> Result<Vec<TalkView>, Error> {
    engine.views::<Talks>()
}

fn accounts(engine: &mut Engine) -> Result<Vec<AccountView>, Error> {
    engine.views::<Accounts>()
}

/// Talks and accounts, each in a document of its own.
#[derive(Clone, Copy)]
pub struct Hearing<'a>(pub(super) &'a Space);

impl Hearing<'_> {
    /// Does something with one, or begins one.
    async fn act<C: Capability>(
        &self,
        id: Option<DocId>,
        command: C::Command,
    ) -> Result<C::View, Error> {
        let work = move |engine: &mut Engine| match id {
            Some(id) => engine.done::<C>(id, &command),
            None => engine.begin::<C>(&command),
        };
        self.0.write(work).await
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported)]
impl Hearing<'_> {
    /// The talks.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all reading methods here.
    pub async fn talks(&self) -> Result<Vec<TalkView>, Error> {
        self.0.ask(talks).await
    }

    /// Proposes a talk (F23).
    ///
    /// # Errors
    /// `TimeInvalid`, those of a text, `PairLeft`.
    pub async fn propose_talk(&self, topic: &str, begins: Moment) -> Result<TalkView, Error> {
        let topic = topic.to_owned();
        self.act::<Talks>(None, Command::Propose { topic, begins }).await
    }

    /// Proposes another window; the other must say yes to it.
    ///
    /// # Errors
    /// `TimeInvalid`, `AlreadyEnded`, `NotFound`.
    pub async fn move_talk(&self, id: DocId, begins: Moment) -> Result<TalkView, Error> {
        self.act::<Talks>(Some(id), Command::Move { begins }).await
    }

    /// Says yes to the window that was shown.
    ///
    /// # Errors
    /// `StaleView` if another window stands by now; `NothingToAnswer`,
    /// `AlreadyEnded`, `NotFound`.
    pub async fn accept_talk(&self, shown: &TalkView) -> Result<TalkView, Error> {
        self.act::<Talks>(Some(shown.id), Command::Accept { window: shown.window }).await
    }

    /// Says no. No reason, no consequence (R19).
    ///
    /// # Errors
    /// `AlreadyEnded`, `NotFound`.
    pub async fn decline_talk(&self, id: DocId) -> Result<TalkView, Error> {
        self.act::<Talks>(Some(id), Command::Decline).await
    }

    /// Ends it; nobody is asked.
    ///
    /// # Errors
    /// `AlreadyEnded`, `NotFound`.
    pub async fn end_talk(&self, id: DocId) -> Result<TalkView, Error> {
        self.act::<Talks>(Some(id), Command::End).await
    }

    /// The accounts.
    ///
    /// # Errors
    /// As [`Hearing::talks`].
    pub async fn accounts(&self) -> Result<Vec<AccountView>, Error> {
        self.0.ask(accounts).await
    }

    /// Tells an account, a new one or one of mine anew; what was told before stays
    /// beside it (F22).
    ///
    /// # Errors
    /// `NotYourWords`, `NotFound`, those of a text.
    pub async fn tell(&self, id: Option<DocId>, text: &str) -> Result<AccountView, Error> {
        let text = text.to_owned();
        let command = if id.is_some() { Telling::Tell { text } } else { Telling::Begin { text } };
        self.act::<Accounts>(id, command).await
    }

    /// Takes back words of mine in an account: a telling, a question, an answer.
    /// They go on both phones.
    ///
    /// # Errors
    /// `NotYourWords`, `NotFound`, `NoLongerThere`, `PairLeft`.
    pub async fn withdraw_words(&self, id: DocId, words: ItemId) -> Result<AccountView, Error> {
        self.0.write(move |engine| engine.withdrawn::<Accounts>(id, words)).await
    }

    /// Asks about the other's account, as it stands here (F30). At most three
    /// questions wait for an answer: a fourth takes the place of the oldest (R31).
    ///
    /// # Errors
    /// `OwnWords`, `NotFound`, those of a text.
    pub async fn ask(&self, id: DocId, text: &str) -> Result<AccountView, Error> {
        self.act::<Accounts>(Some(id), Telling::Ask { text: text.to_owned() }).await
    }

    /// Answers a question about my account. None is owed.
    ///
    /// # Errors
    /// `NotYourWords`, `NotFound`, those of a text.
    pub async fn answer(
        &self,
        id: DocId,
        question: ItemId,
        text: &str,
    ) -> Result<AccountView, Error> {
        self.act::<Accounts>(Some(id), Telling::Answer { question, text: text.to_owned() }).await
    }
}
