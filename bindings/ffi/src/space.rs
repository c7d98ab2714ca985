//! One person's phone.

use crate::error::AmendsError;
use crate::host::{HostServices, Mailbox, Shared};
use crate::pairing::Pairing;
use crate::runtime::{Own, Running};
use crate::sync::{address, place};
use amends::foreign::absolute;
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
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::runtime::Handle;
use tokio::sync::watch;

/// One person's phone: begin here. Make one with `create` when the app is first
/// opened, and `open` it from then on.
///
/// May be used from many threads at once. After `shutdown` every call answers `Closed`.
///
/// Letting the object go, or closing it, ends what was subscribed of it, and nothing else: an
/// exchange or a pairing goes on, and `open` finds the same space again.
#[derive(uniffi::Object)]
pub struct Space(pub(crate) Arc<Running>, pub(crate) watch::Sender<()>);

/// The spaces that are open in this process, by their folders: two objects of one folder are one
/// space, which writes once and is shut down and erased once.
static OPEN: Mutex<BTreeMap<PathBuf, Slot>> = Mutex::new(BTreeMap::new());

type Slot = Arc<Mutex<Weak<Running>>>;

/// A folder by one name, also one that is yet to be made.
fn one_name(folder: &Path) -> PathBuf {
    let found = folder.ancestors().find_map(|there| {
        let rest = folder.strip_prefix(there).ok()?;
        Some(there.canonicalize().ok()?.join(rest))
    });
    found.unwrap_or_else(|| folder.to_owned())
}

/// Where a space of this folder is noted. Of those that nobody holds any more none is kept.
fn slot(folder: &Path) -> Slot {
    let folder = one_name(folder);
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.retain(|_, slot| {
        let held = || slot.lock().unwrap_or_else(PoisonError::into_inner).strong_count() > 0;
        Arc::strong_count(slot) > 1 || held()
    });
    open.entry(folder).or_default().clone()
}

/// How a space of a folder is begun.
type Begin = Box<dyn FnOnce(&Path, amends::Host) -> Result<amends::Space, amends::Error> + Send>;

/// Makes or opens one on a thread of its own runtime, because that may block.
async fn begin(
    folder: String,
    services: HostServices,
    opens: bool,
    work: Begin,
) -> Result<Arc<Space>, AmendsError> {
    let folder = absolute(folder)?;
    let runtime = Own::new()?;
    let handle = runtime.handle().clone();
    let begun = handle.spawn_blocking(move || -> Result<Arc<Running>, AmendsError> {
        let services = services.checked()?;
        let open = slot(&folder);
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = open.upgrade().filter(|_| opens) {
            if !running.space.is_closed() {
                return Ok(running);
            }
            // What ends is let come to its end: its files are to be opened anew.
            Handle::current().block_on(running.space.closed());
        }
        let space = work(&folder, services.host())?;
        let running = Arc::new(Running::new(space, runtime));
        *open = Arc::downgrade(&running);
        Ok(running)
    });
    let running = begun.await.map_err(|_| AmendsError::internal("it panicked"))??;
    Ok(Arc::new(Space(running, watch::Sender::new(()))))
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
        let create = move |folder: &Path, host| amends::Space::create(folder, &name, host);
        begin(folder, services, false, Box::new(create)).await
    }

    /// Opens the space in `folder`. Where it is open in this process already, it is the same one:
    /// what was lent then goes on to be used, and `shutdown` ends it for whoever holds it.
    ///
    /// # Errors
    /// `Storage` with `Missing` where there is none, `NeedsUpdate` where a newer version
    /// wrote it, `Locked` while its keys are not to be had, `KeysMissing` where they are gone,
    /// `Invalid` for a folder that is not named from the root on.
    #[uniffi::constructor]
    pub async fn open(folder: String, services: HostServices) -> Result<Arc<Self>, AmendsError> {
        begin(folder, services, true, Box::new(amends::Space::open)).await
    }

    /// Opens the space in `folder`, or makes one for a person who goes by `name` where there is
    /// none yet: the way to begin an app. The name of a space that is there stays as it is.
    ///
    /// # Errors
    /// As `open` and `create`.
    #[uniffi::constructor]
    pub async fn open_or_create(
        folder: String,
        name: String,
        services: HostServices,
    ) -> Result<Arc<Self>, AmendsError> {
        let begun = move |folder: &Path, host: amends::Host| match amends::Space::open(
            folder,
            host.clone(),
        ) {
            Err(amends::Error::Storage(amends::StorageError::Missing)) => {
                amends::Space::create(folder, &name, host)
            }
            opened => opened,
        };
        begin(folder, services, true, Box::new(begun)).await
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
        let file = absolute(file)?;
        let restore =
            move |folder: &Path, host| amends::Space::restore(folder, &file, &opener, host);
        begin(folder, services, false, Box::new(restore)).await
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
    #[uniffi::method(default(listen = "0.0.0.0:0"))]
    pub async fn pair_show(&self, listen: String) -> Result<Arc<Pairing>, AmendsError> {
        let listen = address(&listen)?;
        Pairing::end_before(&self.0).await;
        let core = self.0.run(move |space| async move { space.pair_show(listen).await }).await?;
        Ok(Pairing::begin(core, &self.0))
    }

    /// The partner has a new phone: shows a code for it, two minutes at most.
    ///
    /// # Errors
    /// `NotPaired`, `PairLeft`, `NotYetWhole`; `Link` with `Listen`; `Invalid` for the
    /// address.
    #[uniffi::method(default(listen = "0.0.0.0:0"))]
    pub async fn pair_replace(&self, listen: String) -> Result<Arc<Pairing>, AmendsError> {
        let listen = address(&listen)?;
        Pairing::end_before(&self.0).await;
        let core = self.0.run(move |space| async move { space.pair_replace(listen).await }).await?;
        Ok(Pairing::begin(core, &self.0))
    }

    /// Joins the phone at `peer` (`host:port`) by the code that it shows.
    ///
    /// # Errors
    /// `AlreadyPaired`; `Pairing` with `CodeMistyped`; `Link`.
    pub async fn pair_join(&self, code: String, peer: String) -> Result<Arc<Pairing>, AmendsError> {
        let code = Code::parse(&code).map_err(amends::Error::from)?;
        place(&peer)?;
        Pairing::end_before(&self.0).await;
        let core = self.0.run(move |space| async move { space.pair_join(&code, &peer).await });
        Ok(Pairing::begin(core.await?, &self.0))
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
        peer.as_deref().map(place).transpose()?;
        Pairing::end_before(&self.0).await;
        let core = self
            .0
            .run(move |space| async move { space.pair_scan(&invitation, peer.as_deref()).await });
        Ok(Pairing::begin(core.await?, &self.0))
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
    let file = absolute(file)?;
    let check = move || amends::Space::check_backup(&file, &opener);
    let checked = Own::new()?.handle().spawn_blocking(check).await;
    Ok(checked.map_err(|_| AmendsError::internal("it panicked"))??)
}

/// The version of the library.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
