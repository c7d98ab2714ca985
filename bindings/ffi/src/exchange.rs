//! Exchange with the other phone.

use crate::error::AmendsError;
use crate::host::{Discovery, Finder, Mailbox, Shared};
use crate::runtime::Running;
use crate::subscription::CatchUpSubscription;
use amends::{Exchange as Core, ExchangeOptions};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Where to listen, whom to dial, and how to find the other phone.
#[derive(uniffi::Record)]
pub struct ExchangeSettings {
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
    /// End as soon as both are in step, or fail after so many seconds. Without it the
    /// exchange goes on until it is stopped.
    #[uniffi(default = None)]
    pub once_within_seconds: Option<u32>,
}

impl ExchangeSettings {
    pub(crate) fn options(self) -> Result<ExchangeOptions, AmendsError> {
        Ok(ExchangeOptions {
            listen: self.listen.as_deref().map(address).transpose()?,
            peers: self.peers,
            discovery: self.discovery.map(|given| Arc::new(Finder(given)) as _),
            mailbox: self.mailbox.map(|given| Arc::new(Shared(given)) as _),
            once: self.once_within_seconds.map(|seconds| Duration::from_secs(seconds.into())),
        })
    }
}

/// An address to listen on.
pub(crate) fn address(text: &str) -> Result<std::net::SocketAddr, AmendsError> {
    text.parse().map_err(|_| {
        AmendsError::invalid("an address to listen on looks like 0.0.0.0:0 or [::]:4444")
    })
}

/// An exchange in the background.
#[derive(uniffi::Object)]
pub struct Exchange {
    stop: watch::Sender<bool>,
    address: watch::Receiver<Option<std::net::SocketAddr>>,
    catch_up: watch::Receiver<Option<amends::CatchUp>>,
    outcome: watch::Receiver<Option<Result<(), AmendsError>>>,
    // The exchange outlives the object of its space.
    running: Arc<Running>,
}

impl Exchange {
    pub(crate) fn new(mut core: Core, running: &Arc<Running>) -> Arc<Self> {
        let (stop, mut stopped) = watch::channel(false);
        let (end, outcome) = watch::channel(None);
        let (address, catch_up) = (core.addresses(), core.catch_up());
        // It says goodbye and takes its announcement back, whoever goes away meanwhile.
        let keep = running.clone();
        running.handle().spawn(async move {
            // It ends when nobody holds its object any more, too.
            let result = tokio::select! {
                result = core.finished() => result,
                () = async { drop(stopped.wait_for(|stop| *stop).await) } => {
                    core.stop();
                    core.finished().await
                }
            };
            end.send_replace(Some(result.map_err(AmendsError::from)));
            drop(keep);
        });
        Arc::new(Self { stop, address, catch_up, outcome, running: running.clone() })
    }
}

#[uniffi::export]
impl Exchange {
    /// The address that is listened on now.
    pub fn address(&self) -> Option<String> {
        self.address.borrow().map(|address| address.to_string())
    }

    /// How far a long catch-up is.
    pub fn catch_up(&self) -> Arc<CatchUpSubscription> {
        CatchUpSubscription::new(&self.running, self.catch_up.clone())
    }

    /// Ends it, with a goodbye to the other phone.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// `Closed` where the space was shut down; for an exchange of once: why the two did not
    /// come in step.
    pub async fn finished(&self) -> Result<(), AmendsError> {
        match self.outcome.clone().wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Ok(())),
            Err(_) => Err(amends::Error::Closed.into()),
        }
    }
}
