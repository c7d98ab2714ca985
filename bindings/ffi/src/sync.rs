//! Exchange with the other phone: it belongs to its space, and no object that an app may lose
//! keeps it alive or ends it.

use crate::error::{AmendsError, ArgumentKind};
use crate::host::{Discovery, Finder, Mailbox, Shared};
use crate::runtime::Running;
use crate::space::Space;
use crate::subscription::DiagnosticsSubscription;
use amends::{Exchange, ExchangeOptions};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Where to listen, whom to dial, and how to find the other phone.
#[derive(uniffi::Record)]
pub struct SyncOptions {
    /// The address to listen on, `0.0.0.0:0` for a free port on all. With `discovery` and
    /// none given that is what happens.
    #[uniffi(default = None)]
    pub listen: Option<String>,
    /// Addresses of the other phone, `host:port`. Hints only: the handshake decides.
    #[uniffi(default = [])]
    pub peers: Vec<String>,
    /// Announces this phone and finds the other one.
    #[uniffi(default = None)]
    pub discovery: Option<Arc<dyn Discovery>>,
    /// A place that both phones reach, for when they share no network.
    #[uniffi(default = None)]
    pub mailbox: Option<Arc<dyn Mailbox>>,
}

impl SyncOptions {
    fn read(self, once: Option<Duration>) -> Result<ExchangeOptions, AmendsError> {
        if self.listen.is_none()
            && self.peers.is_empty()
            && self.discovery.is_none()
            && self.mailbox.is_none()
        {
            let what = "say where to listen, whom to dial, or how to find the other phone";
            return Err(AmendsError::invalid(ArgumentKind::Address, what));
        }
        self.peers.iter().try_for_each(|peer| place(peer))?;
        Ok(ExchangeOptions {
            listen: self.listen.as_deref().map(address).transpose()?,
            peers: self.peers,
            discovery: self.discovery.map(|given| Arc::new(Finder(given)) as _),
            mailbox: self.mailbox.map(|given| Arc::new(Shared(given)) as _),
            once,
        })
    }
}

/// An address to listen on.
pub(crate) fn address(text: &str) -> Result<std::net::SocketAddr, AmendsError> {
    text.parse().map_err(|_| {
        let what = "an address to listen on looks like 0.0.0.0:0 or [::]:4444";
        AmendsError::invalid(ArgumentKind::Address, what)
    })
}

/// An address to dial: a name or a number, and a port.
pub(crate) fn place(text: &str) -> Result<(), AmendsError> {
    let parts = text
        .rsplit_once(':')
        .filter(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0));
    let what = "the address of the other phone looks like 192.168.0.7:4444 or [fe80::1]:4444";
    parts.map(drop).ok_or_else(|| AmendsError::invalid(ArgumentKind::Address, what))
}

/// The exchanges of one space.
#[derive(Default)]
pub(crate) struct Syncing {
    /// Counted up to end all that run.
    stopped: watch::Sender<u64>,
    /// How many run.
    running: watch::Sender<usize>,
    /// Whether the one that goes on by itself runs; held while it is begun.
    goes_on: tokio::sync::Mutex<()>,
    ended: Mutex<Option<watch::Receiver<bool>>>,
}

impl Syncing {
    fn ended(&self) -> MutexGuard<'_, Option<watch::Receiver<bool>>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn runs(&self) -> bool {
        self.ended().as_ref().is_some_and(|ended| !*ended.borrow() && ended.has_changed().is_ok())
    }
}

/// Runs to its end, or until it is stopped; whoever goes away meanwhile, it says goodbye and
/// takes its announcement back.
async fn follow(
    mut exchange: Exchange,
    mut stopped: watch::Receiver<u64>,
    syncing: &Syncing,
) -> Result<(), amends::Error> {
    syncing.running.send_modify(|running| *running += 1);
    let result = tokio::select! {
        result = exchange.finished() => result,
        _ = stopped.changed() => {
            exchange.stop();
            drop(exchange.finished().await);
            Err(amends::LinkError::Lost("the exchange was stopped".to_owned()).into())
        }
    };
    syncing.running.send_modify(|running| *running -= 1);
    result
}

/// Begins what goes on by itself, unless it does already.
async fn start(running: &Arc<Running>, options: ExchangeOptions) -> Result<(), amends::Error> {
    let syncing = &running.syncing;
    let _begins = syncing.goes_on.lock().await;
    if running.space.is_closed() {
        return Err(amends::Error::Closed);
    }
    if syncing.runs() {
        return Ok(());
    }
    let stopped = syncing.stopped.subscribe();
    let exchange = running.space.exchange(options).await?;
    let (end, ended) = watch::channel(false);
    *syncing.ended() = Some(ended);
    let keep = running.clone();
    running.handle().spawn(async move {
        if let Err(error) = follow(exchange, stopped, &keep.syncing).await {
            tracing::debug!(%error, "the exchange has ended");
        }
        end.send_replace(true);
        drop(keep);
    });
    Ok(())
}

#[uniffi::export]
impl Space {
    /// Exchanges with the other phone in the background, through sleep, changes of network and
    /// lost connections, until `stop_sync`, or until the space is shut down or erased. It belongs
    /// to the space: no object of it has to be kept. Where it runs already nothing happens: to
    /// run it with other options, stop it first. What it does and what troubles it says
    /// `watch_diagnostics`.
    ///
    /// # Errors
    /// `Refused` with `NotPaired`, `PairLeft` or `SyncHeld`; `Link` with `Listen`; `Invalid` for
    /// an address.
    pub async fn start_sync(&self, options: SyncOptions) -> Result<(), AmendsError> {
        let options = options.read(None)?;
        let running = self.0.clone();
        self.0.run(move |_| async move { start(&running, options).await }).await
    }

    /// Ends every exchange, with a goodbye to the other phone, and waits for that. Where none
    /// runs nothing happens.
    ///
    /// # Errors
    /// None but `Internal`.
    pub async fn stop_sync(&self) -> Result<(), AmendsError> {
        let running = self.0.clone();
        let stop = async move {
            // One that is being begun is ended too.
            let _begins = running.syncing.goes_on.lock().await;
            running.syncing.stopped.send_modify(|times| *times += 1);
            let ended = running.syncing.ended().clone();
            if let Some(mut ended) = ended {
                drop(ended.wait_for(|ended| *ended).await);
            }
            let mut left = running.syncing.running.subscribe();
            drop(left.wait_for(|running| *running == 0).await);
            Ok(())
        };
        self.0.run(move |_| stop).await
    }

    /// Exchanges until both phones are in step, and then ends. Who waits for it and goes away ends
    /// nothing: it goes on for so many seconds at most, or until `stop_sync`.
    ///
    /// # Errors
    /// As `start_sync`; `Link` with `Nobody` where the two did not meet within so many seconds,
    /// with `Lost` where it was stopped, or with what kept them from coming in step.
    pub async fn sync_once(
        &self,
        options: SyncOptions,
        within_seconds: u32,
    ) -> Result<(), AmendsError> {
        let options = options.read(Some(Duration::from_secs(within_seconds.into())))?;
        let stopped = self.0.syncing.stopped.subscribe();
        let running = self.0.clone();
        let once = |space: amends::Space| async move {
            follow(space.exchange(options).await?, stopped, &running.syncing).await
        };
        self.0.run(once).await
    }

    /// How the exchange of this phone stands and what troubles it, and again whenever that
    /// changes. Of the partner's phone it says nothing (R11).
    pub fn watch_diagnostics(&self) -> Arc<DiagnosticsSubscription> {
        let diagnostics = self.0.space.watch_diagnostics();
        DiagnosticsSubscription::new(self, diagnostics.into())
    }
}
