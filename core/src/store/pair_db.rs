//! `pair.db`: the two logs, their bodies, the documents' snapshots, the link.

use super::database::{Database, Layout, Row, StorageError};
use super::rows::{BodyRow, EntryRow, LogRow};
use crate::cbor::Value;
use crate::host::Entropy;
use crate::id::{DocId, Head, LogId, PairId};
use crate::log::body::BodyState;
use crate::log::genesis_head;
use crate::time::Moment;
use amends_seal::DataKey;
use rusqlite::{OptionalExtension, params};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

const LAYOUT: Layout = Layout {
    file: "pair.db",
    migrations: &[
        "
        CREATE TABLE store(id BLOB NOT NULL) STRICT;
        CREATE TABLE setting(lookup BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE log(number INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
        CREATE TABLE entry(log INTEGER NOT NULL, place INTEGER NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (log, place)) STRICT, WITHOUT ROWID;
        CREATE TABLE body(log INTEGER NOT NULL, place INTEGER NOT NULL, record INTEGER NOT NULL,
            sealed BLOB NOT NULL, PRIMARY KEY (log, place, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE document(lookup BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE touch(lookup BLOB NOT NULL, log INTEGER NOT NULL, place INTEGER NOT NULL,
            PRIMARY KEY (lookup, log, place)) STRICT, WITHOUT ROWID;
        CREATE TABLE snapshot(lookup BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
    ",
        "
        CREATE TABLE live(lookup BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE missing(log INTEGER NOT NULL, place INTEGER NOT NULL, record INTEGER NOT NULL,
            PRIMARY KEY (log, place, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE expiring(log INTEGER NOT NULL, place INTEGER NOT NULL, record INTEGER NOT NULL,
            sealed BLOB NOT NULL, PRIMARY KEY (log, place, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE outbox(lookup BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE segment(log INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL,
            sealed BLOB NOT NULL, PRIMARY KEY (log, first)) STRICT, WITHOUT ROWID;
        CREATE TABLE touch_run(lookup BLOB NOT NULL, log INTEGER NOT NULL, first INTEGER NOT NULL,
            places BLOB NOT NULL, PRIMARY KEY (lookup, log, first)) STRICT, WITHOUT ROWID;
    ",
    ],
};

/// Where `pair.db` is and which store it belongs to.
pub struct PairFile;

impl PairFile {
    /// The store id of the file, which says where its keys are kept.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn store_id(path: &Path) -> Result<[u8; 16], StorageError> {
        Database::store_id(path, &LAYOUT)
    }
}

/// A document that entries have touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// Its id.
    pub id: DocId,
    /// The kind of the first record that touched it.
    pub first_kind: String,
    /// The log and the entry that first touched it.
    pub first: (u64, u64),
    /// How many changes its snapshot holds; 0 where there is none.
    pub snapshot: u64,
    /// How many documents of its class that log had begun before.
    pub nth: u64,
}

/// A document that views look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRow {
    /// Its id.
    pub id: DocId,
    /// The kind of the first record that touched it.
    pub first_kind: String,
    /// The number of the log that began it.
    pub log: u64,
    /// How many documents of its class that log had begun before.
    pub nth: u64,
}

/// What a document is, by the kind of its first record.
fn class(kind: &str) -> &str {
    match kind.split_once('.').map_or(kind, |(class, _)| class) {
        "draft" => "agreement",
        class => class,
    }
}

/// A body that will expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiring {
    /// Its log's number.
    pub log: u64,
    /// Its entry.
    pub index: u64,
    /// Its record.
    pub place: u8,
    /// Until when it is kept.
    pub until: Moment,
    /// When it was written.
    pub at: Moment,
}

/// `pair.db`, open.
pub struct PairDb(pub(super) Database, RefCell<VecDeque<Segment>>);

/// A run of entries as it was read last: log, first index, rows.
type Segment = (u64, u64, Arc<Vec<EntryRow>>);

/// Segments kept in memory.
const SEGMENTS: usize = 8;

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
        Ok(Self(Database::create(path, &LAYOUT, key, store, entropy)?, RefCell::default()))
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
        Ok(Self(Database::open(path, &LAYOUT, key, store, entropy)?, RefCell::default()))
    }

    /// Begins a transaction that no other writer interrupts; to be ended with
    /// [`PairDb::finish`].
    ///
    /// # Errors
    /// [`StorageError::Busy`] where another process writes for too long.
    pub fn begin(&self) -> Result<(), StorageError> {
        self.0.begin()
    }

    /// Ends the transaction as `result` says: all of it, or nothing.
    ///
    /// # Errors
    /// What `result` says, or [`StorageError`].
    pub fn finish<T, E: From<StorageError>>(&self, result: Result<T, E>) -> Result<T, E> {
        let result = self.0.finish(result);
        if result.is_err() {
            // A run that was read meanwhile may never have been.
            self.1.borrow_mut().clear();
        }
        result
    }

    /// Takes back a transaction that a caught panic left open, if there is one.
    pub fn abandon(&self) {
        self.1.borrow_mut().clear();
        self.0.roll_back();
    }

    /// A setting; `None` if it was never set.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn setting(&self, name: &str) -> Result<Option<Value>, StorageError> {
        let sealed: Option<Vec<u8>> = self
            .0
            .connection
            .prepare_cached("SELECT sealed FROM setting WHERE lookup = ?1")?
            .query_row([&self.setting_lookup(name)[..]], |row| row.get(0))
            .optional()?;
        let Some(sealed) = sealed else { return Ok(None) };
        let value = self.0.unseal("setting", Row::Name(name), &sealed)?;
        let inner = value.get("value").cloned();
        Ok(Some(inner.ok_or_else(|| self.0.damaged("setting", Row::Name(name)))?))
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn set(&self, name: &str, value: &Value) -> Result<(), StorageError> {
        let value = Value::map([("value", Some(value.clone()))]);
        let sealed = self.0.seal("setting", Row::Name(name), &value)?;
        self.0
            .connection
            .prepare_cached("INSERT OR REPLACE INTO setting(lookup, sealed) VALUES (?1, ?2)")?
            .execute(params![&self.setting_lookup(name)[..], sealed])?;
        Ok(())
    }

    /// Removes a setting.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn unset(&self, name: &str) -> Result<(), StorageError> {
        let lookup = self.setting_lookup(name);
        self.0.connection.execute("DELETE FROM setting WHERE lookup = ?1", [&lookup[..]])?;
        Ok(())
    }

    /// The names of settings tell something (that somebody leaves, say).
    fn setting_lookup(&self, name: &str) -> [u8; 16] {
        self.0.lookup("setting", name.as_bytes())
    }

    /// How many settings there are.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn setting_count(&self) -> Result<usize, StorageError> {
        Ok(self.0.connection.query_row("SELECT count(*) FROM setting", [], |row| row.get(0))?)
    }

    /// Every log.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn logs(&self, pair: PairId) -> Result<Vec<LogRow>, StorageError> {
        let mut statement =
            self.0.connection.prepare_cached("SELECT number, sealed FROM log ORDER BY number")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut logs = Vec::new();
        for row in rows {
            let (number, sealed): (u64, Vec<u8>) = row?;
            let place = Row::Numbers(&[number]);
            let value = self.0.unseal("log", place, &sealed)?;
            let row = LogRow::from_value(pair, number, &value);
            logs.push(row.ok_or_else(|| self.0.damaged("log", place))?);
        }
        Ok(logs)
    }

    /// Writes a log's state.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_log(&self, log: &LogRow) -> Result<(), StorageError> {
        let sealed = self.0.seal("log", Row::Numbers(&[log.number]), &log.to_value())?;
        self.0
            .connection
            .prepare_cached("INSERT OR REPLACE INTO log(number, sealed) VALUES (?1, ?2)")?
            .execute(params![log.number, sealed])?;
        Ok(())
    }

    /// An entry.
    ///
    /// # Errors
    /// [`StorageError`]; [`StorageError::Damaged`] where it should be and is not.
    pub fn entry(&self, log: u64, index: u64) -> Result<EntryRow, StorageError> {
        let numbers = [log, index];
        let damaged = || self.0.damaged("entry", Row::Numbers(&numbers));
        if let Some(row) = self.known_segment(log, index) {
            return Ok(row);
        }
        let sealed: Option<Vec<u8>> = self
            .0
            .connection
            .prepare_cached("SELECT sealed FROM entry WHERE log = ?1 AND place = ?2")?
            .query_row([log, index], |row| row.get(0))
            .optional()?;
        match sealed {
            Some(sealed) => {
                let value = self.0.unseal("entry", Row::Numbers(&numbers), &sealed)?;
                EntryRow::from_value(&value).ok_or_else(damaged)
            }
            None => {
                self.read_segment(log, index)?;
                self.known_segment(log, index).ok_or_else(damaged)
            }
        }
    }

    fn known_segment(&self, log: u64, index: u64) -> Option<EntryRow> {
        let segments = self.1.borrow();
        let holds = |(of, first, rows): &&Segment| {
            *of == log && (*first..*first + rows.len() as u64).contains(&index)
        };
        let (_, first, rows) = segments.iter().find(holds)?;
        rows.get((index - first) as usize).cloned()
    }

    /// Reads the run of entries that holds this one, if there is one.
    fn read_segment(&self, log: u64, index: u64) -> Result<(), StorageError> {
        let found: Option<(u64, Vec<u8>)> = self
            .0
            .connection
            .prepare_cached(
                "SELECT first, sealed FROM segment WHERE log = ?1 AND first <= ?2 \
                 ORDER BY first DESC LIMIT 1",
            )?
            .query_row([log, index], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((first, sealed)) = found else { return Ok(()) };
        let numbers = [log, first];
        let row = Row::Numbers(&numbers);
        let value = self.0.unseal("segment", row, &sealed)?;
        let entries = value.get("entries").and_then(Value::array);
        let rows: Option<Vec<EntryRow>> =
            entries.and_then(|entries| entries.iter().map(EntryRow::from_value).collect());
        let rows = rows.ok_or_else(|| self.0.damaged("segment", row))?;
        let mut segments = self.1.borrow_mut();
        segments.retain(|(of, at, _)| (*of, *at) != (log, first));
        segments.truncate(SEGMENTS - 1);
        segments.push_front((log, first, Arc::new(rows)));
        Ok(())
    }

    /// Appends a run of entries as one row. The primary key refuses to overwrite.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_segment(
        &self,
        log: u64,
        first: u64,
        entries: &[EntryRow],
    ) -> Result<(), StorageError> {
        let values = entries.iter().map(EntryRow::to_value).collect();
        let value = Value::map([("entries", Some(Value::Array(values)))]);
        let sealed = self.0.seal("segment", Row::Numbers(&[log, first]), &value)?;
        self.0
            .connection
            .prepare_cached(
                "INSERT INTO segment(log, first, count, sealed) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![log, first, entries.len() as u64, sealed])?;
        Ok(())
    }

    /// The first entry of a log that is a row of its own, and the last.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn single_entries(&self, log: u64) -> Result<Option<(u64, u64)>, StorageError> {
        let mut statement = self
            .0
            .connection
            .prepare_cached("SELECT min(place), max(place) FROM entry WHERE log = ?1")?;
        Ok(statement.query_row([log], |row| Ok(row.get::<_, Option<u64>>(0)?.zip(row.get(1)?)))?)
    }

    /// Puts `count` entries that are rows of their own, from `first` on, into one
    /// row, in the caller's transaction.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn join_entries(&self, log: u64, first: u64, count: usize) -> Result<(), StorageError> {
        let end = first + count as u64;
        let rows =
            (first..end).map(|index| self.entry(log, index)).collect::<Result<Vec<_>, _>>()?;
        self.add_segment(log, first, &rows)?;
        self.0
            .connection
            .prepare_cached("DELETE FROM entry WHERE log = ?1 AND place >= ?2 AND place < ?3")?
            .execute([log, first, end])?;
        Ok(())
    }

    /// Notes that these entries of one run, in order, touch a document.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_touches(&self, doc: DocId, log: u64, places: &[u64]) -> Result<(), StorageError> {
        let Some(first) = places.first() else { return Ok(()) };
        let steps: Vec<u8> =
            places.iter().flat_map(|place| ((place - first) as u32).to_be_bytes()).collect();
        self.0
            .connection
            .prepare_cached(
                "INSERT INTO touch_run(lookup, log, first, places) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![&self.lookup(doc)[..], log, first, steps])?;
        Ok(())
    }

    /// The entries of runs that touch a document.
    fn touches_in_runs(&self, doc: DocId, log: u64) -> Result<Vec<u64>, StorageError> {
        let mut statement = self.0.connection.prepare_cached(
            "SELECT first, places FROM touch_run WHERE lookup = ?1 AND log = ?2 ORDER BY first",
        )?;
        let rows = statement.query_map(params![&self.lookup(doc)[..], log], |row| {
            Ok((row.get::<_, u64>(0)?, row.get::<_, Vec<u8>>(1)?))
        })?;
        let mut places = Vec::new();
        for row in rows {
            let (first, steps) = row?;
            let step =
                |four: &[u8]| four.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
            places.extend(steps.chunks_exact(4).map(|four| first + step(four)));
        }
        Ok(places)
    }

    /// Appends an entry. The primary key refuses to overwrite one.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_entry(&self, log: u64, index: u64, entry: &EntryRow) -> Result<(), StorageError> {
        let sealed = self.0.seal("entry", Row::Numbers(&[log, index]), &entry.to_value())?;
        self.0
            .connection
            .prepare_cached("INSERT INTO entry(log, place, sealed) VALUES (?1, ?2, ?3)")?
            .execute(params![log, index, sealed])?;
        Ok(())
    }

    /// How many entries of each log there are.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn entry_counts(&self) -> Result<Vec<(u64, u64)>, StorageError> {
        let mut statement = self.0.connection.prepare(
            "SELECT log, sum(count) FROM (SELECT log, count(*) AS count FROM entry GROUP BY log
                 UNION ALL SELECT log, sum(count) FROM segment GROUP BY log) GROUP BY log",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The head that a log had at a length; `None` if it is shorter.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn head_at(
        &self,
        pair: PairId,
        log: &LogRow,
        length: u64,
    ) -> Result<Option<Head>, StorageError> {
        let checkpoint = log.follower.checkpoint();
        Ok(match length {
            0 => Some(genesis_head(pair, log.id())),
            _ if length == checkpoint.length => Some(checkpoint.head),
            _ if length > checkpoint.length => None,
            _ => Some(self.entry(log.number, length - 1)?.head),
        })
    }

    /// A body's row, if its record has a body at all.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn body(&self, log: u64, index: u64, place: u8) -> Result<Option<BodyRow>, StorageError> {
        let row = [log, index, u64::from(place)];
        let sealed: Option<Vec<u8>> = self
            .0
            .connection
            .prepare_cached(
                "SELECT sealed FROM body WHERE log = ?1 AND place = ?2 AND record = ?3",
            )?
            .query_row(row, |row| row.get(0))
            .optional()?;
        let Some(sealed) = sealed else { return Ok(None) };
        let value = self.0.unseal("body", Row::Numbers(&row), &sealed)?;
        let body = BodyRow::from_value(&value);
        Ok(Some(body.ok_or_else(|| self.0.damaged("body", Row::Numbers(&row)))?))
    }

    /// Writes the row of a body that had none, and the lists of those that are
    /// missing and of those that will expire.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_body(
        &self,
        log: u64,
        index: u64,
        place: u8,
        body: &BodyRow,
    ) -> Result<(), StorageError> {
        let listed = body.state == BodyState::Withheld
            || (body.until.is_some() && body.state != BodyState::Gone);
        if listed {
            return self.put_body(log, index, place, body);
        }
        self.write_body(log, index, place, body)
    }

    fn write_body(
        &self,
        log: u64,
        index: u64,
        place: u8,
        body: &BodyRow,
    ) -> Result<(), StorageError> {
        let row = [log, index, u64::from(place)];
        let sealed = self.0.seal("body", Row::Numbers(&row), &body.to_value())?;
        self.0
            .connection
            .prepare_cached(
                "INSERT OR REPLACE INTO body(log, place, record, sealed) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![log, index, place, sealed])?;
        Ok(())
    }

    /// Writes a body's row, and the lists of those that are missing and of those
    /// that will expire.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_body(
        &self,
        log: u64,
        index: u64,
        place: u8,
        body: &BodyRow,
    ) -> Result<(), StorageError> {
        self.write_body(log, index, place, body)?;
        let row = [log, index, u64::from(place)];
        let missing = if body.state == BodyState::Withheld {
            "INSERT OR IGNORE INTO missing(log, place, record) VALUES (?1, ?2, ?3)"
        } else {
            "DELETE FROM missing WHERE log = ?1 AND place = ?2 AND record = ?3"
        };
        self.0.connection.prepare_cached(missing)?.execute(row)?;
        match body.until.filter(|_| body.state != BodyState::Gone) {
            Some(until) => {
                let value =
                    Value::map([("until", Some(until.0.into())), ("at", Some(body.at.0.into()))]);
                let sealed = self.0.seal("expiring", Row::Numbers(&row), &value)?;
                self.0
                    .connection
                    .prepare_cached(
                        "INSERT OR REPLACE INTO expiring(log, place, record, sealed) \
                         VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![log, index, place, sealed])?;
            }
            None => {
                self.0
                    .connection
                    .prepare_cached(
                        "DELETE FROM expiring WHERE log = ?1 AND place = ?2 AND record = ?3",
                    )?
                    .execute(row)?;
            }
        }
        Ok(())
    }

    /// Where bodies of `log` are missing, `limit` of them at most.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn missing(&self, log: u64, limit: usize) -> Result<Vec<(u64, u8)>, StorageError> {
        let mut statement = self.0.connection.prepare_cached(
            "SELECT place, record FROM missing WHERE log = ?1 ORDER BY 1, 2 LIMIT ?2",
        )?;
        let rows = statement
            .query_map(params![log, limit as u64], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every body that will expire: where it stands, until when it is kept, and
    /// when it was written.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn expiring(&self) -> Result<Vec<Expiring>, StorageError> {
        let mut statement = self
            .0
            .connection
            .prepare_cached("SELECT log, place, record, sealed FROM expiring ORDER BY 1, 2, 3")?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let mut expiring = Vec::new();
        for row in rows {
            let (log, index, place, sealed): (u64, u64, u8, Vec<u8>) = row?;
            let numbers = [log, index, u64::from(place)];
            let row = Row::Numbers(&numbers);
            let value = self.0.unseal("expiring", row, &sealed)?;
            let moment = |key: &str| Some(Moment(value.get(key)?.int()?));
            let damaged = || self.0.damaged("expiring", row);
            let until = moment("until").ok_or_else(damaged)?;
            let at = moment("at").ok_or_else(damaged)?;
            expiring.push(Expiring { log, index, place, until, at });
        }
        Ok(expiring)
    }

    /// The documents that views look at: touched, and not yet retired.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn live(&self) -> Result<Vec<LiveRow>, StorageError> {
        let mut statement = self.0.connection.prepare_cached("SELECT lookup, sealed FROM live")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut live = Vec::new();
        for row in rows {
            let (lookup, sealed): (Vec<u8>, Vec<u8>) = row?;
            let row = Row::Lookup(&lookup);
            let value = self.0.unseal("live", row, &sealed)?;
            let read = || {
                Some(LiveRow {
                    id: DocId::from_slice(value.get("id")?.bytes()?)?,
                    first_kind: value.get("kind")?.text()?.to_owned(),
                    log: value.get("log")?.uint()?,
                    nth: value.get("nth")?.uint()?,
                })
            };
            live.push(read().ok_or_else(|| self.0.damaged("live", row))?);
        }
        live.sort_by_key(|row: &LiveRow| row.id);
        Ok(live)
    }

    /// How many documents are live.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn live_count(&self) -> Result<u64, StorageError> {
        Ok(self.0.connection.query_row("SELECT count(*) FROM live", [], |row| row.get(0))?)
    }

    /// Takes a document off the list that views look at. It comes back when
    /// something touches it.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn retire(&self, doc: DocId) -> Result<(), StorageError> {
        let lookup = self.lookup(doc);
        self.0
            .connection
            .prepare_cached("DELETE FROM live WHERE lookup = ?1")?
            .execute([&lookup[..]])?;
        Ok(())
    }

    /// Puts every document on the list that views look at.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn revive_all(&self) -> Result<(), StorageError> {
        self.documents()?.iter().try_for_each(|row| self.revive(row))
    }

    /// Puts a document on the list that views look at.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn revive(&self, row: &DocumentRow) -> Result<(), StorageError> {
        let lookup = self.lookup(row.id);
        let known = self
            .0
            .connection
            .prepare_cached("SELECT 1 FROM live WHERE lookup = ?1")?
            .exists([&lookup[..]])?;
        if known {
            return Ok(());
        }
        let value = Value::map([
            ("id", Some(row.id.as_bytes().into())),
            ("kind", Some(row.first_kind.as_str().into())),
            ("log", Some(row.first.0.into())),
            ("nth", Some(row.nth.into())),
        ]);
        let sealed = self.0.seal("live", Row::Lookup(&lookup), &value)?;
        self.0
            .connection
            .prepare_cached("INSERT INTO live(lookup, sealed) VALUES (?1, ?2)")?
            .execute(params![&lookup[..], sealed])?;
        Ok(())
    }

    /// Everything that waits in the outbox: sealed answers, to be opened when
    /// the other's seal is here.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn outbox(&self) -> Result<Vec<(Vec<u8>, Value)>, StorageError> {
        let mut statement =
            self.0.connection.prepare_cached("SELECT lookup, sealed FROM outbox")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut items = Vec::new();
        for row in rows {
            let (lookup, sealed): (Vec<u8>, Vec<u8>) = row?;
            let value = self.0.unseal("outbox", Row::Lookup(&lookup), &sealed)?;
            items.push((lookup, value));
        }
        Ok(items)
    }

    /// Puts something into the outbox.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_outbox(&self, name: &str, value: &Value) -> Result<(), StorageError> {
        let lookup = self.0.lookup("outbox", name.as_bytes());
        let sealed = self.0.seal("outbox", Row::Lookup(&lookup), value)?;
        self.0
            .connection
            .prepare_cached("INSERT OR REPLACE INTO outbox(lookup, sealed) VALUES (?1, ?2)")?
            .execute(params![&lookup[..], sealed])?;
        Ok(())
    }

    /// Takes something out of the outbox.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn clear_outbox(&self, lookup: &[u8]) -> Result<(), StorageError> {
        self.0
            .connection
            .prepare_cached("DELETE FROM outbox WHERE lookup = ?1")?
            .execute([lookup])?;
        Ok(())
    }

    /// Where every body row of a log stands: `(entry, record)`.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn bodies(&self, log: u64) -> Result<Vec<(u64, u8)>, StorageError> {
        let mut statement = self
            .0
            .connection
            .prepare_cached("SELECT place, record FROM body WHERE log = ?1 ORDER BY 1, 2")?;
        let rows = statement.query_map([log], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that an entry touches a document, and that views look at it.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_touch(
        &self,
        doc: DocId,
        first_kind: &str,
        log: u64,
        index: u64,
    ) -> Result<(), StorageError> {
        self.add_touch_of_known(doc, log, index)?;
        let row = self.begin_document(doc, first_kind, log, index)?;
        self.revive(&row)
    }

    /// A document's row, made now if there is none.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn begin_document(
        &self,
        doc: DocId,
        first_kind: &str,
        log: u64,
        index: u64,
    ) -> Result<DocumentRow, StorageError> {
        if let Some(row) = self.document(doc)? {
            return Ok(row);
        }
        let first_kind = first_kind.to_owned();
        let nth = self.count_begun(log, class(&first_kind))?;
        let row = DocumentRow { id: doc, first_kind, first: (log, index), snapshot: 0, nth };
        self.put_document(&row)?;
        Ok(row)
    }

    /// Notes that an entry touches a document that has its row and is live.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_touch_of_known(&self, doc: DocId, log: u64, index: u64) -> Result<(), StorageError> {
        self.0
            .connection
            .prepare_cached("INSERT OR IGNORE INTO touch(lookup, log, place) VALUES (?1, ?2, ?3)")?
            .execute(params![&self.lookup(doc)[..], log, index])?;
        Ok(())
    }

    /// How many documents of a class a log has begun; and one more from now on.
    fn count_begun(&self, log: u64, class: &str) -> Result<u64, StorageError> {
        let count = self.begun(log, class)?;
        let known = self.setting("begun")?.unwrap_or(Value::Map(Vec::new()));
        let Value::Map(mut counts) = known else { return Err(self.begun_damaged()) };
        let key = format!("{log}/{class}");
        counts.retain(|(name, _)| *name != key);
        counts.push((key, (count + 1).into()));
        self.set("begun", &Value::Map(Vec::new()).with(counts))?;
        Ok(count)
    }

    fn begun_damaged(&self) -> StorageError {
        self.0.damaged("setting", Row::Name("begun"))
    }

    /// How many documents of a class (`agreement`, `promise`) a log has begun.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn begun(&self, log: u64, class: &str) -> Result<u64, StorageError> {
        let Some(counts) = self.setting("begun")? else { return Ok(0) };
        match counts.get(&format!("{log}/{class}")) {
            Some(count) => count.uint().ok_or_else(|| self.begun_damaged()),
            None => Ok(0),
        }
    }

    /// The entries of `log`, from `from` on, that touch a document.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn touches(&self, doc: DocId, log: u64, from: u64) -> Result<Vec<u64>, StorageError> {
        let mut statement = self.0.connection.prepare_cached(
            "SELECT place FROM touch WHERE lookup = ?1 AND log = ?2 AND place >= ?3 ORDER BY place",
        )?;
        let rows =
            statement.query_map(params![&self.lookup(doc)[..], log, from], |row| row.get(0))?;
        let mut places: Vec<u64> = rows.collect::<Result<_, _>>()?;
        places.extend(self.touches_in_runs(doc, log)?.into_iter().filter(|at| *at >= from));
        places.sort_unstable();
        places.dedup();
        Ok(places)
    }

    /// How many touches there are in all.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn touch_count(&self) -> Result<u64, StorageError> {
        Ok(self.0.connection.query_row(
            "SELECT (SELECT count(*) FROM touch)
                + (SELECT coalesce(sum(length(places) / 4), 0) FROM touch_run)",
            [],
            |row| row.get(0),
        )?)
    }

    fn lookup(&self, doc: DocId) -> [u8; 16] {
        self.0.lookup("document", doc.as_bytes())
    }

    /// A document's row.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn document(&self, doc: DocId) -> Result<Option<DocumentRow>, StorageError> {
        let lookup = self.lookup(doc);
        let sealed: Option<Vec<u8>> = self
            .0
            .connection
            .prepare_cached("SELECT sealed FROM document WHERE lookup = ?1")?
            .query_row([&lookup[..]], |row| row.get(0))
            .optional()?;
        sealed.map(|sealed| self.read_document(&lookup, &sealed)).transpose()
    }

    fn read_document(&self, lookup: &[u8], sealed: &[u8]) -> Result<DocumentRow, StorageError> {
        let row = Row::Lookup(lookup);
        let value = self.0.unseal("document", row, sealed)?;
        let read = || {
            Some(DocumentRow {
                id: DocId::from_slice(value.get("id")?.bytes()?)?,
                first_kind: value.get("kind")?.text()?.to_owned(),
                first: (value.get("log")?.uint()?, value.get("entry")?.uint()?),
                snapshot: value.get("snapshot")?.uint()?,
                // The first layout did not count; its documents are indexed anew.
                nth: value.get("nth").map_or(Some(0), Value::uint)?,
            })
        };
        read().ok_or_else(|| self.0.damaged("document", row))
    }

    fn put_document(&self, document: &DocumentRow) -> Result<(), StorageError> {
        let lookup = self.lookup(document.id);
        let value = Value::map([
            ("id", Some(document.id.as_bytes().into())),
            ("kind", Some(document.first_kind.as_str().into())),
            ("log", Some(document.first.0.into())),
            ("entry", Some(document.first.1.into())),
            ("snapshot", Some(document.snapshot.into())),
            ("nth", Some(document.nth.into())),
        ]);
        let sealed = self.0.seal("document", Row::Lookup(&lookup), &value)?;
        self.0
            .connection
            .prepare_cached("INSERT OR REPLACE INTO document(lookup, sealed) VALUES (?1, ?2)")?
            .execute(params![&lookup[..], sealed])?;
        Ok(())
    }

    /// Every document, in the order of their ids.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn documents(&self) -> Result<Vec<DocumentRow>, StorageError> {
        let mut statement =
            self.0.connection.prepare_cached("SELECT lookup, sealed FROM document")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut documents = Vec::new();
        for row in rows {
            let (lookup, sealed): (Vec<u8>, Vec<u8>) = row?;
            documents.push(self.read_document(&lookup, &sealed)?);
        }
        documents.sort_by_key(|document| document.id);
        Ok(documents)
    }

    /// A document's snapshot: the deriving rule's version and the saved bytes.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn snapshot(&self, doc: DocId) -> Result<Option<(u64, Vec<u8>)>, StorageError> {
        let lookup = self.lookup(doc);
        let row = Row::Lookup(&lookup);
        let sealed: Option<Vec<u8>> = self
            .0
            .connection
            .prepare_cached("SELECT sealed FROM snapshot WHERE lookup = ?1")?
            .query_row([&lookup[..]], |row| row.get(0))
            .optional()?;
        let Some(sealed) = sealed else { return Ok(None) };
        let value = self.0.unseal("snapshot", row, &sealed)?;
        let read = || Some((value.get("rule")?.uint()?, value.get("bytes")?.bytes()?.to_vec()));
        Ok(Some(read().ok_or_else(|| self.0.damaged("snapshot", row))?))
    }

    /// Replaces a document's snapshot, `changes` long, in the caller's transaction.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_snapshot(
        &self,
        document: &DocumentRow,
        rule: u64,
        changes: u64,
        bytes: &[u8],
    ) -> Result<(), StorageError> {
        let lookup = self.lookup(document.id);
        let value = Value::map([("rule", Some(rule.into())), ("bytes", Some(bytes.into()))]);
        let sealed = self.0.seal("snapshot", Row::Lookup(&lookup), &value)?;
        self.0
            .connection
            .prepare_cached("INSERT OR REPLACE INTO snapshot(lookup, sealed) VALUES (?1, ?2)")?
            .execute(params![&lookup[..], sealed])?;
        self.put_document(&DocumentRow { snapshot: changes, ..document.clone() })
    }

    /// Makes the documents' rows, their touches and snapshots anew from nothing:
    /// the caller puts them in again from the logs.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn forget_documents(&self) -> Result<(), StorageError> {
        Ok(self.0.connection.execute_batch(
            "DELETE FROM snapshot; DELETE FROM touch; DELETE FROM touch_run;
                 DELETE FROM document; DELETE FROM live",
        )?)
    }

    /// One past the last entry of `log` that touches a document; 0 if none does.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn touched_to(&self, doc: DocId, log: u64) -> Result<u64, StorageError> {
        let mut statement = self.0.connection.prepare_cached(
            "SELECT coalesce(max(place) + 1, 0) FROM touch WHERE lookup = ?1 AND log = ?2",
        )?;
        let single: u64 =
            statement.query_row(params![&self.lookup(doc)[..], log], |row| row.get(0))?;
        let last = self.touches_in_runs(doc, log)?.last().map_or(0, |place| place + 1);
        Ok(single.max(last))
    }

    /// Makes the lists of missing and of expiring bodies anew from their rows.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn index_bodies(&self, logs: &[LogRow]) -> Result<(), StorageError> {
        self.0.connection.execute_batch("DELETE FROM missing; DELETE FROM expiring")?;
        for log in logs {
            for (index, place) in self.bodies(log.number)? {
                if let Some(row) = self.body(log.number, index, place)? {
                    self.put_body(log.number, index, place, &row)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the WAL back and truncates it if nobody keeps it from that just now.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn try_checkpoint(&self) -> Result<bool, StorageError> {
        self.0.try_checkpoint()
    }

    /// How many snapshots there are.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn snapshot_count(&self) -> Result<u64, StorageError> {
        Ok(self.0.connection.query_row("SELECT count(*) FROM snapshot", [], |row| row.get(0))?)
    }

    /// Changes whenever another connection has committed.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn data_version(&self) -> Result<i64, StorageError> {
        self.0.data_version()
    }

    /// Writes the WAL back and truncates it; `false` if somebody kept it from that.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn checkpoint(&self) -> Result<bool, StorageError> {
        self.0.checkpoint()
    }

    /// What SQLite itself finds wrong with the file.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn integrity(&self) -> Result<Vec<String>, StorageError> {
        self.0.integrity()
    }

    /// The largest size the file may grow to, in pages: for tests of a full disk.
    #[doc(hidden)]
    pub fn limit_pages(&self, pages: u32) -> Result<(), StorageError> {
        Ok(self.0.connection.pragma_update(None, "max_page_count", pages)?)
    }

    /// The number of a person's log of a generation.
    pub fn number(mine: bool, generation: u8) -> u64 {
        2 * u64::from(generation) + u64::from(!mine)
    }

    /// Finds a log among rows.
    pub fn find(logs: &[LogRow], id: LogId) -> Option<&LogRow> {
        logs.iter().find(|log| log.id() == id)
    }
}
