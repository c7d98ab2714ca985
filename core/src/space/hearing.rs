//! Talks that both plan.

use super::Space;
use crate::domain::talk::{Command, TalkView, Talks};
use crate::engine::Engine;
use crate::error::Error;
use crate::id::DocId;
use crate::time::Moment;

pub(super) fn talks(engine: &mut Engine) -> Result<Vec<TalkView>, Error> {
    engine.views::<Talks>()
}

/// Talks, each in a document of its own.
#[derive(Clone, Copy)]
pub struct Hearing<'a>(pub(super) &'a Space);

impl Hearing<'_> {
    /// Does something with one, or begins one.
    async fn act(&self, id: Option<DocId>, command: Command) -> Result<TalkView, Error> {
        let work = move |engine: &mut Engine| match id {
            Some(id) => engine.done::<Talks>(id, &command),
            None => engine.begin::<Talks>(&command),
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
        self.act(None, Command::Propose { topic, begins }).await
    }

    /// Proposes another window; the other must say yes to it.
    ///
    /// # Errors
    /// `TimeInvalid`, `AlreadyEnded`, `NotFound`.
    pub async fn move_talk(&self, id: DocId, begins: Moment) -> Result<TalkView, Error> {
        self.act(Some(id), Command::Move { begins }).await
    }

    /// Says yes to the window that was shown.
    ///
    /// # Errors
    /// `StaleView` if another window stands by now; `NothingToAnswer`,
    /// `AlreadyEnded`, `NotFound`.
    pub async fn accept_talk(&self, shown: &TalkView) -> Result<TalkView, Error> {
        self.act(Some(shown.id), Command::Accept { window: shown.window }).await
    }

    /// Says no. No reason, no consequence (R19).
    ///
    /// # Errors
    /// `AlreadyEnded`, `NotFound`.
    pub async fn decline_talk(&self, id: DocId) -> Result<TalkView, Error> {
        self.act(Some(id), Command::Decline).await
    }

    /// Ends it; nobody is asked.
    ///
    /// # Errors
    /// `AlreadyEnded`, `NotFound`.
    pub async fn end_talk(&self, id: DocId) -> Result<TalkView, Error> {
        self.act(Some(id), Command::End).await
    }
}
