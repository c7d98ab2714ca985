//! Entries and their encoding.

use crate::cbor::{CborError, Item, Value, View};
use crate::id::{Head, LogId};
use crate::limits::{ENTRY_BYTES, ENTRY_RECORDS, LOG_GENERATIONS, LOG_LENGTH, RECORD_BYTES};
use serde::Serialize;

/// A log at one length, fixed by its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Checkpoint {
    /// The log.
    pub log: LogId,
    /// How many entries.
    pub length: u64,
    /// The head after the last of them.
    pub head: Head,
}

impl Checkpoint {
    /// As CBOR: `[log, length, head]`.
    pub fn to_value(self) -> Value {
        Value::Array(vec![
            self.log.as_bytes().into(),
            self.length.into(),
            self.head.as_bytes().into(),
        ])
    }

    /// From CBOR; `None` for anything else than `[log, length, head]`.
    pub fn from_value<B: AsRef<[u8]>, T: AsRef<str>>(value: &Item<B, T>) -> Option<Self> {
        let [log, length, head] = value.array()? else { return None };
        Some(Self {
            log: LogId::from_slice(log.bytes()?)?,
            length: length.uint().filter(|length| *length <= LOG_LENGTH)?,
            head: Head::from_slice(head.bytes()?)?,
        })
    }
}

/// Why the envelope of an entry is bad. The records within are never a reason:
/// they are opaque here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The entry is larger than [`ENTRY_BYTES`].
    #[error("the entry is larger than {ENTRY_BYTES} bytes")]
    TooLarge,
    /// It is not canonical CBOR.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// Its fields are not those of an entry.
    #[error("the entry's fields are not those of an entry")]
    Fields,
    /// No record, too many, or one beyond its size.
    #[error("an entry holds 1 to {ENTRY_RECORDS} records of at most {RECORD_BYTES} bytes")]
    Records,
    /// Too many pins, or not in order of their log ids.
    #[error("the entry's pins are too many or out of order")]
    Pins,
}

/// One user action: its records stand together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its index in the log, from 0, without gaps.
    pub index: u64,
    /// The other person's logs that grew since the entry before, as the author
    /// held them; in the first entry, all. In order of their ids.
    pub seen: Vec<Checkpoint>,
    /// The records' bytes, opaque here.
    pub records: Vec<Vec<u8>>,
    /// In the first entry of a later generation: what it goes on from.
    pub continues: Option<Checkpoint>,
}

impl Entry {
    /// The deterministic encoding, over which the head is made.
    pub fn encode(&self) -> Vec<u8> {
        Value::map([
            ("index", Some(self.index.into())),
            ("seen", Some(Value::Array(self.seen.iter().map(|pin| pin.to_value()).collect()))),
            (
                "records",
                Some(Value::Array(self.records.iter().map(|r| r.as_slice().into()).collect())),
            ),
            ("continues", self.continues.map(Checkpoint::to_value)),
        ])
        .encode()
    }

    /// Reads an entry and checks its envelope.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > ENTRY_BYTES {
            return Err(EnvelopeError::TooLarge);
        }
        let value = View::read(bytes)?;
        if !value.has_only(&["index", "seen", "records", "continues"]) {
            return Err(EnvelopeError::Fields);
        }
        let field = |key| value.get(key).ok_or(EnvelopeError::Fields);
        let index = field("index")?.uint().ok_or(EnvelopeError::Fields)?;
        let checkpoint =
            |value: &View<'_>| Checkpoint::from_value(value).ok_or(EnvelopeError::Fields);
        let pins = field("seen")?.array().ok_or(EnvelopeError::Fields)?;
        if pins.len() > usize::from(LOG_GENERATIONS) {
            return Err(EnvelopeError::Pins);
        }
        let seen = pins.iter().map(checkpoint).collect::<Result<Vec<_>, _>>()?;
        if !seen.is_sorted_by(|a, b| a.log < b.log) {
            return Err(EnvelopeError::Pins);
        }
        let records = field("records")?.array().ok_or(EnvelopeError::Fields)?;
        if records.is_empty() || records.len() > ENTRY_RECORDS {
            return Err(EnvelopeError::Records);
        }
        let records = records
            .iter()
            .map(|record| {
                let bytes = record.bytes().ok_or(EnvelopeError::Fields)?;
                if bytes.len() > RECORD_BYTES {
                    Err(EnvelopeError::Records)
                } else {
                    Ok(bytes.to_vec())
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        let continues = value.get("continues").map(checkpoint).transpose()?;
        Ok(Self { index, seen, records, continues })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::id::{Head, LogId};

    fn pin(at: usize) -> Checkpoint {
        Checkpoint { log: LogId([at as u8; 16]), length: 1, head: Head([1; 32]) }
    }

    fn read(seen: Vec<Checkpoint>, records: Vec<Vec<u8>>) -> Result<(), EnvelopeError> {
        let entry = Entry { index: 0, seen, records, continues: None };
        let read = Entry::decode(&entry.encode())?;
        assert_eq!(read, entry);
        Ok(())
    }

    #[test]
    fn an_entry_holds_so_many_records_pins_and_bytes_and_no_more() {
        let records = |count| vec![vec![1]; count];
        assert_eq!(read(vec![], records(ENTRY_RECORDS)), Ok(()));
        assert_eq!(read(vec![], records(ENTRY_RECORDS + 1)), Err(EnvelopeError::Records));
        assert_eq!(read(vec![], vec![]), Err(EnvelopeError::Records));
        assert_eq!(read(vec![], vec![vec![0; RECORD_BYTES]]), Ok(()));
        assert_eq!(read(vec![], vec![vec![0; RECORD_BYTES + 1]]), Err(EnvelopeError::Records));
        let pins = |count| (0..count).map(pin).collect();
        let most = usize::from(LOG_GENERATIONS);
        assert_eq!(read(pins(most), records(1)), Ok(()));
        assert_eq!(read(pins(most + 1), records(1)), Err(EnvelopeError::Pins));
    }

    #[test]
    fn pins_stand_in_order_and_once_each() {
        let records = || vec![vec![1]];
        assert_eq!(read(vec![pin(1), pin(2)], records()), Ok(()));
        assert_eq!(read(vec![pin(2), pin(1)], records()), Err(EnvelopeError::Pins));
        assert_eq!(read(vec![pin(1), pin(1)], records()), Err(EnvelopeError::Pins));
    }

    #[test]
    fn an_entry_of_exactly_the_most_bytes_is_read() {
        let of = |length: usize| {
            // Records of the most bytes, and one that fills the rest.
            let full = length / RECORD_BYTES;
            let mut records = vec![vec![0; RECORD_BYTES]; full];
            records.push(vec![0; length - full * RECORD_BYTES]);
            Entry { index: 0, seen: vec![], records, continues: None }
        };
        let around = of(ENTRY_BYTES - 1_000).encode().len() - (ENTRY_BYTES - 1_000);
        let most = of(ENTRY_BYTES - around);
        assert_eq!(most.encode().len(), ENTRY_BYTES);
        assert_eq!(Entry::decode(&most.encode()), Ok(most));
        let more = of(ENTRY_BYTES - around + 1);
        assert_eq!(Entry::decode(&more.encode()), Err(EnvelopeError::TooLarge));
    }
}
