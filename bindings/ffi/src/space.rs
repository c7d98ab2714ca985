//! One person's phone.

use crate::error::AmendsError;
use crate::exchange::{Exchange, ExchangeSettings, address};
use crate::host::{HostServices, Mailbox, Shared};
use crate::pairing::Pairing;
use crate::runtime::{Own, Running};
use crate::subscription::{
    AgreementsSubscription, CheckInsSubscription, OpennessSubscription, PromisesSubscription,
    TodaySubscription,
};
// The wishes have another form here, by the name that core gives them.
use crate::views::{BothLimits, ExportedDocument, ReminderWishes as Wishes};
use amends::NextDue;
use amends::SharedItem;
use amends::id::DocId;
use amends::time::Moment;
use amends::{
    BackupKey, BackupOpener, BackupSummary, BundleOf, BundleSummary, Diagnostics, DoctorReport,
    Leaving, LogItem, MailboxVisit, SetAside, Status, VerifiedLog,
};
use amends::{Code, Invitation};
use amends::{Contact, Feature, SpaceView};
use std::path::PathBuf;
use std::sync::Arc;

/// One person's phone: begin here. Make one with `create` when the app is first
/// opened, and `open` it from then on.
///
/// May be used from many threads at once. After `shutdown` every call answers
/// `Closed`.
#[derive(uniffi::Object)]
pub struct Space(pub(crate) Arc<Running>);

/// Makes or opens it on a thread of its own runtime, because that may block.
async fn begin(
    work: impl FnOnce() -> Result<amends::Space, amends::Error> + Send + 'static,
) -> Result<Arc<Space>, AmendsError> {
    let runtime = Own::new()?;
    let begun = on_a_thread(&runtime, work).await?;
    Ok(Arc::new(Space(Arc::new(Running::new(begun, runtime)))))
}

async fn on_a_thread<T: Send + 'static>(
    runtime: &Own,
    work: impl FnOnce() -> Result<T, amends::Error> + Send + 'static,
) -> Result<T, AmendsError> {
    match runtime.handle().spawn_blocking(work).await {
        Ok(done) => Ok(done?),
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
    /// `Storage` with `Missing` where there is none, `NeedsUpdate` where a newer version
    /// wrote it, `Locked` without its keys.
    #[uniffi::constructor]
    pub async fn open(folder: String, services: HostServices) -> Result<Arc<Self>, AmendsError> {
        let folder = PathBuf::from(folder);
        begin(move || amends::Space::open(&folder, services.host())).await
    }

    /// Makes a space in `folder` of a backup, in place of a phone that was lost. Until the two
    /// are paired again, in person (`pair_replace` on the other phone, `pair_join` here), it shows
    /// what it holds and exchanges nothing, and nothing that was in force counts on its side.
    ///
    /// # Errors
    /// `Storage` with `Exists` where there is a space already, or with `Damaged` for what is no
    /// whole backup; `Refused` with `BackupNotOpened`, `BackupWantsPassphrase`, `BackupWantsKey` or
    /// `BackupKeyInvalid` where `opener` does not open it; `NeedsUpdate` for that of a newer
    /// version; what the disk or the secret store says.
    #[uniffi::constructor]
    pub async fn restore(
        folder: String,
        file: String,
        opener: BackupOpener,
        services: HostServices,
    ) -> Result<Arc<Self>, AmendsError> {
        let (folder, file) = (PathBuf::from(folder), PathBuf::from(file));
        begin(move || amends::Space::restore(&folder, &file, &opener, services.host())).await
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

    /// What each of the two has voted: for how long words are kept, and what one takes no
    /// part in.
    ///
    /// # Errors
    /// `NotPaired`, or as `status`.
    pub async fn limits(&self) -> Result<BothLimits, AmendsError> {
        self.0.run(|space| async move { Ok(space.limits().await?.into()) }).await
    }

    /// Sets my vote. Shorter keeping reaches my words on both phones, and my partner's words
    /// on this one, never theirs on theirs. In what I take no part I write nothing; my partner
    /// goes on for themselves.
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
            .run(
                move |space| async move { Ok(space.set_limits(retention_days, off).await?.into()) },
            )
            .await
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
}

amends::space_calls!(Space, |space| space);
amends::settings_calls!(Space, |space| space);
amends::network_calls!(Space, |space| space);
amends::recovery_calls!(Space, |space| space);
amends::backup_calls!(Space, |space| space);

/// Reads a backup to its end, and says what it holds: it opens, and nothing of it is missing or
/// changed.
///
/// # Errors
/// As `restore`, but for what is written.
#[uniffi::export]
pub async fn check_backup(
    file: String,
    opener: BackupOpener,
) -> Result<BackupSummary, AmendsError> {
    let file = PathBuf::from(file);
    on_a_thread(&Own::new()?, move || amends::Space::check_backup(&file, &opener)).await
}

/// The version of the library.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
