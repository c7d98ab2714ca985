//! Runs of entries in `pair.db` that have come and are not read yet: their bodies,
//! as they came.

use super::database::{Row, StorageError};
use super::pair_db::PairDb;
use crate::cbor::View;
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;

/// Entries that are stored and not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrivedRun {
    /// Their log's number.
    pub log: u64,
    /// The first of them.
    pub first: u64,
    /// How many.
    pub count: u64,
}

/// Bodies by entry and record.
pub type ArrivedBodies = HashMap<(u64, u8), Vec<u8>>;

impl PairDb {
    /// Notes that entries are stored and not read, and keeps the bodies that came
    /// with them.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_arrived(
        &self,
        log: u64,
        first: u64,
        count: u64,
        bodies: &ArrivedBodies,
    ) -> Result<(), StorageError> {
        let bodies = bodies.iter().map(|((index, place), bytes)| {
            let place = View::from(u64::from(*place));
            View::Array(vec![View::from(*index), place, View::Bytes(bytes)])
        });
        let bodies = View::fields([("bodies", View::Array(bodies.collect()))]);
        let sealed = self.file.seal("arrived", Row::Numbers(&[log, first]), &bodies)?;
        self.file
            .connection
            .prepare_cached(
                "INSERT INTO arrived(log, first, count, sealed) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![log, first, count, sealed])?;
        Ok(())
    }

    /// The run that came first of those that are not read.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn oldest_arrived(&self) -> Result<Option<ArrivedRun>, StorageError> {
        Ok(self
            .file
            .connection
            .prepare_cached("SELECT log, first, count FROM arrived ORDER BY number LIMIT 1")?
            .query_row([], |row| {
                Ok(ArrivedRun { log: row.get(0)?, first: row.get(1)?, count: row.get(2)? })
            })
            .optional()?)
    }

    /// The bodies that came with a run.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn arrived_bodies(&self, run: ArrivedRun) -> Result<ArrivedBodies, StorageError> {
        let numbers = [run.log, run.first];
        let row = Row::Numbers(&numbers);
        let sealed: Vec<u8> = self
            .file
            .connection
            .prepare_cached("SELECT sealed FROM arrived WHERE log = ?1 AND first = ?2")?
            .query_row(numbers, |row| row.get(0))?;
        let plain = self.file.unseal_bytes("arrived", row, &sealed)?;
        let read = || {
            let view = View::read(&plain).ok()?;
            let bodies = view.get("bodies")?.array()?.iter().map(|body| {
                let [index, place, bytes] = body.array()? else { return None };
                let place = u8::try_from(place.uint()?).ok()?;
                Some(((index.uint()?, place), bytes.bytes()?.to_vec()))
            });
            bodies.collect::<Option<ArrivedBodies>>()
        };
        read().ok_or_else(|| self.file.damaged("arrived", row))
    }

    /// A run is read.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn remove_arrived(&self, run: ArrivedRun) -> Result<(), StorageError> {
        self.file
            .connection
            .prepare_cached("DELETE FROM arrived WHERE log = ?1 AND first = ?2")?
            .execute([run.log, run.first])?;
        Ok(())
    }
}
