//! The session's window into the stored logs.

use super::arrival::Arrival;
use crate::cbor::View;
use crate::domain::{action, record};
use crate::engine::{Engine, Home};
use crate::error::Error;
use crate::id::{Commitment, Head, LogId, PersonId};
use crate::limits::{
    BODY_BYTES, FRAME_BYTES, LOG_GENERATIONS, RUN_ENTRIES_SENT, UNACKNOWLEDGED_BYTES,
};
use crate::log::body::{BodyState, Gate};
use crate::log::{Checkpoint, Entry, Followed, Follower, LogRefusal, log_id, own_tag_matches};
use crate::store::{Bodies, BodyRow, EntryRow, LogRow, PairDb};
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
            self.told.tell();
        }
        Ok(intake)
    }

    fn take_in_within(&mut self, run: &Run) -> Result<Intake, Error> {
        let mut home = self.home()?;
        let known = PairDb::find(&home.logs, run.log).cloned();
        let new = known.is_none();
        let mut log =
            match known.map_or_else(|| next_generation(&home, home.pair.other(home.me), run), Ok) {
                Ok(log) => log,
                Err(refusal) => return Ok(Intake::Refused(refusal)),
            };
        if self.replacing()? {
            // What the new phone was told of these logs must stay what they are.
            return Ok(Intake::Refused(LogRefusal::Over));
        }
        if new {
            home.logs.push(log.clone());
        }
        let held = log.follower.checkpoint();
        if log.frozen && self.unlike_pinned(&home, &log)? {
            return Ok(Intake::Contradiction);
        }
        if run.first > held.length {
            return Ok(Intake::Missing(held));
        }
        // Its owner has begun another generation since: this one is over.
        let newest = home.newest(log.follower.owner());
        let over = newest.is_some_and(|newest| newest.number > log.number);
        if over && run.first + run.entries.len() as u64 > held.length {
            return Ok(Intake::Refused(LogRefusal::Over));
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
            return Err(Error::protocol("entries came with a head that is not theirs"));
        }
        // Its owner goes on from what is held here after all.
        log.frozen &= rows.is_empty();
        self.take_arrival(&home, log, Arrival::new(held.length, rows, &run.bodies))?;
        Ok(Intake::Stored(now_at))
    }

    /// One's own entries, given back: each must carry one's own mark, or end where
    /// a replaced phone was told that its log ends. So they are as they were
    /// written, pins included, even where what they pin is not here yet.
    fn take_back_within(&mut self, run: &Run) -> Result<Intake, Error> {
        let home = self.home()?;
        let refused = Ok(Intake::Refused(LogRefusal::ForeignPin));
        let newest = home.own()?.number;
        let known = PairDb::find(&home.logs, run.log).cloned();
        if known.as_ref().is_some_and(|log| log.follower.owner() != home.me) {
            return refused;
        }
        // The disk may be of before the log went on in another.
        let forked = known.is_none() && self.cut_to_continue(&home, run)?;
        let home = if forked { self.home()? } else { home };
        let Ok(stands) = known.map_or_else(|| next_generation(&home, home.me, run), Ok) else {
            return refused;
        };
        let length = stands.follower.checkpoint().length;
        if run.first > length {
            return refused;
        }
        // What is held already must be the same, or this log has had two pasts.
        let mut known = 0;
        while let Some(bytes) = run.entries.get(known)
            && run.first + (known as u64) < length
            && self.db()?.entry(stands.number, run.first + known as u64)?.bytes == *bytes
        {
            known += 1;
        }
        let first = run.first + known as u64;
        if known == run.entries.len() {
            let head = self.db()?.head_at(home.pair.id, &stands, first)?;
            let at = |head| Intake::Stored(Checkpoint { log: run.log, length: first, head });
            return Ok(head.map_or(Intake::Refused(LogRefusal::ForeignPin), at));
        }
        let awaited = self.awaited()?;
        let end = awaited.iter().copied().find(|at| stands.kept && at.log == stands.id());
        // One that goes on in another is cut only where that goes on from what is still to come.
        let awaits = awaited.iter().any(|at| at.log == stands.id());
        if first < length && (stands.kept || (newest != stands.number && !awaits)) {
            return refused;
        }
        let mut log = match first < length {
            true => self.rewound(&home, &stands, first)?,
            false => stands.clone(),
        };
        // That was checked when this phone's owner got them back, and the rest of what they had
        // seen may still have been on its way.
        let of_a_backup = self.is_restored()?;
        let now = self.now();
        let mut rows = Vec::new();
        for (bytes, tag) in run.entries.iter().zip(&run.tags).skip(known) {
            let Ok(followed) = log.follower.follow_own(bytes) else { return refused };
            // A log that was kept for its owner builds on nothing but what they were
            // told of.
            let told = |pin: &Checkpoint| {
                awaited.iter().any(|at| at.log == pin.log && at.length >= pin.length)
            };
            let mut pins = followed.entry.seen.iter().chain(&followed.entry.continues);
            if end.is_some() && !of_a_backup && !pins.all(told) {
                return refused;
            }
            let at = log.follower.checkpoint();
            let mine = match end {
                Some(end) => at.length < end.length || at == end,
                None => own_tag_matches(&self.keys.log, followed.head, tag),
            };
            if !mine {
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
        if first < length {
            self.set_aside(&stands, first)?;
            self.note_fork()?;
        }
        self.take_arrival(&home, log, Arrival::new(first, rows, &run.bodies))?;
        self.read_arrived_within()?;
        self.note_return()?;
        // One's own words may have seen another log than the partner's is by now.
        let home = self.home()?;
        for log in home.logs.iter().filter(|log| log.follower.owner() != home.me) {
            if self.unlike_pinned(&home, log)? {
                self.db()?.put_log(&LogRow { frozen: true, ..log.clone() })?;
            }
        }
        if forked || first < length {
            self.rebuild_within()?;
        }
        Ok(Intake::Stored(at))
    }

    /// Whether what is held of a log is not what an own log has pinned of it.
    fn unlike_pinned(&mut self, home: &Home, log: &LogRow) -> Result<bool, Error> {
        let own = home.logs.iter().filter(|other| other.follower.owner() == home.me);
        let mut pins = own.flat_map(|own| own.follower.pins()).filter(|pin| pin.log == log.id());
        let db = self.db()?;
        let differs = |pin: &Checkpoint| {
            let head = db.head_at(home.pair.id, log, pin.length)?;
            Ok::<_, Error>(head.is_some_and(|head| head != pin.head))
        };
        pins.try_fold(false, |found, pin| Ok(found || differs(pin)?))
    }

    /// One's own newest log goes on in another that this disk has forgotten: what was
    /// written in it since then stands in another past, and is set aside. Whether
    /// anything was.
    fn cut_to_continue(&mut self, home: &Home, run: &Run) -> Result<bool, Error> {
        let own = home.own()?.clone();
        let first = run.entries.first().filter(|_| run.first == 0);
        let entry = first.and_then(|bytes| Entry::decode(bytes).ok());
        let Some(before) = entry.and_then(|entry| entry.continues) else { return Ok(false) };
        let held = own.follower.checkpoint();
        let parts = before.log == held.log && before.length < held.length && !own.kept;
        if !parts || self.db()?.head_at(home.pair.id, &own, before.length)? != Some(before.head) {
            return Ok(false);
        }
        let log = self.rewound(home, &own, before.length)?;
        self.set_aside(&own, before.length)?;
        self.db()?.put_log(&log)?;
        self.note_fork()?;
        Ok(true)
    }

    /// Entries of a log from `first` on, about `bytes` bytes of them, with the bodies
    /// that are held and not over; without those that will expire, if so wanted.
    pub(crate) fn read_run(
        &mut self,
        log: LogId,
        first: u64,
        bytes: usize,
        with_expiring: bool,
    ) -> Result<Option<Run>, Error> {
        let Some(row) = self.log(log)? else { return Ok(None) };
        let length = row.follower.checkpoint().length;
        let home = self.home()?;
        let now = self.now();
        let days = self.keeping(&home)?.of(row.follower.owner() == home.me);
        self.db()?.reading(|db| {
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
        })
    }

    /// A body that is missing, if this is it.
    fn take_in_body(&mut self, log: &LogRow, body: &BodyAt) -> Result<Option<BodyRow>, Error> {
        let latest = self.now();
        let db = self.db()?;
        if body.index >= log.follower.checkpoint().length || body.bytes.len() > BODY_BYTES {
            return Ok(None);
        }
        let Some(row) = db.body(log.number, body.index, body.place)? else { return Ok(None) };
        let entry = db.entry(log.number, body.index)?;
        let header = Entry::decode(&entry.bytes).ok().and_then(|entry| {
            record::header(&View::read(entry.records.get(usize::from(body.place))?).ok()?)
        });
        let Some((kind, commitment)) = header.and_then(|of| Some((of.kind, of.body?))) else {
            return Ok(None);
        };
        let gate = Gate { commitment, state: row.state, until: row.until, latest };
        if gate.admits(&body.bytes) {
            let row = BodyRow { state: BodyState::Present, bytes: body.bytes.clone(), ..row };
            self.told.touch(action::class(&kind));
            self.rows.forget_body(crate::id::Position {
                log: log.id(),
                index: body.index,
                place: body.place,
            });
            return Ok(Some(row));
        }
        Ok(None)
    }
}

impl Replica for Engine {
    type Error = Error;

    fn checkpoints(&mut self) -> Result<Vec<Checkpoint>, Error> {
        let home = self.home()?;
        Ok(home.logs.iter().map(|log| log.follower.checkpoint()).collect())
    }

    fn own_generation(&self, log: LogId) -> Option<u8> {
        self.rows.own_logs().iter().position(|own| *own == log).map(|generation| generation as u8)
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
        // All or none: what was written before a refusal is taken back.
        let keep = |intake: &Intake| !matches!(intake, Intake::Refused(_));
        self.transact_if(keep, |engine| {
            engine.read_arrived_within()?;
            engine.take_back_within(run)
        })
    }

    fn freeze(&mut self, log: LogId) -> Result<(), Error> {
        self.transact(|engine| {
            let Some(row) = engine.log(log)? else { return Ok(()) };
            Ok(engine.db()?.put_log(&LogRow { frozen: true, ..row })?)
        })?;
        self.changed();
        Ok(())
    }

    fn thaw(&mut self, log: LogId) -> Result<(), Error> {
        if !self.log(log)?.is_some_and(|row| row.frozen) {
            return Ok(());
        }
        let thawed = self.transact(|engine| {
            let Some(row) = engine.log(log)?.filter(|row| row.frozen) else { return Ok(false) };
            let home = engine.home()?;
            if engine.unlike_pinned(&home, &row)? {
                return Ok(false);
            }
            engine.db()?.put_log(&LogRow { frozen: false, ..row })?;
            Ok(true)
        })?;
        if !thawed {
            return Ok(());
        }
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
        let now = self.now();
        let days = self.keeping(&home)?.of(row.follower.owner() == home.me);
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
            let mut taken = Bodies::new();
            for body in bodies {
                let found = engine.take_in_body(&row, body)?;
                taken.extend(found.map(|found| ((body.index, body.place), found)));
            }
            Ok(engine.db()?.put_bodies(row.number, taken)?)
        })
    }
}

/// The log that goes on from a person's newest, where this run begins it: it must
/// continue all that is held here.
fn next_generation(home: &Home, owner: PersonId, run: &Run) -> Result<LogRow, LogRefusal> {
    let newest = home.newest(owner).ok_or(LogRefusal::ForeignPin)?;
    let generation = newest.follower.generation() + 1;
    if generation >= LOG_GENERATIONS || run.log != log_id(home.pair.id, owner, generation) {
        return Err(LogRefusal::ForeignPin);
    }
    let entry = run.entries.first().filter(|_| run.first == 0).map(|bytes| Entry::decode(bytes));
    let continues = entry.transpose()?.and_then(|entry| entry.continues);
    if continues != Some(newest.follower.checkpoint()) {
        return Err(LogRefusal::Continuation);
    }
    let follower = Follower::new(home.pair.id, owner, generation);
    Ok(LogRow::empty(owner == home.me, follower, newest.stated))
}

/// The head that an own log has pinned `log` with at this length.
fn pinned(home: &Home, log: LogId, length: u64) -> Option<Head> {
    let own = home.logs.iter().filter(|other| other.follower.owner() == home.me);
    let mut pins = own.flat_map(|own| own.follower.pins());
    pins.find(|pin| pin.log == log && pin.length == length).map(|pin| pin.head)
}
