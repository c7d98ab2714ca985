//! A phone made of a backup, and how it comes back into its pair.
//!
//! What the backup holds is taken in by the same ways as what comes back from the partner's phone:
//! every entry is chained and checked against its own mark, every body against its commitment.

use super::files::{Made, any_file};
use super::link::Link;
use super::upkeep::INDEX;
use super::{Engine, Host, unfinished};
use crate::backup::{
    Asides, BackupFailed, BackupOpener, BackupSummary, Head, LogHead, PairHead, Part, Reader, Sum,
};
use crate::cbor::Value;
use crate::domain::Pair;
use crate::error::Error;
use crate::id::{LogId, Position};
use crate::limits::LOG_GENERATIONS;
use crate::log::{Follower, log_id, own_tag_matches};
use crate::store::{AsideRow, LogRow, PairDb, Setting, StorageError, VaultItem};
use crate::sync::{Intake, Replica, Run};
use crate::time::Moment;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Vault items that are written in one transaction.
const ITEMS_AT_ONCE: usize = 256;

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
        path: &Path,
        opener: &BackupOpener,
        host: Host,
    ) -> Result<Self, Error> {
        // Before a passphrase is stretched for nothing.
        if folder.exists() {
            unfinished::finish(folder, &host)?;
        }
        if any_file(folder) {
            return Err(StorageError::Exists.into());
        }
        let (reader, head) = open(BufReader::new(File::open(path)?), opener)?;
        let name = head.name.clone();
        let made = Made { name: &name, log_key: Some(head.log_key.clone()) };
        Self::make(folder, host, made, |engine| engine.take_backup(&head, reader))
    }

    fn take_backup<R: Read>(&mut self, head: &Head, mut from: Reader<R>) -> Result<(), Error> {
        if let Some(pair) = &head.pair {
            self.transact_unread(|engine| engine.begin_restored(pair, head.clock))?;
        }
        if head.held {
            self.hold(true)?;
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
                Part::Aside(Asides { record, body }) => {
                    self.db()?.add_aside(&AsideRow { record, body })?;
                }
                Part::Private { id, name, kind, value } => {
                    sum.private += 1;
                    let id = match name {
                        Some(name) => self.vault()?.named(&kind, &name),
                        None => id,
                    };
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
        let db = self.db()?;
        db.set(Setting::Link, &link.to_value())?;
        if let Some(clock) = clock {
            db.set(Setting::Clock, &Value::Int(clock.0))?;
        }
        self.await_logs(pair.logs.iter().map(|log| &log.at))
    }

    /// Takes in entries as they come back from the other phone.
    fn take_restored(&mut self, run: &Run) -> Result<(), Error> {
        let home = self.home()?;
        let intake = match home.author(run.log) == Some(home.me) {
            true => self.recover(run)?,
            false => self.accept(run)?,
        };
        match intake {
            Intake::Stored(_) => Ok(()),
            // One's own log has seen another one than this phone held of the partner's.
            Intake::Contradiction => self.freeze(run.log),
            Intake::Missing(_) | Intake::Refused(_) => {
                tracing::warn!(log = %run.log, first = run.first, "entries do not follow");
                Err(BackupFailed::Damaged("its entries do not follow each other").into())
            }
        }
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
            for head in &pair.logs {
                let row = PairDb::find(&home.logs, head.at.log);
                let frozen = head.frozen || row.is_some_and(|row| row.frozen);
                if !frozen && row.map(|row| row.follower.checkpoint()) != Some(head.at) {
                    return Err(BackupFailed::Damaged("something of it is missing").into());
                }
                if let Some(row) = row.filter(|_| frozen) {
                    engine.db()?.put_log(&LogRow { frozen, ..row.clone() })?;
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
                // It was begun after the backup, and perhaps under another key: it ends where the
                // partner's phone told.
                None => {
                    let follower = Follower::new(home.pair.id, home.me, generation);
                    let row = LogRow::empty(true, follower, Moment(i64::MIN));
                    self.db()?.put_log(&LogRow { kept: true, ..row })?;
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
        link.pending = false;
        self.follow_link(&link)?;
        self.await_logs(known.iter())?;
        self.rebuild_within()?;
        self.go_on()
    }
}
