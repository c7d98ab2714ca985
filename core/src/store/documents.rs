//! The documents in `pair.db`: which entries touch them, which of them views look
//! at, their snapshots.

use super::database::{Row, StorageError};
use super::pair_db::PairDb;
use super::rows::LogRow;
use super::tail::Lookup;
use crate::cbor::Value;
use crate::id::DocId;
use crate::time::Moment;
use rusqlite::params;

/// The rows of the documents that views look at stand in one table, those of the others in
/// another: what is begun is looked at at first, and is written where few rows are.
const LIVE: &str = "live";
/// See [`LIVE`].
const RETIRED: &str = "document";

/// A document that entries have touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// Its id.
    pub id: DocId,
    /// The kind of the first record that touched it.
    pub first_kind: String,
    /// The log and the entry that first touched it.
    pub first: (u64, u64),
    /// When it was begun, as that entry states.
    pub at: Moment,
    /// How many changes its snapshot holds; 0 where there is none.
    pub snapshot: u64,
    /// How many documents of its class that log had begun before.
    pub nth: u64,
    /// It is not over, and is not looked at because the partner began so many after it: it counts
    /// as nothing.
    pub crowded: bool,
}

impl PairDb {
    /// Notes that these entries of one run, in order, touch a document.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_touches(&self, doc: DocId, log: u64, places: &[u64]) -> Result<(), StorageError> {
        self.add_touches_at(&self.lookup(doc), log, places)
    }

    /// The same, by what finds the document.
    pub(super) fn add_touches_at(
        &self,
        lookup: &[u8],
        log: u64,
        places: &[u64],
    ) -> Result<(), StorageError> {
        let Some(first) = places.first() else { return Ok(()) };
        let steps: Vec<u8> =
            places.iter().flat_map(|place| ((place - first) as u32).to_be_bytes()).collect();
        self.file
            .connection
            .prepare_cached(
                "INSERT INTO touch_run(lookup, log, first, places) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET places = excluded.places \
                 WHERE length(excluded.places) > length(touch_run.places)",
            )?
            .execute(params![lookup, log, first, steps])?;
        Ok(())
    }

    /// The entries of runs that touch a document.
    fn touches_in_runs(&self, lookup: &Lookup, log: u64) -> Result<Vec<u64>, StorageError> {
        let mut statement = self.file.connection.prepare_cached(
            "SELECT first, places FROM touch_run WHERE lookup = ?1 AND log = ?2 ORDER BY first",
        )?;
        let rows = statement.query_map(params![lookup, log], |row| {
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

    /// The documents that views look at: touched, and not yet retired.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn live(&self) -> Result<Vec<DocumentRow>, StorageError> {
        let mut live = self.documents_in(LIVE)?;
        live.sort_by_key(|document| document.id);
        Ok(live)
    }

    /// Takes a document off the list that views look at. It comes back when
    /// something touches it.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn retire(&self, doc: DocId) -> Result<(), StorageError> {
        self.retire_as(doc, false)
    }

    /// The same for one that is crowded out, over or not.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn crowd_out(&self, doc: DocId) -> Result<(), StorageError> {
        self.retire_as(doc, true)
    }

    fn retire_as(&self, doc: DocId, crowded: bool) -> Result<(), StorageError> {
        let lookup = self.lookup(doc);
        let Some(row) = self.document_in(LIVE, &lookup)? else { return Ok(()) };
        self.put_document_in(RETIRED, &DocumentRow { crowded, ..row })?;
        self.file.remove_keyed(LIVE, &lookup)
    }

    /// Whether a document is on the list that views look at.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn is_live(&self, doc: DocId) -> Result<bool, StorageError> {
        self.file.has_keyed(LIVE, &self.lookup(doc))
    }

    /// Puts every document on the list that views look at; none is counted any more.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn revive_all(&self) -> Result<(), StorageError> {
        self.forget_settled()?;
        self.documents_in(RETIRED)?.iter().try_for_each(|row| self.revive(row))
    }

    /// Puts a document on the list that views look at.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn revive(&self, row: &DocumentRow) -> Result<(), StorageError> {
        if self.is_live(row.id)? {
            return Ok(());
        }
        self.put_document_in(LIVE, &DocumentRow { crowded: false, ..row.clone() })?;
        self.file.remove_keyed(RETIRED, &self.lookup(row.id))
    }

    /// A document's row, made now if there is none: by the kind of its first record, and
    /// counted among those of a class that the log has begun. Whether views look at it is as it
    /// was; of a new one it is as told.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn begin_document(
        &self,
        doc: DocId,
        (class, first_kind): (&str, &str),
        (log, index): (&mut LogRow, u64),
        at: Moment,
        looked_at: bool,
    ) -> Result<DocumentRow, StorageError> {
        if let Some(row) = self.document(doc)? {
            return Ok(row);
        }
        let nth = log.begin(class);
        let (first, first_kind) = ((log.number, index), first_kind.to_owned());
        let row = DocumentRow { id: doc, first_kind, first, at, snapshot: 0, nth, crowded: false };
        self.put_document_in(if looked_at { LIVE } else { RETIRED }, &row)?;
        Ok(row)
    }

    /// The entries of `log`, from `from` on, that touch a document.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn touches(&self, doc: DocId, log: u64, from: u64) -> Result<Vec<u64>, StorageError> {
        let lookup = self.lookup(doc);
        let mut places = self.touches_in_runs(&lookup, log)?;
        places.extend(self.tail_touches(&lookup, log)?);
        places.retain(|place| *place >= from);
        places.sort_unstable();
        places.dedup();
        Ok(places)
    }

    /// How many touches there are in all.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn touch_count(&self) -> Result<u64, StorageError> {
        let in_runs: u64 = self.file.connection.query_row(
            "SELECT coalesce(sum(length(places) / 4), 0) FROM touch_run",
            [],
            |row| row.get(0),
        )?;
        Ok(in_runs + self.tail_touch_count()?)
    }

    pub(super) fn lookup(&self, doc: DocId) -> Lookup {
        self.file.lookup("document", doc.as_bytes())
    }

    /// A document's row.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn document(&self, doc: DocId) -> Result<Option<DocumentRow>, StorageError> {
        self.document_at(&self.lookup(doc))
    }

    pub(super) fn document_at(&self, lookup: &Lookup) -> Result<Option<DocumentRow>, StorageError> {
        match self.document_in(LIVE, lookup)? {
            Some(row) => Ok(Some(row)),
            None => self.document_in(RETIRED, lookup),
        }
    }

    fn document_in(
        &self,
        table: &'static str,
        lookup: &[u8],
    ) -> Result<Option<DocumentRow>, StorageError> {
        let value = self.file.keyed(table, lookup)?;
        value.map(|value| self.read_document(table, lookup, &value)).transpose()
    }

    fn read_document(
        &self,
        table: &'static str,
        lookup: &[u8],
        value: &Value,
    ) -> Result<DocumentRow, StorageError> {
        let read = || {
            Some(DocumentRow {
                id: DocId::from_slice(value.get("id")?.bytes()?)?,
                first_kind: value.get("kind")?.text()?.to_owned(),
                first: (value.get("log")?.uint()?, value.get("entry")?.uint()?),
                at: Moment(value.get("at")?.int()?),
                snapshot: value.get("snapshot")?.uint()?,
                nth: value.get("nth")?.uint()?,
                crowded: value.get("crowded").is_some(),
            })
        };
        read().ok_or_else(|| self.file.damaged(table, Row::Lookup(lookup)))
    }

    fn put_document_in(
        &self,
        table: &'static str,
        document: &DocumentRow,
    ) -> Result<(), StorageError> {
        let lookup = self.lookup(document.id);
        let value = Value::map([
            ("id", Some(document.id.as_bytes().into())),
            ("kind", Some(document.first_kind.as_str().into())),
            ("log", Some(document.first.0.into())),
            ("entry", Some(document.first.1.into())),
            ("at", Some(document.at.0.into())),
            ("snapshot", Some(document.snapshot.into())),
            ("nth", Some(document.nth.into())),
            ("crowded", document.crowded.then_some(Value::Bool(true))),
        ]);
        self.file.put_keyed(table, &lookup, &value)
    }

    /// Every document, in the order of their ids.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn documents(&self) -> Result<Vec<DocumentRow>, StorageError> {
        let mut documents = self.documents_in(LIVE)?;
        documents.extend(self.documents_in(RETIRED)?);
        documents.sort_by_key(|document| document.id);
        Ok(documents)
    }

    fn documents_in(&self, table: &'static str) -> Result<Vec<DocumentRow>, StorageError> {
        let rows = self.file.read_all_keyed(table)?;
        rows.iter().map(|(lookup, value)| self.read_document(table, lookup, value)).collect()
    }

    /// Every document whose row can be read.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn readable_documents(&self) -> Result<Vec<DocumentRow>, StorageError> {
        let mut documents = Vec::new();
        for table in [LIVE, RETIRED] {
            let rows = self.file.all_keyed(table)?.into_iter();
            let read = |(lookup, value): (Vec<u8>, Result<Value, StorageError>)| {
                self.read_document(table, &lookup, &value.ok()?).ok()
            };
            documents.extend(rows.filter_map(read));
        }
        Ok(documents)
    }

    /// A document's snapshot: the deriving rule's version and the saved bytes.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn snapshot(&self, doc: DocId) -> Result<Option<(u64, Vec<u8>)>, StorageError> {
        let lookup = self.lookup(doc);
        let Some(value) = self.file.keyed("snapshot", &lookup)? else { return Ok(None) };
        let read = || Some((value.get("rule")?.uint()?, value.get("bytes")?.bytes()?.to_vec()));
        let damaged = || self.file.damaged("snapshot", Row::Lookup(&lookup));
        Ok(Some(read().ok_or_else(damaged)?))
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
        self.file.put_keyed("snapshot", &lookup, &value)?;
        let table = if self.is_live(document.id)? { LIVE } else { RETIRED };
        self.put_document_in(table, &DocumentRow { snapshot: changes, ..document.clone() })
    }

    /// Makes the documents' rows, their touches and snapshots anew from nothing:
    /// the caller puts them in again from the logs.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn forget_documents(&self) -> Result<(), StorageError> {
        self.forget_settled()?;
        self.forget_tail_touches()?;
        Ok(self.file.connection.execute_batch(
            "DELETE FROM snapshot; DELETE FROM touch_run; DELETE FROM document; DELETE FROM live",
        )?)
    }

    /// One past the last entry of `log` that touches a document; 0 if none does.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn touched_to(&self, doc: DocId, log: u64) -> Result<u64, StorageError> {
        let lookup = self.lookup(doc);
        // Runs may stand after single entries, and one list may reach over several runs.
        let in_runs = self.touches_in_runs(&lookup, log)?.into_iter().max();
        let newest = self.tail_touches(&lookup, log)?.last().copied();
        Ok(in_runs.max(newest).map_or(0, |place| place + 1))
    }

    /// How many snapshots there are.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn snapshot_count(&self) -> Result<u64, StorageError> {
        Ok(self.file.connection.query_row("SELECT count(*) FROM snapshot", [], |row| row.get(0))?)
    }
}
