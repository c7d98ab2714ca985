//! What was taken out of one's own log in `pair.db`, until its owner has looked at it.

use super::database::{Row, StorageError};
use super::entries::{delete_from, segment_at};
use super::pair_db::PairDb;
use crate::cbor::Value;
use rusqlite::params;

/// A record that was set aside, with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsideRow {
    /// The record's bytes.
    pub record: Vec<u8>,
    /// Its body's; empty where it has none.
    pub body: Vec<u8>,
}

/// What was set aside, by its number; or why it cannot be read.
pub type Aside = Result<(u64, AsideRow), StorageError>;

impl PairDb {
    /// Sets a record aside.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_aside(&self, row: &AsideRow) -> Result<(), StorageError> {
        let connection = &self.file.connection;
        // The number is in the seal, and known only when the row is there.
        connection.prepare_cached("INSERT INTO aside(sealed) VALUES (x'')")?.execute([])?;
        let number = connection.last_insert_rowid() as u64;
        let value = Value::map([
            ("record", Some(row.record.as_slice().into())),
            ("body", Some(row.body.as_slice().into())),
        ]);
        let sealed = self.file.seal("aside", Row::Numbers(&[number]), &value)?;
        connection
            .prepare_cached("UPDATE aside SET sealed = ?2 WHERE number = ?1")?
            .execute(params![number, sealed])?;
        Ok(())
    }

    /// Everything that is set aside, in the order in which it was written.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn asides(&self) -> Result<Vec<(u64, AsideRow)>, StorageError> {
        self.each_aside()?.into_iter().collect()
    }

    /// The same, each by itself: or why it cannot be read.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn each_aside(&self) -> Result<Vec<Aside>, StorageError> {
        let mut statement = self
            .file
            .connection
            .prepare_cached("SELECT number, sealed FROM aside ORDER BY number")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut asides = Vec::new();
        for row in rows {
            let (number, sealed): (u64, Vec<u8>) = row?;
            let numbers = [number];
            let row = Row::Numbers(&numbers);
            let damaged = || self.file.damaged("aside", row);
            asides.push(self.file.unseal("aside", row, &sealed).and_then(|value| {
                let bytes = |key: &str| Some(value.get(key)?.bytes()?.to_vec());
                let record = bytes("record").ok_or_else(damaged)?;
                let body = bytes("body").ok_or_else(damaged)?;
                Ok((number, AsideRow { record, body }))
            }));
        }
        Ok(asides)
    }

    /// Deletes what was set aside.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn remove_aside(&self, number: u64) -> Result<(), StorageError> {
        self.file
            .connection
            .prepare_cached("DELETE FROM aside WHERE number = ?1")?
            .execute([number])?;
        Ok(())
    }

    /// Takes everything from `length` on out of a log, in the caller's transaction:
    /// entries and bodies. The lists that follow from them are to be made anew.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn cut_log(&self, log: u64, length: u64) -> Result<(), StorageError> {
        if let Some((first, end)) = segment_at(self, log, length)?
            && first < length
            && end > length
        {
            let rows =
                (first..length).map(|at| self.entry(log, at)).collect::<Result<Vec<_>, _>>()?;
            delete_from(self, "segment", "first", log, first)?;
            self.add_segment(log, first, &rows)?;
        } else {
            delete_from(self, "segment", "first", log, length)?;
        }
        self.remove_from_tail(log, length, u64::MAX)?;
        self.cut_blocks(log, length)?;
        delete_from(self, "touch_run", "first", log, length)?;
        self.segments.borrow_mut().clear();
        Ok(())
    }
}
