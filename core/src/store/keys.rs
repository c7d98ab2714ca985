//! The secrets of one store, and their names in the host's secret store.

use crate::host::{Entropy, EntropyError, SecretError, SecretStore, random};
use amends_seal::DataKey;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Why the secrets are not to be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// The secret store does not have them.
    #[error(
        "the keys of this store are not in the secret store: they were erased, or belong to another phone"
    )]
    Missing,
    /// The secret store says no.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// The secrets of one store. Wiped from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Keys {
    /// Seals `pair.db`.
    pub pair: DataKey,
    /// Seals `vault.db`.
    pub vault: DataKey,
    /// Marks the own log's entries, see [`crate::log::own_tag`].
    pub log: [u8; 32],
    /// The private static key of the link (X25519).
    pub link: [u8; 32],
}

const NAMES: [&str; 4] = ["pair", "vault", "log", "link"];

fn name(store: &[u8; 16], which: &str) -> String {
    let id: String = store.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("amends-{id}-{which}")
}

impl Keys {
    /// Makes new secrets and has the host keep them, before anything is sealed; `log_key` is there
    /// where the store goes on from a log that is marked with it.
    ///
    /// # Errors
    /// What the secret store or the random source says.
    pub fn create(
        secrets: &dyn SecretStore,
        store: &[u8; 16],
        entropy: &dyn Entropy,
        mut log_key: Option<Zeroizing<[u8; 32]>>,
    ) -> Result<Self, KeysError> {
        for which in NAMES {
            let secret = match log_key.take_if(|_| which == "log") {
                Some(key) => key,
                None => Zeroizing::new(random(entropy)?),
            };
            secrets.write(name(store, which), secret.to_vec())?;
        }
        Self::load(secrets, store)
    }

    /// The secrets that the host keeps.
    ///
    /// # Errors
    /// [`KeysError::Missing`] where one is missing or the host does not give it out.
    pub fn load(secrets: &dyn SecretStore, store: &[u8; 16]) -> Result<Self, KeysError> {
        let read = |which| -> Result<[u8; 32], KeysError> {
            let secret = zeroize::Zeroizing::new(
                secrets.read(name(store, which))?.ok_or(KeysError::Missing)?,
            );
            secret.as_slice().try_into().map_err(|_| KeysError::Missing)
        };
        Ok(Self {
            pair: DataKey::from_bytes(read("pair")?),
            vault: DataKey::from_bytes(read("vault")?),
            log: read("log")?,
            link: read("link")?,
        })
    }

    /// Has the host destroy them: what is sealed under them is gone with that.
    ///
    /// # Errors
    /// What the secret store says; the others are destroyed all the same.
    pub fn destroy(secrets: &dyn SecretStore, store: &[u8; 16]) -> Result<(), KeysError> {
        let results = NAMES.map(|which| secrets.delete(name(store, which)));
        results.into_iter().collect::<Result<(), _>>().map_err(KeysError::from)
    }

    /// Has the host destroy the link key alone: this phone can no longer speak
    /// to the other one.
    ///
    /// # Errors
    /// What the secret store says.
    pub fn retire_link(secrets: &dyn SecretStore, store: &[u8; 16]) -> Result<(), KeysError> {
        Ok(secrets.write(name(store, "link"), vec![0; 32])?)
    }
}
