//! The two files of a space: made, opened, let go of for a while, erased.

use super::unfinished::{self, Doing, Unfinished};
use super::{Engine, Files, Host};
use crate::cbor::Value;
use crate::error::Error;
use crate::file::sync_folder;
use crate::host::{SecretStore, random};
use crate::store::{Keys, PairDb, PairFile, Setting, StorageError, VaultDb};
use crate::text;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const PAIR_FILE: &str = "pair.db";
const VAULT_FILE: &str = "vault.db";

/// What a new space is made of.
pub(super) struct Made<'a> {
    /// The name of its person.
    pub name: &'a str,
    /// The key that marks the entries of the log that it goes on from.
    pub log_key: Option<Zeroizing<[u8; 32]>>,
}

impl Engine {
    /// Makes the files of a new space, its keys first. Interrupted, it never was.
    pub(crate) fn create(folder: &Path, name: &str, host: Host) -> Result<Self, Error> {
        Self::make(folder, host, Made { name, log_key: None }, |_| Ok(()))
    }

    /// The same, with what `fill` writes into it. It is whole once its name is written.
    pub(super) fn make(
        folder: &Path,
        host: Host,
        made: Made<'_>,
        fill: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let Made { name, log_key } = made;
        let name = text::name(name)?;
        make_folder(folder)?;
        unfinished::finish(folder, &host)?;
        // A vault without its other file is somebody's: it is not written over.
        if any_file(folder) {
            return Err(StorageError::Exists.into());
        }
        let store = random(host.entropy.as_ref()).map_err(StorageError::from)?;
        let unfinished = Unfinished::begin(folder, store, Doing::Make)?;
        if any_file(folder) {
            // Another process was faster.
            unfinished.end()?;
            return Err(StorageError::Exists.into());
        }
        let (secrets, entropy) = (host.secrets.clone(), host.entropy.clone());
        let made = Keys::create(secrets.as_ref(), &store, entropy.as_ref(), log_key)
            .map_err(Error::from)
            .and_then(|keys| {
                let files = create_files(folder, store, &keys, &host)?;
                let mut engine = Self::new(folder.to_owned(), store, keys, host, files)?;
                fill(&mut engine)?;
                engine.db()?.set(Setting::Name, &Value::from(&*name))?;
                sync_folder(folder)?;
                Ok(engine)
            });
        match made {
            Ok(mut engine) => {
                unfinished.end()?;
                engine.begin_upkeep()?;
                Ok(engine)
            }
            // Half a store is none: the next try begins anew.
            Err(error) => {
                unfinished::erase(folder, &store, secrets.as_ref())?;
                unfinished.end()?;
                Err(error)
            }
        }
    }

    /// Opens the files of a space.
    pub(crate) fn open(folder: &Path, host: Host) -> Result<Self, Error> {
        unfinished::finish(folder, &host)?;
        let store = PairFile::store_id(&folder.join(PAIR_FILE))?;
        let keys = Keys::load(host.secrets.as_ref(), &store)?;
        let files = open_files(folder, store, &keys, &host)?;
        // The first sealed value tells whether these are the right keys.
        let name = files.pair.setting(Setting::Name).map_err(|error| match error {
            StorageError::Damaged(_) => Error::KeysMissing(
                "these keys do not open this store, or its first value is damaged".to_owned(),
            ),
            other => other.into(),
        })?;
        name.ok_or_else(|| StorageError::Damaged("pair.db: setting name".to_owned()))?;
        Self::opened(folder, store, keys, host, files)
    }

    /// Another engine on the same files that only reads, and sees them as they are now,
    /// whatever is written meanwhile: for long work that nothing may wait for.
    pub(crate) fn beside(&mut self) -> Result<Self, Error> {
        self.read_arrived()?;
        // What is pending may have run out: that is written by whoever may write.
        self.link()?;
        #[cfg_attr(not(feature = "net"), allow(unused_mut))]
        let mut beside = self.on_the_same_files()?;
        #[cfg(feature = "net")]
        {
            beside.delivered = self.delivered.clone();
        }
        if let Some(files) = &beside.files {
            files.pair.hold_still()?;
        }
        Ok(beside)
    }

    /// Another engine on the same files.
    pub(crate) fn on_the_same_files(&mut self) -> Result<Self, Error> {
        // Refused while they are closed.
        self.db()?;
        let files = open_files(&self.folder, self.store, &self.keys, &self.host)?;
        let (folder, keys, host) = (self.folder.clone(), self.keys.clone(), self.host.clone());
        Self::new(folder, self.store, keys, host, files)
    }

    fn opened(
        folder: &Path,
        store: [u8; 16],
        keys: Keys,
        host: Host,
        files: Files,
    ) -> Result<Self, Error> {
        let mut engine = Self::new(folder.to_owned(), store, keys, host, files)?;
        engine.begin_upkeep()?;
        Ok(engine)
    }

    /// Writes everything back and lets go of the files.
    pub(crate) fn suspend(&mut self) -> Result<(), Error> {
        #[cfg(feature = "net")]
        if self.files.is_some()
            && let Err(error) = self.keep_delivered()
        {
            tracing::debug!(%error, "what the other phone holds is asked anew next time");
        }
        self.forget();
        if let Some(files) = self.files.take() {
            files.pair.checkpoint()?;
            files.vault.checkpoint()?;
        }
        Ok(())
    }

    /// Opens them again.
    pub(crate) fn resume(&mut self) -> Result<(), Error> {
        if self.files.is_none() {
            self.files = Some(open_files(&self.folder, self.store, &self.keys, &self.host)?);
            // Who has asked meanwhile was told nothing: it is looked again.
            self.changed();
        }
        Ok(())
    }

    /// Destroys the keys, then the files. Interrupted, it is finished by the next start.
    pub(crate) fn erase(&mut self) -> Result<(), Error> {
        self.forget();
        let secrets = self.host.secrets.clone();
        let files = match self.files.take() {
            Some(files) => Some(files),
            None => open_files(&self.folder, self.store, &self.keys, &self.host).ok(),
        };
        // Nobody else is in the middle of writing, and whoever writes next finds the files gone.
        // What is damaged, or held by somebody, is erased all the same.
        let locks = files.as_ref().map(|files| (files.pair.begin(), files.vault.begin()));
        let gone = matches!(locks, Some((Err(StorageError::Missing), _)));
        let other = store_here(&self.folder).is_some_and(|store| store != self.store);
        if gone || other {
            // It was erased by somebody else; what stands there now is another's.
            return Ok(Keys::destroy(secrets.as_ref(), &self.store)?);
        }
        // Elsewhere than on Unix nobody removes a file that is open.
        let files = files.filter(|_| cfg!(unix));
        let unfinished = Unfinished::begin(&self.folder, self.store, Doing::Erase)?;
        unfinished::erase(&self.folder, &self.store, secrets.as_ref())?;
        sync_folder(&self.folder)?;
        drop(files);
        unfinished.end()
    }
}

impl Engine {
    /// Erases what there is of a space in a folder, whether it can be opened or not: the keys that
    /// either file tells of, and the files. Whether there was anything.
    pub(crate) fn erase_at(folder: &Path, secrets: &dyn SecretStore) -> Result<bool, Error> {
        if !any_file(folder) {
            return Ok(false);
        }
        match store_here(folder) {
            Some(store) => {
                let unfinished = Unfinished::begin(folder, store, Doing::Erase)?;
                unfinished::erase(folder, &store, secrets)?;
                sync_folder(folder)?;
                unfinished.end()?;
            }
            // Nothing tells any more whose keys they were.
            None => remove_files(folder)?,
        }
        Ok(true)
    }
}

pub(super) fn any_file(folder: &Path) -> bool {
    [PAIR_FILE, VAULT_FILE].iter().any(|file| folder.join(file).exists())
}

/// The store whose files stand in a folder, as far as one of them tells.
pub(super) fn store_here(folder: &Path) -> Option<[u8; 16]> {
    let pair = PairFile::store_id(&folder.join(PAIR_FILE));
    pair.or_else(|_| VaultDb::store_id(&folder.join(VAULT_FILE))).ok()
}

fn create_files(folder: &Path, store: [u8; 16], keys: &Keys, host: &Host) -> Result<Files, Error> {
    let entropy = || host.entropy.clone();
    let vault = VaultDb::create(&folder.join(VAULT_FILE), keys.vault.clone(), store, entropy())?;
    let pair = PairDb::create(&folder.join(PAIR_FILE), keys.pair.clone(), store, entropy())?;
    Ok(Files { pair, vault })
}

pub(super) fn open_files(
    folder: &Path,
    store: [u8; 16],
    keys: &Keys,
    host: &Host,
) -> Result<Files, Error> {
    let entropy = || host.entropy.clone();
    let pair = PairDb::open(&folder.join(PAIR_FILE), keys.pair.clone(), store, entropy())?;
    let vault = VaultDb::open(&folder.join(VAULT_FILE), keys.vault.clone(), store, entropy())?;
    Ok(Files { pair, vault })
}

/// Makes a folder, and has it and those around it that were made last.
fn make_folder(folder: &Path) -> Result<(), Error> {
    let made = folder.ancestors().take_while(|folder| !folder.exists()).count();
    std::fs::create_dir_all(folder).map_err(StorageError::from)?;
    Ok(folder.ancestors().skip(1).take(made).try_for_each(sync_folder)?)
}

/// Removes a space's files, as far as they are there.
pub(super) fn remove_files(folder: &Path) -> Result<(), Error> {
    for file in [PAIR_FILE, VAULT_FILE] {
        for ending in ["", "-wal", "-shm"] {
            let path: PathBuf = folder.join(format!("{file}{ending}"));
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StorageError::from(error).into());
                }
                _ => {}
            }
        }
    }
    Ok(())
}
