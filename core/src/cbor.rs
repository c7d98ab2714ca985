//! The subset of CBOR that Amends speaks, on the wire and in its logs.
//!
//! One [`Item`] type, encoded deterministically (RFC 8949 §4.2.1: shortest
//! integers and lengths, definite lengths only, map keys in bytewise order of
//! their encodings, no duplicates). Integers fit `i64`, map keys are texts; there
//! are no floats, no tags and no simple values but `false`, `true` and `null`.
//! [`View::read`] refuses everything else, so that any two encodings of one
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

/// A data item of the subset, over byte and text strings of some kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item<B, T> {
    /// `null`
    Null,
    /// `false`, `true`
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A byte string.
    Bytes(B),
    /// A text string.
    Text(T),
    /// An array.
    Array(Vec<Item<B, T>>),
    /// A map from texts, in canonical key order.
    Map(Vec<(T, Item<B, T>)>),
}

/// An item that owns its strings.
pub type Value = Item<Vec<u8>, String>;

/// An item whose strings stay in the bytes that it was read from.
pub type View<'a> = Item<&'a [u8], &'a str>;

impl<B: AsRef<[u8]>, T: AsRef<str>> Item<B, T> {
    /// The field `key` of a map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Item::Map(fields) => {
                fields.iter().find(|(name, _)| name.as_ref() == key).map(|(_, item)| item)
            }
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn int(&self) -> Option<i64> {
        if let Item::Int(int) = self { Some(*int) } else { None }
    }

    /// The integer, if it is one and not negative.
    pub fn uint(&self) -> Option<u64> {
        self.int().and_then(|int| int.try_into().ok())
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Item::Text(text) = self { Some(text.as_ref()) } else { None }
    }

    /// The bytes, if it is a byte string.
    pub fn bytes(&self) -> Option<&[u8]> {
        if let Item::Bytes(bytes) = self { Some(bytes.as_ref()) } else { None }
    }

    /// The items, if it is an array.
    pub fn array(&self) -> Option<&[Self]> {
        if let Item::Array(items) = self { Some(items) } else { None }
    }

    /// Whether it is a map with no other fields than `keys`.
    pub fn has_only(&self, keys: &[&str]) -> bool {
        match self {
            Item::Map(fields) => fields.iter().all(|(key, _)| keys.contains(&key.as_ref())),
            _ => false,
        }
    }

    /// As JSON, for people and other tools; byte strings become hexadecimal texts.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Item::Null => Json::Null,
            Item::Bool(bool) => Json::Bool(*bool),
            Item::Int(int) => Json::from(*int),
            Item::Bytes(bytes) => {
                let digits = bytes.as_ref().iter().map(|byte| format!("{byte:02x}"));
                Json::String(digits.collect())
            }
            Item::Text(text) => Json::String(text.as_ref().to_owned()),
            Item::Array(items) => items.iter().map(Item::to_json).collect(),
            Item::Map(fields) => {
                fields.iter().map(|(key, item)| (key.as_ref().to_owned(), item.to_json())).collect()
            }
        }
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
            Item::Null => e.null()?,
            Item::Bool(bool) => e.bool(*bool)?,
            Item::Int(int) => e.i64(*int)?,
            Item::Bytes(bytes) => e.bytes(bytes.as_ref())?,
            Item::Text(text) => e.str(text.as_ref())?,
            Item::Array(items) => {
                e.array(items.len() as u64)?;
                items.iter().try_for_each(|item| item.write(e))?;
                e
            }
            Item::Map(fields) => {
                e.map(fields.len() as u64)?;
                for (key, item) in fields {
                    e.str(key.as_ref())?;
                    item.write(e)?;
                }
                e
            }
        };
        Ok(())
    }
}

/// A map with its fields put into canonical order. Fields that are `None` are left out.
fn map<B, T: AsRef<str>>(fields: impl IntoIterator<Item = (T, Option<Item<B, T>>)>) -> Item<B, T> {
    let mut fields: Vec<_> =
        fields.into_iter().filter_map(|(key, item)| Some((key, item?))).collect();
    fields.sort_by(|(a, _), (b, _)| key_order(a.as_ref(), b.as_ref()));
    Item::Map(fields)
}

impl Value {
    /// A map with its fields put into canonical order. `None` values are left out.
    pub fn map<const N: usize>(fields: [(&str, Option<Value>); N]) -> Self {
        map(fields.map(|(key, value)| (key.to_owned(), value)))
    }

    /// A map, with `fields` added to it.
    pub fn with(self, more: Vec<(String, Value)>) -> Self {
        let fields = match self {
            Value::Map(fields) => fields,
            _ => Vec::new(),
        };
        map(fields.into_iter().chain(more).map(|(key, value)| (key, Some(value))))
    }

    /// The same, seen where it stands.
    #[cfg(feature = "backup")]
    pub fn as_view(&self) -> View<'_> {
        match self {
            Value::Null => View::Null,
            Value::Bool(bool) => View::Bool(*bool),
            Value::Int(int) => View::Int(*int),
            Value::Bytes(bytes) => View::Bytes(bytes),
            Value::Text(text) => View::Text(text),
            Value::Array(items) => View::Array(items.iter().map(Value::as_view).collect()),
            Value::Map(fields) => {
                View::Map(fields.iter().map(|(key, item)| (key.as_str(), item.as_view())).collect())
            }
        }
    }

    /// Reads one value that fills `bytes` exactly, see [`View::read`].
    ///
    /// # Errors
    /// [`CborError`], and nothing is returned in part.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        View::read(bytes).map(|view| view.to_value())
    }
}

impl<'a> View<'a> {
    /// A map with its fields put into canonical order.
    pub fn fields(fields: impl IntoIterator<Item = (&'a str, View<'a>)>) -> Self {
        map(fields.into_iter().map(|(key, view)| (key, Some(view))))
    }

    /// Reads one item that fills `bytes` exactly.
    ///
    /// The caller bounds the length of `bytes`; memory stays within a small
    /// multiple of it, whatever lengths the bytes claim.
    ///
    /// # Errors
    /// [`CborError`], and nothing is returned in part.
    pub fn read(bytes: &'a [u8]) -> Result<Self, CborError> {
        let mut decoder = Decoder::new(bytes);
        let view = read(&mut decoder, CBOR_DEPTH)?;
        if decoder.position() == bytes.len() { Ok(view) } else { Err(CborError::NotCanonical) }
    }

    /// The same item with strings of its own.
    pub fn to_value(&self) -> Value {
        match self {
            View::Null => Value::Null,
            View::Bool(bool) => Value::Bool(*bool),
            View::Int(int) => Value::Int(*int),
            View::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
            View::Text(text) => Value::Text((*text).to_owned()),
            View::Array(items) => Value::Array(items.iter().map(View::to_value).collect()),
            View::Map(fields) => {
                let field = |(key, view): &(&str, View<'_>)| ((*key).to_owned(), view.to_value());
                Value::Map(fields.iter().map(field).collect())
            }
        }
    }
}

/// Bytewise order of the encoded keys: shorter texts first, then by bytes.
fn key_order(a: &str, b: &str) -> std::cmp::Ordering {
    a.len().cmp(&b.len()).then_with(|| a.as_bytes().cmp(b.as_bytes()))
}

/// The length of the head of an item whose argument is `argument`, at its shortest.
fn head(argument: u64) -> usize {
    match argument {
        0..=23 => 1,
        24..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    }
}

fn read<'a>(d: &mut Decoder<'a>, depth: usize) -> Result<View<'a>, CborError> {
    let malformed = |_| CborError::Malformed;
    let begin = d.position();
    // What was read must have been written in as few bytes as possible.
    let shortest = |d: &Decoder<'_>, length: usize| match d.position() - begin == length {
        true => Ok(()),
        false => Err(CborError::NotCanonical),
    };
    let view = match d.datatype().map_err(malformed)? {
        Type::Null => {
            d.null().map_err(malformed)?;
            View::Null
        }
        Type::Bool => View::Bool(d.bool().map_err(malformed)?),
        Type::Bytes => {
            let bytes = d.bytes().map_err(malformed)?;
            shortest(d, head(bytes.len() as u64) + bytes.len())?;
            View::Bytes(bytes)
        }
        Type::String => {
            let text = d.str().map_err(malformed)?;
            shortest(d, head(text.len() as u64) + text.len())?;
            View::Text(text)
        }
        Type::Array => {
            let depth = depth.checked_sub(1).ok_or(CborError::TooDeep)?;
            let length = d.array().map_err(malformed)?.ok_or(CborError::NotCanonical)?;
            shortest(d, head(length))?;
            // Grown item by item: a claimed length reserves nothing.
            let mut items = Vec::new();
            for _ in 0..length {
                items.push(read(d, depth)?);
            }
            View::Array(items)
        }
        Type::Map => {
            let depth = depth.checked_sub(1).ok_or(CborError::TooDeep)?;
            let length = d.map().map_err(malformed)?.ok_or(CborError::NotCanonical)?;
            shortest(d, head(length))?;
            let mut fields: Vec<(&str, View<'_>)> = Vec::new();
            for _ in 0..length {
                let begin = d.position();
                let key = d.str().map_err(malformed)?;
                if d.position() - begin != head(key.len() as u64) + key.len()
                    || fields.last().is_some_and(|(last, _)| key_order(last, key).is_ge())
                {
                    return Err(CborError::NotCanonical);
                }
                fields.push((key, read(d, depth)?));
            }
            View::Map(fields)
        }
        Type::ArrayIndef | Type::MapIndef | Type::BytesIndef | Type::StringIndef => {
            return Err(CborError::NotCanonical);
        }
        _ => {
            let int = d.i64().map_err(malformed)?;
            let argument = if int < 0 { !int as u64 } else { int as u64 };
            shortest(d, head(argument))?;
            View::Int(int)
        }
    };
    Ok(view)
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

impl<'a> From<&'a [u8]> for View<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        View::Bytes(bytes)
    }
}

impl From<u64> for View<'_> {
    /// Counts and lengths here stay far below 2⁶³.
    fn from(int: u64) -> Self {
        View::Int(int.min(i64::MAX as u64) as i64)
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
