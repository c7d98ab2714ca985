//! Backups, and a phone made of one.

use super::Space;
use crate::backup::{BackupKey, BackupOpener, BackupSummary};
use crate::engine::{Engine, Handle, Host, restore};
use crate::error::Error;
use std::path::Path;

impl Space {
    /// Makes a space in `folder` of a backup, in place of a phone that was lost. It holds what the
    /// backup holds; the link to the other phone is not in it. Until the two are paired again, in
    /// person ([`Space::pair_replace`] there, [`Space::pair_join`] here), it shows what it holds,
    /// exchanges nothing and writes nothing but what takes something back; of what was in force
    /// nothing counts on its side before its owner says so anew (R32). Interrupted, it never was.
    ///
    /// Blocks: about a second for a passphrase, and some for a long history.
    ///
    /// # Errors
    /// `StorageError::Exists` where there is a space already; the refusals `BackupNotOpened`,
    /// `BackupWantsPassphrase`, `BackupWantsKey`, `BackupKeyInvalid` where `opener` does not open
    /// it; `StorageError::Damaged` for what is no whole backup, [`Error::NeedsUpdate`] for that of
    /// a newer version; what the disk or the secret store says.
    pub fn restore(
        folder: &Path,
        file: &Path,
        opener: &BackupOpener,
        host: Host,
    ) -> Result<Self, Error> {
        Self::of(Handle::start(Engine::restore(folder, file, opener, host)?)?)
    }

    /// Reads a backup to its end, and says what it holds: it opens, nothing of it is missing or
    /// changed, and its entries follow each other up to where its logs end. Blocks as
    /// [`Space::restore`] does.
    ///
    /// # Errors
    /// As [`Space::restore`], but for what is written.
    pub fn check_backup(file: &Path, opener: &BackupOpener) -> Result<BackupSummary, Error> {
        restore::check(file, opener)
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported(backup))]
impl Space {
    /// Writes a backup of this phone to a file, in place of one that stands there, once the new
    /// one is whole and was read back: both logs with their words, and with `with_private` the
    /// vault. Whoever opens it reads everything that is in it. The partner's words that run out are
    /// not in it, for a file may outlive them; nor is what speaks to the other phone, nor what
    /// would open a sealed check-in.
    ///
    /// What is damaged keeps nothing else out, see [`BackupSummary::left_out`].
    ///
    /// # Errors
    /// `BackupKeyInvalid` for a key that is none; `Suspended` where the space is suspended, held back
    /// or left meanwhile; `Storage` where the file cannot be written, or is not what was written.
    pub async fn back_up(
        &self,
        file: &Path,
        key: BackupKey,
        with_private: bool,
    ) -> Result<BackupSummary, Error> {
        let file = file.to_owned();
        self.engine.ask_apart(move |engine| engine.back_up(&file, key, with_private)).await
    }
}
