//! The writer: one thread that owns the files, the keys and the loaded documents.
//!
//! Everything that is written goes through here, in one transaction each, and every
//! view is computed from what stands here. It knows no socket: the other phone's
//! entries come in through [`intake`], as one's own words do through the facade.

mod aggregate;
mod anew;
#[cfg(feature = "backup")]
mod backup;
mod bodies;
mod cache;
pub(crate) mod changes;
#[cfg(feature = "net")]
mod delivered;
pub(crate) mod doctor;
pub(crate) mod documents;
mod files;
#[cfg(feature = "watch")]
mod files_watch;
mod handle;
mod inspect;
pub(crate) mod intake;
pub(crate) mod link;
pub(crate) mod recovery;
#[cfg(feature = "backup")]
pub(crate) mod restore;
mod seals;
mod settled;
pub(crate) mod status;
mod transaction;
mod unfinished;
pub(crate) mod upkeep;
mod worker;

pub(crate) use aggregate::Listed;
pub(crate) use changes::{Changes, Watched};
pub use doctor::{DoctorReport, Finding, Remedy, VerifiedLog};
#[cfg(feature = "watch")]
pub use files_watch::HomeWatch;
pub(crate) use handle::{Handle, Until};
pub use inspect::{ExportedDocument, LogItem};
pub use link::Leaving;
pub use recovery::SetAside;
pub use status::{PairingState, Status, StatusNotice};

use crate::domain::Pair;
use crate::domain::ledger::{Month, ledger};
use crate::domain::pair::Side;
use crate::domain::refusal::RefusalCode;
use crate::error::Error;
use crate::host::{Clock, Entropy, SecretStore};
use crate::id::{DocId, LogId, PersonId};
use crate::limits;
use crate::log::log_id;
use crate::store::{Keys, LogRow, PairDb, Setting, StorageError, VaultDb};
use crate::time::{DAY, Moment, local_date, zone};
use cache::{Derived, Rows};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

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
    /// And which of the two that is.
    pub side: Side,
    /// Every log held.
    pub logs: Vec<LogRow>,
}

impl Home {
    /// One's own open log.
    pub fn own(&self) -> Result<&LogRow, StorageError> {
        self.newest(self.me).ok_or_else(|| StorageError::Damaged("pair.db: the own log".to_owned()))
    }

    /// The ledgers of both, month by month, from 13 weeks before `from` to a month after
    /// `to`: of each month its two.
    pub(crate) fn ledgers_between(&self, from: Moment, to: Moment) -> Vec<[DocId; 2]> {
        let mut months = BTreeSet::new();
        // Nobody's life is longer than this; stated times can be anything.
        let mut at = from.max(to.plus(-limits::LIFE)).plus(-limits::RECENT);
        while at <= to.plus(31 * DAY) {
            months.insert(Month::of(at));
            at = at.plus(27 * DAY);
        }
        months.into_iter().map(|month| self.ledgers_of(month)).collect()
    }

    /// The ledgers of both of a month.
    pub(crate) fn ledgers_of(&self, month: Month) -> [DocId; 2] {
        self.pair.members().map(|person| ledger(self.pair.id, person, month))
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
    folder: PathBuf,
    store: [u8; 16],
    pub(crate) keys: Keys,
    pub(crate) host: Host,
    files: Option<Files>,
    derived: Derived,
    rows: Rows,
    /// What is told to those who listen.
    told: changes::Told,
    /// Entries or bodies were written since the transaction began.
    wrote: bool,
    /// Something was erased and may still stand in the WAL.
    scrub: bool,
    /// The same of the vault.
    pub(crate) scrub_vault: bool,
    /// Entries may be stored that are not read yet.
    unread: bool,
    /// When what expires was last looked for.
    swept: Option<Moment>,
    /// How much of one's own logs the other phone holds, once read.
    #[cfg(feature = "net")]
    delivered: Option<crate::id::Past>,
    /// The sessions that what is written is handed to.
    #[cfg(feature = "net")]
    standing: Vec<std::sync::Weak<intake::standing::Standing>>,
    /// How often a log of one's own was cut, as far as it was seen.
    cuts: Option<u64>,
    version: i64,
    /// For one that only reads beside the writer.
    until: Until,
}

impl Engine {
    /// An engine on open files.
    fn new(
        folder: PathBuf,
        store: [u8; 16],
        keys: Keys,
        host: Host,
        files: Files,
    ) -> Result<Self, Error> {
        let version = files.pair.data_version()?;
        let mut engine = Self {
            folder,
            store,
            keys,
            host,
            files: Some(files),
            derived: Derived::default(),
            rows: Rows::default(),
            told: changes::Told::default(),
            wrote: false,
            scrub: true,
            scrub_vault: true,
            unread: true,
            swept: None,
            #[cfg(feature = "net")]
            delivered: None,
            #[cfg(feature = "net")]
            standing: Vec::new(),
            cuts: None,
            version,
            until: Until::default(),
        };
        engine.cuts = engine.cuts()?;
        Ok(engine)
    }

    /// Hears of every change of the pair's data, from here, the partner, or
    /// another process on this home.
    pub(crate) fn watch(&self) -> watch::Receiver<Changes> {
        self.told.watch()
    }

    /// Tells those who listen that anything may have changed. What a transaction touched is
    /// told by itself.
    pub(crate) fn changed(&mut self) {
        self.told.tell_all();
    }

    /// What has changed so far.
    pub(crate) fn changes(&self) -> Changes {
        self.told.now()
    }

    fn cuts(&mut self) -> Result<Option<u64>, Error> {
        Ok(self.db()?.setting(Setting::Cuts)?.and_then(|cuts| cuts.uint()))
    }

    /// Looks whether another process has written.
    pub(crate) fn look_for_changes(&mut self) -> Result<(), Error> {
        let Some(files) = &self.files else { return Ok(()) };
        let version = files.pair.data_version()?;
        if version == self.version {
            return Ok(());
        }
        files.pair.forget();
        self.unread = true;
        self.rows = Rows::default();
        // A log only grows, unless it had two pasts.
        let cuts = self.cuts()?;
        if cuts != self.cuts {
            self.cuts = cuts;
            self.forget();
        }
        // Only now: what could not be read is looked at again.
        self.version = version;
        self.told.tell_all();
        Ok(())
    }

    /// After a caught panic: nothing half done stays, everything is read anew.
    fn start_over(&mut self) {
        self.told.take_back();
        self.forget();
        if let Some(files) = &mut self.files {
            files.pair.abandon();
        }
    }

    /// Forgets what was read of the files, so that it is read anew.
    pub(crate) fn forget(&mut self) {
        if let Some(files) = &self.files {
            files.pair.forget();
        }
        self.unread = true;
        self.derived = Derived::default();
        self.rows = Rows::default();
        #[cfg(feature = "net")]
        {
            self.delivered = None;
        }
    }

    /// Refused to one that reads beside the writer, once it was told to end.
    pub(crate) fn may_read(&self) -> Result<(), Error> {
        self.until.may_read()
    }

    /// Until when this one may read, for what looks at many rows in one go.
    pub(crate) fn until(&self) -> Until {
        self.until.clone()
    }

    /// `pair.db`.
    pub(crate) fn db(&mut self) -> Result<&mut PairDb, Error> {
        self.may_read()?;
        self.files.as_mut().map(|files| &mut files.pair).ok_or_else(suspended)
    }

    /// `vault.db`.
    pub(crate) fn vault(&mut self) -> Result<&mut VaultDb, Error> {
        self.may_read()?;
        self.files.as_mut().map(|files| &mut files.vault).ok_or_else(suspended)
    }

    /// Now, by the host's clock.
    pub(crate) fn now(&self) -> Moment {
        self.host.clock.now()
    }

    /// The local date of the person who holds this phone.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        self.local_date(self.now())
    }

    /// The local date of a moment, where this phone is.
    pub(crate) fn local_date(&self, at: Moment) -> jiff::civil::Date {
        local_date(at, &self.host.clock.zone())
    }

    /// The zone in which this phone is.
    pub(crate) fn local_zone(&self) -> jiff::tz::TimeZone {
        zone(&self.host.clock.zone()).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        self.host.entropy.as_ref()
    }

    /// Who the two are; refused while there is no pair.
    pub(crate) fn home(&mut self) -> Result<Home, Error> {
        let link = self.link()?.filter(|link| !link.pending).ok_or(RefusalCode::NotPaired)?;
        let logs = self.db()?.logs(link.pair.id)?;
        let (pair, me) = (link.pair, link.me);
        let generations = || (0..limits::LOG_GENERATIONS).map(|g| log_id(pair.id, me, g)).collect();
        self.rows.keep_own_logs(pair.id, me, generations);
        let stranger = || StorageError::Damaged("pair.db: setting link".to_owned());
        let side = pair.side(me).ok_or_else(stranger)?;
        Ok(Home { pair, me, side, logs })
    }

    /// Takes note that an entry touched a document.
    fn moved(&mut self, doc: DocId, log: LogId, index: u64) {
        self.wrote = true;
        self.rows.raise(doc, log, index + 1);
    }
}

impl Engine {
    /// Takes note that the vault holds something else now.
    pub(crate) fn vault_changed(&mut self) {
        self.told.tell_vault();
    }
}

fn suspended() -> Error {
    Error::Suspended("this space is suspended: resume it first")
}

#[cfg(test)]
pub(crate) mod tests;
