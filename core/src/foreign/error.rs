//! Errors to switch over, each with a text that may be shown.

use crate::domain::refusal::RefusalCode;
use crate::error::Error;
use crate::net::LinkError;
use crate::pairing::PairingError;
use crate::store::StorageError;

/// What an error says, beside its case.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ErrorDetails {
    /// A stable key, to find the text in an app's own language: `refused.stale_view`,
    /// `storage.full`, `suspended`.
    pub key: String,
    /// What to do next, in English. These are the library's own words, and may be shown.
    pub user_message: String,
    /// What the system, or the app's own code, said to it: for a log, not for a person.
    pub cause: Option<String>,
}

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident $({ $(#[$what:meta])* $field:ident: $of:ty })?;)*) => {
        /// What can come back instead of an answer.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
        #[non_exhaustive]
        pub enum AmendsError {
            $($(#[$doc])*
            #[error("{}", .details.user_message)]
            $name {
                $($(#[$what])* $field: $of,)?
                /// What it says.
                details: ErrorDetails,
            },)*
        }

        impl AmendsError {
            /// What it says.
            pub fn details(&self) -> &ErrorDetails {
                match self { $(Self::$name { details, .. } => details,)* }
            }
        }
    };
}

errors! {
    /// A rule says no; nothing was written.
    Refused {
        /// Which rule.
        code: RefusalCode
    };
    /// The keys are not to be had now: unlock the phone.
    Locked;
    /// The keys are gone, or are those of another phone: nothing opens this space without them.
    KeysMissing;
    /// The space is suspended, or was while something was read: resume it.
    Suspended;
    /// The space was shut down or erased: open it again.
    Closed;
    /// The disk or the files. What was stored before is unchanged.
    Storage {
        /// What it is.
        kind: StorageKind
    };
    /// The link to the other phone. Nothing is lost by it; try again.
    Link {
        /// What it is.
        kind: LinkKind
    };
    /// The pairing did not come about. Nothing is kept of it; begin again.
    Pairing {
        /// What it is.
        kind: PairingKind
    };
    /// A newer version wrote this: update the app.
    NeedsUpdate;
    /// An argument has not the form it must have.
    Invalid {
        /// Which.
        argument: ArgumentKind
    };
    /// Something that should not happen; nothing half done stays.
    Internal;
}

/// Which argument of a call has not the form that it must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
#[non_exhaustive]
pub enum ArgumentKind {
    /// An id, a hash, a position: not as the library gave it.
    Id,
    /// A date, a time of day, a moment.
    Time,
    /// A network address, `host:port`.
    Address,
    /// The path of a file or a folder: it must be absolute.
    Path,
    /// A text that is no valid Unicode.
    Text,
    /// A language pack.
    Pack,
    /// The clock that the app lends: it tells a year before 1970 or after 9999.
    Clock,
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
    /// The place where the app keeps the keys failed: the Keychain, the Keystore.
    Secrets,
    /// Something else, see the text.
    Other,
}

/// Why the link failed or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
#[non_exhaustive]
pub enum LinkKind {
    /// Nobody answered at an address.
    Unreachable,
    /// The system does not let this app reach the local network.
    LocalNetworkDenied,
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

/// The name of a case as a word of a key: `stale_view` of `StaleView`.
fn word(case: &impl std::fmt::Debug) -> String {
    let mut word = String::new();
    for letter in format!("{case:?}").chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

impl ErrorDetails {
    fn new(key: impl Into<String>, user_message: impl Into<String>) -> Self {
        Self { key: key.into(), user_message: user_message.into(), cause: None }
    }

    fn because(self, cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }
}

impl AmendsError {
    /// Something that should not happen.
    pub fn internal(cause: &str) -> Self {
        let details = ErrorDetails::new("internal", Error::Internal.to_string());
        Self::Internal { details: details.because(cause) }
    }

    /// An argument has not its form; `what` says what to do next.
    pub fn invalid(argument: ArgumentKind, what: &str) -> Self {
        let details = ErrorDetails::new(format!("invalid.{}", word(&argument)), what);
        Self::Invalid { argument, details }
    }

    /// As [`AmendsError::invalid`], with what says more.
    pub fn invalid_because(argument: ArgumentKind, what: &str, cause: &str) -> Self {
        let details = ErrorDetails::new(format!("invalid.{}", word(&argument)), what);
        Self::Invalid { argument, details: details.because(cause) }
    }
}

impl From<Error> for AmendsError {
    fn from(error: Error) -> Self {
        let says = |key: &str| ErrorDetails::new(key, error.to_string());
        match &error {
            Error::Refusal(refusal) => {
                let code = refusal.code;
                Self::Refused { code, details: says(&format!("refused.{}", word(&code))) }
            }
            Error::Locked(why) => Self::Locked {
                details: ErrorDetails::new(
                    "locked",
                    "the keys are not to be had now: unlock the phone, and try again",
                )
                .because(why),
            },
            Error::KeysMissing(_) => Self::KeysMissing { details: says("keys_missing") },
            Error::Suspended(_) => Self::Suspended { details: says("suspended") },
            Error::Closed => Self::Closed { details: says("closed") },
            Error::Storage(error) => {
                let kind = storage(error);
                let key = format!("storage.{}", word(&kind));
                let details = match error {
                    StorageError::Io(cause) => ErrorDetails::new(
                        key,
                        "reading or writing failed: check the space and the state of the disk, and try again",
                    )
                    .because(cause),
                    StorageError::Secrets(cause) => ErrorDetails::new(
                        key,
                        "the place where the keys are kept failed: unlock the phone, and try again",
                    )
                    .because(cause),
                    StorageError::Damaged(cause) => ErrorDetails::new(
                        key,
                        "something here is damaged: have the app check the space, which says what can be done",
                    )
                    .because(cause),
                    _ => says(&key),
                };
                Self::Storage { kind, details }
            }
            Error::Link(error) => {
                let kind = link(error);
                let key = format!("link.{}", word(&kind));
                let details = match error {
                    LinkError::Listen(address, cause) => ErrorDetails::new(
                        key,
                        "this phone could not listen for the other: another app may hold the port",
                    )
                    .because(format!("{address}: {cause}")),
                    LinkError::Lost(cause) => ErrorDetails::new(
                        key,
                        "the connection ended: what was acknowledged is safe, try again",
                    )
                    .because(cause),
                    LinkError::Protocol(cause) => ErrorDetails::new(
                        key,
                        "the other phone sent something that cannot be understood: update both apps",
                    )
                    .because(cause),
                    LinkError::Mailbox(cause) => ErrorDetails::new(
                        key,
                        "the shared folder cannot be used now: look whether it is there and has space",
                    )
                    .because(cause),
                    _ => says(&key),
                };
                Self::Link { kind, details }
            }
            Error::Pairing(error) => {
                let kind = pairing(error);
                let key = format!("pairing.{}", word(&kind));
                let details = match error {
                    PairingError::Protocol(cause) => ErrorDetails::new(
                        key,
                        "the other phone sent something that cannot be understood: update both apps",
                    )
                    .because(cause),
                    _ => says(&key),
                };
                Self::Pairing { kind, details }
            }
            Error::NeedsUpdate(cause) => Self::NeedsUpdate {
                details: ErrorDetails::new(
                    "needs_update",
                    "a newer version of the app wrote this: update the app",
                )
                .because(cause),
            },
            Error::Internal => Self::Internal { details: says("internal") },
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
        StorageError::Secrets(_) => StorageKind::Secrets,
        _ => StorageKind::Other,
    }
}

fn link(error: &LinkError) -> LinkKind {
    match error {
        LinkError::Unreachable(_) => LinkKind::Unreachable,
        LinkError::LocalNetworkDenied => LinkKind::LocalNetworkDenied,
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
