//! How two phones on one network find each other.
//!
//! A phone announces one instance of the service `_amends._tcp` under a name that
//! only its partner can recognise: an HMAC of the pair's secret, the person and
//! the UTC day. Nothing else is announced: no TXT record, a random host name, no
//! name of a person, an app or a device, and from one day to the next nothing
//! that an onlooker could put together. Threat: who is on the network all the
//! time sees that a phone with such a name is there, and which addresses talk.
//!
//! A platform's own discovery leads to the device's host name as well, which may name a person.
//!
//! What is found is a hint. Only the handshake decides who is there.

use crate::id::PersonId;
use crate::time::{DAY, Moment};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// The service that phones announce (RFC 6763).
pub const SERVICE: &str = "_amends._tcp";
/// Sightings that may wait to be looked at; more are dropped, for they come again.
const WAITING: usize = 64;
/// The longest name or address that is looked at.
const TEXT: usize = 128;

/// What a phone announces and what it looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beacon {
    /// The service: [`SERVICE`].
    pub service: String,
    /// The instance name to announce.
    pub name: String,
    /// The TCP port that is listened on.
    pub port: u16,
    /// The instance names that the partner's phone may have today: yesterday's,
    /// today's and tomorrow's, for clocks that differ.
    pub wanted: Vec<String>,
}

impl Beacon {
    /// The beacon of `me` at `now`.
    pub fn new(secret: &[u8; 32], me: PersonId, partner: PersonId, now: Moment, port: u16) -> Self {
        let day = now.0.div_euclid(DAY);
        Self {
            service: SERVICE.to_owned(),
            name: instance_name(secret, me, day),
            port,
            wanted: (day - 1..=day + 1).map(|day| instance_name(secret, partner, day)).collect(),
        }
    }
}

/// The instance name of a person on a UTC day, counted from 1970-01-01: 32
/// hexadecimal digits.
pub fn instance_name(secret: &[u8; 32], person: PersonId, day: i64) -> String {
    let mac =
        amends_seal::hmac_sha256(secret, &[b"amends/beacon/v1", &person.0, &day.to_be_bytes()]);
    mac[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Why nobody can be found, in words for the log; see
/// `Diagnostics`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The system does not let this app reach the local network.
    #[error("this app may not reach the local network: {0}")]
    Denied(String),
    /// It failed for another reason.
    #[error("this phone cannot look for the other one: {0}")]
    Failed(String),
}

/// A place that looks for phones: the platform's own, or [`Mdns`](super::Mdns).
///
/// The methods are called one after the other, never from two threads at once. Each may
/// block; it must not wait for a call into the same space.
pub trait Discovery: Send + Sync {
    /// Begins to announce the beacon and to look for the wanted names, in place of
    /// what was announced before. What is seen goes to `sightings`, from any
    /// thread.
    ///
    /// # Errors
    /// [`DiscoveryError`] where the system does not allow it; it is tried again
    /// after a while.
    fn start(&self, beacon: Beacon, sightings: Sightings) -> Result<(), DiscoveryError>;

    /// Takes the announcement back (with a goodbye to the network, RFC 6762
    /// §10.1) and looks no more.
    fn stop(&self);
}

/// Calls a [`Discovery`] in order, though each call may block for as long as it likes and
/// nobody waits for it: one at a time, and what was begun first never ends what came later.
#[derive(Clone)]
pub(crate) struct Announcer(Arc<Announcing>);

struct Announcing {
    discovery: Arc<dyn Discovery>,
    /// The last round that somebody has asked for.
    asked: AtomicU64,
    /// The round that is announced; locked for as long as the host is at it.
    announced: Mutex<Option<u64>>,
}

/// One announcement, from its start to its stop.
#[derive(Clone)]
pub(crate) struct Round(Arc<Announcing>, u64);

impl Announcer {
    pub(crate) fn new(discovery: Arc<dyn Discovery>) -> Self {
        let (asked, announced) = (AtomicU64::new(0), Mutex::new(None));
        Self(Arc::new(Announcing { discovery, asked, announced }))
    }

    /// A new announcement, in place of those before.
    pub(crate) fn round(&self) -> Round {
        Round(self.0.clone(), self.0.asked.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

impl Round {
    /// Starts it, unless there is a later one; may block.
    pub(crate) fn start(&self, beacon: Beacon, to: Sightings) -> Result<(), DiscoveryError> {
        let mut announced = self.0.announced.lock().unwrap_or_else(PoisonError::into_inner);
        if self.0.asked.load(Ordering::SeqCst) != self.1 {
            return Ok(());
        }
        *announced = Some(self.1);
        self.0.discovery.start(beacon, to)
    }

    /// Stops it, unless it was stopped before or a later one has taken its place; may block.
    pub(crate) fn stop(&self) {
        let mut announced = self.0.announced.lock().unwrap_or_else(PoisonError::into_inner);
        // Who has not begun yet does not begin any more.
        let next = self.1 + 1;
        let _ = self.0.asked.compare_exchange(self.1, next, Ordering::SeqCst, Ordering::SeqCst);
        if *announced == Some(self.1) {
            *announced = None;
            self.0.discovery.stop();
        }
    }
}

/// Something that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sighting {
    Seen { name: String, address: String },
    Gone { name: String },
    Trouble(DiscoveryError),
}

/// Where a [`Discovery`] tells what it sees. Clones tell the same listener.
#[derive(Debug, Clone)]
pub struct Sightings(Arc<mpsc::Sender<Sighting>>);

impl Sightings {
    pub(crate) fn channel() -> (Self, mpsc::Receiver<Sighting>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(Arc::new(sender)), receiver)
    }

    /// An instance is at `address` (`host:port`, IPv6 in brackets).
    pub fn seen(&self, name: &str, address: &str) {
        if name.len() <= TEXT && address.len() <= TEXT {
            let (name, address) = (name.to_owned(), address.to_owned());
            self.tell(Sighting::Seen { name, address });
        }
    }

    /// An instance has said goodbye or was not heard of any more.
    pub fn gone(&self, name: &str) {
        if name.len() <= TEXT {
            self.tell(Sighting::Gone { name: name.to_owned() });
        }
    }

    /// Announcing or looking does not work just now.
    pub fn trouble(&self, what: &str) {
        self.tell(Sighting::Trouble(DiscoveryError::Failed(what.chars().take(TEXT).collect())));
    }

    /// The system does not let this app reach the local network.
    pub fn denied(&self, what: &str) {
        self.tell(Sighting::Trouble(DiscoveryError::Denied(what.chars().take(TEXT).collect())));
    }

    fn tell(&self, sighting: Sighting) {
        if let Err(error) = self.0.try_send(sighting) {
            tracing::debug!(%error, "a sighting was not taken");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const ANA: PersonId = PersonId([1; 16]);
    const BEN: PersonId = PersonId([2; 16]);

    fn beacon(secret: u8, me: PersonId, partner: PersonId, now: i64) -> Beacon {
        Beacon::new(&[secret; 32], me, partner, Moment(now), 7700)
    }

    /// Remembers what it is told; its first start blocks until it is let go.
    #[derive(Default)]
    struct Slow {
        told: Mutex<Vec<&'static str>>,
        gate: Mutex<()>,
    }

    impl Discovery for Slow {
        fn start(&self, _: Beacon, _: Sightings) -> Result<(), DiscoveryError> {
            self.told.lock().unwrap().push("start");
            drop(self.gate.lock().unwrap());
            Ok(())
        }
        fn stop(&self) {
            self.told.lock().unwrap().push("stop");
        }
    }

    #[test]
    fn a_stop_that_comes_late_does_not_end_what_began_after_it() {
        let slow = Arc::new(Slow::default());
        let announcer = Announcer::new(slow.clone());
        let begin = |round: Round| {
            std::thread::spawn(move || round.start(beacon(1, ANA, BEN, 0), Sightings::channel().0))
        };
        let gate = slow.gate.lock().unwrap();
        let (first, second) = (announcer.round(), announcer.round());
        // It was overtaken before it began.
        begin(first.clone()).join().unwrap().unwrap();
        assert!(slow.told.lock().unwrap().is_empty());
        let starting = begin(second.clone());
        while slow.told.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        let stopping = std::thread::spawn(move || first.stop());
        drop(gate);
        starting.join().unwrap().unwrap();
        stopping.join().unwrap();
        assert_eq!(*slow.told.lock().unwrap(), ["start"]);
        second.stop();
        second.stop();
        assert_eq!(*slow.told.lock().unwrap(), ["start", "stop"]);
        // A start that comes after its stop does not begin.
        let third = announcer.round();
        third.stop();
        begin(third).join().unwrap().unwrap();
        assert_eq!(*slow.told.lock().unwrap(), ["start", "stop"]);
    }

    #[test]
    fn each_looks_for_what_the_other_announces_with_clocks_a_day_apart() {
        for apart in [-DAY, -1, 0, 1, DAY] {
            let ana = beacon(7, ANA, BEN, 1_700_000_000);
            let ben = beacon(7, BEN, ANA, 1_700_000_000 + apart);
            assert!(ben.wanted.contains(&ana.name) && ana.wanted.contains(&ben.name));
        }
    }

    #[test]
    fn r13_a_name_changes_every_day_and_tells_nobody_else_anything() {
        let today = beacon(7, ANA, BEN, 1_700_000_000);
        let tomorrow = beacon(7, ANA, BEN, 1_700_000_000 + DAY);
        assert_ne!(today.name, tomorrow.name);
        assert_ne!(today.name, beacon(8, ANA, BEN, 1_700_000_000).name, "another pair's secret");
        assert!(!today.wanted.contains(&today.name), "nobody finds themselves");
        assert!(today.name.len() == 32 && today.name.bytes().all(|b| b.is_ascii_hexdigit()));
    }

    #[test]
    fn sightings_are_bounded() {
        let (sightings, mut seen) = Sightings::channel();
        sightings.seen(&"x".repeat(TEXT + 1), "127.0.0.1:1");
        for _ in 0..10 * WAITING {
            sightings.seen("a", "127.0.0.1:1");
        }
        let mut count = 0;
        while seen.try_recv().is_ok() {
            count += 1;
        }
        assert_eq!(count, WAITING);
    }
}
