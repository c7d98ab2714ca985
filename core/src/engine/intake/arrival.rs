//! What has come from the other phone: stored at once, read when something asks.
//!
//! A few entries are read as they come. Of a long run only the hash chain is
//! followed before it is durable and acknowledged; whose words it brings and which
//! documents it touches is looked at by the next call that could see it, or when
//! the phone has nothing else to do.

use crate::cbor::View;
use crate::domain::action;
use crate::domain::capability::Lasting;
use crate::domain::record::{self, Record};
use crate::engine::documents::TouchedRun;
use crate::engine::{Engine, Home};
use crate::error::Error;
use crate::id::{DocId, Position};
use crate::limits::{CHECK_IN_RETENTION, FRAME_BYTES, RECENT, RUN_ENTRIES_TAKEN, SEGMENT_ENTRIES};
use crate::log::Entry;
use crate::log::body::{BodyState, Gate};
use crate::store::{
    ArrivedBodies, ArrivedRun, Bodies, BodyRow, EntryRow, LogRow, NewEntry, StorageError,
};
use crate::sync::BodyAt;
use crate::time::Moment;
use std::collections::HashMap;

/// From this many on, entries that come together are kept as one row, and read
/// later.
const RUN_AS_SEGMENT: usize = 16;

/// So many entries of a log are rows of their own at most, but for one's own.
const TAIL_ENTRIES: usize = 4 * SEGMENT_ENTRIES;

/// So many entries are read in one go: others are answered in between.
const SLICE_ENTRIES: usize = 512;

/// And so many bytes of them: an entry may hold 64 records. It is what 512 single ones take.
const SLICE_BYTES: usize = 128 * 1024;

/// In so many slices at most a frame is read.
pub(crate) const SLICES_A_FRAME: usize =
    RUN_ENTRIES_TAKEN.div_ceil(SLICE_ENTRIES) + FRAME_BYTES.div_ceil(SLICE_BYTES);

/// Entries that follow what is held, and the bodies that came with them.
pub(crate) struct Arrival {
    first: u64,
    rows: Vec<EntryRow>,
    bodies: ArrivedBodies,
}

impl Arrival {
    pub(crate) fn new(first: u64, rows: Vec<EntryRow>, bodies: &[BodyAt]) -> Self {
        let new = first..first + rows.len() as u64;
        let bodies = bodies.iter().filter(|body| new.contains(&body.index));
        let bodies = bodies.map(|body| ((body.index, body.place), body.bytes.clone())).collect();
        Self { first, rows, bodies }
    }
}

/// A document that an entry touches.
struct Touched {
    doc: DocId,
    kind: String,
    index: u64,
    /// When, as it states.
    at: Moment,
    /// Whether views look at the document because of it.
    looked_at: bool,
}

impl Engine {
    /// Stores what follows, in the caller's transaction, and reads it if it is
    /// little; `log` is the log as it stands with it.
    pub(crate) fn take_arrival(
        &mut self,
        home: &Home,
        mut log: LogRow,
        arrival: Arrival,
    ) -> Result<(), Error> {
        let Arrival { first, rows, mut bodies } = arrival;
        // What came earlier is read first: words that are taken back here may be
        // among it.
        let waits = !rows.is_empty() && self.db()?.oldest_arrived()?.is_some();
        // And whoever sends one by one, faster than they are joined at rest, gets no longer tail.
        while self.db()?.tail_len(log.number)? >= TAIL_ENTRIES
            && self.db()?.join_oldest(log.number)?
        {}
        if rows.len() < RUN_AS_SEGMENT && !waits {
            self.read_singles(home, &mut log, first, &rows, &mut bodies)?;
            return Ok(self.db()?.put_log(&log)?);
        }
        let places = (first..).step_by(SEGMENT_ENTRIES);
        for (chunk, at) in rows.chunks(SEGMENT_ENTRIES).zip(places) {
            self.db()?.add_segment(log.number, at, chunk)?;
        }
        let mut at = first;
        for entries in slices(&rows) {
            let end = at + entries as u64;
            let (here, later) = bodies.into_iter().partition(|((of, _), _)| *of < end);
            self.db()?.add_arrived(log.number, at, entries as u64, &here)?;
            (at, bodies) = (end, later);
        }
        self.unread = true;
        Ok(self.db()?.put_log(&log)?)
    }

    /// Stores a few entries as rows of their own, and reads them.
    fn read_singles(
        &mut self,
        home: &Home,
        log: &mut LogRow,
        first: u64,
        rows: &[EntryRow],
        bodies: &mut ArrivedBodies,
    ) -> Result<(), Error> {
        // Something that expires may be among it.
        self.rows.expiring = None;
        let theirs = rows.last().map_or(Moment(i64::MIN), last_stated);
        for (entry, index) in rows.iter().zip(first..) {
            let read = read_entry(log, index, entry, theirs, bodies);
            let docs = read.touched.iter().map(|touch| touch.doc).collect();
            let bodies = read.bodies.into_iter().map(|((_, place), body)| (place, body)).collect();
            self.db()?.add_entry(log.number, index, NewEntry { entry, bodies, docs })?;
            self.take_words(home, log.follower.owner(), read.withdrawn)?;
            for touch in read.touched {
                self.touch(touch.doc, &touch.kind, log, touch.index, touch.at)?;
            }
        }
        Ok(())
    }

    /// Reads whatever has come and is not read yet. To be called before anything
    /// that looks at documents or bodies.
    pub(crate) fn read_arrived(&mut self) -> Result<(), Error> {
        while self.read_one_arrived()? {}
        Ok(())
    }

    /// Whether something that has come may still wait to be read.
    pub(crate) fn waits_to_read(&self) -> bool {
        self.unread && self.files.is_some()
    }

    /// Reads one run of what has come. Whether there was one.
    pub(crate) fn read_one_arrived(&mut self) -> Result<bool, Error> {
        if !self.waits_to_read() {
            return Ok(false);
        }
        if self.db()?.oldest_arrived()?.is_none() {
            self.unread = false;
            return Ok(false);
        }
        let read = match self.transact_unread(Engine::read_oldest_within) {
            // A damaged list keeps what has come from being read, and nothing else from
            // being done: the doctor finds it, and makes it anew.
            Err(Error::Storage(StorageError::Damaged(what))) => {
                tracing::warn!(what, "what has come cannot be read");
                self.unread = false;
                return Ok(false);
            }
            read => read?,
        };
        self.unread = self.db()?.oldest_arrived()?.is_some();
        // Both seals may be here now.
        if !self.unread
            && let Err(error) = self.settle_seals()
        {
            tracing::warn!(%error, "a check-in could not be opened");
        }
        Ok(read)
    }

    /// The same as [`Engine::read_arrived`], in the caller's transaction.
    pub(crate) fn read_arrived_within(&mut self) -> Result<(), Error> {
        while self.unread && self.read_oldest_within()? {}
        Ok(())
    }

    fn read_oldest_within(&mut self) -> Result<bool, Error> {
        let Some(run) = self.db()?.oldest_arrived()? else {
            self.unread = false;
            return Ok(false);
        };
        let home = self.home()?;
        let ArrivedRun { log: number, first, count } = run;
        if let Some(mut log) = home.logs.iter().find(|log| log.number == number).cloned() {
            let bodies = match self.db()?.arrived_bodies(run) {
                // They count as withheld, and are asked for again.
                Err(StorageError::Damaged(what)) => {
                    tracing::warn!(what, "words that came are damaged");
                    ArrivedBodies::new()
                }
                bodies => bodies?,
            };
            let mut rows = Vec::new();
            for index in first..first + count {
                match self.db()?.entry(number, index) {
                    Ok(row) => rows.push((index, row)),
                    // It blocks nothing else; the doctor finds it.
                    Err(StorageError::Damaged(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            self.read_run_of(&home, &mut log, rows, bodies)?;
            self.db()?.put_log(&log)?;
        }
        self.db()?.remove_arrived(run)?;
        // Words that are already taken back or over stood in it: once all is read, they are
        // wiped, and where this is ended before that, when the files are opened again.
        self.scrub |= self.db()?.oldest_arrived()?.is_none();
        self.wrote = true;
        Ok(true)
    }

    /// Reads entries that stand in the log side by side: whose words they bring,
    /// which they take back, and which documents they touch.
    fn read_run_of(
        &mut self,
        home: &Home,
        log: &mut LogRow,
        rows: Vec<(u64, EntryRow)>,
        mut arrived: ArrivedBodies,
    ) -> Result<(), Error> {
        let theirs = rows.last().map_or(Moment(i64::MIN), |(_, row)| last_stated(row));
        // Something that expires may be among it.
        self.rows.expiring = None;
        let (mut touched, mut bodies, mut withdrawn) = (Vec::new(), Bodies::new(), Vec::new());
        for (index, row) in &rows {
            let read = read_entry(log, *index, row, theirs, &mut arrived);
            bodies.extend(read.bodies);
            touched.extend(read.touched);
            // What is still to come is not taken back by what came before it.
            let before = |of: &Position| of.log != log.id() || of.index <= *index;
            withdrawn.extend(read.withdrawn.into_iter().filter(before));
        }
        self.db()?.put_bodies(log.number, bodies)?;
        self.take_words(home, log.follower.owner(), withdrawn)?;
        // In the order in which they were begun: each is numbered in its log.
        let mut runs: Vec<TouchedRun> = Vec::new();
        let mut known: HashMap<DocId, usize> = HashMap::new();
        for Touched { doc, kind, index, at: stated, looked_at } in touched {
            let at = *known.entry(doc).or_insert(runs.len());
            if at == runs.len() {
                runs.push(TouchedRun {
                    doc,
                    kind,
                    at: stated,
                    looked_at: false,
                    places: Vec::new(),
                });
            }
            let run = &mut runs[at];
            run.looked_at |= looked_at;
            if run.places.last() != Some(&index) {
                run.places.push(index);
            }
        }
        self.touch_run(log, runs)
    }
}

/// How many entries each slice of a run takes.
fn slices(rows: &[EntryRow]) -> Vec<usize> {
    let (mut slices, mut bytes): (Vec<usize>, usize) = (Vec::new(), SLICE_BYTES);
    for row in rows {
        match slices.last_mut() {
            Some(entries) if *entries < SLICE_ENTRIES && bytes < SLICE_BYTES => *entries += 1,
            _ => {
                slices.push(1);
                bytes = 0;
            }
        }
        bytes += row.bytes.len();
    }
    slices
}

/// What an entry says.
#[derive(Default)]
struct ReadEntry {
    bodies: Bodies,
    withdrawn: Vec<Position>,
    touched: Vec<Touched>,
}

/// Reads one entry in the light of its run, the last of which states `theirs`; takes of the
/// `arrived` bodies what is its own.
fn read_entry(
    log: &mut LogRow,
    index: u64,
    row: &EntryRow,
    theirs: Moment,
    arrived: &mut ArrivedBodies,
) -> ReadEntry {
    let mut read = ReadEntry::default();
    let Ok(entry) = Entry::decode(&row.bytes) else { return read };
    for (place, bytes) in entry.records.iter().enumerate() {
        let place = place as u8;
        // A record that cannot be read stays in its place and blocks nothing.
        let Ok(value) = View::read(bytes) else { continue };
        let stated = value.get("at").and_then(|at| at.array()?.first()?.int());
        log.stated = log.stated.max(Moment(stated.unwrap_or(i64::MIN)));
        let Some(header) = record::header(&value) else { continue };
        let stated = Moment(stated.unwrap_or(row.received.0));
        read.touched.push(Touched {
            doc: header.target,
            kind: header.kind.clone(),
            index,
            at: stated,
            looked_at: looked_at(&header, &value, stated, row.received),
        });
        read.withdrawn.extend(header.withdraws);
        let Some(commitment) = header.body else { continue };
        let span = action::kind(&header.kind).map_or(CHECK_IN_RETENTION, |kind| kind.keeps);
        // What asks to live longer than its kind may is never kept; and what
        // states a time to come lives no longer than what is told today.
        let overlong = header.until.is_some_and(|until| until > stated.plus(span));
        let until = header.until.map(|until| until.min(row.received.plus(span)));
        // The clock alone deletes nothing: what seems over is only not taken now.
        let latest = row.received;
        let gate = Gate { commitment, state: BodyState::Withheld, until, latest };
        let body = arrived.remove(&(index, place)).filter(|body| gate.admits(body));
        let (state, bytes) = match body {
            _ if overlong => (BodyState::Gone, Vec::new()),
            Some(body) => (BodyState::Present, body),
            // Over by this phone's clock and by its author's: it is not coming.
            None if until.is_some_and(|until| until <= latest.min(theirs)) => {
                (BodyState::Gone, Vec::new())
            }
            None => (BodyState::Withheld, Vec::new()),
        };
        read.bodies.insert((index, place), BodyRow { state, until, at: stated, bytes });
    }
    read
}

/// Whether views look at a document because of this record. What came long ago
/// and is over by its own dates is not looked at: a phone that catches up years
/// must not fold them all. Only what says so itself is left out.
fn looked_at(header: &record::Header, value: &View<'_>, stated: Moment, now: Moment) -> bool {
    let before = now.plus(-RECENT);
    if stated > before || header.until.is_some_and(|until| until > now) {
        return true;
    }
    match action::kind(&header.kind).map_or(Lasting::Always, |kind| kind.lasting) {
        Lasting::Always => true,
        Lasting::Never => false,
        Lasting::AsItSays => Record::from_value(&value.to_value())
            .is_none_or(|record| record.action.lasts(header.target, before)),
    }
}

/// The latest time that an entry states.
fn last_stated(row: &EntryRow) -> Moment {
    let entry = Entry::decode(&row.bytes).ok();
    let stated = entry
        .iter()
        .flat_map(|entry| &entry.records)
        .filter_map(|record| View::read(record).ok()?.get("at")?.array()?.first()?.int());
    stated.max().map_or(Moment(i64::MIN), Moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Head, Past};

    #[test]
    fn a_slice_is_bounded_by_its_entries_and_by_their_bytes() {
        let row = |bytes: usize| EntryRow {
            bytes: vec![0; bytes],
            head: Head([0; 32]),
            tag: [0; 16],
            past: Past::default(),
            received: Moment(0),
        };
        let of = |rows: &[usize]| slices(&rows.iter().map(|bytes| row(*bytes)).collect::<Vec<_>>());
        assert_eq!(of(&[]), [0; 0]);
        assert_eq!(of(&[1; 1_030]), [512, 512, 6]);
        assert_eq!(of(&[SLICE_BYTES, 1, 1]), [1, 2], "one that is large goes alone");
        assert_eq!(of(&[SLICE_BYTES / 2, SLICE_BYTES / 2, 1]), [2, 1]);
        assert!(SLICES_A_FRAME >= of(&[FRAME_BYTES / 4_096; 4_096]).len());
    }
}
