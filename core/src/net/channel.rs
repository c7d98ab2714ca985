//! Frames on a stream: length-prefixed Noise messages, padded in 64-byte steps.
//!
//! On the wire: `u16 length ‖ Noise message`, again and again. The plaintexts of
//! the messages, joined, are `u32 length ‖ frame ‖ zeros` with the whole a
//! multiple of 64 bytes; a frame longer than one message holds goes on in the
//! next, and a frame always begins a new message.

use super::HANDSHAKE;
use super::LinkError;
use super::noise::{MESSAGE, Noise, TAG};
use super::tcp::{Connection, Reader, Writer};
use crate::limits::{FRAME_BYTES, PADDING_STEP};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest plaintext of one message: a multiple of the padding step.
const PIECE: usize = (MESSAGE - TAG) / PADDING_STEP * PADDING_STEP;

fn lost(error: std::io::Error) -> LinkError {
    LinkError::Lost(error.to_string())
}

/// A link after its handshake. Reading is safe to cancel; what was read stays.
pub struct Channel {
    noise: Noise,
    reader: Reader,
    writer: Option<Writer>,
    /// Bytes of the wire that make no whole message yet.
    raw: Vec<u8>,
    /// Decrypted bytes that make no whole frame yet.
    plain: Vec<u8>,
    /// The handshake's hash.
    pub handshake: [u8; 32],
    /// The other side's static key.
    pub partner_key: [u8; 32],
}

/// Shakes hands on a fresh connection, within five seconds. Who accepts may
/// offer several handshakes; the other side's first message chooses.
///
/// # Errors
/// [`LinkError::Stranger`] where the other side does not hold the keys,
/// [`LinkError::Lost`], [`LinkError::Silent`].
pub async fn open(connection: Connection, candidates: Vec<Noise>) -> Result<Channel, LinkError> {
    tokio::time::timeout(HANDSHAKE, shake(connection, candidates))
        .await
        .map_err(|_| LinkError::Silent)?
}

async fn shake(connection: Connection, mut candidates: Vec<Noise>) -> Result<Channel, LinkError> {
    let Connection { mut reader, mut writer } = connection;
    if candidates.iter().all(|noise| !noise.my_turn()) {
        let message = read_message(&mut reader).await?;
        candidates.retain_mut(|noise| noise.read(&message).is_ok());
    }
    let mut noise = candidates.into_iter().next().ok_or(LinkError::Stranger)?;
    while !noise.done() {
        if noise.my_turn() {
            let message = noise.write(&[])?;
            write_message(&mut writer, &message).await?;
        } else {
            let message = read_message(&mut reader).await?;
            noise.read(&message)?;
        }
    }
    let (noise, handshake, partner_key) = noise.finish()?;
    let (raw, plain) = (Vec::new(), Vec::new());
    Ok(Channel { noise, reader, writer: Some(writer), raw, plain, handshake, partner_key })
}

async fn write_message<W: AsyncWrite + Unpin>(
    writer: &mut W,
    message: &[u8],
) -> Result<(), LinkError> {
    let length = u16::try_from(message.len())
        .map_err(|_| LinkError::Protocol("a message is too long".to_owned()))?;
    writer.write_all(&[&length.to_be_bytes()[..], message].concat()).await.map_err(lost)
}

/// Only during the handshake, which is not cancelled but given up.
async fn read_message<R: AsyncRead + Unpin>(reader: &mut R) -> Result<Vec<u8>, LinkError> {
    let length = reader.read_u16().await.map_err(lost)?;
    // No handshake message is longer than three keys and two tags.
    if length > 256 {
        return Err(LinkError::Stranger);
    }
    let mut message = vec![0; usize::from(length)];
    reader.read_exact(&mut message).await.map_err(lost)?;
    Ok(message)
}

impl Channel {
    /// The bytes that carry a frame: encrypted, to be written in this order.
    ///
    /// # Errors
    /// [`LinkError::Protocol`] for a frame beyond 1 MiB.
    pub fn seal(&mut self, frame: &[u8]) -> Result<Vec<u8>, LinkError> {
        if frame.len() > FRAME_BYTES {
            return Err(LinkError::Protocol("a frame is too long".to_owned()));
        }
        let mut plain = (frame.len() as u32).to_be_bytes().to_vec();
        plain.extend_from_slice(frame);
        plain.resize(plain.len().next_multiple_of(PADDING_STEP), 0);
        let mut wire = Vec::with_capacity(plain.len() + 64);
        for piece in plain.chunks(PIECE) {
            let message = self.noise.write(piece)?;
            wire.extend_from_slice(&(message.len() as u16).to_be_bytes());
            wire.extend(message);
        }
        Ok(wire)
    }

    /// The writing end, to be driven by a task of its own.
    pub fn take_writer(&mut self) -> Option<Writer> {
        self.writer.take()
    }

    /// Sends a frame, where the writing end was not taken.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn send(&mut self, frame: &[u8]) -> Result<(), LinkError> {
        let wire = self.seal(frame)?;
        let writer = self.writer.as_mut().ok_or(LinkError::Silent)?;
        writer.write_all(&wire).await.map_err(lost)
    }

    /// Ends the writing direction, after everything was written.
    pub async fn close(&mut self) {
        if let Some(writer) = &mut self.writer
            && let Err(error) = writer.shutdown().await
        {
            tracing::debug!(%error, "the connection was gone already");
        }
    }

    /// The next frame's bytes. May be dropped while it waits: nothing is lost.
    ///
    /// # Errors
    /// [`LinkError::Stranger`] for bytes that do not decrypt (changed,
    /// reordered, replayed), [`LinkError::Protocol`] for a frame beyond 1 MiB,
    /// [`LinkError::Lost`].
    pub async fn next(&mut self) -> Result<Vec<u8>, LinkError> {
        loop {
            if let Some(frame) = self.take_frame()? {
                return Ok(frame);
            }
            if let Some(message) = self.take_message() {
                let plain = self.noise.read(&message)?;
                self.plain.extend(plain);
                continue;
            }
            self.raw.reserve(16 * 1024);
            if self.reader.read_buf(&mut self.raw).await.map_err(lost)? == 0 {
                return Err(LinkError::Lost("the other side closed it".to_owned()));
            }
        }
    }

    fn take_message(&mut self) -> Option<Vec<u8>> {
        let length = u16::from_be_bytes(self.raw.get(..2)?.try_into().ok()?);
        let end = 2 + usize::from(length);
        let message = self.raw.get(2..end)?.to_vec();
        self.raw.drain(..end);
        Some(message)
    }

    fn take_frame(&mut self) -> Result<Option<Vec<u8>>, LinkError> {
        let Some(Ok(length)) = self.plain.get(..4).map(<[u8; 4]>::try_from) else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(length) as usize;
        if length > FRAME_BYTES {
            return Err(LinkError::Protocol("a frame is longer than 1 MiB".to_owned()));
        }
        let padded = (4 + length).next_multiple_of(PADDING_STEP);
        if self.plain.len() < padded {
            return Ok(None);
        }
        let frame = self.plain[4..4 + length].to_vec();
        if self.plain[4 + length..padded].iter().any(|byte| *byte != 0) {
            return Err(LinkError::Protocol("a frame's padding is not zero".to_owned()));
        }
        self.plain.drain(..padded);
        Ok(Some(frame))
    }
}
