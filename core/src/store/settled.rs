//! What long-over documents came to, counted once: of each, and summed by year. What a
//! document was counted as stands in `settled`, so that it can be taken out of its years when
//! something touches it again. One that is live is never counted.

use super::database::{Row, StorageError};
use super::documents::DocumentRow;
use super::pair_db::PairDb;
use super::tail::Lookup;
use crate::cbor::Value;
use crate::id::DocId;
use rusqlite::params;

/// What finds a document that is to be counted, and its row.
pub type Waiting = (Lookup, Result<DocumentRow, StorageError>);

impl PairDb {
    /// Notes that a document is to be counted, which no view looks at.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_unsettled(&self, doc: DocId) -> Result<(), StorageError> {
        self.file
            .connection
            .prepare_cached("INSERT OR IGNORE INTO unsettled(lookup) VALUES (?1)")?
            .execute(params![&self.lookup(doc)[..]])?;
        Ok(())
    }

    /// It was counted, or is looked at again.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn remove_unsettled(&self, doc: DocId) -> Result<(), StorageError> {
        self.remove_unsettled_at(&self.lookup(doc))
    }

    /// The same, by what finds it.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn remove_unsettled_at(&self, lookup: &[u8]) -> Result<(), StorageError> {
        self.file.remove_keyed("unsettled", lookup)
    }

    /// Documents that are to be counted, so many at most: what finds each, and its row, or why
    /// that cannot be read.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn unsettled(&self, most: u32) -> Result<Vec<Waiting>, StorageError> {
        let mut statement =
            self.file.connection.prepare_cached("SELECT lookup FROM unsettled LIMIT ?1")?;
        let lookups = statement.query_map(params![most], |row| row.get::<_, Lookup>(0))?;
        let mut waiting = Vec::new();
        for lookup in lookups {
            let lookup = lookup?;
            let row = self.document_at(&lookup).and_then(|row| {
                row.ok_or_else(|| self.file.damaged("unsettled", Row::Lookup(&lookup)))
            });
            waiting.push((lookup, row));
        }
        Ok(waiting)
    }

    /// What a document was counted as.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn settled(&self, doc: DocId) -> Result<Option<Value>, StorageError> {
        self.file.keyed("settled", &self.lookup(doc))
    }

    /// Keeps what a document was counted as; nothing where it no longer is.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_settled(&self, doc: DocId, tally: Option<&Value>) -> Result<(), StorageError> {
        match tally {
            Some(tally) => self.file.put_keyed("settled", &self.lookup(doc), tally),
            None => self.file.remove_keyed("settled", &self.lookup(doc)),
        }
    }

    /// What was counted in a year, of the documents of a class.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn year(&self, class: &str, year: i16) -> Result<Option<Value>, StorageError> {
        let sum = self.file.keyed("year", &self.year_lookup(class, year))?;
        Ok(sum.and_then(|sum| sum.get("counts").cloned()))
    }

    /// Keeps what was counted in a year, of the documents of a class.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_year(&self, class: &str, year: i16, counts: &Value) -> Result<(), StorageError> {
        let sum = Value::map([("class", Some(class.into())), ("counts", Some(counts.clone()))]);
        self.file.put_keyed("year", &self.year_lookup(class, year), &sum)
    }

    /// What was counted of a class in every year; what cannot be read may be of any.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn years(&self, class: &str) -> Result<Vec<Value>, StorageError> {
        let mut years = Vec::new();
        for (lookup, sum) in self.file.read_all_keyed("year")? {
            let read = || Some((sum.get("class")?.text()?, sum.get("counts")?.clone()));
            let (of, counts) =
                read().ok_or_else(|| self.file.damaged("year", Row::Lookup(&lookup)))?;
            if of == class {
                years.push(counts);
            }
        }
        Ok(years)
    }

    /// Nothing is counted: everything is looked at, or will be counted anew.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn forget_settled(&self) -> Result<(), StorageError> {
        let all = "DELETE FROM settled; DELETE FROM unsettled; DELETE FROM year";
        Ok(self.file.connection.execute_batch(all)?)
    }

    fn year_lookup(&self, class: &str, year: i16) -> [u8; 16] {
        self.file.lookup("year", &[&year.to_be_bytes(), class.as_bytes()].concat())
    }
}
