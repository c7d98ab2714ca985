//! [`Space`]: what an app holds.
//!
//! A space is one person's phone: a folder with two sealed databases, opened
//! with the keys that the host keeps. All writing happens on one thread; the
//! methods here are async, and every future may be dropped: a write that was
//! accepted is finished.

// Without the network nobody calls what serves a session; it is compiled all the
// same, so that it cannot rot.
#![cfg_attr(not(feature = "net"), allow(dead_code))]

mod agreements;
mod arrival;
#[cfg(feature = "net")]
mod bundle;
mod checkins;
mod doctor;
mod documents;
mod engine;
#[cfg(feature = "net")]
mod exchange;
mod hearing;
mod inner;
mod link;
#[cfg(feature = "net")]
mod meeting;
#[cfg(feature = "net")]
mod network;
mod openness;
mod progress;
mod promises;
mod recovery;
mod replica;
mod settings;
#[cfg(feature = "sim")]
mod sim;
mod subscription;
#[cfg(feature = "net")]
mod turn;
mod upkeep;
mod worker;

pub use agreements::{ExportedDocument, HistoryItem, LogItem, PrivateDraft};
#[cfg(feature = "net")]
pub use bundle::{BundleOf, BundleSummary, MailboxVisit};
pub use checkins::CheckIns;
pub use doctor::{DoctorReport, Finding, Remedy, VerifiedLog};
pub use engine::Host;
#[cfg(feature = "net")]
pub use exchange::{CatchUp, Diagnostics, Exchange, ExchangeOptions, Trouble, TroubleOf};
pub use hearing::Hearing;
pub use inner::Inner;
pub use link::Leaving;
#[cfg(feature = "net")]
pub use meeting::{Asked, Pairing};
pub use openness::Openness;
pub use progress::{Progress, Today};
pub use promises::Promises;
pub use recovery::SetAside;
#[cfg(feature = "sim")]
pub use sim::{SimLink, SimTurn};
pub use subscription::Subscription;

use crate::cbor::Value;
use crate::domain::agreement::decide::Splice;
use crate::domain::agreement::view::AgreementsNow;
use crate::domain::agreement::{AgreementState, AgreementView, Command, Terms};
use crate::domain::next::NextDue;
use crate::domain::share::SharedItem;
use crate::domain::text;
use crate::error::Error;
use crate::host::{SecretStore, random};
use crate::id::{DocId, Past, RevisionHash};
use crate::store::{Keys, PairDb, PairFile, StorageError, VaultDb};
use crate::sync::{Epoch, Notice};
use crate::time::Moment;
use engine::{Engine, Files};
use serde::Serialize;
use std::path::{Path, PathBuf};
use tokio::sync::watch;
use worker::Worker;

const PAIR_FILE: &str = "pair.db";
const VAULT_FILE: &str = "vault.db";

/// How this phone's person and the pair stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Status {
    /// The name that this phone's person chose.
    pub name: String,
    /// How far the pairing is.
    pub pairing: PairingState,
    /// The partner's chosen name, once paired.
    pub partner: Option<String>,
    /// When the pair ended, if it did. Who left is not said.
    pub left_at: Option<Moment>,
    /// Whether this phone holds all exchange.
    pub held: bool,
    /// What this phone's person should know.
    pub notices: Vec<StatusNotice>,
}

/// How far the pairing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum PairingState {
    /// There is no pair.
    Unpaired,
    /// Both confirmed, and the first session has yet to prove it.
    Pending,
    /// Paired.
    Paired,
    /// One of the two left.
    Left,
}

/// What this phone's person should know about the two logs, in plain words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum StatusNotice {
    /// The other phone's log is no longer what this phone holds of it. This
    /// phone keeps its copy, and takes in nothing more of it.
    OtherLogChanged,
    /// The other phone says that it holds more of this phone's words than this
    /// phone: it may have been restored from an older state.
    OtherPhoneHoldsMore,
    /// This phone was restored, or its clock is set back by more than a day:
    /// what is in force is paused here until its owner reconfirms it (R32).
    WaitsForReconfirmation,
    /// Something was written here after this phone had lost what came before. It is
    /// set aside: look at it, say it again or let it go.
    SomethingSetAside,
    /// An agreement could not be read: `doctor` says what is damaged.
    SomethingDamaged,
}

/// One person's phone. Clones are handles to the same space.
#[derive(Clone)]
pub struct Space {
    pub(crate) worker: Worker,
    pub(crate) host: Host,
    pub(crate) epoch: Epoch,
    changes: watch::Receiver<u64>,
    #[cfg(feature = "net")]
    lifecycle: std::sync::Arc<exchange::Lifecycle>,
}

impl Space {
    /// Makes a new space in `folder` (made too, if it is not there), for a
    /// person who goes by `name`. The keys are written to the host's secret
    /// store before the files are made.
    ///
    /// # Errors
    /// [`StorageError::Exists`] where there is one already; a refusal for the
    /// name; what the disk or the secret store says.
    pub fn create(folder: &Path, name: &str, host: Host) -> Result<Self, Error> {
        Self::create_with(folder, name, host, Worker::start)
    }

    fn create_with(
        folder: &Path,
        name: &str,
        host: Host,
        writer: impl FnOnce(Engine) -> Result<Worker, Error>,
    ) -> Result<Self, Error> {
        let name = text::name(name)?;
        std::fs::create_dir_all(folder).map_err(StorageError::from)?;
        if folder.join(PAIR_FILE).exists() {
            return Err(StorageError::Exists.into());
        }
        let store = random(host.entropy.as_ref()).map_err(StorageError::from)?;
        let keys = Keys::create(host.secrets.as_ref(), &store, host.entropy.as_ref())?;
        match create_files(folder, store, &keys, &host, &name) {
            Ok(files) => Self::start(folder, store, keys, host, files, writer),
            // Half a store is none: the next try begins anew.
            Err(error) => erase(folder, &store, host.secrets.as_ref()).and(Err(error)),
        }
    }

    /// Opens the space in `folder`.
    ///
    /// # Errors
    /// [`StorageError::Missing`] where there is none, [`StorageError::Newer`]
    /// where a newer version wrote it, [`Error::Locked`] without its keys.
    pub fn open(folder: &Path, host: Host) -> Result<Self, Error> {
        Self::open_with(folder, host, Worker::start)
    }

    fn open_with(
        folder: &Path,
        host: Host,
        writer: impl FnOnce(Engine) -> Result<Worker, Error>,
    ) -> Result<Self, Error> {
        let store = PairFile::store_id(&folder.join(PAIR_FILE))?;
        let keys = Keys::load(host.secrets.as_ref(), &store)?;
        let files = open_files(folder, store, &keys, &host)?;
        // The first sealed value tells whether these are the right keys.
        let name = files.pair.setting("name").map_err(|error| match error {
            StorageError::Damaged(_) => Error::Locked(
                "these keys do not open this store, or its first value is damaged".to_owned(),
            ),
            other => other.into(),
        })?;
        name.ok_or_else(|| StorageError::Damaged("pair.db: setting name".to_owned()))?;
        Self::start(folder, store, keys, host, files, writer)
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    fn start(
        folder: &Path,
        store: [u8; 16],
        keys: Keys,
        host: Host,
        files: Files,
        writer: impl FnOnce(Engine) -> Result<Worker, Error>,
    ) -> Result<Self, Error> {
        let epoch = random(host.entropy.as_ref()).map_err(StorageError::from)?;
        let mut engine = Engine::new(folder.to_owned(), store, keys, host.clone(), files)?;
        engine.begin_upkeep()?;
        let changes = engine.watch();
        Ok(Self {
            worker: writer(engine)?,
            host,
            epoch,
            changes,
            #[cfg(feature = "net")]
            lifecycle: std::sync::Arc::default(),
        })
    }

    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let read = |engine: &mut Engine| {
            engine.read_arrived()?;
            work(engine)
        };
        self.worker.call(read).await
    }

    /// Now, by the host's clock.
    pub fn now(&self) -> Moment {
        self.host.clock.now()
    }

    /// The IANA name of the zone that this phone is in.
    pub fn zone(&self) -> String {
        self.host.clock.zone()
    }

    /// The local date on this phone.
    pub fn today(&self) -> jiff::civil::Date {
        crate::time::local_date(self.now(), &self.zone())
    }

    /// Agreements and one-sided offers.
    pub fn agreements(&self) -> Agreements<'_> {
        Agreements(self)
    }

    /// How this phone's person and the pair stand.
    ///
    /// # Errors
    /// Storage, [`Error::Closed`].
    pub async fn status(&self) -> Result<Status, Error> {
        self.ask(Engine::status).await
    }

    /// Everything that I share or am about to, on one screen (R8).
    ///
    /// # Errors
    /// `NotPaired`, storage, [`Error::Closed`].
    pub async fn what_i_share(&self) -> Result<Vec<SharedItem>, Error> {
        self.ask(Engine::what_i_share).await
    }

    /// Stops all of it at once, without any network (R8, I11). Gives back what
    /// was shared until now.
    ///
    /// # Errors
    /// `NotPaired`, storage, [`Error::Closed`].
    pub async fn stop_all(&self) -> Result<Vec<SharedItem>, Error> {
        self.ask(Engine::stop_all).await
    }

    /// What is next for me: three things at most.
    ///
    /// # Errors
    /// `NotPaired`, storage, [`Error::Closed`].
    pub async fn next_due(&self) -> Result<Vec<NextDue>, Error> {
        self.ask(Engine::next_due).await
    }

    /// Holds all exchange with the other phone, or releases it. To the partner
    /// it looks as if this phone were offline.
    ///
    /// # Errors
    /// Storage, [`Error::Closed`].
    pub async fn hold_sync(&self, hold: bool) -> Result<(), Error> {
        self.worker.call(move |engine| engine.hold(hold)).await
    }

    /// Leaves the pair, for good; nobody is asked (R14).
    ///
    /// # Errors
    /// `NotPaired`, `PairLeft`, storage, [`Error::Closed`].
    pub async fn leave(&self, how: Leaving) -> Result<(), Error> {
        self.ask(move |engine| engine.leave(how)).await
    }

    /// Checks everything from scratch: logs, documents, views.
    ///
    /// # Errors
    /// What keeps it from looking at all; damage is in the report.
    pub async fn doctor(&self) -> Result<DoctorReport, Error> {
        self.ask(Engine::doctor).await
    }

    /// Makes anew what follows from the logs: the documents and their index.
    ///
    /// # Errors
    /// `NotPaired`, storage, [`Error::Closed`].
    pub async fn rebuild(&self) -> Result<(), Error> {
        self.worker.call(Engine::rebuild).await
    }

    /// Both logs with their heads, each recomputed from its first entry on.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] naming the first thing that does not verify.
    pub async fn verify_logs(&self) -> Result<Vec<VerifiedLog>, Error> {
        self.ask(Engine::verify_logs).await
    }

    /// How many entries the two logs have: one's own, and the partner's as far as
    /// it is held here.
    ///
    /// # Errors
    /// `NotPaired`, storage, [`Error::Closed`].
    pub async fn log_lengths(&self) -> Result<(u64, u64), Error> {
        self.ask(Engine::log_lengths).await
    }

    /// Every entry of both logs, oldest first, one's own before the partner's.
    ///
    /// # Errors
    /// `NotPaired`, storage, [`Error::Closed`].
    pub async fn log_items(&self) -> Result<Vec<LogItem>, Error> {
        self.ask(Engine::log_items).await
    }

    /// The Automerge heads of a document: equal on both phones where the logs are.
    ///
    /// # Errors
    /// `NotPaired`, storage, [`Error::Closed`].
    pub async fn document_heads(&self, doc: DocId) -> Result<Vec<String>, Error> {
        self.ask(move |engine| engine.document_heads(doc)).await
    }

    /// A document as Automerge saves it, for other tools and for leaving with one's
    /// data: the logs are the truth, and nothing is ever read back from it.
    ///
    /// # Errors
    /// `NotFound`, `NotPaired`, storage, [`Error::Closed`].
    pub async fn export_document(&self, doc: DocId) -> Result<ExportedDocument, Error> {
        self.ask(move |engine| engine.export_document(doc)).await
    }

    /// Promises and practices.
    pub fn promises(&self) -> Promises<'_> {
        Promises(self)
    }

    /// What both tell of themselves, by their own hand and for a while.
    pub fn openness(&self) -> Openness<'_> {
        Openness(self)
    }

    /// Talks that both plan, and accounts that one tells and the other asks about.
    pub fn hearing(&self) -> Hearing<'_> {
        Hearing(self)
    }

    /// What one writes for oneself.
    pub fn inner(&self) -> Inner<'_> {
        Inner(self)
    }

    /// The same questions to both, and daily intentions.
    pub fn check_ins(&self) -> CheckIns<'_> {
        CheckIns(self)
    }

    /// How it goes, what is next, and when to be reminded.
    pub fn progress(&self) -> Progress<'_> {
        Progress(self)
    }

    /// Begins to hear of the agreements, see [`Subscription`]. Before there is a
    /// pair the list is empty.
    pub fn subscribe(&self) -> Subscription<Vec<AgreementView>> {
        Subscription::new(self, Engine::agreements)
    }

    /// Writes everything back and closes every file and every socket, so that the
    /// system may suspend the app. Until [`Space::resume`], calls answer
    /// [`Error::Locked`]; an exchange waits.
    ///
    /// # Errors
    /// Storage, [`Error::Closed`].
    pub async fn suspend(&self) -> Result<(), Error> {
        #[cfg(feature = "net")]
        self.lifecycle.sleep().await;
        self.worker.call(Engine::suspend).await
    }

    /// Opens the files again; an exchange goes on, from where it listened before.
    ///
    /// # Errors
    /// Storage, [`Error::Closed`].
    pub async fn resume(&self) -> Result<(), Error> {
        self.ask(Engine::resume).await?;
        #[cfg(feature = "net")]
        self.lifecycle.wake();
        Ok(())
    }

    /// Lets `pair.db` grow to so many pages at most: for tests of a full disk.
    #[doc(hidden)]
    pub async fn limit_pages(&self, pages: u32) -> Result<(), Error> {
        self.ask(move |engine| Ok(engine.db()?.limit_pages(pages)?)).await
    }

    /// Ends the space: what was accepted is finished, everything after answers
    /// [`Error::Closed`]. Calling it again does nothing.
    pub async fn shutdown(&self) {
        if let Err(error) = self.worker.call(Engine::suspend).await {
            tracing::debug!(%error, "nothing was left to write back");
        }
        self.worker.stop();
    }

    /// Erases this phone's copy, for good: first the keys, then the files. It
    /// never reaches the partner's phone (R15, R27).
    ///
    /// # Errors
    /// What the secret store or the disk says.
    pub async fn erase_local(self) -> Result<(), Error> {
        self.worker.call(Engine::erase).await?;
        self.worker.stop();
        Ok(())
    }
}

fn create_files(
    folder: &Path,
    store: [u8; 16],
    keys: &Keys,
    host: &Host,
    name: &str,
) -> Result<Files, Error> {
    let entropy = || host.entropy.clone();
    let vault = VaultDb::create(&folder.join(VAULT_FILE), keys.vault.clone(), store, entropy())?;
    let pair = PairDb::create(&folder.join(PAIR_FILE), keys.pair.clone(), store, entropy())?;
    pair.set("name", &Value::from(name))?;
    Ok(Files { pair, vault })
}

fn open_files(folder: &Path, store: [u8; 16], keys: &Keys, host: &Host) -> Result<Files, Error> {
    let entropy = || host.entropy.clone();
    let pair = PairDb::open(&folder.join(PAIR_FILE), keys.pair.clone(), store, entropy())?;
    let vault = VaultDb::open(&folder.join(VAULT_FILE), keys.vault.clone(), store, entropy())?;
    Ok(Files { pair, vault })
}

impl Engine {
    fn status(&mut self) -> Result<Status, Error> {
        let mut status = Status {
            name: self.own_name()?,
            pairing: PairingState::Unpaired,
            partner: None,
            left_at: None,
            held: self.held()?,
            notices: Vec::new(),
        };
        let Some(link) = self.link()? else { return Ok(status) };
        if link.pending {
            status.pairing = PairingState::Pending;
            return Ok(status);
        }
        let home = self.home()?;
        status.partner = Some(self.partner_name(&home)?);
        status.left_at = self.pair_state(&home)?.left_at;
        status.pairing = match status.left_at {
            Some(_) => PairingState::Left,
            None => PairingState::Paired,
        };
        if home.frozen() {
            status.notices.push(StatusNotice::OtherLogChanged);
        }
        if self.db()?.setting("partner-holds-more")?.is_some() {
            status.notices.push(StatusNotice::OtherPhoneHoldsMore);
        }
        // Until the last of what was paused for its owner goes on again or ends.
        let paused = self.db()?.setting("paused")?.is_some()
            && self
                .agreements()?
                .iter()
                .any(|view| view.suspended_by_me && view.state == AgreementState::Suspended);
        if paused || self.reconfirming()? {
            status.notices.push(StatusNotice::WaitsForReconfirmation);
        }
        if !self.asides()?.is_empty() {
            status.notices.push(StatusNotice::SomethingSetAside);
        }
        if !self.unreadable.is_empty() || !self.damaged.is_empty() {
            status.notices.push(StatusNotice::SomethingDamaged);
        }
        Ok(status)
    }

    /// Keeps what a session found out.
    pub fn notice(&mut self, notice: Option<Notice>) -> Result<(), Error> {
        match notice {
            Some(Notice::PartnerHoldsMore(_)) => {
                self.db()?.set("partner-holds-more", &Value::Bool(true))?;
                self.changed();
            }
            // Contradictions are kept with the log; refused entries leave nothing.
            Some(_) => {}
            None => self.db()?.unset("partner-holds-more")?,
        }
        Ok(())
    }

    fn suspend(&mut self) -> Result<(), Error> {
        #[cfg(feature = "net")]
        if self.files.is_some()
            && let Err(error) = self.keep_delivered()
        {
            tracing::debug!(%error, "what the other phone holds is asked anew next time");
        }
        self.forget();
        if let Some(files) = self.files.take() {
            files.pair.checkpoint()?;
            files.vault.checkpoint()?;
        }
        Ok(())
    }

    fn resume(&mut self) -> Result<(), Error> {
        if self.files.is_none() {
            self.files = Some(open_files(&self.folder, self.store, &self.keys, &self.host)?);
            // Who has asked meanwhile was told nothing: it is looked again.
            self.changed();
        }
        Ok(())
    }

    fn erase(&mut self) -> Result<(), Error> {
        self.forget();
        self.files = None;
        erase(&self.folder, &self.store, self.host.secrets.as_ref())
    }
}

/// Destroys a store's keys first, then removes its files.
fn erase(folder: &Path, store: &[u8; 16], secrets: &dyn SecretStore) -> Result<(), Error> {
    let destroyed = Keys::destroy(secrets, store);
    for file in [PAIR_FILE, VAULT_FILE] {
        for ending in ["", "-wal", "-shm"] {
            let path: PathBuf = folder.join(format!("{file}{ending}"));
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StorageError::from(error).into());
                }
                _ => {}
            }
        }
    }
    Ok(destroyed?)
}

/// Agreements and one-sided offers, see [`crate::domain::agreement`].
#[derive(Clone, Copy)]
pub struct Agreements<'a>(&'a Space);

impl Agreements<'_> {
    async fn act(&self, doc: DocId, command: Command) -> Result<AgreementView, Error> {
        self.0.ask(move |engine| engine.act(doc, command)).await
    }

    /// The agreements that are not long over (13 weeks), in the order in which
    /// they were begun.
    ///
    /// # Errors
    /// `NotPaired`, storage, [`Error::Closed`]; so for all reading methods here.
    pub async fn list(&self) -> Result<Vec<AgreementView>, Error> {
        self.0.ask(Engine::agreements).await
    }

    /// Every agreement that ever was, however long ago: it takes longer with the
    /// years.
    ///
    /// # Errors
    /// As [`Agreements::list`].
    pub async fn all(&self) -> Result<Vec<AgreementView>, Error> {
        self.0.ask(Engine::all_agreements).await
    }

    /// The agreements, sorted by what they ask of me.
    ///
    /// # Errors
    /// As [`Agreements::list`].
    pub async fn now(&self) -> Result<AgreementsNow, Error> {
        self.0.ask(Engine::agreements_now).await
    }

    /// One agreement.
    ///
    /// # Errors
    /// `NotFound`, or as [`Agreements::list`].
    pub async fn show(&self, id: DocId) -> Result<AgreementView, Error> {
        self.0.ask(move |engine| engine.show_agreement(id)).await
    }

    /// Everything that was ever done with an agreement (R36).
    ///
    /// # Errors
    /// As [`Agreements::show`].
    pub async fn history(&self, id: DocId) -> Result<Vec<HistoryItem>, Error> {
        self.0.ask(move |engine| engine.history(id)).await
    }

    /// Proposes terms in a new agreement.
    ///
    /// # Errors
    /// A refusal for the terms, or as [`Agreements::list`]; so for all that follow.
    pub async fn propose(&self, terms: Terms) -> Result<AgreementView, Error> {
        let command = Command::Propose { terms, basis: Past::default() };
        self.0.ask(move |engine| engine.begin(command)).await
    }

    /// Offers something that binds only me; it needs no answer.
    ///
    /// # Errors
    /// As [`Agreements::propose`].
    pub async fn offer(&self, terms: Terms) -> Result<AgreementView, Error> {
        self.0.ask(move |engine| engine.begin(Command::Offer { terms })).await
    }

    /// Proposes other terms: a counter to what is on the table, or an amendment
    /// of what holds. `shown` is the view that this answers.
    ///
    /// # Errors
    /// `StaleView` if something came in since `shown`; as [`Agreements::propose`].
    pub async fn counter(
        &self,
        shown: &AgreementView,
        terms: Terms,
    ) -> Result<AgreementView, Error> {
        self.act(shown.id, Command::Propose { terms, basis: shown.basis.clone() }).await
    }

    /// Says yes to exactly this text, as it was shown (R4).
    ///
    /// # Errors
    /// `StaleView`, `StaleRevision`, `AlreadyAgreed`, `RunsTooLong`.
    pub async fn consent(
        &self,
        shown: &AgreementView,
        revision: RevisionHash,
    ) -> Result<AgreementView, Error> {
        self.act(shown.id, Command::Consent { revision, basis: shown.basis.clone() }).await
    }

    /// Proposes the same once more, until later.
    ///
    /// # Errors
    /// `OutsideRenewal`, `NotInForce`, `StaleView`.
    pub async fn renew(
        &self,
        shown: &AgreementView,
        expires_at: Option<Moment>,
    ) -> Result<AgreementView, Error> {
        self.act(shown.id, Command::Renew { expires_at, basis: shown.basis.clone() }).await
    }

    /// Takes back my proposal or my yes, as long as it is not ratified, and
    /// while it cools off.
    ///
    /// # Errors
    /// `NothingToWithdraw`, `AlreadyRatified`.
    pub async fn withdraw(
        &self,
        id: DocId,
        revision: Option<RevisionHash>,
    ) -> Result<AgreementView, Error> {
        self.act(id, Command::Withdraw { revision }).await
    }

    /// Says no. No reason, no consequence (R19).
    ///
    /// # Errors
    /// `OwnProposal`, `StaleRevision`.
    pub async fn decline(
        &self,
        id: DocId,
        revision: Option<RevisionHash>,
    ) -> Result<AgreementView, Error> {
        self.act(id, Command::Decline { revision }).await
    }

    /// Pauses my part.
    ///
    /// # Errors
    /// `NotInForce`, `AlreadySuspended`.
    pub async fn suspend(&self, id: DocId) -> Result<AgreementView, Error> {
        self.act(id, Command::Suspend).await
    }

    /// Lifts my pause.
    ///
    /// # Errors
    /// `NotSuspended`.
    pub async fn resume(&self, id: DocId) -> Result<AgreementView, Error> {
        self.act(id, Command::Resume).await
    }

    /// Ends it, at once and for good. Nobody is asked (R1, R2).
    ///
    /// # Errors
    /// `AlreadyEnded`, `NotFound`.
    pub async fn end(&self, id: DocId) -> Result<AgreementView, Error> {
        self.act(id, Command::End).await
    }

    /// Keeps a private draft; the partner learns nothing of it (R9).
    ///
    /// # Errors
    /// `TextTooLong`, `TextForbidden`, `NotFound` for an unknown `id`.
    pub async fn keep_draft(&self, id: Option<DocId>, text: &str) -> Result<PrivateDraft, Error> {
        let text = text.to_owned();
        self.0.ask(move |engine| engine.keep_draft(id, &text)).await
    }

    /// Every private draft.
    ///
    /// # Errors
    /// Storage, [`Error::Closed`].
    pub async fn drafts(&self) -> Result<Vec<PrivateDraft>, Error> {
        self.0.ask(Engine::private_drafts).await
    }

    /// Throws a private draft away.
    ///
    /// # Errors
    /// `NotFound`, storage, [`Error::Closed`].
    pub async fn discard_draft(&self, id: DocId) -> Result<(), Error> {
        self.0.ask(move |engine| engine.discard_draft(id)).await
    }

    /// Opens a private draft to the partner as a working draft that both may
    /// type in. What is typed there stays in the history: say so before the tap.
    ///
    /// # Errors
    /// `DraftOpen`, `AlreadyEnded`, `NotFound`.
    pub async fn open_draft(
        &self,
        draft: DocId,
        agreement: Option<DocId>,
    ) -> Result<AgreementView, Error> {
        self.0.ask(move |engine| engine.open_draft(draft, agreement)).await
    }

    /// Leaves the working draft's editor: `text` is all of it now. What the
    /// partner typed since `shown` stays, merged by the CRDT.
    ///
    /// # Errors
    /// `DraftClosed`, `TextTooLong`, `CapReached`.
    pub async fn type_text(
        &self,
        shown: &AgreementView,
        text: &str,
    ) -> Result<AgreementView, Error> {
        let (id, basis, text) = (shown.id, shown.basis.clone(), text.to_owned());
        self.0.ask(move |engine| engine.type_text(id, basis, text)).await
    }

    /// One change of the working draft, at a position in Unicode scalar values.
    ///
    /// # Errors
    /// `OutsideText`, `DraftClosed`, `TextTooLong`, `CapReached`.
    pub async fn splice(&self, id: DocId, splice: Splice) -> Result<AgreementView, Error> {
        self.0.ask(move |engine| engine.splice(id, splice)).await
    }
}
