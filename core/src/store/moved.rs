//! What earlier layouts had in one row for each entry, body and touch is put where it stands
//! now, when the file is opened. The lists that follow from the logs are made anew afterwards, by
//! their version.

use super::database::{Row, StorageError};
use super::pair_db::PairDb;
use super::rows::{BodyRow, EntryRow};
use super::words::Bodies;
use crate::cbor::View;
use crate::limits::SEGMENT_ENTRIES;
use crate::log::body::BodyState;
use crate::time::Moment;

/// So many bodies are held in memory while they are moved.
const MOVED_AT_ONCE: usize = 256;
/// The setting under which documents were counted that each log has begun.
const BEGUN: &str = "begun";

impl PairDb {
    /// Moves what stands as earlier layouts had it. An entry that cannot be read stays where it
    /// is, and is found by the doctor as it was; of words that cannot be read nothing stays.
    pub(super) fn move_rows(&self) -> Result<(), StorageError> {
        // Entries always touch something: one that was left there because it is damaged is not
        // looked at again.
        let old = "SELECT EXISTS(SELECT 1 FROM body) OR EXISTS(SELECT 1 FROM touch)";
        if !self.file.connection.query_row(old, [], |row| row.get::<_, bool>(0))? {
            return Ok(());
        }
        self.begin()?;
        self.finish(self.move_within())
    }

    fn move_within(&self) -> Result<(), StorageError> {
        self.move_entries()?;
        self.move_bodies()?;
        self.file.connection.execute_batch("DELETE FROM touch")?;
        let begun = self.file.lookup("setting", BEGUN.as_bytes());
        self.file.connection.execute("DELETE FROM setting WHERE lookup = ?1", [&begun[..]])?;
        Ok(())
    }

    fn move_entries(&self) -> Result<(), StorageError> {
        let mut statement = self
            .file
            .connection
            .prepare("SELECT log, place, sealed FROM entry ORDER BY log, place")?;
        let mut rows = statement.query([])?;
        let mut run: Vec<EntryRow> = Vec::new();
        let mut next = (0, 0);
        while let Some(row) = rows.next()? {
            let (log, place, sealed): (u64, u64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if (log, place) != next || run.len() == SEGMENT_ENTRIES {
                self.move_run(next, &mut run)?;
            }
            let plain = self.file.unseal_bytes("entry", Row::Numbers(&[log, place]), &sealed);
            match plain.ok().and_then(|plain| EntryRow::read(&plain)) {
                Some(entry) => run.push(entry),
                None => self.move_run((log, place), &mut run)?,
            }
            next = (log, place + 1);
        }
        drop(rows);
        self.move_run(next, &mut run)
    }

    /// Puts the entries that end before `end` into one row. One that could not be read ends a run.
    fn move_run(
        &self,
        (log, end): (u64, u64),
        run: &mut Vec<EntryRow>,
    ) -> Result<(), StorageError> {
        let entries = std::mem::take(run);
        if entries.is_empty() {
            return Ok(());
        }
        let first = end - entries.len() as u64;
        self.add_segment(log, first, &entries)?;
        self.file
            .connection
            .prepare_cached("DELETE FROM entry WHERE log = ?1 AND place >= ?2 AND place < ?3")?
            .execute([log, first, end])?;
        Ok(())
    }

    fn move_bodies(&self) -> Result<(), StorageError> {
        let mut statement = self
            .file
            .connection
            .prepare("SELECT log, place, record, sealed FROM body ORDER BY log, place, record")?;
        let mut rows = statement.query([])?;
        let (mut of, mut bodies) = (0, Bodies::new());
        while let Some(row) = rows.next()? {
            let numbers: [u64; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
            let [log, place, record] = numbers;
            let sealed: Vec<u8> = row.get(3)?;
            if log != of || bodies.len() >= MOVED_AT_ONCE {
                self.put_block_bodies(of, std::mem::take(&mut bodies))?;
                of = log;
            }
            let plain = self.file.unseal_bytes("body", Row::Numbers(&numbers), &sealed);
            let body = plain.ok().and_then(|plain| read_body(&plain)).unwrap_or_else(|| {
                tracing::warn!(log, place, record, "words could not be read");
                BodyRow::gone()
            });
            bodies.extend(u8::try_from(record).ok().map(|record| ((place, record), body)));
        }
        drop(rows);
        self.put_block_bodies(of, bodies)?;
        Ok(self.file.connection.execute_batch("DELETE FROM body")?)
    }
}

/// A body as it stood in a row of its own.
fn read_body(bytes: &[u8]) -> Option<BodyRow> {
    let view = View::read(bytes).ok()?;
    let state = match view.get("state")?.int()? {
        0 => BodyState::Present,
        1 => BodyState::Withheld,
        2 => BodyState::Gone,
        _ => return None,
    };
    let until = match view.get("until") {
        Some(until) => Some(Moment(until.int()?)),
        None => None,
    };
    let at = match view.get("at") {
        Some(at) => Moment(at.int()?),
        // Written by the first layout, when no body expired.
        None => Moment(0),
    };
    Some(BodyRow { state, until, at, bytes: view.get("body")?.bytes()?.to_vec() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::host::SystemEntropy;
    use crate::id::{Head, Past};
    use crate::log::next_head;
    use amends_seal::DataKey;
    use std::path::Path;
    use std::sync::Arc;

    fn opened(path: &Path) -> PairDb {
        PairDb::open(path, DataKey::from_bytes([1; 32]), [2; 16], Arc::new(SystemEntropy)).unwrap()
    }

    fn body(state: BodyState, until: Option<i64>, bytes: &[u8]) -> BodyRow {
        let until = until.map(Moment);
        BodyRow { state, until, at: Moment(7), bytes: bytes.to_vec() }
    }

    /// As the layouts before wrote a body.
    fn old_body(body: &BodyRow) -> Vec<u8> {
        let state = match body.state {
            BodyState::Present => 0,
            BodyState::Withheld => 1,
            BodyState::Gone => 2,
        };
        let mut fields = vec![
            ("state", View::Int(state)),
            ("at", View::Int(body.at.0)),
            ("body", View::Bytes(&body.bytes)),
        ];
        fields.extend(body.until.map(|until| ("until", View::Int(until.0))));
        View::fields(fields).encode()
    }

    #[test]
    fn what_earlier_layouts_kept_is_there_after_opening_and_what_is_damaged_stays() {
        let (folder, db) = PairDb::scratch();
        let path = folder.path().join("pair.db");
        let mut heads = vec![Head([3; 32])];
        (0..300_u64).for_each(|at| heads.push(next_head(heads[at as usize], &at.to_be_bytes())));
        let row = |index: u64| EntryRow {
            bytes: index.to_be_bytes().to_vec(),
            head: heads[index as usize + 1],
            tag: [4; 16],
            past: Past::default(),
            received: Moment(5),
        };
        let damaged = 7;
        for index in 0..300_u64 {
            let numbers = [1, index];
            let sealed = db.file.seal("entry", Row::Numbers(&numbers), &row(index).view()).unwrap();
            let sealed = if index == damaged { vec![0; 80] } else { sealed };
            db.file
                .connection
                .execute(
                    "INSERT INTO entry(log, place, sealed) VALUES (1, ?1, ?2)",
                    rusqlite::params![index, sealed],
                )
                .unwrap();
        }
        let bodies = [
            (0, body(BodyState::Present, Some(90), b"words")),
            (40, body(BodyState::Withheld, None, b"")),
            (299, body(BodyState::Present, None, b"more")),
        ];
        for (index, body) in &bodies {
            let numbers = [1, *index, 0];
            let sealed = db.file.seal_bytes("body", Row::Numbers(&numbers), &old_body(body));
            db.file
                .connection
                .execute(
                    "INSERT INTO body(log, place, record, sealed) VALUES (1, ?1, 0, ?2)",
                    rusqlite::params![index, sealed.unwrap()],
                )
                .unwrap();
        }
        let gone = db.file.seal_bytes(
            "body",
            Row::Numbers(&[1, 5, 1]),
            &old_body(&body(BodyState::Gone, Some(8), b"")),
        );
        db.file
            .connection
            .execute(
                "INSERT INTO body(log, place, record, sealed) VALUES (1, 5, 1, ?1)",
                [gone.unwrap()],
            )
            .unwrap();
        db.file
            .connection
            .execute_batch(
                "INSERT INTO touch(lookup, log, place) VALUES (x'00', 1, 0);
                 INSERT INTO body(log, place, record, sealed) VALUES (1, 6, 0, zeroblob(80));",
            )
            .unwrap();
        drop(db);
        for _ in 0..2 {
            let db = opened(&path);
            assert_eq!(db.entry_counts().unwrap(), [(1, 299)]);
            for index in (0..300).filter(|index| *index != damaged) {
                assert_eq!(db.entry(1, index).unwrap(), row(index));
            }
            assert!(matches!(db.entry(1, damaged), Err(StorageError::Damaged(_))));
            for (index, body) in &bodies {
                assert_eq!(db.body(1, *index, 0).unwrap().as_ref(), Some(body));
            }
            for (place, record) in [(5, 1), (6, 0)] {
                let body = db.body(1, place, record).unwrap().unwrap();
                assert_eq!((body.state, body.bytes), (BodyState::Gone, vec![]));
            }
            assert_eq!(db.bodies(1).unwrap(), [(0, 0), (5, 1), (6, 0), (40, 0), (299, 0)]);
            let left = |table: &str| -> u64 {
                let count = format!("SELECT count(*) FROM {table}");
                db.file.connection.query_row(&count, [], |row| row.get(0)).unwrap()
            };
            assert_eq!((left("entry"), left("body"), left("touch")), (1, 0, 0));
        }
    }
}
