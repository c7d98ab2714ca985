//! The writer thread's state: the files, the keys, the loaded documents.

use crate::cbor::Value;
use crate::document::{Document, RULE, Touch, causal_order};
use crate::domain::agreement::fold::NotUnderstood;
use crate::domain::lifecycle::PairState;
use crate::domain::pacing::Pacing;
use crate::domain::record::{self, Action, Draft, Held, Record};
use crate::domain::refusal::RefusalCode;
use crate::domain::{Context, Pair, Refusal, agreement, openness, promise, text};
use crate::error::Error;
use crate::host::{Clock, Entropy, SecretStore, random};
use crate::id::{DocId, LogId, PairId, Past, PersonId, Position};
use crate::limits;
use crate::log::body::{self, BodyState};
use crate::log::{Checkpoint, Entry, log_id, own_tag};
use crate::store::{
    BodyRow, EntryRow, Expiring, Keys, LiveRow, LogRow, PairDb, StorageError, VaultDb,
};
use crate::time::{Moment, Stated};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// Documents kept in memory; more are loaded when asked for.
const LOADED_DOCUMENTS: usize = 128;
/// Bodies kept in memory.
const CACHED_BODIES: usize = 8_192;
/// Folded agreements kept in memory.
const FOLDED_AGREEMENTS: usize = 512;
/// The setting that counts how often a log of one's own was cut.
pub(super) const CUTS: &str = "cuts";

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
        let own = self.logs.iter().rfind(|log| log.follower.owner() == self.me);
        own.ok_or_else(|| StorageError::Damaged("pair.db: the own log".to_owned()))
    }

    /// Whether the newest log of the partner is frozen.
    pub fn frozen(&self) -> bool {
        let theirs = self.logs.iter().rfind(|log| log.follower.owner() != self.me);
        theirs.is_some_and(|log| log.frozen)
    }

    /// The person of a log's row.
    fn author(&self, log: LogId) -> Option<PersonId> {
        PairDb::find(&self.logs, log).map(|row| row.follower.owner())
    }
}

/// A document that entries of one run touch.
pub(super) struct TouchedRun {
    pub doc: DocId,
    /// The kind of the first record that does.
    pub kind: String,
    /// Whether views look at it from now on; or as they did before.
    pub looked_at: bool,
    /// The entries, in order.
    pub places: Vec<u64>,
}

struct Loaded {
    document: Document,
    used: u64,
    /// Its records, once somebody has read them.
    read: Option<Read>,
}

/// The records of a document, and what is not understood of it.
#[derive(Clone, Default)]
pub struct Read {
    /// In no particular order: folds need none.
    pub held: Arc<Vec<Held>>,
    /// What a newer version wrote.
    pub newer: Vec<NotUnderstood>,
    /// How far the document goes in each log.
    pub basis: Past,
}

/// See the [module](self).
pub struct Engine {
    pub(super) folder: PathBuf,
    pub(super) store: [u8; 16],
    pub(super) keys: Keys,
    pub(super) host: Host,
    pub(super) files: Option<Files>,
    /// The ids of one's own logs, held or not, by generation.
    pub(super) own_logs: Vec<LogId>,
    own_logs_of: Option<(PairId, PersonId)>,
    documents: HashMap<DocId, Loaded>,
    folded: HashMap<DocId, Arc<agreement::Folded>>,
    pub(super) promises: HashMap<DocId, Arc<promise::Folded>>,
    pub(super) posts: HashMap<DocId, (Past, Arc<openness::Folded>)>,
    /// The documents that views look at, once read.
    live: Option<Arc<Vec<LiveRow>>>,
    /// Documents that have a row and are live, as far as it was seen.
    known: HashSet<DocId>,
    pair_state: Option<(Past, PairState, Pacing)>,
    /// How far documents go in each log, as far as it was asked.
    bases: HashMap<DocId, Past>,
    /// Bodies that were read, or found missing, and when they expire.
    bodies: HashMap<Position, (BodyRow, Option<Value>)>,
    /// Entries or bodies were written since the transaction began.
    pub(super) wrote: bool,
    /// Something was erased and may still stand in the WAL.
    pub(super) scrub: bool,
    /// Entries may be stored that are not read yet.
    pub(super) unread: bool,
    /// How often a log of one's own was cut, as far as it was seen.
    pub(super) cuts: Option<Value>,
    /// When what expires was last looked for.
    pub(super) swept: Option<Moment>,
    /// Live documents that cannot be long over before these moments.
    pub(super) recent: HashMap<DocId, Moment>,
    /// What expires, once read.
    pub(super) expiring: Option<Vec<Expiring>>,
    turn: u64,
    /// Agreements that could not be read when they were last listed.
    pub(super) unreadable: BTreeSet<DocId>,
    /// How much of one's own logs the other phone holds, once read.
    #[cfg(feature = "net")]
    pub(super) delivered: Option<Past>,
    /// Whatever else could not be read.
    pub(super) damaged: BTreeSet<DocId>,
    changes: watch::Sender<u64>,
    version: i64,
    /// Another process has written to this home since it was opened here.
    pub(super) shared: bool,
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
    pub(super) fn transact_unread<T>(
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
    pub(super) fn moved(&mut self, doc: DocId, log: LogId, index: u64) {
        self.wrote = true;
        if let Some(basis) = self.bases.get_mut(&doc) {
            basis.raise(log, index + 1);
        }
    }

    /// Deletes a body that its author took back, on this phone. The words of
    /// somebody else stay where they are.
    pub(super) fn take_words(
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
    pub(super) fn erase_body(&mut self, of: Position, number: u64) -> Result<(), Error> {
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
    pub(super) fn unless_damaged<T>(
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
    pub(super) fn forget_body(&mut self, of: Position) {
        self.bodies.remove(&of);
    }

    /// The body of a record, if it is here and its time is not over.
    pub(super) fn body(&mut self, home: &Home, of: Position) -> Result<Option<Value>, Error> {
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
    pub(super) fn retention(&mut self, home: &Home) -> Result<Option<u16>, Error> {
        let basis = self.touched(home, home.pair.document())?;
        match &self.pair_state {
            Some((known, _, pacing)) if *known == basis => Ok(pacing.limits().retention_days),
            _ => Ok(self.pacing(home)?.limits().retention_days),
        }
    }

    /// The bodies of these records.
    pub(super) fn bodies(
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

    pub(super) fn entropy(&self) -> &dyn Entropy {
        self.host.entropy.as_ref()
    }

    /// How far a document goes in each log, by the index.
    pub(super) fn touched(&mut self, home: &Home, doc: DocId) -> Result<Past, Error> {
        if let Some(past) = self.bases.get(&doc) {
            return Ok(past.clone());
        }
        let mut past = Past::default();
        for log in &home.logs {
            let length = self.db()?.touched_to(doc, log.number)?;
            if length > 0 {
                past.raise(log.id(), length);
            }
        }
        if self.bases.len() >= FOLDED_AGREEMENTS * 4 {
            self.bases.clear();
        }
        self.bases.insert(doc, past.clone());
        Ok(past)
    }

    /// What the entries from `basis` on say of a document.
    pub(super) fn new_touches(
        &mut self,
        home: &Home,
        doc: DocId,
        basis: &Past,
    ) -> Result<Vec<Touch>, Error> {
        let mut touches = Vec::new();
        for log in &home.logs {
            let id = log.id();
            for index in self.db()?.touches(doc, log.number, basis.length(id))? {
                let row = self.db()?.entry(log.number, index)?;
                // Recovered entries may have seen what is not here again yet: the
                // document waits there for it.
                let here = |(id, length): (&LogId, &u64)| {
                    PairDb::find(&home.logs, *id)
                        .is_some_and(|log| log.follower.checkpoint().length >= *length)
                };
                if !row.past.0.iter().all(here) {
                    break;
                }
                touches.push(touch(id, index, &row, doc).ok_or_else(|| {
                    StorageError::Damaged(format!("pair.db: entry {}/{index}", log.number))
                })?);
            }
        }
        Ok(causal_order(touches))
    }

    /// Brings a document up to date and lends it out.
    pub fn document(&mut self, home: &Home, doc: DocId) -> Result<&mut Document, Error> {
        Ok(&mut self.loaded(home, doc)?.document)
    }

    fn loaded(&mut self, home: &Home, doc: DocId) -> Result<&mut Loaded, Error> {
        self.turn += 1;
        let turn = self.turn;
        let (mut document, mut read) = match self.documents.remove(&doc) {
            Some(loaded) => (loaded.document, loaded.read),
            None => (self.load(doc)?, None),
        };
        let touches = self.new_touches(home, doc, &document.basis())?;
        if !touches.is_empty() {
            let new = touches.clone();
            // Its result is swapped in only when whole; a panic costs the
            // document, never a record.
            document = derived(move || {
                for touch in &touches {
                    document.apply(touch)?;
                }
                Ok(document)
            })?;
            if let Err(error) = self.keep_snapshot(doc, &mut document) {
                tracing::warn!(%error, "a snapshot was not kept");
            }
            if let Some(read) = &mut read {
                for touch in new {
                    for (place, value) in touch.records {
                        let id = Position { log: touch.log, index: touch.index, place };
                        self.take_record(home, id, touch.past.clone(), &value, read)?;
                    }
                }
                read.basis = document.basis();
            }
        }
        if self.documents.len() >= LOADED_DOCUMENTS
            && let Some(oldest) =
                self.documents.iter().min_by_key(|(_, loaded)| loaded.used).map(|(id, _)| *id)
        {
            self.documents.remove(&oldest);
        }
        let loaded = Loaded { document, used: turn, read };
        Ok(self.documents.entry(doc).insert_entry(loaded).into_mut())
    }

    /// A document from its snapshot, or from nothing.
    fn load(&mut self, doc: DocId) -> Result<Document, Error> {
        // A damaged snapshot is derived data: the document is derived again.
        match self.db()?.snapshot(doc) {
            Ok(Some((RULE, bytes))) => match derived(|| Document::load(&bytes)) {
                Ok(document) => Ok(document),
                Err(error) => {
                    tracing::warn!(%error, "a snapshot does not load");
                    Ok(Document::new()?)
                }
            },
            Ok(_) | Err(StorageError::Damaged(_)) => Ok(Document::new()?),
            Err(error) => Err(error.into()),
        }
    }

    fn keep_snapshot(&mut self, doc: DocId, document: &mut Document) -> Result<(), Error> {
        let Some(row) = self.db()?.document(doc)? else { return Ok(()) };
        let changes = document.len() as u64;
        if changes < row.snapshot + limits::SNAPSHOT_CHANGES as u64 {
            return Ok(());
        }
        let bytes = document.save();
        // A snapshot is replaced only by one that loads back. Without one the
        // document is derived again next time, which is slower and no loss.
        let mut again = derived(|| Document::load(&bytes))?;
        if again.heads() == document.heads() {
            self.db()?.put_snapshot(&row, RULE, changes, &bytes)?;
        }
        Ok(())
    }

    /// The records of a document, with whose they are and since when held here,
    /// and what is not understood of it.
    pub fn records(&mut self, home: &Home, doc: DocId) -> Result<Read, Error> {
        let loaded = self.loaded(home, doc)?;
        if let Some(read) = &loaded.read {
            return Ok(read.clone());
        }
        let stored = loaded.document.records()?;
        let mut read = Read { basis: loaded.document.basis(), ..Read::default() };
        for stored in stored {
            self.take_record(home, stored.id, stored.past, &stored.value, &mut read)?;
        }
        if let Some(loaded) = self.documents.get_mut(&doc) {
            loaded.read = Some(read.clone());
        }
        Ok(read)
    }

    fn take_record(
        &mut self,
        home: &Home,
        id: Position,
        mut past: Past,
        value: &Value,
        read: &mut Read,
    ) -> Result<(), Error> {
        let Some(author) = home.author(id.log) else { return Ok(()) };
        past.raise(id.log, id.index);
        match Record::from_value(value) {
            Some(record) => {
                let received = match record.action {
                    // Only these can be cooling off, and one's own are held at once.
                    Action::Propose { .. } | Action::Offer { .. } | Action::Consent { .. }
                        if author != home.me =>
                    {
                        self.received(home, id.log, id.index)?
                    }
                    _ => record.at.moment,
                };
                Arc::make_mut(&mut read.held).push(Held { id, past, author, record, received });
            }
            None => read
                .newer
                .extend(record::header(value).map(|header| NotUnderstood { kind: header.kind })),
        }
        Ok(())
    }

    fn received(&mut self, home: &Home, log: LogId, index: u64) -> Result<Moment, Error> {
        let number = PairDb::find(&home.logs, log).map_or(u64::MAX, |row| row.number);
        Ok(self.db()?.entry(number, index)?.received)
    }

    /// The state of an agreement.
    pub fn agreement(&mut self, home: &Home, doc: DocId) -> Result<Arc<agreement::Folded>, Error> {
        let basis = self.touched(home, doc)?;
        if let Some(folded) = self.folded.get(&doc)
            && folded.basis == basis
        {
            return Ok(folded.clone());
        }
        let read = self.records(home, doc)?;
        let mut folded = agreement::fold(&home.pair, doc, &read.held, &read.newer);
        folded.basis = read.basis;
        self.own_words_that_wait(home, &mut folded)?;
        if self.folded.len() >= FOLDED_AGREEMENTS {
            self.folded.clear();
        }
        let folded = Arc::new(folded);
        self.folded.insert(doc, folded.clone());
        Ok(folded)
    }

    /// While a recovered log waits for what it had seen, its documents wait too.
    /// One's own `End` and `Suspend` count all the same (log invariant 8).
    fn own_words_that_wait(
        &mut self,
        home: &Home,
        folded: &mut agreement::Folded,
    ) -> Result<(), Error> {
        let me = agreement::fold::member(&home.pair, home.me);
        for record in self.waiting_records(home, folded.doc, &folded.basis)? {
            let at = record.at.moment;
            folded.begun = folded.begun.or(Some((at, me)));
            match record.action {
                Action::End => folded.ended_at = folded.ended_at.or(Some(at)),
                Action::Suspend => folded.suspended[me] = true,
                _ => {}
            }
        }
        Ok(())
    }

    /// One's own records on a document from where it waits on, and what waits to be
    /// done again in a log that goes on.
    fn waiting_records(
        &mut self,
        home: &Home,
        doc: DocId,
        basis: &Past,
    ) -> Result<Vec<Record>, Error> {
        let own = home.own()?;
        let mut records = self.set_aside_on(doc)?;
        for index in self.db()?.touches(doc, own.number, basis.length(own.id()))? {
            let row = self.db()?.entry(own.number, index)?;
            let Some(touch) = touch(own.id(), index, &row, doc) else { continue };
            records.extend(touch.records.iter().filter_map(|(_, value)| Record::from_value(value)));
        }
        Ok(records)
    }

    /// How the pair stands.
    pub fn pair_state(&mut self, home: &Home) -> Result<PairState, Error> {
        Ok(self.pair_document(home)?.0)
    }

    /// Has a rule decide: who, when, and how the pair stands come from here.
    pub(super) fn deciding<T>(
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

    /// The documents that views look at.
    pub(super) fn live_rows(&mut self) -> Result<Arc<Vec<LiveRow>>, Error> {
        if let Some(live) = &self.live {
            return Ok(live.clone());
        }
        let live = Arc::new(self.db()?.live()?);
        self.known = live.iter().map(|row| row.id).collect();
        self.live = Some(live.clone());
        Ok(live)
    }

    /// Notes that an entry touches a document. One that is live already needs no
    /// more than its place in the index.
    pub(super) fn touch(
        &mut self,
        doc: DocId,
        kind: &str,
        log: &LogRow,
        index: u64,
    ) -> Result<(), Error> {
        if self.known.contains(&doc) {
            self.db()?.add_touch_of_known(doc, log.number, index)?;
        } else {
            self.db()?.add_touch(doc, kind, log.number, index)?;
            self.known.insert(doc);
            self.live = None;
        }
        self.moved(doc, log.id(), index);
        Ok(())
    }

    /// Notes which documents the entries of one run touch.
    pub(super) fn touch_run(&mut self, log: &LogRow, runs: Vec<TouchedRun>) -> Result<(), Error> {
        let mut begun = self.db()?.begun()?;
        for TouchedRun { doc, kind, looked_at, places } in runs {
            self.db()?.add_touches(doc, log.number, &places)?;
            if !self.known.contains(&doc) {
                let first = places.first().copied().unwrap_or_default();
                let first = (log.number, first);
                let row = self.db()?.begin_document(doc, &kind, first, &mut begun)?;
                if looked_at {
                    self.db()?.revive(&row)?;
                    self.known.insert(doc);
                    self.live = None;
                }
            }
            if let Some(last) = places.last() {
                self.moved(doc, log.id(), *last);
            }
        }
        Ok(self.db()?.put_begun(&begun)?)
    }

    /// Takes a document off the list that views look at.
    pub(super) fn retire_document(&mut self, doc: DocId) -> Result<(), Error> {
        self.known.remove(&doc);
        self.live = None;
        Ok(self.db()?.retire(doc)?)
    }

    /// The documents that views look at whose first record is of this class, in
    /// the order in which they were begun; of each person at most the last 1,000.
    pub fn live_documents(&mut self, classes: &[&str]) -> Result<Vec<DocId>, Error> {
        // Of agreements none is left out: one that binds me must not be hidden
        // behind others.
        let most = match classes.contains(&"agreement") {
            true => usize::MAX,
            false => limits::LIVE_DOCUMENTS,
        };
        let class = |kind: &str| kind.split_once('.').is_some_and(|(c, _)| classes.contains(&c));
        let rows = self.live_rows()?;
        let rows = rows.iter().filter(|row| class(&row.first_kind));
        Ok(counted(rows.map(|row| (row.id, row.log, row.nth)).collect(), most))
    }

    /// Every agreement of the pair that counts, however long ago: of each person
    /// at most the first 10,000 that they began.
    pub fn agreement_ids(&mut self) -> Result<Vec<DocId>, Error> {
        self.all_documents(&["agreement", "draft"], limits::AGREEMENTS)
    }

    /// Every document of these classes, however long ago: it grows with history.
    pub fn all_documents(&mut self, classes: &[&str], most: u64) -> Result<Vec<DocId>, Error> {
        let class = |kind: &str| kind.split_once('.').is_some_and(|(c, _)| classes.contains(&c));
        let mut rows = self.db()?.documents()?;
        rows.retain(|row| class(&row.first_kind) && row.nth < most);
        Ok(counted(
            rows.into_iter().map(|row| (row.id, row.first.0, row.nth)).collect(),
            usize::MAX,
        ))
    }

    /// Forgets what was read of the files, so that it is read anew.
    pub fn forget(&mut self) {
        if let Some(files) = &self.files {
            files.pair.forget();
        }
        self.unread = true;
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

/// Documents by log and number: of each log the last `most`.
fn counted(mut rows: Vec<(DocId, u64, u64)>, most: usize) -> Vec<DocId> {
    rows.sort_by_key(|(_, log, nth)| (*log, std::cmp::Reverse(*nth)));
    let mut counts: HashMap<u64, usize> = HashMap::new();
    rows.retain(|(_, log, _)| {
        let count = counts.entry(*log).or_default();
        *count += 1;
        *count <= most
    });
    rows.into_iter().rev().map(|(id, _, _)| id).collect()
}

fn suspended() -> Error {
    Error::Locked("this space is suspended: resume it first".to_owned())
}

/// Runs Automerge's code where a panic of it cannot reach the host.
pub fn derived<T>(
    work: impl FnOnce() -> Result<T, crate::document::DocumentError>,
) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Ok(result?),
        Err(_) => Err(StorageError::Damaged("a document (its records are safe)".to_owned()).into()),
    }
}

/// What one entry says of one document.
pub fn touch(log: LogId, index: u64, row: &EntryRow, doc: DocId) -> Option<Touch> {
    let entry = Entry::decode(&row.bytes).ok()?;
    let records = entry.records.iter().enumerate().filter_map(|(place, bytes)| {
        let value = Value::decode(bytes).ok()?;
        (record::header(&value)?.target == doc).then_some((place as u8, value))
    });
    Some(Touch { log, index, past: row.past.clone(), records: records.collect() })
}
