//! A phone without a thread, a socket and a clock of its own, for simulators: every
//! step is taken where it is asked for. Feature `sim`; no app needs it.

use super::{Host, Space};
use crate::engine::Engine;
use crate::engine::Handle;
use crate::engine::intake::turn::{Doing, brings_entries};
use crate::engine::link::LinkKeys;
use crate::error::Error;
use crate::id::PersonId;
use crate::net::LinkError;
use crate::pairing::{Material, Replacement};
use crate::store::StorageError;
use crate::sync::{self, Config, Frame, Notice, Session};
use std::path::Path;

impl Space {
    /// [`Space::create`], without a thread.
    ///
    /// # Errors
    /// As there.
    pub fn create_here(folder: &Path, name: &str, host: Host) -> Result<Self, Error> {
        Self::of(Handle::here(Engine::create(folder, name, host)?))
    }

    /// [`Space::open`], without a thread.
    ///
    /// # Errors
    /// As there.
    pub fn open_here(folder: &Path, host: Host) -> Result<Self, Error> {
        Self::of(Handle::here(Engine::open(folder, host)?))
    }

    /// What a phone that stays tells the one that takes its partner's place.
    ///
    /// # Errors
    /// `NotPaired`, `PairLeft`.
    pub async fn replacement(&self) -> Result<(PersonId, Replacement), Error> {
        self.ask(Engine::replacement).await
    }

    /// Keeps what a pairing gave, as if its first session had proved it.
    ///
    /// # Errors
    /// Storage.
    pub async fn adopt(&self, material: Material) -> Result<(), Error> {
        self.ask(move |engine| {
            engine.keep_pending(&material)?;
            engine.link_proved()?;
            engine.next_link_proved()
        })
        .await
    }

    /// What proves to the other phone that this one belongs to the pair. Without a
    /// handshake the simulator compares them itself.
    ///
    /// # Errors
    /// `NotPaired`, `PairLeft`, `SyncHeld`.
    pub async fn link_secret(&self) -> Result<([u8; 32], u64), Error> {
        self.ask(|engine| engine.link_keys().map(|keys: LinkKeys| (keys.secret, keys.epoch))).await
    }

    /// Lets go of the files without writing anything back, as a crash does.
    pub fn abandon(&self) {
        self.engine.stop();
    }

    /// Does what a phone does when it has nothing else to do.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn rest(&self) -> Result<(), Error> {
        self.engine
            .call(|engine| {
                engine.read_at_rest();
                Ok(())
            })
            .await
    }
}

/// One side of a link.
pub struct SimLink {
    space: Space,
    session: Option<Session>,
    /// Of the keys that it was made with.
    key_epoch: u64,
}

/// What a side does next.
#[derive(Debug, Default)]
pub struct SimTurn {
    /// Frames to be sent, in this order.
    pub frames: Vec<Vec<u8>>,
    /// What the session noticed.
    pub notices: Vec<Notice>,
    /// Nothing that is known of is left to be exchanged.
    pub in_step: bool,
    /// The link is over.
    pub over: bool,
}

impl SimLink {
    /// Begins a session after the handshake; `now` in milliseconds.
    ///
    /// # Errors
    /// As the link's keys; storage.
    pub async fn begin(space: &Space, epoch: [u8; 8], now: u64) -> Result<(Self, SimTurn), Error> {
        let keys = space.ask(Engine::link_keys).await?;
        let config = Config { receive: keys.receive, ..Config::new(epoch) };
        let session = Some(Session::new(config, now));
        let mut link = Self { space: space.clone(), session, key_epoch: keys.epoch };
        let turn = link.step(|session, engine| session.start(engine)).await?;
        Ok((link, turn))
    }

    /// Bytes of a frame came in.
    ///
    /// # Errors
    /// [`LinkError::Protocol`], storage; the link is over then.
    pub async fn receive(&mut self, bytes: &[u8], now: u64) -> Result<SimTurn, Error> {
        let frame = Frame::decode(bytes).map_err(|error| LinkError::Protocol(error.to_string()))?;
        self.step(move |session, engine| session.receive(frame, now, engine)).await
    }

    /// Time has passed.
    ///
    /// # Errors
    /// Storage; the link is over then.
    pub async fn tick(&mut self, now: u64) -> Result<SimTurn, Error> {
        self.step(move |session, _| Ok(session.tick(now))).await
    }

    /// Something was written here.
    ///
    /// # Errors
    /// Storage; the link is over then.
    pub async fn changed(&mut self) -> Result<SimTurn, Error> {
        self.step(|session, engine| session.pump(engine)).await
    }

    async fn step(
        &mut self,
        work: impl FnOnce(&mut Session, &mut Engine) -> Doing + Send + 'static,
    ) -> Result<SimTurn, Error> {
        let mut said = SimTurn::default();
        let mut more = self.lend(work, &mut said).await?;
        while more && !said.over {
            more = self.lend(|session, engine| session.pump(engine), &mut said).await?;
        }
        Ok(said)
    }

    async fn lend(
        &mut self,
        work: impl FnOnce(&mut Session, &mut Engine) -> Doing + Send + 'static,
        said: &mut SimTurn,
    ) -> Result<bool, Error> {
        let mut session =
            self.session.take().ok_or_else(|| StorageError::Io("the link is over".to_owned()))?;
        let epoch = self.key_epoch;
        let work = move |engine: &mut Engine| {
            let turn = engine.turn(epoch, &mut session, work)?;
            Ok((session, turn))
        };
        let (session, turn) = self.space.engine.call(work).await?;
        self.session = Some(session);
        let Some(turn) = turn else {
            said.over = true;
            return Ok(false);
        };
        let more = turn.actions.iter().any(brings_entries);
        for action in turn.actions {
            match action {
                sync::Action::Send(frame) => said.frames.push(frame.encode()),
                sync::Action::Notice(notice) => said.notices.push(notice),
                sync::Action::End(_) => said.over = true,
                _ => {}
            }
        }
        said.in_step = turn.left == Some(0);
        Ok(more)
    }
}
