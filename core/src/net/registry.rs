//! Which of several connections between two phones is kept.
//!
//! Both may dial at once. Kept is the connection whose initiator has the smaller
//! id, and among those that initiator's latest; a new boot epoch replaces
//! whatever there was, because the phone that it belonged to has started anew.
//! A connection takes part only once the other side's first frame has
//! decrypted: a replayed first message displaces nothing.

use crate::id::PersonId;
use crate::sync::Epoch;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

struct Current {
    number: u64,
    initiator: PersonId,
    epoch: Epoch,
    displaced: watch::Sender<bool>,
}

/// The connection that is kept, among all of one space.
#[derive(Clone, Default)]
pub struct Registry {
    current: Arc<Mutex<(u64, Option<Current>)>>,
}

/// A connection that was let in.
pub struct Claim {
    registry: Registry,
    number: u64,
    displaced: watch::Receiver<bool>,
}

impl Registry {
    /// Lets a connection in, displacing another if the rule says so; `None` if
    /// the one that is there stays.
    pub fn claim(&self, initiator: PersonId, epoch: Epoch) -> Option<Claim> {
        let mut current = self.current.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(kept) = &current.1 {
            if kept.epoch == epoch && kept.initiator < initiator {
                return None;
            }
            kept.displaced.send_replace(true);
        }
        current.0 += 1;
        let number = current.0;
        let (displaced, receiver) = watch::channel(false);
        current.1 = Some(Current { number, initiator, epoch, displaced });
        Some(Claim { registry: self.clone(), number, displaced: receiver })
    }

    /// Whether a connection stands.
    pub fn linked(&self) -> bool {
        self.current.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).1.is_some()
    }
}

impl Claim {
    /// Waits until another connection has taken its place.
    pub async fn displaced(&mut self) {
        if self.displaced.wait_for(|displaced| *displaced).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut current =
            self.registry.current.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if current.1.as_ref().is_some_and(|kept| kept.number == self.number) {
            current.1 = None;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const SMALL: PersonId = PersonId([1; 16]);
    const LARGE: PersonId = PersonId([2; 16]);

    #[tokio::test]
    async fn of_two_dialled_at_once_both_sides_keep_the_one_of_the_smaller_id() {
        for order in [[SMALL, LARGE], [LARGE, SMALL]] {
            let registry = Registry::default();
            let mut first = registry.claim(order[0], [1; 8]);
            let second = registry.claim(order[1], [1; 8]);
            if order[0] == SMALL {
                assert!(second.is_none());
            } else {
                assert!(second.is_some());
                first.as_mut().unwrap().displaced().await;
            }
            assert!(registry.linked());
        }
    }

    #[tokio::test]
    async fn a_new_boot_epoch_replaces_a_half_dead_connection() {
        let registry = Registry::default();
        let mut old = registry.claim(SMALL, [1; 8]).unwrap();
        let new = registry.claim(LARGE, [2; 8]).unwrap();
        old.displaced().await;
        drop(old);
        assert!(registry.linked(), "the old one's end does not take the new one away");
        drop(new);
        assert!(!registry.linked());
    }
}
