//! The pairing code: 16 characters to type where no camera can scan.

use super::PairingError;
use crate::host::{Entropy, EntropyError, random};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use std::fmt;

/// Crockford's base 32: no I, L, O or U.
pub(super) const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The value of a character, as people read and mistype it.
pub(super) fn digit(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    ALPHABET.iter().position(|known| char::from(*known) == c).map(|at| at as u8)
}

/// A one-time pairing code: 75 random bits and 5 check bits. Long enough that
/// whoever records a handshake cannot try all codes afterwards; a short numeric
/// code could be.
#[derive(Clone, PartialEq, Eq, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct Code([u8; 16]);

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

fn check(digits: &[u8]) -> u8 {
    Sha256::new().chain_update(b"amends/pair-code/v1").chain_update(digits).finalize()[0] >> 3
}

impl Code {
    /// A new code.
    ///
    /// # Errors
    /// [`EntropyError`].
    pub fn new(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut digits: [u8; 16] = random(entropy)?;
        for digit in &mut digits {
            *digit &= 31;
        }
        digits[15] = check(&digits[..15]);
        Ok(Self(digits))
    }

    /// Reads a typed code: case, spaces and dashes do not matter, nor O for 0
    /// and I or L for 1.
    ///
    /// # Errors
    /// [`PairingError::CodeMistyped`] for a wrong length, another character, or
    /// (31 times out of 32) a mistyped one.
    pub fn parse(text: &str) -> Result<Self, PairingError> {
        let typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(17);
        let digits: Option<Vec<u8>> = typed.map(digit).collect();
        let digits: [u8; 16] =
            digits.and_then(|digits| digits.try_into().ok()).ok_or(PairingError::CodeMistyped)?;
        if check(&digits[..15]) != digits[15] {
            return Err(PairingError::CodeMistyped);
        }
        Ok(Self(digits))
    }

    /// The secret for the handshake.
    pub fn secret(&self) -> [u8; 32] {
        expand(None, &self.0, b"amends/pair-code-psk/v1")
    }
}

impl fmt::Display for Code {
    /// In four groups of four: `ABCD-EFGH-JKMN-PQRS`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, digit) in self.0.iter().enumerate() {
            if at > 0 && at % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(ALPHABET[usize::from(*digit) & 31]))?;
        }
        Ok(())
    }
}

/// HKDF-SHA-256 (RFC 5869), 32 bytes.
pub(super) fn expand(salt: Option<&[u8]>, secret: &[u8], label: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    // 32 bytes are far within what HKDF can give.
    let _within_bounds = Hkdf::<Sha256>::new(salt, secret).expand(label, &mut key);
    key
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::host::SeededEntropy;

    #[test]
    fn a_code_reads_back_however_people_type_it() {
        let code = Code::new(&SeededEntropy::new(1)).unwrap();
        let shown = code.to_string();
        assert_eq!(shown.len(), 19);
        assert_eq!(Code::parse(&shown).unwrap(), code);
        let typed = shown.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(Code::parse(&typed).unwrap(), code);
    }

    #[test]
    fn a_mistyped_code_is_noticed_before_anything_is_sent() {
        let mut noticed = 0;
        for seed in 0..64 {
            let shown = Code::new(&SeededEntropy::new(seed)).unwrap().to_string();
            let first = shown.chars().next().unwrap();
            let other = if first == '7' { '8' } else { '7' };
            let mistyped = shown.replacen(first, &other.to_string(), 1);
            noticed += usize::from(Code::parse(&mistyped) == Err(PairingError::CodeMistyped));
        }
        assert!(noticed >= 55, "{noticed} of 64");
        for bad in ["", "ABCD", "UUUU-UUUU-UUUU-UUUU", &"A".repeat(1_000_000)] {
            assert_eq!(Code::parse(bad), Err(PairingError::CodeMistyped));
        }
    }
}
