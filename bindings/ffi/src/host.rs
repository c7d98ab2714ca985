//! What the host lends: a place for secrets, a clock, discovery, a shared folder.
//!
//! It is called on threads of the library and may block; but for the clock, with no lock held.
//! It must not wait for a call into the same space: that call may be waiting for it. What
//! it throws becomes an error of the call that needed it.

use crate::error::{AmendsError, ArgumentKind, HostError};
use amends::host::SystemClock;
use amends::time::Moment;
use amends::{DiscoveryError, MailboxError};
use std::sync::Arc;

/// Keeps a handful of small secrets (32 bytes each) under the platform's protection: the
/// Keychain of this device, the Android Keystore.
///
/// Called on threads of the library, and may block. It must not wait for a call into the same
/// space, which may be waiting for it. What it throws becomes an error of the call that needed
/// it.
#[uniffi::export(with_foreign)]
pub trait SecretStore: Send + Sync {
    /// The secret called `name`, if there is one.
    fn read(&self, name: String) -> Result<Option<Vec<u8>>, HostError>;
    /// Keeps `secret` as `name`, durably, before it returns.
    fn write(&self, name: String, secret: Vec<u8>) -> Result<(), HostError>;
    /// Destroys the secret called `name`; nothing happens where there is none.
    fn delete(&self, name: String) -> Result<(), HostError>;
}

/// Tells the time; for tests and previews. Apps leave it to the library.
///
/// Called on any thread, often, also while something is being written, which waits for it: it
/// should answer at once. It must not wait for a call into the same space. Where it throws, the
/// system's clock is taken.
#[uniffi::export(with_foreign)]
pub trait HostClock: Send + Sync {
    /// Now.
    fn now(&self) -> Result<Moment, HostError>;
    /// The IANA name of the zone the person is in.
    fn zone(&self) -> Result<String, HostError>;
}

/// The platform's way to find the other phone on the local network.
///
/// Called on threads of the library, and may block. It must not wait for a call into the same
/// space. What it throws is shown by `diagnostics`, and it is tried again.
#[uniffi::export(with_foreign)]
pub trait Discovery: Send + Sync {
    /// Begins to announce the beacon and to look for the wanted names, in place of what
    /// was announced before. What is seen goes to `sightings`, from any thread.
    fn start(&self, beacon: Beacon, sightings: Arc<Sightings>) -> Result<(), HostError>;
    /// Takes the announcement back and looks no more.
    fn stop(&self) -> Result<(), HostError>;
}

/// A place that both phones reach (a shared folder), for when they share no network.
/// Objects are written once and named by the library.
///
/// Called on threads of the library, and may block. It must not wait for a call into the same
/// space. What it throws becomes an error of the visit.
#[uniffi::export(with_foreign)]
pub trait Mailbox: Send + Sync {
    /// The names of all objects that end in `.amends`.
    fn list(&self) -> Result<Vec<String>, HostError>;
    /// The bytes of one object.
    fn read(&self, name: String) -> Result<Vec<u8>, HostError>;
    /// Writes an object whole, or not at all.
    fn write(&self, name: String, bytes: Vec<u8>) -> Result<(), HostError>;
    /// Removes an object; nothing happens where there is none.
    fn remove(&self, name: String) -> Result<(), HostError>;
}

/// What a phone announces and what it looks for.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Beacon {
    /// The DNS-SD service type.
    pub service: String,
    /// The instance name to announce; another one each day.
    pub name: String,
    /// The TCP port that is listened on.
    pub port: u16,
    /// The instance names that the partner's phone may have.
    pub wanted: Vec<String>,
}

/// Where a `Discovery` tells what it sees.
#[derive(Debug, uniffi::Object)]
pub struct Sightings(amends::Sightings);

#[uniffi::export]
impl Sightings {
    /// An instance is at `address` (`host:port`, IPv6 in brackets).
    pub fn seen(&self, name: String, address: String) {
        self.0.seen(&name, &address);
    }

    /// An instance has said goodbye or was not heard of any more.
    pub fn gone(&self, name: String) {
        self.0.gone(&name);
    }

    /// Announcing or looking does not work just now.
    pub fn trouble(&self, what: String) {
        self.0.trouble(&what);
    }

    /// The system does not let this app reach the local network.
    pub fn denied(&self, what: String) {
        self.0.denied(&what);
    }
}

/// What the host lends to a space.
#[derive(uniffi::Record)]
pub struct HostServices {
    /// Where the keys are kept: under the platform's protection, not in a file.
    pub secrets: Arc<dyn SecretStore>,
    /// The clock; the system's, where there is none.
    #[uniffi(default = None)]
    pub clock: Option<Arc<dyn HostClock>>,
}

impl HostServices {
    /// A clock that tells no year of ours is told at once; later the system's is taken.
    pub(crate) fn checked(self) -> Result<Self, AmendsError> {
        match self.clock.as_ref().map(|clock| clock.now()) {
            Some(Ok(now)) if !tells_a_year(now) => Err(AmendsError::invalid(
                ArgumentKind::Clock,
                "the clock that the app lends tells a year before 1970 or after 9999: it counts in seconds",
            )),
            _ => Ok(self),
        }
    }

    pub(crate) fn host(self) -> amends::Host {
        let host = amends::Host::new(Secrets(self.secrets));
        match self.clock {
            Some(clock) => amends::Host { clock: Arc::new(Time(clock)), ..host },
            None => host,
        }
    }
}

struct Secrets(Arc<dyn SecretStore>);

impl amends::host::SecretStore for Secrets {
    fn read(&self, name: String) -> Result<Option<Vec<u8>>, amends::host::SecretError> {
        Ok(self.0.read(name)?)
    }
    fn write(&self, name: String, secret: Vec<u8>) -> Result<(), amends::host::SecretError> {
        Ok(self.0.write(name, secret)?)
    }
    fn delete(&self, name: String) -> Result<(), amends::host::SecretError> {
        Ok(self.0.delete(name)?)
    }
}

/// From 1970 to 9999.
fn tells_a_year(now: Moment) -> bool {
    (0..253_402_300_800).contains(&now.0)
}

/// A clock that fails is replaced by the system's: a view must not depend on it.
struct Time(Arc<dyn HostClock>);

impl amends::host::Clock for Time {
    fn now(&self) -> Moment {
        let told = self.0.now().ok().filter(|now| tells_a_year(*now));
        told.unwrap_or_else(|| amends::host::Clock::now(&SystemClock))
    }
    fn zone(&self) -> String {
        self.0.zone().unwrap_or_else(|_| amends::host::Clock::zone(&SystemClock))
    }
}

pub(crate) struct Finder(pub Arc<dyn Discovery>);

impl amends::Discovery for Finder {
    fn start(
        &self,
        beacon: amends::Beacon,
        sightings: amends::Sightings,
    ) -> Result<(), DiscoveryError> {
        let amends::Beacon { service, name, port, wanted } = beacon;
        let beacon = Beacon { service, name, port, wanted };
        let started = self.0.start(beacon, Arc::new(Sightings(sightings)));
        started.map_err(|error| match error {
            HostError::LocalNetworkDenied { why } => DiscoveryError::Denied(why),
            other => DiscoveryError::Failed(other.to_string()),
        })
    }
    fn stop(&self) {
        if let Err(error) = self.0.stop() {
            tracing::warn!(%error, "the app's discovery did not stop");
        }
    }
}

pub(crate) struct Shared(pub Arc<dyn Mailbox>);

fn failed(error: HostError) -> MailboxError {
    MailboxError(error.to_string())
}

impl amends::Mailbox for Shared {
    fn list(&self) -> Result<Vec<String>, MailboxError> {
        self.0.list().map_err(failed)
    }
    fn read(&self, name: &str) -> Result<Vec<u8>, MailboxError> {
        self.0.read(name.to_owned()).map_err(failed)
    }
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), MailboxError> {
        self.0.write(name.to_owned(), bytes.to_vec()).map_err(failed)
    }
    fn remove(&self, name: &str) -> Result<(), MailboxError> {
        self.0.remove(name.to_owned()).map_err(failed)
    }
}
