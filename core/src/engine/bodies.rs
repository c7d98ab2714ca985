//! Words that stand apart from their records: read, erased, kept for as long as both want.

use super::{Engine, Home};
use crate::cbor::Value;
use crate::domain::pacing::{Keeping, Pace};
use crate::error::Error;
use crate::id::{PersonId, Position};
use crate::log::body::BodyState;
use crate::store::{Bodies, BodyRow, PairDb, StorageError};
use crate::time::Moment;
use std::collections::HashMap;

impl Engine {
    /// Deletes a body that its author took back, on this phone. The words of
    /// somebody else stay where they are.
    pub(super) fn take_words(
        &mut self,
        home: &Home,
        author: PersonId,
        of: Position,
    ) -> Result<(), Error> {
        let log = PairDb::find(&home.logs, of.log);
        let Some(number) = log.filter(|log| log.follower.owner() == author).map(|log| log.number)
        else {
            return Ok(());
        };
        self.erase_body(of, number)
    }

    /// Deletes a body, whatever is held of it.
    pub(super) fn erase_body(&mut self, of: Position, number: u64) -> Result<(), Error> {
        let db = self.db()?;
        let row = match db.body(number, of.index, of.place) {
            // What cannot be read is erased all the same.
            Err(StorageError::Damaged(_)) => Some(BodyRow {
                state: BodyState::Gone,
                until: None,
                at: Moment(0),
                bytes: Vec::new(),
            }),
            other => other?,
        };
        if let Some(row) = row {
            let gone = BodyRow { state: BodyState::Gone, bytes: Vec::new(), ..row };
            db.put_bodies(number, Bodies::from([((of.index, of.place), gone)]))?;
            self.rows.forget_body(of);
            if let Some(expiring) = &mut self.rows.expiring {
                let here = (number, of.index, of.place);
                expiring.retain(|one| (one.log, one.index, one.place) != here);
            }
            self.wrote = true;
            self.scrub = true;
            // Its words may be shown anywhere.
            self.told.touch(None);
        }
        Ok(())
    }

    /// The body of a record, if it is here and its time is not over.
    fn body(
        &mut self,
        home: &Home,
        keeping: Keeping,
        of: Position,
    ) -> Result<Option<Value>, Error> {
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
            let value = present.then(|| Value::decode(&row.bytes).ok()).flatten();
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
    ) -> Result<HashMap<Position, Value>, Error> {
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
