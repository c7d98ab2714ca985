//! What the app tells of the phone, and what the phone tells of its network.

use super::{CatchUp, GONE, GOODBYE};
use crate::net::Quota;
use crate::time::Moment;
use serde::Serialize;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// Troubles that are kept.
const TROUBLES: usize = 8;

/// How the exchange of this phone stands, and its own troubles with the network. Of the
/// partner's phone it says nothing: not whether it is near, nor when it last was (R11).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Diagnostics {
    /// Whether an exchange runs here, also while the space is suspended.
    pub exchanging: bool,
    /// Where this phone listens, while it exchanges.
    pub listening: Option<SocketAddr>,
    /// Whether it announces itself and looks for the other phone.
    pub looking: bool,
    /// How far a long catch-up is; nothing for fewer than 1,000 entries (R11).
    pub catch_up: Option<CatchUp>,
    /// What did not work, newest last, until it works again.
    pub troubles: Vec<Trouble>,
}

/// Something of this phone that does not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Trouble {
    /// What it is about.
    pub of: TroubleOf,
    /// What the system says.
    pub what: String,
    /// When it was noticed.
    pub at: Moment,
}

/// What a trouble is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum TroubleOf {
    /// Listening: another app may hold the port.
    Listening,
    /// The system does not let this app reach the local network: its person has to allow it, on
    /// an iPhone under Settings, Privacy, Local Network, on Android as a permission of the app.
    LocalNetworkDenied,
    /// Announcing and looking.
    Discovery,
    /// The shared folder: it may be full, gone, or not allowed.
    Mailbox,
    /// The exchange ended by itself: begin it again.
    Ended,
}

/// What the app tells of the phone, and what the phone tells of its network.
#[derive(Default)]
pub(crate) struct Lifecycle {
    pub(super) phase: watch::Sender<Phase>,
    /// Exchanges that have sockets open.
    open: watch::Sender<usize>,
    /// Exchanges that run, awake or not.
    running: AtomicUsize,
    diagnostics: watch::Sender<Diagnostics>,
    quota: Mutex<Option<Quota>>,
    /// Objects of a mailbox that wait for something else, by name, and since when.
    mail: Mutex<HashMap<String, Instant>>,
}

/// An object that waits is looked at again after so long, even if nothing has come meanwhile.
const MAIL_WAITS: Duration = Duration::from_secs(600);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Phase {
    pub(super) asleep: bool,
    /// Raised with every change of the network.
    network: u64,
}

impl Lifecycle {
    /// Closes every socket, and waits until that is done.
    pub(crate) async fn sleep(&self) {
        self.phase.send_modify(|phase| phase.asleep = true);
        let mut open = self.open.subscribe();
        let closed = open.wait_for(|open| *open == 0);
        if timeout(GOODBYE + GONE, closed).await.is_err() {
            tracing::warn!("a socket was not closed in time");
        }
    }

    pub(crate) fn wake(&self) {
        self.phase.send_modify(|phase| phase.asleep = false);
    }

    pub(crate) fn network_changed(&self) {
        self.phase.send_modify(|phase| phase.network += 1);
    }

    pub(crate) fn diagnostics(&self) -> Diagnostics {
        self.diagnostics.borrow().clone()
    }

    /// The same, whenever they have changed.
    pub(crate) fn watch_diagnostics(&self) -> watch::Receiver<Diagnostics> {
        self.diagnostics.subscribe()
    }

    /// What is taken from the partner's phone over time, over links and a mailbox; a
    /// bundle is read by hand.
    pub(super) fn quota<T>(&self, work: impl FnOnce(&mut Quota, std::time::Instant) -> T) -> T {
        let now = Instant::now().into_std();
        let mut quota = self.quota.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        work(quota.get_or_insert_with(|| Quota::new(now)), now)
    }

    /// Whether an object of a mailbox need not be looked at again yet.
    pub(super) fn mail_waits(&self, name: &str) -> bool {
        self.mail().get(name).is_some_and(|since| since.elapsed() < MAIL_WAITS)
    }

    /// An object goes on from something that is not here.
    pub(super) fn mail_is_to_wait(&self, name: String) {
        self.mail().insert(name, Instant::now());
    }

    /// Something has come: what waited may go on from it.
    pub(super) fn mail_came(&self) {
        self.mail().clear();
    }

    fn mail(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.mail.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(super) fn with(&self, work: impl FnOnce(&mut Diagnostics)) {
        self.diagnostics.send_if_modified(|diagnostics| {
            let before = diagnostics.clone();
            work(diagnostics);
            *diagnostics != before
        });
    }

    pub(super) fn trouble(&self, of: TroubleOf, what: String, at: Moment) {
        self.with(|diagnostics| {
            diagnostics.troubles.retain(|trouble| trouble.of != of || trouble.what != what);
            diagnostics.troubles.push(Trouble { of, what, at });
            let more = diagnostics.troubles.len().saturating_sub(TROUBLES);
            diagnostics.troubles.drain(..more);
        });
    }

    pub(super) fn works(&self, of: TroubleOf) {
        self.with(|diagnostics| diagnostics.troubles.retain(|trouble| trouble.of != of));
    }
}

/// Counts an exchange that runs.
pub(super) struct Runs(Arc<Lifecycle>);

impl Runs {
    pub(super) fn new(lifecycle: &Arc<Lifecycle>, once: bool) -> Self {
        lifecycle.running.fetch_add(1, Ordering::SeqCst);
        if !once {
            lifecycle.works(TroubleOf::Ended);
        }
        lifecycle.with(|diagnostics| diagnostics.exchanging = true);
        Self(lifecycle.clone())
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        let running = &self.0.running;
        self.0.with(|diagnostics| {
            diagnostics.exchanging = running.fetch_sub(1, Ordering::SeqCst) > 1;
            if !diagnostics.exchanging {
                // Of what nobody wants any more nothing is said.
                diagnostics.troubles.clear();
            }
        });
    }
}

/// Counts an exchange that has sockets open.
pub(super) struct Open<'a>(&'a Lifecycle);

impl<'a> Open<'a> {
    pub(super) fn new(lifecycle: &'a Lifecycle) -> Self {
        lifecycle.open.send_modify(|open| *open += 1);
        Self(lifecycle)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
        // One that ends says nothing of another that goes on.
        if *self.0.open.borrow() == 0 {
            self.0.with(|diagnostics| {
                diagnostics.listening = None;
                diagnostics.looking = false;
            });
        }
    }
}
