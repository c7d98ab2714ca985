//! Words that stand apart from their records: read, erased, kept for as long as both want.

use super::{Engine, Home};
use crate::cbor::Value;
use crate::domain::pacing::{Keeping, Pace};
use crate::error::Error;
use crate::id::{PersonId, Position};
use crate::log::body::BodyState;
use crate::store::{Bodies, BodyRow, PairDb, StorageError};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

impl Engine {
    /// Deletes bodies that their author took back, on this phone. The words of
    /// somebody else stay where they are.
    pub(super) fn take_words(
        &mut self,
        home: &Home,
        author: PersonId,
        of: impl IntoIterator<Item = Position>,
    ) -> Result<(), Error> {
        let mut by_log: BTreeMap<u64, Vec<Position>> = BTreeMap::new();
        for position in of {
            let log = PairDb::find(&home.logs, position.log);
            if let Some(log) = log.filter(|log| log.follower.owner() == author) {
                by_log.entry(log.number).or_default().push(position);
            }
        }
        by_log.into_iter().try_for_each(|(number, of)| self.erase_bodies(number, &of))
    }

    /// Deletes bodies of a log, whatever is held of them.
    pub(super) fn erase_bodies(&mut self, number: u64, of: &[Position]) -> Result<(), Error> {
        let db = self.db()?;
        let mut gone = Bodies::new();
        for position in of {
            let (index, place) = (position.index, position.place);
            match db.body(number, index, place) {
                Ok(None) => db.unlist_body(number, index, place)?,
                // What cannot be read is erased all the same.
                Err(StorageError::Damaged(_)) | Ok(Some(_)) => {
                    gone.insert((index, place), BodyRow::gone());
                }
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(expiring) = &mut self.rows.expiring {
            let over: BTreeSet<(u64, u8)> = of.iter().map(|at| (at.index, at.place)).collect();
            expiring.retain(|one| one.log != number || !over.contains(&(one.index, one.place)));
        }
        if gone.is_empty() {
            return Ok(());
        }
        for position in of {
            self.rows.forget_body(*position);
        }
        self.wrote = true;
        self.scrub = true;
        // Their words may be shown anywhere.
        self.told.touch(None);
        Ok(self.db()?.put_bodies(number, gone)?)
    }

    /// The body of a record, if it is here and its time is not over.
    fn body(
        &mut self,
        home: &Home,
        keeping: Keeping,
        of: Position,
    ) -> Result<Option<Arc<Value>>, Error> {
        let now = self.now();
        let Some(log) = PairDb::find(&home.logs, of.log) else { return Ok(None) };
        let days = keeping.of(log.follower.owner() == home.me);
        if self.rows.body(of).is_none() {
            let row = match self.db()?.body(log.number, of.index, of.place) {
                Ok(row) => row,
                // The words are lost; what stands around them must stay usable.
                Err(StorageError::Damaged(what)) => {
                    tracing::warn!(what, "words could not be read");
                    None
                }
                Err(error) => return Err(error.into()),
            };
            let Some(row) = row else { return Ok(None) };
            let present = row.state == BodyState::Present;
            let value = present.then(|| Value::decode(&row.bytes).ok().map(Arc::new)).flatten();
            self.rows.keep_body(of, row, value);
        }
        let found = self.rows.body(of);
        let found = found.filter(|(row, _)| row.ends(days).is_none_or(|end| now < end));
        Ok(found.and_then(|(_, value)| value.clone()))
    }

    /// For how many days words are kept on this phone at most.
    pub(crate) fn keeping(&mut self, home: &Home) -> Result<Keeping, Error> {
        Ok(self.state::<Pace>(home, &[home.pair.document()])?.keeping(home.side))
    }

    /// The bodies of these records.
    pub(super) fn bodies(
        &mut self,
        home: &Home,
        of: impl IntoIterator<Item = Position>,
    ) -> Result<HashMap<Position, Arc<Value>>, Error> {
        let keeping = self.keeping(home)?;
        let mut bodies = HashMap::new();
        for position in of {
            if let Some(value) = self.body(home, keeping, position)? {
                bodies.insert(position, value);
            }
        }
        Ok(bodies)
    }
}
