//! `pair.db`: the two logs, their bodies, the documents' snapshots, the link.

use super::database::{Database, Row, StorageError};
use super::entries::Segments;
use super::keyed::Keyed;
use super::rows::LogRow;
use super::schema::PAIR;
use super::settings::Setting;
use super::tail::Tail;
use super::words::Blocks;
use crate::cbor::Value;
use crate::host::Entropy;
use crate::id::{LogId, PairId};
use amends_seal::DataKey;
use rusqlite::{OptionalExtension, params};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where `pair.db` is and which store it belongs to.
pub struct PairFile;

impl PairFile {
    /// The store id of the file, which says where its keys are kept.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn store_id(path: &Path) -> Result<[u8; 16], StorageError> {
        Database::store_id(path, &PAIR)
    }
}

/// `pair.db`, open.
pub struct PairDb {
    pub(super) file: Database,
    pub(super) segments: Segments,
    pub(super) tail: RefCell<Option<Tail>>,
    pub(super) blocks: Blocks,
    /// What was read of small rows that nearly every call needs; another process's
    /// writes are looked for by [`PairDb::forget`]'s caller.
    settings: RefCell<HashMap<Setting, Option<Value>>>,
    revision: Cell<u64>,
    logs: RefCell<Option<Vec<LogRow>>>,
}

impl PairDb {
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
        Ok(Self::new(Database::create(path, &PAIR, key, store, entropy)?))
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
        let db = Self::new(Database::open(path, &PAIR, key, store, entropy)?);
        db.move_rows()?;
        Ok(db)
    }

    /// A new file in a folder of its own; for tests.
    #[cfg(test)]
    #[allow(clippy::unwrap_used)]
    pub(super) fn scratch() -> (tempfile::TempDir, Self) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pair.db");
        let (key, entropy) = (DataKey::from_bytes([1; 32]), Arc::new(crate::host::SystemEntropy));
        (folder, Self::create(&path, key, [2; 16], entropy).unwrap())
    }

    fn new(file: Database) -> Self {
        let db = Self {
            file,
            segments: Segments::default(),
            tail: RefCell::default(),
            blocks: Blocks::default(),
            settings: RefCell::default(),
            revision: Cell::new(0),
            logs: RefCell::default(),
        };
        db.settings_changed();
        db
    }

    /// Another number whenever a setting may be another, never the same twice in a
    /// process: for who keeps what they made of settings.
    pub fn settings_revision(&self) -> u64 {
        self.revision.get()
    }

    fn settings_changed(&self) {
        static LAST: AtomicU64 = AtomicU64::new(0);
        self.revision.set(LAST.fetch_add(1, Ordering::Relaxed) + 1);
    }

    /// Forgets what was read, so that it is read anew: after another process has
    /// written, or after what was written here was taken back.
    pub fn forget(&self) {
        self.segments.borrow_mut().clear();
        self.tail.borrow_mut().take();
        self.blocks.borrow_mut().clear();
        self.settings.borrow_mut().clear();
        self.settings_changed();
        self.logs.borrow_mut().take();
    }

    /// Begins a transaction that no other writer interrupts; to be ended with
    /// [`PairDb::finish`].
    ///
    /// # Errors
    /// [`StorageError::Busy`] where another process writes for too long.
    pub fn begin(&self) -> Result<(), StorageError> {
        self.file.begin()
    }

    /// Reads in one transaction, or in the one that is open: many rows cost one
    /// lock on the file instead of one each.
    ///
    /// # Errors
    /// What `work` says, or [`StorageError`].
    pub fn reading<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        match self.file.begin_reading()? {
            true => self.file.finish(work(self)),
            false => work(self),
        }
    }

    /// Begins to read in one transaction, which [`PairDb::finish`] ends; `false` where one is
    /// open already.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn begin_reading(&self) -> Result<bool, StorageError> {
        self.file.begin_reading()
    }

    /// From here on reads what is there now, whatever another connection writes, and writes
    /// nothing.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn hold_still(&self) -> Result<(), StorageError> {
        self.file.hold_still()
    }

    /// Ends the transaction as `result` says: all of it, or nothing.
    ///
    /// # Errors
    /// What `result` says, or [`StorageError`].
    pub fn finish<T, E: From<StorageError>>(&self, result: Result<T, E>) -> Result<T, E> {
        let result = self.file.finish(result);
        if result.is_err() {
            // What was read meanwhile may never have been.
            self.forget();
        }
        result
    }

    /// Takes back a transaction that a caught panic left open, if there is one.
    pub fn abandon(&self) {
        self.forget();
        self.file.roll_back();
    }

    /// A setting; `None` if it was never set.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn setting(&self, name: Setting) -> Result<Option<Value>, StorageError> {
        if let Some(known) = self.settings.borrow().get(&name) {
            return Ok(known.clone());
        }
        let value = self.read_setting(name)?;
        self.settings.borrow_mut().insert(name, value.clone());
        Ok(value)
    }

    /// The same, and nothing of it is kept here: for secrets, which their reader wipes.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn read_setting(&self, name: Setting) -> Result<Option<Value>, StorageError> {
        let sealed: Option<Vec<u8>> = self
            .file
            .connection
            .prepare_cached("SELECT sealed FROM setting WHERE lookup = ?1")?
            .query_row([&self.setting_lookup(name)[..]], |row| row.get(0))
            .optional()?;
        let Some(sealed) = sealed else { return Ok(None) };
        let value = self.file.unseal("setting", Row::Name(name.name()), &sealed)?;
        let inner = value.get("value").cloned();
        Ok(Some(inner.ok_or_else(|| self.file.damaged("setting", Row::Name(name.name())))?))
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn set(&self, name: Setting, value: &Value) -> Result<(), StorageError> {
        self.file.may_write()?;
        self.settings.borrow_mut().remove(&name);
        self.settings_changed();
        let value = Value::map([("value", Some(value.clone()))]);
        let sealed = self.file.seal("setting", Row::Name(name.name()), &value)?;
        self.file
            .connection
            .prepare_cached("INSERT OR REPLACE INTO setting(lookup, sealed) VALUES (?1, ?2)")?
            .execute(params![&self.setting_lookup(name)[..], sealed])?;
        Ok(())
    }

    /// Removes a setting.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn unset(&self, name: Setting) -> Result<(), StorageError> {
        self.file.may_write()?;
        self.settings.borrow_mut().remove(&name);
        self.settings_changed();
        let lookup = self.setting_lookup(name);
        self.file.connection.execute("DELETE FROM setting WHERE lookup = ?1", [&lookup[..]])?;
        Ok(())
    }

    /// The names of settings tell something (that somebody leaves, say).
    fn setting_lookup(&self, name: Setting) -> [u8; 16] {
        self.file.lookup("setting", name.name().as_bytes())
    }

    /// How many settings there are.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn setting_count(&self) -> Result<usize, StorageError> {
        Ok(self.file.connection.query_row("SELECT count(*) FROM setting", [], |row| row.get(0))?)
    }

    /// Every log.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn logs(&self, pair: PairId) -> Result<Vec<LogRow>, StorageError> {
        if let Some(known) = &*self.logs.borrow() {
            return Ok(known.clone());
        }
        let logs = self.read_logs(pair)?;
        *self.logs.borrow_mut() = Some(logs.clone());
        Ok(logs)
    }

    fn read_logs(&self, pair: PairId) -> Result<Vec<LogRow>, StorageError> {
        let mut statement = self
            .file
            .connection
            .prepare_cached("SELECT number, sealed FROM log ORDER BY number")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut logs = Vec::new();
        for row in rows {
            let (number, sealed): (u64, Vec<u8>) = row?;
            let place = Row::Numbers(&[number]);
            let value = self.file.unseal("log", place, &sealed)?;
            let row = LogRow::from_value(pair, number, &value);
            logs.push(row.ok_or_else(|| self.file.damaged("log", place))?);
        }
        Ok(logs)
    }

    /// Writes a log's state.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_log(&self, log: &LogRow) -> Result<(), StorageError> {
        let sealed = self.file.seal("log", Row::Numbers(&[log.number]), &log.to_value())?;
        self.file
            .connection
            .prepare_cached("INSERT OR REPLACE INTO log(number, sealed) VALUES (?1, ?2)")?
            .execute(params![log.number, sealed])?;
        // Where the transaction is taken back, this is forgotten with the rest.
        if let Some(known) = &mut *self.logs.borrow_mut() {
            match known.binary_search_by_key(&log.number, |known| known.number) {
                Ok(at) => known[at] = log.clone(),
                Err(at) => known.insert(at, log.clone()),
            }
        }
        Ok(())
    }

    /// Forgets a log of which nothing is left here.
    ///
    /// # Errors
    /// [`StorageError`].
    #[cfg(feature = "backup")]
    pub fn remove_log(&self, number: u64) -> Result<(), StorageError> {
        self.file.connection.execute("DELETE FROM log WHERE number = ?1", [number])?;
        self.logs.borrow_mut().take();
        Ok(())
    }

    /// Everything that waits in the outbox: sealed answers, to be opened when
    /// the other's seal is here; or why one cannot be read.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn outbox(&self) -> Result<Vec<Keyed>, StorageError> {
        self.file.all_keyed("outbox")
    }

    /// Puts something into the outbox.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_outbox(&self, name: &str, value: &Value) -> Result<(), StorageError> {
        let lookup = self.file.lookup("outbox", name.as_bytes());
        self.file.put_keyed("outbox", &lookup, value)
    }

    /// Takes something out of the outbox, by its name.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn clear_outbox_of(&self, name: &str) -> Result<(), StorageError> {
        self.clear_outbox(&self.file.lookup("outbox", name.as_bytes()))
    }

    /// Takes something out of the outbox.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn clear_outbox(&self, lookup: &[u8]) -> Result<(), StorageError> {
        self.file.remove_keyed("outbox", lookup)
    }

    /// Changes whenever another connection has committed.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn data_version(&self) -> Result<i64, StorageError> {
        self.file.data_version()
    }

    /// Writes the WAL back and truncates it; `false` if somebody kept it from that.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn checkpoint(&self) -> Result<bool, StorageError> {
        self.file.checkpoint()
    }

    /// What SQLite itself finds wrong with the file.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn integrity(&self) -> Result<Vec<String>, StorageError> {
        self.file.integrity()
    }

    /// The largest size the file may grow to, in pages: for tests of a full disk.
    #[doc(hidden)]
    pub fn limit_pages(&self, pages: u32) -> Result<(), StorageError> {
        Ok(self.file.connection.pragma_update(None, "max_page_count", pages)?)
    }

    /// The number of a person's log of a generation.
    pub fn number(mine: bool, generation: u8) -> u64 {
        2 * u64::from(generation) + u64::from(!mine)
    }

    /// Whether a log of this number is this phone's person's.
    pub fn is_own(number: u64) -> bool {
        number.is_multiple_of(2)
    }

    /// Finds a log among rows.
    pub fn find(logs: &[LogRow], id: LogId) -> Option<&LogRow> {
        logs.iter().find(|log| log.id() == id)
    }
}
