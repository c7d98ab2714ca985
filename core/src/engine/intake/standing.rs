//! Sessions that stand on the writer: what is written here is on its way to the other phone in
//! the same job that wrote it, before anybody looks at it.

use super::turn::{Doing, Turn};
use crate::engine::Engine;
use crate::error::Error;
use crate::sync::Session;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, TryLockError, Weak};
use tokio::sync::Notify;

/// What a turn came to; `None` where nothing more may be said, not even goodbye.
type Said = Result<Option<Turn>, Error>;

/// The session of one link. Only the writer moves it on; the link does what its turns say.
pub(crate) struct Standing {
    epoch: u64,
    session: Mutex<Session>,
    /// In milliseconds, as the session counts them.
    now: Box<dyn Fn() -> u64 + Send + Sync>,
    /// In the order in which they were made: what is said goes out in no other.
    turns: Mutex<VecDeque<Said>>,
    made: Notify,
}

impl Standing {
    /// A session under the keys of this epoch.
    pub(crate) fn new(
        session: Session,
        epoch: u64,
        now: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            epoch,
            session: Mutex::new(session),
            now: Box::new(now),
            turns: Mutex::default(),
            made: Notify::new(),
        })
    }

    /// A turn that the link asks for, on the writer.
    pub(crate) fn turn(
        &self,
        engine: &mut Engine,
        work: impl FnOnce(&mut Session, &mut Engine) -> Doing,
    ) {
        // A panic in the middle of a turn is the end of its session.
        let said = match self.session.lock() {
            Ok(mut session) => self.said(engine, &mut session, work),
            Err(_) => Err(Error::Internal),
        };
        self.push(said);
    }

    fn said(
        &self,
        engine: &mut Engine,
        session: &mut Session,
        work: impl FnOnce(&mut Session, &mut Engine) -> Doing,
    ) -> Said {
        session.at((self.now)());
        engine.turn(self.epoch, session, work)
    }

    /// Something was written, and is about to be told to those who listen.
    fn hand_over(&self, engine: &mut Engine) {
        // A link that is behind looks for itself, and so does one whose turn wrote this.
        if !self.turns().is_empty() {
            return;
        }
        let said = match self.session.try_lock() {
            Ok(mut session) => self.said(engine, &mut session, |_, _| Ok(Vec::new())),
            Err(TryLockError::WouldBlock) => return,
            Err(TryLockError::Poisoned(_)) => Err(Error::Internal),
        };
        // What is told next was looked at already.
        self.push(said.map(|turn| turn.map(|turn| Turn { seen: turn.seen + 1, ..turn })));
        self.made.notify_one();
    }

    fn push(&self, said: Said) {
        self.turns().push_back(said);
    }

    fn turns(&self) -> std::sync::MutexGuard<'_, VecDeque<Said>> {
        self.turns.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The next turn that the link has not taken yet.
    pub(crate) fn next(&self) -> Option<Said> {
        self.turns().pop_front()
    }

    /// Waits until the writer has made a turn of its own.
    pub(crate) async fn made(&self) {
        self.made.notified().await;
    }

    /// Whether words of one's own are still to come back.
    pub(crate) fn recovering(&self) -> bool {
        self.session.lock().is_ok_and(|session| session.recovering())
    }
}

impl Engine {
    /// From here on what is written here is handed to this session at once, for as long as its
    /// link lives.
    pub(crate) fn stand(&mut self, session: &Arc<Standing>) {
        self.standing.push(Arc::downgrade(session));
    }

    /// Hands what was written to the sessions that stand, before it is told. What a turn of
    /// theirs writes in turn they look for by themselves.
    pub(in crate::engine) fn hand_over(&mut self) {
        let mut standing = std::mem::take(&mut self.standing);
        standing.iter().filter_map(Weak::upgrade).for_each(|session| session.hand_over(self));
        standing.retain(|session| session.strong_count() > 0);
        self.standing = standing;
    }
}
