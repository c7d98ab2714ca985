//! What is kept in the vault as JSON, under one key of an item: written and read in one way.

use crate::cbor::Value;
use crate::engine::Engine;
use crate::error::Error;
use crate::id::DocId;
use crate::store::{StorageError, VaultItem};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Keeps a value.
pub(super) fn put<T: Serialize>(
    engine: &mut Engine,
    id: DocId,
    (kind, key): (&str, &'static str),
    kept: &T,
) -> Result<(), Error> {
    let text = serde_json::to_string(kept).map_err(|error| StorageError::Io(error.to_string()))?;
    let value = Value::map([(key, Some(text.as_str().into()))]);
    Ok(engine.vault()?.put(&VaultItem { id, kind: kind.to_owned(), value })?)
}

/// What an item keeps; `None` where it cannot be read.
pub(super) fn read<T: DeserializeOwned>(item: &VaultItem, key: &str) -> Option<T> {
    parse(item.value.get(key)?.text()?)
}

/// What it keeps, from the text that it keeps it as.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}
