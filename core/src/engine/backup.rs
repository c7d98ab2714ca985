//! A backup of this phone, and a phone made of one.
//!
//! What a backup holds is taken in by the same ways as what comes back from the partner's phone:
//! every entry is chained and checked against its own mark, every body against its commitment.

use super::files::Made;
use super::intake::replica::body_of;
use super::link::Link;
use super::upkeep::INDEX;
use super::{Engine, Home, Host};
use crate::backup::{
    Asides, BackupFailed, BackupKey, BackupOpener, BackupSummary, Head, LogHead, PairHead, Part,
    Reader, Sum, Writer,
};
use crate::cbor::Value;
use crate::domain::Pair;
use crate::error::Error;
use crate::file::write_checked;
use crate::id::{LogId, Position};
use crate::limits::{LOG_GENERATIONS, RUN_BYTES};
use crate::log::body::BodyState;
use crate::log::{Entry, Follower, log_id, own_tag_matches};
use crate::store::{AsideRow, KeptKeys, LogRow, PairDb, Setting, StorageError, VaultItem};
use crate::sync::{BodyAt, Intake, Replica, Run};
use crate::time::Moment;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// Vault items that are written in one transaction.
const ITEMS_AT_ONCE: usize = 256;

impl From<BackupFailed> for Error {
    fn from(failed: BackupFailed) -> Self {
        let damaged = |what: &str| Error::Storage(StorageError::Damaged(what.to_owned()));
        match failed {
            BackupFailed::Io(error) => error.into(),
            BackupFailed::NoKey(why) | BackupFailed::OtherKey(why) => Error::Locked(why.to_owned()),
            BackupFailed::WrongKey => {
                Error::Locked("this does not open the backup: try again".to_owned())
            }
            BackupFailed::Damaged(why) => damaged(&format!("this backup ({why})")),
            BackupFailed::Newer(found) => Error::NeedsUpdate(format!(
                "this backup was written by a newer version ({found}): update first"
            )),
        }
    }
}

/// Of a run of entries, what does not stand with them.
#[derive(Default)]
struct Beside {
    /// Words that found no place in the run.
    words: Vec<BodyAt>,
    /// Words that were deleted.
    gone: Vec<(u64, u8)>,
    /// How many cannot be read.
    damaged: u64,
}

/// Writes, and hashes what it writes.
struct Hashing<W> {
    to: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.to.flush()
    }
}

impl Head {
    fn summary(&self, sum: Sum, left_out: u64) -> BackupSummary {
        BackupSummary {
            made: self.made,
            name: self.name.clone(),
            partner: self.pair.as_ref().map(|pair| pair.partner_name.clone()),
            entries: sum.entries,
            private_items: self.vault_key.is_some().then_some(sum.private),
            left_out,
        }
    }
}

impl Engine {
    /// Writes a backup, and reads back what was written.
    pub(crate) fn back_up(
        &mut self,
        path: &Path,
        key: &BackupKey,
        private: bool,
    ) -> Result<BackupSummary, Error> {
        let home = match self.home() {
            Err(Error::Refusal(_)) => None,
            home => Some(home?),
        };
        let head = self.backup_head(home.as_ref(), private)?;
        let write = |to: &mut BufWriter<File>| {
            let mut writer = Writer::new(key, Hashing { to, hash: Sha256::new() })?;
            let head = Part::Head(Box::new(head));
            writer.add(&head)?;
            let Part::Head(head) = head else { return Err(Error::Internal) };
            let (mut sum, mut left_out) = (Sum::default(), 0);
            if let Some(home) = &home {
                self.add_logs(home, &mut writer, &mut sum, &mut left_out)?;
                left_out += self.add_waiting(&mut writer)?;
            }
            if private {
                left_out += self.add_private(&mut writer, &mut sum)?;
            }
            writer.add(&Part::End(sum))?;
            let hash = writer.finish()?.hash.finalize();
            self.may_read()?;
            Ok::<_, Error>((hash, head.summary(sum, left_out)))
        };
        write_checked(path, write, |part, (hash, summary)| {
            let mut read = Hashing { to: std::io::sink(), hash: Sha256::new() };
            std::io::copy(&mut File::open(part)?, &mut read)?;
            if read.hash.finalize() != hash {
                return Err(StorageError::Io("what was written is not what is read".into()).into());
            }
            Ok(summary)
        })
    }

    fn backup_head(&mut self, home: Option<&Home>, private: bool) -> Result<Head, Error> {
        let pair = match home {
            Some(home) => Some(PairHead {
                id: home.pair.id,
                me: home.me,
                partner: home.pair.other(home.me),
                partner_name: self.partner_name(home)?,
                epoch: self.link()?.map_or(0, |link| link.epoch),
                logs: self.log_heads(home),
            }),
            None => None,
        };
        let clock = self.db()?.setting(Setting::Clock)?.and_then(|clock| clock.int());
        Ok(Head {
            made: self.now(),
            name: self.own_name()?,
            log_key: Zeroizing::new(self.keys.log),
            vault_key: private.then(|| Zeroizing::new(*self.keys.vault.expose())),
            clock: clock.map(Moment),
            pair,
        })
    }

    fn log_heads(&self, home: &Home) -> Vec<LogHead> {
        let mut heads: Vec<LogHead> = home
            .logs
            .iter()
            .map(|log| LogHead {
                mine: log.follower.owner() == home.me,
                generation: log.follower.generation(),
                at: log.follower.checkpoint(),
                frozen: log.frozen,
                kept: log.kept,
            })
            .collect();
        heads.sort_by_key(|log| (!log.mine, log.generation));
        heads
    }

    fn add_logs<W: Write>(
        &mut self,
        home: &Home,
        to: &mut Writer<W>,
        sum: &mut Sum,
        left_out: &mut u64,
    ) -> Result<(), Error> {
        for head in self.log_heads(home) {
            let mut next = 0;
            while next < head.at.length {
                // A file may outlive the words that run out.
                let run = self.read_run(head.at.log, next, RUN_BYTES, false)?;
                let Some(run) = run else { break };
                let number = PairDb::number(head.mine, head.generation);
                let beside = self.words_beside(number, &run)?;
                *left_out += beside.damaged;
                next += run.entries.len() as u64;
                sum.entries += run.entries.len() as u64;
                let log = run.log;
                to.add(&Part::Entries(run))?;
                for body in beside.words {
                    to.add(&Part::Words { log, bodies: vec![body] })?;
                }
                if !beside.gone.is_empty() {
                    to.add(&Part::Gone { log, places: beside.gone })?;
                }
            }
        }
        Ok(())
    }

    fn words_beside(&mut self, number: u64, run: &Run) -> Result<Beside, Error> {
        let inside: BTreeSet<(u64, u8)> =
            run.bodies.iter().map(|body| (body.index, body.place)).collect();
        let mut beside = Beside::default();
        for (bytes, index) in run.entries.iter().zip(run.first..) {
            let Ok(entry) = Entry::decode(bytes) else { continue };
            for (record, place) in entry.records.iter().zip(0_u8..) {
                if body_of(record).is_none() || inside.contains(&(index, place)) {
                    continue;
                }
                match self.db()?.body(number, index, place) {
                    Ok(Some(body)) if body.state == BodyState::Gone => {
                        beside.gone.push((index, place));
                    }
                    Ok(Some(body)) if body.state == BodyState::Present && body.until.is_none() => {
                        beside.words.push(BodyAt { index, place, bytes: body.bytes });
                    }
                    Ok(_) => {}
                    Err(StorageError::Damaged(_)) => beside.damaged += 1,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(beside)
    }

    fn add_waiting<W: Write>(&mut self, to: &mut Writer<W>) -> Result<u64, Error> {
        let mut left_out = 0;
        for (_, value) in self.db()?.outbox()? {
            match value {
                Ok(value) => to.add(&Part::Seal(value))?,
                Err(StorageError::Damaged(_)) => left_out += 1,
                Err(error) => return Err(error.into()),
            }
        }
        for (_, AsideRow { record, body }) in self.readable_asides()? {
            to.add(&Part::Aside(Asides { record, body }))?;
        }
        Ok(left_out)
    }

    fn add_private<W: Write>(&mut self, to: &mut Writer<W>, sum: &mut Sum) -> Result<u64, Error> {
        let until = self.until();
        self.vault()?.visit_readable(|item| {
            until.may_read()?;
            sum.private += 1;
            let (kind, value) = (item.kind.to_owned(), item.value.to_value());
            to.add(&Part::Private { id: item.id, kind, value }).map_err(Error::from)
        })
    }
}

/// Opens a backup, up to what follows its head.
fn open<R: Read>(from: R, opener: &BackupOpener) -> Result<(Reader<R>, Head), Error> {
    let mut reader = Reader::new(opener, from)?;
    match reader.next()? {
        Part::Head(head) => Ok((reader, *head)),
        _ => Err(BackupFailed::Damaged("it does not begin like one").into()),
    }
}

/// Reads a backup to its end: whether it opens and is whole, and whether every entry follows the
/// one before and the logs end where it says.
pub(crate) fn check(path: &Path, opener: &BackupOpener) -> Result<BackupSummary, Error> {
    let (mut reader, head) = open(BufReader::new(File::open(path)?), opener)?;
    let damaged = |what| Error::from(BackupFailed::Damaged(what));
    let unlike = || damaged("its entries do not follow each other");
    let mut logs: BTreeMap<LogId, (Follower, &LogHead)> = BTreeMap::new();
    if let Some(pair) = &head.pair {
        for log in &pair.logs {
            let owner = if log.mine { pair.me } else { pair.partner };
            logs.insert(log.at.log, (Follower::new(pair.id, owner, log.generation), log));
        }
    }
    let mut sum = Sum::default();
    loop {
        match reader.next()? {
            Part::Entries(run) => {
                let (follower, head_of) = logs.get_mut(&run.log).ok_or_else(unlike)?;
                for (bytes, tag) in run.entries.iter().zip(&run.tags) {
                    let followed = follower.follow_own(bytes).map_err(|_| unlike())?;
                    let marked = own_tag_matches(&head.log_key, followed.head, tag);
                    if head_of.mine && !head_of.kept && !marked {
                        return Err(damaged("an entry does not carry its author's mark"));
                    }
                    sum.entries += 1;
                }
            }
            Part::Private { .. } => sum.private += 1,
            Part::End(said) if said == sum => break,
            Part::End(_) | Part::Head(_) => return Err(damaged("something of it is missing")),
            _ => {}
        }
    }
    reader.ends()?;
    if logs.values().any(|(follower, log)| follower.checkpoint() != log.at) {
        return Err(damaged("something of it is missing"));
    }
    Ok(head.summary(sum, 0))
}

impl Engine {
    /// Makes a space of a backup, with a link key of its own. Interrupted, it never was.
    pub(crate) fn restore(
        folder: &Path,
        host: Host,
        path: &Path,
        opener: &BackupOpener,
    ) -> Result<Self, Error> {
        let (reader, head) = open(BufReader::new(File::open(path)?), opener)?;
        let kept = KeptKeys { log: head.log_key.clone(), vault: head.vault_key.clone() };
        let name = head.name.clone();
        let made = Made { name: &name, keys: Some(kept) };
        Self::make(folder, host, made, |engine| engine.take_backup(&head, reader))
    }

    fn take_backup<R: Read>(&mut self, head: &Head, mut from: Reader<R>) -> Result<(), Error> {
        if let Some(pair) = &head.pair {
            self.transact_unread(|engine| engine.begin_restored(pair, head.clock))?;
        }
        let mut items = Vec::new();
        let mut sum = Sum::default();
        loop {
            match from.next()? {
                Part::Head(_) => return Err(BackupFailed::Damaged("it begins twice").into()),
                Part::Entries(run) => {
                    sum.entries += run.entries.len() as u64;
                    self.take_restored(&run)?;
                }
                Part::Words { log, bodies } => {
                    self.read_arrived()?;
                    self.accept_bodies(log, &bodies)?;
                }
                Part::Gone { log, places } => self.take_gone(log, &places)?,
                Part::Seal(value) => {
                    if let Some(seal) = value.get("seal").and_then(Value::text) {
                        self.db()?.put_outbox(seal, &value)?;
                    }
                }
                Part::Aside(Asides { record, body }) => {
                    self.db()?.add_aside(&AsideRow { record, body })?;
                }
                Part::Private { id, kind, value } => {
                    sum.private += 1;
                    items.push(VaultItem { id, kind, value });
                    if items.len() >= ITEMS_AT_ONCE {
                        self.vault()?.put_all(&std::mem::take(&mut items))?;
                    }
                }
                Part::End(said) if said == sum => break,
                Part::End(_) => {
                    return Err(BackupFailed::Damaged("something of it is missing").into());
                }
            }
        }
        from.ends()?;
        self.vault()?.put_all(&items)?;
        match &head.pair {
            Some(pair) => self.end_restored(pair),
            None => Ok(()),
        }
    }

    /// Writes who the two are, and empty logs for what is to be taken in.
    fn begin_restored(&mut self, pair: &PairHead, clock: Option<Moment>) -> Result<(), Error> {
        let stranger = || Error::from(BackupFailed::Damaged("it is of no pair"));
        let of = Pair::new(pair.id, pair.me, pair.partner).ok_or_else(stranger)?;
        let link = Link::restored(of, pair.me, pair.epoch, &pair.partner_name, self.now());
        for (at, log) in pair.logs.iter().filter(|log| log.mine).enumerate() {
            if usize::from(log.generation) != at || log.generation >= LOG_GENERATIONS {
                return Err(stranger());
            }
            let follower = Follower::new(pair.id, pair.me, log.generation);
            let row = LogRow::empty(true, follower, Moment(i64::MIN));
            self.db()?.put_log(&LogRow { kept: log.kept, ..row })?;
        }
        if !pair.logs.iter().any(|log| log.mine) {
            return Err(stranger());
        }
        // Of the partner's, each begins the next.
        let follower = Follower::new(pair.id, pair.partner, 0);
        self.db()?.put_log(&LogRow::empty(false, follower, Moment(i64::MIN)))?;
        let awaited = pair.logs.iter().map(|log| log.at.to_value()).collect();
        let db = self.db()?;
        db.set(Setting::Link, &link.to_value())?;
        db.set(Setting::Awaited, &Value::Array(awaited))?;
        if let Some(clock) = clock {
            db.set(Setting::Clock, &Value::Int(clock.0))?;
        }
        self.note_return()
    }

    /// Takes in entries as they come back from the other phone. What does not follow what is here
    /// is left out, and is still to come from there.
    fn take_restored(&mut self, run: &Run) -> Result<(), Error> {
        let home = self.home()?;
        let intake = match home.author(run.log) == Some(home.me) {
            true => self.recover(run)?,
            false => self.accept(run)?,
        };
        match intake {
            Intake::Stored(_) => {}
            Intake::Contradiction => self.freeze(run.log)?,
            Intake::Missing(_) | Intake::Refused(_) => {
                tracing::warn!(log = %run.log, first = run.first, "entries of a backup do not follow");
            }
        }
        Ok(())
    }

    fn take_gone(&mut self, log: LogId, places: &[(u64, u8)]) -> Result<(), Error> {
        self.read_arrived()?;
        let home = self.home()?;
        let Some(row) = PairDb::find(&home.logs, log) else { return Ok(()) };
        let (number, length) = (row.number, row.follower.checkpoint().length);
        let places = places.iter().filter(|(index, _)| *index < length);
        let of: Vec<Position> =
            places.map(|(index, place)| Position { log, index: *index, place: *place }).collect();
        self.transact(|engine| engine.erase_bodies(number, &of))
    }

    /// Everything is here: lists are made, and it waits for its owner (R32).
    fn end_restored(&mut self, pair: &PairHead) -> Result<(), Error> {
        self.transact(|engine| {
            let home = engine.home()?;
            for head in pair.logs.iter().filter(|head| head.frozen) {
                if let Some(row) = PairDb::find(&home.logs, head.at.log) {
                    engine.db()?.put_log(&LogRow { frozen: true, ..row.clone() })?;
                }
            }
            engine.rebuild_within()?;
            let db = engine.db()?;
            db.set(Setting::Index, &Value::Int(INDEX))?;
            db.unset(Setting::OutOfOrder)?;
            db.unset(Setting::Awaited)?;
            Ok(())
        })
    }

    /// A restored phone is paired again, under the link that was kept pending: its own log goes on
    /// in a new one, from where the partner's phone holds it. What that phone never got of the log
    /// before is set aside; what only takes something back is done again at once.
    pub(super) fn paired_again(&mut self, mut link: Link) -> Result<(), Error> {
        let known = std::mem::take(&mut link.logs);
        let home = self.home()?;
        let told = |log: LogId| known.iter().find(|at| at.log == log);
        let mut next = 0;
        for generation in 0..LOG_GENERATIONS {
            let log = log_id(home.pair.id, home.me, generation);
            let Some(at) = told(log) else { break };
            next = generation + 1;
            match PairDb::find(&home.logs, log) {
                None => {
                    let follower = Follower::new(home.pair.id, home.me, generation);
                    let row = LogRow::empty(true, follower, Moment(i64::MIN));
                    self.db()?.put_log(&row)?;
                }
                Some(row) if row.follower.checkpoint().length > at.length => {
                    // Where it is another log altogether, that is found when it comes back.
                    let held = self.db()?.head_at(home.pair.id, row, at.length)?;
                    if held == Some(at.head) {
                        let cut = self.rewound(&home, row, at.length)?;
                        self.set_aside(row, at.length)?;
                        self.db()?.put_log(&cut)?;
                    }
                }
                Some(_) => {}
            }
        }
        // Logs that the partner's phone has never heard of.
        for row in &home.logs {
            if row.follower.owner() == home.me && row.follower.generation() >= next {
                self.set_aside(row, 0)?;
                self.db()?.remove_log(row.number)?;
            }
        }
        if next >= LOG_GENERATIONS {
            return Err(StorageError::TooMuch.into());
        }
        let follower = Follower::new(home.pair.id, home.me, next);
        let stated = home.own()?.stated;
        self.db()?.put_log(&LogRow::empty(true, follower, stated))?;
        let awaited = known.iter().map(|at| at.to_value()).collect();
        self.db()?.set(Setting::Awaited, &Value::Array(awaited))?;
        link.pending = false;
        self.follow_link(&link)?;
        self.note_return()?;
        self.rebuild_within()?;
        self.go_on()
    }
}
