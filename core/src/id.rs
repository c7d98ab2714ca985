//! Identifiers. Each is a type of its own, so that a log can never be taken for
//! a document; all print as lowercase hexadecimal.

use crate::cbor::{Item, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// The text is not the hexadecimal form of the identifier that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {0} hexadecimal characters")]
pub struct ParseIdError(usize);

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $length]);

        impl $name {
            /// The bytes.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// From bytes of exactly the right length.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let mut bytes = [0; $length];
                if text.len() != 2 * $length || !text.is_ascii() {
                    return Err(ParseIdError(2 * $length));
                }
                for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
                    let digit = |c: u8| (c as char).to_digit(16).ok_or(ParseIdError(2 * $length));
                    *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
                }
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

identifier!(
    /// The pair: the two people and what they share (R37: exactly two).
    PairId, 16
);
identifier!(
    /// One of the two people; fixed at pairing, and never a phone (R13).
    PersonId, 16
);
identifier!(
    /// One generation of one person's transparency log.
    LogId, 16
);
identifier!(
    /// One document: an agreement, the pair itself.
    DocId, 16
);
identifier!(
    /// The head of a hash chain: it fixes every entry before it.
    Head, 32
);
identifier!(
    /// The salted commitment of a record to its body.
    Commitment, 32
);
identifier!(
    /// The hash of one exact revision of a consent document (R4).
    RevisionHash, 32
);

identifier!(
    /// What the id of a document of one's own is made from.
    Salt, 16
);

identifier!(
    /// One time at which a promise is due: `H(promise, local due)`.
    OccurrenceId, 16
);
identifier!(
    /// One thing that somebody wrote, a post for example: made from the position
    /// of its record, so that it is short enough to be said.
    WrittenId, 16
);

/// An id that says of what: taken for nothing else, and told where it is expected.
macro_rules! named {
    ($($(#[$doc:meta])* $name:ident of $of:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $of);

        impl From<$of> for $name {
            fn from(id: $of) -> Self {
                Self(id)
            }
        }

        impl From<$name> for $of {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.parse().map(Self)
            }
        }
    )*};
}

named! {
    /// An agreement, an offer, or a working draft that both see.
    AgreementId of DocId;
    /// A promise or practice.
    PromiseId of DocId;
    /// A talk that both plan.
    TalkId of DocId;
    /// Something that one tells and the other may answer: an account, a question, a need.
    ItemId of DocId;
    /// A note that only its writer sees.
    NoteId of DocId;
    /// A private draft of an agreement.
    AgreementDraftId of DocId;
    /// A private draft of an item.
    ItemDraftId of DocId;
    /// Questions for a check-in that one of the two made.
    OwnTemplateId of DocId;
    /// A post: what one told of oneself.
    PostId of WrittenId;
    /// An intention for a day.
    IntentionId of WrittenId;
    /// Words that were added to something: a comment, an answer, a correction.
    WordsId of WrittenId;
}

/// Where a record stands: its log, the index of its entry, its place within.
///
/// A record's position is its identity. No two records can share one, and none
/// can be overwritten, because the log is append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The log.
    pub log: LogId,
    /// The entry's index, from 0.
    pub index: u64,
    /// The record's place within its entry, from 0.
    pub place: u8,
}

impl Position {
    /// The id of what the record at this position wrote.
    pub fn item(self) -> WrittenId {
        let digest = Sha256::new()
            .chain_update(b"amends/item/v1")
            .chain_update(self.log.0)
            .chain_update(self.index.to_be_bytes())
            .chain_update([self.place])
            .finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        WrittenId(id)
    }

    /// As CBOR: log, index, place.
    pub(crate) fn to_value(self) -> Value {
        Value::Array(vec![
            self.log.as_bytes().into(),
            self.index.into(),
            u64::from(self.place).into(),
        ])
    }

    /// From CBOR; `None` for anything else.
    pub(crate) fn from_value<B: AsRef<[u8]>, T: AsRef<str>>(value: &Item<B, T>) -> Option<Self> {
        let [log, index, place] = value.array()? else { return None };
        Some(Self {
            log: LogId::from_slice(log.bytes()?)?,
            index: index.uint()?,
            place: place.uint()?.try_into().ok()?,
        })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:012}/{:02}", self.log, self.index, self.place)
    }
}

impl FromStr for Position {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let wrong = ParseIdError(32);
        let mut parts = text.split('/');
        let (Some(log), Some(index), Some(place), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong);
        };
        Ok(Self {
            log: log.parse()?,
            index: index.parse().map_err(|_| wrong)?,
            place: place.parse().map_err(|_| wrong)?,
        })
    }
}

/// A causal past: how much of each log came before. Logs left out count as
/// length 0. Always closed: whatever a part of the past had seen is part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past(pub std::collections::BTreeMap<LogId, u64>);

impl Past {
    /// How many entries of `log` came before.
    pub fn length(&self, log: LogId) -> u64 {
        self.0.get(&log).copied().unwrap_or(0)
    }

    /// Whether the record at `position` came before (RULES.md, times and causal order).
    pub fn contains(&self, position: Position) -> bool {
        position.index < self.length(position.log)
    }

    /// Takes in that at least `length` entries of `log` came before.
    pub fn raise(&mut self, log: LogId, length: u64) {
        let known = self.0.entry(log).or_insert(0);
        *known = (*known).max(length);
    }

    /// Takes in all of another past.
    pub fn join(&mut self, other: &Past) {
        for (log, length) in &other.0 {
            self.raise(*log, *length);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn identifiers_read_back_what_they_print_and_refuse_the_rest() {
        let id = LogId([0xab; 16]);
        assert_eq!(id.to_string().parse::<LogId>().unwrap(), id);
        for bad in ["", "ab", &"g".repeat(32), &"é".repeat(16)] {
            assert!(bad.parse::<LogId>().is_err(), "{bad}");
        }
        let position = Position { log: id, index: 7, place: 2 };
        assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
    }
}
