//! What long-over documents came to, counted once: of each, and summed by year. What a
//! document was counted as stands in `settled`, so that it can be taken out of its years when
//! something touches it again. One that is live is never counted.

use super::database::StorageError;
use super::documents::DocumentRow;
use super::pair_db::PairDb;
use crate::cbor::Value;
use crate::id::DocId;
use rusqlite::params;

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
        self.file
            .connection
            .prepare_cached("DELETE FROM unsettled WHERE lookup = ?1")?
            .execute(params![&self.lookup(doc)[..]])?;
        Ok(())
    }

    /// Documents that are to be counted, so many at most.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn unsettled(&self, most: u32) -> Result<Vec<DocumentRow>, StorageError> {
        let mut statement =
            self.file.connection.prepare_cached("SELECT lookup FROM unsettled LIMIT ?1")?;
        let lookups = statement.query_map(params![most], |row| row.get::<_, Vec<u8>>(0))?;
        let mut rows = Vec::new();
        for lookup in lookups {
            rows.extend(self.document_at(&lookup?)?);
        }
        Ok(rows)
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

    /// What was counted in a year.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn year(&self, year: i16) -> Result<Option<Value>, StorageError> {
        self.file.keyed("year", &self.year_lookup(year))
    }

    /// Keeps what was counted in a year.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_year(&self, year: i16, tally: &Value) -> Result<(), StorageError> {
        self.file.put_keyed("year", &self.year_lookup(year), tally)
    }

    /// What was counted in every year.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn years(&self) -> Result<Vec<Value>, StorageError> {
        Ok(self.file.read_all_keyed("year")?.into_iter().map(|(_, tally)| tally).collect())
    }

    /// Nothing is counted: everything is looked at, or will be counted anew.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn forget_settled(&self) -> Result<(), StorageError> {
        let all = "DELETE FROM settled; DELETE FROM unsettled; DELETE FROM year";
        Ok(self.file.connection.execute_batch(all)?)
    }

    fn year_lookup(&self, year: i16) -> [u8; 16] {
        self.file.lookup("year", &year.to_be_bytes())
    }
}
