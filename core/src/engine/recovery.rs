//! Own words that come back from the partner's phone: after a rolled-back disk, after
//! two pasts of one log, on a phone that replaces another. And what is suspended until
//! its owner says so again (R32).

use super::{Engine, Home};
use crate::cbor::Value;
use crate::domain::action::Action;
use crate::domain::agreement::{self, AgreementDocs};
use crate::domain::capability::Class;
use crate::domain::pair::Act;
use crate::domain::record::{Draft, Record};
use crate::domain::refusal::RefusalCode;
use crate::domain::words;
use crate::domain::{Pair, record};
use crate::error::Error;
use crate::id::{DocId, LogId, PersonId, Position};
use crate::log::body::BodyState;
use crate::log::{Checkpoint, Entry, Follower, log_id};
use crate::store::{AsideRow, LogRow, PairDb, Setting, StorageError};
use crate::time::{DAY, Moment};
use serde::Serialize;

/// Something that was written on a phone whose disk had lost what came before, and
/// that never reached the other phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct SetAside {
    /// To name it by.
    pub number: u64,
    /// What it was: the kind of its record.
    pub kind: String,
    /// When it was written.
    pub at: Moment,
    /// Its words.
    pub words: Vec<String>,
    /// Whether it can be said again as it is. A yes cannot: look at the text anew.
    pub repeatable: bool,
}

impl Engine {
    /// Opens the logs of a pair, and writes the first entry of one's own. `known`
    /// are the pair's logs where this phone takes the place of another: one's own
    /// of them come back from the partner's phone, and a new one goes on from there.
    pub fn open_logs(
        &mut self,
        pair: Pair,
        me: PersonId,
        name: &str,
        known: &[Checkpoint],
    ) -> Result<(), Error> {
        let log = |owner: PersonId, generation: u8, kept: bool| {
            let follower = Follower::new(pair.id, owner, generation);
            LogRow { kept, ..LogRow::empty(owner == me, follower, Moment(i64::MIN)) }
        };
        let held = |g: &u8| known.iter().any(|at| at.log == log_id(pair.id, me, *g));
        let generation = (0..u8::MAX).take_while(held).count() as u8;
        let mut logs: Vec<LogRow> = (0..generation).map(|g| log(me, g, true)).collect();
        logs.extend([log(me, generation, false), log(pair.other(me), 0, false)]);
        logs.sort_by_key(|log| log.number);
        let stranger = || StorageError::Io("a pairing gave a stranger".to_owned());
        let side = pair.side(me).ok_or_else(stranger)?;
        let mut home = Home { pair, me, side, logs };
        for row in &home.logs {
            self.db()?.put_log(row)?;
        }
        if generation > 0 {
            self.await_logs(known.iter())?;
        }
        let first = opening(&home, name);
        self.append(&mut home, vec![first])
    }

    /// Takes note that these logs are to come back, to here.
    pub(super) fn await_logs<'a>(
        &mut self,
        logs: impl Iterator<Item = &'a Checkpoint>,
    ) -> Result<(), Error> {
        let awaited = Value::Array(logs.map(|at| at.to_value()).collect());
        self.db()?.set(Setting::Awaited, &awaited)?;
        self.note_return()
    }

    /// The logs that this phone, which replaces another, is to get back.
    pub(crate) fn awaited(&mut self) -> Result<Vec<Checkpoint>, Error> {
        let Some(value) = self.db()?.setting(Setting::Awaited)? else { return Ok(Vec::new()) };
        let read = || value.array()?.iter().map(Checkpoint::from_value).collect();
        let damaged = || StorageError::Damaged("pair.db: setting awaited".to_owned());
        Ok(Option::ok_or_else(read(), damaged)?)
    }

    /// Where the own log before the newest one ends.
    pub(crate) fn continued(&mut self, home: &Home) -> Result<Checkpoint, Error> {
        let mut own = home.logs.iter().rev().filter(|log| log.follower.owner() == home.me);
        let before = own.nth(1).map(|log| log.follower.checkpoint());
        let before = before.ok_or_else(|| StorageError::Damaged("pair.db: a log".to_owned()))?;
        let awaited = self.awaited()?.into_iter().find(|at| at.log == before.log);
        Ok(awaited.unwrap_or(before))
    }

    /// An own log as it was at an earlier length, from its entries.
    pub(crate) fn rewound(
        &mut self,
        home: &Home,
        log: &LogRow,
        length: u64,
    ) -> Result<LogRow, Error> {
        let mut follower =
            Follower::new(home.pair.id, log.follower.owner(), log.follower.generation());
        let mut stated = Moment(i64::MIN);
        for index in 0..length {
            let row = self.db()?.entry(log.number, index)?;
            let damaged =
                || StorageError::Damaged(format!("pair.db: entry {}/{index}", log.number));
            let entry = follower.follow_own(&row.bytes).map_err(|_| damaged())?.entry;
            let records = entry.records.iter().filter_map(|record| Value::decode(record).ok());
            let times = records.filter_map(|record| Record::from_value(&record));
            stated = times.map(|record| record.at.moment).max().unwrap_or(stated).max(stated);
        }
        Ok(LogRow { follower, stated, ..log.clone() })
    }

    /// Takes what one's own log holds from `length` on out of it, for its owner to
    /// look at: it stands where other entries of theirs stood before.
    pub(crate) fn set_aside(&mut self, log: &LogRow, length: u64) -> Result<(), Error> {
        let mut rows: Vec<(Position, AsideRow)> = Vec::new();
        for index in length..log.follower.checkpoint().length {
            let row = self.db()?.entry(log.number, index)?;
            let Ok(entry) = Entry::decode(&row.bytes) else { continue };
            for (place, record) in entry.records.into_iter().enumerate() {
                let place = place as u8;
                let body = self.db()?.body(log.number, index, place)?;
                let body = body.filter(|body| body.state == BodyState::Present);
                let body = body.map(|body| body.bytes).unwrap_or_default();
                rows.push((Position { log: log.id(), index, place }, AsideRow { record, body }));
            }
        }
        // Answers that were sealed here wait with their seal; nobody else has them.
        for (lookup, value) in self.db()?.outbox()? {
            let value = match value {
                // What opened it is lost already.
                Err(StorageError::Damaged(_)) => continue,
                value => value?,
            };
            let seal = value.get("seal").and_then(|seal| seal.text()?.parse::<Position>().ok());
            let sealed = rows.iter_mut().find(|(at, _)| Some(*at) == seal);
            if let (Some((_, row)), Some(opening)) = (sealed, value.get("opening")) {
                row.body = opening.encode();
                self.db()?.clear_outbox(&lookup)?;
            }
        }
        // What took back something that stands here too is done with: its position
        // belongs to another record from now on.
        let taken = |row: &AsideRow| match record_of(row)?.action {
            Action::Words(words::Act::Withdraw { of })
                if of.log == log.id() && of.index >= length =>
            {
                Some(of)
            }
            _ => None,
        };
        let gone: Vec<Position> = rows.iter().filter_map(|(_, row)| taken(row)).collect();
        for (_, row) in
            rows.into_iter().filter(|(at, row)| taken(row).is_none() && !gone.contains(at))
        {
            self.db()?.add_aside(&row)?;
        }
        self.db()?.cut_log(log.number, length)?;
        let cuts = self.cuts()?.unwrap_or(0) + 1;
        self.db()?.set(Setting::Cuts, &cuts.into())?;
        self.cuts = Some(cuts);
        (self.scrub, self.wrote) = (true, true);
        Ok(())
    }

    /// What was set aside on a document and only takes something back: it counts
    /// until it is done again.
    pub(crate) fn set_aside_on(&mut self, doc: DocId) -> Result<Vec<Record>, Error> {
        if self.db()?.setting(Setting::Forked)?.is_none() {
            return Ok(Vec::new());
        }
        let rows = self.readable_asides()?;
        let records = rows.iter().filter_map(|(_, row)| record_of(row));
        Ok(records.filter(|record| record.target == doc && record.action.takes_back()).collect())
    }

    /// What is set aside; where that is damaged, nothing: it must not stand in the way
    /// of anything else. The doctor finds it.
    fn readable_asides(&mut self) -> Result<Vec<(u64, AsideRow)>, Error> {
        match self.db()?.asides() {
            Err(StorageError::Damaged(what)) => {
                tracing::warn!(what, "what was set aside cannot be read");
                Ok(Vec::new())
            }
            rows => Ok(rows?),
        }
    }

    /// One's own log is whole again. What was set aside and only took something back
    /// is done again at once, in a new generation of the log.
    pub fn recovered(&mut self) -> Result<(), Error> {
        if self.db()?.setting(Setting::Forked)?.is_none() {
            return Ok(());
        }
        self.transact(|engine| {
            let home = engine.home()?;
            let own = home.own()?;
            let generation = own.follower.generation() + 1;
            // Without room for another it goes on where it is: nothing may stand in the
            // way of what takes something back.
            if generation < crate::limits::LOG_GENERATIONS {
                let follower = Follower::new(home.pair.id, home.me, generation);
                engine.db()?.put_log(&LogRow::empty(true, follower, own.stated))?;
            }
            engine.go_on()?;
            Ok(engine.db()?.unset(Setting::Forked)?)
        })
    }

    /// Goes on in one's own newest log: opens it, and does again what was set aside and only took
    /// something back.
    pub(super) fn go_on(&mut self) -> Result<(), Error> {
        let mut home = self.home()?;
        let mut drafts = Vec::new();
        if home.own()?.follower.checkpoint().length == 0 {
            drafts.push(opening(&home, &self.own_name()?));
        }
        for (number, row) in self.readable_asides()? {
            let Some(draft) = draft(&row).filter(|draft| draft.action.takes_back()) else {
                continue;
            };
            drafts.push(draft);
            self.db()?.remove_aside(number)?;
        }
        self.append_all(&mut home, drafts)
    }

    /// Takes note that one's own log had two pasts.
    pub(crate) fn note_fork(&mut self) -> Result<(), Error> {
        Ok(self.db()?.set(Setting::Forked, &Value::Bool(true))?)
    }

    /// Takes note that words of one's own come back.
    pub(crate) fn note_return(&mut self) -> Result<(), Error> {
        self.db()?.set(Setting::OutOfOrder, &Value::Bool(true))?;
        // Together with the first of them, everything in force begins to wait for
        // its owner (R32).
        self.suspend_recovered()
    }

    /// Whether words of one's own are still on their way back.
    pub(crate) fn returning(&mut self) -> Result<bool, Error> {
        Ok(self.db()?.setting(Setting::OutOfOrder)?.is_some())
    }

    /// What was set aside and not yet said again or let go.
    pub fn asides(&mut self) -> Result<Vec<SetAside>, Error> {
        let rows = self.readable_asides()?;
        Ok(rows.into_iter().filter_map(|(number, row)| shown(number, &row)).collect())
    }

    /// Says again what was set aside, as if it were written now.
    pub(crate) fn say_again(&mut self, number: u64) -> Result<(), Error> {
        self.write(|engine, home| {
            let row = engine.db()?.asides()?.into_iter().find(|(n, _)| *n == number);
            let (_, row) = row.ok_or(RefusalCode::NotFound)?;
            let draft = draft(&row).filter(|draft| draft.action.repeatable());
            let draft = draft.ok_or(RefusalCode::StaleView)?;
            engine.decide_within(home, |context| {
                context.together()?;
                Ok(vec![draft])
            })?;
            Ok(engine.db()?.remove_aside(number)?)
        })
    }

    /// Lets go of what was set aside.
    pub fn let_go(&mut self, number: u64) -> Result<(), Error> {
        self.transact(|engine| {
            let mut rows = engine.db()?.asides()?.into_iter();
            rows.find(|(n, _)| *n == number).ok_or(RefusalCode::NotFound)?;
            engine.scrub = true;
            Ok(engine.db()?.remove_aside(number)?)
        })?;
        self.changed();
        Ok(())
    }

    /// After one's own log came back from the partner's phone: everything in
    /// force waits, on this side, for its owner's reconfirmation, item by item
    /// (R32). Resuming an agreement reconfirms it.
    pub fn suspend_recovered(&mut self) -> Result<(), Error> {
        self.told.touch(None);
        Ok(self.db()?.set(Setting::Reconfirm, &Value::Bool(true))?)
    }

    /// Whether everything in force waits for reconfirmation: after a recovery,
    /// or while the clock stands more than a day before a time it showed.
    pub fn reconfirming(&mut self) -> Result<bool, Error> {
        let set_back = self.now() < self.clock_seen()?.plus(-DAY);
        Ok(set_back || self.db()?.setting(Setting::Reconfirm)?.is_some())
    }

    fn clock_seen(&mut self) -> Result<Moment, Error> {
        let seen = self.db()?.setting(Setting::Clock)?;
        Ok(Moment(seen.and_then(|value| value.int()).unwrap_or(i64::MIN)))
    }

    /// Takes note of the clock before something is written, in the caller's
    /// transaction. Set back by more than a day, it suspends what is in force.
    pub fn look_at_clock(&mut self) -> Result<(), Error> {
        let (now, seen) = (self.now(), self.clock_seen()?);
        if now < seen.plus(-DAY) {
            self.suspend_recovered()?;
            self.db()?.set(Setting::Clock, &Value::Int(now.0))?;
            self.suspend_within()?;
        } else if now > seen {
            self.db()?.set(Setting::Clock, &Value::Int(now.0))?;
        }
        Ok(())
    }

    /// Suspends what came back, once all of it is here.
    pub fn suspend_when_whole(&mut self) -> Result<(), Error> {
        if self.db()?.setting(Setting::Reconfirm)?.is_some() {
            self.transact(Engine::suspend_within)?;
            self.changed();
        }
        Ok(())
    }

    fn suspend_within(&mut self) -> Result<(), Error> {
        if self.is_restored()? {
            // It waits as a whole until this phone is paired again.
            return Ok(());
        }
        let mut home = self.home()?;
        let held = |log: LogId| {
            PairDb::find(&home.logs, log).map_or(0, |log| log.follower.checkpoint().length)
        };
        let whole = self.awaited()?.iter().all(|at| held(at.log) >= at.length)
            && home.logs.iter().all(|log| {
                let mut past = log.follower.past().0.iter();
                past.all(|(log, length)| held(*log) >= *length)
            });
        if whole && self.returning()? {
            self.rebuild_within()?;
            self.db()?.unset(Setting::OutOfOrder)?;
            home = self.home()?;
        }
        if !whole || self.pair_state(&home)?.left_at.is_some() {
            return Ok(());
        }
        let mut drafts = Vec::new();
        let suspend = |target| Draft { target, action: agreement::Act::Suspend.into(), body: None };
        for target in self.live_documents(&[Class::Agreement], usize::MAX)? {
            let folded = self.state::<AgreementDocs>(&home, &[target]);
            let Some(folded) = self.unless_damaged(target, folded)? else {
                // What cannot be read is paused all the same.
                drafts.push(suspend(target));
                continue;
            };
            if folded.runs_unpaused(&home.pair, home.side, self.now()) {
                drafts.push(suspend(target));
            }
        }
        self.append_all(&mut home, drafts)?;
        self.db()?.set(Setting::Paused, &Value::Bool(true))?;
        self.db()?.unset(Setting::Awaited)?;
        self.told.touch(None);
        Ok(self.db()?.unset(Setting::Reconfirm)?)
    }
}

/// The record that opens a log.
fn opening(home: &Home, name: &str) -> Draft {
    let body = Value::map([("name", Some(name.into()))]);
    Draft { target: home.pair.document(), action: Act::Open.into(), body: Some(body) }
}

fn record_of(row: &AsideRow) -> Option<Record> {
    Record::from_value(&Value::decode(&row.record).ok()?)
}

fn draft(row: &AsideRow) -> Option<Draft> {
    let record = record_of(row)?;
    // Written again it gets a salt of its own.
    let body = match Value::decode(&row.body) {
        Ok(Value::Map(fields)) => {
            Some(Value::Map(fields.into_iter().filter(|(key, _)| key != "salt").collect()))
        }
        _ => None,
    };
    Some(Draft { target: record.target, action: record.action, body })
}

/// Every text in a body.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Text(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Map(fields) => fields.iter().for_each(|(_, item)| texts(item, into)),
        _ => {}
    }
}

fn shown(number: u64, row: &AsideRow) -> Option<SetAside> {
    let value = Value::decode(&row.record).ok()?;
    let kind = record::header(&value)?.kind;
    let record = Record::from_value(&value);
    let mut words = Vec::new();
    if let Ok(body) = Value::decode(&row.body) {
        texts(&body, &mut words);
    }
    words.extend(record.iter().flat_map(|record| record.action.texts()));
    Some(SetAside {
        number,
        kind,
        at: record.as_ref().map_or(Moment(0), |record| record.at.moment),
        words,
        repeatable: record.is_some_and(|record| record.action.repeatable()),
    })
}
