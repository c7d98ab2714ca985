//! The writer thread's state: the files, the keys, the loaded documents.

use crate::cbor::Value;
use crate::document::{Document, RULE, Touch, causal_order};
use crate::domain::agreement::fold::NotUnderstood;
use crate::domain::lifecycle::PairState;
use crate::domain::record::{self, Action, Held, Record};
use crate::domain::refusal::RefusalCode;
use crate::domain::{Pair, agreement, text};
use crate::error::Error;
use crate::host::{Clock, Entropy, SecretStore, random};
use crate::id::{DocId, LogId, Past, PersonId};
use crate::limits;
use crate::log::body::{self, BodyState};
use crate::log::{Checkpoint, Entry, Follower, own_tag};
use crate::store::{BodyRow, EntryRow, Keys, LogRow, PairDb, StorageError, VaultDb};
use crate::time::{DAY, Moment, Stated};
use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// Documents kept in memory; more are loaded when asked for.
const LOADED_DOCUMENTS: usize = 64;
/// Folded agreements kept in memory.
const FOLDED_AGREEMENTS: usize = 512;

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

    /// The person of a log's row.
    fn author(&self, log: LogId) -> Option<PersonId> {
        PairDb::find(&self.logs, log).map(|row| row.follower.owner())
    }
}

/// A record to be written.
pub struct Draft {
    /// The document it is about.
    pub target: DocId,
    /// What it does.
    pub action: Action,
    /// Its personal fields, which travel apart.
    pub body: Option<Value>,
}

struct Loaded {
    document: Document,
    used: u64,
}

/// See the [module](self).
pub struct Engine {
    pub(super) folder: PathBuf,
    pub(super) store: [u8; 16],
    pub(super) keys: Keys,
    pub(super) host: Host,
    pub(super) files: Option<Files>,
    /// The ids of one's own logs, for the session.
    pub(super) own_logs: Vec<LogId>,
    documents: HashMap<DocId, Loaded>,
    folded: HashMap<DocId, agreement::Folded>,
    pair_state: Option<(Past, PairState)>,
    turn: u64,
    /// Agreements that could not be read when they were last listed.
    pub(super) unreadable: BTreeSet<DocId>,
    changes: watch::Sender<u64>,
    version: i64,
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
        Ok(Self {
            folder,
            store,
            keys,
            host,
            files: Some(files),
            own_logs: Vec::new(),
            documents: HashMap::new(),
            folded: HashMap::new(),
            pair_state: None,
            turn: 0,
            unreadable: BTreeSet::new(),
            changes: watch::Sender::new(0),
            version,
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
                self.changed();
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the files could not be watched"),
        }
    }

    /// After a caught panic: nothing half done stays, everything is read anew.
    pub fn start_over(&mut self) {
        self.documents.clear();
        self.folded.clear();
        self.pair_state = None;
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

    /// One transaction over `pair.db`: all of `work`, or nothing.
    pub fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.db()?.begin()?;
        let result = work(self);
        self.db()?.finish(result)
    }

    /// Who the two are; refused while there is no pair.
    pub fn home(&mut self) -> Result<Home, Error> {
        let link = self.link()?.filter(|link| !link.pending).ok_or(RefusalCode::NotPaired)?;
        let logs = self.db()?.logs(link.pair.id)?;
        let own = logs.iter().filter(|log| log.follower.owner() == link.me);
        self.own_logs = own.map(LogRow::id).collect();
        Ok(Home { pair: link.pair, me: link.me, logs })
    }

    /// Opens the two logs of a new pair, and writes the first entry of one's own.
    pub fn open_logs(&mut self, pair: Pair, me: PersonId, name: &str) -> Result<(), Error> {
        let log = |mine: bool| LogRow {
            number: PairDb::number(mine, 0),
            follower: Follower::new(pair.id, if mine { me } else { pair.other(me) }, 0),
            stated: Moment(i64::MIN),
            frozen: false,
        };
        let mut home = Home { pair, me, logs: vec![log(true), log(false)] };
        for row in &home.logs {
            self.db()?.put_log(row)?;
        }
        let body = Value::map([("name", Some(name.into()))]);
        let opening = Draft { target: pair.document(), action: Action::PairOpen, body: Some(body) };
        self.append(&mut home, vec![opening])
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
        for (place, draft) in drafts.into_iter().enumerate() {
            let place = u8::try_from(place).map_err(|_| StorageError::TooMuch)?;
            let mut commitment = None;
            if let Some(fields) = draft.body {
                let bytes =
                    body::encode(random(self.entropy()).map_err(StorageError::from)?, fields);
                commitment = Some(body::commitment(&bytes));
                bodies.push((place, bytes));
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
        let bytes = own.follower.next_entry(&held, records).encode();
        let mut follower = own.follower.clone();
        // One's own entry meets the same checks as everybody's.
        let head_at = |log, length| {
            held.iter().find(|at| at.log == log && at.length == length).map(|at| at.head)
        };
        let index = follower.checkpoint().length;
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
        for (place, bytes) in bodies {
            let body = BodyRow { state: BodyState::Present, until: None, bytes };
            db.put_body(updated.number, index, place, &body)?;
        }
        for (doc, kind) in touched {
            db.add_touch(doc, kind, updated.number, index)?;
        }
        self.saw(now)?;
        if let Some(log) = home.logs.iter_mut().find(|log| log.number == updated.number) {
            *log = updated;
        }
        Ok(())
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

    /// Keeps the latest time that was ever seen here.
    pub fn saw(&mut self, now: Moment) -> Result<(), Error> {
        if now > self.latest()? {
            self.db()?.set("latest", &Value::Int(now.0))?;
        }
        Ok(())
    }

    /// The latest time that was ever seen here.
    pub fn latest(&mut self) -> Result<Moment, Error> {
        let latest = self.db()?.setting("latest")?;
        Ok(Moment(latest.and_then(|value| value.int()).unwrap_or(i64::MIN)))
    }

    pub(super) fn entropy(&self) -> &dyn Entropy {
        self.host.entropy.as_ref()
    }

    /// After one's own log came back from the partner's phone: everything in
    /// force waits, on this side, for its owner's reconfirmation, item by item
    /// (R32). Resuming an agreement reconfirms it.
    pub fn suspend_recovered(&mut self) -> Result<(), Error> {
        Ok(self.db()?.set("reconfirm", &Value::Bool(true))?)
    }

    /// Whether everything in force waits for reconfirmation: after a recovery,
    /// or while the clock stands more than a day before a time it showed.
    pub fn reconfirming(&mut self) -> Result<bool, Error> {
        let set_back = self.now() < self.clock_seen()?.plus(-DAY);
        Ok(set_back || self.db()?.setting("reconfirm")?.is_some())
    }

    fn clock_seen(&mut self) -> Result<Moment, Error> {
        let seen = self.db()?.setting("clock")?;
        Ok(Moment(seen.and_then(|value| value.int()).unwrap_or(i64::MIN)))
    }

    /// Takes note of the clock before something is written, in the caller's
    /// transaction. Set back by more than a day, it suspends what is in force.
    pub fn look_at_clock(&mut self) -> Result<(), Error> {
        let (now, seen) = (self.now(), self.clock_seen()?);
        if now < seen.plus(-DAY) {
            self.suspend_recovered()?;
            self.db()?.set("clock", &Value::Int(now.0))?;
            self.suspend_within()?;
        } else if now > seen {
            self.db()?.set("clock", &Value::Int(now.0))?;
        }
        Ok(())
    }

    /// Suspends what came back, once all of it is here.
    pub fn suspend_when_whole(&mut self) -> Result<(), Error> {
        if self.db()?.setting("reconfirm")?.is_some() {
            self.transact(Engine::suspend_within)?;
            self.changed();
        }
        Ok(())
    }

    fn suspend_within(&mut self) -> Result<(), Error> {
        let mut home = self.home()?;
        let whole = home.logs.iter().all(|log| {
            let past = log.follower.past();
            home.logs.iter().all(|l| past.length(l.id()) <= l.follower.checkpoint().length)
        });
        if !whole || self.pair_state(&home)?.left_at.is_some() {
            return Ok(());
        }
        let mut drafts = Vec::new();
        for target in self.agreement_ids(&home)? {
            let folded = self.agreement(&home, target)?;
            let state = PairState::default();
            let view = agreement::project(&folded, &home.pair, &state, home.me, self.now());
            let in_force = view.current.is_some() || view.cooling.is_some();
            if in_force && view.ended_at.is_none() && !view.suspended_by_me {
                drafts.push(Draft { target, action: Action::Suspend, body: None });
            }
        }
        self.append_all(&mut home, drafts)?;
        self.db()?.set("paused", &Value::Bool(true))?;
        Ok(self.db()?.unset("reconfirm")?)
    }

    /// How far a document goes in each log, by the index.
    fn touched(&mut self, home: &Home, doc: DocId) -> Result<Past, Error> {
        let mut past = Past::default();
        for log in &home.logs {
            let length = self.db()?.touched_to(doc, log.number)?;
            if length > 0 {
                past.raise(log.id(), length);
            }
        }
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
        self.turn += 1;
        let turn = self.turn;
        let mut document = match self.documents.remove(&doc) {
            Some(loaded) => loaded.document,
            None => self.load(doc)?,
        };
        let touches = self.new_touches(home, doc, &document.basis())?;
        if !touches.is_empty() {
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
        }
        if self.documents.len() >= LOADED_DOCUMENTS
            && let Some(oldest) =
                self.documents.iter().min_by_key(|(_, loaded)| loaded.used).map(|(id, _)| *id)
        {
            self.documents.remove(&oldest);
        }
        let loaded = Loaded { document, used: turn };
        Ok(&mut self.documents.entry(doc).insert_entry(loaded).into_mut().document)
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
    pub fn records(
        &mut self,
        home: &Home,
        doc: DocId,
    ) -> Result<(Vec<Held>, Vec<NotUnderstood>, Past), Error> {
        let document = self.document(home, doc)?;
        let (stored, basis) = (document.records()?, document.basis());
        let mut held = Vec::new();
        let mut newer = Vec::new();
        for stored in stored {
            let Some(author) = home.author(stored.id.log) else { continue };
            match Record::from_value(&stored.value) {
                Some(record) => {
                    let received = match record.action {
                        // Only these can be cooling off, and one's own are held at once.
                        Action::Propose { .. } | Action::Offer { .. } | Action::Consent { .. }
                            if author != home.me =>
                        {
                            self.received(home, stored.id.log, stored.id.index)?
                        }
                        _ => record.at.moment,
                    };
                    held.push(Held { id: stored.id, past: stored.past, author, record, received });
                }
                None => newer.extend(
                    record::header(&stored.value).map(|header| NotUnderstood { kind: header.kind }),
                ),
            }
        }
        Ok((held, newer, basis))
    }

    fn received(&mut self, home: &Home, log: LogId, index: u64) -> Result<Moment, Error> {
        let number = PairDb::find(&home.logs, log).map_or(u64::MAX, |row| row.number);
        Ok(self.db()?.entry(number, index)?.received)
    }

    /// The state of an agreement.
    pub fn agreement(&mut self, home: &Home, doc: DocId) -> Result<agreement::Folded, Error> {
        let basis = self.touched(home, doc)?;
        if let Some(folded) = self.folded.get(&doc)
            && folded.basis == basis
        {
            return Ok(folded.clone());
        }
        let (mut held, newer, basis) = self.records(home, doc)?;
        held.retain(|held| !held.record.action.kind().starts_with("pair."));
        let mut folded = agreement::fold(&home.pair, doc, &held, &newer);
        folded.basis = basis;
        self.own_words_that_wait(home, &mut folded)?;
        if self.folded.len() >= FOLDED_AGREEMENTS {
            self.folded.clear();
        }
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

    /// One's own records on a document from where it waits on.
    fn waiting_records(
        &mut self,
        home: &Home,
        doc: DocId,
        basis: &Past,
    ) -> Result<Vec<Record>, Error> {
        let own = home.own()?;
        let mut records = Vec::new();
        for index in self.db()?.touches(doc, own.number, basis.length(own.id()))? {
            let row = self.db()?.entry(own.number, index)?;
            let Some(touch) = touch(own.id(), index, &row, doc) else { continue };
            records.extend(touch.records.iter().filter_map(|(_, value)| Record::from_value(value)));
        }
        Ok(records)
    }

    /// How the pair stands.
    pub fn pair_state(&mut self, home: &Home) -> Result<PairState, Error> {
        let doc = home.pair.document();
        let basis = self.touched(home, doc)?;
        if let Some((known, state)) = self.pair_state.as_ref()
            && *known == basis
        {
            return Ok(*state);
        }
        let (held, _, basis) = self.records(home, doc)?;
        let mut state = crate::domain::lifecycle::fold(&held);
        // One's own leave counts even while a recovered log waits.
        let waiting = self.waiting_records(home, doc, &basis)?;
        let left = waiting.iter().find(|record| record.action == Action::PairLeave);
        state.left_at = state.left_at.or(left.map(|record| record.at.moment));
        self.pair_state = Some((basis, state));
        Ok(state)
    }

    /// Every agreement of the pair that counts: of each person at most the first
    /// 1,000 that they began.
    pub fn agreement_ids(&mut self, home: &Home) -> Result<Vec<DocId>, Error> {
        let mut rows = self.db()?.documents()?;
        rows.retain(|row| {
            row.id != home.pair.document()
                && (row.first_kind.starts_with("agreement.")
                    || row.first_kind.starts_with("draft."))
        });
        rows.sort_by_key(|row| row.first);
        let mut begun: HashMap<u64, usize> = HashMap::new();
        rows.retain(|row| {
            let count = begun.entry(row.first.0).or_default();
            *count += 1;
            *count <= limits::AGREEMENTS
        });
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// Forgets what was read of the files, so that it is read anew.
    pub fn forget(&mut self) {
        self.documents.clear();
        self.folded.clear();
        self.pair_state = None;
    }
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
