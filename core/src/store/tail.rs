//! The newest entries of the logs, with their bodies and the documents that they touch: one
//! appended row each, so that an action writes few pages. Once there are enough of them, they
//! become a run of entries, blocks of words and runs of touches.
//!
//! Which entries there are, and what they touch, is known in memory; they are opened when
//! something asks.

use super::database::{Row, StorageError};
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
    /// The documents that it touches.
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
        for row in rows {
            let (at, row) = row?;
            // One of two in one place is damaged, and keeps nobody from reading the others.
            if tail.rows.contains_key(&at) {
                if self.open_tail_row(at, row.number).is_err() {
                    continue;
                }
                tail.remove(at);
            }
            tail.add(at, row);
        }
        Ok(tail)
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
        let docs: Vec<Lookup> = docs.into_iter().map(|doc| self.lookup(doc)).collect();
        self.with_tail(|tail| {
            if tail.rows.contains_key(&(log, place)) {
                return Err(self.file.damaged("entry", at));
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
                Err(StorageError::Damaged(what)) => tracing::warn!(what, "words are lost"),
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
                let Some(row) = tail.remove(at) else { continue };
                self.file
                    .connection
                    .prepare_cached("DELETE FROM tail WHERE number = ?1")?
                    .execute([row.number])?;
                removed.push(row);
            }
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
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::host::SystemEntropy;
    use crate::id::{Head, Past};
    use crate::log::body::BodyState;
    use crate::time::Moment;
    use amends_seal::DataKey;

    const DOC: DocId = DocId([9; 16]);

    fn db() -> (tempfile::TempDir, PairDb) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pair.db");
        let (key, entropy) = (DataKey::from_bytes([1; 32]), Arc::new(SystemEntropy));
        let db = PairDb::create(&path, key, [2; 16], entropy).unwrap();
        (folder, db)
    }

    fn entry(index: u64, length: usize) -> EntryRow {
        let (head, tag, past) = (Head([index as u8; 32]), [4; 16], Past::default());
        EntryRow { bytes: vec![index as u8; length], head, tag, past, received: Moment(5) }
    }

    fn body(length: usize) -> BodyRow {
        let until = Some(Moment(90));
        BodyRow { state: BodyState::Present, until, at: Moment(7), bytes: vec![5; length] }
    }

    /// Entries of log 1, each with a body, that touch a document.
    fn add(db: &PairDb, places: std::ops::Range<u64>) {
        for place in places {
            let entry = &entry(place, 9);
            let new = NewEntry { entry, bodies: vec![(0, body(9))], docs: vec![DOC] };
            db.add_entry(1, place, new).unwrap();
        }
    }

    fn damage(db: &PairDb, statement: &str) {
        assert_eq!(db.file.connection.execute(statement, []).unwrap(), 1);
        db.forget();
    }

    #[test]
    fn an_entry_is_never_written_over() {
        let (_folder, db) = db();
        add(&db, 0..1);
        let new = NewEntry { entry: &entry(7, 9), bodies: vec![], docs: vec![] };
        assert!(matches!(db.add_entry(1, 0, new), Err(StorageError::Damaged(_))));
        db.forget();
        assert_eq!(db.entry(1, 0).unwrap(), entry(0, 9));
    }

    #[test]
    fn how_far_a_document_goes_is_the_furthest_of_runs_and_single_entries() {
        let (_folder, db) = db();
        let to = || {
            db.forget();
            db.touched_to(DOC, 1).unwrap()
        };
        assert_eq!(to(), 0);
        add(&db, 0..3);
        assert_eq!(to(), 3);
        // Entries that came as a run, after single ones.
        db.add_touches(DOC, 1, &[3, 9]).unwrap();
        assert_eq!(to(), 10);
        add(&db, 10..11);
        assert_eq!(to(), 11);
        // The single ones are joined: their list begins earlier and ends earlier.
        assert!(db.join_oldest(1).unwrap());
        assert_eq!(to(), 11);
        assert_eq!(db.touches(DOC, 1, 2).unwrap(), [2, 3, 9, 10]);
        // A list that a rebuild made reaches over several runs, and one of a later run is shorter.
        db.add_touches(DOC, 1, &[11, 40]).unwrap();
        db.add_touches(DOC, 1, &[20]).unwrap();
        assert_eq!(to(), 41);
        // The same list again, shorter or longer: the longer is left.
        db.add_touches(DOC, 1, &[11]).unwrap();
        assert_eq!(to(), 41);
        db.cut_log(1, 10).unwrap();
        assert_eq!(
            db.touches(DOC, 1, 10).unwrap(),
            Vec::<u64>::new(),
            "what was cut touches nothing"
        );
    }

    #[test]
    fn of_two_rows_in_one_place_the_one_that_opens_is_read_and_the_rest_stays_readable() {
        for damaged in [1, 2] {
            let (_folder, db) = db();
            add(&db, 0..4);
            damage(
                &db,
                &format!("UPDATE tail SET place = {} WHERE place = {damaged}", 3 - damaged),
            );
            for place in [0, 3 - damaged, 3] {
                assert_eq!(db.entry(1, place).unwrap(), entry(place, 9), "{damaged}");
            }
            assert!(matches!(db.entry(1, damaged), Err(StorageError::Damaged(_))));
            add(&db, 4..5);
        }
    }

    #[test]
    fn what_is_damaged_stays_a_row_and_what_stands_around_it_becomes_runs() {
        let (_folder, db) = db();
        let all = 3 * SEGMENT_ENTRIES as u64;
        add(&db, 0..all);
        damage(&db, "UPDATE tail SET sealed = zeroblob(80) WHERE place = 5");
        damage(&db, "UPDATE tail SET words = zeroblob(80) WHERE place = 7");
        while db.join_oldest(1).unwrap() {}
        db.forget();
        assert_eq!(db.tail_places(1).unwrap()[0], 5);
        assert!(db.tail_len(1).unwrap() <= 2 * SEGMENT_ENTRIES);
        for place in (0..all).filter(|place| *place != 5) {
            assert_eq!(db.entry(1, place).unwrap(), entry(place, 9));
            let found = db.body(1, place, 0).unwrap();
            assert_eq!(found, (place != 7).then(|| body(9)), "{place}");
        }
        assert!(matches!(db.entry(1, 5), Err(StorageError::Damaged(_))));
        // What ends does so wherever it stands.
        assert_eq!(db.expiring().unwrap().len() as u64, all - 1);
    }

    #[test]
    fn the_largest_entries_and_words_are_not_kept_in_memory() {
        let (_folder, db) = db();
        for (place, length) in [(0, KEPT), (1, KEPT + 1)] {
            let entry = &entry(place, length);
            let new = NewEntry { entry, bodies: vec![(0, body(length))], docs: vec![] };
            db.add_entry(1, place, new).unwrap();
            for _ in 0..2 {
                assert_eq!(db.entry(1, place).unwrap(), *entry);
                assert_eq!(db.body(1, place, 0).unwrap(), Some(body(length)));
                let tail = db.tail.borrow();
                let row = &tail.as_ref().unwrap().rows[&(1, place)];
                assert_eq!((row.entry.is_some(), row.bodies.is_some()), (place == 0, place == 0));
                drop(tail);
                db.forget();
            }
        }
    }

    #[test]
    fn what_another_process_put_into_a_run_meanwhile_is_found_there() {
        let (folder, db) = db();
        add(&db, 0..2 * SEGMENT_ENTRIES as u64);
        let (key, entropy) = (DataKey::from_bytes([1; 32]), Arc::new(SystemEntropy));
        let other = PairDb::open(&folder.path().join("pair.db"), key, [2; 16], entropy).unwrap();
        assert_eq!(other.tail_len(1).unwrap(), 2 * SEGMENT_ENTRIES);
        assert!(db.join_oldest(1).unwrap());
        assert_eq!(other.entry(1, 3).unwrap(), entry(3, 9));
        assert_eq!(other.body(1, 4, 0).unwrap(), Some(body(9)));
    }
}
