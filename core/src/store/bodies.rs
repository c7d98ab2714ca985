//! The bodies in `pair.db`, and which of them are missing or will expire.

use super::database::{Row, StorageError};
use super::pair_db::PairDb;
use super::rows::{BodyRow, LogRow};
use super::words::Bodies;
use crate::cbor::Value;
use crate::log::body::BodyState;
use crate::time::Moment;
use rusqlite::params;
use std::collections::BTreeMap;
use std::sync::Arc;

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
        match self.tail_bodies(log, index)? {
            Some(bodies) => Ok(bodies.get(&(index, place)).cloned()),
            None => self.block_body(log, index, place),
        }
    }

    /// Writes bodies of entries that are stored, in place of those that were, and lists those that
    /// are missing and those that will expire. What cannot be read beside one of them is gone with
    /// it.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_bodies(&self, log: u64, bodies: Bodies) -> Result<(), StorageError> {
        let mut in_runs = Bodies::new();
        let mut in_tail: BTreeMap<u64, Bodies> = BTreeMap::new();
        for (at, body) in bodies {
            let known = match self.tail_bodies(log, at.0) {
                Err(StorageError::Damaged(what)) => {
                    tracing::warn!(what, "words are written over what cannot be read");
                    self.unlist_missing(log, at.0)?;
                    Some(Arc::default())
                }
                known => known?,
            };
            let Some(known) = known else {
                in_runs.insert(at, body);
                continue;
            };
            self.list_missing(log, [(&at, &body)])?;
            in_tail.entry(at.0).or_insert_with(|| Bodies::clone(&known)).insert(at, body);
        }
        for (index, bodies) in in_tail {
            self.put_tail_bodies(log, index, bodies)?;
        }
        self.put_block_bodies(log, in_runs)
    }

    /// Takes what has no row off the lists.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn unlist_body(&self, log: u64, index: u64, place: u8) -> Result<(), StorageError> {
        let gone = BodyRow::gone();
        self.list_missing(log, [(&(index, place), &gone)])?;
        self.list_expiring(log, [(&(index, place), &gone)])
    }

    /// Takes the bodies of an entry off the list of those that may be asked for.
    pub(super) fn unlist_missing(&self, log: u64, index: u64) -> Result<(), StorageError> {
        self.file
            .connection
            .prepare_cached("DELETE FROM missing WHERE log = ?1 AND place = ?2")?
            .execute([log, index])?;
        Ok(())
    }

    /// Lists which of these are missing, and that others are not.
    pub(super) fn list_missing<'a>(
        &self,
        log: u64,
        bodies: impl IntoIterator<Item = (&'a (u64, u8), &'a BodyRow)>,
    ) -> Result<(), StorageError> {
        for ((index, place), body) in bodies {
            let list = if body.state == BodyState::Withheld {
                "INSERT OR IGNORE INTO missing(log, place, record) VALUES (?1, ?2, ?3)"
            } else {
                "DELETE FROM missing WHERE log = ?1 AND place = ?2 AND record = ?3"
            };
            let row = [log, *index, u64::from(*place)];
            self.file.connection.prepare_cached(list)?.execute(row)?;
        }
        Ok(())
    }

    /// Lists which of these will expire, and that others will not.
    pub(super) fn list_expiring<'a>(
        &self,
        log: u64,
        bodies: impl IntoIterator<Item = (&'a (u64, u8), &'a BodyRow)>,
    ) -> Result<(), StorageError> {
        for ((index, place), body) in bodies {
            let row = [log, *index, u64::from(*place)];
            let Some(until) = body.until.filter(|_| body.state != BodyState::Gone) else {
                self.file
                    .connection
                    .prepare_cached(
                        "DELETE FROM expiring WHERE log = ?1 AND place = ?2 AND record = ?3",
                    )?
                    .execute(row)?;
                continue;
            };
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
        let bodies = self.bodies_within(log, first, end)?.into_iter();
        let present = bodies.filter(|(_, body)| body.state == BodyState::Present);
        Ok(present.map(|((index, place), body)| (index, place, body)).collect())
    }

    fn bodies_within(&self, log: u64, first: u64, end: u64) -> Result<Bodies, StorageError> {
        let mut bodies = self.block_bodies(log, first, end)?;
        for index in self.tail_places(log)? {
            if !(first..end).contains(&index) {
                continue;
            }
            let here = self.tail_bodies(log, index)?.unwrap_or_default();
            bodies.extend(here.iter().map(|(at, body)| (*at, body.clone())));
        }
        Ok(bodies)
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
        for (log, index) in self.tail_rows()? {
            // What cannot be read has nothing that could end.
            let Ok(Some(bodies)) = self.tail_bodies(log, index) else { continue };
            for ((index, place), body) in bodies.iter() {
                if let Some(until) = body.until.filter(|_| body.state != BodyState::Gone) {
                    let (index, place, at) = (*index, *place, body.at);
                    expiring.push(Expiring { log, index, place, until, at });
                }
            }
        }
        Ok(expiring)
    }

    /// Where every body row of a log stands: `(entry, record)`. Of what cannot be read it is not
    /// known.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn bodies(&self, log: u64) -> Result<Vec<(u64, u8)>, StorageError> {
        let mut places: Vec<(u64, u8)> = self.block_rows(log)?.into_keys().collect();
        for index in self.tail_places(log)? {
            match self.tail_bodies(log, index) {
                Err(StorageError::Damaged(_)) => {}
                bodies => places.extend(bodies?.iter().flat_map(|bodies| bodies.keys())),
            }
        }
        places.sort_unstable();
        Ok(places)
    }

    /// Makes the lists of missing and of expiring bodies anew from their rows.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn index_bodies(&self, logs: &[LogRow]) -> Result<(), StorageError> {
        self.file.connection.execute_batch("DELETE FROM missing; DELETE FROM expiring")?;
        for log in logs.iter().map(|log| log.number) {
            // Whether or not their words can be read.
            let in_runs = self.block_rows(log)?;
            self.list_missing(log, &in_runs)?;
            self.list_expiring(log, &in_runs)?;
            for index in self.tail_places(log)? {
                match self.tail_bodies(log, index) {
                    Err(StorageError::Damaged(_)) => {}
                    bodies => self.list_missing(log, &*bodies?.unwrap_or_default())?,
                }
            }
        }
        Ok(())
    }
}
