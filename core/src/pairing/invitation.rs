//! The QR code: everything that the other phone needs to come here, once.

use super::PairingError;
use super::code::{ALPHABET, digit};
use crate::cbor::Value;
use crate::time::Moment;
use std::net::SocketAddr;

const VERSION: i64 = 1;
const PREFIX: &str = "AMENDS1:";
/// A QR code of this many characters is still easy to scan.
const LONGEST: usize = 400;
const HINTS: usize = 4;

/// What the QR code holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The static key of the phone that shows it.
    pub key: [u8; 32],
    /// The one-time secret.
    pub secret: [u8; 32],
    /// Where the phone may be reached; hints only.
    pub hints: Vec<SocketAddr>,
    /// After this it is worth nothing.
    pub expires_at: Moment,
}

impl Invitation {
    /// The text of the QR code, in its alphanumeric alphabet. At most four hints
    /// are taken.
    pub fn to_text(&self) -> String {
        let hints = self.hints.iter().take(HINTS);
        let hints = hints.map(|hint| Value::Text(hint.to_string())).collect();
        let bytes = Value::map([
            ("v", Some(Value::Int(VERSION))),
            ("key", Some(self.key.as_slice().into())),
            ("psk", Some(self.secret.as_slice().into())),
            ("at", Some(Value::Array(hints))),
            ("until", Some(self.expires_at.0.into())),
        ])
        .encode();
        let mut text = PREFIX.to_owned();
        let mut bits = 0_u32;
        let mut held = 0;
        for byte in bytes {
            bits = bits << 8 | u32::from(byte);
            held += 8;
            while held >= 5 {
                held -= 5;
                text.push(char::from(ALPHABET[(bits >> held) as usize & 31]));
            }
        }
        if held > 0 {
            text.push(char::from(ALPHABET[(bits << (5 - held)) as usize & 31]));
        }
        text
    }

    /// Reads the text of a QR code.
    ///
    /// # Errors
    /// [`PairingError::QrUnreadable`].
    pub fn parse(text: &str) -> Result<Self, PairingError> {
        Self::read(text.trim()).ok_or(PairingError::QrUnreadable)
    }

    fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX).filter(|digits| digits.len() <= LONGEST)?;
        let mut bytes = Vec::new();
        let (mut bits, mut held) = (0_u32, 0);
        for c in digits.chars() {
            bits = bits << 5 | u32::from(digit(c)?);
            held += 5;
            if held >= 8 {
                held -= 8;
                bytes.push((bits >> held) as u8);
            }
        }
        let value = Value::decode(&bytes).ok()?;
        let hints = value.get("at")?.array().filter(|hints| hints.len() <= HINTS)?;
        (value.get("v")?.int()? == VERSION).then_some(())?;
        Some(Self {
            key: value.get("key")?.bytes()?.try_into().ok()?,
            secret: value.get("psk")?.bytes()?.try_into().ok()?,
            hints: hints.iter().map(|hint| hint.text()?.parse().ok()).collect::<Option<_>>()?,
            expires_at: Moment(value.get("until")?.int()?),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_invitation_reads_back_from_its_text() {
        let invitation = Invitation {
            key: [1; 32],
            secret: [0xff; 32],
            hints: vec!["192.168.1.7:4000".parse().unwrap(), "[fe80::1]:4000".parse().unwrap()],
            expires_at: Moment(1_800_000_000),
        };
        let text = invitation.to_text();
        assert!(text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b':'));
        assert_eq!(Invitation::parse(&text).unwrap(), invitation);
        assert_eq!(Invitation::parse(&text[..60]), Err(PairingError::QrUnreadable));
    }

    proptest! {
        #[test]
        fn i10_no_text_makes_an_invitation_panic(text in "(AMENDS1:)?[0-9A-Z]{0,200}") {
            let _outcome = Invitation::parse(&text);
        }
    }
}
