//! One SQLite file: opening, settings, migrations, sealed cells, transactions.

use crate::cbor::{Item, Value, View};
use crate::host::{Entropy, EntropyError, random};
use amends_seal::DataKey;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// Why the files could not be read or written. Nothing that stood there before
/// is changed by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// There is no store in this place, or no longer.
    #[error("there is nothing in this place: create it first")]
    Missing,
    /// There is a store in this place already.
    #[error("there is a store in this place already: open it, or choose another place")]
    Exists,
    /// Another process holds the file for longer than is waited.
    #[error("another process is writing here: try again in a moment")]
    Busy,
    /// The disk is full. Nothing was changed.
    #[error("the disk is full: free some space and try again; nothing was changed")]
    Full,
    /// Something is damaged; it says what, and what can be done.
    #[error("{0} is damaged")]
    Damaged(String),
    /// A newer version wrote the file.
    #[error(
        "{file} was written by a newer version ({found}, this one knows {known}): update first"
    )]
    Newer {
        /// Which file.
        file: String,
        /// The version that is there.
        found: i64,
        /// The version known here.
        known: i64,
    },
    /// SQLite did not accept a setting that durability or erasure rests on.
    #[error("the database does not hold the setting {0}: the file system may not support it")]
    Setting(&'static str),
    /// The file system or SQLite failed.
    #[error("reading or writing failed ({0}): check the disk, then try again")]
    Io(String),
    /// The secret store failed.
    #[error("the secret store failed ({0}): try again")]
    Secrets(String),
    /// Randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// A value is too large or there are too many.
    #[error("this does not fit into the store any more")]
    TooMuch,
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged("the database file".to_owned())
            }
            _ => Self::Io(error.to_string()),
        }
    }
}

impl From<std::io::Error> for StorageError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Full,
            _ => Self::Io(in_words(&error)),
        }
    }
}

/// What the system says of something that failed, without its number.
pub fn in_words(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// The layout of one file: migrations in order, each from the version before.
pub struct Layout {
    /// The file's name.
    pub file: &'static str,
    /// One SQL script per version, from version 1 on.
    pub migrations: &'static [&'static str],
}

/// What tells one row of a table from another, bound into its seal.
#[derive(Debug, Clone, Copy)]
pub enum Row<'a> {
    /// A named row.
    Name(&'a str),
    /// A row found by a keyed hash.
    Lookup(&'a [u8]),
    /// A row found by numbers.
    Numbers(&'a [u64]),
}

/// An open file with its key.
pub struct Database {
    pub(super) connection: Connection,
    layout: &'static Layout,
    key: DataKey,
    store: [u8; 16],
    entropy: Arc<dyn Entropy>,
    place: Option<Place>,
}

/// Where a file stood when it was opened.
struct Place {
    path: PathBuf,
    /// What the system knows it by: device and number.
    file: (u64, u64),
}

impl Place {
    /// `None` where the system does not tell one file from another.
    fn of(path: &Path) -> Option<Self> {
        // The process may go to another folder.
        let path = std::path::absolute(path).ok()?;
        let file = identity(&path.metadata().ok()?)?;
        Some(Self { path, file })
    }

    /// Only what is known to be gone is gone: a file system may fail in other ways.
    fn holds(&self) -> bool {
        match self.path.metadata() {
            Ok(data) => identity(&data) == Some(self.file),
            Err(error) => error.kind() != std::io::ErrorKind::NotFound,
        }
    }
}

/// What the system knows a file by: device and number. Nothing where it does not say.
#[cfg(unix)]
pub fn identity(data: &std::fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((data.dev(), data.ino()))
}

/// What the system knows a file by: device and number. Nothing where it does not say.
#[cfg(not(unix))]
pub fn identity(_data: &std::fs::Metadata) -> Option<(u64, u64)> {
    None
}

/// Bytes of a page, of files that are made from now on. What is written at a time is small,
/// and a page is written whole: half of SQLite's usual 4096 writes a fifth less for each
/// action, and a quarter of it no less than that (measured, see `tests/bench`).
const PAGE: u32 = 2048;
/// So many pages wait in the write-ahead log before they are put where they belong: 4 MB of such.
const CHECKPOINTED: u32 = 2_000;
/// How long a writer waits for another process.
const BUSY: Duration = Duration::from_secs(5);

fn connect(path: &Path, create: bool) -> Result<Connection, StorageError> {
    let making = if create { OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::empty() };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | making;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    if create {
        // Before anything is in it: a file in WAL mode keeps the pages that it has.
        connection.pragma_update(None, "page_size", PAGE)?;
    }
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINTED)?;
    connection.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=ON;
         PRAGMA checkpoint_fullfsync=ON; PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF;",
    )?;
    let setting = |name| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    let expected: [(&'static str, i64); 4] =
        [("synchronous", 2), ("secure_delete", 1), ("fullfsync", 1), ("checkpoint_fullfsync", 1)];
    for (name, value) in expected {
        let found: i64 = setting(name)?;
        if found != value {
            return Err(StorageError::Setting(name));
        }
    }
    if mode != "wal" { Err(StorageError::Setting("journal_mode")) } else { Ok(connection) }
}

impl Database {
    /// Makes the file, with its layout and its store id.
    pub fn create(
        path: &Path,
        layout: &'static Layout,
        key: DataKey,
        store: [u8; 16],
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StorageError> {
        let (connection, place) = (connect(path, true)?, Place::of(path));
        let database = Self { connection, layout, key, store, entropy, place };
        database.migrate()?;
        database.connection.execute("INSERT INTO store(id) VALUES (?1)", [&store[..]])?;
        Ok(database)
    }

    /// The id of the store that a file belongs to, which says where its keys are.
    pub fn store_id(path: &Path, layout: &'static Layout) -> Result<[u8; 16], StorageError> {
        if !path.exists() {
            return Err(StorageError::Missing);
        }
        let connection = connect(path, false)?;
        check_version(&connection, layout)?;
        let damaged = || StorageError::Damaged(format!("{}: its store id", layout.file));
        let id: Option<Vec<u8>> = connection
            .query_row("SELECT id FROM store", [], |row| row.get(0))
            .optional()
            .map_err(|error| match StorageError::from(error) {
                StorageError::Io(_) => damaged(),
                other => other,
            })?;
        id.and_then(|id| id.try_into().ok()).ok_or_else(damaged)
    }

    /// Opens the file and brings its layout up to date.
    pub fn open(
        path: &Path,
        layout: &'static Layout,
        key: DataKey,
        store: [u8; 16],
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StorageError> {
        let (connection, place) = (connect(path, false)?, Place::of(path));
        let database = Self { connection, layout, key, store, entropy, place };
        database.migrate()?;
        Ok(database)
    }

    fn migrate(&self) -> Result<(), StorageError> {
        let version = check_version(&self.connection, self.layout)?;
        if version as usize == self.layout.migrations.len() {
            return Ok(());
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        // Another process may have been faster.
        let version = check_version(&self.connection, self.layout)?;
        for (at, script) in self.layout.migrations.iter().enumerate().skip(version as usize) {
            self.connection.execute_batch(script)?;
            self.connection.pragma_update(None, "user_version", at as i64 + 1)?;
        }
        self.connection.execute_batch("COMMIT")?;
        Ok(())
    }

    /// Runs one of the few statements that begin and end transactions.
    fn say(&self, statement: &str) -> Result<(), StorageError> {
        self.connection.prepare_cached(statement)?.execute([])?;
        Ok(())
    }

    /// Begins a transaction that no other writer interrupts.
    ///
    /// # Errors
    /// [`StorageError::Missing`] where the file was erased meanwhile: what is written into it would
    /// be lost with it. Who erases it holds this lock. (On Unix: elsewhere an open file is not
    /// removed.)
    pub fn begin(&self) -> Result<(), StorageError> {
        self.say("BEGIN IMMEDIATE")?;
        if self.is_in_place() {
            return Ok(());
        }
        self.roll_back();
        Err(StorageError::Missing)
    }

    /// Refused, as [`Database::begin`] is, to what writes without a transaction of its own.
    pub fn may_write(&self) -> Result<(), StorageError> {
        match self.connection.is_autocommit() && !self.is_in_place() {
            true => Err(StorageError::Missing),
            false => Ok(()),
        }
    }

    /// Whether the file that is open here still stands in its place.
    pub fn is_in_place(&self) -> bool {
        self.place.as_ref().is_none_or(Place::holds)
    }

    /// Begins a transaction that only reads, all of it at one moment. `false` where
    /// one is open already.
    pub fn begin_reading(&self) -> Result<bool, StorageError> {
        let begins = self.connection.is_autocommit();
        if begins {
            self.say("BEGIN")?;
        }
        Ok(begins)
    }

    /// Ends the transaction as `result` says: all of it, or nothing.
    pub fn finish<T, E: From<StorageError>>(&self, result: Result<T, E>) -> Result<T, E> {
        let committed = result.and_then(|value| {
            self.say("COMMIT")?;
            Ok(value)
        });
        if committed.is_err() {
            self.roll_back();
        }
        committed
    }

    /// Takes back whatever transaction is open.
    pub fn roll_back(&self) {
        // SQLite may have rolled back by itself (a full disk); either way the
        // transaction is over.
        if let Err(error) = self.connection.execute_batch("ROLLBACK") {
            tracing::debug!(%error, "rolled back already");
        }
    }

    /// From here on reads what is there now, and writes nothing: one read transaction that
    /// lasts as long as the connection.
    pub fn hold_still(&self) -> Result<(), StorageError> {
        self.connection.pragma_update(None, "query_only", true)?;
        self.begin_reading()?;
        // The first read fixes what is seen.
        self.data_version()?;
        self.connection.query_row("SELECT count(*) FROM store", [], |_| Ok(()))?;
        Ok(())
    }

    /// Changes whenever another connection has committed.
    pub fn data_version(&self) -> Result<i64, StorageError> {
        let mut statement = self.connection.prepare_cached("PRAGMA data_version")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Writes the WAL back and truncates it, so that deleted bytes are gone from
    /// every file. `false` if a reader or writer elsewhere kept it from being
    /// complete: nobody waits here for that.
    pub fn checkpoint(&self) -> Result<bool, StorageError> {
        self.connection.busy_timeout(Duration::ZERO)?;
        // SQLite reports "busy" in the row, not as an error.
        let busy: rusqlite::Result<i64> =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        self.connection.busy_timeout(BUSY)?;
        Ok(busy? == 0)
    }

    fn associated(&self, table: &str, row: Row<'_>) -> Vec<u8> {
        let row = match row {
            Row::Name(name) => View::Text(name),
            Row::Lookup(lookup) => View::Bytes(lookup),
            Row::Numbers(numbers) => {
                View::Array(numbers.iter().map(|number| View::from(*number)).collect())
            }
        };
        View::Array(vec![
            View::Text("amends/cell/v1"),
            View::Bytes(&self.store),
            View::Text(self.layout.file),
            View::Text(table),
            row,
        ])
        .encode()
    }

    /// Seals `value` for a row.
    pub fn seal<B: AsRef<[u8]>, T: AsRef<str>>(
        &self,
        table: &str,
        row: Row<'_>,
        value: &Item<B, T>,
    ) -> Result<Vec<u8>, StorageError> {
        self.seal_bytes(table, row, &value.encode())
    }

    /// Seals bytes for a row.
    pub fn seal_bytes(
        &self,
        table: &str,
        row: Row<'_>,
        bytes: &[u8],
    ) -> Result<Vec<u8>, StorageError> {
        let nonce = random(self.entropy.as_ref())?;
        Ok(self.key.seal(&self.associated(table, row), nonce, bytes))
    }

    /// Seals `value` for a row, padded so that its size tells little.
    pub fn seal_padded(
        &self,
        table: &str,
        row: Row<'_>,
        value: &Value,
        step: usize,
    ) -> Result<Vec<u8>, StorageError> {
        let nonce = random(self.entropy.as_ref())?;
        Ok(self.key.seal_padded(&self.associated(table, row), nonce, &value.encode(), step))
    }

    /// Opens the bytes of a row's value.
    pub fn unseal_bytes(
        &self,
        table: &str,
        row: Row<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StorageError> {
        let opened = self.key.open(&self.associated(table, row), sealed);
        opened.map_err(|_| self.damaged(table, row))
    }

    /// Opens the value of a row.
    pub fn unseal(&self, table: &str, row: Row<'_>, sealed: &[u8]) -> Result<Value, StorageError> {
        let opened = self.key.open(&self.associated(table, row), sealed);
        self.decoded(table, row, opened)
    }

    /// Opens the bytes of a row's padded value.
    pub fn unseal_padded_bytes(
        &self,
        table: &str,
        row: Row<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StorageError> {
        let opened = self.key.open_padded(&self.associated(table, row), sealed);
        opened.map_err(|_| self.damaged(table, row))
    }

    fn decoded(
        &self,
        table: &str,
        row: Row<'_>,
        opened: Result<Zeroizing<Vec<u8>>, amends_seal::OpenError>,
    ) -> Result<Value, StorageError> {
        let damaged = |_| self.damaged(table, row);
        opened
            .map_err(damaged)
            .and_then(|bytes| Value::decode(&bytes).map_err(|_| self.damaged(table, row)))
    }

    /// The error that names a row.
    pub fn damaged(&self, table: &str, row: Row<'_>) -> StorageError {
        let row = match row {
            Row::Name(name) => name.to_owned(),
            Row::Lookup(lookup) => lookup.iter().map(|byte| format!("{byte:02x}")).collect(),
            Row::Numbers(numbers) => {
                numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join("/")
            }
        };
        StorageError::Damaged(format!("{}: {table} {row}", self.layout.file))
    }

    /// A keyed hash for a look-up column.
    pub fn lookup(&self, column: &str, value: &[u8]) -> [u8; 16] {
        self.key.lookup(column, value)
    }

    /// The random source.
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.entropy
    }

    /// What SQLite itself finds wrong with the file, and whether its tables are
    /// those of the layout.
    pub fn integrity(&self) -> Result<Vec<String>, StorageError> {
        let mut found = Vec::new();
        let mut statement = self.connection.prepare("PRAGMA integrity_check(20)")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let line: String = row.get(0)?;
            if line != "ok" {
                found.push(format!("{}: {line}", self.layout.file));
            }
        }
        let expected = Connection::open_in_memory()?;
        for script in self.layout.migrations {
            expected.execute_batch(script)?;
        }
        if schema(&expected)? != schema(&self.connection)? {
            found.push(format!("{}: its tables are not those of this version", self.layout.file));
        }
        let stores: Vec<Vec<u8>> = self
            .connection
            .prepare("SELECT id FROM store")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if stores != [self.store.to_vec()] {
            found.push(format!("{}: its store id", self.layout.file));
        }
        Ok(found)
    }
}

fn schema(connection: &Connection) -> Result<Vec<(String, Option<String>)>, StorageError> {
    let mut statement = connection.prepare(
        "SELECT type || ' ' || name || ' ' || tbl_name, sql FROM sqlite_schema ORDER BY 1",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn check_version(connection: &Connection, layout: &Layout) -> Result<i64, StorageError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = layout.migrations.len() as i64;
    if found > known {
        return Err(StorageError::Newer { file: layout.file.to_owned(), found, known });
    }
    if found < 0 {
        return Err(StorageError::Damaged(format!("{}: its version", layout.file)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::host::SystemEntropy;

    const LAYOUT: Layout =
        Layout { file: "test.db", migrations: &["CREATE TABLE store(id BLOB NOT NULL) STRICT"] };
    const LATER: Layout = Layout {
        file: "test.db",
        migrations: &[
            "CREATE TABLE store(id BLOB NOT NULL) STRICT",
            "CREATE TABLE more(id INTEGER PRIMARY KEY) STRICT",
        ],
    };

    fn key() -> DataKey {
        DataKey::from_bytes([1; 32])
    }

    #[test]
    fn inv3_the_settings_that_durability_and_erasure_rest_on_hold() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let db = Database::create(&path, &LAYOUT, key(), [2; 16], Arc::new(SystemEntropy)).unwrap();
        let read = |name: &str| -> i64 {
            db.connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap()
        };
        assert_eq!((read("synchronous"), read("secure_delete")), (2, 1));
        assert_eq!((read("fullfsync"), read("checkpoint_fullfsync")), (1, 1));
    }

    #[test]
    fn a_new_file_has_small_pages_and_one_that_is_there_keeps_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let [new, old] = ["new.db", "old.db"].map(|name| folder.path().join(name));
        let entropy = || Arc::new(SystemEntropy);
        let pages = |db: &Database| -> u32 {
            db.connection.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap()
        };
        let made = Database::create(&new, &LAYOUT, key(), [2; 16], entropy()).unwrap();
        assert_eq!(pages(&made), PAGE);
        Connection::open(&old)
            .unwrap()
            .execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE store(id BLOB NOT NULL) STRICT; PRAGMA user_version=1;")
            .unwrap();
        let opened = Database::open(&old, &LAYOUT, key(), [2; 16], entropy()).unwrap();
        assert_eq!(pages(&opened), 4096);
    }

    #[test]
    fn an_older_file_is_brought_up_to_date_and_a_newer_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let entropy = || Arc::new(SystemEntropy);
        drop(Database::create(&path, &LAYOUT, key(), [2; 16], entropy()).unwrap());
        let later = Database::open(&path, &LATER, key(), [2; 16], entropy()).unwrap();
        assert_eq!(later.integrity().unwrap(), Vec::<String>::new());
        drop(later);
        let older = Database::open(&path, &LAYOUT, key(), [2; 16], entropy());
        assert!(matches!(older, Err(StorageError::Newer { found: 2, known: 1, .. })));
        assert_eq!(Database::store_id(&path, &LATER).unwrap(), [2; 16]);
    }
}
