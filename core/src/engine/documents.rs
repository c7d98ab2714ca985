//! The documents: which entries touch them, deriving and keeping them, and which of
//! them views look at.

use super::{Engine, FOLDED_AGREEMENTS, Home};
use crate::cbor::Value;
use crate::document::{Document, RULE, Touch, causal_order};
use crate::domain::agreement;
use crate::domain::agreement::fold::NotUnderstood;
use crate::domain::record::{self, Action, Held, Record};
use crate::error::Error;
use crate::id::{DocId, LogId, Past, Position};
use crate::limits;
use crate::log::Entry;
use crate::store::{EntryRow, LiveRow, LogRow, PairDb, StorageError};
use crate::time::Moment;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Documents kept in memory; more are loaded when asked for.
const LOADED_DOCUMENTS: usize = 128;

/// A document that entries of one run touch.
pub(crate) struct TouchedRun {
    pub doc: DocId,
    /// The kind of the first record that does.
    pub kind: String,
    /// Whether views look at it from now on; or as they did before.
    pub looked_at: bool,
    /// The entries, in order.
    pub places: Vec<u64>,
}

pub(crate) struct Loaded {
    document: Document,
    used: u64,
    /// Its records, once somebody has read them.
    read: Option<Read>,
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
        if let Some(past) = self.bases.get(&doc) {
            return Ok(past.clone());
        }
        let mut past = Past::default();
        for log in &home.logs {
            let length = self.db()?.touched_to(doc, log.number)?;
            if length > 0 {
                past.raise(log.id(), length);
            }
        }
        if self.bases.len() >= FOLDED_AGREEMENTS * 4 {
            self.bases.clear();
        }
        self.bases.insert(doc, past.clone());
        Ok(past)
    }

    /// What the entries from `basis` on say of a document.
    pub(crate) fn new_touches(
        &mut self,
        home: &Home,
        doc: DocId,
        basis: &Past,
    ) -> Result<Vec<Touch>, Error> {
        let mut touches = Vec::new();
        for log in &home.logs {
            let id = log.id();
            for index in self.db()?.touches(doc, log.number, basis.length(id))? {
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
        Ok(&mut self.loaded(home, doc)?.document)
    }

    fn loaded(&mut self, home: &Home, doc: DocId) -> Result<&mut Loaded, Error> {
        self.turn += 1;
        let turn = self.turn;
        let (mut document, mut read) = match self.documents.remove(&doc) {
            Some(loaded) => (loaded.document, loaded.read),
            None => (self.load(doc)?, None),
        };
        let touches = self.new_touches(home, doc, &document.basis())?;
        if !touches.is_empty() {
            let new = touches.clone();
            // Its result is swapped in only when whole; a panic costs the
            // document, never a record.
            document = derived(move || {
                for touch in &touches {
                    document.apply(touch)?;
                }
                Ok(document)
            })?;
            if let Err(error) = self.keep_snapshot(doc, &mut document) {
                tracing::warn!(%error, "a snapshot was not kept");
            }
            if let Some(read) = &mut read {
                for touch in new {
                    for (place, value) in touch.records {
                        let id = Position { log: touch.log, index: touch.index, place };
                        self.take_record(home, id, touch.past.clone(), &value, read)?;
                    }
                }
                read.basis = document.basis();
            }
        }
        if self.documents.len() >= LOADED_DOCUMENTS
            && let Some(oldest) =
                self.documents.iter().min_by_key(|(_, loaded)| loaded.used).map(|(id, _)| *id)
        {
            self.documents.remove(&oldest);
        }
        let loaded = Loaded { document, used: turn, read };
        Ok(self.documents.entry(doc).insert_entry(loaded).into_mut())
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
    /// and what is not understood of it.
    pub fn records(&mut self, home: &Home, doc: DocId) -> Result<Read, Error> {
        let loaded = self.loaded(home, doc)?;
        if let Some(read) = &loaded.read {
            return Ok(read.clone());
        }
        let stored = loaded.document.records()?;
        let mut read = Read { basis: loaded.document.basis(), ..Read::default() };
        for stored in stored {
            self.take_record(home, stored.id, stored.past, &stored.value, &mut read)?;
        }
        if let Some(loaded) = self.documents.get_mut(&doc) {
            loaded.read = Some(read.clone());
        }
        Ok(read)
    }

    fn take_record(
        &mut self,
        home: &Home,
        id: Position,
        mut past: Past,
        value: &Value,
        read: &mut Read,
    ) -> Result<(), Error> {
        let Some(author) = home.author(id.log) else { return Ok(()) };
        past.raise(id.log, id.index);
        match Record::from_value(value) {
            Some(record) => {
                let received = match record.action {
                    // Only these can be cooling off, and one's own are held at once.
                    Action::Propose { .. } | Action::Offer { .. } | Action::Consent { .. }
                        if author != home.me =>
                    {
                        self.received(home, id.log, id.index)?
                    }
                    _ => record.at.moment,
                };
                Arc::make_mut(&mut read.held).push(Held { id, past, author, record, received });
            }
            None => read
                .newer
                .extend(record::header(value).map(|header| NotUnderstood { kind: header.kind })),
        }
        Ok(())
    }

    fn received(&mut self, home: &Home, log: LogId, index: u64) -> Result<Moment, Error> {
        let number = PairDb::find(&home.logs, log).map_or(u64::MAX, |row| row.number);
        Ok(self.db()?.entry(number, index)?.received)
    }

    /// The state of an agreement.
    pub fn agreement(&mut self, home: &Home, doc: DocId) -> Result<Arc<agreement::Folded>, Error> {
        let basis = self.touched(home, doc)?;
        if let Some(folded) = self.folded.get(&doc)
            && folded.basis == basis
        {
            return Ok(folded.clone());
        }
        let read = self.records(home, doc)?;
        let mut folded = agreement::fold(&home.pair, doc, &read.held, &read.newer);
        folded.basis = read.basis;
        self.own_words_that_wait(home, &mut folded)?;
        if self.folded.len() >= FOLDED_AGREEMENTS {
            self.folded.clear();
        }
        let folded = Arc::new(folded);
        self.folded.insert(doc, folded.clone());
        Ok(folded)
    }

    /// While a recovered log waits for what it had seen, its documents wait too.
    /// One's own `End` and `Suspend` count all the same (log invariant 8).
    fn own_words_that_wait(
        &mut self,
        home: &Home,
        folded: &mut agreement::Folded,
    ) -> Result<(), Error> {
        let me = agreement::fold::member(&home.pair, home.me);
        for record in self.waiting_records(home, folded.doc, &folded.basis)? {
            let at = record.at.moment;
            folded.begun = folded.begun.or(Some((at, me)));
            match record.action {
                Action::End => folded.ended_at = folded.ended_at.or(Some(at)),
                Action::Suspend => folded.suspended[me] = true,
                _ => {}
            }
        }
        Ok(())
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
    pub(crate) fn live_rows(&mut self) -> Result<Arc<Vec<LiveRow>>, Error> {
        if let Some(live) = &self.live {
            return Ok(live.clone());
        }
        let live = Arc::new(self.db()?.live()?);
        self.known = live.iter().map(|row| row.id).collect();
        self.live = Some(live.clone());
        Ok(live)
    }

    /// Notes that an entry touches a document. One that is live already needs no
    /// more than its place in the index.
    pub(crate) fn touch(
        &mut self,
        doc: DocId,
        kind: &str,
        log: &LogRow,
        index: u64,
    ) -> Result<(), Error> {
        if self.known.contains(&doc) {
            self.db()?.add_touch_of_known(doc, log.number, index)?;
        } else {
            self.db()?.add_touch(doc, kind, log.number, index)?;
            self.known.insert(doc);
            self.live = None;
        }
        self.moved(doc, log.id(), index);
        Ok(())
    }

    /// Notes which documents the entries of one run touch.
    pub(crate) fn touch_run(&mut self, log: &LogRow, runs: Vec<TouchedRun>) -> Result<(), Error> {
        let mut begun = self.db()?.begun()?;
        for TouchedRun { doc, kind, looked_at, places } in runs {
            self.db()?.add_touches(doc, log.number, &places)?;
            if !self.known.contains(&doc) {
                let first = places.first().copied().unwrap_or_default();
                let first = (log.number, first);
                let row = self.db()?.begin_document(doc, &kind, first, &mut begun)?;
                if looked_at {
                    self.db()?.revive(&row)?;
                    self.known.insert(doc);
                    self.live = None;
                }
            }
            if let Some(last) = places.last() {
                self.moved(doc, log.id(), *last);
            }
        }
        Ok(self.db()?.put_begun(&begun)?)
    }

    /// Takes a document off the list that views look at.
    pub(crate) fn retire_document(&mut self, doc: DocId) -> Result<(), Error> {
        self.known.remove(&doc);
        self.live = None;
        Ok(self.db()?.retire(doc)?)
    }

    /// The documents that views look at whose first record is of this class, in
    /// the order in which they were begun; of each person at most the last 1,000.
    pub fn live_documents(&mut self, classes: &[&str]) -> Result<Vec<DocId>, Error> {
        // Of agreements none is left out: one that binds me must not be hidden
        // behind others.
        let most = match classes.contains(&"agreement") {
            true => usize::MAX,
            false => limits::LIVE_DOCUMENTS,
        };
        let class = |kind: &str| kind.split_once('.').is_some_and(|(c, _)| classes.contains(&c));
        let rows = self.live_rows()?;
        let rows = rows.iter().filter(|row| class(&row.first_kind));
        Ok(counted(rows.map(|row| (row.id, row.log, row.nth)).collect(), most))
    }

    /// Every agreement of the pair that counts, however long ago: of each person
    /// at most the first 10,000 that they began.
    pub fn agreement_ids(&mut self) -> Result<Vec<DocId>, Error> {
        self.all_documents(&["agreement", "draft"], limits::AGREEMENTS)
    }

    /// Every document of these classes, however long ago: it grows with history.
    pub fn all_documents(&mut self, classes: &[&str], most: u64) -> Result<Vec<DocId>, Error> {
        let class = |kind: &str| kind.split_once('.').is_some_and(|(c, _)| classes.contains(&c));
        let mut rows = self.db()?.documents()?;
        rows.retain(|row| class(&row.first_kind) && row.nth < most);
        Ok(counted(
            rows.into_iter().map(|row| (row.id, row.first.0, row.nth)).collect(),
            usize::MAX,
        ))
    }
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
        let value = Value::decode(bytes).ok()?;
        (record::header(&value)?.target == doc).then_some((place as u8, value))
    });
    Some(Touch { log, index, past: row.past.clone(), records: records.collect() })
}
