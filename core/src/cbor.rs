//! The subset of CBOR that Amends speaks, on the wire and in its logs.
//!
//! One [`Value`] type, encoded deterministically (RFC 8949 §4.2.1: shortest
//! integers and lengths, definite lengths only, map keys in bytewise order of
//! their encodings, no duplicates). Integers fit `i64`, map keys are texts; there
//! are no floats, no tags and no simple values but `false`, `true` and `null`.
//! [`Value::decode`] refuses everything else, so that any two encodings of one
//! value are the same bytes and a hash over them means something.

use crate::limits::CBOR_DEPTH;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

/// Why bytes were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// The bytes end early, or hold a type, a tag or an integer that is not in
    /// the subset, or a text that is not UTF-8.
    #[error("the bytes are not CBOR of the kind that is spoken here")]
    Malformed,
    /// The same value has another, shorter or better ordered encoding, or bytes follow it.
    #[error("the bytes are not the deterministic encoding of their value")]
    NotCanonical,
    /// Arrays and maps are nested more deeply than [`CBOR_DEPTH`].
    #[error("the value is nested more than {CBOR_DEPTH} levels deep")]
    TooDeep,
}

/// A CBOR value of the subset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`
    Null,
    /// `false`, `true`
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A text string.
    Text(String),
    /// An array.
    Array(Vec<Value>),
    /// A map from texts, in canonical key order.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// A map with its fields put into canonical order. `None` values are left out.
    pub fn map<const N: usize>(fields: [(&str, Option<Value>); N]) -> Self {
        let mut fields: Vec<_> =
            fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        fields.sort_by(|(a, _), (b, _)| key_order(a, b));
        Value::Map(fields)
    }

    /// A map, with `fields` added to it.
    pub fn with(self, more: Vec<(String, Value)>) -> Self {
        let mut fields = match self {
            Value::Map(fields) => fields,
            _ => Vec::new(),
        };
        fields.extend(more);
        fields.sort_by(|(a, _), (b, _)| key_order(a, b));
        Value::Map(fields)
    }

    /// The field `key` of a map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Map(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn int(&self) -> Option<i64> {
        if let Value::Int(int) = self { Some(*int) } else { None }
    }

    /// The integer, if it is one and not negative.
    pub fn uint(&self) -> Option<u64> {
        self.int().and_then(|int| int.try_into().ok())
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    /// The bytes, if it is a byte string.
    pub fn bytes(&self) -> Option<&[u8]> {
        if let Value::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// The items, if it is an array.
    pub fn array(&self) -> Option<&[Value]> {
        if let Value::Array(items) = self { Some(items) } else { None }
    }

    /// Whether it is a map with no other fields than `keys`.
    pub fn has_only(&self, keys: &[&str]) -> bool {
        matches!(self, Value::Map(fields) if fields.iter().all(|(key, _)| keys.contains(&&**key)))
    }

    /// The deterministic encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        // Writing into a vector cannot fail.
        let _infallible = self.write(&mut encoder);
        encoder.into_writer()
    }

    fn write(
        &self,
        e: &mut Encoder<Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
        match self {
            Value::Null => e.null()?,
            Value::Bool(bool) => e.bool(*bool)?,
            Value::Int(int) => e.i64(*int)?,
            Value::Bytes(bytes) => e.bytes(bytes)?,
            Value::Text(text) => e.str(text)?,
            Value::Array(items) => {
                e.array(items.len() as u64)?;
                items.iter().try_for_each(|item| item.write(e))?;
                e
            }
            Value::Map(fields) => {
                e.map(fields.len() as u64)?;
                for (key, value) in fields {
                    e.str(key)?;
                    value.write(e)?;
                }
                e
            }
        };
        Ok(())
    }

    /// Reads one value that fills `bytes` exactly.
    ///
    /// The caller bounds the length of `bytes`; memory stays within a small
    /// multiple of it, whatever lengths the bytes claim.
    ///
    /// # Errors
    /// [`CborError`], and nothing is returned in part.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut decoder = Decoder::new(bytes);
        let value = read(&mut decoder, CBOR_DEPTH)?;
        if decoder.position() != bytes.len() || value.encode() != bytes {
            return Err(CborError::NotCanonical);
        }
        Ok(value)
    }
}

/// Bytewise order of the encoded keys: shorter texts first, then by bytes.
fn key_order(a: &str, b: &str) -> std::cmp::Ordering {
    a.len().cmp(&b.len()).then_with(|| a.as_bytes().cmp(b.as_bytes()))
}

fn read(d: &mut Decoder<'_>, depth: usize) -> Result<Value, CborError> {
    let malformed = |_| CborError::Malformed;
    let value = match d.datatype().map_err(malformed)? {
        Type::Null => {
            d.null().map_err(malformed)?;
            Value::Null
        }
        Type::Bool => Value::Bool(d.bool().map_err(malformed)?),
        Type::Bytes => Value::Bytes(d.bytes().map_err(malformed)?.to_vec()),
        Type::String => Value::Text(d.str().map_err(malformed)?.to_owned()),
        Type::Array => {
            let depth = depth.checked_sub(1).ok_or(CborError::TooDeep)?;
            let length = d.array().map_err(malformed)?.ok_or(CborError::NotCanonical)?;
            // Grown item by item: a claimed length reserves nothing.
            let mut items = Vec::new();
            for _ in 0..length {
                items.push(read(d, depth)?);
            }
            Value::Array(items)
        }
        Type::Map => {
            let depth = depth.checked_sub(1).ok_or(CborError::TooDeep)?;
            let length = d.map().map_err(malformed)?.ok_or(CborError::NotCanonical)?;
            let mut fields: Vec<(String, Value)> = Vec::new();
            for _ in 0..length {
                let key = d.str().map_err(malformed)?.to_owned();
                if fields.last().is_some_and(|(last, _)| key_order(last, &key).is_ge()) {
                    return Err(CborError::NotCanonical);
                }
                fields.push((key, read(d, depth)?));
            }
            Value::Map(fields)
        }
        Type::ArrayIndef | Type::MapIndef | Type::BytesIndef | Type::StringIndef => {
            return Err(CborError::NotCanonical);
        }
        _ => Value::Int(d.i64().map_err(malformed)?),
    };
    Ok(value)
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Value::Int(int)
    }
}

impl From<u64> for Value {
    /// Counts and lengths here stay far below 2⁶³.
    fn from(int: u64) -> Self {
        Value::Int(int.min(i64::MAX as u64) as i64)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Value::Bytes(bytes.to_vec())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
            ".{0,20}".prop_map(Value::Text),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::btree_map(".{0,6}", inner, 0..6)
                    .prop_map(|map| Value::Map(Vec::new()).with(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_reads_back_from_its_encoding(value in values()) {
            prop_assert_eq!(Value::decode(&value.encode()), Ok(value));
        }

        #[test]
        fn what_decodes_at_all_encodes_to_the_same_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(value) = Value::decode(&bytes) {
                prop_assert_eq!(value.encode(), bytes);
            }
        }
    }

    #[test]
    fn other_encodings_of_a_value_are_refused() {
        let refused: [(&[u8], CborError); 9] = [
            (&[0x18, 0x01], CborError::NotCanonical), // 1 in two bytes
            (&[0x9f, 0xff], CborError::NotCanonical), // indefinite array
            (&[0xa2, 0x61, b'b', 0, 0x61, b'a', 0], CborError::NotCanonical), // keys out of order
            (&[0xa2, 0x61, b'a', 0, 0x61, b'a', 0], CborError::NotCanonical), // key twice
            (&[0x00, 0x00], CborError::NotCanonical), // bytes after the value
            (&[0xc0, 0x00], CborError::Malformed),    // a tag
            (&[0xf9, 0x3c, 0x00], CborError::Malformed), // a float
            (&[0x63, 0xed, 0xa0, 0x80], CborError::Malformed), // a lone surrogate
            (&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], CborError::Malformed),
        ];
        for (bytes, why) in refused {
            assert_eq!(Value::decode(bytes), Err(why), "{bytes:02x?}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_without_recursing_into_it() {
        assert_eq!(Value::decode(&[0x81; 100_000]), Err(CborError::TooDeep));
    }
}
