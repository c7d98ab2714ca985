//! A space that is being made or erased, and was interrupted in the middle: the next start brings it
//! to its end.
//!
//! While a space is made or erased, a file beside its files says so (`unfinished`: the 16 bytes of
//! the store's id, and what is done to it). It is durable before anything else happens, and goes
//! last. Whoever is at it holds a lock on it, so that another process waits instead of erasing
//! what is just being made.

use super::Host;
use super::files::{open_files, remove_files, store_here};
use crate::error::Error;
use crate::file::sync_folder;
use crate::host::SecretStore;
use crate::store::{Keys, KeysError, Setting, StorageError, identity};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

const MARK: &str = "unfinished";

/// What is done to a store, as the mark says it after its id.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Make = 1,
    Erase = 2,
}

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
    pub(super) fn begin(folder: &Path, store: [u8; 16], doing: Doing) -> Result<Self, Error> {
        let path = folder.join(MARK);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut mark = options.open(&path).map_err(io)?;
        lock(&mark)?;
        if !stands(&mark, &path) {
            // Who held it has just come to an end.
            return Err(StorageError::Busy.into());
        }
        let words = [&store[..], &[doing as u8]].concat();
        mark.set_len(0).and_then(|()| mark.write_all(&words)).map_err(io)?;
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

/// Whether the mark that is locked is the one that stands there, and no earlier one.
fn stands(mark: &File, path: &Path) -> bool {
    match (mark.metadata(), path.metadata()) {
        (Ok(locked), Ok(there)) => identity(&locked) == identity(&there),
        _ => false,
    }
}

/// Finishes what was interrupted here, if anything was. A store that was being made and is whole is
/// kept; what else there is of the store is erased, its keys first.
///
/// # Errors
/// [`StorageError::Busy`] while another process makes or erases it, the disk, the secret store.
/// The next start then tries again.
pub(super) fn finish(folder: &Path, host: &Host) -> Result<(), Error> {
    let path = folder.join(MARK);
    let mark = match OpenOptions::new().read(true).write(true).open(&path) {
        Ok(mark) => mark,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(error)),
    };
    lock(&mark)?;
    if !stands(&mark, &path) {
        // Who held it has just come to an end.
        return if path.exists() { Err(StorageError::Busy.into()) } else { Ok(()) };
    }
    let mut bytes = Vec::new();
    (&mark).take(64).read_to_end(&mut bytes).map_err(io)?;
    let unfinished = Unfinished { folder: folder.to_owned(), mark };
    // One that is not whole was never durable: nothing was done yet.
    if let Some((store, [doing])) = bytes.split_first_chunk::<16>()
        && (*doing == Doing::Erase as u8 || !is_whole(folder, *store, host)?)
    {
        tracing::warn!("a space that was being made or erased here is erased");
        erase(folder, store, host.secrets.as_ref())?;
    }
    unfinished.end()
}

/// Whether a store that was being made came to its end: its name is the last that is written.
/// Without its keys, a wrong passphrase say, that cannot be told, and nothing is erased.
fn is_whole(folder: &Path, store: [u8; 16], host: &Host) -> Result<bool, Error> {
    let keys = match Keys::load(host.secrets.as_ref(), &store) {
        Err(KeysError::Missing) => return Ok(false),
        keys => keys?,
    };
    let named = open_files(folder, store, &keys, host)
        .and_then(|files| Ok(files.pair.setting(Setting::Name)?.is_some()));
    match named {
        Err(Error::Storage(StorageError::Busy)) => Err(StorageError::Busy.into()),
        named => Ok(named.unwrap_or(false)),
    }
}

/// Destroys a store's keys first, then removes its files; the files also where the keys cannot be
/// destroyed. Those of another store that stand there are left alone.
pub(super) fn erase(
    folder: &Path,
    store: &[u8; 16],
    secrets: &dyn SecretStore,
) -> Result<(), Error> {
    let destroyed = Keys::destroy(secrets, store);
    if store_here(folder).is_none_or(|here| here == *store) {
        remove_files(folder)?;
    }
    Ok(destroyed?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::cbor::Value;
    use crate::engine::{Engine, Host};
    use crate::id::DocId;
    use crate::store::{KeyFile, PassphraseFile, VaultItem};

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
            let doing = if half.is_empty() { Doing::Erase } else { Doing::Make };
            drop(Unfinished::begin(folder.path(), store, doing).unwrap());
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
        for bytes in [&[][..], &[1; 15], &[1; 16], &[1; 18]] {
            std::fs::write(folder.path().join(MARK), bytes).unwrap();
            Engine::open(folder.path(), host(folder.path())).unwrap();
            assert!(!folder.path().join(MARK).exists());
        }
    }

    #[test]
    fn what_another_process_is_just_making_is_not_erased() {
        let folder = tempfile::tempdir().unwrap();
        let making = Unfinished::begin(folder.path(), [1; 16], Doing::Make).unwrap();
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

    #[test]
    fn a_space_that_was_whole_before_its_mark_went_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut made = Engine::create(folder.path(), "Ana", host(folder.path())).unwrap();
        made.hold(true).unwrap();
        drop(Unfinished::begin(folder.path(), made.store, Doing::Make).unwrap());
        drop(made);
        let mut again = Engine::open(folder.path(), host(folder.path())).unwrap();
        assert!(again.held().unwrap());
        assert!(!folder.path().join(MARK).exists());
        drop(again);
        // Nor is it erased by who comes with the wrong keys.
        let sealed = |passphrase: &str| {
            let file = folder.path().join("sealed");
            let entropy = std::sync::Arc::new(crate::host::SystemEntropy);
            Host::new(PassphraseFile::new(file, passphrase.to_owned(), entropy))
        };
        let other = folder.path().join("other");
        let made = Engine::create(&other, "Ana", sealed("right")).unwrap();
        drop(Unfinished::begin(&other, made.store, Doing::Make).unwrap());
        drop(made);
        assert!(matches!(Engine::open(&other, sealed("wrong")), Err(Error::Locked(_))));
        Engine::open(&other, sealed("right")).unwrap();
        // A mark of another store takes nothing of this one.
        drop(Unfinished::begin(folder.path(), [9; 16], Doing::Erase).unwrap());
        Engine::open(folder.path(), host(folder.path())).unwrap();
    }

    #[test]
    fn what_is_left_of_a_space_is_erased_whatever_state_it_is_in() {
        let damage = |path: &Path| std::fs::write(path, "no database").unwrap();
        let remove = |path: &Path| std::fs::remove_file(path).unwrap();
        for (file, spoil) in [("pair.db", damage as fn(&Path)), ("pair.db", remove)] {
            let folder = tempfile::tempdir().unwrap();
            let made = Engine::create(folder.path(), "Ana", host(folder.path())).unwrap();
            let store = made.store;
            drop(made);
            spoil(&folder.path().join(file));
            assert!(Engine::open(folder.path(), host(folder.path())).is_err());
            let secrets = host(folder.path()).secrets;
            assert!(Engine::erase_at(folder.path(), secrets.as_ref()).unwrap());
            assert_eq!(left(folder.path()), ["keys"]);
            assert!(Keys::load(secrets.as_ref(), &store).is_err(), "its vault told whose keys");
            assert!(!Engine::erase_at(folder.path(), secrets.as_ref()).unwrap(), "nothing is left");
        }
    }
}
