//! The bodies of the entries that stand in runs: those of 32 entries in one sealed row. Of a
//! body that is gone its place is left, and nothing of what it was.

use super::database::{Row, StorageError};
use super::pair_db::PairDb;
use super::rows::BodyRow;
use crate::cbor::View;
use crate::log::body::BodyState;
use crate::time::Moment;
use rusqlite::{OptionalExtension, params};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Bodies, by the place of their entry and of their record in it.
pub type Bodies = BTreeMap<(u64, u8), BodyRow>;

/// The blocks that were read last: log, number, bodies.
pub(super) type Blocks = RefCell<VecDeque<(u64, u64, Arc<Bodies>)>>;

/// Entries whose bodies stand in one row. More of them write more where one body is erased;
/// fewer take more room.
const BLOCK: u64 = 32;
/// Blocks kept in memory.
const BLOCKS: usize = 8;

/// Bodies of entries from `first` on, as bytes.
pub(super) fn write_bodies(first: u64, bodies: &Bodies) -> Vec<u8> {
    let body = |((place, record), body): (&(u64, u8), &'_ BodyRow)| {
        let mut items = vec![View::from(place - first), View::from(u64::from(*record))];
        let state = match body.state {
            BodyState::Present => 0,
            BodyState::Withheld => 1,
            BodyState::Gone => return View::Array(items),
        };
        items.extend([View::Int(state), View::Int(body.at.0)]);
        items.extend(body.until.map(|until| View::Int(until.0)));
        View::Array(items)
    };
    let words: Vec<View<'_>> = bodies
        .values()
        .filter(|body| body.state == BodyState::Present)
        .map(|body| View::Bytes(&body.bytes))
        .collect();
    let fields =
        [("bodies", View::Array(bodies.iter().map(body).collect())), ("words", View::Array(words))];
    View::fields(fields).encode()
}

/// What [`write_bodies`] gave; `None` for anything else.
pub(super) fn read_bodies(first: u64, bytes: &[u8]) -> Option<Bodies> {
    let view = View::read(bytes).ok()?;
    let mut words = view.get("words")?.array()?.iter();
    let mut bodies = Bodies::new();
    for body in view.get("bodies")?.array()? {
        let [place, record, rest @ ..] = body.array()? else { return None };
        let step = place.uint()?;
        if step >= BLOCK {
            return None;
        }
        let at = (first + step, u8::try_from(record.uint()?).ok()?);
        let (state, written, until) = match rest {
            [] => (BodyState::Gone, 0, None),
            [state, written] => (read_state(state)?, written.int()?, None),
            [state, written, until] => (read_state(state)?, written.int()?, Some(until.int()?)),
            _ => return None,
        };
        let bytes = match state {
            BodyState::Present => words.next()?.bytes()?.to_vec(),
            _ => Vec::new(),
        };
        let row = BodyRow { state, until: until.map(Moment), at: Moment(written), bytes };
        if bodies.insert(at, row).is_some() {
            return None;
        }
    }
    words.next().is_none().then_some(bodies)
}

fn read_state(state: &View<'_>) -> Option<BodyState> {
    match state.int()? {
        0 => Some(BodyState::Present),
        1 => Some(BodyState::Withheld),
        _ => None,
    }
}

impl PairDb {
    /// A body of an entry that stands in a run.
    pub(super) fn block_body(
        &self,
        log: u64,
        place: u64,
        record: u8,
    ) -> Result<Option<BodyRow>, StorageError> {
        Ok(self.block(log, place / BLOCK)?.get(&(place, record)).cloned())
    }

    fn block(&self, log: u64, number: u64) -> Result<Arc<Bodies>, StorageError> {
        let here = |(of, at, _): &&(u64, u64, Arc<Bodies>)| (*of, *at) == (log, number);
        if let Some((.., known)) = self.blocks.borrow().iter().find(here) {
            return Ok(known.clone());
        }
        let sealed: Option<Vec<u8>> = self
            .file
            .connection
            .prepare_cached("SELECT sealed FROM words WHERE log = ?1 AND block = ?2")?
            .query_row([log, number], |row| row.get(0))
            .optional()?;
        let block = match sealed {
            Some(sealed) => self.open_block(log, number, &sealed)?,
            None => Bodies::new(),
        };
        let block = Arc::new(block);
        self.keep_block(log, number, block.clone());
        Ok(block)
    }

    fn keep_block(&self, log: u64, number: u64, block: Arc<Bodies>) {
        let mut blocks = self.blocks.borrow_mut();
        blocks.retain(|(of, at, _)| (*of, *at) != (log, number));
        blocks.truncate(BLOCKS - 1);
        blocks.push_front((log, number, block));
    }

    fn open_block(&self, log: u64, number: u64, sealed: &[u8]) -> Result<Bodies, StorageError> {
        let numbers = [log, number];
        let at = Row::Numbers(&numbers);
        let plain = self.file.unseal_bytes("words", at, sealed)?;
        read_bodies(number * BLOCK, &plain).ok_or_else(|| self.file.damaged("words", at))
    }

    /// Writes a block; none where it has no bodies.
    fn put_block(&self, log: u64, number: u64, bodies: Bodies) -> Result<(), StorageError> {
        if bodies.is_empty() {
            self.file
                .connection
                .prepare_cached("DELETE FROM words WHERE log = ?1 AND block = ?2")?
                .execute([log, number])?;
        } else {
            let plain = write_bodies(number * BLOCK, &bodies);
            let sealed = self.file.seal_bytes("words", Row::Numbers(&[log, number]), &plain)?;
            self.file
                .connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO words(log, block, sealed) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![log, number, sealed])?;
        }
        self.keep_block(log, number, Arc::new(bodies));
        Ok(())
    }

    /// Writes bodies of entries that stand in runs, in place of those that were.
    pub(super) fn put_block_bodies(&self, log: u64, bodies: Bodies) -> Result<(), StorageError> {
        self.list_expiring(log, &bodies)?;
        let mut blocks: BTreeMap<u64, Bodies> = BTreeMap::new();
        for (at, body) in bodies {
            blocks.entry(at.0 / BLOCK).or_default().insert(at, body);
        }
        for (number, bodies) in blocks {
            let mut block = match self.block(log, number) {
                Err(StorageError::Damaged(what)) => {
                    tracing::warn!(what, "words are written over what cannot be read");
                    Bodies::new()
                }
                block => Bodies::clone(&*block?),
            };
            block.extend(bodies);
            self.put_block(log, number, block)?;
        }
        Ok(())
    }

    /// The bodies of the entries of a log that stand in runs, from `first` to before `end`.
    pub(super) fn block_bodies(
        &self,
        log: u64,
        first: u64,
        end: u64,
    ) -> Result<Bodies, StorageError> {
        let mut statement = self.file.connection.prepare_cached(
            "SELECT block, sealed FROM words WHERE log = ?1 AND block >= ?2 AND block < ?3 \
             ORDER BY block",
        )?;
        let blocks = statement.query_map([log, first / BLOCK, end.div_ceil(BLOCK)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        let mut bodies = Bodies::new();
        for block in blocks {
            let (number, sealed): (u64, Vec<u8>) = block?;
            let block = self.open_block(log, number, &sealed)?;
            bodies.extend(block.into_iter().filter(|((at, _), _)| (first..end).contains(at)));
        }
        Ok(bodies)
    }

    /// Where the bodies of a log stand that can be read, of entries in runs.
    pub(super) fn block_places(&self, log: u64) -> Result<Vec<(u64, u8)>, StorageError> {
        let mut statement = self
            .file
            .connection
            .prepare_cached("SELECT block, sealed FROM words WHERE log = ?1")?;
        let blocks = statement.query_map([log], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut places = Vec::new();
        for block in blocks {
            let (number, sealed): (u64, Vec<u8>) = block?;
            match self.open_block(log, number, &sealed) {
                Err(StorageError::Damaged(_)) => {}
                block => places.extend(block?.into_keys()),
            }
        }
        Ok(places)
    }

    /// Takes away the bodies of the entries of a log that stand in runs, from `first` on.
    pub(super) fn cut_blocks(&self, log: u64, first: u64) -> Result<(), StorageError> {
        let mut partly = Bodies::clone(&*self.block(log, first / BLOCK)?);
        partly.retain(|(place, _), _| *place < first);
        self.put_block(log, first / BLOCK, partly)?;
        self.file
            .connection
            .prepare_cached("DELETE FROM words WHERE log = ?1 AND block > ?2")?
            .execute([log, first / BLOCK])?;
        self.blocks.borrow_mut().clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    fn body() -> impl Strategy<Value = BodyRow> {
        let bytes = prop::collection::vec(any::<u8>(), 0..9);
        (0..3_u8, prop::option::of(any::<i64>()), any::<i64>(), bytes).prop_map(
            |(state, until, at, bytes)| match state {
                0 => BodyRow {
                    state: BodyState::Present,
                    until: until.map(Moment),
                    at: Moment(at),
                    bytes,
                },
                1 => BodyRow {
                    state: BodyState::Withheld,
                    until: until.map(Moment),
                    at: Moment(at),
                    bytes: Vec::new(),
                },
                _ => gone(),
            },
        )
    }

    fn gone() -> BodyRow {
        BodyRow { state: BodyState::Gone, until: None, at: Moment(0), bytes: Vec::new() }
    }

    proptest! {
        #[test]
        fn bodies_read_back_as_they_were(
            bodies in prop::collection::btree_map((7..7 + BLOCK, 0..3_u8), body(), 0..20),
        ) {
            let bytes = write_bodies(7, &bodies);
            prop_assert_eq!(read_bodies(7, &bytes), Some(bodies));
        }
    }

    #[test]
    fn of_a_body_that_is_gone_only_its_place_is_left() {
        let kept = BodyRow {
            state: BodyState::Gone,
            until: Some(Moment(9)),
            at: Moment(7),
            bytes: b"words".to_vec(),
        };
        let bytes = write_bodies(0, &Bodies::from([((1, 0), kept)]));
        assert_eq!(bytes, write_bodies(0, &Bodies::from([((1, 0), gone())])));
        assert_eq!(read_bodies(0, &bytes), Some(Bodies::from([((1, 0), gone())])));
    }

    #[test]
    fn bytes_that_are_no_bodies_are_refused() {
        let read = |bodies: Vec<Vec<View<'static>>>, words: Vec<View<'static>>| {
            let bodies = View::Array(bodies.into_iter().map(View::Array).collect());
            let fields = [("bodies", bodies), ("words", View::Array(words))];
            read_bodies(5, &View::fields(fields).encode())
        };
        let number = |number: i64| View::Int(number);
        let present = || vec![number(0), number(0), number(0), number(4)];
        let words = || View::Bytes(b"a");
        assert!(read(vec![present()], vec![words()]).is_some());
        assert_eq!(read(vec![present()], vec![]), None, "no words");
        assert_eq!(read(vec![present()], vec![words(), words()]), None, "words of nobody");
        assert_eq!(read(vec![present(), present()], vec![words(), words()]), None, "twice");
        assert_eq!(read(vec![vec![number(0)]], vec![]), None, "no record");
        let state = vec![number(0), number(0), number(2), number(4)];
        assert_eq!(read(vec![state], vec![]), None, "no such state");
        let far = vec![View::from(BLOCK), number(0)];
        assert_eq!(read(vec![far], vec![]), None, "of another block");
    }
}
