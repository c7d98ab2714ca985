//! Checking everything from scratch: logs → documents → views.

use super::anew::{Anew, ToDerive, Touching, derived_side_by_side};
use super::documents::counted_as;
use super::intake::replica::body_of;
use super::{Engine, Home};
use crate::cbor::View;
use crate::document::{Document, RULE};
use crate::domain::record;
use crate::error::Error;
use crate::id::{DocId, Head, LogId, Past};
use crate::log::body::{BodyState, commitment};
use crate::log::{Checkpoint, Entry, Follower, own_tag_matches};
use crate::store::{Due, LogRow, PairDb, Setting, StorageError};
use crate::time::Moment;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What can be done about a damaged value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Remedy {
    /// It follows from the logs: repairing makes it anew.
    Rebuild,
    /// The partner's phone has it.
    AskPartner,
    /// A backup may have it, for another space that is made of it; of one's own words, the partner's
    /// phone what it got.
    Backup,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Finding {
    /// What, in words.
    pub what: String,
    /// What can be done about it.
    pub remedy: Remedy,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct DoctorReport {
    /// Entries that were read and chained again.
    pub entries: u64,
    /// Documents that were derived again.
    pub documents: u64,
    /// Private items that were opened.
    pub private_items: u64,
    /// What is wrong; empty if nothing is.
    pub findings: Vec<Finding>,
}

/// A log, verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct VerifiedLog {
    /// Whose: the viewer's own?
    pub own: bool,
    /// The viewer's own, as the other phone kept it: this phone replaced the one
    /// that wrote it.
    pub kept: bool,
    /// Its length and head, recomputed from the first entry on.
    #[serde(flatten)]
    pub checkpoint: Checkpoint,
}

impl DoctorReport {
    pub(super) fn add(&mut self, what: impl Into<String>, remedy: Remedy) {
        self.findings.push(Finding { what: what.into(), remedy });
    }

    /// Takes a damaged value as a finding; other errors stay errors.
    pub(super) fn note<T>(
        &mut self,
        result: Result<T, Error>,
        remedy: Remedy,
    ) -> Result<Option<T>, Error> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Error::Storage(StorageError::Damaged(what))) => {
                self.add(what, remedy);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// So many documents are derived at once while a check looks at them.
const CHECKED_AT_ONCE: usize = 256;

/// What the logs say the look-up tables must hold.
#[derive(Default)]
struct Expected {
    touches: BTreeMap<DocId, Vec<Touching>>,
    kinds: BTreeMap<DocId, ((u64, u64), String, Moment)>,
    bodies: BTreeSet<(u64, u64, u8)>,
}

impl Engine {
    /// Checks every stored value: that it opens, that the chains and pins hold,
    /// that bodies match, that documents are what their records derive to.
    pub fn doctor(&mut self) -> Result<DoctorReport, Error> {
        // The files are looked at, not what was read of them before.
        self.forget();
        let mut report = DoctorReport::default();
        let pair = self.db()?.integrity();
        let vault = self.vault()?.integrity();
        for found in [pair, vault] {
            let found = report.note(found.map_err(Error::from), Remedy::Backup)?;
            found.into_iter().flatten().for_each(|what| report.add(what, Remedy::Backup));
        }
        let mut items = 0;
        let visited = self.vault()?.visit(|_| {
            items += 1;
            Ok::<_, StorageError>(())
        });
        if visited.is_ok() {
            report.private_items = items;
        }
        self.check_settings(&mut report)?;
        let home = match self.home() {
            Ok(home) => home,
            Err(Error::Refusal(_)) => return Ok(report),
            other => {
                report.note(other, Remedy::Backup)?;
                return Ok(report);
            }
        };
        let mut expected = Expected::default();
        let heads = self.check_logs(&home, &mut expected, &mut report)?;
        self.check_rows(&home, &expected, &mut report)?;
        self.check_documents(&home, expected, &heads, &mut report)?;
        self.check_counts(&home, &mut report)?;
        Ok(report)
    }

    /// Every setting opens, none stands under a name that is not known, and
    /// those that a life of this length must have set are there.
    fn check_settings(&mut self, report: &mut DoctorReport) -> Result<(), Error> {
        let mut found = 0;
        let written = !self.db()?.entry_counts()?.is_empty();
        for name in Setting::ALL.iter().copied() {
            let setting = self.db()?.setting(name).map_err(Error::from);
            match report.note(setting, Remedy::Backup)? {
                Some(None)
                    if name.due() == Due::Always || (name.due() == Due::Paired && written) =>
                {
                    report.add(
                        format!("pair.db: setting {} is missing", name.name()),
                        Remedy::Backup,
                    );
                }
                Some(None) => {}
                Some(Some(_)) | None => found += 1,
            }
        }
        if self.db()?.setting_count()? != found {
            report.add("pair.db: a setting", Remedy::Backup);
        }
        Ok(())
    }

    /// Recomputes every head from the first entry on, and compares every pin.
    fn check_logs(
        &mut self,
        home: &Home,
        expected: &mut Expected,
        report: &mut DoctorReport,
    ) -> Result<BTreeMap<(LogId, u64), Head>, Error> {
        let mut heads: BTreeMap<(LogId, u64), Head> = BTreeMap::new();
        let mut followers: Vec<(LogRow, Follower, bool)> = home
            .logs
            .iter()
            .map(|log| {
                let known = &log.follower;
                let fresh = Follower::new(home.pair.id, known.owner(), known.generation());
                heads.insert((log.id(), 0), fresh.checkpoint().head);
                (log.clone(), fresh, true)
            })
            .collect();
        if home.logs.iter().filter(|log| log.follower.owner() == home.me).count() == 0
            || followers.len() < 2
        {
            report.add("pair.db: a log is missing", Remedy::Backup);
        }
        let returning = self.returning()?;
        // The logs wait for each other where one pins the other.
        loop {
            let mut moved = false;
            for (log, follower, sound) in &mut followers {
                while *sound && follower.checkpoint().length < log.follower.checkpoint().length {
                    let index = follower.checkpoint().length;
                    let remedy = remedy(log, home);
                    let row = self.db()?.entry(log.number, index).map_err(Error::from);
                    let Some(row) = report.note(row, remedy)? else {
                        *sound = false;
                        break;
                    };
                    let place = format!("pair.db: entry {}/{index}", log.number);
                    let pins: Vec<Checkpoint> = Entry::decode(&row.bytes)
                        .map(|entry| entry.seen.into_iter().chain(entry.continues).collect())
                        .unwrap_or_default();
                    let own = log.follower.owner() == home.me;
                    // Own entries that came back may pin what is not here again yet;
                    // and the partner's may pin own ones that are still to come back.
                    let lost = |pin: &Checkpoint| {
                        (own || returning)
                            && PairDb::find(&home.logs, pin.log)
                                .is_none_or(|other| pin.length > other.follower.checkpoint().length)
                    };
                    let known = |pin: &Checkpoint| heads.contains_key(&(pin.log, pin.length));
                    if pins.iter().any(|pin| !known(pin) && !lost(pin)) {
                        // It waits; if what it pins never comes, the log is
                        // found to be shorter than it says.
                        break;
                    }
                    let frozen = |id| PairDb::find(&home.logs, id).is_some_and(|log| log.frozen);
                    let head_at = |id, length| {
                        // Of a frozen log the two may differ: that is why it is.
                        let held =
                            heads.get(&(id, length)).copied().filter(|_| !own || !frozen(id));
                        held.or_else(|| {
                            let pin = pins.iter().find(|p| p.log == id && p.length == length)?;
                            (lost(pin) || own && frozen(id)).then_some(pin.head)
                        })
                    };
                    let tagged =
                        !own || log.kept || own_tag_matches(&self.keys.log, row.head, &row.tag);
                    match follower.follow(&row.bytes, &head_at) {
                        Ok(followed)
                            if followed.head == row.head && followed.past == row.past && tagged =>
                        {
                            heads.insert((log.id(), index + 1), row.head);
                            collect(expected, log, index, &row, &followed.entry);
                            report.entries += 1;
                            moved = true;
                        }
                        _ => {
                            report.add(place, remedy);
                            *sound = false;
                        }
                    }
                }
            }
            if !moved {
                break;
            }
        }
        for (log, follower, sound) in &followers {
            if *sound && *follower != log.follower {
                report.add(format!("pair.db: log {}", log.number), remedy(log, home));
            }
        }
        Ok(heads)
    }

    /// The look-up tables hold exactly what the logs say.
    fn check_rows(
        &mut self,
        home: &Home,
        expected: &Expected,
        report: &mut DoctorReport,
    ) -> Result<(), Error> {
        let counts: BTreeMap<u64, u64> = self.db()?.entry_counts()?.into_iter().collect();
        for log in &home.logs {
            let length = log.follower.checkpoint().length;
            if counts.get(&log.number).copied().unwrap_or(0) != length {
                report.add(
                    format!("pair.db: the number of entries of log {}", log.number),
                    remedy(log, home),
                );
            }
            let rows: Vec<(u64, u8)> = self.db()?.bodies(log.number)?;
            let found: BTreeSet<(u64, u64, u8)> =
                rows.iter().map(|(index, place)| (log.number, *index, *place)).collect();
            let due: BTreeSet<_> =
                expected.bodies.iter().filter(|body| body.0 == log.number).copied().collect();
            for (number, index, place) in found.symmetric_difference(&due) {
                report.add(format!("pair.db: body {number}/{index}/{place}"), remedy(log, home));
            }
            for (index, place) in rows {
                let body = self.db()?.body(log.number, index, place).map_err(Error::from);
                let Some(Some(body)) = report.note(body, remedy(log, home))? else { continue };
                let Ok(entry) = self.db()?.entry(log.number, index) else { continue };
                let due = Entry::decode(&entry.bytes)
                    .ok()
                    .and_then(|entry| body_of(entry.records.get(usize::from(place))?));
                let matches =
                    body.state != BodyState::Present || due == Some(commitment(&body.bytes));
                if !matches {
                    report.add(
                        format!("pair.db: body {}/{index}/{place}", log.number),
                        remedy(log, home),
                    );
                }
            }
        }
        self.check_lists(home, report)?;
        if counts.keys().any(|number| home.logs.iter().all(|log| log.number != *number)) {
            report.add("pair.db: entries of a log that is not known", Remedy::Backup);
        }
        Ok(())
    }

    /// The lists of what is missing, expires, lives or waits follow from the rest.
    fn check_lists(&mut self, home: &Home, report: &mut DoctorReport) -> Result<(), Error> {
        let listed = self.db()?.expiring().map_err(Error::from);
        let listed = report.note(listed, Remedy::Rebuild)?;
        let listed: Option<BTreeMap<(u64, u64, u8), _>> = listed.map(|all| {
            all.into_iter().map(|one| ((one.log, one.index, one.place), one.until)).collect()
        });
        let live = self.db()?.live().map_err(Error::from);
        let live = report.note(live, Remedy::Rebuild)?.unwrap_or_default();
        let outbox = self.db()?.outbox().map_err(Error::from);
        for (_, sealed) in report.note(outbox, Remedy::Backup)?.unwrap_or_default() {
            report.note(sealed.map_err(Error::from), Remedy::Backup)?;
        }
        let asides = self.db()?.asides().map_err(Error::from);
        report.note(asides, Remedy::Backup)?;
        for row in live {
            let known = self.db()?.document(row.id).map_err(Error::from);
            if !matches!(report.note(known, Remedy::Rebuild)?, None | Some(Some(_))) {
                report.add("pair.db: the list of live documents", Remedy::Rebuild);
            }
        }
        for log in &home.logs {
            let missing: BTreeSet<(u64, u8)> =
                self.db()?.missing(log.number, usize::MAX >> 1)?.into_iter().collect();
            for (index, place) in self.db()?.bodies(log.number)? {
                let Ok(Some(row)) = self.db()?.body(log.number, index, place) else { continue };
                let expires = listed.as_ref().map(|listed| {
                    let until = listed.get(&(log.number, index, place));
                    until.is_some_and(|until| Some(*until) == row.until)
                });
                let due = row.until.is_some() && row.state != BodyState::Gone;
                if missing.contains(&(index, place)) != (row.state == BodyState::Withheld)
                    || expires.is_some_and(|listed| listed != due)
                {
                    let what = format!("pair.db: the lists of body {}/{index}/{place}", log.number);
                    report.add(what, Remedy::Rebuild);
                }
            }
        }
        Ok(())
    }

    /// Documents derived from nothing are what is kept and shown.
    fn check_documents(
        &mut self,
        home: &Home,
        expected: Expected,
        heads: &BTreeMap<(LogId, u64), Head>,
        report: &mut DoctorReport,
    ) -> Result<(), Error> {
        let rows = report.note(self.documents_read(), Remedy::Rebuild)?.unwrap_or_default();
        if rows.windows(2).any(|two| two[0].id == two[1].id) {
            report.add("pair.db: a document stands in both lists", Remedy::Rebuild);
        }
        let kept: BTreeMap<DocId, _> =
            rows.iter().map(|row| (row.id, (row.first, row.first_kind.clone(), row.at))).collect();
        let whole = home
            .logs
            .iter()
            .all(|log| heads.contains_key(&(log.id(), log.follower.checkpoint().length)));
        let differs = |doc: &&DocId| kept.get(*doc) != expected.kinds.get(*doc);
        // What comes back comes in another order; the list is made anew in the end.
        let whole = whole && !self.returning()?;
        if whole && let Some(doc) = kept.keys().chain(expected.kinds.keys()).find(differs) {
            let (kept, due) = (kept.get(doc), expected.kinds.get(doc));
            let what = format!("pair.db: the list of documents, at {doc}: {kept:?}, not {due:?}");
            report.add(what, Remedy::Rebuild);
        }
        let due: u64 = expected.touches.values().map(|touches| touches.len() as u64).sum();
        if whole && self.db()?.touch_count()? != due {
            report.add("pair.db: the index of documents", Remedy::Rebuild);
        }
        let snapshots = rows.iter().filter(|row| row.snapshot > 0).count() as u64;
        if self.db()?.snapshot_count()? != snapshots {
            report.add("pair.db: the number of snapshots", Remedy::Rebuild);
        }
        let mut all = expected.touches.into_iter().peekable();
        while all.peek().is_some() {
            let mut some = Vec::new();
            for (doc, touches) in all.by_ref().take(CHECKED_AT_ONCE) {
                report.documents += 1;
                for log in &home.logs {
                    let kept = self.db()?.touches(doc, log.number, 0)?;
                    let of = touches.iter().filter(|touch| touch.log == log.id());
                    if whole && kept != of.map(|touch| touch.index).collect::<Vec<_>>() {
                        let what = format!("pair.db: the index of document {doc}");
                        report.add(what, Remedy::Rebuild);
                    }
                }
                some.push(self.what_to_derive(home, doc, touches, report)?);
            }
            for (of, derived) in derived_side_by_side(some)? {
                self.check_document(home, of, derived, whole, report)?;
            }
        }
        Ok(())
    }

    fn documents_read(&mut self) -> Result<Vec<crate::store::DocumentRow>, Error> {
        Ok(self.db()?.documents()?)
    }

    /// What a document is derived from anew, and its snapshot.
    fn what_to_derive(
        &mut self,
        home: &Home,
        doc: DocId,
        touches: Vec<Touching>,
        report: &mut DoctorReport,
    ) -> Result<ToDerive, Error> {
        let length = |log: &LogRow| (log.id(), log.follower.checkpoint().length);
        let lengths = Past(home.logs.iter().map(length).collect());
        let snapshot = self.db()?.snapshot(doc).map_err(Error::from);
        let snapshot = match report.note(snapshot, Remedy::Rebuild)? {
            Some(Some((RULE, bytes))) => Some(bytes),
            _ => None,
        };
        Ok(ToDerive { doc, touches, snapshot, lengths })
    }

    fn check_document(
        &mut self,
        home: &Home,
        of: ToDerive,
        derived: Result<Anew, Error>,
        whole: bool,
        report: &mut DoctorReport,
    ) -> Result<(), Error> {
        let doc = of.doc;
        let Some(anew) = report.note(derived, Remedy::Rebuild)? else { return Ok(()) };
        if !anew.as_its_snapshot {
            report.add(format!("pair.db: the snapshot of document {doc}"), Remedy::Rebuild);
        }
        if !anew.gives_back {
            report.add(format!("document {doc} does not give back its records"), Remedy::Rebuild);
        }
        if of.snapshot.is_none() && whole {
            // What is asked for is derived from these records, by an index that was compared.
            return Ok(());
        }
        let used = self.document(home, doc).map(Document::heads);
        if let Some(used) = report.note(used, Remedy::Rebuild)?
            && used != anew.heads
        {
            report
                .add(format!("document {doc} is not what its records derive to"), Remedy::Rebuild);
        }
        Ok(())
    }

    /// Makes the documents' index and snapshots anew from the logs.
    pub fn rebuild(&mut self) -> Result<(), Error> {
        self.forget();
        self.transact_unread(|engine| {
            // A damaged list must not keep what has come from being read.
            engine.db()?.forget_documents()?;
            engine.read_arrived_within()?;
            engine.rebuild_within()
        })?;
        self.changed();
        Ok(())
    }

    /// The same, in the caller's transaction.
    pub(crate) fn rebuild_within(&mut self) -> Result<(), Error> {
        self.forget();
        self.wrote = true;
        let mut home = self.home()?;
        let db = self.db()?;
        db.forget_documents()?;
        db.index_bodies(&home.logs)?;
        let mut expected = Expected::default();
        self.check_logs(&home, &mut expected, &mut DoctorReport::default())?;
        home.logs.iter_mut().for_each(|log| log.begun.clear());
        let db = self.db()?;
        let mut newest: BTreeMap<(u64, u64), Vec<DocId>> = BTreeMap::new();
        // In the order in which they were begun: each is numbered in its log.
        let mut kinds: Vec<_> = expected.kinds.iter().collect();
        kinds.sort_by_key(|(_, (first, ..))| *first);
        for (doc, (first, kind, at)) in kinds {
            let kind = (counted_as(kind), kind.as_str());
            let touches = &expected.touches[doc];
            for log in &mut home.logs {
                if log.number == first.0 {
                    db.begin_document(*doc, kind, (log, first.1), *at, true)?;
                }
                let of = touches.iter().filter(|touch| touch.log == log.id());
                let (tail, runs): (Vec<u64>, Vec<u64>) =
                    of.map(|touch| touch.index).partition(|index| db.in_tail(log.number, *index));
                db.add_touches(*doc, log.number, &runs)?;
                for index in tail {
                    newest.entry((log.number, index)).or_default().push(*doc);
                }
            }
        }
        for ((log, index), docs) in newest {
            db.put_tail_touches(log, index, &docs)?;
        }
        home.logs.iter().try_for_each(|log| db.put_log(log))?;
        self.rows.live = None;
        self.rows.room = None;
        self.make_room()
    }

    /// Both logs with their heads, each recomputed from its first entry on.
    pub fn verify_logs(&mut self) -> Result<Vec<VerifiedLog>, Error> {
        let home = self.home()?;
        let mut report = DoctorReport::default();
        self.check_logs(&home, &mut Expected::default(), &mut report)?;
        if let Some(finding) = report.findings.into_iter().next() {
            return Err(StorageError::Damaged(finding.what).into());
        }
        let verified = |log: &LogRow| VerifiedLog {
            own: log.follower.owner() == home.me,
            kept: log.kept,
            checkpoint: log.follower.checkpoint(),
        };
        Ok(home.logs.iter().map(verified).collect())
    }
}

fn remedy(log: &LogRow, home: &Home) -> Remedy {
    if log.follower.owner() == home.me { Remedy::Backup } else { Remedy::AskPartner }
}

fn collect(
    expected: &mut Expected,
    log: &LogRow,
    index: u64,
    row: &crate::store::EntryRow,
    entry: &Entry,
) {
    for (place, bytes) in entry.records.iter().enumerate() {
        let place = place as u8;
        let Ok(value) = View::read(bytes) else { continue };
        let Some(header) = record::header(&value) else { continue };
        if header.body.is_some() {
            expected.bodies.insert((log.number, index, place));
        }
        let touches = expected.touches.entry(header.target).or_default();
        match touches.last_mut().filter(|touch| (touch.log, touch.index) == (log.id(), index)) {
            Some(touch) => touch.records.push((place, bytes.clone())),
            None => {
                let stated = value.get("at").and_then(|at| at.array()?.first()?.int());
                let first = ((log.number, index), header.kind, stated.map_or(row.received, Moment));
                expected.kinds.entry(header.target).or_insert(first);
                let (past, records) = (row.past.clone(), vec![(place, bytes.clone())]);
                touches.push(Touching { log: log.id(), index, past, records });
            }
        }
    }
}
