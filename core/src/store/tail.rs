//! The newest entries of the logs, with their bodies and the documents that they touch: one
//! appended row each, so that an action writes few pages. Once there are enough of them, they
//! become a run of entries, blocks of words and runs of touches.
//!
//! Which entries there are, and what they touch, is known in memory; they are opened when
//! something asks.

use super::database::{Row, StorageError};
use super::entries::segment_at;
use super::pair_db::PairDb;
use super::rows::{BodyRow, EntryRow};
use super::words::{Bodies, read_bodies, write_bodies};
use crate::id::DocId;
use crate::limits::SEGMENT_ENTRIES;
use rusqlite::{OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Of what was opened so much is kept in memory of each: whoever fills the tail with the largest
/// entries there can be fills no memory.
const KEPT: usize = 4_096;

/// What finds a document's rows.
pub(super) type Lookup = [u8; 16];

/// The newest entries.
#[derive(Default)]
pub(super) struct Tail {
    /// By log and place.
    rows: BTreeMap<(u64, u64), TailRow>,
    /// The entries of a log that touch a document, in order.
    touched: HashMap<(Lookup, u64), Vec<u64>>,
    /// What could not be read when it was to be put into a run.
    stays: BTreeSet<(u64, u64)>,
}

/// One of them, and what was opened of it.
pub(super) struct TailRow {
    number: i64,
    docs: Vec<Lookup>,
    /// Where it is little.
    entry: Option<Arc<EntryRow>>,
    /// Where they are little.
    bodies: Option<Arc<Bodies>>,
}

impl TailRow {
    fn new(number: i64, docs: Vec<Lookup>) -> Self {
        Self { number, docs, entry: None, bodies: None }
    }

    fn keep_entry(&mut self, entry: &Arc<EntryRow>) {
        self.entry = (entry.bytes.len() <= KEPT).then(|| entry.clone());
    }

    fn keep_bodies(&mut self, bodies: &Arc<Bodies>) {
        let bytes: usize = bodies.values().map(|body| body.bytes.len()).sum();
        self.bodies = (bytes <= KEPT).then(|| bodies.clone());
    }
}

impl Tail {
    fn add(&mut self, at: (u64, u64), row: TailRow) {
        for doc in &row.docs {
            self.touched.entry((*doc, at.0)).or_default().push(at.1);
        }
        self.rows.insert(at, row);
    }

    fn remove(&mut self, at: (u64, u64)) -> Option<TailRow> {
        let row = self.rows.remove(&at)?;
        for doc in &row.docs {
            if let Some(places) = self.touched.get_mut(&(*doc, at.0)) {
                places.retain(|place| *place != at.1);
                if places.is_empty() {
                    self.touched.remove(&(*doc, at.0));
                }
            }
        }
        Some(row)
    }
}

/// An entry that is to be written, with what came with it.
pub struct NewEntry<'a> {
    /// The entry.
    pub entry: &'a EntryRow,
    /// The bodies of its records.
    pub bodies: Vec<(u8, BodyRow)>,
    /// The documents that it touches, each as often as it does.
    pub docs: Vec<DocId>,
}

impl PairDb {
    fn with_tail<T>(
        &self,
        look: impl FnOnce(&mut Tail) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let mut tail = self.tail.borrow_mut();
        match &mut *tail {
            Some(tail) => look(tail),
            unread => look(unread.insert(self.read_tail()?)),
        }
    }

    fn read_tail(&self) -> Result<Tail, StorageError> {
        let mut statement = self
            .file
            .connection
            .prepare_cached("SELECT number, log, place, docs FROM tail ORDER BY log, place")?;
        let rows = statement.query_map([], |row| {
            let docs: Vec<u8> = row.get(3)?;
            let docs = docs.chunks_exact(16).filter_map(|doc| doc.try_into().ok()).collect();
            Ok(((row.get(1)?, row.get(2)?), TailRow::new(row.get(0)?, docs)))
        })?;
        let mut tail = Tail::default();
        // Where the runs of a log end.
        let mut runs: HashMap<u64, u64> = HashMap::new();
        for row in rows {
            let (at, row): ((u64, u64), TailRow) = match row {
                Err(error @ rusqlite::Error::SqliteFailure(..)) => return Err(error.into()),
                // No number can be so; its entry is found to be missing.
                Err(error) => {
                    tracing::warn!(%error, "a row of the newest entries is damaged");
                    continue;
                }
                Ok(row) => row,
            };
            let end = match runs.get(&at.0) {
                Some(end) => *end,
                None => *runs.entry(at.0).or_insert(self.runs_end(at.0)?),
            };
            // One of two in one place is damaged, and keeps nobody from reading the other.
            let in_run =
                at.1 < end && segment_at(self, at.0, at.1)?.is_some_and(|(_, end)| at.1 < end);
            if (in_run || tail.rows.contains_key(&at))
                && self.open_tail_row(at, row.number).is_err()
            {
                continue;
            }
            tail.remove(at);
            tail.add(at, row);
        }
        Ok(tail)
    }

    /// One past the last entry of a log that stands in a run; 0 where none does.
    fn runs_end(&self, log: u64) -> Result<u64, StorageError> {
        Ok(segment_at(self, log, i64::MAX as u64)?.map_or(0, |(_, end)| end))
    }

    /// Appends an entry with its bodies, and notes what it touches. Refuses to overwrite one.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_entry(&self, log: u64, place: u64, new: NewEntry<'_>) -> Result<(), StorageError> {
        let NewEntry { entry, bodies, docs } = new;
        let numbers = [log, place];
        let at = Row::Numbers(&numbers);
        let bodies: Bodies =
            bodies.into_iter().map(|(record, body)| ((place, record), body)).collect();
        let sealed = self.file.seal("entry", at, &entry.view())?;
        let words = self.seal_tail_words(log, place, &bodies)?;
        let docs: BTreeSet<Lookup> = docs.into_iter().map(|doc| self.lookup(doc)).collect();
        let docs: Vec<Lookup> = docs.into_iter().collect();
        self.with_tail(|tail| {
            if let Some(known) = tail.rows.get(&(log, place)) {
                // One that does not open has come here by damage, and is in nobody's way.
                let number = known.number;
                if self.open_tail_row((log, place), number).is_ok() {
                    return Err(self.file.damaged("entry", at));
                }
                tail.remove((log, place));
                self.file
                    .connection
                    .prepare_cached("DELETE FROM tail WHERE number = ?1")?
                    .execute([number])?;
            }
            self.file
                .connection
                .prepare_cached(
                    "INSERT INTO tail(log, place, docs, sealed, words) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![log, place, docs.concat(), sealed, words])?;
            let mut row = TailRow::new(self.file.connection.last_insert_rowid(), docs);
            row.keep_entry(&Arc::new(entry.clone()));
            row.keep_bodies(&Arc::new(bodies.clone()));
            tail.add((log, place), row);
            Ok(())
        })?;
        self.list_missing(log, &bodies)
    }

    fn seal_tail_words(
        &self,
        log: u64,
        place: u64,
        bodies: &Bodies,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        if bodies.is_empty() {
            return Ok(None);
        }
        let plain = write_bodies(place, bodies);
        self.file.seal_bytes("entry words", Row::Numbers(&[log, place]), &plain).map(Some)
    }

    /// One of the newest entries; `None` where it is not one of them.
    pub(super) fn tail_entry(
        &self,
        log: u64,
        place: u64,
    ) -> Result<Option<Arc<EntryRow>>, StorageError> {
        self.with_tail(|tail| {
            let Some(row) = tail.rows.get_mut(&(log, place)) else { return Ok(None) };
            if let Some(entry) = &row.entry {
                return Ok(Some(entry.clone()));
            }
            // Where another process has put it into a run meanwhile, it stands there.
            let Some(entry) = self.open_tail_row((log, place), row.number)? else {
                tail.remove((log, place));
                return Ok(None);
            };
            let entry = Arc::new(entry);
            row.keep_entry(&entry);
            Ok(Some(entry))
        })
    }

    fn open_tail_row(
        &self,
        (log, place): (u64, u64),
        number: i64,
    ) -> Result<Option<EntryRow>, StorageError> {
        let numbers = [log, place];
        let at = Row::Numbers(&numbers);
        let sealed: Option<Vec<u8>> = self
            .file
            .connection
            .prepare_cached("SELECT sealed FROM tail WHERE number = ?1")?
            .query_row([number], |row| row.get(0))
            .optional()?;
        let Some(sealed) = sealed else { return Ok(None) };
        let plain = self.file.unseal_bytes("entry", at, &sealed)?;
        EntryRow::read(&plain).ok_or_else(|| self.file.damaged("entry", at)).map(Some)
    }

    /// The bodies of one of the newest entries; `None` where it is not one of them.
    pub(super) fn tail_bodies(
        &self,
        log: u64,
        place: u64,
    ) -> Result<Option<Arc<Bodies>>, StorageError> {
        self.with_tail(|tail| {
            let Some(row) = tail.rows.get_mut(&(log, place)) else { return Ok(None) };
            if let Some(bodies) = &row.bodies {
                return Ok(Some(bodies.clone()));
            }
            let sealed: Option<Option<Vec<u8>>> = self
                .file
                .connection
                .prepare_cached("SELECT words FROM tail WHERE number = ?1")?
                .query_row([row.number], |row| row.get(0))
                .optional()?;
            let Some(sealed) = sealed else {
                tail.remove((log, place));
                return Ok(None);
            };
            let bodies = match sealed {
                None => Bodies::new(),
                Some(sealed) => {
                    let numbers = [log, place];
                    let at = Row::Numbers(&numbers);
                    let plain = self.file.unseal_bytes("entry words", at, &sealed)?;
                    let read = read_bodies(place, &plain);
                    read.ok_or_else(|| self.file.damaged("entry words", at))?
                }
            };
            let bodies = Arc::new(bodies);
            row.keep_bodies(&bodies);
            Ok(Some(bodies))
        })
    }

    /// Writes the bodies of one of the newest entries in place of those that were. Whether it is
    /// one of them.
    pub(super) fn put_tail_bodies(
        &self,
        log: u64,
        place: u64,
        bodies: Bodies,
    ) -> Result<bool, StorageError> {
        let sealed = self.seal_tail_words(log, place, &bodies)?;
        self.with_tail(|tail| {
            let Some(row) = tail.rows.get_mut(&(log, place)) else { return Ok(false) };
            self.file
                .connection
                .prepare_cached("UPDATE tail SET words = ?2 WHERE number = ?1")?
                .execute(params![row.number, sealed])?;
            row.keep_bodies(&Arc::new(bodies));
            Ok(true)
        })
    }

    /// Where the newest entries of a log stand that are single rows, in order.
    pub(super) fn tail_places(&self, log: u64) -> Result<Vec<u64>, StorageError> {
        self.with_tail(|tail| {
            Ok(tail.rows.range((log, 0)..=(log, u64::MAX)).map(|((_, place), _)| *place).collect())
        })
    }

    /// Whether an entry is one of the newest; not, where they cannot be read.
    pub fn in_tail(&self, log: u64, place: u64) -> bool {
        self.with_tail(|tail| Ok(tail.rows.contains_key(&(log, place)))).unwrap_or(false)
    }

    /// Where the newest entries stand: log and place.
    pub(super) fn tail_rows(&self) -> Result<Vec<(u64, u64)>, StorageError> {
        self.with_tail(|tail| Ok(tail.rows.keys().copied().collect()))
    }

    /// How many entries of a log are rows of their own.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn tail_len(&self, log: u64) -> Result<usize, StorageError> {
        self.with_tail(|tail| Ok(tail.rows.range((log, 0)..=(log, u64::MAX)).count()))
    }

    /// The newest entries of a log that touch a document, in order.
    pub(super) fn tail_touches(&self, lookup: &Lookup, log: u64) -> Result<Vec<u64>, StorageError> {
        self.with_tail(|tail| Ok(tail.touched.get(&(*lookup, log)).cloned().unwrap_or_default()))
    }

    /// Notes which documents one of the newest entries touches, in place of what was noted.
    /// Whether it is one of them.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_tail_touches(
        &self,
        log: u64,
        place: u64,
        docs: &[DocId],
    ) -> Result<bool, StorageError> {
        let docs: Vec<Lookup> = docs.iter().map(|doc| self.lookup(*doc)).collect();
        self.with_tail(|tail| {
            let Some(mut row) = tail.remove((log, place)) else { return Ok(false) };
            self.file
                .connection
                .prepare_cached("UPDATE tail SET docs = ?2 WHERE number = ?1")?
                .execute(params![row.number, docs.concat()])?;
            row.docs = docs.clone();
            tail.add((log, place), row);
            // In order, wherever it stood.
            for doc in docs {
                tail.touched.entry((doc, log)).or_default().sort_unstable();
            }
            Ok(true)
        })
    }

    /// The oldest entries of a log that are rows of their own, stand side by side and
    /// may become one row: the first, and one past the last. The newest stay as they
    /// are.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn joinable(&self, log: u64) -> Result<Option<(u64, u64)>, StorageError> {
        let mut single = self.tail_places(log)?;
        self.with_tail(|tail| {
            single.retain(|place| !tail.stays.contains(&(log, *place)));
            Ok(())
        })?;
        let Some(first) = single.first().copied() else { return Ok(None) };
        // A run that came as one row may stand between them: no row reaches over it.
        let adjacent = |(at, place): &(usize, &u64)| **place == first + *at as u64;
        let stretch = single.iter().enumerate().take_while(adjacent).count();
        let closed = stretch < single.len();
        if !closed && single.len() < 2 * SEGMENT_ENTRIES {
            return Ok(None);
        }
        Ok(Some((first, first + stretch.min(SEGMENT_ENTRIES) as u64)))
    }

    /// Puts what is [joinable](Self::joinable) into one row, in the caller's
    /// transaction. Whether there was anything.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn join_oldest(&self, log: u64) -> Result<bool, StorageError> {
        let Some((first, end)) = self.joinable(log)? else { return Ok(false) };
        let mut entries = Vec::new();
        let mut bodies = Bodies::new();
        for place in first..end {
            match self.entry(log, place) {
                // It stays where it is, and what stands around it becomes runs.
                Err(StorageError::Damaged(what)) => {
                    tracing::warn!(what, "an entry stays a row of its own");
                    return self.with_tail(|tail| Ok(tail.stays.insert((log, place))));
                }
                entry => entries.push(entry?),
            }
            match self.tail_bodies(log, place) {
                // Nobody can read them any more: they leave with the row.
                Err(StorageError::Damaged(what)) => {
                    tracing::warn!(what, "words are lost");
                    self.unlist_missing(log, place)?;
                }
                here => {
                    let here = here?.unwrap_or_default();
                    bodies.extend(here.iter().map(|(at, body)| (*at, body.clone())));
                }
            }
        }
        let removed = self.remove_from_tail(log, first, end)?;
        self.add_segment(log, first, &entries)?;
        self.put_block_bodies(log, bodies)?;
        let mut touched: BTreeMap<Lookup, Vec<u64>> = BTreeMap::new();
        for (place, row) in (first..).zip(removed) {
            row.docs.into_iter().for_each(|doc| touched.entry(doc).or_default().push(place));
        }
        for (doc, places) in touched {
            self.add_touches_at(&doc, log, &places)?;
        }
        Ok(true)
    }

    /// Takes entries of a log out of the newest ones, from `first` to before `end`.
    pub(super) fn remove_from_tail(
        &self,
        log: u64,
        first: u64,
        end: u64,
    ) -> Result<Vec<TailRow>, StorageError> {
        self.with_tail(|tail| {
            let here = tail.rows.range((log, first)..(log, end)).map(|(at, _)| *at);
            let mut removed = Vec::new();
            for at in here.collect::<Vec<_>>() {
                removed.extend(tail.remove(at));
            }
            // With whatever damage has put there.
            self.file
                .connection
                .prepare_cached("DELETE FROM tail WHERE log = ?1 AND place >= ?2 AND place < ?3")?
                .execute([log, first, end.min(i64::MAX as u64)])?;
            Ok(removed)
        })
    }

    /// Notes of every one of the newest entries that it touches nothing.
    pub(super) fn forget_tail_touches(&self) -> Result<(), StorageError> {
        self.file.connection.execute("UPDATE tail SET docs = x''", [])?;
        self.tail.borrow_mut().take();
        Ok(())
    }

    /// How many touches of the newest entries there are.
    pub(super) fn tail_touch_count(&self) -> Result<u64, StorageError> {
        self.with_tail(|tail| Ok(tail.touched.values().map(|places| places.len() as u64).sum()))
    }
}

#[cfg(test)]
mod tests;
