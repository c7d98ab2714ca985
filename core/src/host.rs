//! What the host lends to the library: a clock, randomness, a place for secrets.
//!
//! Everything below takes time and randomness as arguments; these traits are
//! where they come in. They are synchronous, take and return owned values, and
//! are never called with a lock held.

use crate::time::Moment;
use std::sync::Mutex;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Moment;
    /// The IANA name of the zone the person is in.
    fn zone(&self) -> String;
}

/// The system's clock and zone.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        Moment(jiff::Timestamp::now().as_second())
    }
    fn zone(&self) -> String {
        // On an iPhone /etc/localtime does not lead to a file that is named after its zone.
        #[cfg(target_vendor = "apple")]
        if let Ok(zone) = iana_time_zone::get_timezone() {
            return zone;
        }
        jiff::tz::TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
    }
}

/// A clock that stands where it was set: for tests and the harness.
#[derive(Debug)]
pub struct FixedClock(Mutex<Moment>, String);

impl FixedClock {
    /// A clock that says `now`, in UTC.
    pub fn new(now: Moment) -> Self {
        Self(Mutex::new(now), "UTC".to_owned())
    }

    /// Sets it to `now`, forwards or backwards.
    pub fn set(&self, now: Moment) {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = now;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Moment {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
    fn zone(&self) -> String {
        self.1.clone()
    }
}

/// The source of randomness failed; nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's source of randomness failed")]
pub struct EntropyError;

/// A source of random bytes fit for keys.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`EntropyError`]; `bytes` must then not be used.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|_| EntropyError)
    }
}

/// A repeatable stream of bytes (SHA-256 in counter mode over a seed), so that a
/// test can run the same thing twice. Never for real keys.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<(u64, u64)>);

impl SeededEntropy {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new((seed, 0)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        use sha2::Digest;
        let mut state = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for chunk in bytes.chunks_mut(32) {
            let block = sha2::Sha256::new()
                .chain_update(b"amends/test-entropy")
                .chain_update(state.0.to_be_bytes())
                .chain_update(state.1.to_be_bytes())
                .finalize();
            state.1 += 1;
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

/// `N` random bytes.
///
/// # Errors
/// [`EntropyError`], as the source.
pub fn random<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}

/// Why a [`SecretStore`] did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It is locked: the phone, or the passphrase is wrong or missing.
    #[error("{0}")]
    Locked(String),
    /// It failed for another reason.
    #[error("{0}")]
    Failed(String),
}

/// Keeps a handful of small secrets (32 bytes each) under the platform's
/// protection: Keychain (this device only), Android Keystore, a key file.
///
/// A name is written before anything is sealed under its secret.
pub trait SecretStore: Send + Sync {
    /// The secret called `name`, if there is one.
    ///
    /// # Errors
    /// [`SecretError`].
    fn read(&self, name: String) -> Result<Option<Vec<u8>>, SecretError>;
    /// Keeps `secret` as `name`, durably, before it returns.
    ///
    /// # Errors
    /// [`SecretError`].
    fn write(&self, name: String, secret: Vec<u8>) -> Result<(), SecretError>;
    /// Destroys the secret called `name`; nothing happens where there is none.
    ///
    /// # Errors
    /// [`SecretError`].
    fn delete(&self, name: String) -> Result<(), SecretError>;
}
