//! The documents: which entries touch them, deriving and keeping them, and which of
//! them views look at.

use super::{Engine, Home};
use crate::cbor::{Value, View};
use crate::document::{Document, RULE, Touch, causal_order};
use crate::domain::action::{self, for_class};
use crate::domain::capability::{Capability, Class, NotUnderstood};
use crate::domain::record::{self, Held, Record};
use crate::error::Error;
use crate::id::{DocId, LogId, Past, Position};
use crate::limits;
use crate::log::Entry;
use crate::store::{DocumentRow, EntryRow, LogRow, PairDb, StorageError};
use crate::time::Moment;
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Documents kept in memory, and as many whose records are; more are read when asked for.
const LOADED_DOCUMENTS: usize = 128;
/// When the partner has put so many documents on the list that views look at, it is looked what
/// they crowd out.
const REVIVED_AT_MOST: u64 = 256;
/// So many changes are taken into a document at once while nobody asks for it.
const DERIVED_AT_ONCE: usize = 256;

/// A document that entries of one run touch.
pub(super) struct TouchedRun {
    pub doc: DocId,
    /// The kind of the first record that does.
    pub kind: String,
    /// When that was, as it states.
    pub at: Moment,
    /// Whether views look at it from now on; or as they did before.
    pub looked_at: bool,
    /// The entries, in order.
    pub places: Vec<u64>,
}

/// A document in memory, and when it was last asked for.
pub(super) struct Loaded {
    document: Document,
    used: u64,
}

/// What was read of a document, and when it was last asked for.
pub(super) struct Known {
    read: Read,
    used: u64,
}

/// The records of a document, and what is not understood of it.
#[derive(Clone, Default)]
pub struct Read {
    /// In no particular order: folds need none.
    pub held: Arc<Vec<Held>>,
    /// What a newer version wrote.
    pub newer: Vec<NotUnderstood>,
    /// How far the document goes in each log.
    pub basis: Past,
}

impl Engine {
    /// How far a document goes in each log, by the index.
    pub(crate) fn touched(&mut self, home: &Home, doc: DocId) -> Result<Past, Error> {
        if let Some(past) = self.rows.basis(doc) {
            return Ok(past.clone());
        }
        let mut past = Past::default();
        for log in &home.logs {
            let length = self.db()?.touched_to(doc, log.number)?;
            if length > 0 {
                past.raise(log.id(), length);
            }
        }
        self.rows.keep_basis(doc, past.clone());
        Ok(past)
    }

    /// What the entries from `basis` on say of a document: so many of each log at most.
    pub(crate) fn new_touches(
        &mut self,
        home: &Home,
        doc: DocId,
        basis: &Past,
        most: usize,
    ) -> Result<Vec<Touch>, Error> {
        let mut touches = Vec::new();
        for log in &home.logs {
            let id = log.id();
            let places = self.db()?.touches(doc, log.number, basis.length(id))?;
            for index in places.into_iter().take(most) {
                let row = self.db()?.entry(log.number, index)?;
                // Recovered entries may have seen what is not here again yet: the
                // document waits there for it.
                let here = |(id, length): (&LogId, &u64)| {
                    PairDb::find(&home.logs, *id)
                        .is_some_and(|log| log.follower.checkpoint().length >= *length)
                };
                if !row.past.0.iter().all(here) {
                    break;
                }
                touches.push(touch(id, index, &row, doc).ok_or_else(|| {
                    StorageError::Damaged(format!("pair.db: entry {}/{index}", log.number))
                })?);
            }
        }
        Ok(causal_order(touches))
    }

    /// Brings a document up to date and lends it out.
    pub fn document(&mut self, home: &Home, doc: DocId) -> Result<&mut Document, Error> {
        Ok(self.derive_some(home, doc, usize::MAX)?.0)
    }

    /// Takes so many changes of each log into a document at most, as far as what they had seen is
    /// among them, and lends it out. Whether there may be more.
    fn derive_some(
        &mut self,
        home: &Home,
        doc: DocId,
        most: usize,
    ) -> Result<(&mut Document, bool), Error> {
        self.derived.turn += 1;
        let used = self.derived.turn;
        let mut document = match self.derived.documents.remove(&doc) {
            Some(loaded) => loaded.document,
            None => self.load(doc)?,
        };
        let touches = self.new_touches(home, doc, &document.basis(), most)?;
        let (touches, more) = slice(touches, most);
        let new = !touches.is_empty();
        if new {
            // Its result is swapped in only when whole; a panic costs the
            // document, never a record.
            document = derived(move || {
                for touch in &touches {
                    document.apply(touch)?;
                }
                Ok(document)
            })?;
        }
        // Not after each slice: saving and comparing take longer with each of them.
        if (new || most < usize::MAX)
            && !more
            && let Err(error) = self.keep_snapshot(doc, &mut document)
        {
            tracing::warn!(%error, "a snapshot was not kept");
        }
        if !more {
            self.derived.behind.remove(&doc);
        }
        forget_oldest(&mut self.derived.documents, |loaded| loaded.used);
        let loaded = self.derived.documents.entry(doc).insert_entry(Loaded { document, used });
        Ok((&mut loaded.into_mut().document, more))
    }

    /// Whether documents have still to take in what was read of them.
    pub(super) fn waits_to_derive(&self) -> bool {
        !self.derived.behind.is_empty()
    }

    /// While nobody asks for anything: documents take in what their records say, a slice at a
    /// time. Views do not wait for them. Whether there may be more.
    pub(super) fn derive_at_rest(&mut self) -> bool {
        let Some(doc) = self.derived.behind.first().copied() else { return false };
        // In a transaction, so that nobody else's writes come between a snapshot and its number.
        let derived = self.transact_unread(|engine| {
            let home = engine.home()?;
            engine.derive_some(&home, doc, DERIVED_AT_ONCE).map(|_| ())
        });
        if let Err(error) = derived {
            tracing::warn!(%doc, %error, "a document is derived when it is asked for");
            self.derived.behind.remove(&doc);
        }
        !self.derived.behind.is_empty()
    }

    /// A document from its snapshot, or from nothing.
    fn load(&mut self, doc: DocId) -> Result<Document, Error> {
        // A damaged snapshot is derived data: the document is derived again.
        match self.db()?.snapshot(doc) {
            Ok(Some((RULE, bytes))) => match derived(|| Document::load(&bytes)) {
                Ok(document) => Ok(document),
                Err(error) => {
                    tracing::warn!(%error, "a snapshot does not load");
                    Ok(Document::new()?)
                }
            },
            Ok(_) | Err(StorageError::Damaged(_)) => Ok(Document::new()?),
            Err(error) => Err(error.into()),
        }
    }

    fn keep_snapshot(&mut self, doc: DocId, document: &mut Document) -> Result<(), Error> {
        let Some(row) = self.db()?.document(doc)? else { return Ok(()) };
        let changes = document.len() as u64;
        if changes < row.snapshot + limits::SNAPSHOT_CHANGES as u64 {
            return Ok(());
        }
        let bytes = document.save();
        // A snapshot is replaced only by one that loads back. Without one the
        // document is derived again next time, which is slower and no loss.
        let mut again = derived(|| Document::load(&bytes))?;
        if again.heads() == document.heads() {
            self.db()?.put_snapshot(&row, RULE, changes, &bytes)?;
        }
        Ok(())
    }

    /// The records of a document, with whose they are and since when held here,
    /// and what is not understood of it: from the entries that touch it. Its Automerge document
    /// holds the same (`doctor` compares them), and is not waited for.
    pub fn records(&mut self, home: &Home, doc: DocId) -> Result<Read, Error> {
        self.derived.turn += 1;
        let used = self.derived.turn;
        let mut read = self.derived.read.remove(&doc).map(|known| known.read).unwrap_or_default();
        let touches = self.new_touches(home, doc, &read.basis, usize::MAX)?;
        // One that is in memory goes on there; others only where there is enough for a snapshot.
        let enough = touches.len() >= limits::SNAPSHOT_CHANGES;
        if enough || (!touches.is_empty() && self.derived.documents.contains_key(&doc)) {
            self.derived.behind.insert(doc);
        }
        for Touch { log, index, mut past, records } in touches {
            past.raise(log, index);
            let past = Arc::new(past);
            for (place, value) in records {
                let id = Position { log, index, place };
                self.take_record(home, id, past.clone(), &value, &mut read)?;
            }
            read.basis.raise(log, index + 1);
        }
        forget_oldest(&mut self.derived.read, |known| known.used);
        self.derived.read.insert(doc, Known { read: read.clone(), used });
        Ok(read)
    }

    fn take_record(
        &mut self,
        home: &Home,
        id: Position,
        past: Arc<Past>,
        value: &Value,
        read: &mut Read,
    ) -> Result<(), Error> {
        let Some(author) = home.author(id.log) else { return Ok(()) };
        match Record::from_value(value) {
            Some(record) => {
                // One's own are held at once.
                let received = match record.action.counts_from_receipt() && author != home.me {
                    true => self.received(home, id.log, id.index)?,
                    false => record.at.moment,
                };
                Arc::make_mut(&mut read.held).push(Held { id, past, author, record, received });
            }
            None => {
                if let Some(header) = record::header(value) {
                    self.rows.newer.insert(header.target);
                    read.newer.push(NotUnderstood { kind: header.kind });
                }
            }
        }
        Ok(())
    }

    fn received(&mut self, home: &Home, log: LogId, index: u64) -> Result<Moment, Error> {
        let number = PairDb::find(&home.logs, log).map_or(u64::MAX, |row| row.number);
        Ok(self.db()?.entry(number, index)?.received)
    }

    /// One's own records on a document from where it waits on, and what waits to be
    /// done again in a log that goes on.
    pub(crate) fn waiting_records(
        &mut self,
        home: &Home,
        doc: DocId,
        basis: &Past,
    ) -> Result<Vec<Record>, Error> {
        let own = home.own()?;
        let mut records = self.set_aside_on(doc)?;
        for index in self.db()?.touches(doc, own.number, basis.length(own.id()))? {
            let row = self.db()?.entry(own.number, index)?;
            let Some(touch) = touch(own.id(), index, &row, doc) else { continue };
            records.extend(touch.records.iter().filter_map(|(_, value)| Record::from_value(value)));
        }
        Ok(records)
    }

    /// The documents that views look at.
    pub(super) fn live_rows(&mut self) -> Result<Arc<Vec<DocumentRow>>, Error> {
        if let Some(live) = &self.rows.live {
            return Ok(live.clone());
        }
        let live = Arc::new(self.db()?.live()?);
        let known = live.iter().map(|row| (row.id, action::class(&row.first_kind)));
        self.rows.known = known.collect();
        self.rows.live = Some(live.clone());
        Ok(live)
    }

    /// A stored entry touches a document: views look at it from now on.
    pub(super) fn touch(
        &mut self,
        doc: DocId,
        kind: &str,
        log: &mut LogRow,
        index: u64,
        at: Moment,
    ) -> Result<(), Error> {
        let class = match self.rows.known.get(&doc) {
            Some(class) => *class,
            None => {
                let counted = (counted_as(kind), kind);
                let row = self.db()?.begin_document(doc, counted, (log, index), at, true)?;
                let class = self.look_at(&row, log)?;
                if !PairDb::is_own(log.number) {
                    self.make_room()?;
                }
                class
            }
        };
        self.told.touch(class);
        self.moved(doc, log.id(), index);
        Ok(())
    }

    /// An entry of a log touches a document that was not looked at: from now on it is. What it is
    /// about.
    fn look_at(&mut self, row: &DocumentRow, by: &LogRow) -> Result<Option<Class>, Error> {
        self.db()?.revive(row)?;
        if !PairDb::is_own(by.number) {
            self.rows.room = self.rows.room.map(|room| room.saturating_sub(1));
        }
        self.revived(row)
    }

    /// Takes off the list that views look at what the partner crowds it with: of a class, what
    /// they began before the last [`limits::LIVE_DOCUMENTS`] that stand there, and that this
    /// phone's person never touched. It binds nobody but them, and stays where all are shown;
    /// however many they begin, what is looked at stays as little.
    pub(super) fn make_room(&mut self) -> Result<(), Error> {
        if self.rows.room.is_some_and(|room| room > 0) {
            return Ok(());
        }
        self.rows.room = Some(REVIVED_AT_MOST);
        let home = self.home()?;
        let own: Vec<u64> =
            home.logs.iter().map(|log| log.number).filter(|log| PairDb::is_own(*log)).collect();
        let live = self.live_rows()?;
        for row in crowding(&live) {
            let mut touched = false;
            for log in &own {
                touched = touched || self.db()?.touched_to(row.id, *log)? > 0;
            }
            if !touched {
                self.rows.known.remove(&row.id);
                self.rows.live = None;
                self.db()?.crowd_out(row.id)?;
            }
        }
        Ok(())
    }

    /// A document is on the list that views look at from now on. What it is about.
    fn revived(&mut self, row: &DocumentRow) -> Result<Option<Class>, Error> {
        let class = action::class(&row.first_kind);
        self.uncount(row.id, class)?;
        self.rows.known.insert(row.id, class);
        self.rows.live = None;
        Ok(class)
    }

    /// Notes which documents the entries of one run touch.
    pub(super) fn touch_run(
        &mut self,
        log: &mut LogRow,
        runs: Vec<TouchedRun>,
    ) -> Result<(), Error> {
        for TouchedRun { doc, kind, at, looked_at, places } in runs {
            self.db()?.add_touches(doc, log.number, &places)?;
            let class = match self.rows.known.get(&doc) {
                Some(class) => *class,
                None => {
                    let first = places.first().copied().unwrap_or_default();
                    let (first, counted) = ((&mut *log, first), (counted_as(&kind), &*kind));
                    let row = self.db()?.begin_document(doc, counted, first, at, looked_at)?;
                    if looked_at {
                        self.look_at(&row, log)?
                    } else {
                        let class = action::class(&row.first_kind);
                        if !row.crowded {
                            self.count_later(row.id, class)?;
                        }
                        class
                    }
                }
            };
            self.told.touch(class);
            if let Some(last) = places.last() {
                self.moved(doc, log.id(), *last);
            }
        }
        self.make_room()
    }

    /// Takes a document off the list that views look at.
    pub(super) fn retire_document(
        &mut self,
        doc: DocId,
        class: Option<Class>,
    ) -> Result<(), Error> {
        self.rows.known.remove(&doc);
        self.rows.live = None;
        self.db()?.retire(doc)?;
        self.count_later(doc, class)
    }

    /// The documents of these classes that views look at, in the order in which they were
    /// begun; of each person at most the last `most`.
    pub(crate) fn live_documents(
        &mut self,
        classes: &[Class],
        most: usize,
    ) -> Result<Vec<DocId>, Error> {
        let rows = self.live_rows()?;
        let of = |row: &&DocumentRow| {
            action::class(&row.first_kind).is_some_and(|class| classes.contains(&class))
        };
        let rows = rows.iter().filter(of);
        Ok(counted(rows.map(|row| (row.id, row.first.0, row.nth)).collect(), most))
    }

    /// The row of every document of a class that counts.
    pub(super) fn documents_of(
        &mut self,
        class: Class,
        most: u64,
    ) -> Result<Vec<DocumentRow>, Error> {
        let mut rows = self.db()?.documents()?;
        rows.retain(|row| action::class(&row.first_kind) == Some(class) && row.nth < most);
        Ok(rows)
    }

    /// Every document of a class, however long ago: it grows with history.
    pub(crate) fn all_documents(&mut self, class: Class, most: u64) -> Result<Vec<DocId>, Error> {
        let rows = self.documents_of(class, most)?;
        Ok(counted(
            rows.into_iter().map(|row| (row.id, row.first.0, row.nth)).collect(),
            usize::MAX,
        ))
    }
}

/// Of live documents, those that the partner began and that are too many: of each class all but the
/// last so many, and first those that count no more.
fn crowding(live: &[DocumentRow]) -> Vec<&DocumentRow> {
    let mut of: BTreeMap<Option<Class>, Vec<&DocumentRow>> = BTreeMap::new();
    for row in live.iter().filter(|row| !PairDb::is_own(row.first.0)) {
        of.entry(action::class(&row.first_kind)).or_default().push(row);
    }
    let of = of.into_iter().flat_map(|(class, mut rows)| {
        let most = class.map_or(u64::MAX, |class| for_class!(class, C => C::MOST));
        rows.sort_by_key(|row| (row.nth >= most, std::cmp::Reverse((row.first.0, row.nth))));
        rows.into_iter().skip(limits::LIVE_DOCUMENTS)
    });
    of.collect()
}

/// Of what was read of each log so far, in causal order, what can be taken in before the rest:
/// what had seen more of another log waits for that. Whether there may be more.
fn slice(mut touches: Vec<Touch>, most: usize) -> (Vec<Touch>, bool) {
    let mut read: HashMap<LogId, (usize, u64)> = HashMap::new();
    for touch in &touches {
        let (count, to) = read.entry(touch.log).or_default();
        *count += 1;
        *to = (*to).max(touch.index + 1);
    }
    let within = |(log, length): (&LogId, &u64)| {
        read.get(log).is_none_or(|(count, to)| *count < most || length <= to)
    };
    let ready = touches.iter().take_while(|touch| touch.past.0.iter().all(within)).count();
    let more = read.values().any(|(count, _)| *count >= most);
    touches.truncate(ready);
    (touches, more)
}

/// Lets go of what was not asked for the longest, where there is too much.
fn forget_oldest<T>(kept: &mut HashMap<DocId, T>, used: fn(&T) -> u64) {
    if kept.len() >= LOADED_DOCUMENTS
        && let Some(oldest) = kept.iter().min_by_key(|(_, one)| used(one)).map(|(id, _)| *id)
    {
        kept.remove(&oldest);
    }
}

/// Under which name a document is counted that begins with this kind.
pub(super) fn counted_as(kind: &str) -> &'static str {
    action::class(kind).map_or("unknown", Class::name)
}

/// Documents by log and number: of each log the last `most`.
fn counted(mut rows: Vec<(DocId, u64, u64)>, most: usize) -> Vec<DocId> {
    rows.sort_by_key(|(_, log, nth)| (*log, std::cmp::Reverse(*nth)));
    let mut counts: HashMap<u64, usize> = HashMap::new();
    rows.retain(|(_, log, _)| {
        let count = counts.entry(*log).or_default();
        *count += 1;
        *count <= most
    });
    rows.into_iter().rev().map(|(id, _, _)| id).collect()
}

/// Runs Automerge's code where a panic of it cannot reach the host.
pub fn derived<T>(
    work: impl FnOnce() -> Result<T, crate::document::DocumentError>,
) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Ok(result?),
        Err(_) => Err(StorageError::Damaged("a document (its records are safe)".to_owned()).into()),
    }
}

/// What one entry says of one document.
pub fn touch(log: LogId, index: u64, row: &EntryRow, doc: DocId) -> Option<Touch> {
    let entry = Entry::decode(&row.bytes).ok()?;
    let records = entry.records.iter().enumerate().filter_map(|(place, bytes)| {
        // Of an entry's many records most may be of other documents.
        let view = View::read(bytes).ok()?;
        let here = record::header(&view)?.target == doc;
        here.then(|| (place as u8, view.to_value()))
    });
    Some(Touch { log, index, past: row.past.clone(), records: records.collect() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::limits::{AGREEMENTS, LIVE_DOCUMENTS};

    fn row(log: u64, nth: u64) -> DocumentRow {
        let id =
            DocId(*[&log.to_be_bytes()[..], &nth.to_be_bytes()].concat().first_chunk().unwrap());
        let (first_kind, first, at) = ("agreement.offer".to_owned(), (log, nth), Moment(0));
        DocumentRow { id, first_kind, first, at, snapshot: 0, nth, crowded: false }
    }

    #[test]
    fn what_counts_no_more_is_crowded_out_first_then_what_was_begun_first() {
        let most = LIVE_DOCUMENTS as u64;
        let theirs = |range: std::ops::Range<u64>| range.map(|nth| row(1, nth));
        let named = |live: &[DocumentRow]| -> Vec<(u64, u64)> {
            let mut named: Vec<_> = crowding(live).iter().map(|row| row.first).collect();
            named.sort_unstable();
            named
        };
        let live: Vec<_> = theirs(0..most).chain((0..9_000).map(|nth| row(0, nth))).collect();
        assert_eq!(named(&live), [], "one's own crowd out nothing");
        let live: Vec<_> = theirs(0..most + 2).collect();
        assert_eq!(named(&live), [(1, 0), (1, 1)]);
        let beyond = AGREEMENTS..AGREEMENTS + 3;
        let live: Vec<_> = theirs(0..most).chain(theirs(beyond)).collect();
        assert_eq!(named(&live), (0..3).map(|at| (1, AGREEMENTS + at)).collect::<Vec<_>>());
    }
}
