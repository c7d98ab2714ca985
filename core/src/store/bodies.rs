//! The bodies in `pair.db`, and which of them are missing or will expire.

use super::database::{Row, StorageError};
use super::pair_db::PairDb;
use super::rows::{BodyRow, LogRow};
use crate::cbor::Value;
use crate::log::body::BodyState;
use crate::time::Moment;
use rusqlite::{OptionalExtension, params};

/// A body that will expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiring {
    /// Its log's number.
    pub log: u64,
    /// Its entry.
    pub index: u64,
    /// Its record.
    pub place: u8,
    /// Until when it is kept.
    pub until: Moment,
    /// When it was written.
    pub at: Moment,
}

impl PairDb {
    /// A body's row, if its record has a body at all.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn body(&self, log: u64, index: u64, place: u8) -> Result<Option<BodyRow>, StorageError> {
        let row = [log, index, u64::from(place)];
        let sealed: Option<Vec<u8>> = self
            .file
            .connection
            .prepare_cached(
                "SELECT sealed FROM body WHERE log = ?1 AND place = ?2 AND record = ?3",
            )?
            .query_row(row, |row| row.get(0))
            .optional()?;
        sealed.map(|sealed| self.read_body(&row, &sealed)).transpose()
    }

    /// Writes the row of a body that had none, and the lists of those that are
    /// missing and of those that will expire.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn add_body(
        &self,
        log: u64,
        index: u64,
        place: u8,
        body: &BodyRow,
    ) -> Result<(), StorageError> {
        let listed = body.state == BodyState::Withheld
            || (body.until.is_some() && body.state != BodyState::Gone);
        if listed {
            return self.put_body(log, index, place, body);
        }
        self.write_body(log, index, place, body)
    }

    fn write_body(
        &self,
        log: u64,
        index: u64,
        place: u8,
        body: &BodyRow,
    ) -> Result<(), StorageError> {
        let row = [log, index, u64::from(place)];
        let sealed = self.file.seal("body", Row::Numbers(&row), &body.view())?;
        self.file
            .connection
            .prepare_cached(
                "INSERT OR REPLACE INTO body(log, place, record, sealed) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![log, index, place, sealed])?;
        Ok(())
    }

    /// Writes a body's row, and the lists of those that are missing and of those
    /// that will expire.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_body(
        &self,
        log: u64,
        index: u64,
        place: u8,
        body: &BodyRow,
    ) -> Result<(), StorageError> {
        self.write_body(log, index, place, body)?;
        let row = [log, index, u64::from(place)];
        let missing = if body.state == BodyState::Withheld {
            "INSERT OR IGNORE INTO missing(log, place, record) VALUES (?1, ?2, ?3)"
        } else {
            "DELETE FROM missing WHERE log = ?1 AND place = ?2 AND record = ?3"
        };
        self.file.connection.prepare_cached(missing)?.execute(row)?;
        match body.until.filter(|_| body.state != BodyState::Gone) {
            Some(until) => {
                let value =
                    Value::map([("until", Some(until.0.into())), ("at", Some(body.at.0.into()))]);
                let sealed = self.file.seal("expiring", Row::Numbers(&row), &value)?;
                self.file
                    .connection
                    .prepare_cached(
                        "INSERT OR REPLACE INTO expiring(log, place, record, sealed) \
                         VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![log, index, place, sealed])?;
            }
            None => {
                self.file
                    .connection
                    .prepare_cached(
                        "DELETE FROM expiring WHERE log = ?1 AND place = ?2 AND record = ?3",
                    )?
                    .execute(row)?;
            }
        }
        Ok(())
    }

    /// Where bodies of `log` are missing, `limit` of them at most.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn missing(&self, log: u64, limit: usize) -> Result<Vec<(u64, u8)>, StorageError> {
        let mut statement = self.file.connection.prepare_cached(
            "SELECT place, record FROM missing WHERE log = ?1 ORDER BY 1, 2 LIMIT ?2",
        )?;
        let rows = statement
            .query_map(params![log, limit as u64], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The bodies of `log` that are held, of the entries from `first` to before
    /// `end`: `(entry, record)` and the row.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn present_bodies(
        &self,
        log: u64,
        first: u64,
        end: u64,
    ) -> Result<Vec<(u64, u8, BodyRow)>, StorageError> {
        let mut statement = self.file.connection.prepare_cached(
            "SELECT place, record, sealed FROM body \
             WHERE log = ?1 AND place >= ?2 AND place < ?3 ORDER BY 1, 2",
        )?;
        let rows = statement
            .query_map([log, first, end], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut bodies = Vec::new();
        for row in rows {
            let (index, place, sealed): (u64, u8, Vec<u8>) = row?;
            let body = self.read_body(&[log, index, u64::from(place)], &sealed)?;
            if body.state == BodyState::Present {
                bodies.push((index, place, body));
            }
        }
        Ok(bodies)
    }

    fn read_body(&self, numbers: &[u64], sealed: &[u8]) -> Result<BodyRow, StorageError> {
        let row = Row::Numbers(numbers);
        let plain = self.file.unseal_bytes("body", row, sealed)?;
        BodyRow::read(&plain).ok_or_else(|| self.file.damaged("body", row))
    }

    /// Every body that will expire: where it stands, until when it is kept, and
    /// when it was written.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn expiring(&self) -> Result<Vec<Expiring>, StorageError> {
        let mut statement = self
            .file
            .connection
            .prepare_cached("SELECT log, place, record, sealed FROM expiring ORDER BY 1, 2, 3")?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let mut expiring = Vec::new();
        for row in rows {
            let (log, index, place, sealed): (u64, u64, u8, Vec<u8>) = row?;
            let numbers = [log, index, u64::from(place)];
            let row = Row::Numbers(&numbers);
            let value = self.file.unseal("expiring", row, &sealed)?;
            let moment = |key: &str| Some(Moment(value.get(key)?.int()?));
            let damaged = || self.file.damaged("expiring", row);
            let until = moment("until").ok_or_else(damaged)?;
            let at = moment("at").ok_or_else(damaged)?;
            expiring.push(Expiring { log, index, place, until, at });
        }
        Ok(expiring)
    }

    /// Where every body row of a log stands: `(entry, record)`.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn bodies(&self, log: u64) -> Result<Vec<(u64, u8)>, StorageError> {
        let mut statement = self
            .file
            .connection
            .prepare_cached("SELECT place, record FROM body WHERE log = ?1 ORDER BY 1, 2")?;
        let rows = statement.query_map([log], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Makes the lists of missing and of expiring bodies anew from their rows.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn index_bodies(&self, logs: &[LogRow]) -> Result<(), StorageError> {
        self.file.connection.execute_batch("DELETE FROM missing; DELETE FROM expiring")?;
        for log in logs {
            for (index, place) in self.bodies(log.number)? {
                if let Some(row) = self.body(log.number, index, place)? {
                    self.put_body(log.number, index, place, &row)?;
                }
            }
        }
        Ok(())
    }
}
