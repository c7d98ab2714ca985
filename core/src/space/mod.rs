//! [`Space`]: what an app holds.
//!
//! A space is one person's phone: a folder with two sealed databases, opened
//! with the keys that the host keeps. All writing happens on one thread; the
//! methods here are async, and every future may be dropped: a write that was
//! accepted is finished.

mod agreements;
#[cfg(feature = "backup")]
mod backup;
mod checkins;
#[cfg(feature = "net")]
mod exchange;
mod hearing;
mod inner;
mod kept;
mod openness;
mod progress;
mod promises;
mod recovery;
mod settings;
mod shared;
#[cfg(feature = "sim")]
mod sim;
mod subscription;
#[cfg(test)]
mod tests;

pub use agreements::{Agreements, PrivateDraft};
pub use checkins::CheckIns;
pub use hearing::Hearing;
pub use inner::Inner;
pub use openness::Openness;
pub use progress::{Progress, Today};
pub use promises::Promises;
pub use shared::Shared;
#[cfg(feature = "sim")]
pub use sim::{SimLink, SimTurn};
pub use subscription::Subscription;

use crate::domain::agreement::AgreementView;
use crate::domain::capability::Class;
use crate::domain::overview::next::NextDue;
use crate::domain::overview::share::SharedItem;
use crate::engine::{
    Changes, DoctorReport, Engine, ExportedDocument, Handle, Host, Leaving, LogItem, Status,
    VerifiedLog, Watched,
};
use crate::error::Error;
use crate::id::DocId;
use crate::time::Moment;
use std::path::Path;

/// One person's phone. Clones are handles to the same space.
#[derive(Clone)]
pub struct Space {
    pub(crate) engine: Handle,
    #[cfg(feature = "net")]
    pub(crate) phone: crate::exchange::Phone,
}

impl Space {
    /// Makes a new space in `folder` (made too, if it is not there), for a
    /// person who goes by `name`. The keys are written to the host's secret
    /// store before the files are made.
    ///
    /// # Errors
    /// `StorageError::Exists` where there is one already; a refusal for the
    /// name; what the disk or the secret store says.
    pub fn create(folder: &Path, name: &str, host: Host) -> Result<Self, Error> {
        Self::of(Handle::start(Engine::create(folder, name, host)?)?)
    }

    /// Opens the space in `folder`.
    ///
    /// # Errors
    /// `StorageError::Missing` where there is none, [`Error::NeedsUpdate`]
    /// where a newer version wrote it, [`Error::Locked`] while its keys are not to be had,
    /// [`Error::KeysMissing`] where they are gone.
    pub fn open(folder: &Path, host: Host) -> Result<Self, Error> {
        Self::of(Handle::start(Engine::open(folder, host)?)?)
    }

    /// Erases what there is of a space in `folder`, whether it can be opened or not: for one that
    /// is damaged, or of which only a part is left. One that can be opened is erased by
    /// [`Space::erase_local`]. Whether there was anything.
    ///
    /// # Errors
    /// What the disk or the secret store says.
    pub fn erase_at(folder: &Path, host: &Host) -> Result<bool, Error> {
        Engine::erase_at(folder, host.secrets.as_ref())
    }

    fn of(engine: Handle) -> Result<Self, Error> {
        Ok(Self {
            #[cfg(feature = "net")]
            phone: crate::exchange::Phone::new(engine.clone())?,
            engine,
        })
    }

    /// Hears of what another process writes to this home, for as long as what is given back
    /// lives: subscriptions here and a running exchange then see it at once. A phone has one
    /// process and needs none.
    ///
    /// # Errors
    /// Storage, where the system cannot watch files.
    #[cfg(feature = "watch")]
    pub fn watch_home(&self) -> Result<crate::HomeWatch, Error> {
        self.engine.watch_files()
    }

    /// Whether it was shut down or erased, or is about to be.
    pub fn is_closed(&self) -> bool {
        self.engine.is_stopped()
    }

    /// Waits until it was shut down or erased.
    pub async fn closed(&self) {
        let mut changes = self.changes();
        while changes.changed().await.is_ok() {}
    }

    pub(crate) fn changes(&self) -> tokio::sync::watch::Receiver<Changes> {
        self.engine.changes()
    }

    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.engine.ask(work).await
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.engine.write(work).await
    }

    /// Agreements and one-sided offers.
    pub fn agreements(&self) -> Agreements<'_> {
        Agreements(self)
    }

    /// Promises and practices.
    pub fn promises(&self) -> Promises<'_> {
        Promises(self)
    }

    /// What both tell of themselves, by their own hand and for a while.
    pub fn openness(&self) -> Openness<'_> {
        Openness(self)
    }

    /// What one tells and the other may answer: breaches, accounts, acknowledgements,
    /// questions, pain and needs.
    pub fn shared(&self) -> Shared<'_> {
        Shared(self)
    }

    /// Talks that both plan.
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
        Subscription::new(self, Watched::Of(&[Class::Agreement]), agreements::agreements)
    }

    /// Begins to hear of who the two are and how things stand.
    pub fn subscribe_status(&self) -> Subscription<Status> {
        Subscription::new(self, Watched::Any, Engine::status)
    }

    /// Begins to hear of all that I share now or would share (R8).
    pub fn subscribe_shares(&self) -> Subscription<Vec<SharedItem>> {
        let watched = &[Class::Agreement, Class::Promise, Class::Ledger];
        Subscription::new(self, Watched::Of(watched), agreements::shared)
    }

    /// How many entries the two logs have: one's own, and the partner's as far as
    /// it is held here.
    ///
    /// # Errors
    /// `NotPaired`, storage, [`Error::Closed`].
    pub async fn log_lengths(&self) -> Result<(u64, u64), Error> {
        self.ask(Engine::log_lengths).await
    }

    /// The Automerge heads of a document: equal on both phones where the logs are.
    ///
    /// # Errors
    /// `NotPaired`, storage, [`Error::Closed`].
    pub async fn document_heads(&self, doc: DocId) -> Result<Vec<String>, Error> {
        self.ask(move |engine| engine.document_heads(doc)).await
    }

    /// Lets `pair.db` grow to so many pages at most: for tests of a full disk.
    #[doc(hidden)]
    pub async fn limit_pages(&self, pages: u32) -> Result<(), Error> {
        self.engine.call(move |engine| Ok(engine.db()?.limit_pages(pages)?)).await
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported)]
impl Space {
    /// Now, by the clock that the host lends.
    pub fn now(&self) -> Moment {
        self.engine.now()
    }

    /// The IANA name of the zone that this phone is in.
    pub fn zone(&self) -> String {
        self.engine.host.clock.zone()
    }

    /// The local date on this phone.
    pub fn today(&self) -> jiff::civil::Date {
        crate::time::local_date(self.now(), &self.zone())
    }

    /// Who the two are and how things stand.
    ///
    /// # Errors
    /// Storage, `Closed`; so for all reading calls here.
    pub async fn status(&self) -> Result<Status, Error> {
        self.ask(Engine::status).await
    }

    /// All that I share now or would share, on one page (R8).
    ///
    /// # Errors
    /// `NotPaired`, or as [`Space::status`].
    pub async fn what_i_share(&self) -> Result<Vec<SharedItem>, Error> {
        self.ask(agreements::shared).await
    }

    /// Ends at once all that binds me to share (R8, I11). It needs nobody's yes, no
    /// network, and always works. Gives back what was shared until now.
    ///
    /// # Errors
    /// `NotPaired`, or as [`Space::status`].
    pub async fn stop_all(&self) -> Result<Vec<SharedItem>, Error> {
        self.write(agreements::stop_sharing).await
    }

    /// What is next for me: three things at most.
    ///
    /// # Errors
    /// `NotPaired`, or as [`Space::status`].
    pub async fn next_due(&self) -> Result<Vec<NextDue>, Error> {
        self.ask(progress::next).await
    }

    /// Holds all exchange with the other phone, or releases it. The partner sees what
    /// they see when this phone is offline.
    ///
    /// # Errors
    /// As [`Space::status`].
    pub async fn hold_sync(&self, hold: bool) -> Result<(), Error> {
        match hold {
            // A file that is being written for the other is not to appear after this.
            true => self.engine.call_alone(|engine| engine.hold(true)).await,
            false => self.engine.call(|engine| engine.hold(false)).await,
        }
    }

    /// Leaves the pair, for good: with a word to the partner's phone, or in silence.
    /// Nobody is asked (R14).
    ///
    /// # Errors
    /// `NotPaired`, `PairLeft`, or as [`Space::status`].
    pub async fn leave(&self, how: Leaving) -> Result<(), Error> {
        // Nor after this.
        self.engine.write_alone(move |engine| engine.leave(how)).await
    }

    /// Checks everything from scratch: logs, documents, views.
    ///
    /// # Errors
    /// What keeps it from looking at all; damage is in the report. `Suspended` where the space
    /// is suspended, held back or left meanwhile; so for [`Space::verify_logs`].
    pub async fn doctor(&self) -> Result<DoctorReport, Error> {
        self.engine.ask_apart(Engine::doctor).await
    }

    /// Makes anew what follows from the logs: the documents and their index. It is one
    /// transaction, and nobody else is answered meanwhile.
    ///
    /// # Errors
    /// `NotPaired`, or as [`Space::status`].
    pub async fn rebuild(&self) -> Result<(), Error> {
        self.engine.call(Engine::rebuild).await
    }

    /// Both logs with their heads, each recomputed from its first entry on.
    ///
    /// # Errors
    /// `Storage` naming the first thing that does not verify; `NotPaired`, or as
    /// [`Space::status`].
    pub async fn verify_logs(&self) -> Result<Vec<VerifiedLog>, Error> {
        self.engine.ask_apart(Engine::verify_logs).await
    }

    /// Every entry of both logs, oldest first, one's own before the partner's.
    ///
    /// # Errors
    /// `NotPaired`, or as [`Space::status`].
    pub async fn log_items(&self) -> Result<Vec<LogItem>, Error> {
        self.ask(Engine::log_items).await
    }

    /// A document as Automerge saves it, for other tools and for leaving with one's
    /// data: the logs are the truth, and nothing is ever read back from it.
    ///
    /// # Errors
    /// `NotFound`, `NotPaired`, or as [`Space::status`].
    pub async fn export_document(&self, id: DocId) -> Result<ExportedDocument, Error> {
        self.ask(move |engine| engine.export_document(id)).await
    }

    /// Writes everything back and closes every file and every socket: before the phone
    /// sleeps or the app loses its files. Until [`Space::resume`] every call answers
    /// `Suspended`, and an exchange waits.
    ///
    /// # Errors
    /// As [`Space::status`].
    pub async fn suspend(&self) -> Result<(), Error> {
        #[cfg(feature = "net")]
        self.phone.lifecycle.sleep().await;
        self.engine.call_last(Engine::suspend).await
    }

    /// Opens the files again; an exchange goes on, from where it listened before.
    ///
    /// # Errors
    /// As [`Space::status`].
    pub async fn resume(&self) -> Result<(), Error> {
        self.engine.call(Engine::resume).await?;
        #[cfg(feature = "net")]
        self.phone.lifecycle.wake();
        Ok(())
    }

    /// Ends the space: what was accepted is finished, everything after answers
    /// `Closed`, or `Suspended` while it ends. Calling it again does nothing.
    pub async fn shutdown(&self) {
        self.engine.begin_to_end();
        if let Err(error) = self.engine.call_last(Engine::suspend).await {
            tracing::debug!(%error, "nothing was left to write back");
        }
        self.engine.stop();
    }

    /// Erases everything of this space from this phone, for good: first the keys, then
    /// the files. It never reaches the partner's phone, which keeps what it has (R15,
    /// R27).
    ///
    /// # Errors
    /// What the disk or the secret store says.
    pub async fn erase_local(self) -> Result<(), Error> {
        self.engine.begin_to_end();
        match self.engine.call_last(Engine::erase).await {
            Ok(()) => self.engine.stop(),
            Err(error) => {
                self.engine.go_on();
                return Err(error);
            }
        }
        Ok(())
    }
}
