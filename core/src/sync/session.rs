//! The state machine of one session.
//!
//! One file: every frame moves the same few numbers, and what follows from a frame is read
//! best beside what follows from the others.

use super::frame::{BodyAt, Claim, Epoch, Frame, Run};
use super::replica::{Intake, Replica};
use crate::id::LogId;
use crate::limits::{RUN_BYTES, UNACKNOWLEDGED_BYTES};
use crate::log::{Checkpoint, LogRefusal};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// After this long without a frame a sign of life is asked for.
const PING_MILLIS: u64 = 15_000;
/// After this long without a frame the other side counts as gone.
const DEAD_MILLIS: u64 = 45_000;
/// How often entries may come that do not follow what is held.
const STRAYS: u32 = 8;

/// Runs of their own log that a restored phone may ask back in one session.
const RUNS_GIVEN_BACK: u32 = 4_096;
/// Fewer entries than these wait while some of their log are on their way: the other
/// phone then stores many at once instead of each by itself. With nothing on its way
/// one goes at once (as RFC 896 has it for TCP), but in a stream.
const WORTH_A_RUN: u64 = 64;
/// And no longer than this, whatever became of those on their way.
const HELD_BACK_MILLIS: u64 = 1_000;

/// Something that the two people should know, or the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The partner's log is no longer what this phone holds of it. This phone
    /// keeps its copy and takes no more of that log.
    Contradiction(LogId),
    /// The partner's phone holds more of one's own log than this phone: a
    /// restored or rolled-back disk. Claims have no effect by themselves.
    PartnerHoldsMore(LogId),
    /// Entries of the partner were refused.
    Refused(LogRefusal),
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The other side said so.
    Bye,
    /// Nothing came for 45 seconds.
    Silent,
    /// The other side broke the protocol.
    Protocol(&'static str),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send a frame.
    Send(Frame),
    /// Tell the app.
    Notice(Notice),
    /// Entries were stored: documents and views have moved.
    Stored(Checkpoint),
    /// One's own log is whole again. Everything in force waits for its owner's
    /// reconfirmation (R32).
    Recovered,
    /// The partner's phone holds one's own log up to here. Never shown (R11).
    Acked(Checkpoint),
    /// It says so as the session begins.
    Holds(Checkpoint),
    /// The other side's first frame has come: only now does this connection
    /// displace an older one.
    Established(Epoch),
    /// The session is over.
    End(Ended),
}

/// How a session is run.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// This phone's boot epoch.
    pub epoch: Epoch,
    /// Whether anything is taken in; a phone that has left only delivers.
    pub receive: bool,
    /// How many bytes may be sent ahead of their acknowledgement.
    pub window: usize,
    /// In a stream of actions, how long entries are gathered since the last were sent,
    /// in milliseconds.
    pub pace: u64,
}

impl Config {
    /// An ordinary session.
    pub fn new(epoch: Epoch) -> Self {
        Self { epoch, receive: true, window: UNACKNOWLEDGED_BYTES, pace: 0 }
    }
}

/// One own log as the partner's phone holds it.
#[derive(Debug, Clone, Copy)]
struct Outgoing {
    acknowledged: u64,
    sent: u64,
    /// The partner's copy is no beginning of it: nothing more is sent.
    blocked: bool,
}

/// One session. See the [module](super).
#[derive(Debug)]
pub struct Session {
    config: Config,
    hello: bool,
    over: bool,
    outgoing: BTreeMap<LogId, Outgoing>,
    /// How long the partner said their logs are.
    announced: BTreeMap<LogId, u64>,
    /// Logs of which nothing more is taken in this session.
    closed: BTreeSet<LogId>,
    /// One's own logs of which the partner's phone says to hold something else, or
    /// more. They come back one by one.
    recovering: VecDeque<Claim>,
    /// Logs of one's own that were asked for from the beginning.
    compared: BTreeSet<LogId>,
    in_flight: VecDeque<(LogId, u64, usize)>,
    in_flight_bytes: usize,
    strays: u32,
    given_back: u32,
    heard_at: u64,
    /// The latest time that was said.
    now: u64,
    sent_at: u64,
    /// Actions follow each other faster than they are acknowledged.
    streaming: bool,
    /// Entries were held back to be gathered.
    gathering: bool,
    /// Something was left to be sent.
    unsent: bool,
    /// Pings that wait for their pong; whether bodies were asked for before.
    pings: VecDeque<bool>,
    /// The bodies that were asked for last.
    asked: Vec<(LogId, u64, u8)>,
    /// The other side has said goodbye, and an answer is still to come.
    leaving: bool,
}

impl Session {
    /// A session that has not begun; `now` in milliseconds of any steady clock.
    pub fn new(config: Config, now: u64) -> Self {
        Self {
            config,
            hello: false,
            over: false,
            outgoing: BTreeMap::new(),
            announced: BTreeMap::new(),
            closed: BTreeSet::new(),
            recovering: VecDeque::new(),
            compared: BTreeSet::new(),
            in_flight: VecDeque::new(),
            in_flight_bytes: 0,
            strays: 0,
            given_back: 0,
            heard_at: now,
            now,
            sent_at: now,
            streaming: false,
            gathering: false,
            unsent: false,
            pings: VecDeque::new(),
            asked: Vec::new(),
            leaving: false,
        }
    }

    /// The first thing to do.
    ///
    /// # Errors
    /// Storage.
    pub fn start<R: Replica>(&mut self, replica: &mut R) -> Result<Vec<Action>, R::Error> {
        let logs = replica.checkpoints()?.into_iter().map(Claim::from).collect();
        Ok(vec![Action::Send(Frame::Hello { epoch: self.config.epoch, logs })])
    }

    /// From now on only delivers: this phone's person has left.
    pub fn deliver_only(&mut self) {
        self.config.receive = false;
    }

    /// How many entries that are known of are still to be exchanged, both ways: 0
    /// when the two are in step, `None` where that cannot be said yet.
    ///
    /// # Errors
    /// Storage.
    pub fn left<R: Replica>(&self, replica: &mut R) -> Result<Option<u64>, R::Error> {
        if !self.hello || !self.recovering.is_empty() || self.pings.contains(&true) {
            return Ok(None);
        }
        let checkpoints = replica.checkpoints()?;
        let mut left = 0;
        if self.config.receive {
            if self.stuck(replica)? {
                return Ok(None);
            }
            let known = |log: &LogId| checkpoints.iter().any(|held| held.log == *log);
            let more = self.announced.iter().filter(|(log, _)| !known(log));
            left += more.filter(|(log, _)| !self.closed.contains(log)).map(|(_, n)| n).sum::<u64>();
        }
        for held in checkpoints {
            if replica.is_own(held.log) {
                let Some(outgoing) = self.outgoing.get(&held.log) else { return Ok(None) };
                if !outgoing.blocked {
                    left += held.length.saturating_sub(outgoing.acknowledged);
                }
            } else if self.config.receive && !self.closed.contains(&held.log) {
                let announced = self.announced.get(&held.log).copied().unwrap_or(0);
                // A log that is longer here than its owner says has lost something.
                if held.length > announced {
                    return Ok(None);
                }
                left += announced - held.length;
            }
        }
        Ok(Some(left))
    }

    /// Whether words of one's own are still to come back in this session.
    pub fn recovering(&self) -> bool {
        !self.recovering.is_empty()
    }

    /// Whether nothing more of the partner's newest log is taken in this session:
    /// it was refused, or contradicts what is held.
    ///
    /// # Errors
    /// Storage.
    pub fn stuck<R: Replica>(&self, replica: &mut R) -> Result<bool, R::Error> {
        if self.closed.is_empty() {
            return Ok(false);
        }
        // The newest is the last, or one that goes on from it and is not taken.
        let mut newest = None;
        let mut unknown: BTreeSet<LogId> = self.announced.keys().copied().collect();
        for held in replica.checkpoints()? {
            unknown.remove(&held.log);
            newest = Some(held.log).filter(|log| !replica.is_own(*log)).or(newest);
        }
        let closed = |log: &LogId| self.closed.contains(log);
        Ok(unknown.iter().any(closed)
            || (unknown.is_empty() && newest.as_ref().is_some_and(closed)))
    }

    /// Time has passed.
    pub fn tick(&mut self, now: u64) -> Vec<Action> {
        self.now = now;
        let quiet = now.saturating_sub(self.heard_at);
        if self.over {
            Vec::new()
        } else if quiet >= DEAD_MILLIS {
            self.end(Ended::Silent)
        } else if quiet >= PING_MILLIS && self.pings.is_empty() {
            self.pings.push_back(false);
            vec![Action::Send(Frame::Ping)]
        } else {
            Vec::new()
        }
    }

    /// After how many milliseconds [`Session::tick`] has something to do, if nothing is heard
    /// until then; `None` once it is over.
    pub fn rests(&self) -> Option<u64> {
        let due = if self.pings.is_empty() { PING_MILLIS } else { DEAD_MILLIS };
        let quiet = self.now.saturating_sub(self.heard_at);
        (!self.over).then(|| due.saturating_sub(quiet))
    }

    /// Says the time, before [`Session::pump`].
    pub fn at(&mut self, now: u64) {
        self.now = now;
    }

    /// The latest time that was said.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Whether [`Session::pump`] had to leave something: beyond a run or the window, or to go with
    /// what is written next.
    pub fn unsent(&self) -> bool {
        self.unsent
    }

    /// After so many milliseconds there is something to send that is being gathered.
    pub fn gathers(&self) -> Option<u64> {
        let until = self.sent_at + self.config.pace;
        (self.gathering && !self.over).then(|| until.saturating_sub(self.now))
    }

    fn end(&mut self, why: Ended) -> Vec<Action> {
        self.over = true;
        vec![Action::End(why)]
    }

    /// A frame came in.
    ///
    /// # Errors
    /// Storage; the session is then to be given up.
    pub fn receive<R: Replica>(
        &mut self,
        frame: Frame,
        now: u64,
        replica: &mut R,
    ) -> Result<Vec<Action>, R::Error> {
        if self.over {
            return Ok(Vec::new());
        }
        self.heard_at = now;
        self.now = now;
        if !self.hello && !matches!(frame, Frame::Hello { .. } | Frame::Bye) {
            return Ok(self.end(Ended::Protocol("the first frame was no hello")));
        }
        match frame {
            Frame::Hello { epoch, logs } => self.on_hello(epoch, &logs, replica),
            Frame::HeadAt(at) => self.on_head_at(at, replica),
            Frame::Want { log, first } => self.on_want(log, first, replica),
            Frame::Entries(run) => self.on_entries(&run, replica),
            Frame::WantBodies { log, bodies } if replica.is_own(log) => {
                let bodies = replica.bodies(log, &bodies)?;
                let batches = in_batches(bodies);
                Ok(batches.map(|bodies| Action::Send(Frame::Bodies { log, bodies })).collect())
            }
            Frame::Bodies { log, bodies } if self.config.receive && !replica.is_own(log) => {
                replica.accept_bodies(log, &bodies)?;
                Ok(Vec::new())
            }
            Frame::WantBodies { .. } | Frame::Bodies { .. } => Ok(Vec::new()),
            Frame::Pong => self.on_pong(replica),
            Frame::Ack(at) => self.on_ack(at, replica),
            Frame::Ping => Ok(vec![Action::Send(Frame::Pong)]),
            Frame::Bye => {
                self.leaving = true;
                let mut actions = self.pump_all(replica)?;
                actions.extend(self.end_if_answered());
                Ok(actions)
            }
        }
    }

    fn on_hello<R: Replica>(
        &mut self,
        epoch: Epoch,
        theirs: &[Claim],
        replica: &mut R,
    ) -> Result<Vec<Action>, R::Error> {
        if self.hello {
            return Ok(self.end(Ended::Protocol("a second hello")));
        }
        self.hello = true;
        let mut actions = vec![Action::Established(epoch)];
        for mine in replica.checkpoints()? {
            let at = theirs.iter().find(|checkpoint| checkpoint.log == mine.log);
            if replica.is_own(mine.log) {
                actions.extend(self.compare_own(mine.log, at, replica)?);
            } else {
                // One that is not listed is empty.
                self.announced.insert(mine.log, at.map_or(0, |at| at.length));
                let Some(at) = at else { continue };
                if at.length <= mine.length && !at.holds(replica.head_at(mine.log, at.length)?) {
                    actions.extend(self.contradiction(mine.log, replica)?);
                } else if *at == mine.into() {
                    replica.thaw(mine.log)?;
                }
            }
        }
        // A disk may have been set back to before one's own log went on in another.
        let known: BTreeSet<LogId> = replica.checkpoints()?.iter().map(|held| held.log).collect();
        let mut lost: Vec<&Claim> = theirs
            .iter()
            .filter(|at| at.length > 0 && replica.is_own(at.log) && !known.contains(&at.log))
            .collect();
        lost.sort_by_key(|at| replica.own_generation(at.log));
        for at in lost {
            self.recovering.push_back(*at);
            actions.push(Action::Notice(Notice::PartnerHoldsMore(at.log)));
            // What this disk holds of the others is perhaps not what they became.
            self.outgoing.values_mut().for_each(|outgoing| outgoing.blocked = true);
        }
        // Logs that go on from one that is known here are to come.
        for at in theirs.iter().filter(|at| !replica.is_own(at.log)) {
            self.announced.entry(at.log).or_insert(at.length);
        }
        actions.extend(self.want_back(replica)?);
        if self.config.receive {
            actions.extend(self.want_bodies(replica)?);
        }
        actions.extend(self.pump(replica)?);
        Ok(actions)
    }

    /// Asks for the bodies that are missing, and by a ping after it how long to wait
    /// for them: frames are answered in their order.
    fn want_bodies<R: Replica>(&mut self, replica: &mut R) -> Result<Vec<Action>, R::Error> {
        let missing = replica.missing_bodies()?;
        // What did not come is not there.
        if missing.is_empty() || missing == self.asked {
            return Ok(Vec::new());
        }
        self.asked.clone_from(&missing);
        let mut by_log: BTreeMap<LogId, Vec<(u64, u8)>> = BTreeMap::new();
        for (log, index, place) in missing {
            by_log.entry(log).or_default().push((index, place));
        }
        let frame = |(log, bodies)| Action::Send(Frame::WantBodies { log, bodies });
        let mut actions: Vec<Action> = by_log.into_iter().map(frame).collect();
        self.pings.push_back(true);
        actions.push(Action::Send(Frame::Ping));
        Ok(actions)
    }

    fn on_pong<R: Replica>(&mut self, replica: &mut R) -> Result<Vec<Action>, R::Error> {
        let mut actions = Vec::new();
        if self.pings.pop_front() == Some(true) && self.config.receive {
            actions = self.want_bodies(replica)?;
        }
        actions.extend(self.end_if_answered());
        Ok(actions)
    }

    /// After a goodbye: what is asked for is still answered, and what is on its way
    /// acknowledged.
    fn end_if_answered(&mut self) -> Vec<Action> {
        match self.leaving && !self.pings.contains(&true) && self.in_flight.is_empty() {
            true => self.end(Ended::Bye),
            false => Vec::new(),
        }
    }

    /// Asks for the next of one's own logs that the partner's phone holds more of:
    /// from where the own one ends, or from the beginning where they differ.
    fn want_back<R: Replica>(&mut self, replica: &mut R) -> Result<Option<Action>, R::Error> {
        let Some(theirs) = self.recovering.front() else { return Ok(None) };
        let held = replica.checkpoints()?.into_iter().find(|held| held.log == theirs.log);
        let more = held.filter(|held| held.length < theirs.length);
        let first = more.map_or(0, |held| held.length);
        Ok(Some(Action::Send(Frame::Want { log: theirs.log, first })))
    }

    /// Compares what the partner holds of one's own log with the log.
    fn compare_own<R: Replica>(
        &mut self,
        log: LogId,
        theirs: Option<&Claim>,
        replica: &mut R,
    ) -> Result<Vec<Action>, R::Error> {
        let length = theirs.map_or(0, |at| at.length);
        let head = replica.head_at(log, length)?;
        let known = theirs.is_none_or(|at| at.holds(head));
        let outgoing = Outgoing { acknowledged: length, sent: length, blocked: !known };
        self.outgoing.insert(log, outgoing);
        if known {
            let held = theirs.and(head).map(|head| Checkpoint { log, length, head });
            return Ok(held.map(Action::Holds).into_iter().collect());
        }
        // The claim has no effect until their entries carry my own mark.
        self.recovering.extend(theirs);
        Ok(match head {
            None => vec![Action::Notice(Notice::PartnerHoldsMore(log))],
            // They hold something else under my name: let their phone see it.
            Some(head) => vec![Action::Send(Frame::HeadAt(Checkpoint { log, length, head }))],
        })
    }

    fn contradiction<R: Replica>(
        &mut self,
        log: LogId,
        replica: &mut R,
    ) -> Result<Option<Action>, R::Error> {
        replica.freeze(log)?;
        let first = self.closed.insert(log);
        Ok(first.then_some(Action::Notice(Notice::Contradiction(log))))
    }

    fn on_head_at<R: Replica>(
        &mut self,
        at: Checkpoint,
        replica: &mut R,
    ) -> Result<Vec<Action>, R::Error> {
        if replica.is_own(at.log) {
            return Ok(Vec::new());
        }
        let held = replica.head_at(at.log, at.length)?;
        if held == Some(at.head) {
            self.announced.entry(at.log).and_modify(|length| *length = at.length.max(*length));
        }
        let differs = held.is_some_and(|head| head != at.head);
        let action = if differs { self.contradiction(at.log, replica)? } else { None };
        Ok(action.into_iter().collect())
    }

    fn on_want<R: Replica>(
        &mut self,
        log: LogId,
        first: u64,
        replica: &mut R,
    ) -> Result<Vec<Action>, R::Error> {
        if !replica.is_own(log) {
            // They lost their own words and ask for them back, run by run.
            self.given_back += 1;
            if self.given_back > RUNS_GIVEN_BACK {
                return Ok(self.end(Ended::Protocol("entries were asked for again and again")));
            }
            let run = replica.read(log, first, RUN_BYTES)?;
            return Ok(run.map(|run| Action::Send(Frame::Entries(run))).into_iter().collect());
        }
        self.strays += 1;
        if self.strays > STRAYS {
            return Ok(self.end(Ended::Protocol("entries were asked for again and again")));
        }
        if let Some(outgoing) = self.outgoing.get_mut(&log) {
            outgoing.sent = outgoing.sent.min(first);
            self.in_flight.retain(|(other, end, _)| *other != log || *end <= first);
            self.in_flight_bytes = self.in_flight.iter().map(|(_, _, bytes)| bytes).sum();
        }
        self.pump(replica)
    }

    fn on_entries<R: Replica>(
        &mut self,
        run: &Run,
        replica: &mut R,
    ) -> Result<Vec<Action>, R::Error> {
        let own = replica.is_own(run.log);
        if self.closed.contains(&run.log) || !(own || self.config.receive) {
            return Ok(Vec::new());
        }
        if own {
            return self.on_own_entries(run, replica);
        }
        match replica.accept(run)? {
            Intake::Stored(at) => {
                let announced = self.announced.entry(run.log).or_default();
                *announced = (*announced).max(at.length);
                Ok(vec![Action::Stored(at), Action::Send(Frame::Ack(at))])
            }
            Intake::Missing(held) => {
                self.strays += 1;
                if self.strays > STRAYS {
                    return Ok(self.end(Ended::Protocol("entries came out of order")));
                }
                Ok(vec![Action::Send(Frame::Want { log: run.log, first: held.length })])
            }
            // It pins words of mine that are on their way back to me, or goes on from
            // something that does.
            Intake::Refused(
                LogRefusal::PinAhead | LogRefusal::PinContradicts | LogRefusal::Continuation,
            ) if !self.recovering.is_empty() => {
                // It is asked for when they are here.
                let announced = self.announced.entry(run.log).or_default();
                *announced = (*announced).max(run.first + run.entries.len() as u64);
                Ok(Vec::new())
            }
            Intake::Refused(refusal) => {
                self.closed.insert(run.log);
                Ok(vec![Action::Notice(Notice::Refused(refusal))])
            }
            Intake::Contradiction => {
                Ok(self.contradiction(run.log, replica)?.into_iter().collect())
            }
        }
    }

    /// I18: what is said in my name counts only from my own phone, or from its
    /// own recovery.
    fn on_own_entries<R: Replica>(
        &mut self,
        run: &Run,
        replica: &mut R,
    ) -> Result<Vec<Action>, R::Error> {
        let log = run.log;
        let claimed = self.recovering.front().copied().filter(|claimed| claimed.log == log);
        let intake = match claimed {
            Some(_) => replica.recover(run)?,
            None => Intake::Refused(LogRefusal::ForeignPin),
        };
        let (Intake::Stored(at), Some(claimed)) = (intake, claimed) else {
            // Perhaps they go on from something else than what is held here.
            if claimed.is_some() && run.first > 0 && !self.compared.contains(&log) {
                self.compared.insert(log);
                return Ok(vec![Action::Send(Frame::Want { log, first: 0 })]);
            }
            self.closed.insert(log);
            self.recovering.clear();
            return Ok(vec![Action::Notice(Notice::PartnerHoldsMore(log))]);
        };
        if at.length < claimed.length {
            return Ok(vec![Action::Send(Frame::Want { log, first: at.length })]);
        }
        if !claimed.holds(replica.head_at(log, claimed.length)?) {
            // They gave back what was held, and had claimed something else.
            self.closed.insert(log);
            self.recovering.clear();
            return Ok(vec![Action::Notice(Notice::PartnerHoldsMore(log))]);
        }
        self.recovering.pop_front();
        let outgoing = Outgoing { acknowledged: at.length, sent: at.length, blocked: false };
        self.outgoing.insert(log, outgoing);
        // Says how long the own log is again: until then the other phone waits.
        let mut actions = vec![Action::Send(Frame::HeadAt(at))];
        if let Some(next) = self.want_back(replica)? {
            actions.push(next);
            return Ok(actions);
        }
        actions.push(Action::Recovered);
        // What could not be taken meanwhile is asked for again.
        let mut announced = self.announced.clone();
        for held in replica.checkpoints()? {
            let length = announced.remove(&held.log).unwrap_or(0);
            if !replica.is_own(held.log) && held.length < length {
                actions.push(Action::Send(Frame::Want { log: held.log, first: held.length }));
            }
        }
        let wanted = announced.into_keys().map(|log| Action::Send(Frame::Want { log, first: 0 }));
        actions.extend(wanted);
        Ok(actions)
    }

    fn on_ack<R: Replica>(
        &mut self,
        at: Checkpoint,
        replica: &mut R,
    ) -> Result<Vec<Action>, R::Error> {
        let head = replica.head_at(at.log, at.length)?;
        let Some(outgoing) = self.outgoing.get_mut(&at.log) else { return Ok(Vec::new()) };
        if head != Some(at.head) {
            return Ok(self.end(Ended::Protocol("something was acknowledged that was never sent")));
        }
        // More than was sent here may have come another way; the head proves it.
        outgoing.sent = outgoing.sent.max(at.length);
        outgoing.acknowledged = outgoing.acknowledged.max(at.length);
        while let Some((log, end, bytes)) = self.in_flight.front().copied() {
            if log != at.log || end > at.length {
                break;
            }
            self.in_flight_bytes -= bytes;
            self.in_flight.pop_front();
        }
        // Several were written meanwhile: they are the next of many. A single one may be
        // the answer to what the other phone has just shown.
        self.streaming = outgoing.acknowledged == outgoing.sent
            && replica
                .checkpoints()?
                .iter()
                .any(|held| held.log == at.log && held.length > at.length + 1);
        let mut actions = vec![Action::Acked(at)];
        actions.extend(self.pump(replica)?);
        actions.extend(self.end_if_answered());
        Ok(actions)
    }

    /// Sends what the partner lacks, a run of each log at a time and as far as the
    /// window allows. To be called whenever something was written here, and again
    /// as long as it gives entries: the next run is read while the last one is on
    /// its way.
    ///
    /// # Errors
    /// Storage.
    pub fn pump<R: Replica>(&mut self, replica: &mut R) -> Result<Vec<Action>, R::Error> {
        self.send_on(replica, true)
    }

    /// The same, holding nothing back: for what answers something that has come. The
    /// other side may leave once that is acknowledged.
    ///
    /// # Errors
    /// Storage.
    pub fn pump_all<R: Replica>(&mut self, replica: &mut R) -> Result<Vec<Action>, R::Error> {
        self.send_on(replica, false)
    }

    fn send_on<R: Replica>(
        &mut self,
        replica: &mut R,
        hold_back: bool,
    ) -> Result<Vec<Action>, R::Error> {
        let mut actions = Vec::new();
        if !self.hello || self.over {
            return Ok(actions);
        }
        // Who leaves waits for nothing that is not on its way.
        let hold_back = hold_back && !self.leaving && self.now < self.sent_at + HELD_BACK_MILLIS;
        let gather = self.streaming && self.now < self.sent_at + self.config.pace;
        self.gathering = false;
        // A generation goes out when the one before it has: it continues that one.
        let mut whole = true;
        for held in replica.checkpoints()? {
            if !replica.is_own(held.log) || !whole {
                continue;
            }
            let outgoing = self.outgoing.entry(held.log).or_insert(Outgoing {
                acknowledged: 0,
                sent: 0,
                blocked: false,
            });
            let on_the_way = self.in_flight.iter().any(|(log, ..)| *log == held.log);
            let waiting = held.length.saturating_sub(outgoing.sent);
            let held_back = hold_back && (on_the_way || gather);
            let worth_it = !held_back || waiting >= WORTH_A_RUN;
            self.gathering |= hold_back && gather && !outgoing.blocked && waiting > 0;
            if !outgoing.blocked
                && outgoing.sent < held.length
                && worth_it
                && self.in_flight_bytes < self.config.window
                && let Some(run) = replica.read(held.log, outgoing.sent, RUN_BYTES)?
            {
                let bodies: usize = run.bodies.iter().map(|body| body.bytes.len()).sum();
                let bytes = run.entries.iter().map(Vec::len).sum::<usize>() + bodies;
                outgoing.sent = run.first + run.entries.len() as u64;
                self.in_flight.push_back((held.log, outgoing.sent, bytes));
                self.in_flight_bytes += bytes;
                self.sent_at = self.now;
                self.streaming = false;
                actions.push(Action::Send(Frame::Entries(run)));
            }
            whole = outgoing.blocked || outgoing.sent >= held.length;
        }
        self.unsent = !whole;
        Ok(actions)
    }
}

fn in_batches(bodies: Vec<BodyAt>) -> impl Iterator<Item = Vec<BodyAt>> {
    let mut bodies = bodies.into_iter().peekable();
    std::iter::from_fn(move || {
        let mut batch: Vec<BodyAt> = Vec::new();
        let mut bytes = 0;
        while let Some(next) =
            bodies.next_if(|body| bytes == 0 || bytes + body.bytes.len() < RUN_BYTES)
        {
            bytes += next.bytes.len();
            batch.push(next);
        }
        (!batch.is_empty()).then_some(batch)
    })
}

#[cfg(test)]
mod tests;
