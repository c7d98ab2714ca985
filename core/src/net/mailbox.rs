//! A mailbox: any folder that both phones reach, now and then.
//!
//! Each phone puts bundles there under names that only the other can tell from
//! others: an HMAC of the pair's secret, the author and a running number. An
//! object is written once, and removed by its reader. Whoever keeps the folder
//! learns that objects come and go, when, and how large they are.

use crate::id::PersonId;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Why a mailbox could not be used, in words for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the shared folder cannot be used: {0}")]
pub struct MailboxError(pub String);

/// A place for objects that both phones reach: [`Folder`], or what the platform
/// has. The methods may block, and are called from one thread.
pub trait Mailbox: Send + Sync {
    /// The names of all objects.
    ///
    /// # Errors
    /// [`MailboxError`].
    fn list(&self) -> Result<Vec<String>, MailboxError>;
    /// An object's bytes.
    ///
    /// # Errors
    /// [`MailboxError`].
    fn read(&self, name: &str) -> Result<Vec<u8>, MailboxError>;
    /// Writes an object, all of it or nothing; one that is there is left as it is.
    ///
    /// # Errors
    /// [`MailboxError`].
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), MailboxError>;
    /// Removes an object; one that is not there is no error.
    ///
    /// # Errors
    /// [`MailboxError`].
    fn remove(&self, name: &str) -> Result<(), MailboxError>;
}

/// The name of the object with this number that a person writes.
pub fn object_name(secret: &[u8; 32], author: PersonId, number: u64) -> String {
    let parts: [&[u8]; 3] = [b"amends/mailbox/v1", &author.0, &number.to_be_bytes()];
    let mac = amends_seal::hmac_sha256(secret, &parts);
    let name: String = mac[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{name}.amends")
}

/// Objects larger than this are none of ours.
const LARGEST: u64 = 64 * 1024 * 1024;
/// Names that are tried for an object that is not whole yet.
const PARTS: u32 = 8;

/// A folder that something else keeps in step between the phones.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The mailbox in this folder, which must be there.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// A new file for an object that is not whole yet. What already has its name is never written
    /// into, nor removed: it may lead elsewhere, or be another's who is just writing.
    fn part(&self, name: &str) -> std::io::Result<(File, PathBuf)> {
        let mut last = std::io::Error::from(ErrorKind::AlreadyExists);
        for at in 0..PARTS {
            let part = self.0.join(format!("{name}.{}-{at}.part", std::process::id()));
            match File::create_new(&part) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => last = error,
                made => return Ok((made?, part)),
            }
        }
        Err(last)
    }
}

fn failed(error: &std::io::Error) -> MailboxError {
    MailboxError(error.to_string())
}

impl Mailbox for Folder {
    fn list(&self) -> Result<Vec<String>, MailboxError> {
        let entries = std::fs::read_dir(&self.0).map_err(|error| failed(&error))?;
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        Ok(names.filter(|name| name.ends_with(".amends")).collect())
    }

    /// Nothing but a plain file is read: whoever else reaches the folder may put a pipe there, which
    /// nobody writes into, or a link to another place.
    fn read(&self, name: &str) -> Result<Vec<u8>, MailboxError> {
        let path = self.0.join(name);
        let plain = |data: &std::fs::Metadata| match data.is_file() {
            true if data.len() <= LARGEST => Ok(()),
            true => Err(MailboxError(format!("{name} is too large"))),
            false => Err(MailboxError(format!("{name} is no plain file"))),
        };
        plain(&std::fs::symlink_metadata(&path).map_err(|error| failed(&error))?)?;
        let mut options = OpenOptions::new();
        options.read(true);
        // It may have become something else since.
        #[cfg(unix)]
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
        let file = options.open(&path).map_err(|error| failed(&error))?;
        plain(&file.metadata().map_err(|error| failed(&error))?)?;
        let mut bytes = Vec::new();
        let read = file.take(LARGEST).read_to_end(&mut bytes);
        read.map_err(|error| failed(&error))?;
        Ok(bytes)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), MailboxError> {
        let path = self.0.join(name);
        if path.symlink_metadata().is_ok() {
            return Ok(());
        }
        let write = || {
            let (mut file, part) = self.part(name)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&part, &path)
        };
        write().map_err(|error| failed(&error))
    }

    fn remove(&self, name: &str) -> Result<(), MailboxError> {
        match std::fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(&error)),
            _ => Ok(()),
        }
    }
}
