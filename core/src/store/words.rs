//! The bodies of the entries that stand in runs: those of 32 entries in one sealed row, a block.
//! Long ones stand in rows of their own beside it, so that no block is larger than a megabyte. Of a
//! body that is gone its place is left, and nothing of what it was.

use super::database::{Row, StorageError};
use super::pair_db::PairDb;
use super::rows::BodyRow;
use crate::cbor::View;
use crate::log::body::BodyState;
use crate::time::Moment;
use rusqlite::{OptionalExtension, params};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Bodies, by the place of their entry and of their record in it.
pub type Bodies = BTreeMap<(u64, u8), BodyRow>;

/// A row: the bodies of some entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// Without the bytes of those that stand apart.
    bodies: Bodies,
    /// Those that have rows of their own.
    apart: BTreeSet<(u64, u8)>,
}

/// The blocks that were read last: log, number, bodies.
pub(super) type Blocks = RefCell<VecDeque<(u64, u64, Arc<Block>)>>;

/// Entries whose bodies stand in one row. More of them write more where one body is erased;
/// fewer take more room.
const BLOCK: u64 = 32;
/// A longer body has a row of its own.
const LONG: usize = 512;
/// Such rows are numbered from here on, by entry and record: far beyond the blocks of every log.
const APART: u64 = 1 << 62;
/// Blocks kept in memory.
const BLOCKS: usize = 8;

fn number_apart((place, record): (u64, u8)) -> u64 {
    APART | (place << 8) | u64::from(record)
}

/// Bodies of entries from `first` on, as bytes.
pub(super) fn write_bodies(first: u64, bodies: &Bodies) -> Vec<u8> {
    write_block(first, bodies, &BTreeSet::new())
}

fn write_block(first: u64, bodies: &Bodies, apart: &BTreeSet<(u64, u8)>) -> Vec<u8> {
    let body = |(at, body): (&(u64, u8), &'_ BodyRow)| {
        let mut items = vec![View::from(at.0 - first), View::from(u64::from(at.1))];
        let state = match body.state {
            BodyState::Present if apart.contains(at) => STANDS_APART,
            BodyState::Present => 0,
            BodyState::Withheld => 1,
            BodyState::Gone => return View::Array(items),
        };
        items.extend([View::Int(state), View::Int(body.at.0)]);
        items.extend(body.until.map(|until| View::Int(until.0)));
        View::Array(items)
    };
    let here = |(at, body): (&(u64, u8), &'_ BodyRow)| {
        body.state == BodyState::Present && !apart.contains(at)
    };
    let words = bodies.iter().filter(|(at, body)| here((at, body)));
    let words = words.map(|(_, body)| View::Bytes(&body.bytes)).collect();
    let fields =
        [("bodies", View::Array(bodies.iter().map(body).collect())), ("words", View::Array(words))];
    View::fields(fields).encode()
}

/// The state of a body that has a row of its own.
const STANDS_APART: i64 = 2;

/// What [`write_bodies`] gave; `None` for anything else.
pub(super) fn read_bodies(first: u64, bytes: &[u8]) -> Option<Bodies> {
    read_block(first, bytes).filter(|block| block.apart.is_empty()).map(|block| block.bodies)
}

fn read_block(first: u64, bytes: &[u8]) -> Option<Block> {
    let view = View::read(bytes).ok()?;
    let mut words = view.get("words")?.array()?.iter();
    let mut block = Block::default();
    for body in view.get("bodies")?.array()? {
        let [step, record, rest @ ..] = body.array()? else { return None };
        let step = step.uint()?;
        if step >= BLOCK {
            return None;
        }
        let at = (first + step, u8::try_from(record.uint()?).ok()?);
        let (state, written, until) = match rest {
            [] => (None, 0, None),
            [state, written] => (Some(state.int()?), written.int()?, None),
            [state, written, until] => (Some(state.int()?), written.int()?, Some(until.int()?)),
            _ => return None,
        };
        let (state, bytes) = match state {
            None => (BodyState::Gone, Vec::new()),
            Some(0) => (BodyState::Present, words.next()?.bytes()?.to_vec()),
            Some(1) => (BodyState::Withheld, Vec::new()),
            Some(STANDS_APART) => {
                block.apart.insert(at);
                (BodyState::Present, Vec::new())
            }
            Some(_) => return None,
        };
        let row = BodyRow { state, until: until.map(Moment), at: Moment(written), bytes };
        if block.bodies.insert(at, row).is_some() {
            return None;
        }
    }
    words.next().is_none().then_some(block)
}

impl PairDb {
    /// A body of an entry that stands in a run.
    pub(super) fn block_body(
        &self,
        log: u64,
        place: u64,
        record: u8,
    ) -> Result<Option<BodyRow>, StorageError> {
        let (at, block) = ((place, record), self.block(log, place / BLOCK)?);
        let Some(body) = block.bodies.get(&at) else { return Ok(None) };
        self.whole(log, at, body, &block.apart).map(Some)
    }

    /// A body with its bytes, wherever they stand.
    fn whole(
        &self,
        log: u64,
        at: (u64, u8),
        body: &BodyRow,
        apart: &BTreeSet<(u64, u8)>,
    ) -> Result<BodyRow, StorageError> {
        let mut body = body.clone();
        if apart.contains(&at) {
            let number = number_apart(at);
            let numbers = [log, number];
            let damaged = || self.file.damaged("words", Row::Numbers(&numbers));
            let sealed = self.sealed_words(log, number)?.ok_or_else(damaged)?;
            let plain = self.file.unseal_bytes("words", Row::Numbers(&numbers), &sealed)?;
            body.bytes = plain.to_vec();
        }
        Ok(body)
    }

    fn sealed_words(&self, log: u64, number: u64) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self
            .file
            .connection
            .prepare_cached("SELECT sealed FROM words WHERE log = ?1 AND block = ?2")?
            .query_row([log, number], |row| row.get(0))
            .optional()?)
    }

    fn put_words(&self, log: u64, number: u64, plain: &[u8]) -> Result<(), StorageError> {
        let sealed = self.file.seal_bytes("words", Row::Numbers(&[log, number]), plain)?;
        self.file
            .connection
            .prepare_cached("INSERT OR REPLACE INTO words(log, block, sealed) VALUES (?1, ?2, ?3)")?
            .execute(params![log, number, sealed])?;
        Ok(())
    }

    fn remove_words(&self, log: u64, number: u64) -> Result<(), StorageError> {
        self.file
            .connection
            .prepare_cached("DELETE FROM words WHERE log = ?1 AND block = ?2")?
            .execute([log, number])?;
        Ok(())
    }

    fn block(&self, log: u64, number: u64) -> Result<Arc<Block>, StorageError> {
        let here = |(of, at, _): &&(u64, u64, Arc<Block>)| (*of, *at) == (log, number);
        if let Some((.., known)) = self.blocks.borrow().iter().find(here) {
            return Ok(known.clone());
        }
        let block = match self.sealed_words(log, number)? {
            Some(sealed) => self.open_block(log, number, &sealed)?,
            None => Block::default(),
        };
        let block = Arc::new(block);
        self.keep_block(log, number, block.clone());
        Ok(block)
    }

    fn keep_block(&self, log: u64, number: u64, block: Arc<Block>) {
        let mut blocks = self.blocks.borrow_mut();
        blocks.retain(|(of, at, _)| (*of, *at) != (log, number));
        blocks.truncate(BLOCKS - 1);
        blocks.push_front((log, number, block));
    }

    fn open_block(&self, log: u64, number: u64, sealed: &[u8]) -> Result<Block, StorageError> {
        let numbers = [log, number];
        let at = Row::Numbers(&numbers);
        let plain = self.file.unseal_bytes("words", at, sealed)?;
        read_block(number * BLOCK, &plain).ok_or_else(|| self.file.damaged("words", at))
    }

    /// A block that is to be written anew. Of one that cannot be read nothing is left, and no
    /// list speaks of it any more.
    fn block_to_write(&self, log: u64, number: u64) -> Result<Block, StorageError> {
        match self.block(log, number) {
            Err(StorageError::Damaged(what)) => {
                tracing::warn!(what, "words are written over what cannot be read");
                let range = [log, number * BLOCK, (number + 1) * BLOCK];
                for list in ["missing", "expiring"] {
                    let delete =
                        format!("DELETE FROM {list} WHERE log = ?1 AND place >= ?2 AND place < ?3");
                    self.file.connection.prepare_cached(&delete)?.execute(range)?;
                }
                self.cut_apart(log, number * BLOCK, (number + 1) * BLOCK)?;
                Ok(Block::default())
            }
            block => Ok(Block::clone(&*block?)),
        }
    }

    /// Takes away the rows of bodies that stand apart.
    fn cut_apart(&self, log: u64, first: u64, end: u64) -> Result<(), StorageError> {
        self.file
            .connection
            .prepare_cached("DELETE FROM words WHERE log = ?1 AND block >= ?2 AND block < ?3")?
            .execute([log, number_apart((first, 0)), number_apart((end, 0))])?;
        Ok(())
    }

    /// Writes a block; none where it has no bodies.
    fn put_block(&self, log: u64, number: u64, block: Block) -> Result<(), StorageError> {
        if block.bodies.is_empty() {
            self.remove_words(log, number)?;
        } else {
            let plain = write_block(number * BLOCK, &block.bodies, &block.apart);
            self.put_words(log, number, &plain)?;
        }
        self.keep_block(log, number, Arc::new(block));
        Ok(())
    }

    /// Writes bodies of entries that stand in runs, in place of those that were.
    pub(super) fn put_block_bodies(&self, log: u64, bodies: Bodies) -> Result<(), StorageError> {
        let mut blocks: BTreeMap<u64, Bodies> = BTreeMap::new();
        for (at, body) in bodies {
            blocks.entry(at.0 / BLOCK).or_default().insert(at, body);
        }
        for (number, bodies) in blocks {
            let mut block = self.block_to_write(log, number)?;
            self.list_missing(log, &bodies)?;
            self.list_expiring(log, &bodies)?;
            for (at, mut body) in bodies {
                if body.state == BodyState::Present && body.bytes.len() > LONG {
                    self.put_words(log, number_apart(at), &body.bytes)?;
                    body.bytes.clear();
                    block.apart.insert(at);
                } else if block.apart.remove(&at) {
                    self.remove_words(log, number_apart(at))?;
                }
                block.bodies.insert(at, body);
            }
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
        let range = [log, first / BLOCK, end.div_ceil(BLOCK).min(APART)];
        let blocks = statement.query_map(range, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut bodies = Bodies::new();
        for block in blocks {
            let (number, sealed): (u64, Vec<u8>) = block?;
            let Block { bodies: found, apart } = self.open_block(log, number, &sealed)?;
            for (at, body) in found {
                if !(first..end).contains(&at.0) {
                    continue;
                }
                match self.whole(log, at, &body, &apart) {
                    // Its entry and the others stay readable.
                    Err(StorageError::Damaged(what)) => {
                        tracing::warn!(what, "words could not be read");
                    }
                    body => drop(bodies.insert(at, body?)),
                }
            }
        }
        Ok(bodies)
    }

    /// The bodies of a log of entries in runs, but for the bytes of those that stand apart. Of a
    /// block that cannot be read it is not known.
    pub(super) fn block_rows(&self, log: u64) -> Result<Bodies, StorageError> {
        let mut statement = self
            .file
            .connection
            .prepare_cached("SELECT block, sealed FROM words WHERE log = ?1 AND block < ?2")?;
        let blocks = statement.query_map([log, APART], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut bodies = Bodies::new();
        for block in blocks {
            let (number, sealed): (u64, Vec<u8>) = block?;
            match self.open_block(log, number, &sealed) {
                Err(StorageError::Damaged(_)) => {}
                block => bodies.extend(block?.bodies),
            }
        }
        Ok(bodies)
    }

    /// Takes away the bodies of the entries of a log that stand in runs, from `first` on.
    pub(super) fn cut_blocks(&self, log: u64, first: u64) -> Result<(), StorageError> {
        let mut partly = self.block_to_write(log, first / BLOCK)?;
        partly.bodies.retain(|(place, _), _| *place < first);
        partly.apart.retain(|(place, _)| *place < first);
        self.put_block(log, first / BLOCK, partly)?;
        self.cut_apart(log, first, (APART >> 8) - 1)?;
        self.file
            .connection
            .prepare_cached("DELETE FROM words WHERE log = ?1 AND block > ?2 AND block < ?3")?
            .execute([log, first / BLOCK, APART])?;
        self.blocks.borrow_mut().clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::store::LogRow;
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
                _ => BodyRow::gone(),
            },
        )
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
        assert_eq!(bytes, write_bodies(0, &Bodies::from([((1, 0), BodyRow::gone())])));
        assert_eq!(read_bodies(0, &bytes), Some(Bodies::from([((1, 0), BodyRow::gone())])));
    }

    fn present(length: usize, until: Option<i64>) -> BodyRow {
        let (state, until) = (BodyState::Present, until.map(Moment));
        BodyRow { state, until, at: Moment(7), bytes: vec![5; length] }
    }

    fn rows(db: &PairDb) -> Vec<usize> {
        let mut select = db.file.connection.prepare("SELECT length(sealed) FROM words").unwrap();
        let rows = select.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn long_bodies_stand_apart_and_leave_with_all_that_they_were() {
        let (_folder, db) = PairDb::scratch();
        let at = |place| (place, 0);
        let all = Bodies::from([
            (at(1), present(LONG, None)),
            (at(2), present(LONG + 1, None)),
            (at(3), present(60_000, Some(9))),
            (at(40), present(60_000, None)),
        ]);
        db.put_bodies(1, all.clone()).unwrap();
        db.forget();
        assert_eq!(rows(&db).len(), 5);
        for (at, body) in &all {
            assert_eq!(db.body(1, at.0, 0).unwrap().as_ref(), Some(body));
        }
        assert_eq!(db.present_bodies(1, 2, 4).unwrap().len(), 2);
        db.put_bodies(1, Bodies::from([(at(3), BodyRow::gone())])).unwrap();
        assert_eq!(rows(&db).len(), 4, "what is gone has no row of its own");
        db.forget();
        assert_eq!(db.body(1, 3, 0).unwrap(), Some(BodyRow::gone()));
        db.cut_log(1, 2).unwrap();
        assert_eq!(rows(&db).len(), 1);
        assert_eq!(db.bodies(1).unwrap(), [(1, 0)]);
    }

    #[test]
    fn a_damaged_long_body_keeps_nothing_else_from_being_listed_and_sent() {
        let (_folder, db) = PairDb::scratch();
        let both = Bodies::from([((1, 0), present(900, Some(50))), ((2, 0), present(9, Some(60)))]);
        db.put_bodies(1, both).unwrap();
        let damaged = "UPDATE words SET sealed = zeroblob(90) WHERE block > 1000";
        assert_eq!(db.file.connection.execute(damaged, []).unwrap(), 1);
        db.forget();
        assert!(matches!(db.body(1, 1, 0), Err(StorageError::Damaged(_))));
        let pair = crate::id::PairId([3; 16]);
        let follower = crate::log::Follower::new(pair, crate::id::PersonId([4; 16]), 0);
        db.index_bodies(&[LogRow { number: 1, ..LogRow::empty(false, follower, Moment(0)) }])
            .unwrap();
        assert_eq!(db.expiring().unwrap().len(), 2, "what cannot be read ends all the same");
        let sent = db.present_bodies(1, 0, 9).unwrap();
        assert_eq!(sent.iter().map(|(place, ..)| *place).collect::<Vec<_>>(), [2]);
        db.put_bodies(1, Bodies::from([((1, 0), BodyRow::gone())])).unwrap();
        assert_eq!(rows(&db).len(), 1);
    }

    #[test]
    fn what_is_written_over_a_damaged_block_leaves_nothing_listed_of_it() {
        let (_folder, db) = PairDb::scratch();
        let both = Bodies::from([((1, 0), present(9, Some(50))), ((2, 0), present(9, Some(60)))]);
        db.put_bodies(1, both).unwrap();
        assert_eq!(db.expiring().unwrap().len(), 2);
        db.file.connection.execute("UPDATE words SET sealed = zeroblob(90)", []).unwrap();
        db.forget();
        assert!(matches!(db.body(1, 1, 0), Err(StorageError::Damaged(_))));
        db.put_bodies(1, Bodies::from([((1, 0), BodyRow::gone())])).unwrap();
        assert_eq!(db.body(1, 1, 0).unwrap(), Some(BodyRow::gone()));
        assert_eq!(db.body(1, 2, 0).unwrap(), None);
        assert_eq!(db.expiring().unwrap(), []);
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
        let state = vec![number(0), number(0), number(3), number(4)];
        assert_eq!(read(vec![state], vec![]), None, "no such state");
        let far = vec![View::from(BLOCK), number(0)];
        assert_eq!(read(vec![far], vec![]), None, "of another block");
    }
}
