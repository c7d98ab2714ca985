//! What the host's own pieces answer, and what the library answers (defined in core, so that
//! an argument that cannot be read is an error of the call like every other).

use amends::host::SecretError;

pub use amends::foreign::{AmendsError, ArgumentKind};

/// What the host's own pieces answer when they cannot do what is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HostError {
    /// Not now: the phone is locked.
    #[error("{why}")]
    Locked {
        /// What the system says.
        why: String,
    },
    /// The system does not let this app reach the local network.
    #[error("{why}")]
    LocalNetworkDenied {
        /// What the system says.
        why: String,
    },
    /// It does not work.
    #[error("{why}")]
    Failed {
        /// What the system says.
        why: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { why: format!("the app's own code failed: {}", error.reason) }
    }
}

impl From<HostError> for SecretError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Locked { why } => Self::Locked(why),
            HostError::LocalNetworkDenied { why } | HostError::Failed { why } => Self::Failed(why),
        }
    }
}
