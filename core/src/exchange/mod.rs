//! Exchange with the other phone as an app sees it: begun once, and then in the
//! background through changes of network and sleep.

mod bundle;
mod lifecycle;
mod links;
mod mailbox;
mod outbox;
mod pairing;
mod search;

pub use bundle::{BundleOf, BundleSummary};
pub(crate) use lifecycle::Lifecycle;
pub use lifecycle::{Diagnostics, Trouble, TroubleOf};
pub use mailbox::MailboxVisit;
pub use pairing::{Asked, Pairing};

use crate::engine::{Changes, Engine, Handle};
use crate::error::Error;
use crate::host::random;
use crate::net::LinkError;
use crate::net::{Announcer, Discovery, Listener, Mailbox, Registry};
use crate::sync::Epoch;
use crate::time::Moment;
use lifecycle::{Open, Runs};
use links::{Event, Links, Strangers, accept, dial, late, stopped};
use mailbox::post;
use search::search;
use serde::Serialize;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};

/// How long links are given to say goodbye.
pub(super) const GOODBYE: Duration = Duration::from_secs(2);
/// The same where the way to the other phone is gone.
pub(super) const GONE: Duration = Duration::from_millis(200);
/// Waits before listening or looking is tried again.
pub(super) const AGAIN: Duration = Duration::from_secs(5);
/// In an exchange of once, how long the other phone may take to put right what is
/// wrong with its log.
const STUCK: Duration = Duration::from_secs(5);
/// Fewer entries than these are no long catch-up.
const LONG: u64 = 1_000;

/// Where to listen, whom to dial, and how to find the other phone.
#[derive(Clone, Default)]
pub struct ExchangeOptions {
    /// The address to listen on; port 0 takes a free one. With `discovery` and
    /// none given: all addresses, a free port.
    pub listen: Option<SocketAddr>,
    /// Addresses of the other phone, `host:port`. Hints only: the handshake decides.
    pub peers: Vec<String>,
    /// Announces this phone on the network and finds the other one.
    pub discovery: Option<Arc<dyn Discovery>>,
    /// A place that both phones reach, for when they share no network.
    pub mailbox: Option<Arc<dyn Mailbox>>,
    /// End as soon as both are in step, or fail after this time. Without it the
    /// exchange goes on until it is stopped.
    pub once: Option<Duration>,
}

/// How far a long catch-up is, in entries of both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct CatchUp {
    /// Exchanged so far.
    pub done: u64,
    /// In all.
    pub of: u64,
}

/// An exchange with the other phone, running in the background.
pub struct Exchange {
    address: watch::Receiver<Option<SocketAddr>>,
    catch_up: watch::Receiver<Option<CatchUp>>,
    stop: watch::Sender<bool>,
    outcome: JoinHandle<Result<(), Error>>,
}

impl Exchange {
    /// The address that is listened on now.
    pub fn address(&self) -> Option<SocketAddr> {
        *self.address.borrow()
    }

    /// The same, to be looked at later, or waited for.
    pub fn addresses(&self) -> watch::Receiver<Option<SocketAddr>> {
        self.address.clone()
    }

    /// How far a long catch-up is: `None` while there is none. Of fewer than
    /// 1,000 entries nothing is said: it would tell that the other phone is near
    /// (R11).
    pub fn catch_up(&self) -> watch::Receiver<Option<CatchUp>> {
        self.catch_up.clone()
    }

    /// Ends it, with a goodbye to the other phone.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// [`Error::Closed`] where the space was shut down; for an exchange of once: why the
    /// two did not come in step.
    pub async fn finished(&mut self) -> Result<(), Error> {
        (&mut self.outcome).await.unwrap_or(Err(Error::Closed))
    }
}

/// One phone, as what exchanges with the other one needs it.
#[derive(Clone)]
pub(crate) struct Phone {
    engine: Handle,
    epoch: Epoch,
    pub(crate) lifecycle: Arc<Lifecycle>,
}

impl Phone {
    pub(crate) fn new(engine: Handle) -> Result<Self, Error> {
        let epoch = random(engine.host.entropy.as_ref())?;
        Ok(Self { engine, epoch, lifecycle: Arc::default() })
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.engine.ask(work).await
    }

    fn now(&self) -> Moment {
        self.engine.now()
    }

    fn changes(&self) -> watch::Receiver<Changes> {
        self.engine.changes()
    }
}

impl Phone {
    /// See [`crate::Space::exchange`].
    pub(crate) async fn exchange(&self, options: ExchangeOptions) -> Result<Exchange, Error> {
        self.ask(Engine::link_keys).await?;
        let listener = match (options.listen, &options.discovery) {
            (Some(address), _) => Some(listen(address).await?),
            (None, Some(_)) => Some(listen_anywhere().await?),
            (None, None) => None,
        };
        let (stop, stopped) = watch::channel(false);
        let run = Run::new(self.clone(), options, listener.as_ref(), stopped);
        let (address, catch_up) = (run.address.subscribe(), run.catch_up.subscribe());
        // Who has begun it finds where it listens.
        run.listens();
        Ok(Exchange { address, catch_up, stop, outcome: tokio::spawn(run.run(listener)) })
    }

    /// The exchange that proves a pairing, with a listener that is there already.
    pub(super) async fn exchange_once(
        &self,
        listener: Option<Listener>,
        peers: Vec<String>,
        within: Duration,
    ) -> Result<(), Error> {
        let options = ExchangeOptions { peers, once: Some(within), ..ExchangeOptions::default() };
        let (_running, stop) = watch::channel(false);
        Run::new(self.clone(), options, listener.as_ref(), stop).run(listener).await
    }
}

pub(super) async fn listen(address: SocketAddr) -> Result<Listener, Error> {
    Listener::bind(address)
        .await
        .map_err(|error| LinkError::Listen(address.to_string(), error.to_string()).into())
}

/// A free port on all addresses, of both kinds where there are both.
async fn listen_anywhere() -> Result<Listener, Error> {
    match listen((Ipv6Addr::UNSPECIFIED, 0).into()).await {
        Ok(listener) => Ok(listener),
        Err(_) => listen((Ipv4Addr::UNSPECIFIED, 0).into()).await,
    }
}

/// Waits until the space was shut down or erased.
async fn closed(mut changes: watch::Receiver<Changes>) {
    while changes.changed().await.is_ok() {}
}

struct Run {
    phone: Phone,
    options: ExchangeOptions,
    announcer: Option<Announcer>,
    /// Where it listened first; it listens there again.
    at: Option<SocketAddr>,
    address: watch::Sender<Option<SocketAddr>>,
    catch_up: watch::Sender<Option<CatchUp>>,
    stop: watch::Receiver<bool>,
}

/// Why a stretch of an exchange was over.
enum Over {
    /// The phone goes to sleep, or its network is another.
    Phase,
    Done(Result<(), Error>),
}

impl Run {
    fn new(
        phone: Phone,
        options: ExchangeOptions,
        listener: Option<&Listener>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let announcer = options.discovery.clone().map(Announcer::new);
        let at = listener.and_then(|listener| listener.local_addr().ok());
        let (address, catch_up) = (watch::Sender::new(at), watch::Sender::new(None));
        Self { phone, options, announcer, at, address, catch_up, stop }
    }

    async fn run(self, listener: Option<Listener>) -> Result<(), Error> {
        let (phone, once) = (self.phone.clone(), self.options.once.is_some());
        let runs = Runs::new(&phone.lifecycle, once);
        let result = self.go_on(listener).await;
        drop(runs);
        match &result {
            // Who waits for one of once is told so there; that the space was closed, by it.
            Err(error) if !once && *error != Error::Closed => {
                phone.lifecycle.trouble(TroubleOf::Ended, error.to_string(), phone.now());
            }
            _ => {}
        }
        result
    }

    async fn go_on(mut self, mut listener: Option<Listener>) -> Result<(), Error> {
        let lifecycle = self.phone.lifecycle.clone();
        let mut phase = lifecycle.phase.subscribe();
        let deadline = self.options.once.map(|within| Instant::now() + within);
        loop {
            tokio::select! {
                () = stopped(&mut self.stop) => return Ok(()),
                () = closed(self.phone.changes()) => return Err(Error::Closed),
                () = late(deadline) => return Err(LinkError::Nobody.into()),
                awake = phase.wait_for(|phase| !phase.asleep) => drop(awake),
            }
            let began = *phase.borrow_and_update();
            let open = Open::new(&lifecycle);
            if listener.is_none() && self.at.is_some() {
                listener = self.listen_again().await;
                if listener.is_none() {
                    drop(open);
                    tokio::select! {
                        () = sleep(AGAIN) => {}
                        () = stopped(&mut self.stop) => {}
                        () = closed(self.phone.changes()) => {}
                        () = late(deadline) => {}
                    }
                    continue;
                }
            }
            lifecycle.works(TroubleOf::Listening);
            self.listens();
            let changed = async {
                drop(phase.wait_for(|phase| *phase != began).await);
            };
            let over = self.stretch(listener.take(), deadline, changed).await;
            self.caught_up(None);
            if let Over::Done(result) = over {
                // Whoever waited for the two to be in step sees all of it.
                if self.options.once.is_some() {
                    self.phone.engine.settle().await?;
                }
                return result;
            }
        }
    }

    /// Tells where this phone listens, if it does.
    fn listens(&self) {
        if let Some(address) = *self.address.borrow() {
            self.phone.lifecycle.with(|diagnostics| diagnostics.listening = Some(address));
        }
    }

    /// Tells how far a long catch-up is.
    fn caught_up(&self, shown: Option<CatchUp>) {
        self.catch_up.send_if_modified(|was| std::mem::replace(was, shown) != shown);
        self.phone.lifecycle.with(|diagnostics| diagnostics.catch_up = shown);
    }

    /// Listens where it listened before, or, if that is not to be had, anywhere.
    async fn listen_again(&mut self) -> Option<Listener> {
        let mut found = match self.at {
            Some(at) => listen(at).await,
            None => return None,
        };
        if found.is_err() && self.options.listen.is_none_or(|listen| listen.port() == 0) {
            found = match self.options.listen {
                Some(address) => listen(address).await,
                None => listen_anywhere().await,
            };
        }
        match found {
            Ok(listener) => {
                self.at = listener.local_addr().ok().or(self.at);
                self.address.send_replace(self.at);
                Some(listener)
            }
            Err(error) => {
                let now = self.phone.now();
                let lifecycle = &self.phone.lifecycle;
                lifecycle.trouble(TroubleOf::Listening, error.to_string(), now);
                None
            }
        }
    }

    /// Exchanges for as long as phone and network stay as they are.
    async fn stretch(
        &mut self,
        listener: Option<Listener>,
        deadline: Option<Instant>,
        changed: impl Future<Output = ()>,
    ) -> Over {
        let (events, mut happened) = mpsc::channel(16);
        let (end, ended) = watch::channel(false);
        let entropy = self.phone.engine.host.entropy.as_ref();
        let links = Links {
            // New with every waking and every network: connections of before are
            // half-dead on the other phone, and give way to it.
            epoch: random(entropy).unwrap_or(self.phone.epoch),
            phone: self.phone.clone(),
            registry: Registry::default(),
            stop: ended,
            events,
            once: self.options.once.is_some(),
            strangers: Strangers::default(),
            dialling: Arc::default(),
        };
        let mut tasks = JoinSet::new();
        let port = listener.as_ref().and_then(|listener| listener.local_addr().ok());
        if let Some(listener) = listener {
            tasks.spawn(accept(listener, links.clone()));
        }
        for peer in self.options.peers.clone() {
            tasks.spawn(dial(peer, links.clone(), None));
        }
        if let (Some(announcer), Some(port)) = (self.announcer.clone(), port) {
            tasks.spawn(search(announcer, port.port(), links.clone()));
        }
        if let Some(mailbox) = self.options.mailbox.clone() {
            tasks.spawn(post(mailbox, links.clone()));
        }
        drop(links);
        let once = self.options.once.is_some();
        let mut trouble = Error::Link(LinkError::Nobody);
        let (mut behind, mut patience) = (Behind::default(), deadline);
        let closed = closed(self.phone.changes());
        tokio::pin!(changed, closed);
        let over = loop {
            tokio::select! {
                () = stopped(&mut self.stop) => break Over::Done(Ok(())),
                () = &mut closed => break Over::Done(Err(Error::Closed)),
                () = &mut changed => break Over::Phase,
                () = late(patience) => break Over::Done(Err(trouble)),
                event = happened.recv() => match event {
                    Some(Event::InStep) if once => break Over::Done(Ok(())),
                    Some(Event::InStep) => {}
                    Some(Event::Behind(entries)) => {
                        let shown = behind.now(entries);
                        self.caught_up(shown);
                    }
                    Some(Event::Stuck(error)) => {
                        trouble = error;
                        patience = deadline.map(|at| at.min(Instant::now() + STUCK));
                    }
                    // The link is over, and the next one would end the same way.
                    Some(Event::Trouble(error)) if once && is_stuck(&error) => {
                        break Over::Done(Err(error));
                    }
                    // That nobody answers now explains less than what was before.
                    Some(Event::Trouble(Error::Link(LinkError::Unreachable(_))))
                        if !is_absence(&trouble) => {}
                    Some(Event::Trouble(error @ Error::Link(_))) => trouble = error,
                    Some(Event::Trouble(error)) if once => break Over::Done(Err(error)),
                    Some(Event::Trouble(error)) => tracing::warn!(%error, "exchange goes on"),
                    None => break Over::Done(Err(trouble)),
                },
            }
        };
        end.send_replace(true);
        let parting = if matches!(over, Over::Phase) { GONE } else { GOODBYE };
        let goodbye = async { while tasks.join_next().await.is_some() {} };
        if timeout(parting, goodbye).await.is_err() {
            tasks.shutdown().await;
        }
        over
    }
}

fn is_stuck(error: &Error) -> bool {
    matches!(error, Error::Link(LinkError::Refused(_) | LinkError::Contradiction))
}

fn is_absence(error: &Error) -> bool {
    matches!(error, Error::Link(LinkError::Unreachable(_) | LinkError::Nobody))
}

/// What is still to be exchanged, as progress.
#[derive(Default)]
struct Behind {
    of: u64,
}

impl Behind {
    fn now(&mut self, left: u64) -> Option<CatchUp> {
        if left == 0 {
            self.of = 0;
        }
        self.of = self.of.max(left);
        (self.of >= LONG).then(|| CatchUp { done: self.of - left, of: self.of })
    }
}

#[cfg(test)]
mod tests;
