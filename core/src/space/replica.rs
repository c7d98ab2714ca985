//! The session's window into the stored logs.

use super::arrival::Arrival;
use super::engine::{Engine, Home};
use crate::cbor::View;
use crate::domain::record;
use crate::domain::refusal::RefusalCode;
use crate::error::Error;
use crate::id::{Commitment, Head, LogId};
use crate::limits::{BODY_BYTES, FRAME_BYTES, RUN_ENTRIES_SENT, UNACKNOWLEDGED_BYTES};
use crate::log::body::{BodyState, Gate};
use crate::log::{Checkpoint, Entry, Followed, LogRefusal, own_tag_matches};
use crate::store::{BodyRow, EntryRow, LogRow, PairDb};
use crate::sync::{BodyAt, Intake, Replica, Run};
use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};

/// Missing bodies that are asked for at once.
const BODIES_AT_ONCE: usize = 1_000;

/// For so many entries bodies are read at once.
const BODIES_READ: u64 = 256;

/// Where a record that has a body says so.
pub fn body_of(record: &[u8]) -> Option<Commitment> {
    record::header(&View::read(record).ok()?)?.body
}

impl Engine {
    fn log(&mut self, log: LogId) -> Result<Option<LogRow>, Error> {
        let home = self.home()?;
        Ok(PairDb::find(&home.logs, log).cloned())
    }

    /// Checks received entries one by one and stores those that follow, in one
    /// durable transaction.
    fn take_in(&mut self, run: &Run) -> Result<Intake, Error> {
        let intake = self.transact_unread(|engine| engine.take_in_within(run))?;
        if matches!(intake, Intake::Stored(_)) {
            self.changed();
        }
        Ok(intake)
    }

    fn take_in_within(&mut self, run: &Run) -> Result<Intake, Error> {
        let home = self.home()?;
        let Some(mut log) = PairDb::find(&home.logs, run.log).cloned() else {
            return Ok(Intake::Refused(LogRefusal::ForeignPin));
        };
        let held = log.follower.checkpoint();
        if log.frozen {
            return Ok(Intake::Contradiction);
        }
        if run.first > held.length {
            return Ok(Intake::Missing(held));
        }
        let now = self.now();
        let mut rows = Vec::new();
        for (at, bytes) in run.entries.iter().enumerate() {
            let index = run.first + at as u64;
            if index < held.length {
                if self.db()?.entry(log.number, index)?.bytes != *bytes {
                    return Ok(Intake::Contradiction);
                }
                continue;
            }
            let failed = RefCell::new(None);
            let db = self.db()?;
            let head_at = |id: LogId, length: u64| {
                let other = PairDb::find(&home.logs, id)?;
                db.head_at(home.pair.id, other, length).unwrap_or_else(|error| {
                    failed.replace(Some(error));
                    None
                })
            };
            // Only where my own log has seen this length it could be another entry.
            let pinned = pinned(&home, log.id(), index + 1);
            let before = pinned.map(|_| log.clone());
            let followed = log.follower.follow(bytes, &head_at);
            if let Some(error) = failed.into_inner() {
                return Err(error.into());
            }
            let contradicts = |followed: &Followed| pinned.is_some_and(|h| h != followed.head);
            match (followed, before) {
                (Ok(followed), Some(before)) if contradicts(&followed) => {
                    // My own log had seen another entry here.
                    self.take_arrival(&home, before, Arrival::new(held.length, rows, &run.bodies))?;
                    return Ok(Intake::Contradiction);
                }
                (Ok(followed), _) => {
                    let tag = run.tags.get(at).copied().unwrap_or_default();
                    rows.push(EntryRow {
                        bytes: bytes.clone(),
                        head: followed.head,
                        tag,
                        past: followed.past,
                        received: now,
                    });
                }
                (Err(refusal), _) => {
                    // What came before the bad entry is good, and stays.
                    self.take_arrival(&home, log, Arrival::new(held.length, rows, &run.bodies))?;
                    return Ok(Intake::Refused(refusal));
                }
            }
        }
        let now_at = log.follower.checkpoint();
        let end = run.first + run.entries.len() as u64;
        if end == now_at.length && now_at.head != run.head {
            // The entries follow and their own head does not: thrown back whole.
            return Err(Error::Link(crate::error::LinkError::Protocol(
                "entries came with a head that is not theirs".to_owned(),
            )));
        }
        self.take_arrival(&home, log, Arrival::new(held.length, rows, &run.bodies))?;
        Ok(Intake::Stored(now_at))
    }

    /// One's own entries, given back: each must carry one's own mark. With it
    /// they are as they were written, pins included, even where what they pin is
    /// not here yet.
    fn take_back_within(&mut self, run: &Run) -> Result<Intake, Error> {
        let home = self.home()?;
        let mut log = home.own()?.clone();
        let refused = Ok(Intake::Refused(LogRefusal::ForeignPin));
        let held = log.follower.checkpoint();
        if log.id() != run.log || run.first != held.length {
            return refused;
        }
        let now = self.now();
        let mut rows = Vec::new();
        for (bytes, tag) in run.entries.iter().zip(&run.tags) {
            let pins = Entry::decode(bytes).map(|entry| entry.seen).unwrap_or_default();
            let head_at = |id: LogId, length: u64| {
                pins.iter().find(|pin| pin.log == id && pin.length == length).map(|pin| pin.head)
            };
            let Ok(followed) = log.follower.follow(bytes, &head_at) else { return refused };
            if !own_tag_matches(&self.keys.log, followed.head, tag) {
                return refused;
            }
            rows.push(EntryRow {
                bytes: bytes.clone(),
                head: followed.head,
                tag: *tag,
                past: followed.past,
                received: now,
            });
        }
        let at = log.follower.checkpoint();
        self.take_arrival(&home, log, Arrival::new(held.length, rows, &run.bodies))?;
        // Together with the first word that comes back, everything in force
        // begins to wait for its owner (R32).
        self.read_arrived_within()?;
        self.suspend_recovered()?;
        Ok(Intake::Stored(at))
    }

    /// Entries of a log from `first` on, about `bytes` bytes of them, with the bodies
    /// that are held and not over; without those that will expire, if so wanted.
    pub(super) fn read_run(
        &mut self,
        log: LogId,
        first: u64,
        bytes: usize,
        with_expiring: bool,
    ) -> Result<Option<Run>, Error> {
        let Some(row) = self.log(log)? else { return Ok(None) };
        let length = row.follower.checkpoint().length;
        let home = self.home()?;
        let (now, days) = (self.now(), self.retention(&home)?);
        let db = self.db()?;
        let mut run = Run {
            log,
            first,
            entries: Vec::new(),
            tags: Vec::new(),
            bodies: Vec::new(),
            head: row.follower.checkpoint().head,
        };
        let mut size = 0;
        let mut held = VecDeque::new();
        for index in first..length {
            let entry = db.entry(row.number, index)?;
            if (index - first).is_multiple_of(BODIES_READ) {
                held = db.present_bodies(row.number, index, index + BODIES_READ)?.into();
            }
            let mut bodies = Vec::new();
            while let Some((at, place, body)) = held.front_mut()
                && *at == index
            {
                let wanted = with_expiring || body.until.is_none();
                if wanted && body.ends(days).is_none_or(|until| now < until) {
                    let bytes = std::mem::take(&mut body.bytes);
                    bodies.push(BodyAt { index, place: *place, bytes });
                }
                held.pop_front();
            }
            let more =
                entry.bytes.len() + bodies.iter().map(|body| body.bytes.len()).sum::<usize>();
            if !run.entries.is_empty()
                && (size + more > bytes || run.entries.len() >= RUN_ENTRIES_SENT)
            {
                break;
            }
            size += more;
            // Bodies that would not fit beside their entry are asked for later.
            if size <= FRAME_BYTES / 4 * 3 {
                run.bodies.extend(bodies);
            }
            run.head = entry.head;
            run.entries.push(entry.bytes);
            run.tags.push(entry.tag);
        }
        Ok((!run.entries.is_empty()).then_some(run))
    }

    fn take_in_body(&mut self, log: &LogRow, body: &BodyAt) -> Result<(), Error> {
        let latest = self.now();
        let db = self.db()?;
        if body.index >= log.follower.checkpoint().length || body.bytes.len() > BODY_BYTES {
            return Ok(());
        }
        let Some(row) = db.body(log.number, body.index, body.place)? else { return Ok(()) };
        let entry = db.entry(log.number, body.index)?;
        let commitment = Entry::decode(&entry.bytes)
            .ok()
            .and_then(|entry| body_of(entry.records.get(usize::from(body.place))?));
        let Some(commitment) = commitment else { return Ok(()) };
        let gate = Gate { commitment, state: row.state, until: row.until, latest };
        if gate.admits(&body.bytes) {
            let row = BodyRow { state: BodyState::Present, bytes: body.bytes.clone(), ..row };
            db.put_body(log.number, body.index, body.place, &row)?;
            self.forget_body(crate::id::Position {
                log: log.id(),
                index: body.index,
                place: body.place,
            });
        }
        Ok(())
    }
}

impl Replica for Engine {
    type Error = Error;

    fn checkpoints(&mut self) -> Result<Vec<Checkpoint>, Error> {
        let home = self.home()?;
        Ok(home.logs.iter().map(|log| log.follower.checkpoint()).collect())
    }

    fn is_own(&self, log: LogId) -> bool {
        self.own_logs.contains(&log)
    }

    fn head_at(&mut self, log: LogId, length: u64) -> Result<Option<Head>, Error> {
        let Some(row) = self.log(log)? else { return Ok(None) };
        let pair = self.home()?.pair.id;
        Ok(self.db()?.head_at(pair, &row, length)?)
    }

    fn read(&mut self, log: LogId, first: u64, bytes: usize) -> Result<Option<Run>, Error> {
        self.read_run(log, first, bytes, true)
    }

    fn accept(&mut self, run: &Run) -> Result<Intake, Error> {
        let intake = self.take_in(run)?;
        // Both seals may be here now.
        if !self.unread
            && let Err(error) = self.settle_seals()
        {
            tracing::warn!(%error, "a check-in could not be opened");
        }
        Ok(intake)
    }

    fn recover(&mut self, run: &Run) -> Result<Intake, Error> {
        let taken = self.transact(|engine| match engine.take_back_within(run)? {
            // All or none: what was written before the refusal is taken back.
            Intake::Refused(_) => Err(Error::Refusal(RefusalCode::NotFound.into())),
            intake => Ok(intake),
        });
        match taken {
            Err(Error::Refusal(_)) => Ok(Intake::Refused(LogRefusal::ForeignPin)),
            other => other,
        }
    }

    fn freeze(&mut self, log: LogId) -> Result<(), Error> {
        self.transact(|engine| {
            let Some(row) = engine.log(log)? else { return Ok(()) };
            Ok(engine.db()?.put_log(&LogRow { frozen: true, ..row })?)
        })?;
        self.changed();
        Ok(())
    }

    fn missing_bodies(&mut self) -> Result<Vec<(LogId, u64, u8)>, Error> {
        self.read_arrived()?;
        let home = self.home()?;
        let mut missing = Vec::new();
        for log in home.logs.iter().filter(|log| log.follower.owner() != home.me) {
            let left = BODIES_AT_ONCE - missing.len();
            let places = self.db()?.missing(log.number, left)?;
            missing.extend(places.into_iter().map(|(index, place)| (log.id(), index, place)));
        }
        Ok(missing)
    }

    fn bodies(&mut self, log: LogId, which: &[(u64, u8)]) -> Result<Vec<BodyAt>, Error> {
        let Some(row) = self.log(log)? else { return Ok(Vec::new()) };
        let home = self.home()?;
        let (now, days) = (self.now(), self.retention(&home)?);
        let mut bodies = Vec::new();
        let mut bytes = 0;
        let which: BTreeSet<&(u64, u8)> = which.iter().take(BODIES_AT_ONCE).collect();
        for (index, place) in which {
            if bytes >= UNACKNOWLEDGED_BYTES {
                break;
            }
            if let Some(body) = self.db()?.body(row.number, *index, *place)?
                && body.state == BodyState::Present
                && body.ends(days).is_none_or(|until| now < until)
            {
                bytes += body.bytes.len();
                bodies.push(BodyAt { index: *index, place: *place, bytes: body.bytes });
            }
        }
        Ok(bodies)
    }

    fn accept_bodies(&mut self, log: LogId, bodies: &[BodyAt]) -> Result<(), Error> {
        self.transact(|engine| {
            let Some(row) = engine.log(log)? else { return Ok(()) };
            bodies.iter().try_for_each(|body| engine.take_in_body(&row, body))
        })?;
        self.changed();
        Ok(())
    }
}

/// The head that an own log has pinned `log` with at this length.
fn pinned(home: &Home, log: LogId, length: u64) -> Option<Head> {
    let own = home.logs.iter().filter(|other| other.follower.owner() == home.me);
    let mut pins = own.flat_map(|own| own.follower.pins());
    pins.find(|pin| pin.log == log && pin.length == length).map(|pin| pin.head)
}
