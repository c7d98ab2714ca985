//! One person's phone.

use crate::agreements::Agreements;
use crate::check_ins::CheckIns;
use crate::error::AmendsError;
use crate::exchange::{Exchange, ExchangeSettings, address};
use crate::hearing::Hearing;
use crate::host::{HostServices, Mailbox, Shared};
use crate::inner::Inner;
use crate::openness::Openness;
use crate::pairing::Pairing;
use crate::progress::Progress;
use crate::promises::Promises;
use crate::runtime::{Own, Running};
use crate::subscription::{
    AgreementsSubscription, CheckInsSubscription, OpennessSubscription, PromisesSubscription,
    TodaySubscription,
};
use crate::views::{BothLimits, ExportedDocument, Limits, ReminderWishes};
use amends::NextDue;
use amends::SharedItem;
use amends::id::DocId;
use amends::time::Moment;
use amends::{
    BundleOf, BundleSummary, Diagnostics, DoctorReport, Leaving, LogItem, MailboxVisit, SetAside,
    Status, VerifiedLog,
};
use amends::{Code, Invitation};
use amends::{Contact, Feature, SpaceView};
use jiff::civil::Date as LocalDate;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One person's phone: begin here. Make one with `create` when the app is first
/// opened, and `open` it from then on.
///
/// May be used from many threads at once. After `shutdown` every call answers
/// `Closed`.
#[derive(uniffi::Object)]
pub struct Space(Arc<Running>);

/// Makes or opens it on a thread of its own runtime, because that may block.
async fn begin(
    work: impl FnOnce() -> Result<amends::Space, amends::Error> + Send + 'static,
) -> Result<Arc<Space>, AmendsError> {
    let runtime = Own::new()?;
    match runtime.handle().spawn_blocking(work).await {
        Ok(begun) => Ok(Arc::new(Space(Arc::new(Running::new(begun?, runtime))))),
        Err(_) => Err(AmendsError::internal("an internal error was caught")),
    }
}

#[uniffi::export]
impl Space {
    /// Makes a new space in `folder` (made too, if it is not there) for a person who goes
    /// by `name`. The keys are written to the host's secret store before the files.
    ///
    /// # Errors
    /// `Storage` with `Exists` where there is one already; `Refused` for the name; what
    /// the disk or the secret store says.
    #[uniffi::constructor]
    pub async fn create(
        folder: String,
        name: String,
        services: HostServices,
    ) -> Result<Arc<Self>, AmendsError> {
        let folder = PathBuf::from(folder);
        begin(move || amends::Space::create(&folder, &name, services.host())).await
    }

    /// Opens the space in `folder`.
    ///
    /// # Errors
    /// `Storage` with `Missing` where there is none, with `Newer` where a newer version
    /// wrote it; `Locked` without its keys.
    #[uniffi::constructor]
    pub async fn open(folder: String, services: HostServices) -> Result<Arc<Self>, AmendsError> {
        let folder = PathBuf::from(folder);
        begin(move || amends::Space::open(&folder, services.host())).await
    }

    /// What the two agree on.
    pub fn agreements(&self) -> Arc<Agreements> {
        Arc::new(Agreements(self.0.clone()))
    }

    /// Promises and practices.
    pub fn promises(&self) -> Arc<Promises> {
        Arc::new(Promises(self.0.clone()))
    }

    /// What one tells of oneself.
    pub fn openness(&self) -> Arc<Openness> {
        Arc::new(Openness(self.0.clone()))
    }

    /// Private notes.
    pub fn inner(&self) -> Arc<Inner> {
        Arc::new(Inner(self.0.clone()))
    }

    /// Check-ins and intentions.
    pub fn check_ins(&self) -> Arc<CheckIns> {
        Arc::new(CheckIns(self.0.clone()))
    }

    /// Talks and accounts.
    pub fn hearing(&self) -> Arc<Hearing> {
        Arc::new(Hearing(self.0.clone()))
    }

    /// What was done.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::new(Progress(self.0.clone()))
    }

    /// The agreements, and again whenever they change.
    pub fn watch_agreements(&self) -> Arc<AgreementsSubscription> {
        AgreementsSubscription::new(&self.0, self.0.space.subscribe())
    }

    /// The promises, and again whenever they change.
    pub fn watch_promises(&self) -> Arc<PromisesSubscription> {
        PromisesSubscription::new(&self.0, self.0.space.promises().subscribe())
    }

    /// What both tell, and again whenever it changes.
    pub fn watch_openness(&self) -> Arc<OpennessSubscription> {
        OpennessSubscription::new(&self.0, self.0.space.openness().subscribe())
    }

    /// The check-ins, and again whenever they change.
    pub fn watch_check_ins(&self) -> Arc<CheckInsSubscription> {
        CheckInsSubscription::new(&self.0, self.0.space.check_ins().subscribe())
    }

    /// Today, and again whenever it changes.
    pub fn watch_today(&self) -> Arc<TodaySubscription> {
        TodaySubscription::new(&self.0, self.0.space.progress().subscribe())
    }

    /// Now, by this space's clock.
    pub fn now(&self) -> Moment {
        self.0.space.now()
    }

    /// The IANA name of the zone that the person is in, by this space's clock.
    pub fn zone(&self) -> String {
        self.0.space.zone()
    }

    /// Today in that zone.
    pub fn today(&self) -> LocalDate {
        self.0.space.today()
    }

    /// Who the two are and how things stand.
    ///
    /// # Errors
    /// Storage, `Closed`; so for all reading calls here.
    pub async fn status(&self) -> Result<Status, AmendsError> {
        self.0.run(|space| async move { space.status().await }).await
    }

    /// All that I share now or would share, on one page (R8).
    ///
    /// # Errors
    /// `NotPaired`, or as `status`.
    pub async fn what_i_share(&self) -> Result<Vec<SharedItem>, AmendsError> {
        self.0.run(|space| async move { space.what_i_share().await }).await
    }

    /// Ends at once all that binds me to share (R8). It needs nobody's yes, no network, and
    /// always works. Gives back what was shared until now.
    ///
    /// # Errors
    /// `NotPaired`, or as `status`.
    pub async fn stop_all(&self) -> Result<Vec<SharedItem>, AmendsError> {
        self.0.run(|space| async move { space.stop_all().await }).await
    }

    /// What is next for me: three things at most.
    ///
    /// # Errors
    /// `NotPaired`, or as `status`.
    pub async fn next_due(&self) -> Result<Vec<NextDue>, AmendsError> {
        self.0.run(|space| async move { space.next_due().await }).await
    }

    /// Holds all exchange, or releases it. The partner sees what they see when this phone
    /// is offline.
    ///
    /// # Errors
    /// As `status`.
    pub async fn hold_sync(&self, hold: bool) -> Result<(), AmendsError> {
        self.0.run(move |space| async move { space.hold_sync(hold).await }).await
    }

    /// Leaves the pair, for good: with a word to the partner's phone, or in silence.
    ///
    /// # Errors
    /// `NotPaired`, `PairLeft`, or as `status`.
    pub async fn leave(&self, how: Leaving) -> Result<(), AmendsError> {
        self.0.run(move |space| async move { space.leave(how).await }).await
    }

    /// The wishes for reminders. They never leave this phone.
    ///
    /// # Errors
    /// As `status`.
    pub async fn wishes(&self) -> Result<ReminderWishes, AmendsError> {
        self.0.run(|space| async move { Ok(space.wishes().await?.into()) }).await
    }

    /// Sets the wishes for reminders.
    ///
    /// # Errors
    /// `Invalid` for a time that is none; or as `status`.
    pub async fn set_wishes(&self, wishes: ReminderWishes) -> Result<(), AmendsError> {
        self.0.run(move |space| async move { space.set_wishes(wishes.into()).await }).await
    }

    /// My limits, and the ones that hold: of both votes the most protective.
    ///
    /// # Errors
    /// `NotPaired`, or as `status`.
    pub async fn limits(&self) -> Result<BothLimits, AmendsError> {
        self.0.run(|space| async move { Ok(both(space.limits().await?)) }).await
    }

    /// Sets my vote. A shorter retention deletes older words on both phones; what is
    /// switched off stays readable.
    ///
    /// # Errors
    /// `PairLeft`, or as `limits`.
    pub async fn set_limits(
        &self,
        retention_days: Option<u16>,
        off: Vec<Feature>,
    ) -> Result<BothLimits, AmendsError> {
        let off = off.into_iter().collect();
        self.0
            .run(move |space| async move { Ok(both(space.set_limits(retention_days, off).await?)) })
            .await
    }

    /// The space for oneself that one of the two has taken, if any.
    ///
    /// # Errors
    /// `NotPaired`, or as `status`.
    pub async fn space_now(&self) -> Result<Option<SpaceView>, AmendsError> {
        self.0.run(|space| async move { space.space_now().await }).await
    }

    /// Takes space for oneself, until a moment or without an end.
    ///
    /// # Errors
    /// A refusal for the time; `NotPaired`, `PairLeft`, or as `status`.
    #[uniffi::method(default(until = None))]
    pub async fn begin_space(
        &self,
        contact: Contact,
        until: Option<Moment>,
    ) -> Result<Option<SpaceView>, AmendsError> {
        self.0.run(move |space| async move { space.begin_space(until, contact).await }).await
    }

    /// Ends the space that I have taken.
    ///
    /// # Errors
    /// `NotPaired`, or as `status`.
    pub async fn end_space(&self) -> Result<Option<SpaceView>, AmendsError> {
        self.0.run(|space| async move { space.end_space().await }).await
    }

    /// Shows a code for the other phone, two minutes at most, listening at `listen`
    /// (`0.0.0.0:0` for any address and a free port).
    ///
    /// # Errors
    /// `AlreadyPaired`; `Link` with `Listen`; `Invalid` for the address.
    pub async fn pair_show(&self, listen: String) -> Result<Arc<Pairing>, AmendsError> {
        let listen = address(&listen)?;
        let core = self.0.run(move |space| async move { space.pair_show(listen).await }).await?;
        Ok(Pairing::new(core, &self.0))
    }

    /// The partner has a new phone: shows a code for it, two minutes at most.
    ///
    /// # Errors
    /// `NotPaired`, `PairLeft`, `NotYetWhole`; `Link` with `Listen`; `Invalid` for the
    /// address.
    pub async fn pair_replace(&self, listen: String) -> Result<Arc<Pairing>, AmendsError> {
        let listen = address(&listen)?;
        let core = self.0.run(move |space| async move { space.pair_replace(listen).await }).await?;
        Ok(Pairing::new(core, &self.0))
    }

    /// Joins the phone at `peer` (`host:port`) by the code that it shows.
    ///
    /// # Errors
    /// `AlreadyPaired`; `Pairing` with `CodeMistyped`; `Link`.
    pub async fn pair_join(&self, code: String, peer: String) -> Result<Arc<Pairing>, AmendsError> {
        let code = Code::parse(&code).map_err(amends::Error::from)?;
        let core = self.0.run(move |space| async move { space.pair_join(&code, &peer).await });
        Ok(Pairing::new(core.await?, &self.0))
    }

    /// Joins by the text of a scanned QR code, at `peer` or where the code says.
    ///
    /// # Errors
    /// `AlreadyPaired`; `Pairing` with `QrUnreadable` or `Expired`; `Link`.
    #[uniffi::method(default(peer = None))]
    pub async fn pair_scan(
        &self,
        text: String,
        peer: Option<String>,
    ) -> Result<Arc<Pairing>, AmendsError> {
        let invitation = Invitation::parse(&text).map_err(amends::Error::from)?;
        let core = self
            .0
            .run(move |space| async move { space.pair_scan(&invitation, peer.as_deref()).await });
        Ok(Pairing::new(core.await?, &self.0))
    }

    /// Exchanges with the other phone in the background, through sleep and changes of
    /// network. Keep the answer: when nobody holds it any more, the exchange ends.
    ///
    /// # Errors
    /// `NotPaired`, `PairLeft`, `SyncHeld`; `Link` with `Listen`; `Invalid`.
    pub async fn exchange(&self, settings: ExchangeSettings) -> Result<Arc<Exchange>, AmendsError> {
        let options = settings.options()?;
        let core = self.0.run(move |space| async move { space.exchange(options).await }).await?;
        Ok(Exchange::new(core, &self.0))
    }

    /// The way to the network has changed: another Wi-Fi, another address.
    pub fn network_changed(&self) {
        self.0.space.network_changed();
    }

    /// This phone's own troubles with the network. Of the partner's phone it says nothing
    /// (R11).
    pub fn diagnostics(&self) -> Diagnostics {
        self.0.space.diagnostics()
    }

    /// Closes sockets and files: before the phone sleeps or the app loses its files. Until
    /// `resume` every call answers `Locked`.
    ///
    /// # Errors
    /// As `status`.
    pub async fn suspend(&self) -> Result<(), AmendsError> {
        self.0.run(|space| async move { space.suspend().await }).await
    }

    /// Opens them again.
    ///
    /// # Errors
    /// As `status`.
    pub async fn resume(&self) -> Result<(), AmendsError> {
        self.0.run(|space| async move { space.resume().await }).await
    }

    /// Writes a bundle, to be carried to the other phone by any means. Only the other
    /// phone can read it.
    ///
    /// # Errors
    /// `NotPaired`, `PairLeft`, or as `status`.
    pub async fn write_bundle(
        &self,
        path: String,
        of: BundleOf,
    ) -> Result<BundleSummary, AmendsError> {
        self.0.run(move |space| async move { space.write_bundle(Path::new(&path), of).await }).await
    }

    /// Reads a bundle of the other phone. Reading it twice changes nothing.
    ///
    /// # Errors
    /// `Link`; `NotPaired`, `PairLeft`, or as `status`.
    pub async fn read_bundle(&self, path: String) -> Result<BundleSummary, AmendsError> {
        self.0.run(move |space| async move { space.read_bundle(Path::new(&path)).await }).await
    }

    /// Visits the shared place once: takes what is there, puts what is new.
    ///
    /// # Errors
    /// `Link` with `Mailbox`; `NotPaired`, `PairLeft`, or as `status`.
    pub async fn visit_mailbox(
        &self,
        mailbox: Arc<dyn Mailbox>,
    ) -> Result<MailboxVisit, AmendsError> {
        let mailbox = Arc::new(Shared(mailbox));
        self.0.run(move |space| async move { space.visit_mailbox(mailbox).await }).await
    }

    /// Entries of mine that a set-back disk or a replaced phone has set aside.
    ///
    /// # Errors
    /// As `status`.
    pub async fn set_aside(&self) -> Result<Vec<SetAside>, AmendsError> {
        self.0.run(|space| async move { space.set_aside().await }).await
    }

    /// Says again what was set aside under this number.
    ///
    /// # Errors
    /// What the rules say of it now; `NotFound`, or as `status`.
    pub async fn say_again(&self, number: u64) -> Result<(), AmendsError> {
        self.0.run(move |space| async move { space.say_again(number).await }).await
    }

    /// Lets go of what was set aside under this number, for good.
    ///
    /// # Errors
    /// `NotFound`, or as `status`.
    pub async fn let_go(&self, number: u64) -> Result<(), AmendsError> {
        self.0.run(move |space| async move { space.let_go(number).await }).await
    }

    /// Checks everything from scratch: logs, documents, views.
    ///
    /// # Errors
    /// As `status`.
    pub async fn doctor(&self) -> Result<DoctorReport, AmendsError> {
        self.0.run(|space| async move { space.doctor().await }).await
    }

    /// Makes anew what follows from the logs.
    ///
    /// # Errors
    /// As `status`.
    pub async fn rebuild(&self) -> Result<(), AmendsError> {
        self.0.run(|space| async move { space.rebuild().await }).await
    }

    /// Recomputes the logs from their first entry on, and says their heads.
    ///
    /// # Errors
    /// `NotPaired`, or as `status`.
    pub async fn verify_logs(&self) -> Result<Vec<VerifiedLog>, AmendsError> {
        self.0.run(|space| async move { space.verify_logs().await }).await
    }

    /// The entries of the logs.
    ///
    /// # Errors
    /// `NotPaired`, or as `status`.
    pub async fn log_items(&self) -> Result<Vec<LogItem>, AmendsError> {
        self.0.run(|space| async move { space.log_items().await }).await
    }

    /// A document as Automerge saves it.
    ///
    /// # Errors
    /// `NotFound`, or as `status`.
    pub async fn export_document(&self, id: DocId) -> Result<ExportedDocument, AmendsError> {
        self.0.run(move |space| async move { Ok(space.export_document(id).await?.into()) }).await
    }

    /// Ends it: files are closed, and every call from now on answers `Closed`.
    ///
    /// # Errors
    /// `Internal` only.
    pub async fn shutdown(&self) -> Result<(), AmendsError> {
        self.0
            .run(|space| async move {
                space.shutdown().await;
                Ok(())
            })
            .await
    }

    /// Erases everything of this space from this phone: keys first, then files. The
    /// partner's phone keeps what it has.
    ///
    /// # Errors
    /// What the disk or the secret store says.
    pub async fn erase_local(&self) -> Result<(), AmendsError> {
        self.0.run(|space| async move { space.erase_local().await }).await
    }
}

fn both((held, mine): (amends::PairLimits, amends::PairLimits)) -> BothLimits {
    BothLimits { mine: Limits::from(mine), held: Limits::from(held) }
}

/// The version of the library.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
