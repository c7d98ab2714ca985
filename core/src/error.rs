//! The errors of the public face: few, and named for what the caller does next.

use crate::document::DocumentError;
use crate::domain::Refusal;
use crate::domain::refusal::RefusalCode;
use crate::host::{EntropyError, SecretError};
use crate::net::LinkError;
use crate::pairing::PairingError;
use crate::store::{KeysError, StorageError};
use crate::text::TextError;

/// What can come back instead of an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A rule says no. Show its text; nothing was written.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The keys are not to be had: unlock the phone, give the right passphrase.
    #[error("{0}")]
    Locked(String),
    /// The keys of this space are not in the secret store any more, or others are. Nothing opens
    /// it without them: make a phone of a backup, or erase what is left and pair anew.
    #[error("{0}")]
    KeysMissing(String),
    /// The space sleeps: resume it. Or it was suspended, held back or left while something was
    /// read.
    #[error("{0}")]
    Suspended(&'static str),
    /// The space was shut down: open it again.
    #[error("this space was shut down: open it again")]
    Closed,
    /// The disk or the files. What was stored before is unchanged.
    #[error(transparent)]
    Storage(StorageError),
    /// The link to the other phone. Nothing is lost by it; try again.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The pairing did not come about. Nothing is kept of it; begin again.
    #[error(transparent)]
    Pairing(#[from] PairingError),
    /// A newer version wrote this: update the app.
    #[error("{0}")]
    NeedsUpdate(String),
    /// A bug of this library was caught. What the call was to write is stored whole or not
    /// at all: look before you write it again.
    #[error("an internal error was caught: look whether this was done before you do it again")]
    Internal,
}

impl Error {
    /// The other phone broke the protocol.
    pub(crate) fn protocol(what: &str) -> Self {
        Error::Link(LinkError::Protocol(what.to_owned()))
    }

    /// The other phone has yet to come.
    pub(crate) fn nobody() -> Self {
        Error::Link(LinkError::Nobody)
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Newer { .. } => Error::NeedsUpdate(error.to_string()),
            other => Error::Storage(other),
        }
    }
}

impl From<RefusalCode> for Error {
    fn from(code: RefusalCode) -> Self {
        Error::Refusal(code.into())
    }
}

impl From<TextError> for Error {
    fn from(error: TextError) -> Self {
        RefusalCode::from(error).into()
    }
}

impl From<SecretError> for Error {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Locked(why) => Error::Locked(why),
            SecretError::Failed(why) => Error::Storage(StorageError::Secrets(why)),
        }
    }
}

impl From<KeysError> for Error {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Missing => Error::KeysMissing(error.to_string()),
            KeysError::Secret(error) => error.into(),
            KeysError::Entropy(error) => StorageError::from(error).into(),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error::Storage(error.into())
    }
}

impl From<EntropyError> for Error {
    fn from(error: EntropyError) -> Self {
        Error::Storage(error.into())
    }
}

impl From<DocumentError> for Error {
    fn from(error: DocumentError) -> Self {
        Error::Storage(StorageError::Damaged(error.to_string()))
    }
}
