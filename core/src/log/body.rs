//! Bodies: words that their author may take back.
//!
//! A record holds only the salted commitment of its body; the body travels
//! beside the entry and is stored apart. Withdrawing or expiring deletes it on
//! both phones, while entries and heads still verify.

use crate::cbor::Value;
use crate::id::Commitment;
use crate::limits::BODY_BYTES;
use crate::time::Moment;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What this phone holds of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyState {
    /// Held.
    Present,
    /// Not received: it may be asked for again.
    Withheld,
    /// Withdrawn, expired or erased here: it is not taken again from anywhere.
    Gone,
}

/// Encodes a body: `{salt, fields…}`. The salt keeps a short text from being
/// guessed from its commitment.
pub fn encode(salt: [u8; 16], fields: Value) -> Vec<u8> {
    fields.with(vec![("salt".to_owned(), salt.as_slice().into())]).encode()
}

/// The commitment that a record holds.
pub fn commitment(body: &[u8]) -> Commitment {
    let digest = Sha256::new().chain_update(b"amends/body/v1").chain_update(body);
    Commitment(digest.finalize().into())
}

/// What decides whether a received body is stored.
#[derive(Debug, Clone, Copy)]
pub struct Gate {
    /// The commitment in its record, which is held.
    pub commitment: Commitment,
    /// What is held of it already.
    pub state: BodyState,
    /// When it expires, if it does.
    pub until: Option<Moment>,
    /// Now, by this phone's clock.
    pub latest: Moment,
}

impl Gate {
    /// Whether `body` is taken: its bytes match, it is missing here, and it is
    /// neither withdrawn, erased nor expired. The same gate stands before bodies
    /// from a link, a bundle and a backup.
    pub fn admits(&self, body: &[u8]) -> bool {
        self.state == BodyState::Withheld
            && body.len() <= BODY_BYTES
            && commitment(body) == self.commitment
            && self.until.is_none_or(|until| until > self.latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_missing_matching_unexpired_body_is_admitted() {
        let body = encode([7; 16], Value::map([("name", Some("Ana".into()))]));
        let gate = Gate {
            commitment: commitment(&body),
            state: BodyState::Withheld,
            until: None,
            latest: Moment(100),
        };
        assert!(gate.admits(&body));
        let other = encode([8; 16], Value::map([("name", Some("Ana".into()))]));
        assert!(!gate.admits(&other), "another salt is another body");
        assert!(!Gate { state: BodyState::Gone, ..gate }.admits(&body), "gone stays gone");
        assert!(!Gate { state: BodyState::Present, ..gate }.admits(&body));
        assert!(!Gate { until: Some(Moment(100)), ..gate }.admits(&body), "expired");
        assert!(Gate { until: Some(Moment(101)), ..gate }.admits(&body));
        let large = vec![0; BODY_BYTES + 1];
        assert!(!Gate { commitment: commitment(&large), ..gate }.admits(&large));
    }
}
