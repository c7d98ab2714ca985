//! Hearing of changes.

use super::Space;
use crate::domain::refusal::RefusalCode;
use crate::engine::{Changes, Engine, Watched};
use crate::error::Error;
use std::sync::Arc;
use tokio::sync::watch;

type Query<T> = fn(&mut Engine) -> Result<T, Error>;

/// A view as it is, and again whenever it has changed: by this phone, by the
/// partner's, or by another process on this home. Coalesced: who reads slowly
/// sees the newest, never a backlog. It is made again only when what it shows has
/// been touched, and once for all who listen to it.
pub struct Subscription<T> {
    space: Space,
    watched: Watched,
    query: Query<T>,
    changes: watch::Receiver<Changes>,
    /// The change after which the last view was taken.
    seen: Option<u64>,
    last: Option<Arc<T>>,
    cancelled: bool,
}

impl<T: Clone + Default + PartialEq + Send + Sync + 'static> Subscription<T> {
    pub(super) fn new(space: &Space, watched: Watched, query: Query<T>) -> Self {
        let (space, changes) = (space.clone(), space.changes());
        Self { space, watched, query, changes, seen: None, last: None, cancelled: false }
    }

    /// The current view at the first call; later, waits until it differs from
    /// what was given before. `None` once cancelled or shut down. Before there is
    /// a pair the view is empty. A wait that is dropped loses nothing: the next one
    /// gives what it would have given.
    ///
    /// # Errors
    /// Storage; [`Error::Closed`] where the space was shut down before there was a first view.
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        while !self.cancelled {
            let (seen, watched) = (self.seen, self.watched);
            let moved = |changes: &Changes| Some(changes.of(watched)) != seen;
            let at = match self.changes.wait_for(moved).await {
                Ok(changes) => Some(changes.of(watched)),
                Err(_) => None,
            };
            let Some(at) = at else { return self.closed() };
            let query = self.query;
            let answer = self.space.ask(move |engine| engine.shared_view(watched, query)).await;
            // Only now: whoever drops the wait before has not seen it.
            self.seen = Some(at);
            let view = match answer {
                Ok(view) => view,
                Err(Error::Refusal(refusal)) if refusal.code == RefusalCode::NotPaired => {
                    Arc::default()
                }
                Err(Error::Closed) => return self.closed(),
                Err(Error::Suspended(_)) => continue,
                Err(error) => return Err(error),
            };
            if self.last.as_ref() != Some(&view) {
                self.last = Some(view.clone());
                return Ok(Some((*view).clone()));
            }
        }
        Ok(None)
    }

    /// Whoever waits for a first view is owed an answer; whoever has one hears that there are
    /// no more.
    fn closed(&self) -> Result<Option<T>, Error> {
        if self.last.is_some() { Ok(None) } else { Err(Error::Closed) }
    }

    /// Stops it: [`Subscription::next`] answers `None` from now on.
    pub fn cancel(&mut self) {
        self.cancelled = true;
    }
}
