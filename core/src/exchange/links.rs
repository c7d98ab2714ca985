//! Links over TCP: accepting, dialling, and the session of each connection.

use super::lifecycle::TroubleOf;
use super::outbox::Outbox;
use super::{GOODBYE, Phone};
use crate::engine::Engine;
use crate::engine::PairingState;
use crate::engine::intake::standing::Standing;
use crate::engine::intake::turn::{Doing, Turn, brings_entries};
use crate::engine::link::LinkKeys;
use crate::error::Error;
use crate::host::random;
use crate::net::LinkError;
use crate::net::{
    Channel, Connection, Handshake, Listener, Noise, Registry, UNAUTHENTICATED,
    UNAUTHENTICATED_PER_ADDRESS, open,
};
use crate::sync::{self, Config, Ended, Frame, Session};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// The first frame must come within this time after the handshake.
const FIRST_FRAME: Duration = Duration::from_secs(5);
/// Waits between attempts to dial.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// In a stream of actions, how long entries are gathered, in milliseconds.
const PACE: u64 = 10;
/// Waits until the exchange is to end, or nobody holds it any more.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// At this moment; never, where there is none.
pub(super) async fn late(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// What every link of one exchange shares.
#[derive(Clone)]
pub(super) struct Links {
    pub phone: Phone,
    pub epoch: sync::Epoch,
    pub registry: Registry,
    pub stop: watch::Receiver<bool>,
    pub events: mpsc::Sender<Event>,
    pub once: bool,
    pub strangers: Strangers,
    /// Held by the one connection of this phone that shakes hands: both phones must
    /// agree on which of its connections is the latest.
    pub dialling: Arc<tokio::sync::Mutex<()>>,
}

/// What a link tells its exchange.
pub(super) enum Event {
    InStep,
    /// So many entries are still to be exchanged.
    Behind(u64),
    /// Nothing more of the partner's log is taken in now.
    Stuck(Error),
    Trouble(Error),
}

/// Counts the sockets that have not yet proved who they are.
#[derive(Clone, Default)]
pub(super) struct Strangers(Arc<Mutex<HashMap<IpAddr, usize>>>);

pub(super) struct Stranger(Strangers, IpAddr);

impl Strangers {
    pub(super) fn admit(&self, address: IpAddr) -> Option<Stranger> {
        let mut waiting = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // An IPv4 address that came in over IPv6 is the same place.
        let address = address.to_canonical();
        let from_here = waiting.get(&address).copied().unwrap_or(0);
        let all: usize = waiting.values().sum();
        if all >= UNAUTHENTICATED || from_here >= UNAUTHENTICATED_PER_ADDRESS {
            return None;
        }
        waiting.insert(address, from_here + 1);
        Some(Stranger(self.clone(), address))
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut waiting = self.0.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(count) = waiting.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.1);
            }
        }
    }
}

pub(super) async fn accept(listener: Listener, links: Links) {
    let mut stop = links.stop.clone();
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            () = stopped(&mut stop) => break,
            accepted = listener.accept() => match accepted {
                Ok((connection, from)) => {
                    // Too many strangers: this one is dropped without a word.
                    let Some(stranger) = links.strangers.admit(from.ip()) else { continue };
                    let links = links.clone();
                    running.spawn(async move { link(connection, None, Some(stranger), &links).await });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = running.join_next() => {}
        }
    }
    while running.join_next().await.is_some() {}
}

/// Dials an address again and again; a hint only for as long as it is `known`.
pub(super) async fn dial(peer: String, links: Links, known: Option<watch::Receiver<()>>) {
    let mut stop = links.stop.clone();
    let mut wait = BACKOFF.0;
    let gone = || known.as_ref().is_some_and(|known| known.has_changed().is_err());
    while !*stop.borrow() && !gone() {
        if !links.registry.linked() {
            match connect(&peer).await {
                Ok(connection) => {
                    links.phone.lifecycle.works(TroubleOf::LocalNetworkDenied);
                    let turn = links.dialling.clone().lock_owned().await;
                    // Another address may have been faster.
                    if !links.registry.linked() && link(connection, Some(turn), None, &links).await
                    {
                        wait = BACKOFF.0;
                    }
                }
                Err(error) => {
                    // Whatever else it was: this app was let onto the network.
                    if error != LinkError::LocalNetworkDenied.into() {
                        links.phone.lifecycle.works(TroubleOf::LocalNetworkDenied);
                    }
                    report(&links, error).await;
                }
            }
        }
        let jitter: [u8; 2] = random(links.phone.engine.host.entropy.as_ref()).unwrap_or_default();
        let part = 500 + u32::from(u16::from_be_bytes(jitter)) % 500;
        let pause = if links.once { BACKOFF.0 / 5 } else { wait * part / 1000 };
        tokio::select! {
            () = stopped(&mut stop) => break,
            () = sleep(pause) => {}
        }
        wait = (wait * 2).min(BACKOFF.1);
    }
}

pub(super) async fn connect(peer: &str) -> Result<Connection, Error> {
    let connecting = timeout(Duration::from_secs(5), Connection::open(peer));
    match connecting.await {
        Ok(connected) => connected.map_err(|error| unreachable(peer, &error).into()),
        Err(_) => Err(LinkError::Unreachable(peer.to_owned()).into()),
    }
}

/// Why nobody was reached: Android's way to deny the local network is a refusal by the system.
pub(super) fn unreachable(peer: &str, error: &std::io::Error) -> LinkError {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => LinkError::LocalNetworkDenied,
        _ => LinkError::Unreachable(peer.to_owned()),
    }
}

async fn report(links: &Links, error: Error) {
    if let Error::Link(denied @ LinkError::LocalNetworkDenied) = &error {
        let lifecycle = &links.phone.lifecycle;
        lifecycle.trouble(TroubleOf::LocalNetworkDenied, denied.to_string(), links.phone.now());
    }
    if links.events.send(Event::Trouble(error)).await.is_err() {
        tracing::debug!("the exchange has ended already");
    }
}

/// Runs one connection to its end. Whether it was with the partner's phone.
async fn link(
    connection: Connection,
    turn: Option<Dialling>,
    stranger: Option<Stranger>,
    links: &Links,
) -> bool {
    let mut established = false;
    let outcome = talk(connection, turn, stranger, links, &mut established).await;
    if let Err(error) = outcome {
        report(links, error).await;
    }
    // After a leave nothing more will ever be exchanged: that is in step too.
    if established
        && let Ok(status) = links.phone.ask(Engine::status).await
        && status.pairing == PairingState::Left
        && links.events.send(Event::InStep).await.is_err()
    {
        tracing::debug!("the exchange has ended already");
    }
    established
}

async fn talk(
    connection: Connection,
    turn: Option<Dialling>,
    mut stranger: Option<Stranger>,
    links: &Links,
    established: &mut bool,
) -> Result<(), Error> {
    let phone = &links.phone;
    let initiator = turn.is_some();
    // Who replaces the partner's phone proves it by the first link of theirs.
    let (mut keys, next) = phone
        .ask(move |engine| {
            let keys = engine.session_keys()?;
            Ok((keys, if initiator { None } else { engine.next_link_keys().ok() }))
        })
        .await?;
    let noise = |keys: &LinkKeys| {
        let handshake = Handshake::Link {
            partner_key: &keys.partner_key,
            secret: &keys.secret,
            pair: keys.pair,
            epoch: keys.epoch,
        };
        Noise::new(&handshake, &keys.private, initiator, phone.engine.host.entropy.clone())
    };
    let candidates = std::iter::once(&keys).chain(&next).map(noise).collect::<Result<_, _>>()?;
    let mut channel = open(connection, candidates).await?;
    let replaces = next.filter(|next| next.partner_key == channel.partner_key);
    let proves = replaces.is_some();
    if let Some(next) = replaces {
        keys = next;
    }
    let mut first = None;
    if !initiator {
        // Only a frame that decrypts proves that this is no replayed message.
        let frame = timeout(FIRST_FRAME, channel.next()).await.map_err(|_| LinkError::Silent)?;
        first = Some(frame?);
    }
    match proves {
        true => phone.engine.call(Engine::next_link_proved).await?,
        false => phone.engine.call(Engine::link_proved).await?,
    }
    let Some(writer) = channel.take_writer() else { return Ok(()) };
    let (outbox, mut writing) = Outbox::open(writer);
    let mut link = Link {
        links,
        keys,
        initiator,
        turn,
        channel,
        outbox,
        standing: None,
        claim: None,
        over: false,
        established: false,
        left: None,
        stuck: None,
        hushed: false,
        // What another link brought is waited for too, once this one has said hello.
        patience: Instant::now(),
        gathered: None,
        rests: None,
        seen: 0,
    };
    let outcome = link.run(first, &mut stranger, established).await;
    let hushed = link.hushed;
    drop(link);
    // Held or left in silence: not even what waits to be written goes out.
    if hushed || timeout(GOODBYE, &mut writing).await.is_err() {
        writing.abort();
    }
    outcome
}

/// The next frame, not before its time. May be dropped while it waits.
async fn next(channel: &mut Channel, patience: Instant) -> Result<Vec<u8>, LinkError> {
    if patience > Instant::now() {
        tokio::time::sleep_until(patience).await;
    }
    channel.next().await
}

/// Held by the one connection of this phone that shakes hands.
type Dialling = tokio::sync::OwnedMutexGuard<()>;

struct Link<'a> {
    links: &'a Links,
    keys: LinkKeys,
    initiator: bool,
    /// Until it is established.
    turn: Option<Dialling>,
    channel: Channel,
    outbox: Outbox,
    /// The session, once it has begun.
    standing: Option<Arc<Standing>>,
    claim: Option<crate::net::Claim>,
    over: bool,
    /// The other side's first frame has come.
    established: bool,
    /// Entries that were still to be exchanged after the last step.
    left: Option<u64>,
    /// Why nothing more of the partner's log is taken in, if so.
    stuck: Option<LinkError>,
    /// Nothing more may be said, not even goodbye.
    hushed: bool,
    /// Until then nothing more is taken: the other phone sends too much.
    patience: Instant,
    /// When what is being gathered goes out.
    gathered: Option<Instant>,
    /// When the session has something to do although nothing is heard.
    rests: Option<Instant>,
    /// The last change that the session has looked at.
    seen: u64,
}

impl Link<'_> {
    async fn run(
        &mut self,
        mut first: Option<Vec<u8>>,
        stranger: &mut Option<Stranger>,
        established: &mut bool,
    ) -> Result<(), Error> {
        // Who leaves as soon as both are in step gathers nothing.
        let pace = if self.links.once { 0 } else { PACE };
        let config = Config { receive: self.keys.receive, pace, ..Config::new(self.links.epoch) };
        let began = Instant::now();
        let now = move || began.elapsed().as_millis() as u64;
        let standing = Standing::new(Session::new(config, 0), self.keys.epoch, now);
        self.standing = Some(standing.clone());
        let stand = standing.clone();
        let engine = &self.links.phone.engine;
        engine
            .call(move |engine| {
                engine.stand(&stand);
                Ok(())
            })
            .await?;
        let mut changes = self.links.phone.changes();
        let mut stop = self.links.stop.clone();
        let first_frame = Some(Instant::now() + FIRST_FRAME);
        self.step(|session, engine| session.start(engine)).await?;
        while !self.over {
            if let Some(bytes) = first.take() {
                self.receive(&bytes).await?;
            } else {
                let displaced = async {
                    match &mut self.claim {
                        Some(claim) => claim.displaced().await,
                        None => std::future::pending().await,
                    }
                };
                let seen = self.seen;
                let moved =
                    async { changes.wait_for(|changes| changes.any > seen).await.map(drop) };
                tokio::select! {
                    bytes = next(&mut self.channel, self.patience) => {
                        let bytes = bytes?;
                        self.receive(&bytes).await?;
                    }
                    // Written on this phone, and handed over by the writer.
                    () = standing.made() => self.said().await?,
                    // By another process, or while this link was busy: not what it has stored
                    // itself.
                    moved = moved => {
                        moved.map_err(|_| Error::Closed)?;
                        self.said().await?;
                        if self.links.phone.changes().borrow().any > self.seen {
                            self.step(|session, engine| session.pump(engine)).await?;
                        }
                    }
                    () = late(self.rests) => {
                        let now = now();
                        self.step(move |session, _| Ok(session.tick(now))).await?;
                    }
                    () = late(first_frame.filter(|_| !self.established)) => {
                        return Err(LinkError::Silent.into());
                    }
                    () = late(self.gathered) => {
                        self.gathered = None;
                        self.step(|session, engine| session.pump(engine)).await?;
                    }
                    () = displaced => return self.goodbye().await,
                    () = stopped(&mut stop) => return self.part().await,
                }
            }
            if self.established {
                *established = true;
                stranger.take();
            }
        }
        match self.stuck.take() {
            Some(stuck) => Err(stuck.into()),
            None => Ok(()),
        }
    }

    /// Goodbye; and what the other side still asks for after an exchange of once.
    async fn part(&mut self) -> Result<(), Error> {
        // What was written last, an end perhaps, goes out first.
        self.step(|session, engine| session.pump_all(engine)).await?;
        if self.over {
            return Ok(());
        }
        self.send(&Frame::Bye).await?;
        let linger = async {
            while self.links.once && self.established && !self.over {
                // The other side has ended it, which is what is waited for.
                let Ok(bytes) = next(&mut self.channel, self.patience).await else { break };
                self.receive(&bytes).await?;
            }
            Ok(())
        };
        // Long enough for an answer, and never longer than the exchange waits.
        timeout(GOODBYE / 2, linger).await.unwrap_or(Ok(()))
    }

    async fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let frame = Frame::decode(bytes).map_err(|error| LinkError::Protocol(error.to_string()))?;
        let wait = self.links.phone.lifecycle.quota(|quota, now| quota.take(bytes.len(), now));
        self.patience = Instant::now() + wait;
        // Others ask what is known of what is read alone: which bodies are missing, where one
        // belongs. Read here, others are answered between its slices.
        let recovering = self.standing.as_ref().is_some_and(|session| session.recovering());
        let unread = match frame {
            Frame::Entries(_) => !recovering,
            Frame::Want { .. } | Frame::WantBodies { .. } => true,
            Frame::Ack(_) | Frame::Ping | Frame::Bye => true,
            Frame::Hello { .. } | Frame::HeadAt(_) | Frame::Bodies { .. } | Frame::Pong => false,
        };
        if !unread {
            self.links.phone.engine.settle().await?;
        }
        // By the time of then: reading may have taken a while, in which nothing could be heard.
        self.step(move |session, engine| session.receive(frame, session.now(), engine)).await
    }

    /// One step of the session, and what follows from it: while entries are on
    /// their way the next ones are read.
    async fn step(
        &mut self,
        work: impl FnOnce(&mut Session, &mut Engine) -> Doing + Send + 'static,
    ) -> Result<(), Error> {
        let more = self.turn(work).await?;
        self.go_on(more).await
    }

    /// Does what the writer has said by itself.
    async fn said(&mut self) -> Result<(), Error> {
        let more = self.take_turns().await?;
        self.go_on(more).await
    }

    /// While entries are on their way the next ones are read.
    async fn go_on(&mut self, mut more: bool) -> Result<(), Error> {
        while more && !self.over {
            more = self.turn(|session, engine| session.pump(engine)).await?;
        }
        Ok(())
    }

    /// One turn of the session on the writer thread, and what it says. Whether entries were
    /// sent, and there are more.
    async fn turn(
        &mut self,
        work: impl FnOnce(&mut Session, &mut Engine) -> Doing + Send + 'static,
    ) -> Result<bool, Error> {
        let Some(standing) = self.standing.clone() else { return Ok(false) };
        let turn = move |engine: &mut Engine| {
            standing.turn(engine, work);
            Ok(())
        };
        self.links.phone.engine.call(turn).await?;
        self.take_turns().await
    }

    /// Does what the session says, in the order in which it was said. Whether entries were sent
    /// at last, and there are more.
    async fn take_turns(&mut self) -> Result<bool, Error> {
        let mut more = false;
        while let Some(said) = self.standing.as_ref().and_then(|session| session.next()) {
            if self.over {
                break;
            }
            more = self.take(said?).await?;
        }
        Ok(more)
    }

    async fn take(&mut self, said: Option<Turn>) -> Result<bool, Error> {
        let Some(Turn { actions, left, gathers, stuck, rests, unsent, seen }) = said else {
            self.hushed = true;
            self.over = true;
            return Ok(false);
        };
        let wait = |wait| Instant::now() + Duration::from_millis(wait);
        self.gathered = gathers.map(wait);
        self.rests = rests.map(wait);
        self.seen = seen;
        let mut sent = false;
        for action in actions {
            sent |= brings_entries(&action);
            self.act(action).await?;
        }
        if !stuck {
            self.stuck = None;
        }
        let more = sent && unsent;
        if left == self.left {
            return Ok(more);
        }
        self.left = left;
        if let Some(left) = left {
            self.tell(Event::Behind(left)).await;
        }
        if left == Some(0) {
            self.tell(Event::InStep).await;
        }
        Ok(more)
    }

    async fn tell(&self, event: Event) {
        if self.links.events.send(event).await.is_err() {
            tracing::debug!("the exchange has ended already");
        }
    }

    async fn act(&mut self, action: sync::Action) -> Result<(), Error> {
        match action {
            sync::Action::Send(frame) => self.send(&frame).await,
            sync::Action::Established(epoch) => {
                self.established = true;
                self.turn = None;
                // An exchange of once ends with whichever link brings both in
                // step: displacing one could take the other's last word away.
                if self.links.once {
                    return Ok(());
                }
                let who = if self.initiator { self.keys.me } else { self.keys.partner };
                self.claim = self.links.registry.claim(who, epoch);
                if self.claim.is_none() {
                    self.goodbye().await?;
                }
                Ok(())
            }
            sync::Action::End(why) => {
                self.over = true;
                match why {
                    Ended::Bye => Ok(()),
                    Ended::Silent => Err(LinkError::Silent.into()),
                    Ended::Protocol(why) => Err(LinkError::Protocol(why.to_owned()).into()),
                }
            }
            sync::Action::Notice(notice) => {
                tracing::info!(?notice, "the session noticed something");
                let stuck = match notice {
                    sync::Notice::Contradiction(_) => LinkError::Contradiction,
                    sync::Notice::Refused(refusal) => LinkError::Refused(refusal.to_string()),
                    sync::Notice::PartnerHoldsMore(_) => return Ok(()),
                };
                self.stuck = Some(stuck.clone());
                self.tell(Event::Stuck(stuck.into())).await;
                Ok(())
            }
            sync::Action::Stored(_)
            | sync::Action::Recovered
            | sync::Action::Acked(_)
            | sync::Action::Holds(_) => Ok(()),
        }
    }

    async fn goodbye(&mut self) -> Result<(), Error> {
        self.over = true;
        self.send(&Frame::Bye).await
    }

    async fn send(&mut self, frame: &Frame) -> Result<(), Error> {
        let wire = self.channel.seal(&frame.encode())?;
        self.outbox.put(wire).await
    }
}
