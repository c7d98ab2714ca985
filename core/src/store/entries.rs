//! The logs' entries in `pair.db`: the newest are rows of their own, the others
//! stand in runs.

use super::database::{Row, StorageError};
use super::pair_db::PairDb;
use super::rows::{EntryRow, LogRow};
use crate::cbor::View;
use crate::id::{Head, PairId};
use crate::log::genesis_head;
use rusqlite::{OptionalExtension, params};
use std::cell::RefCell;
use std::collections::VecDeque;

/// The runs of entries that were read last.
pub(super) type Segments = RefCell<VecDeque<Segment>>;

/// A run of entries, each as it was encoded.
pub(super) struct Segment {
    log: u64,
    first: u64,
    rows: Vec<Vec<u8>>,
}

/// Segments kept in memory.
const SEGMENTS: usize = 8;

impl PairDb {
    /// An entry.
    ///
    /// # Errors
    /// [`StorageError`]; [`StorageError::Damaged`] where it should be and is not.
    pub fn entry(&self, log: u64, index: u64) -> Result<EntryRow, StorageError> {
        let numbers = [log, index];
        let damaged = || self.file.damaged("entry", Row::Numbers(&numbers));
        if let Some(row) = self.known_segment(log, index) {
            return row;
        }
        let sealed: Option<Vec<u8>> = self
            .file
            .connection
            .prepare_cached("SELECT sealed FROM entry WHERE log = ?1 AND place = ?2")?
            .query_row([log, index], |row| row.get(0))
            .optional()?;
        match sealed {
            Some(sealed) => {
                let plain = self.file.unseal_bytes("entry", Row::Numbers(&numbers), &sealed)?;
                EntryRow::read(&plain).ok_or_else(damaged)
            }
            None => {
                self.read_segment(log, index)?;
                self.known_segment(log, index).unwrap_or_else(|| Err(damaged()))
            }
        }
    }

    fn known_segment(&self, log: u64, index: u64) -> Option<Result<EntryRow, StorageError>> {
        let segments = self.segments.borrow();
        let holds = |segment: &&Segment| {
            segment.log == log
                && (segment.first..segment.first + segment.rows.len() as u64).contains(&index)
        };
        let segment = segments.iter().find(holds)?;
        let row = segment.rows.get((index - segment.first) as usize)?;
        let damaged = || self.file.damaged("segment", Row::Numbers(&[log, segment.first]));
        Some(EntryRow::read(row).ok_or_else(damaged))
    }

    /// Reads the run of entries that holds this one, if there is one.
    fn read_segment(&self, log: u64, index: u64) -> Result<(), StorageError> {
        let found: Option<(u64, Vec<u8>)> = self
            .file
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
        let plain = self.file.unseal_bytes("segment", row, &sealed)?;
        let read = || {
            let view = View::read(&plain).ok()?;
            let rows = view.get("rows")?.array()?.iter();
            rows.map(|row| Some(row.bytes()?.to_vec())).collect::<Option<Vec<_>>>()
        };
        let rows = read().ok_or_else(|| self.file.damaged("segment", row))?;
        let mut segments = self.segments.borrow_mut();
        segments.retain(|segment| (segment.log, segment.first) != (log, first));
        segments.truncate(SEGMENTS - 1);
        segments.push_front(Segment { log, first, rows });
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
        let rows: Vec<Vec<u8>> = entries.iter().map(|entry| entry.view().encode()).collect();
        let rows = View::Array(rows.iter().map(|row| View::Bytes(row)).collect());
        let row = Row::Numbers(&[log, first]);
        let sealed = self.file.seal("segment", row, &View::fields([("rows", rows)]))?;
        self.file
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
            .file
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
        self.file
            .connection
            .prepare_cached("DELETE FROM entry WHERE log = ?1 AND place >= ?2 AND place < ?3")?
            .execute([log, first, end])?;
        Ok(())
    }

    /// Appends an entry. The primary key refuses to overwrite one.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_entry(&self, log: u64, index: u64, entry: &EntryRow) -> Result<(), StorageError> {
        let row = Row::Numbers(&[log, index]);
        let sealed = self.file.seal("entry", row, &entry.view())?;
        self.file
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
        let mut statement = self.file.connection.prepare(
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
}
