//! The errors of the public face: few, and named for what the caller does next.

use crate::document::DocumentError;
use crate::domain::Refusal;
use crate::domain::refusal::RefusalCode;
use crate::host::{EntropyError, SecretError};
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
    /// The space was shut down: open it again.
    #[error("this space was shut down: open it again")]
    Closed,
    /// The disk or the files. What was stored before is unchanged.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The link to the other phone. Nothing is lost by it; try again.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The pairing did not come about. Nothing is kept of it; begin again.
    #[error(transparent)]
    Pairing(#[from] PairingError),
    /// A newer version wrote this: update the app.
    #[error("a newer version wrote this: update first")]
    NeedsUpdate,
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
            SecretError::Failed(why) => Error::Storage(StorageError::Io(why)),
        }
    }
}

impl From<KeysError> for Error {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Missing => Error::Locked(error.to_string()),
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

/// Why the link to the other phone failed or ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Nobody answered at that address.
    #[error("nobody answers at {0}: is the other phone listening, on the same network?")]
    Unreachable(String),
    /// The address could not be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(String, String),
    /// Whoever answered is not the paired phone, or not this pair any more.
    #[error("whoever answered is not the paired phone")]
    Stranger,
    /// The connection ended. What was acknowledged is safe; the rest goes on next time.
    #[error("the connection ended: {0}")]
    Lost(String),
    /// The other side broke the protocol.
    #[error("the other phone sent something that is not the protocol: {0}")]
    Protocol(String),
    /// Entries of the other phone break a rule; what came before them is here.
    #[error(
        "something that the other phone wrote cannot be taken ({0}): nothing that is here was touched; update both apps, and if it stays so, replace the other phone"
    )]
    Refused(String),
    /// The other phone's log is not what this phone holds of it.
    #[error(
        "the other phone's log is no longer what this phone holds of it: this copy stays as it is, see `status`"
    )]
    Contradiction,
    /// Nothing came for too long.
    #[error("the other phone fell silent")]
    Silent,
    /// The shared folder could not be read or written.
    #[error("the shared folder cannot be used: {0}")]
    Mailbox(String),
    /// The two did not meet in the time that was given.
    #[error(
        "nobody came in time: both phones must exchange at the same time, on one network, or one must know the address of the other"
    )]
    Nobody,
}

/// Why a pairing did not come about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PairingError {
    /// The code has not the form of a code, or a character was mistyped.
    #[error("this is not a pairing code: 16 letters and digits, please check each of them")]
    CodeMistyped,
    /// The QR text is not one of ours.
    #[error("this is not a pairing QR code of this version")]
    QrUnreadable,
    /// The other phone does not accept this code: it is wrong, used, or expired.
    #[error("the other phone did not accept this code: it is wrong, was used, or has expired")]
    CodeRefused,
    /// Who answered is not the phone whose QR code was scanned.
    #[error("the phone that answered is not the one whose code was scanned")]
    WrongPhone,
    /// Somebody said that the short codes differ, or cancelled.
    #[error("the pairing was cancelled: nothing is kept")]
    Cancelled,
    /// The code expired or the conversation took too long.
    #[error("the pairing took too long: show a new code")]
    Expired,
    /// The other side broke the protocol.
    #[error("the other phone sent something that is not the protocol: {0}")]
    Protocol(String),
}
