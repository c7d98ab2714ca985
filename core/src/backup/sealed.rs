//! The file around a backup's parts: age, and byte strings one after the other.

use super::part::{PART_BYTES, Part, VERSION};
use super::{BackupKey, BackupOpener};
use age::secrecy::SecretString;
use age::stream::{StreamReader, StreamWriter};
use age::{DecryptError, Decryptor, Encryptor, scrypt, x25519};
use std::cell::Cell;
use std::io::{self, ErrorKind, Read, Write};
use std::rc::Rc;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// How hard a passphrase is stretched: 2^17, 128 MiB of memory for about half a second.
const WORK: u8 = 17;
/// And how hard at most where a file says so: as `age -p` does it, 256 MiB.
const WORK_TAKEN: u8 = 18;
/// What is before the sealed part is no longer than this. An age file may name many who can open
/// it, one that is written here names one; and who reads it looks at all of it again for each line.
const HEADER_BYTES: u64 = 8 * 1024;

/// Why a backup could not be written or read.
#[derive(Debug)]
pub(crate) enum BackupFailed {
    /// The file system.
    Io(io::Error),
    /// What it was to be sealed with, or opened with, is none.
    NoKey,
    /// It is not sealed with this passphrase, or for this key.
    WrongKey,
    /// A key was given, and it opens with a passphrase.
    WantsPassphrase,
    /// A passphrase was given, and it opens with a key.
    WantsKey,
    /// It is no backup, or not a whole one.
    Damaged(&'static str),
    /// It was written by a newer version.
    Newer(u64),
}

impl From<io::Error> for BackupFailed {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof => Self::Damaged("it was cut short"),
            ErrorKind::InvalidData => Self::Damaged("it was changed"),
            _ => Self::Io(error),
        }
    }
}

impl From<DecryptError> for BackupFailed {
    fn from(error: DecryptError) -> Self {
        match error {
            DecryptError::Io(error) => error.into(),
            DecryptError::NoMatchingKeys
            | DecryptError::DecryptionFailed
            | DecryptError::KeyDecryptionFailed => Self::WrongKey,
            DecryptError::ExcessiveWork { .. } => {
                Self::Damaged("its passphrase is stretched harder than any that is made here")
            }
            _ => Self::Damaged("it is no age file"),
        }
    }
}

fn passphrase(text: &str) -> SecretString {
    // As large as it gets, so that nothing of it is left where it had no room.
    let mut normal = String::with_capacity(text.nfc().map(char::len_utf8).sum());
    normal.extend(text.nfc());
    SecretString::from(normal)
}

/// What is inside is filled up to a multiple of this at least, and of a 32nd of the next power of
/// two: its size tells roughly how much there is, and not that a page was added (R10).
const STEP: u64 = 16 * 1024;

fn filled(length: u64) -> u64 {
    length.next_multiple_of(STEP.max(length.next_power_of_two() / 32))
}

/// Writes the parts of a backup.
pub(crate) struct Writer<W: Write> {
    to: StreamWriter<W>,
    written: u64,
}

impl<W: Write> Writer<W> {
    pub(crate) fn new(key: &BackupKey, to: W) -> Result<Self, BackupFailed> {
        let recipient: Box<dyn age::Recipient> = match key {
            BackupKey::Passphrase { text } if text.is_empty() => {
                return Err(BackupFailed::NoKey);
            }
            BackupKey::Passphrase { text } => {
                let mut recipient = scrypt::Recipient::new(passphrase(text));
                recipient.set_work_factor(WORK);
                Box::new(recipient)
            }
            BackupKey::Recipient { text } => {
                let recipient: Result<x25519::Recipient, _> = text.trim().parse();
                Box::new(recipient.map_err(|_| BackupFailed::NoKey)?)
            }
        };
        // One recipient, of one kind: there is nothing in them that could not be put together.
        let encryptor = Encryptor::with_recipients(std::iter::once(recipient.as_ref()))
            .map_err(|_| BackupFailed::NoKey)?;
        Ok(Self { to: encryptor.wrap_output(to)?, written: 0 })
    }

    pub(crate) fn add(&mut self, part: &Part) -> Result<(), BackupFailed> {
        let bytes = part.encode();
        let mut head = minicbor::Encoder::new(Vec::new());
        // The head of a byte string; writing it into a vector cannot fail.
        let _infallible = head.bytes_len(bytes.len() as u64);
        self.put(&head.into_writer())?;
        self.put(&bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), BackupFailed> {
        self.written += bytes.len() as u64;
        Ok(self.to.write_all(bytes)?)
    }

    /// Fills it up and ends it; until then it is no whole one.
    pub(crate) fn finish(mut self) -> Result<W, BackupFailed> {
        let fill = filled(self.written) - self.written;
        std::io::copy(&mut io::repeat(0).take(fill), &mut self.to)?;
        Ok(self.to.finish()?)
    }
}

/// Reads no more than is left, which the one who reads may raise.
struct Bounded<R> {
    from: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let room = into.len().min(usize::try_from(self.left.get()).unwrap_or(usize::MAX));
        let read = self.from.read(&mut into[..room])?;
        self.left.set(self.left.get() - read as u64);
        Ok(read)
    }
}

/// Reads the parts of a backup.
pub(crate) struct Reader<R: Read>(StreamReader<Bounded<R>>);

impl<R: Read> Reader<R> {
    pub(crate) fn new(opener: &BackupOpener, from: R) -> Result<Self, BackupFailed> {
        let left = Rc::new(Cell::new(HEADER_BYTES));
        let decryptor = Decryptor::new(Bounded { from, left: left.clone() });
        let decryptor = decryptor.map_err(|error| match error {
            DecryptError::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
                BackupFailed::Damaged("it is no age file")
            }
            error => error.into(),
        })?;
        left.set(u64::MAX);
        let identity: Box<dyn age::Identity> = match opener {
            BackupOpener::Passphrase { .. } if !decryptor.is_scrypt() => {
                return Err(BackupFailed::WantsKey);
            }
            BackupOpener::Identity { .. } if decryptor.is_scrypt() => {
                return Err(BackupFailed::WantsPassphrase);
            }
            BackupOpener::Passphrase { text } => {
                let mut identity = scrypt::Identity::new(passphrase(text));
                identity.set_max_work_factor(WORK_TAKEN);
                Box::new(identity)
            }
            BackupOpener::Identity { text } => {
                let identity: Result<x25519::Identity, _> = text.trim().parse();
                Box::new(identity.map_err(|_| BackupFailed::NoKey)?)
            }
        };
        Ok(Self(decryptor.decrypt(std::iter::once(identity.as_ref()))?))
    }

    /// The next part.
    pub(crate) fn next(&mut self) -> Result<Part, BackupFailed> {
        let bytes = self.string()?;
        match Part::version(&bytes) {
            Some(version) if version > VERSION => Err(BackupFailed::Newer(version)),
            _ => Part::decode(&bytes).ok_or(BackupFailed::Damaged("a part of it cannot be read")),
        }
    }

    /// Nothing follows the last part but what fills it up.
    pub(crate) fn ends(&mut self) -> Result<(), BackupFailed> {
        let mut more = [0; 4096];
        loop {
            match self.0.read(&mut more)? {
                0 => return Ok(()),
                read if more[..read].iter().all(|byte| *byte == 0) => {}
                _ => return Err(BackupFailed::Damaged("something follows its end")),
            }
        }
    }

    /// A byte string, by its head: RFC 8949, major type 2 with a length.
    fn string(&mut self) -> Result<Zeroizing<Vec<u8>>, BackupFailed> {
        let wrong = || BackupFailed::Damaged("it is no backup of this library");
        let mut head = [0; 9];
        self.0.read_exact(&mut head[..1])?;
        let more = match head[0] {
            0x40..=0x57 => 0,
            0x58 => 1,
            0x59 => 2,
            0x5a => 4,
            _ => return Err(wrong()),
        };
        self.0.read_exact(&mut head[1..=more])?;
        let length = match more {
            0 => usize::from(head[0] - 0x40),
            _ => head[1..=more].iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
        };
        if length > PART_BYTES {
            return Err(wrong());
        }
        let mut bytes = Zeroizing::new(vec![0; length]);
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r10_a_backup_is_filled_up_so_that_a_page_more_does_not_show() {
        assert_eq!(filled(1), STEP);
        assert_eq!(filled(STEP), STEP);
        assert_eq!(filled(STEP + 1), 2 * STEP);
        for length in [100_000, 1_000_000, 64_000_000, 5_000_000_000] {
            let filled = filled(length);
            assert!(
                filled >= length && filled - length <= length / 16 + STEP,
                "{length}: {filled}"
            );
        }
        assert_eq!(filled(10_000_000), filled(10_002_000));
    }
}
