//! Opening a home: where it is, which keys open it, what time it is.

use crate::terminal::{Failure, Secret, Terminal};
use amends::host::{Clock, FixedClock, SystemClock, SystemEntropy};
use amends::time::Moment;
use amends::{BackupOpener, KeyFile, PassphraseFile};
use amends::{Error, Host, Space, StorageError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const KEYS: &str = "keys";
const SEALED_KEYS: &str = "keys.sealed";
const PASSPHRASE: Secret = Secret {
    variable: "AMENDS_PASSPHRASE",
    asked: "Passphrase: ",
    missing: "this home is locked: put its passphrase into AMENDS_PASSPHRASE",
};

/// One phone, as the command line names it.
#[derive(Debug, Clone)]
pub struct Phone {
    /// Its home directory.
    pub home: PathBuf,
    /// A clock that stands still, instead of the system's.
    pub now: Option<Moment>,
}

impl Phone {
    /// The phone of this command line: `--home`, else the platform's data
    /// directory; `AMENDS_NOW` sets the clock.
    ///
    /// # Errors
    /// Usage.
    pub fn new(home: Option<PathBuf>) -> Result<Self, Failure> {
        let default = || dirs::data_dir().map(|folder| folder.join("amends"));
        let home = home.or_else(default).ok_or_else(|| {
            Failure::usage("there is no data directory here: give one with --home".to_owned())
        })?;
        let now = match std::env::var("AMENDS_NOW") {
            Ok(text) => Some(Moment::parse(&text).ok_or_else(|| {
                Failure::usage(format!("AMENDS_NOW is not an RFC 3339 time: {text:?}"))
            })?),
            Err(_) => None,
        };
        Ok(Self { home, now })
    }

    fn clock(&self) -> Arc<dyn Clock> {
        match self.now {
            Some(now) => Arc::new(FixedClock::new(now)),
            None => Arc::new(SystemClock),
        }
    }

    fn host(&self, passphrase: Option<String>) -> Host {
        let host = match passphrase {
            Some(passphrase) => {
                let file = self.home.join(SEALED_KEYS);
                Host::new(PassphraseFile::new(file, passphrase, Arc::new(SystemEntropy)))
            }
            None => Host::new(KeyFile::new(self.home.join(KEYS))),
        };
        Host { clock: self.clock(), ..host }
    }

    /// Makes the home.
    ///
    /// # Errors
    /// As [`Space::create`].
    pub async fn create(
        &self,
        name: &str,
        sealed: bool,
        terminal: &mut Terminal,
    ) -> Result<Space, Failure> {
        let (home, name) = (self.home.clone(), name.to_owned());
        self.make(sealed, terminal, move |host| Space::create(&home, &name, host)).await
    }

    /// Makes the home of a backup.
    ///
    /// # Errors
    /// As [`Space::restore`].
    pub async fn restore(
        &self,
        file: &Path,
        opener: BackupOpener,
        sealed: bool,
        terminal: &mut Terminal,
    ) -> Result<Space, Failure> {
        let (home, file) = (self.home.clone(), file.to_owned());
        self.make(sealed, terminal, move |host| Space::restore(&home, &file, &opener, host)).await
    }

    fn is_taken(&self) -> Failure {
        let place = self.home.display();
        let text = format!("there is a phone in {place} already: use it, or choose another --home");
        Failure { text, ..Error::from(StorageError::Exists).into() }
    }

    async fn make(
        &self,
        sealed: bool,
        terminal: &mut Terminal,
        make: impl FnOnce(Host) -> Result<Space, Error> + Send + 'static,
    ) -> Result<Space, Failure> {
        let place = self.home.display();
        make_private(&self.home).map_err(|failure| Failure {
            text: format!("{place} cannot be made: {}; choose another --home", failure.text),
            ..failure
        })?;
        let passphrase = if sealed { Some(PASSPHRASE.get(terminal).await?) } else { None };
        let host = self.host(passphrase);
        // On a thread that may wait: a passphrase is stretched, and a backup may be long.
        let made = apart(move || make(host)).await;
        let space = made.map_err(|failure| match &*failure.code {
            "Exists" => self.is_taken(),
            _ => failure,
        })?;
        // Of a phone that was erased here before, and did not come to its end.
        remove(&self.home.join(if sealed { KEYS } else { SEALED_KEYS }))?;
        Ok(space)
    }

    /// Opens the home.
    ///
    /// # Errors
    /// As [`Space::open`].
    pub async fn open(&self, terminal: &mut Terminal) -> Result<Space, Failure> {
        let sealed = self.home.join(SEALED_KEYS).exists();
        let passphrase = if sealed { Some(PASSPHRASE.get(terminal).await?) } else { None };
        Space::open(&self.home, self.host(passphrase)).map_err(|error| match error {
            Error::Storage(StorageError::Missing) => Failure {
                text: format!(
                    "there is no phone in {}: make one with `amends --home DIR init --name NAME`",
                    self.home.display()
                ),
                ..error.into()
            },
            error => error.into(),
        })
    }

    /// Erases what is left of a phone that cannot be opened. Whether there was anything.
    ///
    /// # Errors
    /// The disk.
    pub fn erase_what_is_left(&self) -> Result<bool, Failure> {
        // Its keys go with the key file, whatever opens that.
        let found = Space::erase_at(&self.home, &self.host(None))? | self.has_keys();
        self.remove_keys()?;
        Ok(found)
    }

    /// Removes the key file after an erase.
    ///
    /// # Errors
    /// The disk.
    pub fn remove_keys(&self) -> Result<(), Failure> {
        let files = [KEYS, SEALED_KEYS].iter();
        files.flat_map(|file| [(*file).to_owned(), format!("{file}.part")]).try_for_each(|file| {
            // One that was being written when this phone was interrupted holds keys too.
            remove(&self.home.join(file))
        })
    }

    fn has_keys(&self) -> bool {
        [KEYS, SEALED_KEYS].iter().any(|file| self.home.join(file).exists())
    }
}

fn remove(file: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn make_private(folder: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(folder)?)
}

/// What takes a second or more is done beside the runtime.
///
/// # Errors
/// What `work` says.
pub async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|error| Failure::storage(error.to_string()))??)
}
