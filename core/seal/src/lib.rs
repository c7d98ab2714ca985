//! Sealing at rest.
//!
//! Everything that Amends writes to disk passes through this crate: a value is
//! sealed with XChaCha20-Poly1305 under a random [`DataKey`], and the
//! *associated data* says where it stands (database, table, row, version), so
//! that a value moved to another row no longer opens. Look-up columns that
//! would tell something are keyed hashes ([`DataKey::lookup`]). A passphrase
//! becomes a key by Argon2id ([`passphrase_key`]).
//!
//! The threat is somebody who reads the files: a lost phone, a copied disk. It
//! is not somebody who runs code as the user while the key is in memory.
//!
//! This is a crate of its own because RustCrypto's ciphers compile into the
//! crate that calls them, and must be built for speed even where the rest is
//! built for size.
//!
//! ```
//! use amends_seal::DataKey;
//! let key = DataKey::from_bytes([7; 32]);
//! let sealed = key.seal(b"pair/meta/name", [1; 24], b"Ana");
//! assert_eq!(key.open(b"pair/meta/name", &sealed).unwrap().as_slice(), b"Ana");
//! assert!(key.open(b"pair/meta/other", &sealed).is_err());
//! ```

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Length of a nonce in bytes: long enough to be drawn at random for every value.
pub const NONCE_LENGTH: usize = 24;

/// What a sealed value adds to its plaintext, in bytes: version, nonce, tag.
pub const OVERHEAD: usize = 1 + NONCE_LENGTH + 16;

const VERSION: u8 = 1;

/// The value does not open: it was changed, moved to another place, or sealed
/// with another key. Which of these, nobody can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value does not open with this key at this place")]
pub struct OpenError;

/// Argon2id refused its parameters or could not get the memory it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the passphrase could not be stretched: {0}")]
pub struct PassphraseError(&'static str);

/// A 256-bit key for values at rest; wiped from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DataKey([u8; 32]);

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(…)")
    }
}

impl DataKey {
    /// A key from 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's bytes, for the platform's secret store and nothing else.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals `plaintext` for the place that `associated` names.
    ///
    /// `nonce` must never be used twice with one key; draw it at random.
    pub fn seal(&self, associated: &[u8], nonce: [u8; NONCE_LENGTH], plaintext: &[u8]) -> Vec<u8> {
        let cipher = XChaCha20Poly1305::new((&self.0).into());
        let payload = Payload { msg: plaintext, aad: associated };
        let mut sealed = Vec::with_capacity(OVERHEAD + plaintext.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        // The cipher fails only beyond 256 GiB, which no bounded value reaches;
        // an empty ciphertext would then fail to open rather than lose silently.
        sealed.extend(cipher.encrypt(XNonce::from_slice(&nonce), payload).unwrap_or_default());
        sealed
    }

    /// Like [`DataKey::seal`], with the plaintext padded to a multiple of
    /// `step` bytes, so that a file's sizes do not tell how much was written
    /// (R10). Open it with [`DataKey::open_padded`].
    pub fn seal_padded(
        &self,
        associated: &[u8],
        nonce: [u8; NONCE_LENGTH],
        plaintext: &[u8],
        step: usize,
    ) -> Vec<u8> {
        let length = (plaintext.len() + 1).next_multiple_of(step.max(1));
        let mut padded = Zeroizing::new(Vec::with_capacity(length));
        padded.extend_from_slice(plaintext);
        padded.push(0x80);
        padded.resize(length, 0);
        self.seal(associated, nonce, &padded)
    }

    /// Opens what [`DataKey::seal`] made for the same place.
    ///
    /// # Errors
    /// [`OpenError`] where a single bit of value, place or key differs.
    pub fn open(&self, associated: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        if sealed.len() < OVERHEAD || sealed[0] != VERSION {
            return Err(OpenError);
        }
        let (nonce, ciphertext) = sealed[1..].split_at(NONCE_LENGTH);
        XChaCha20Poly1305::new((&self.0).into())
            .decrypt(XNonce::from_slice(nonce), Payload { msg: ciphertext, aad: associated })
            .map(Zeroizing::new)
            .map_err(|_| OpenError)
    }

    /// Opens what [`DataKey::seal_padded`] made for the same place.
    ///
    /// # Errors
    /// [`OpenError`], as [`DataKey::open`].
    pub fn open_padded(
        &self,
        associated: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let mut plaintext = self.open(associated, sealed)?;
        let end = plaintext.iter().rposition(|byte| *byte != 0).ok_or(OpenError)?;
        if plaintext[end] != 0x80 {
            return Err(OpenError);
        }
        plaintext.truncate(end);
        Ok(plaintext)
    }

    /// A keyed hash (HMAC-SHA-256, first 16 bytes) for a look-up column: equal
    /// values find each other, and without the key the column tells nothing.
    pub fn lookup(&self, column: &str, value: &[u8]) -> [u8; 16] {
        let digest = hmac_sha256(&self.0, &[b"amends/lookup/v1", column.as_bytes(), &[0], value]);
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        short
    }
}

/// HMAC-SHA-256 (RFC 2104) over the concatenated `parts`.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of every length.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Stretches a passphrase into a key with Argon2id (RFC 9106): 64 MiB, three
/// passes, one lane, which is RFC 9106's second recommended setting with a
/// single lane for phones and small machines.
///
/// # Errors
/// [`PassphraseError`] where the memory is not to be had.
pub fn passphrase_key(passphrase: &str, salt: &[u8; 16]) -> Result<DataKey, PassphraseError> {
    let params = argon2::Params::new(64 * 1024, 3, 1, Some(32))
        .map_err(|_| PassphraseError("its parameters were refused"))?;
    let argon = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut key = [0; 32];
    argon
        .hash_password_into(passphrase.as_bytes(), salt, &mut key)
        .map_err(|_| PassphraseError("64 MiB of memory are needed"))?;
    Ok(DataKey(key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn key() -> DataKey {
        DataKey::from_bytes([3; 32])
    }

    #[test]
    fn any_flipped_bit_keeps_a_value_shut() {
        let sealed = key().seal(b"row", [9; 24], b"words");
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut changed = sealed.clone();
                changed[at] ^= 1 << bit;
                assert_eq!(key().open(b"row", &changed), Err(OpenError), "byte {at} bit {bit}");
            }
        }
        assert!(key().open(b"row", &sealed[..OVERHEAD - 1]).is_err());
    }

    #[test]
    fn a_value_opens_only_at_its_own_place_and_with_its_own_key() {
        let sealed = key().seal(b"row 1", [9; 24], b"words");
        assert!(key().open(b"row 2", &sealed).is_err());
        assert!(DataKey::from_bytes([4; 32]).open(b"row 1", &sealed).is_err());
    }

    #[test]
    fn padding_hides_the_length_and_gives_back_every_text() {
        let lengths: Vec<usize> = ["", "a", "\0\0", "a longer text"]
            .iter()
            .map(|text| {
                let sealed = key().seal_padded(b"v", [1; 24], text.as_bytes(), 256);
                let opened = key().open_padded(b"v", &sealed).unwrap();
                assert_eq!(opened.as_slice(), text.as_bytes());
                sealed.len()
            })
            .collect();
        assert!(lengths.windows(2).all(|pair| pair[0] == pair[1]));
    }

    /// XChaCha20-Poly1305 test vector of draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn sealing_agrees_with_the_published_xchacha_vector() {
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = 0x80 + at as u8;
        }
        let mut nonce = [0; 24];
        for (at, byte) in nonce.iter_mut().enumerate() {
            *byte = 0x40 + at as u8;
        }
        let associated = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let sealed = DataKey::from_bytes(bytes).seal(&associated, nonce, text);
        let tag = &sealed[sealed.len() - 16..];
        let expected = [
            0xc0, 0x87, 0x59, 0x24, 0xc1, 0xc7, 0x98, 0x79, 0x47, 0xde, 0xaf, 0xd8, 0x78, 0x0a,
            0xcf, 0x49,
        ];
        assert_eq!(tag, expected);
    }

    #[test]
    fn a_passphrase_gives_one_key_per_salt() {
        let one = passphrase_key("correct horse", &[1; 16]).unwrap();
        let same = passphrase_key("correct horse", &[1; 16]).unwrap();
        let other = passphrase_key("correct horse", &[2; 16]).unwrap();
        assert_eq!(one.expose(), same.expose());
        assert_ne!(one.expose(), other.expose());
    }
}
