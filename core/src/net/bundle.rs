//! Bundles: what would travel over a link, as a file.
//!
//! `"AMENDSB1" ‖ key epoch (u64, big-endian) ‖ messages`. Each message is preceded
//! by its length (u16, big-endian). The first is the one handshake message of
//! `Noise_Kpsk0_25519_ChaChaPoly_BLAKE2s` (the partner's static key and one's own
//! are known, the psk is the pair's secret), the others are its transport
//! messages, which Noise numbers. Their plaintexts begin with one byte, 1 in the
//! last of them and 0 before; the rest, joined, is a sequence of frames as on a
//! link, `u32 length ‖ frame`. A file that was cut, changed, put together from
//! two or made for somebody else is refused.

use super::LinkError;
use super::noise::{MESSAGE, Noise, TAG};
use crate::limits::FRAME_BYTES;
use std::io::{Read, Write};

const MAGIC: &[u8; 8] = b"AMENDSB1";
/// Plaintext bytes of frames in one message.
const PIECE: usize = MESSAGE - TAG - 1;
const MORE: u8 = 0;
const LAST: u8 = 1;

fn broken(what: &str) -> LinkError {
    LinkError::Protocol(format!("this is no whole bundle: {what}"))
}

fn failed(error: &std::io::Error) -> LinkError {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => broken("it was cut short"),
        _ => LinkError::Lost(error.to_string()),
    }
}

/// Writes a bundle.
pub struct Sealer<W> {
    noise: Noise,
    to: W,
    plain: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    /// Begins a bundle of this key epoch.
    ///
    /// # Errors
    /// [`LinkError::Lost`] where it cannot be written.
    pub fn new(mut noise: Noise, epoch: u64, mut to: W) -> Result<Self, LinkError> {
        let first = noise.write(&[])?;
        let (noise, ..) = noise.finish()?;
        let mut head = MAGIC.to_vec();
        head.extend_from_slice(&epoch.to_be_bytes());
        to.write_all(&head).map_err(|error| failed(&error))?;
        let mut sealer = Self { noise, to, plain: Vec::new() };
        sealer.put(&first)?;
        Ok(sealer)
    }

    fn put(&mut self, message: &[u8]) -> Result<(), LinkError> {
        let length = (message.len() as u16).to_be_bytes();
        let written = self.to.write_all(&length).and_then(|()| self.to.write_all(message));
        written.map_err(|error| failed(&error))
    }

    fn seal(&mut self, flag: u8, length: usize) -> Result<(), LinkError> {
        let mut piece = vec![flag];
        piece.extend(self.plain.drain(..length));
        let message = self.noise.write(&piece)?;
        self.put(&message)
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// [`LinkError::Lost`] where it cannot be written.
    pub fn add(&mut self, frame: &[u8]) -> Result<(), LinkError> {
        self.plain.extend_from_slice(&(frame.len() as u32).to_be_bytes());
        self.plain.extend_from_slice(frame);
        while self.plain.len() > PIECE {
            self.seal(MORE, PIECE)?;
        }
        Ok(())
    }

    /// Ends the bundle and gives back what it was written to.
    ///
    /// # Errors
    /// [`LinkError::Lost`] where it cannot be written.
    pub fn finish(mut self) -> Result<W, LinkError> {
        let rest = self.plain.len();
        self.seal(LAST, rest)?;
        self.to.flush().map_err(|error| failed(&error))?;
        Ok(self.to)
    }
}

/// Reads a bundle.
pub struct Opener<R> {
    noise: Noise,
    from: R,
    plain: Vec<u8>,
    last: bool,
}

/// The key epoch that a bundle says it is of.
///
/// # Errors
/// [`LinkError::Protocol`] for what is no bundle.
pub fn bundle_epoch(from: &mut impl Read) -> Result<u64, LinkError> {
    let (mut magic, mut epoch) = ([0; 8], [0; 8]);
    from.read_exact(&mut magic).map_err(|error| failed(&error))?;
    if magic != *MAGIC {
        return Err(broken("it does not begin like one"));
    }
    from.read_exact(&mut epoch).map_err(|error| failed(&error))?;
    Ok(u64::from_be_bytes(epoch))
}

impl<R: Read> Opener<R> {
    /// Opens a bundle, after its [`bundle_epoch`].
    ///
    /// # Errors
    /// [`LinkError::Stranger`] where it was not made by the partner for this phone.
    pub fn new(mut noise: Noise, mut from: R) -> Result<Self, LinkError> {
        let first = read_message(&mut from)?;
        noise.read(&first)?;
        let (noise, ..) = noise.finish()?;
        Ok(Self { noise, from, plain: Vec::new(), last: false })
    }

    /// The next frame; `None` after the last.
    ///
    /// # Errors
    /// [`LinkError::Protocol`] for a file that was cut or does not end where it
    /// says; [`LinkError::Stranger`] for one that was changed.
    pub fn frame(&mut self) -> Result<Option<Vec<u8>>, LinkError> {
        loop {
            if let Some(Ok(length)) = self.plain.get(..4).map(<[u8; 4]>::try_from) {
                let end = 4 + u32::from_be_bytes(length) as usize;
                if end > 4 + FRAME_BYTES {
                    return Err(broken("a frame is too long"));
                }
                if let Some(frame) = self.plain.get(4..end) {
                    let frame = frame.to_vec();
                    self.plain.drain(..end);
                    return Ok(Some(frame));
                }
            }
            if self.last {
                return self.end();
            }
            let message = read_message(&mut self.from)?;
            let piece = self.noise.read(&message)?;
            match piece.split_first() {
                Some((&MORE, piece)) if piece.len() == PIECE => self.plain.extend_from_slice(piece),
                Some((&LAST, piece)) => {
                    self.plain.extend_from_slice(piece);
                    self.last = true;
                }
                _ => return Err(broken("a piece has another length")),
            }
        }
    }

    fn end(&mut self) -> Result<Option<Vec<u8>>, LinkError> {
        if !self.plain.is_empty() {
            return Err(broken("its last frame was cut"));
        }
        let mut more = [0];
        match self.from.read(&mut more).map_err(|error| failed(&error))? {
            0 => Ok(None),
            _ => Err(broken("something follows its end")),
        }
    }
}

fn read_message(from: &mut impl Read) -> Result<Vec<u8>, LinkError> {
    let mut length = [0; 2];
    from.read_exact(&mut length).map_err(|error| failed(&error))?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    from.read_exact(&mut message).map_err(|error| failed(&error))?;
    Ok(message)
}
