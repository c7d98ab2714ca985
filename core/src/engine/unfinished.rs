//! A space that is being made or erased, and was interrupted in the middle: what there is of it is
//! erased by the next start.
//!
//! While a space is made or erased, a file beside its files says which one it is (`unfinished`, the
//! 16 bytes of the store's id). It is durable before anything else happens, and goes last. Whoever
//! is at it holds a lock on it, so that another process waits instead of erasing what is just
//! being made.

use super::files::{remove_files, sync_folder};
use crate::error::Error;
use crate::host::SecretStore;
use crate::store::{Keys, StorageError};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

const MARK: &str = "unfinished";

/// Says that a store is being made or erased, for as long as it stands.
pub(super) struct Unfinished {
    folder: PathBuf,
    /// Its lock goes when it is closed.
    mark: File,
}

fn io(error: std::io::Error) -> Error {
    StorageError::from(error).into()
}

impl Unfinished {
    /// Says so of this store. Durable when this returns.
    pub(super) fn begin(folder: &Path, store: [u8; 16]) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut mark = options.open(folder.join(MARK)).map_err(io)?;
        lock(&mark)?;
        mark.set_len(0).and_then(|()| mark.write_all(&store)).map_err(io)?;
        mark.sync_all().map_err(io)?;
        sync_folder(folder)?;
        Ok(Self { folder: folder.to_owned(), mark })
    }

    /// It is made, or gone.
    pub(super) fn end(self) -> Result<(), Error> {
        std::fs::remove_file(self.folder.join(MARK)).map_err(io)?;
        sync_folder(&self.folder)?;
        drop(self.mark);
        Ok(())
    }
}

fn lock(mark: &File) -> Result<(), Error> {
    match mark.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(StorageError::Busy.into()),
        // A file system without locks: nobody else can be told.
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(error)) => Err(io(error)),
    }
}

/// Finishes what was interrupted here, if anything was: what there is of such a store is erased,
/// its keys first.
///
/// # Errors
/// [`StorageError::Busy`] while another process makes or erases it, the disk, the secret store.
/// The next start then tries again.
pub(super) fn finish(folder: &Path, secrets: &dyn SecretStore) -> Result<(), Error> {
    let path = folder.join(MARK);
    let mark = match OpenOptions::new().read(true).write(true).open(&path) {
        Ok(mark) => mark,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(error)),
    };
    lock(&mark)?;
    // Who held the lock may have finished meanwhile; then this is not the mark that stands there.
    if !path.exists() {
        return Ok(());
    }
    let mut bytes = Vec::new();
    (&mark).take(64).read_to_end(&mut bytes).map_err(io)?;
    let unfinished = Unfinished { folder: folder.to_owned(), mark };
    // One that is not whole was never durable: nothing was done yet.
    if let Ok(store) = <[u8; 16]>::try_from(bytes.as_slice()) {
        tracing::warn!("a space that was being made or erased here is erased");
        erase(folder, &store, secrets)?;
    }
    unfinished.end()
}

/// Destroys a store's keys first, then removes its files; the files also where the keys cannot be
/// destroyed.
pub(super) fn erase(
    folder: &Path,
    store: &[u8; 16],
    secrets: &dyn SecretStore,
) -> Result<(), Error> {
    let destroyed = Keys::destroy(secrets, store);
    remove_files(folder)?;
    Ok(destroyed?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::cbor::Value;
    use crate::engine::{Engine, Host};
    use crate::id::DocId;
    use crate::store::{KeyFile, VaultItem};

    fn host(folder: &Path) -> Host {
        Host::new(KeyFile::new(folder.join("keys")))
    }

    fn left(folder: &Path) -> Vec<String> {
        let files = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_space_that_was_half_made_or_half_erased_is_none_and_another_can_be_made() {
        for half in [&["pair.db"][..], &["vault.db", "vault.db-wal"], &[]] {
            let folder = tempfile::tempdir().unwrap();
            let made = Engine::create(folder.path(), "Ana", host(folder.path())).unwrap();
            let store = made.store;
            drop(made);
            drop(Unfinished::begin(folder.path(), store).unwrap());
            for file in half {
                drop(std::fs::remove_file(folder.path().join(file)));
            }
            let opened = Engine::open(folder.path(), host(folder.path()));
            assert!(matches!(opened, Err(Error::Storage(StorageError::Missing))));
            assert_eq!(left(folder.path()), ["keys"]);
            assert!(Keys::load(&KeyFile::new(folder.path().join("keys")), &store).is_err());
            Engine::create(folder.path(), "Ana", host(folder.path())).unwrap();
        }
    }

    #[test]
    fn a_mark_that_is_not_whole_was_never_meant() {
        let folder = tempfile::tempdir().unwrap();
        drop(Engine::create(folder.path(), "Ana", host(folder.path())).unwrap());
        for bytes in [&[][..], &[1; 15], &[1; 17]] {
            std::fs::write(folder.path().join(MARK), bytes).unwrap();
            Engine::open(folder.path(), host(folder.path())).unwrap();
            assert!(!folder.path().join(MARK).exists());
        }
    }

    #[test]
    fn what_another_process_is_just_making_is_not_erased() {
        let folder = tempfile::tempdir().unwrap();
        let making = Unfinished::begin(folder.path(), [1; 16]).unwrap();
        std::fs::write(folder.path().join("pair.db"), "half").unwrap();
        for tried in [
            Engine::open(folder.path(), host(folder.path())),
            Engine::create(folder.path(), "Ana", host(folder.path())),
        ] {
            assert!(matches!(tried, Err(Error::Storage(StorageError::Busy))));
        }
        assert_eq!(left(folder.path()), ["pair.db", MARK]);
        making.end().unwrap();
    }

    #[test]
    fn after_an_erase_nothing_is_taken_and_a_new_space_in_its_place_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut one = Engine::create(folder.path(), "Ana", host(folder.path())).unwrap();
        let mut other = Engine::open(folder.path(), host(folder.path())).unwrap();
        one.erase().unwrap();
        assert_eq!(left(folder.path()), ["keys"]);
        let missing = |result: Result<(), Error>| {
            assert_eq!(result, Err(Error::Storage(StorageError::Missing)));
        };
        let item = VaultItem { id: DocId([1; 16]), kind: "note".to_owned(), value: Value::Null };
        missing(other.hold(true));
        missing(other.transact_unread(|_| Ok(())));
        missing(other.vault().unwrap().put(&item).map_err(Error::from));
        missing(other.vault().unwrap().remove(item.id).map_err(Error::from));
        let mut new = Engine::create(folder.path(), "Ana", host(folder.path())).unwrap();
        new.hold(true).unwrap();
        other.erase().unwrap();
        drop(other);
        let mut seen = Engine::open(folder.path(), host(folder.path())).unwrap();
        assert!(seen.held().unwrap(), "it stood in the log of the new one");
    }

    #[test]
    fn a_suspended_space_is_erased_too_and_another_in_its_place_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut one = Engine::create(folder.path(), "Ana", host(folder.path())).unwrap();
        one.suspend().unwrap();
        one.erase().unwrap();
        assert_eq!(left(folder.path()), ["keys"]);
        drop(Engine::create(folder.path(), "Ana", host(folder.path())).unwrap());
        one.erase().unwrap();
        Engine::open(folder.path(), host(folder.path())).unwrap();
    }

    #[test]
    fn a_vault_alone_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        drop(Engine::create(folder.path(), "Ana", host(folder.path())).unwrap());
        std::fs::remove_file(folder.path().join("pair.db")).unwrap();
        let made = Engine::create(folder.path(), "Ana", host(folder.path()));
        assert!(matches!(made, Err(Error::Storage(StorageError::Exists))));
        assert!(folder.path().join("vault.db").exists());
    }
}
