//! Exchange with the other phone as an app sees it: begun once, and then in the
//! background through changes of network and sleep.

use super::Space;
use super::engine::Engine;
use super::network::{Event, Links, Strangers, accept, dial};
use crate::error::{Error, LinkError};
use crate::host::random;
use crate::net::{
    Announcer, Beacon, Discovery, Listener, Mailbox, Quota, Registry, Round, Sighting, Sightings,
};
use crate::time::{DAY, Moment};
use serde::Serialize;
use std::collections::VecDeque;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep, timeout};

/// How long links are given to say goodbye.
pub(super) const GOODBYE: Duration = Duration::from_secs(2);
/// The same where the way to the other phone is gone.
const GONE: Duration = Duration::from_millis(200);
/// Waits before listening or looking is tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// In an exchange of once, how long the other phone may take to put right what is
/// wrong with its log.
const STUCK: Duration = Duration::from_secs(5);
/// How often the day of the announced name is looked at.
const DAY_CHECK: Duration = Duration::from_secs(60);
/// Addresses of the other phone that are dialled at once.
const HINTS: usize = 8;
/// How often a mailbox is looked into.
const MAIL_CHECK: Duration = Duration::from_secs(10);
/// How long after a change it is written to.
const MAIL_PAUSE: Duration = Duration::from_secs(1);
/// Fewer entries than these are no long catch-up.
const LONG: u64 = 1_000;
/// Troubles that are kept.
const TROUBLES: usize = 8;

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

/// This phone's own troubles with the network. Of the partner's phone it says
/// nothing: not whether it is near, nor when it last was (R11).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Diagnostics {
    /// Where this phone listens, while it exchanges.
    pub listening: Option<SocketAddr>,
    /// Whether it announces itself and looks for the other phone.
    pub looking: bool,
    /// What did not work, newest last, until it works again.
    pub troubles: Vec<Trouble>,
}

/// Something of this phone that does not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Trouble {
    /// What it is about.
    pub of: TroubleOf,
    /// What the system says.
    pub what: String,
    /// When it was noticed.
    pub at: Moment,
}

/// What a trouble is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum TroubleOf {
    /// Listening: another app may hold the port.
    Listening,
    /// Announcing and looking: the local network permission may be missing.
    Discovery,
    /// The shared folder: it may be full, gone, or not allowed.
    Mailbox,
}

/// What the app tells of the phone, and what the phone tells of its network.
#[derive(Default)]
pub(crate) struct Lifecycle {
    phase: watch::Sender<Phase>,
    /// Exchanges that have sockets open.
    open: watch::Sender<usize>,
    diagnostics: Mutex<Diagnostics>,
    quota: Mutex<Option<Quota>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Phase {
    asleep: bool,
    /// Raised with every change of the network.
    network: u64,
}

impl Lifecycle {
    /// Closes every socket, and waits until that is done.
    pub(super) async fn sleep(&self) {
        self.phase.send_modify(|phase| phase.asleep = true);
        let mut open = self.open.subscribe();
        let closed = open.wait_for(|open| *open == 0);
        if timeout(GOODBYE + GONE, closed).await.is_err() {
            tracing::warn!("a socket was not closed in time");
        }
    }

    pub(super) fn wake(&self) {
        self.phase.send_modify(|phase| phase.asleep = false);
    }

    pub(super) fn network_changed(&self) {
        self.phase.send_modify(|phase| phase.network += 1);
    }

    pub(super) fn diagnostics(&self) -> Diagnostics {
        self.with(|diagnostics| diagnostics.clone())
    }

    /// What is taken from the partner's phone over time, over links and a mailbox; a
    /// bundle is read by hand.
    pub(super) fn quota<T>(&self, work: impl FnOnce(&mut Quota, std::time::Instant) -> T) -> T {
        let now = Instant::now().into_std();
        let mut quota = self.quota.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        work(quota.get_or_insert_with(|| Quota::new(now)), now)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Diagnostics) -> T) -> T {
        work(&mut self.diagnostics.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    fn trouble(&self, of: TroubleOf, what: String, at: Moment) {
        self.with(|diagnostics| {
            diagnostics.troubles.retain(|trouble| trouble.of != of || trouble.what != what);
            diagnostics.troubles.push(Trouble { of, what, at });
            let more = diagnostics.troubles.len().saturating_sub(TROUBLES);
            diagnostics.troubles.drain(..more);
        });
    }

    fn works(&self, of: TroubleOf) {
        self.with(|diagnostics| diagnostics.troubles.retain(|trouble| trouble.of != of));
    }
}

/// Counts an exchange that has sockets open.
struct Open<'a>(&'a Lifecycle);

impl<'a> Open<'a> {
    fn new(lifecycle: &'a Lifecycle) -> Self {
        lifecycle.open.send_modify(|open| *open += 1);
        Self(lifecycle)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
        self.0.with(|diagnostics| {
            diagnostics.listening = None;
            diagnostics.looking = false;
        });
    }
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

impl Space {
    /// Exchanges with the other phone over TCP, in the background of the tokio
    /// runtime that this is called in. It goes on through [`Space::suspend`] and
    /// [`Space::resume`], [`Space::network_changed`], and lost connections.
    ///
    /// # Errors
    /// `NotPaired`, `PairLeft`, `SyncHeld`; [`LinkError::Listen`].
    pub async fn exchange(&self, options: ExchangeOptions) -> Result<Exchange, Error> {
        self.ask(Engine::link_keys).await?;
        let listener = match (options.listen, &options.discovery) {
            (Some(address), _) => Some(listen(address).await?),
            (None, Some(_)) => Some(listen_anywhere().await?),
            (None, None) => None,
        };
        let (stop, stopped) = watch::channel(false);
        let run = Run::new(self.clone(), options, listener.as_ref(), stopped);
        let (address, catch_up) = (run.address.subscribe(), run.catch_up.subscribe());
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

    /// The way to the network has changed: another Wi-Fi, another address. Links
    /// are dropped and made again at once, without the waiting that follows a
    /// failure.
    pub fn network_changed(&self) {
        self.lifecycle.network_changed();
    }

    /// This phone's own troubles with the network.
    pub fn diagnostics(&self) -> Diagnostics {
        self.lifecycle.diagnostics()
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

/// Waits until the exchange is to end, or nobody holds it any more.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// Waits until the space was shut down or erased.
async fn closed(mut changes: watch::Receiver<u64>) {
    while changes.changed().await.is_ok() {}
}

struct Run {
    space: Space,
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
        space: Space,
        options: ExchangeOptions,
        listener: Option<&Listener>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let announcer = options.discovery.clone().map(Announcer::new);
        let at = listener.and_then(|listener| listener.local_addr().ok());
        let (address, catch_up) = (watch::Sender::new(at), watch::Sender::new(None));
        Self { space, options, announcer, at, address, catch_up, stop }
    }

    async fn run(mut self, mut listener: Option<Listener>) -> Result<(), Error> {
        let lifecycle = self.space.lifecycle.clone();
        let mut phase = lifecycle.phase.subscribe();
        let deadline = self.options.once.map(|within| Instant::now() + within);
        loop {
            tokio::select! {
                () = stopped(&mut self.stop) => return Ok(()),
                () = closed(self.space.changes()) => return Err(Error::Closed),
                () = late(deadline) => return Err(LinkError::Nobody.into()),
                awake = phase.wait_for(|phase| !phase.asleep) => drop(awake),
            }
            let began = *phase.borrow_and_update();
            let open = Open::new(&lifecycle);
            if listener.is_none() && self.at.is_some() {
                listener = self.listen_again().await;
                if listener.is_none() {
                    drop(open);
                    sleep(AGAIN).await;
                    continue;
                }
            }
            lifecycle.works(TroubleOf::Listening);
            lifecycle.with(|diagnostics| diagnostics.listening = *self.address.borrow());
            let changed = async {
                drop(phase.wait_for(|phase| *phase != began).await);
            };
            let over = self.stretch(listener.take(), deadline, changed).await;
            self.catch_up.send_replace(None);
            if let Over::Done(result) = over {
                return result;
            }
        }
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
                let now = self.space.now();
                let lifecycle = &self.space.lifecycle;
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
        let entropy = self.space.host.entropy.as_ref();
        let links = Links {
            // New with every waking and every network: connections of before are
            // half-dead on the other phone, and give way to it.
            epoch: random(entropy).unwrap_or(self.space.epoch),
            space: self.space.clone(),
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
        let closed = closed(self.space.changes());
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
                        self.catch_up.send_if_modified(|was| std::mem::replace(was, shown) != shown);
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

/// Visits the mailbox after changes and now and then.
async fn post(mailbox: Arc<dyn Mailbox>, links: Links) {
    let mut stop = links.stop.clone();
    let mut changes = links.space.changes();
    let lifecycle = links.space.lifecycle.clone();
    loop {
        match links.space.visit_mailbox(mailbox.clone()).await {
            Ok(_) => lifecycle.works(TroubleOf::Mailbox),
            Err(Error::Link(error)) => {
                lifecycle.trouble(TroubleOf::Mailbox, error.to_string(), links.space.now());
            }
            Err(error) => tracing::debug!(%error, "the mailbox was not visited"),
        }
        changes.borrow_and_update();
        tokio::select! {
            () = stopped(&mut stop) => break,
            () = sleep(MAIL_CHECK) => {}
            // What is written in one go is put in one go.
            changed = changes.changed() => match changed {
                Ok(()) => sleep(MAIL_PAUSE).await,
                Err(_) => break,
            },
        }
    }
}

/// At this moment; never, where there is none.
pub(super) async fn late(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
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

/// Announces this phone and dials where the other one is seen.
async fn search(announcer: Announcer, port: u16, links: Links) {
    /// Takes the announcement back, also where this is given up in the middle.
    struct Announced(Option<Round>);

    impl Announced {
        fn take_back(&mut self) -> Option<JoinHandle<()>> {
            let round = self.0.take()?;
            Some(spawn_blocking(move || round.stop()))
        }
    }

    impl Drop for Announced {
        fn drop(&mut self) {
            if tokio::runtime::Handle::try_current().is_ok() {
                drop(self.take_back());
            }
        }
    }

    let mut announced = Announced(None);
    let mut stop = links.stop.clone();
    let mut dialling = JoinSet::new();
    let mut hints: VecDeque<(String, String, watch::Sender<()>)> = VecDeque::new();
    let lifecycle = links.space.lifecycle.clone();
    let trouble = |what: String| lifecycle.trouble(TroubleOf::Discovery, what, links.space.now());
    'days: while !*stop.borrow() {
        let Ok(keys) = links.space.ask(Engine::link_keys).await else { break };
        let now = links.space.now();
        let day = now.0.div_euclid(DAY);
        let beacon = Beacon::new(&keys.secret, keys.me, keys.partner, now, port);
        let wanted = beacon.wanted.clone();
        let (sightings, mut seen) = Sightings::channel();
        let round = announcer.round();
        announced.0 = Some(round.clone());
        let started = spawn_blocking(move || round.start(beacon, sightings)).await;
        match started {
            Ok(Ok(())) => {
                lifecycle.works(TroubleOf::Discovery);
                lifecycle.with(|diagnostics| diagnostics.looking = true);
            }
            Ok(Err(error)) => trouble(error.0),
            Err(_) => trouble("the system's discovery failed".to_owned()),
        }
        let failed = !lifecycle.diagnostics().looking;
        loop {
            tokio::select! {
                () = stopped(&mut stop) => break 'days,
                () = sleep(if failed { AGAIN } else { DAY_CHECK }) => {
                    if failed || links.space.now().0.div_euclid(DAY) != day {
                        break;
                    }
                }
                Some(_) = dialling.join_next(), if !dialling.is_empty() => {}
                Some(sighting) = seen.recv() => match sighting {
                    Sighting::Seen { name, address } => {
                        let known = hints.iter().any(|(_, at, _)| *at == address);
                        if known || !wanted.contains(&name) {
                            continue;
                        }
                        if hints.len() >= HINTS {
                            // Whoever floods the network with addresses wastes some
                            // dialling; the other phone dials as well.
                            hints.pop_front();
                        }
                        let (hint, known) = watch::channel(());
                        dialling.spawn(dial(address.clone(), links.clone(), Some(known)));
                        hints.push_back((name, address, hint));
                    }
                    Sighting::Gone { name } => hints.retain(|(of, _, _)| *of != name),
                    Sighting::Trouble(what) => trouble(what),
                },
            }
        }
    }
    hints.clear();
    if let Some(stopping) = announced.take_back()
        && stopping.await.is_err()
    {
        tracing::warn!("the system's discovery failed to stop");
    }
    while dialling.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r11_a_short_catch_up_shows_nothing() {
        let mut behind = Behind::default();
        assert_eq!(behind.now(LONG - 1), None);
        assert_eq!(behind.now(0), None);
        assert_eq!(behind.now(LONG), Some(CatchUp { done: 0, of: LONG }));
        assert_eq!(behind.now(1), Some(CatchUp { done: LONG - 1, of: LONG }));
        assert_eq!(behind.now(0), None);
    }
}
