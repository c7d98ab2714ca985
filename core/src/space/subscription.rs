//! Hearing of changes.

use super::Space;
use crate::domain::refusal::RefusalCode;
use crate::engine::Engine;
use crate::error::Error;
use std::sync::Arc;
use tokio::sync::watch;

type Query<T> = Arc<dyn Fn(&mut Engine) -> Result<T, Error> + Send + Sync>;

/// A view as it is, and again whenever it has changed: by this phone, by the
/// partner's, or by another process on this home. Coalesced: who reads slowly
/// sees the newest, never a backlog.
pub struct Subscription<T> {
    space: Space,
    query: Query<T>,
    changes: watch::Receiver<u64>,
    /// The change after which the last view was taken.
    seen: Option<u64>,
    last: Option<T>,
    cancelled: bool,
}

impl<T: Clone + Default + PartialEq + Send + 'static> Subscription<T> {
    pub(super) fn new(
        space: &Space,
        query: impl Fn(&mut Engine) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Self {
        let (space, query, changes) = (space.clone(), Arc::new(query), space.changes());
        Self { space, query, changes, seen: None, last: None, cancelled: false }
    }

    /// The current view at the first call; later, waits until it differs from
    /// what was given before. `None` once cancelled or shut down. Before there is
    /// a pair the view is empty. A wait that is dropped loses nothing: the next one
    /// gives what it would have given.
    ///
    /// # Errors
    /// Storage.
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        while !self.cancelled {
            let seen = self.seen;
            let at = match self.changes.wait_for(|at| Some(*at) != seen).await {
                Ok(at) => *at,
                Err(_) => return Ok(None),
            };
            let query = self.query.clone();
            let answer = self.space.ask(move |engine| query(engine)).await;
            // Only now: whoever drops the wait before has not seen it.
            self.seen = Some(at);
            let view = match answer {
                Ok(view) => view,
                Err(Error::Refusal(refusal)) if refusal.code == RefusalCode::NotPaired => {
                    T::default()
                }
                Err(Error::Closed) => return Ok(None),
                Err(Error::Locked(_)) => continue,
                Err(error) => return Err(error),
            };
            if self.last.as_ref() != Some(&view) {
                self.last = Some(view.clone());
                return Ok(Some(view));
            }
        }
        Ok(None)
    }

    /// Stops it: [`Subscription::next`] answers `None` from now on.
    pub fn cancel(&mut self) {
        self.cancelled = true;
    }
}
