//! The logs' entries in `pair.db`: the newest are rows of their own, the others
//! stand in runs.

use super::database::{Row, StorageError};
use super::pair_db::PairDb;
use super::rows::{EntryRow, LogRow};
use super::segments::{pack, unpack};
use crate::id::{Head, PairId};
use crate::log::genesis_head;
use rusqlite::{OptionalExtension, params};
use std::cell::RefCell;
use std::collections::VecDeque;

/// The runs of entries that were read last.
pub(super) type Segments = RefCell<VecDeque<Segment>>;

/// A run of entries.
pub(super) struct Segment {
    log: u64,
    first: u64,
    rows: Vec<EntryRow>,
}

/// Segments kept in memory.
const SEGMENTS: usize = 8;

impl PairDb {
    /// An entry.
    ///
    /// # Errors
    /// [`StorageError`]; [`StorageError::Damaged`] where it should be and is not.
    pub fn entry(&self, log: u64, index: u64) -> Result<EntryRow, StorageError> {
        if let Some(entry) = self.tail_entry(log, index)? {
            return Ok(EntryRow::clone(&entry));
        }
        if let Some(row) = self.known_segment(log, index) {
            return Ok(row);
        }
        self.read_segment(log, index)?;
        let found = self.known_segment(log, index);
        found.ok_or_else(|| self.file.damaged("entry", Row::Numbers(&[log, index])))
    }

    fn known_segment(&self, log: u64, index: u64) -> Option<EntryRow> {
        let segments = self.segments.borrow();
        let holds = |segment: &&Segment| {
            segment.log == log
                && (segment.first..segment.first + segment.rows.len() as u64).contains(&index)
        };
        let segment = segments.iter().find(holds)?;
        segment.rows.get((index - segment.first) as usize).cloned()
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
        let rows = unpack(&plain).ok_or_else(|| self.file.damaged("segment", row))?;
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
        let sealed =
            self.file.seal_bytes("segment", Row::Numbers(&[log, first]), &pack(entries))?;
        self.file
            .connection
            .prepare_cached(
                "INSERT INTO segment(log, first, count, sealed) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![log, first, entries.len() as u64, sealed])?;
        Ok(())
    }

    /// How many entries of each log there are.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn entry_counts(&self) -> Result<Vec<(u64, u64)>, StorageError> {
        let mut statement = self.file.connection.prepare(
            "SELECT log, sum(count) FROM (SELECT log, count(*) AS count FROM tail GROUP BY log
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

/// The run of entries that begins at or before this one: its first, and one past
/// its last.
pub(super) fn segment_at(
    db: &PairDb,
    log: u64,
    index: u64,
) -> Result<Option<(u64, u64)>, StorageError> {
    Ok(db
        .file
        .connection
        .prepare_cached(
            "SELECT first, first + count FROM segment WHERE log = ?1 AND first <= ?2 \
             ORDER BY first DESC LIMIT 1",
        )?
        .query_row([log, index], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Deletes what a table holds of a log from `first` on.
pub(super) fn delete_from(
    db: &PairDb,
    table: &str,
    column: &str,
    log: u64,
    first: u64,
) -> Result<(), StorageError> {
    let statement = format!("DELETE FROM {table} WHERE log = ?1 AND {column} >= ?2");
    db.file.connection.prepare_cached(&statement)?.execute([log, first])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::id::Past;
    use crate::store::NewEntry;
    use crate::time::Moment;

    #[test]
    fn entries_stay_readable_wherever_runs_stand_between_single_ones() {
        let (_folder, db) = PairDb::scratch();
        let mut heads = vec![Head([3; 32])];
        for index in 0..2_000_u64 {
            heads.push(crate::log::next_head(heads[index as usize], &index.to_be_bytes()));
        }
        let row = |index: u64| EntryRow {
            bytes: index.to_be_bytes().to_vec(),
            head: heads[index as usize + 1],
            tag: [4; 16],
            past: Past::default(),
            received: Moment(5),
        };
        let mut next = 0;
        // Written one by one, and in runs, as they came.
        for (count, single) in [(1, true), (90, false), (130, true), (20, false), (900, true)] {
            let rows: Vec<EntryRow> = (next..next + count).map(row).collect();
            if single {
                for (entry, at) in rows.iter().zip(next..) {
                    let new = NewEntry { entry, bodies: vec![], docs: vec![] };
                    db.add_entry(1, at, new).unwrap();
                }
            } else {
                db.add_segment(1, next, &rows).unwrap();
            }
            next += count;
        }
        let mut joined = 0;
        while db.join_oldest(1).unwrap() {
            joined += 1;
            db.forget();
            assert_eq!(db.entry_counts().unwrap(), [(1, next)], "each stands in one place");
            for index in 0..next {
                assert_eq!(db.entry(1, index).unwrap(), row(index));
            }
        }
        assert_eq!(joined, 4, "both short stretches, and 900 but for the newest");
        // Cut in the middle of a run, at its beginning, and among single ones.
        for length in [next - 3, next - 600, 91, 50, 1, 0] {
            db.cut_log(1, length).unwrap();
            db.forget();
            let counts = if length == 0 { vec![] } else { vec![(1, length)] };
            assert_eq!(db.entry_counts().unwrap(), counts);
            for index in 0..length {
                assert_eq!(db.entry(1, index).unwrap(), row(index));
            }
            assert!(db.entry(1, length).is_err());
        }
    }
}
