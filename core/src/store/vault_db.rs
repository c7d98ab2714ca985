//! `vault.db`: what is private. Nothing of it, not its existence, its number,
//! its size or its time, is ever in what the partner's phone gets (R9, R10).

use super::database::{Database, Row, StorageError};
use super::schema::VAULT;
use crate::cbor::{Value, View};
use crate::host::{Entropy, random};
use crate::id::DocId;
use crate::limits::{VAULT_ITEMS, VAULT_STEP};
use amends_seal::DataKey;
use rusqlite::{OptionalExtension, params};
use std::cell::Cell;
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

/// A private item whose strings stay in the bytes that it was opened to.
pub struct VaultView<'a> {
    /// Its id.
    pub id: DocId,
    /// What it is.
    pub kind: &'a str,
    /// Its content.
    pub value: &'a View<'a>,
}

/// `vault.db`, open.
pub struct VaultDb {
    file: Database,
    /// How many items there are, once they were counted. What another process keeps meanwhile
    /// is not among them: it is a bound, and no promise.
    count: Cell<Option<usize>>,
    /// How many there may be.
    most: usize,
}

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
        let file = Database::create(path, &VAULT, key, store, entropy)?;
        Ok(Self { file, count: Cell::new(None), most: VAULT_ITEMS })
    }

    /// The store id of the file, which says where its keys are kept.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn store_id(path: &Path) -> Result<[u8; 16], StorageError> {
        Database::store_id(path, &VAULT)
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
        if !path.exists() {
            // Its other file is there, or nobody would ask for it.
            return Err(StorageError::Damaged("vault.db is gone, and this phone".to_owned()));
        }
        let file = Database::open(path, &VAULT, key, store, entropy)?;
        Ok(Self { file, count: Cell::new(None), most: VAULT_ITEMS })
    }

    /// Begins a transaction that no other writer interrupts, and that ends with this.
    ///
    /// # Errors
    /// [`StorageError::Busy`] where another process writes for too long.
    pub fn begin(&self) -> Result<(), StorageError> {
        self.file.begin()
    }

    /// A new random id.
    ///
    /// # Errors
    /// [`StorageError::Entropy`].
    pub fn new_id(&self) -> Result<DocId, StorageError> {
        Ok(DocId(random(self.file.entropy().as_ref())?))
    }

    /// The id of the one item that has this name: a keyed hash, so that the file
    /// does not tell what it is.
    pub fn named(&self, kind: &str, name: &str) -> DocId {
        DocId(self.file.lookup(kind, name.as_bytes()))
    }

    /// Writes an item, new or changed.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put(&mut self, item: &VaultItem) -> Result<(), StorageError> {
        self.put_all(std::slice::from_ref(item))
    }

    /// Writes items, all of them or none.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_all(&mut self, items: &[VaultItem]) -> Result<(), StorageError> {
        self.file.begin()?;
        let result = items.iter().try_for_each(|item| self.put_within(item));
        let result = self.file.finish(result);
        if result.is_err() {
            self.count.set(None);
        }
        result
    }

    fn put_within(&self, item: &VaultItem) -> Result<(), StorageError> {
        let known = "SELECT 1 FROM item WHERE id = ?1";
        if !self.file.connection.prepare_cached(known)?.exists([item.id.as_bytes()])? {
            let mut count = self.count()?;
            if count >= self.most {
                // Another process may have made room.
                self.count.set(None);
                count = self.count()?;
            }
            if count >= self.most {
                return Err(StorageError::TooMuch);
            }
            self.count.set(Some(count + 1));
        }
        let value = Value::map([
            ("kind", Some(item.kind.as_str().into())),
            ("value", Some(item.value.clone())),
        ]);
        let row = Row::Lookup(item.id.as_bytes());
        let sealed = self.file.seal_padded("item", row, &value, VAULT_STEP)?;
        self.file
            .connection
            .prepare_cached("INSERT OR REPLACE INTO item(id, sealed) VALUES (?1, ?2)")?
            .execute(params![item.id.as_bytes(), sealed])?;
        Ok(())
    }

    fn count(&self) -> Result<usize, StorageError> {
        if let Some(count) = self.count.get() {
            return Ok(count);
        }
        let count = "SELECT count(*) FROM item";
        Ok(self.file.connection.query_row(count, [], |row| row.get(0))?)
    }

    /// An item, if it is there.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn get(&self, id: DocId) -> Result<Option<VaultItem>, StorageError> {
        let sealed: Option<Vec<u8>> = self
            .file
            .connection
            .prepare_cached("SELECT sealed FROM item WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?;
        sealed.map(|sealed| self.read(id, &sealed)).transpose()
    }

    fn read(&self, id: DocId, sealed: &[u8]) -> Result<VaultItem, StorageError> {
        self.look(id, sealed, |VaultView { id, kind, value }| {
            Ok(VaultItem { id, kind: kind.to_owned(), value: value.to_value() })
        })
    }

    fn look<T, E: From<StorageError>>(
        &self,
        id: DocId,
        sealed: &[u8],
        visitor: impl FnOnce(VaultView<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let row = Row::Lookup(id.as_bytes());
        let opened = self.file.unseal_padded_bytes("item", row, sealed)?;
        let damaged = || self.file.damaged("item", row);
        let item = View::read(&opened).map_err(|_| damaged())?;
        let kind = item.get("kind").and_then(View::text).ok_or_else(damaged)?;
        visitor(VaultView { id, kind, value: item.get("value").ok_or_else(damaged)? })
    }

    /// Shows every item, in the order of their ids, one at a time.
    ///
    /// # Errors
    /// [`StorageError`], and what the visitor says: it is then shown no more.
    pub fn visit<E: From<StorageError>>(
        &self,
        mut visitor: impl FnMut(VaultView<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.visit_rows(|row| {
            let (id, sealed) = row?;
            self.look(id, sealed, &mut visitor)
        })
    }

    /// The same of every item that can be read. How many cannot.
    ///
    /// # Errors
    /// [`StorageError`], and what the visitor says: it is then shown no more.
    #[cfg(feature = "backup")]
    pub fn visit_readable<E: From<StorageError>>(
        &self,
        mut visitor: impl FnMut(VaultView<'_>) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut unreadable = 0;
        self.visit_rows(|row| {
            // What the visitor says is not to be taken for damage.
            let mut said = Ok(());
            let read = row.and_then(|(id, sealed)| {
                self.look(id, sealed, |item| {
                    said = visitor(item);
                    Ok::<_, StorageError>(())
                })
            });
            unreadable += u64::from(read.is_err());
            said
        })?;
        Ok(unreadable)
    }

    /// Shows every row: an item's id and its sealed bytes, or why they are none.
    fn visit_rows<E: From<StorageError>>(
        &self,
        mut visitor: impl FnMut(Result<(DocId, &[u8]), StorageError>) -> Result<(), E>,
    ) -> Result<(), E> {
        let from = |error: rusqlite::Error| StorageError::from(error);
        let unlike = || self.file.damaged("item", Row::Name("of another form"));
        let mut statement = self
            .file
            .connection
            .prepare("SELECT id, sealed FROM item ORDER BY id")
            .map_err(from)?;
        let mut rows = statement.query([]).map_err(from)?;
        while let Some(row) = rows.next().map_err(from)? {
            let bytes = |at| row.get_ref(at).map_err(from)?.as_blob().map_err(|_| unlike());
            let item = bytes(0).and_then(|id| {
                let damaged = || self.file.damaged("item", Row::Lookup(id));
                Ok((DocId::from_slice(id).ok_or_else(damaged)?, bytes(1)?))
            });
            visitor(item)?;
        }
        Ok(())
    }

    /// Every item of a kind, in the order of their ids.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn items_of(&self, kind: &str) -> Result<Vec<VaultItem>, StorageError> {
        let mut items = Vec::new();
        self.visit(|item| {
            if item.kind == kind {
                let (kind, value) = (kind.to_owned(), item.value.to_value());
                items.push(VaultItem { id: item.id, kind, value });
            }
            Ok::<_, StorageError>(())
        })?;
        Ok(items)
    }

    /// Removes an item; its bytes are overwritten.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn remove(&mut self, id: DocId) -> Result<(), StorageError> {
        self.file.may_write()?;
        let removed =
            self.file.connection.execute("DELETE FROM item WHERE id = ?1", [id.as_bytes()])?;
        self.count.set(self.count.get().map(|count| count.saturating_sub(removed)));
        Ok(())
    }

    /// Writes the WAL back and truncates it; `false` if somebody kept it from that.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn checkpoint(&self) -> Result<bool, StorageError> {
        self.file.checkpoint()
    }

    /// What is wrong with the file, item by item.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn integrity(&self) -> Result<Vec<String>, StorageError> {
        let mut found = self.file.integrity()?;
        let mut statement =
            self.file.connection.prepare("SELECT id, sealed FROM item ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut count = 0_i64;
        for row in rows {
            let (id, sealed): (Vec<u8>, Vec<u8>) = row?;
            count += 1;
            let opened = DocId::from_slice(&id).map(|id| self.read(id, &sealed));
            if !matches!(opened, Some(Ok(_))) {
                let row = Row::Lookup(&id);
                found.push(self.file.damaged("item", row).to_string());
            }
        }
        tracing::debug!(count, "vault items checked");
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::host::SystemEntropy;

    fn vault(folder: &Path) -> VaultDb {
        let (key, path) = (DataKey::from_bytes([1; 32]), folder.join("vault.db"));
        VaultDb::create(&path, key, [2; 16], Arc::new(SystemEntropy)).unwrap()
    }

    fn item(id: u8, kind: &str) -> VaultItem {
        VaultItem { id: DocId([id; 16]), kind: kind.to_owned(), value: Value::Int(i64::from(id)) }
    }

    #[test]
    fn a_full_vault_takes_changes_of_what_is_there_and_nothing_new_until_something_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut vault = vault(folder.path());
        vault.most = 2;
        vault.put(&item(1, "note")).unwrap();
        vault.put(&item(2, "note")).unwrap();
        for _ in 0..2 {
            assert!(matches!(vault.put(&item(3, "note")), Err(StorageError::TooMuch)));
        }
        vault.put(&item(2, "draft")).unwrap();
        vault.remove(DocId([9; 16])).unwrap();
        assert!(matches!(vault.put(&item(3, "note")), Err(StorageError::TooMuch)));
        vault.remove(DocId([1; 16])).unwrap();
        vault.put(&item(3, "note")).unwrap();
        let mut kinds = Vec::new();
        let seen = |item: VaultView<'_>| {
            kinds.push((item.id.0[0], item.kind.to_owned()));
            Ok::<_, StorageError>(())
        };
        vault.visit(seen).unwrap();
        assert_eq!(kinds, [(2, "draft".to_owned()), (3, "note".to_owned())]);
        assert_eq!(vault.items_of("draft").unwrap().len(), 1);
        let stopped = vault.visit(|_| Err(StorageError::TooMuch));
        assert!(matches!(stopped, Err(StorageError::TooMuch)));
    }

    #[test]
    fn room_that_another_process_made_is_seen_before_anything_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut vault = vault(folder.path());
        vault.most = 1;
        vault.put(&item(1, "note")).unwrap();
        let (key, path) = (DataKey::from_bytes([1; 32]), folder.path().join("vault.db"));
        let mut other = VaultDb::open(&path, key, [2; 16], Arc::new(SystemEntropy)).unwrap();
        other.remove(DocId([1; 16])).unwrap();
        vault.put(&item(2, "note")).unwrap();
    }
}
