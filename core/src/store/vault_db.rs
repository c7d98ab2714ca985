//! `vault.db`: what is private. Nothing of it, not its existence, its number,
//! its size or its time, is ever in what the partner's phone gets (R9, R10).

use super::database::{Database, Row, StorageError};
use super::schema::VAULT;
use crate::cbor::Value;
use crate::host::{Entropy, random};
use crate::id::DocId;
use crate::limits::{VAULT_ITEMS, VAULT_STEP};
use amends_seal::DataKey;
use rusqlite::{OptionalExtension, params};
use std::path::Path;
use std::sync::Arc;

/// A private item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultItem {
    /// Its id.
    pub id: DocId,
    /// What it is, `draft` for example.
    pub kind: String,
    /// Its content.
    pub value: Value,
}

/// `vault.db`, open.
pub struct VaultDb(Database);

impl VaultDb {
    /// Makes the file.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn create(
        path: &Path,
        key: DataKey,
        store: [u8; 16],
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StorageError> {
        Ok(Self(Database::create(path, &VAULT, key, store, entropy)?))
    }

    /// Opens the file.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn open(
        path: &Path,
        key: DataKey,
        store: [u8; 16],
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StorageError> {
        Ok(Self(Database::open(path, &VAULT, key, store, entropy)?))
    }

    /// A new random id.
    ///
    /// # Errors
    /// [`StorageError::Entropy`].
    pub fn new_id(&self) -> Result<DocId, StorageError> {
        Ok(DocId(random(self.0.entropy().as_ref())?))
    }

    /// The id of the one item that has this name: a keyed hash, so that the file
    /// does not tell what it is.
    pub fn named(&self, kind: &str, name: &str) -> DocId {
        DocId(self.0.lookup(kind, name.as_bytes()))
    }

    /// Writes an item, new or changed.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put(&mut self, item: &VaultItem) -> Result<(), StorageError> {
        self.0.begin()?;
        let result = self.put_within(item);
        self.0.finish(result)
    }

    fn put_within(&self, item: &VaultItem) -> Result<(), StorageError> {
        let count: usize =
            self.0.connection.query_row("SELECT count(*) FROM item", [], |row| row.get(0))?;
        if count >= VAULT_ITEMS {
            return Err(StorageError::TooMuch);
        }
        let value = Value::map([
            ("kind", Some(item.kind.as_str().into())),
            ("value", Some(item.value.clone())),
        ]);
        let row = Row::Lookup(item.id.as_bytes());
        let sealed = self.0.seal_padded("item", row, &value, VAULT_STEP)?;
        self.0
            .connection
            .prepare_cached("INSERT OR REPLACE INTO item(id, sealed) VALUES (?1, ?2)")?
            .execute(params![item.id.as_bytes(), sealed])?;
        Ok(())
    }

    /// An item, if it is there.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn get(&self, id: DocId) -> Result<Option<VaultItem>, StorageError> {
        let sealed: Option<Vec<u8>> = self
            .0
            .connection
            .prepare_cached("SELECT sealed FROM item WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?;
        sealed.map(|sealed| self.read(id, &sealed)).transpose()
    }

    fn read(&self, id: DocId, sealed: &[u8]) -> Result<VaultItem, StorageError> {
        let row = Row::Lookup(id.as_bytes());
        let value = self.0.unseal_padded("item", row, sealed)?;
        let read = || {
            Some(VaultItem {
                id,
                kind: value.get("kind")?.text()?.to_owned(),
                value: value.get("value")?.clone(),
            })
        };
        read().ok_or_else(|| self.0.damaged("item", row))
    }

    /// Every item, in the order of their ids.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn items(&self) -> Result<Vec<VaultItem>, StorageError> {
        let mut statement = self.0.connection.prepare("SELECT id, sealed FROM item ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut items = Vec::new();
        for row in rows {
            let (id, sealed): (Vec<u8>, Vec<u8>) = row?;
            let damaged = || self.0.damaged("item", Row::Lookup(&id));
            items.push(self.read(DocId::from_slice(&id).ok_or_else(damaged)?, &sealed)?);
        }
        Ok(items)
    }

    /// Every item of a kind, in the order of their ids.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn items_of(&self, kind: &str) -> Result<Vec<VaultItem>, StorageError> {
        let mut items = self.items()?;
        items.retain(|item| item.kind == kind);
        Ok(items)
    }

    /// Removes an item; its bytes are overwritten.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn remove(&mut self, id: DocId) -> Result<(), StorageError> {
        self.0.connection.execute("DELETE FROM item WHERE id = ?1", [id.as_bytes()])?;
        Ok(())
    }

    /// Writes the WAL back and truncates it; `false` if somebody kept it from that.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn checkpoint(&self) -> Result<bool, StorageError> {
        self.0.checkpoint()
    }

    /// What is wrong with the file, item by item.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn integrity(&self) -> Result<Vec<String>, StorageError> {
        let mut found = self.0.integrity()?;
        let mut statement = self.0.connection.prepare("SELECT id, sealed FROM item ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut count = 0_i64;
        for row in rows {
            let (id, sealed): (Vec<u8>, Vec<u8>) = row?;
            count += 1;
            let opened = DocId::from_slice(&id).map(|id| self.read(id, &sealed));
            if !matches!(opened, Some(Ok(_))) {
                let row = Row::Lookup(&id);
                found.push(self.0.damaged("item", row).to_string());
            }
        }
        tracing::debug!(count, "vault items checked");
        Ok(found)
    }
}
