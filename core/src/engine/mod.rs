//! The writer: one thread that owns the files, the keys and the loaded documents.
//!
//! Everything that is written goes through here, in one transaction each, and every
//! view is computed from what stands here. It knows no socket: the other phone's
//! entries come in through [`intake`], as one's own words do through the facade.

#[cfg(feature = "net")]
mod delivered;
pub(crate) mod doctor;
pub(crate) mod documents;
mod files;
mod handle;
pub(crate) mod intake;
pub(crate) mod link;
pub(crate) mod recovery;
pub(crate) mod status;
pub(crate) mod upkeep;
mod worker;

pub use doctor::{DoctorReport, Finding, Remedy, VerifiedLog};
pub(crate) use handle::Handle;
pub use link::Leaving;
pub use recovery::SetAside;
pub use status::{PairingState, Status, StatusNotice};

use crate::cbor::Value;
use crate::domain::lifecycle::PairState;
use crate::domain::pacing::Pacing;
use crate::domain::record::{Action, Draft, Record};
use crate::domain::refusal::RefusalCode;
use crate::domain::{Context, Pair, Refusal, agreement, openness, promise};
use crate::error::Error;
use crate::host::{Clock, Entropy, SecretStore, random};
use crate::id::{DocId, LogId, PairId, Past, PersonId, Position};
use crate::limits;
use crate::log::body::{self, BodyState};
use crate::log::{Checkpoint, log_id, own_tag};
use crate::store::{
    BodyRow, EntryRow, Expiring, Keys, LiveRow, LogRow, PairDb, StorageError, VaultDb,
};
use crate::text;
use crate::time::{Moment, Stated};
use documents::Loaded;
use link::Link;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// Bodies kept in memory.
const CACHED_BODIES: usize = 8_192;
/// Folded agreements kept in memory.
pub(crate) const FOLDED_AGREEMENTS: usize = 512;
/// The setting that counts how often a log of one's own was cut.
pub(crate) const CUTS: &str = "cuts";

/// What the host lends, see [`crate::host`].
#[derive(Clone)]
pub struct Host {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Keeps the keys.
    pub secrets: Arc<dyn SecretStore>,
}

impl Host {
    /// The system's clock and randomness, and this place for secrets.
    pub fn new(secrets: impl SecretStore + 'static) -> Self {
        Self {
            clock: Arc::new(crate::host::SystemClock),
            entropy: Arc::new(crate::host::SystemEntropy),
            secrets: Arc::new(secrets),
        }
    }
}

/// The two files, open.
pub struct Files {
    /// `pair.db`.
    pub pair: PairDb,
    /// `vault.db`.
    pub vault: VaultDb,
}

/// Who the two are, and how their logs stand.
#[derive(Debug, Clone)]
pub struct Home {
    /// The pair.
    pub pair: Pair,
    /// This phone's person.
    pub me: PersonId,
    /// Every log held.
    pub logs: Vec<LogRow>,
}

impl Home {
    /// One's own open log.
    pub fn own(&self) -> Result<&LogRow, StorageError> {
        self.newest(self.me).ok_or_else(|| StorageError::Damaged("pair.db: the own log".to_owned()))
    }

    /// Whether the newest log of the partner is frozen.
    pub fn frozen(&self) -> bool {
        self.newest(self.pair.other(self.me)).is_some_and(|log| log.frozen)
    }

    /// A person's log of the last generation that is held.
    pub(crate) fn newest(&self, owner: PersonId) -> Option<&LogRow> {
        self.logs.iter().rfind(|log| log.follower.owner() == owner)
    }

    /// The person of a log's row.
    pub(crate) fn author(&self, log: LogId) -> Option<PersonId> {
        PairDb::find(&self.logs, log).map(|row| row.follower.owner())
    }
}

/// See the [module](self).
pub struct Engine {
    pub(crate) folder: PathBuf,
    pub(crate) store: [u8; 16],
    pub(crate) keys: Keys,
    pub(crate) host: Host,
    pub(crate) files: Option<Files>,
    /// The ids of one's own logs, held or not, by generation.
    pub(crate) own_logs: Vec<LogId>,
    own_logs_of: Option<(PairId, PersonId)>,
    pub(crate) documents: HashMap<DocId, Loaded>,
    pub(crate) folded: HashMap<DocId, Arc<agreement::Folded>>,
    pub(crate) promises: HashMap<DocId, Arc<promise::Folded>>,
    pub(crate) posts: HashMap<DocId, (Past, Arc<openness::Folded>)>,
    /// The documents that views look at, once read.
    pub(crate) live: Option<Arc<Vec<LiveRow>>>,
    /// Documents that have a row and are live, as far as it was seen.
    pub(crate) known: HashSet<DocId>,
    pair_state: Option<(Past, PairState, Pacing)>,
    /// How far documents go in each log, as far as it was asked.
    pub(crate) bases: HashMap<DocId, Past>,
    /// Bodies that were read, or found missing, and when they expire.
    bodies: HashMap<Position, (BodyRow, Option<Value>)>,
    /// Entries or bodies were written since the transaction began.
    pub(crate) wrote: bool,
    /// The link as it was read at a revision of the settings.
    pub(crate) link_read: Option<(u64, Option<Link>)>,
    /// Something was erased and may still stand in the WAL.
    pub(crate) scrub: bool,
    /// Entries may be stored that are not read yet.
    pub(crate) unread: bool,
    /// How often a log of one's own was cut, as far as it was seen.
    pub(crate) cuts: Option<Value>,
    /// When what expires was last looked for.
    pub(crate) swept: Option<Moment>,
    /// Live documents that cannot be long over before these moments.
    pub(crate) recent: HashMap<DocId, Moment>,
    /// What expires, once read.
    pub(crate) expiring: Option<Vec<Expiring>>,
    pub(crate) turn: u64,
    /// Agreements that could not be read when they were last listed.
    pub(crate) unreadable: BTreeSet<DocId>,
    /// How much of one's own logs the other phone holds, once read.
    #[cfg(feature = "net")]
    pub(crate) delivered: Option<Past>,
    /// Whatever else could not be read.
    pub(crate) damaged: BTreeSet<DocId>,
    changes: watch::Sender<u64>,
    version: i64,
    /// Another process has written to this home since it was opened here.
    pub(crate) shared: bool,
}

impl Engine {
    /// An engine on open files.
    pub fn new(
        folder: PathBuf,
        store: [u8; 16],
        keys: Keys,
        host: Host,
        files: Files,
    ) -> Result<Self, Error> {
        let version = files.pair.data_version()?;
        let cuts = files.pair.setting(CUTS)?;
        Ok(Self {
            folder,
            store,
            keys,
            host,
            files: Some(files),
            own_logs: Vec::new(),
            own_logs_of: None,
            documents: HashMap::new(),
            folded: HashMap::new(),
            promises: HashMap::new(),
            posts: HashMap::new(),
            live: None,
            known: HashSet::new(),
            pair_state: None,
            bases: HashMap::new(),
            bodies: HashMap::new(),
            wrote: false,
            link_read: None,
            scrub: true,
            unread: true,
            cuts,
            swept: None,
            recent: HashMap::new(),
            expiring: None,
            turn: 0,
            unreadable: BTreeSet::new(),
            #[cfg(feature = "net")]
            delivered: None,
            damaged: BTreeSet::new(),
            changes: watch::Sender::new(0),
            version,
            shared: false,
        })
    }

    /// Hears of every change of the pair's data, from here, the partner, or
    /// another process on this home.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Tells those who listen that something has changed.
    pub fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Looks whether another process has written.
    pub fn look_for_changes(&mut self) {
        let Some(files) = &self.files else { return };
        match files.pair.data_version() {
            Ok(version) if version != self.version => {
                self.version = version;
                self.shared = true;
                self.unread = true;
                files.pair.forget();
                self.bases.clear();
                self.bodies.clear();
                self.live = None;
                self.known.clear();
                self.expiring = None;
                // A log only grows, unless it had two pasts.
                let cuts = files.pair.setting(CUTS).ok().flatten();
                if cuts != self.cuts {
                    self.cuts = cuts;
                    self.forget();
                }
                self.changed();
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the files could not be watched"),
        }
    }

    /// After a caught panic: nothing half done stays, everything is read anew.
    pub fn start_over(&mut self) {
        self.forget();
        if let Some(files) = &mut self.files {
            files.pair.abandon();
        }
    }

    /// `pair.db`.
    pub fn db(&mut self) -> Result<&mut PairDb, Error> {
        self.files.as_mut().map(|files| &mut files.pair).ok_or_else(suspended)
    }

    /// `vault.db`.
    pub fn vault(&mut self) -> Result<&mut VaultDb, Error> {
        self.files.as_mut().map(|files| &mut files.vault).ok_or_else(suspended)
    }

    /// Now, by the host's clock.
    pub fn now(&self) -> Moment {
        self.host.clock.now()
    }

    /// One transaction over `pair.db`: all of `work`, or nothing. What has come
    /// before is read first.
    pub fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.transact_unread(|engine| {
            engine.read_arrived_within()?;
            work(engine)
        })
    }

    /// The same, for what needs neither documents nor bodies.
    pub(crate) fn transact_unread<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.db()?.begin()?;
        // Nobody else writes from here on; what was written just before counts.
        self.look_for_changes();
        self.wrote = false;
        let result = work(self);
        let result = self.db()?.finish(result);
        let wrote = std::mem::take(&mut self.wrote);
        match &result {
            // What was taken in meanwhile never was.
            Err(_) if wrote => self.forget(),
            Err(_) => {}
            // It is durable already: what is left to be wiped is wiped later.
            Ok(_) if self.scrub => match self.db()?.checkpoint() {
                Ok(done) => self.scrub = !done,
                Err(error) => tracing::warn!(%error, "erased bytes wait to be wiped"),
            },
            Ok(_) => {}
        }
        result
    }

    /// Who the two are; refused while there is no pair.
    pub fn home(&mut self) -> Result<Home, Error> {
        let link = self.link()?.filter(|link| !link.pending).ok_or(RefusalCode::NotPaired)?;
        let logs = self.db()?.logs(link.pair.id)?;
        let of = (link.pair.id, link.me);
        if self.own_logs_of != Some(of) {
            let generations = 0..limits::LOG_GENERATIONS;
            self.own_logs = generations.map(|g| log_id(of.0, of.1, g)).collect();
            self.own_logs_of = Some(of);
        }
        Ok(Home { pair: link.pair, me: link.me, logs })
    }

    /// Appends one entry with these records to one's own log, in the caller's
    /// transaction. It states the clock's time, whatever was stated before.
    pub fn append(&mut self, home: &mut Home, drafts: Vec<Draft>) -> Result<(), Error> {
        let now = self.now();
        let own = home.own()?.clone();
        let stated = now.max(own.stated);
        let zone = Some(self.host.clock.zone()).filter(|zone| text::tag_counts(zone));
        let at = Stated { moment: now, zone: zone.unwrap_or_else(|| "UTC".to_owned()) };
        let mut records = Vec::new();
        let mut bodies = Vec::new();
        let mut touched = Vec::new();
        let mut withdrawn = Vec::new();
        for (place, draft) in drafts.into_iter().enumerate() {
            let place = u8::try_from(place).map_err(|_| StorageError::TooMuch)?;
            let mut commitment = None;
            if let Some(fields) = draft.body {
                let bytes =
                    body::encode(random(self.entropy()).map_err(StorageError::from)?, fields);
                if bytes.len() > limits::BODY_BYTES {
                    return Err(RefusalCode::TextTooLong.into());
                }
                commitment = Some(body::commitment(&bytes));
                bodies.push((place, draft.action.until(), bytes));
            }
            if let Action::WithdrawWords { of } = draft.action {
                withdrawn.push(of);
            }
            let kind = draft.action.kind();
            touched.push((draft.target, kind));
            let record = Record {
                target: draft.target,
                at: at.clone(),
                action: draft.action,
                body: commitment,
            };
            records.push(record.to_value().encode());
        }
        let held: Vec<Checkpoint> = home
            .logs
            .iter()
            .filter(|log| log.follower.owner() != home.me)
            .map(|log| log.follower.checkpoint())
            .collect();
        let index = own.follower.checkpoint().length;
        let before = match own.follower.generation().checked_sub(1) {
            Some(_) if index == 0 => Some(self.continued(home)?),
            _ => None,
        };
        let entry = match before {
            Some(before) => own.follower.first_entry(before, &held, records),
            None => own.follower.next_entry(&held, records),
        };
        let bytes = entry.encode();
        let mut follower = own.follower.clone();
        // One's own entry meets the same checks as everybody's.
        let head_at = |log, length| {
            let mut known = held.iter().chain(&before);
            known.find(|at| at.log == log && at.length == length).map(|at| at.head)
        };
        let followed = follower.follow(&bytes, &head_at).map_err(|_| StorageError::TooMuch)?;
        let row = EntryRow {
            bytes,
            head: followed.head,
            tag: own_tag(&self.keys.log, followed.head),
            past: followed.past,
            received: now,
        };
        let updated = LogRow { follower, stated, ..own };
        let db = self.db()?;
        db.add_entry(updated.number, index, &row)?;
        db.put_log(&updated)?;
        for (place, until, bytes) in bodies {
            let body = BodyRow { state: BodyState::Present, until, at: now, bytes };
            if let (Some(until), Some(expiring)) = (until, &mut self.expiring) {
                expiring.push(Expiring { log: updated.number, index, place, until, at: now });
            }
            let db = self.db()?;
            db.put_body(updated.number, index, place, &body)?;
        }
        for (doc, kind) in touched {
            self.touch(doc, kind, &updated, index)?;
        }
        for of in withdrawn {
            self.take_words(home, home.me, of)?;
        }
        if let Some(log) = home.logs.iter_mut().find(|log| log.number == updated.number) {
            *log = updated;
        }
        Ok(())
    }

    /// Takes note that an entry touched a document.
    pub(crate) fn moved(&mut self, doc: DocId, log: LogId, index: u64) {
        self.wrote = true;
        if let Some(basis) = self.bases.get_mut(&doc) {
            basis.raise(log, index + 1);
        }
    }

    /// Deletes a body that its author took back, on this phone. The words of
    /// somebody else stay where they are.
    pub(crate) fn take_words(
        &mut self,
        home: &Home,
        author: PersonId,
        of: Position,
    ) -> Result<(), Error> {
        let log = PairDb::find(&home.logs, of.log);
        let Some(number) = log.filter(|log| log.follower.owner() == author).map(|log| log.number)
        else {
            return Ok(());
        };
        self.erase_body(of, number)
    }

    /// Deletes a body, whatever is held of it.
    pub(crate) fn erase_body(&mut self, of: Position, number: u64) -> Result<(), Error> {
        let db = self.db()?;
        let row = match db.body(number, of.index, of.place) {
            // What cannot be read is erased all the same.
            Err(StorageError::Damaged(_)) => Some(BodyRow {
                state: BodyState::Gone,
                until: None,
                at: Moment(0),
                bytes: Vec::new(),
            }),
            other => other?,
        };
        if let Some(row) = row {
            let gone = BodyRow { state: BodyState::Gone, bytes: Vec::new(), ..row };
            db.put_body(number, of.index, of.place, &gone)?;
            self.bodies.remove(&of);
            if let Some(expiring) = &mut self.expiring {
                let here = (number, of.index, of.place);
                expiring.retain(|one| (one.log, one.index, one.place) != here);
            }
            self.wrote = true;
            self.scrub = true;
        }
        Ok(())
    }

    /// What was read, or `None`, and noted, where it is damaged: one damaged thing
    /// must not hide the others.
    pub(crate) fn unless_damaged<T>(
        &mut self,
        doc: DocId,
        read: Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(Error::Storage(StorageError::Damaged(what))) => {
                tracing::warn!(%doc, what, "something could not be read");
                self.damaged.insert(doc);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Forgets what was read of a body.
    pub(crate) fn forget_body(&mut self, of: Position) {
        self.bodies.remove(&of);
    }

    /// The body of a record, if it is here and its time is not over.
    pub(crate) fn body(&mut self, home: &Home, of: Position) -> Result<Option<Value>, Error> {
        let (now, days) = (self.now(), self.retention(home)?);
        if !self.bodies.contains_key(&of) {
            let Some(log) = PairDb::find(&home.logs, of.log) else { return Ok(None) };
            let row = match self.db()?.body(log.number, of.index, of.place) {
                Ok(row) => row,
                // The words are lost; what stands around them must stay usable.
                Err(StorageError::Damaged(what)) => {
                    tracing::warn!(what, "words could not be read");
                    None
                }
                Err(error) => return Err(error.into()),
            };
            let Some(row) = row else { return Ok(None) };
            let present = row.state == BodyState::Present;
            let value = present.then(|| Value::decode(&row.bytes).ok()).flatten();
            if self.bodies.len() >= CACHED_BODIES {
                self.bodies.clear();
            }
            self.bodies.insert(of, (BodyRow { bytes: Vec::new(), ..row }, value));
        }
        let found = self.bodies.get(&of);
        let found = found.filter(|(row, _)| row.ends(days).is_none_or(|end| now < end));
        Ok(found.and_then(|(_, value)| value.clone()))
    }

    /// For how many days words are kept at most.
    pub(crate) fn retention(&mut self, home: &Home) -> Result<Option<u16>, Error> {
        let basis = self.touched(home, home.pair.document())?;
        match &self.pair_state {
            Some((known, _, pacing)) if *known == basis => Ok(pacing.limits().retention_days),
            _ => Ok(self.pacing(home)?.limits().retention_days),
        }
    }

    /// The bodies of these records.
    pub(crate) fn bodies(
        &mut self,
        home: &Home,
        of: impl IntoIterator<Item = Position>,
    ) -> Result<HashMap<Position, Value>, Error> {
        let mut bodies = HashMap::new();
        for position in of {
            if let Some(value) = self.body(home, position)? {
                bodies.insert(position, value);
            }
        }
        Ok(bodies)
    }

    /// Appends as many entries as these records take, 64 each; all of them stand
    /// or fall with the caller's transaction.
    pub fn append_all(&mut self, home: &mut Home, mut drafts: Vec<Draft>) -> Result<(), Error> {
        while !drafts.is_empty() {
            let rest = drafts.split_off(drafts.len().min(limits::ENTRY_RECORDS));
            self.append(home, drafts)?;
            drafts = rest;
        }
        Ok(())
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        self.host.entropy.as_ref()
    }

    /// How the pair stands.
    pub fn pair_state(&mut self, home: &Home) -> Result<PairState, Error> {
        Ok(self.pair_document(home)?.0)
    }

    /// Has a rule decide: who, when, and how the pair stands come from here.
    pub(crate) fn deciding<T>(
        &mut self,
        home: &Home,
        decide: impl FnOnce(Context<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Error> {
        let pair_state = self.pair_state(home)?;
        let (pair, me, now) = (&home.pair, home.me, self.now());
        Ok(decide(Context { pair, pair_state: &pair_state, me, now })?)
    }

    /// The pace of the two: limits and space.
    pub fn pacing(&mut self, home: &Home) -> Result<Pacing, Error> {
        Ok(self.pair_document(home)?.1)
    }

    fn pair_document(&mut self, home: &Home) -> Result<(PairState, Pacing), Error> {
        let doc = home.pair.document();
        let basis = self.touched(home, doc)?;
        if let Some((known, state, pacing)) = self.pair_state.as_ref()
            && *known == basis
        {
            return Ok((*state, pacing.clone()));
        }
        let read = self.records(home, doc)?;
        let mut state = crate::domain::lifecycle::fold(&read.held);
        let pacing = crate::domain::pacing::fold(&home.pair, &read.held);
        // One's own leave counts even while a recovered log waits.
        let waiting = self.waiting_records(home, doc, &read.basis)?;
        let left = waiting.iter().find(|record| record.action == Action::PairLeave);
        state.left_at = state.left_at.or(left.map(|record| record.at.moment));
        self.pair_state = Some((read.basis, state, pacing.clone()));
        Ok((state, pacing))
    }

    /// Forgets what was read of the files, so that it is read anew.
    pub fn forget(&mut self) {
        if let Some(files) = &self.files {
            files.pair.forget();
        }
        self.unread = true;
        self.link_read = None;
        self.documents.clear();
        self.folded.clear();
        self.promises.clear();
        self.posts.clear();
        self.pair_state = None;
        self.bases.clear();
        self.bodies.clear();
        self.live = None;
        self.known.clear();
        #[cfg(feature = "net")]
        {
            self.delivered = None;
        }
        self.expiring = None;
    }
}

fn suspended() -> Error {
    Error::Locked("this space is suspended: resume it first".to_owned())
}
