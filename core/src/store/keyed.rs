//! The tables whose rows are found by a keyed hash: `document`, `snapshot`, `live`,
//! `outbox`, `settled`, `year`. All of them are read and written here.

use super::database::{Database, Row, StorageError};
use crate::cbor::Value;
use rusqlite::{OptionalExtension, params};

/// A row: the hash that finds it and its value, or why it cannot be read.
pub type Keyed = (Vec<u8>, Result<Value, StorageError>);

impl Database {
    /// A row's value; `None` where there is no such row.
    pub(super) fn keyed(
        &self,
        table: &'static str,
        lookup: &[u8],
    ) -> Result<Option<Value>, StorageError> {
        let sealed: Option<Vec<u8>> = self
            .connection
            .prepare_cached(&format!("SELECT sealed FROM {table} WHERE lookup = ?1"))?
            .query_row([lookup], |row| row.get(0))
            .optional()?;
        sealed.map(|sealed| self.unseal(table, Row::Lookup(lookup), &sealed)).transpose()
    }

    /// Whether there is such a row.
    pub(super) fn has_keyed(
        &self,
        table: &'static str,
        lookup: &[u8],
    ) -> Result<bool, StorageError> {
        let select = format!("SELECT 1 FROM {table} WHERE lookup = ?1");
        Ok(self.connection.prepare_cached(&select)?.exists([lookup])?)
    }

    /// Every row.
    pub(super) fn all_keyed(&self, table: &'static str) -> Result<Vec<Keyed>, StorageError> {
        let select = format!("SELECT lookup, sealed FROM {table}");
        let mut statement = self.connection.prepare_cached(&select)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut all = Vec::new();
        for row in rows {
            let (lookup, sealed): (Vec<u8>, Vec<u8>) = row?;
            let value = self.unseal(table, Row::Lookup(&lookup), &sealed);
            all.push((lookup, value));
        }
        Ok(all)
    }

    /// Every row's value; an error where one cannot be read.
    pub(super) fn read_all_keyed(
        &self,
        table: &'static str,
    ) -> Result<Vec<(Vec<u8>, Value)>, StorageError> {
        let rows = self.all_keyed(table)?.into_iter();
        rows.map(|(lookup, value)| Ok((lookup, value?))).collect()
    }

    /// Puts a row there, in place of one that was.
    pub(super) fn put_keyed(
        &self,
        table: &'static str,
        lookup: &[u8],
        value: &Value,
    ) -> Result<(), StorageError> {
        let sealed = self.seal(table, Row::Lookup(lookup), value)?;
        self.connection
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO {table}(lookup, sealed) VALUES (?1, ?2)"
            ))?
            .execute(params![lookup, sealed])?;
        Ok(())
    }

    /// Takes a row away, if it is there.
    pub(super) fn remove_keyed(
        &self,
        table: &'static str,
        lookup: &[u8],
    ) -> Result<(), StorageError> {
        self.connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE lookup = ?1"))?
            .execute([lookup])?;
        Ok(())
    }
}
