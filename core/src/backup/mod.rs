//! A backup: what one phone holds, in one file that its owner alone can open.
//!
//! The file is an [age](https://age-encryption.org/v1) file, so that it can be opened without
//! this software. Inside is a CBOR sequence (RFC 8742) of byte strings, each the deterministic
//! encoding of one [`Part`], and zeros that fill it up; PROTOCOL.md ("Backups") has the table.
//!
//! It holds both logs with their words, what was set aside, and the vault where that is wanted. It
//! holds neither the key nor the secret of the link: a phone that is made of it cannot speak for
//! the one before until it is paired again, in person. Nor does it hold what opens a sealed
//! check-in, which may have been taken back since (K13), the keys of the two files, or the
//! partner's words that run out, for a file may outlive them.

mod part;
mod sealed;

pub use part::{Asides, Head, LogHead, PairHead, Part, Sum};
pub(crate) use sealed::{BackupFailed, Reader, Writer};

/// What a backup is to be sealed with.
#[derive(Clone, zeroize::Zeroize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum BackupKey {
    /// A passphrase that a person chose (age's scrypt, 2^17): the file is worth as much as it is
    /// hard to guess. It is taken in Unicode's normal form C.
    Passphrase {
        /// The passphrase, not empty.
        text: String,
    },
    /// The public half of an age key, `age1…`: only who has its secret half opens the file.
    Recipient {
        /// As `age-keygen` writes it.
        text: String,
    },
}

/// What opens a backup.
#[derive(Clone, zeroize::Zeroize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum BackupOpener {
    /// The passphrase that it was sealed with.
    Passphrase {
        /// The passphrase.
        text: String,
    },
    /// The secret half of the age key, `AGE-SECRET-KEY-1…`.
    Identity {
        /// As `age-keygen` writes it.
        text: String,
    },
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct BackupSummary {
    /// When it was written.
    pub made: crate::time::Moment,
    /// The name of the person whose phone it was.
    pub name: String,
    /// The partner's name, where there was a pair.
    pub partner: Option<String>,
    /// Entries of both logs.
    pub entries: u64,
    /// Private items; nothing where the vault was left out.
    pub private_items: Option<u64>,
    /// What is damaged on this phone and could not be put into it: [`crate::Space::doctor`] says
    /// what that is. 0 of a backup that was read.
    pub left_out: u64,
}
