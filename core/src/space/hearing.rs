//! Talks that both plan.

use super::{Space, Subscription};
use crate::cbor::Value;
use crate::domain::capability::Class;
use crate::domain::talk::{Command, NewTalk, TalkView, Talks};
use crate::engine::{Engine, Watched};
use crate::error::Error;
use crate::id::TalkId;
use crate::store::StorageError;
use crate::store::VaultItem;
use crate::text;
use crate::time::Moment;

const PREPARATION: &str = "talk-preparation";

pub(super) fn talks(engine: &mut Engine) -> Result<Vec<TalkView>, Error> {
    engine.views::<Talks>()
}

fn prepare(engine: &mut Engine, talk: TalkId, words: &str) -> Result<(), Error> {
    engine.show::<Talks>(talk.into())?;
    let text = text::fragment(words)?;
    let id = engine.vault()?.named(PREPARATION, &talk.to_string());
    if text.is_empty() {
        engine.vault()?.remove(id)?;
        // What was removed must not linger in the WAL.
        engine.vault()?.checkpoint()?;
        return Ok(());
    }
    let value = Value::map([("text", Some(text.as_str().into()))]);
    Ok(engine.vault()?.put(&VaultItem { id, kind: PREPARATION.to_owned(), value })?)
}

fn preparation(engine: &mut Engine, talk: TalkId) -> Result<String, Error> {
    engine.show::<Talks>(talk.into())?;
    let id = engine.vault()?.named(PREPARATION, &talk.to_string());
    let Some(item) = engine.vault()?.get(id)? else { return Ok(String::new()) };
    let text = item.value.get("text").and_then(Value::text);
    let damaged = || StorageError::Damaged("vault.db: what prepares a talk".to_owned());
    Ok(text.ok_or_else(damaged)?.to_owned())
}

/// Talks, each in a document of its own.
#[derive(Clone, Copy)]
pub struct Hearing<'a>(pub(super) &'a Space);

impl Hearing<'_> {
    /// Does something with one, or begins one.
    async fn act(&self, id: Option<TalkId>, command: Command) -> Result<TalkView, Error> {
        let work = move |engine: &mut Engine| match id {
            Some(id) => engine.done::<Talks>(id.into(), &command),
            None => engine.begin::<Talks>(&command),
        };
        self.0.write(work).await
    }

    /// Begins to hear of the talks.
    pub fn subscribe(&self) -> Subscription<Vec<TalkView>> {
        Subscription::new(self.0, Watched::Of(&[Class::Talk]), talks)
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

    /// Proposes a talk: what about, when, how long, where, and under which ground rules (F23).
    ///
    /// # Errors
    /// `NotAhead`, `TooFarAhead`, `MinutesInvalid`, those of a text, `PairLeft`.
    pub async fn propose_talk(&self, new: NewTalk) -> Result<TalkView, Error> {
        self.act(None, Command::Propose(new)).await
    }

    /// Proposes another window; the other must say yes to it.
    ///
    /// # Errors
    /// `NotAhead`, `TooFarAhead`, `AlreadyEnded`, `NotFound`.
    pub async fn move_talk(&self, id: TalkId, begins: Moment) -> Result<TalkView, Error> {
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
    pub async fn decline_talk(&self, id: TalkId) -> Result<TalkView, Error> {
        self.act(Some(id), Command::Decline).await
    }

    /// Begins a talk that both have said yes to, or goes on after a pause.
    ///
    /// # Errors
    /// `TalkNotAgreed`, `AlreadyEnded`, `NotFound`.
    pub async fn start_talk(&self, id: TalkId) -> Result<TalkView, Error> {
        self.act(Some(id), Command::Start).await
    }

    /// Pauses it at once, and proposes when to go on, within a day (F27). Nothing enforces
    /// that; the other can always end the talk kindly.
    ///
    /// # Errors
    /// `NotAhead`, `TooFarAhead` (a day), `TalkNotAgreed`, `AlreadyEnded`, `NotFound`.
    pub async fn pause_talk(&self, id: TalkId, resume_at: Moment) -> Result<TalkView, Error> {
        self.act(Some(id), Command::Pause { to: resume_at }).await
    }

    /// Keeps what one notes for oneself before a talk: a first sentence that owns it (F16), a
    /// look at oneself (F26). It stays in the vault; an empty text removes it.
    ///
    /// # Errors
    /// `NotFound`, those of a text, storage, `Closed`.
    pub async fn prepare(&self, id: TalkId, text: &str) -> Result<(), Error> {
        let text = text.to_owned();
        self.0.engine.call(move |engine| prepare(engine, id, &text)).await
    }

    /// What one noted for oneself before a talk; empty where there is nothing.
    ///
    /// # Errors
    /// `NotFound`, storage, `Closed`.
    pub async fn preparation(&self, id: TalkId) -> Result<String, Error> {
        self.0.engine.call(move |engine| preparation(engine, id)).await
    }

    /// Ends it; nobody is asked.
    ///
    /// # Errors
    /// `AlreadyEnded`, `NotFound`.
    pub async fn end_talk(&self, id: TalkId) -> Result<TalkView, Error> {
        self.act(Some(id), Command::End).await
    }
}
