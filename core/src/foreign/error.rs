//! Errors to switch over, each with a text that may be shown.

use crate::domain::refusal::RefusalCode;
use crate::error::Error;
use crate::net::LinkError;
use crate::pairing::PairingError;
use crate::store::StorageError;

/// What can come back instead of an answer. `userMessage` says in English what to do
/// next; an app may put the case into its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[non_exhaustive]
pub enum AmendsError {
    /// A rule says no; nothing was written.
    #[error("{user_message}")]
    Refused {
        /// Which rule.
        code: RefusalCode,
        /// What to do next.
        user_message: String,
    },
    /// The keys are not to be had (unlock the phone), or the space is suspended (resume
    /// it).
    #[error("{user_message}")]
    Locked {
        /// What to do next.
        user_message: String,
    },
    /// The space was shut down: open it again.
    #[error("{user_message}")]
    Closed {
        /// What to do next.
        user_message: String,
    },
    /// The disk or the files. What was stored before is unchanged.
    #[error("{user_message}")]
    Storage {
        /// What it is.
        kind: StorageKind,
        /// What to do next.
        user_message: String,
    },
    /// The link to the other phone. Nothing is lost by it; try again.
    #[error("{user_message}")]
    Link {
        /// What it is.
        kind: LinkKind,
        /// What to do next.
        user_message: String,
    },
    /// The pairing did not come about. Nothing is kept of it; begin again.
    #[error("{user_message}")]
    Pairing {
        /// What it is.
        kind: PairingKind,
        /// What to do next.
        user_message: String,
    },
    /// A newer version wrote this: update the app.
    #[error("{user_message}")]
    NeedsUpdate {
        /// What to do next.
        user_message: String,
    },
    /// An argument has not the form it must have.
    #[error("{user_message}")]
    Invalid {
        /// What to do next.
        user_message: String,
    },
    /// Something that should not happen; nothing half done stays.
    #[error("{user_message}")]
    Internal {
        /// What happened.
        user_message: String,
    },
}

/// What is wrong with the disk or the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
#[non_exhaustive]
pub enum StorageKind {
    /// There is nothing in this place, or no longer: create it first.
    Missing,
    /// There is a store in this place already: open it.
    Exists,
    /// Another process writes here: try again.
    Busy,
    /// The disk is full; nothing was changed.
    Full,
    /// Something is damaged: the doctor says what.
    Damaged,
    /// Something else, see the text.
    Other,
}

/// Why the link failed or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
#[non_exhaustive]
pub enum LinkKind {
    /// Nobody answered at an address.
    Unreachable,
    /// The address could not be listened on.
    Listen,
    /// Whoever answered is not the paired phone.
    Stranger,
    /// The connection ended.
    Lost,
    /// The other side broke the protocol.
    Protocol,
    /// Something that the other phone wrote cannot be taken.
    Refused,
    /// The other phone's log is no longer what this phone holds of it.
    Contradiction,
    /// The other phone fell silent.
    Silent,
    /// The shared folder cannot be used.
    Mailbox,
    /// The two did not meet in time.
    Nobody,
}

/// Why a pairing did not come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
#[non_exhaustive]
pub enum PairingKind {
    /// A character of the code was mistyped.
    CodeMistyped,
    /// The QR text is not one of ours.
    QrUnreadable,
    /// The code is wrong, used, or expired.
    CodeRefused,
    /// Who answered is not the phone whose QR code was scanned.
    WrongPhone,
    /// Somebody said no.
    Cancelled,
    /// It took too long.
    Expired,
    /// The other side broke the protocol.
    Protocol,
}

impl AmendsError {
    /// Something that should not happen.
    pub fn internal(what: &str) -> Self {
        Self::Internal { user_message: what.to_owned() }
    }

    /// An argument has not its form; `what` says what to do next.
    pub fn invalid(what: &str) -> Self {
        Self::Invalid { user_message: what.to_owned() }
    }
}

impl From<Error> for AmendsError {
    fn from(error: Error) -> Self {
        let user_message = error.to_string();
        match error {
            Error::Refusal(refusal) => Self::Refused { code: refusal.code, user_message },
            Error::Locked(_) => Self::Locked { user_message },
            Error::Closed => Self::Closed { user_message },
            Error::Storage(error) => Self::Storage { kind: storage(&error), user_message },
            Error::Link(error) => Self::Link { kind: link(&error), user_message },
            Error::Pairing(error) => Self::Pairing { kind: pairing(&error), user_message },
            Error::NeedsUpdate(_) => Self::NeedsUpdate { user_message },
            Error::Internal => Self::Internal { user_message },
        }
    }
}

fn storage(error: &StorageError) -> StorageKind {
    match error {
        StorageError::Missing => StorageKind::Missing,
        StorageError::Exists => StorageKind::Exists,
        StorageError::Busy => StorageKind::Busy,
        StorageError::Full => StorageKind::Full,
        StorageError::Damaged(_) => StorageKind::Damaged,
        _ => StorageKind::Other,
    }
}

fn link(error: &LinkError) -> LinkKind {
    match error {
        LinkError::Unreachable(_) => LinkKind::Unreachable,
        LinkError::Listen(..) => LinkKind::Listen,
        LinkError::Stranger => LinkKind::Stranger,
        LinkError::Lost(_) => LinkKind::Lost,
        LinkError::Protocol(_) => LinkKind::Protocol,
        LinkError::Refused(_) => LinkKind::Refused,
        LinkError::Contradiction => LinkKind::Contradiction,
        LinkError::Silent => LinkKind::Silent,
        LinkError::Mailbox(_) => LinkKind::Mailbox,
        LinkError::Nobody => LinkKind::Nobody,
    }
}

fn pairing(error: &PairingError) -> PairingKind {
    match error {
        PairingError::CodeMistyped => PairingKind::CodeMistyped,
        PairingError::QrUnreadable => PairingKind::QrUnreadable,
        PairingError::CodeRefused => PairingKind::CodeRefused,
        PairingError::WrongPhone => PairingKind::WrongPhone,
        PairingError::Cancelled => PairingKind::Cancelled,
        PairingError::Expired => PairingKind::Expired,
        PairingError::Protocol(_) => PairingKind::Protocol,
    }
}
