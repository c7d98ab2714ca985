//! The documents in `pair.db`: which entries touch them, which of them views look
//! at, their snapshots.

use super::database::{Row, StorageError};
use super::pair_db::PairDb;
use super::settings::Setting;
use crate::cbor::Value;
use crate::id::DocId;
use crate::time::Moment;
use rusqlite::params;
use std::collections::BTreeMap;

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

/// How many documents of each class (`agreement`, `promise`) each log has begun.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Begun {
    /// By `log/class`.
    counts: BTreeMap<String, u64>,
    grown: bool,
}

impl Begun {
    /// How many documents of `class` the log has begun.
    pub fn of(&self, log: u64, class: &str) -> u64 {
        self.counts.get(&format!("{log}/{class}")).copied().unwrap_or(0)
    }

    /// How many documents of `class` the log had begun; and one more from now on.
    fn count(&mut self, log: u64, class: &str) -> u64 {
        let count = self.counts.entry(format!("{log}/{class}")).or_default();
        *count += 1;
        self.grown = true;
        *count - 1
    }
}

impl PairDb {
    /// Notes that these entries of one run, in order, touch a document.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_touches(&self, doc: DocId, log: u64, places: &[u64]) -> Result<(), StorageError> {
        let Some(first) = places.first() else { return Ok(()) };
        let steps: Vec<u8> =
            places.iter().flat_map(|place| ((place - first) as u32).to_be_bytes()).collect();
        self.file
            .connection
            .prepare_cached(
                "INSERT INTO touch_run(lookup, log, first, places) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![&self.lookup(doc)[..], log, first, steps])?;
        Ok(())
    }

    /// The entries of runs that touch a document.
    fn touches_in_runs(&self, doc: DocId, log: u64) -> Result<Vec<u64>, StorageError> {
        let mut statement = self.file.connection.prepare_cached(
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

    /// The documents that views look at: touched, and not yet retired.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn live(&self) -> Result<Vec<LiveRow>, StorageError> {
        let mut live = Vec::new();
        for (lookup, value) in self.file.read_all_keyed("live")? {
            let read = || {
                Some(LiveRow {
                    id: DocId::from_slice(value.get("id")?.bytes()?)?,
                    first_kind: value.get("kind")?.text()?.to_owned(),
                    log: value.get("log")?.uint()?,
                    nth: value.get("nth")?.uint()?,
                })
            };
            live.push(read().ok_or_else(|| self.file.damaged("live", Row::Lookup(&lookup)))?);
        }
        live.sort_by_key(|row: &LiveRow| row.id);
        Ok(live)
    }

    /// Takes a document off the list that views look at. It comes back when
    /// something touches it.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn retire(&self, doc: DocId) -> Result<(), StorageError> {
        self.file.remove_keyed("live", &self.lookup(doc))
    }

    /// Whether a document is on the list that views look at.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn is_live(&self, doc: DocId) -> Result<bool, StorageError> {
        self.file.has_keyed("live", &self.lookup(doc))
    }

    /// Puts every document on the list that views look at; none is counted any more.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn revive_all(&self) -> Result<(), StorageError> {
        self.forget_settled()?;
        self.documents()?.iter().try_for_each(|row| self.revive(row))
    }

    /// Puts a document on the list that views look at.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn revive(&self, row: &DocumentRow) -> Result<(), StorageError> {
        let lookup = self.lookup(row.id);
        if self.file.has_keyed("live", &lookup)? {
            return Ok(());
        }
        let value = Value::map([
            ("id", Some(row.id.as_bytes().into())),
            ("kind", Some(row.first_kind.as_str().into())),
            ("log", Some(row.first.0.into())),
            ("nth", Some(row.nth.into())),
        ]);
        self.file.put_keyed("live", &lookup, &value)
    }

    /// Notes that an entry touches a document, and that views look at it.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_touch(
        &self,
        doc: DocId,
        (class, first_kind): (&str, &str),
        (log, index): (u64, u64),
        at: Moment,
    ) -> Result<DocumentRow, StorageError> {
        self.add_touch_of_known(doc, log, index)?;
        let mut begun = self.begun()?;
        let row = self.begin_document(doc, (class, first_kind), (log, index), at, &mut begun)?;
        self.put_begun(&begun)?;
        self.revive(&row)?;
        Ok(row)
    }

    /// A document's row, made now if there is none: by the kind of its first record, and
    /// counted among those of a class.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn begin_document(
        &self,
        doc: DocId,
        (class, first_kind): (&str, &str),
        first: (u64, u64),
        at: Moment,
        begun: &mut Begun,
    ) -> Result<DocumentRow, StorageError> {
        if let Some(row) = self.document(doc)? {
            return Ok(row);
        }
        let nth = begun.count(first.0, class);
        let first_kind = first_kind.to_owned();
        let row = DocumentRow { id: doc, first_kind, first, at, snapshot: 0, nth };
        self.put_document(&row)?;
        Ok(row)
    }

    /// Notes that an entry touches a document that has its row and is live.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_touch_of_known(&self, doc: DocId, log: u64, index: u64) -> Result<(), StorageError> {
        self.file
            .connection
            .prepare_cached("INSERT OR IGNORE INTO touch(lookup, log, place) VALUES (?1, ?2, ?3)")?
            .execute(params![&self.lookup(doc)[..], log, index])?;
        Ok(())
    }

    /// How many documents each log has begun.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn begun(&self) -> Result<Begun, StorageError> {
        let Some(known) = self.setting(Setting::Begun)? else { return Ok(Begun::default()) };
        let damaged = || self.file.damaged("setting", Row::Name(Setting::Begun.name()));
        let Value::Map(counts) = known else { return Err(damaged()) };
        let count = |(name, count): (String, Value)| Some((name, count.uint()?));
        let counts = counts.into_iter().map(count).collect::<Option<_>>().ok_or_else(damaged)?;
        Ok(Begun { counts, grown: false })
    }

    /// Keeps how many documents each log has begun, if they became more.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_begun(&self, begun: &Begun) -> Result<(), StorageError> {
        if !begun.grown {
            return Ok(());
        }
        let counts = begun.counts.iter().map(|(name, count)| (name.clone(), (*count).into()));
        self.set(Setting::Begun, &Value::Map(Vec::new()).with(counts.collect()))
    }

    /// The entries of `log`, from `from` on, that touch a document.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn touches(&self, doc: DocId, log: u64, from: u64) -> Result<Vec<u64>, StorageError> {
        let mut statement = self.file.connection.prepare_cached(
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
        Ok(self.file.connection.query_row(
            "SELECT (SELECT count(*) FROM touch)
                + (SELECT coalesce(sum(length(places) / 4), 0) FROM touch_run)",
            [],
            |row| row.get(0),
        )?)
    }

    pub(super) fn lookup(&self, doc: DocId) -> [u8; 16] {
        self.file.lookup("document", doc.as_bytes())
    }

    /// A document's row.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn document(&self, doc: DocId) -> Result<Option<DocumentRow>, StorageError> {
        self.document_at(&self.lookup(doc))
    }

    pub(super) fn document_at(&self, lookup: &[u8]) -> Result<Option<DocumentRow>, StorageError> {
        let value = self.file.keyed("document", lookup)?;
        value.map(|value| self.read_document(lookup, &value)).transpose()
    }

    fn read_document(&self, lookup: &[u8], value: &Value) -> Result<DocumentRow, StorageError> {
        let read = || {
            Some(DocumentRow {
                id: DocId::from_slice(value.get("id")?.bytes()?)?,
                first_kind: value.get("kind")?.text()?.to_owned(),
                first: (value.get("log")?.uint()?, value.get("entry")?.uint()?),
                at: value.get("at").map_or(Some(0), Value::int).map(Moment)?,
                snapshot: value.get("snapshot")?.uint()?,
                // Earlier layouts did not count; their documents are indexed anew.
                nth: value.get("nth").map_or(Some(0), Value::uint)?,
            })
        };
        read().ok_or_else(|| self.file.damaged("document", Row::Lookup(lookup)))
    }

    fn put_document(&self, document: &DocumentRow) -> Result<(), StorageError> {
        let lookup = self.lookup(document.id);
        let value = Value::map([
            ("id", Some(document.id.as_bytes().into())),
            ("kind", Some(document.first_kind.as_str().into())),
            ("log", Some(document.first.0.into())),
            ("entry", Some(document.first.1.into())),
            ("at", Some(document.at.0.into())),
            ("snapshot", Some(document.snapshot.into())),
            ("nth", Some(document.nth.into())),
        ]);
        self.file.put_keyed("document", &lookup, &value)
    }

    /// Every document, in the order of their ids.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn documents(&self) -> Result<Vec<DocumentRow>, StorageError> {
        let rows = self.file.read_all_keyed("document")?;
        let documents = rows.iter().map(|(lookup, value)| self.read_document(lookup, value));
        let mut documents = documents.collect::<Result<Vec<_>, _>>()?;
        documents.sort_by_key(|document| document.id);
        Ok(documents)
    }

    /// Every document whose row can be read.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn readable_documents(&self) -> Result<Vec<DocumentRow>, StorageError> {
        let rows = self.file.all_keyed("document")?.into_iter();
        let read = |(lookup, value): (Vec<u8>, Result<Value, StorageError>)| {
            self.read_document(&lookup, &value.ok()?).ok()
        };
        Ok(rows.filter_map(read).collect())
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
        self.put_document(&DocumentRow { snapshot: changes, ..document.clone() })
    }

    /// Makes the documents' rows, their touches and snapshots anew from nothing:
    /// the caller puts them in again from the logs.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn forget_documents(&self) -> Result<(), StorageError> {
        self.forget_settled()?;
        Ok(self.file.connection.execute_batch(
            "DELETE FROM snapshot; DELETE FROM touch; DELETE FROM touch_run;
                 DELETE FROM document; DELETE FROM live",
        )?)
    }

    /// One past the last entry of `log` that touches a document; 0 if none does.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn touched_to(&self, doc: DocId, log: u64) -> Result<u64, StorageError> {
        let mut statement = self.file.connection.prepare_cached(
            "SELECT coalesce(max(place) + 1, 0) FROM touch WHERE lookup = ?1 AND log = ?2",
        )?;
        let single: u64 =
            statement.query_row(params![&self.lookup(doc)[..], log], |row| row.get(0))?;
        let last = self.touches_in_runs(doc, log)?.last().map_or(0, |place| place + 1);
        Ok(single.max(last))
    }

    /// How many snapshots there are.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn snapshot_count(&self) -> Result<u64, StorageError> {
        Ok(self.file.connection.query_row("SELECT count(*) FROM snapshot", [], |row| row.get(0))?)
    }
}
