//! Pairing over TCP: showing a code, going to it, the conversation, the proof.

use super::Phone;
use super::lifecycle::Open;
use super::links::{Strangers, connect};
use super::listen;
use crate::domain::refusal::RefusalCode;
use crate::engine::Engine;
use crate::engine::PairingState;
use crate::error::Error;
use crate::host::random;
use crate::id::PersonId;
use crate::limits::INVITATION_SECONDS;
use crate::net::LinkError;
use crate::net::{Channel, Handshake, Listener, Noise, open, public_key};
use crate::pairing::PairingError;
use crate::pairing::{
    Action, Code, Conversation, Invitation, Message, Replacement, Role, ShortCode,
};
use crate::time::Moment;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout};

/// The first session after pairing must come about within this time.
const PROOF: Duration = Duration::from_secs(30);

/// What both people compare before they confirm, each on their own phone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Asked {
    /// The name that the other one chose.
    pub name: String,
    /// Equal on both phones, or somebody stands in between.
    pub code: ShortCode,
    /// A phone takes the place of an earlier one: the partner's, where this phone
    /// stays in its pair; otherwise this phone takes the place of its owner's.
    pub replaces: bool,
}

/// A pairing under way.
pub struct Pairing {
    /// Where the other phone should find this one, where this one shows the code.
    pub address: Option<SocketAddr>,
    /// The code to type on the other phone.
    pub code: Option<Code>,
    /// What the QR code holds.
    pub invitation: Option<Invitation>,
    asked: Option<oneshot::Receiver<Asked>>,
    answer: mpsc::UnboundedSender<bool>,
    outcome: JoinHandle<Result<(), Error>>,
}

impl Pairing {
    /// Waits for the other phone; gives what both people must compare.
    ///
    /// # Errors
    /// [`Error::Pairing`], [`Error::Link`]; nothing is then kept.
    pub async fn asked(&mut self) -> Result<Asked, Error> {
        // Who gives up waiting may wait again.
        if let Some(waiting) = &mut self.asked {
            let asked = waiting.await;
            self.asked = None;
            if let Ok(asked) = asked {
                return Ok(asked);
            }
        }
        self.finished().await?;
        Err(PairingError::Cancelled.into())
    }

    /// This phone's person says whether the codes are equal. A no takes a yes back, until the
    /// other has said yes as well.
    pub fn answer(&mut self, equal: bool) {
        if self.answer.send(equal).is_err() {
            tracing::debug!("the pairing was over already");
        }
    }

    /// Waits until both are paired: confirmed twice, and proved by a first session.
    ///
    /// # Errors
    /// [`Error::Pairing`], [`Error::Link`]; nothing is then kept, but for a
    /// pairing that both confirmed and whose first session failed: it is
    /// pending, and the next exchange proves it.
    pub async fn finished(&mut self) -> Result<(), Error> {
        (&mut self.outcome).await.unwrap_or(Err(Error::Closed))
    }

    /// Ends it, and waits for that: nothing is kept, but of what both had confirmed already. Where
    /// this phone listened is free then.
    ///
    /// # Errors
    /// [`Error::Pairing`], [`Error::Link`]: how it ended.
    pub async fn cancel(self) -> Result<(), Error> {
        let Self { asked, answer, outcome, .. } = self;
        drop((asked, answer));
        outcome.await.unwrap_or(Err(Error::Closed))
    }
}

struct Asking {
    ask: oneshot::Sender<Asked>,
    answered: mpsc::UnboundedReceiver<bool>,
    /// Where the partner's phone is replaced: who I am, and of which pair.
    replacement: Option<(PersonId, Replacement)>,
}

impl Phone {
    /// See [`crate::Space::pair_show`].
    pub(crate) async fn pair_show(&self, address: SocketAddr) -> Result<Pairing, Error> {
        self.ask(|engine| engine.may_pair(false)).await?;
        self.show_code(address, None).await
    }

    /// See [`crate::Space::pair_replace`].
    pub(crate) async fn pair_replace(&self, address: SocketAddr) -> Result<Pairing, Error> {
        let replacement = self.ask(Engine::replacement).await?;
        self.show_code(address, Some(replacement)).await
    }

    async fn show_code(
        &self,
        address: SocketAddr,
        replacement: Option<(PersonId, Replacement)>,
    ) -> Result<Pairing, Error> {
        let listener = listen(address).await?;
        let address = listener.local_addr().ok().map(reachable);
        let entropy = self.engine.host.entropy.as_ref();
        let code = Code::new(entropy)?;
        let private = self.ask(|engine| Ok(engine.keys.link)).await?;
        let invitation = Invitation {
            key: public_key(&private),
            secret: random(entropy)?,
            hints: address.into_iter().collect(),
            expires_at: self.now().plus(INVITATION_SECONDS),
        };
        let secrets = vec![code.secret(), invitation.secret];
        let (pairing, mut asking) = self.pairing(address, Some(code), Some(invitation));
        asking.replacement = replacement;
        let run = show(self.clone(), listener, private, secrets, asking);
        Ok(pairing(tokio::spawn(run)))
    }

    /// See [`crate::Space::pair_join`].
    pub(crate) async fn pair_join(&self, code: &Code, peer: &str) -> Result<Pairing, Error> {
        self.join(code.secret(), None, vec![peer.to_owned()]).await
    }

    /// See [`crate::Space::pair_scan`].
    pub(crate) async fn pair_scan(
        &self,
        invitation: &Invitation,
        peer: Option<&str>,
    ) -> Result<Pairing, Error> {
        if invitation.expires_at <= self.now() {
            return Err(PairingError::Expired.into());
        }
        let hints = invitation.hints.iter().map(ToString::to_string);
        let peers = peer.map(str::to_owned).into_iter().chain(hints).collect();
        self.join(invitation.secret, Some(invitation.key), peers).await
    }

    async fn join(
        &self,
        secret: [u8; 32],
        key: Option<[u8; 32]>,
        peers: Vec<String>,
    ) -> Result<Pairing, Error> {
        self.ask(|engine| engine.may_pair(true)).await?;
        let private = self.ask(|engine| Ok(engine.keys.link)).await?;
        let (pairing, asking) = self.pairing(None, None, None);
        Ok(pairing(tokio::spawn(join(self.clone(), private, secret, key, peers, asking))))
    }

    fn pairing(
        &self,
        address: Option<SocketAddr>,
        code: Option<Code>,
        invitation: Option<Invitation>,
    ) -> (impl FnOnce(JoinHandle<Result<(), Error>>) -> Pairing + use<>, Asking) {
        let (ask, asked) = oneshot::channel();
        let (answer, answered) = mpsc::unbounded_channel();
        let pairing = move |outcome| Pairing {
            address,
            code,
            invitation,
            asked: Some(asked),
            answer,
            outcome,
        };
        (pairing, Asking { ask, answered, replacement: None })
    }
}

/// Where other phones reach a listener on all addresses: the address that this
/// machine would speak from. Asking for the route sends nothing.
fn reachable(listening: SocketAddr) -> SocketAddr {
    if !listening.ip().is_unspecified() {
        return listening;
    }
    let (any, away) = match listening {
        SocketAddr::V4(_) => ("0.0.0.0:0", "192.0.2.1:9"),
        SocketAddr::V6(_) => ("[::]:0", "[2001:db8::1]:9"),
    };
    let route = std::net::UdpSocket::bind(any).and_then(|socket| {
        socket.connect(away)?;
        socket.local_addr()
    });
    let loopback = match listening {
        SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(route.map_or(loopback, |route| route.ip()), listening.port())
}

async fn show(
    phone: Phone,
    listener: Listener,
    private: [u8; 32],
    secrets: Vec<[u8; 32]>,
    mut asking: Asking,
) -> Result<(), Error> {
    let strangers = Strangers::default();
    let waiting = async {
        let mut shaking = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((stream, from)) = accepted else { continue };
                    let Some(stranger) = strangers.admit(from.ip()) else { continue };
                    let candidate = |secret: &[u8; 32]| {
                        let handshake = Handshake::Pair { secret };
                        Noise::new(&handshake, &private, false, phone.engine.host.entropy.clone())
                    };
                    let candidates = secrets.iter().map(candidate).collect::<Result<Vec<_>, _>>()?;
                    shaking.spawn(async move {
                        let _stranger = stranger;
                        open(stream, candidates).await
                    });
                }
                // The first success burns the secret: nobody else is let in.
                Some(Ok(Ok(channel))) = shaking.join_next() => return Ok::<_, Error>(channel),
            }
        }
    };
    let patience = Duration::from_secs(INVITATION_SECONDS as u64);
    let lifecycle = phone.lifecycle.clone();
    let mut phase = lifecycle.phase.subscribe();
    let open = Open::new(&lifecycle);
    let expired = |_| Error::Pairing(PairingError::Expired);
    let channel = tokio::select! {
        channel = timeout(patience, waiting) => channel.map_err(expired)??,
        // Nobody waits for it any more: the port is free again, and the code is void.
        () = asking.ask.closed() => return Err(PairingError::Cancelled.into()),
        // A phone that sleeps has no socket open.
        Ok(_) = phase.wait_for(|phase| phase.asleep) => return Err(PairingError::Cancelled.into()),
    };
    drop(open);
    let replaces = asking.replacement.is_some();
    converse(&phone, channel, Role::Showed, asking).await?;
    prove(phone, Some(listener), Vec::new(), replaces).await
}

async fn join(
    phone: Phone,
    private: [u8; 32],
    secret: [u8; 32],
    key: Option<[u8; 32]>,
    peers: Vec<String>,
    mut asking: Asking,
) -> Result<(), Error> {
    let (channel, peer) = tokio::select! {
        reached = reach(&phone, private, secret, peers) => reached?,
        // Nobody waits for it any more.
        () = asking.ask.closed() => return Err(PairingError::Cancelled.into()),
    };
    if key.is_some_and(|key| key != channel.partner_key) {
        return Err(PairingError::WrongPhone.into());
    }
    converse(&phone, channel, Role::Joined, asking).await?;
    prove(phone, None, vec![peer], false).await
}

/// The first of the addresses at which something answers, and the channel to what answers there.
async fn reach(
    phone: &Phone,
    private: [u8; 32],
    secret: [u8; 32],
    peers: Vec<String>,
) -> Result<(Channel, String), Error> {
    let mut failed = Error::Link(LinkError::Unreachable("no address".to_owned()));
    for peer in peers {
        let stream = match connect(&peer).await {
            Ok(stream) => stream,
            Err(error) => {
                failed = error;
                continue;
            }
        };
        let handshake = Handshake::Pair { secret: &secret };
        let noise = Noise::new(&handshake, &private, true, phone.engine.host.entropy.clone())?;
        let refused = |error| match error {
            LinkError::Lost(_) | LinkError::Stranger => PairingError::CodeRefused.into(),
            other => Error::Link(other),
        };
        return Ok((open(stream, vec![noise]).await.map_err(refused)?, peer));
    }
    Err(failed)
}

/// Holds the conversation, and keeps what comes out of it, pending.
async fn converse(
    phone: &Phone,
    mut channel: Channel,
    role: Role,
    asking: Asking,
) -> Result<(), Error> {
    let name = phone.ask(Engine::own_name).await?;
    let mut fresh = [0; 80];
    phone.engine.host.entropy.fill(&mut fresh)?;
    let (handshake, key) = (channel.handshake, channel.partner_key);
    let began = Instant::now();
    let mut conversation = Conversation::new(role, handshake, key, name, fresh, Moment(0));
    let Asking { ask, mut answered, replacement } = asking;
    if let Some((me, replacement)) = replacement {
        conversation = conversation.replacing(me, replacement);
    }
    let mut actions = conversation.start();
    let mut ask = Some(ask);
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    let (mut listens, mut said_yes) = (true, false);
    loop {
        for action in std::mem::take(&mut actions) {
            match action {
                Action::Send(message) => channel.send(&message.encode()).await?,
                Action::Ask { name, code, replaces } => {
                    let asked = Asked { name, code, replaces };
                    let nobody = ask.take().is_none_or(|ask| ask.send(asked).is_err());
                    if nobody {
                        actions = conversation.answer(false);
                    }
                }
                Action::Done(material) => {
                    channel.close().await;
                    return phone.engine.write(move |engine| engine.keep_pending(&material)).await;
                }
                Action::Failed(error) => {
                    channel.close().await;
                    return Err(error.into());
                }
            }
        }
        if !actions.is_empty() {
            continue;
        }
        tokio::select! {
            bytes = channel.next() => actions = conversation.receive(Message::decode(&bytes?)?),
            answer = answered.recv(), if listens => match answer {
                Some(true) if said_yes => {}
                // Who said yes may go away.
                None if said_yes => listens = false,
                answer => {
                    said_yes = answer == Some(true);
                    listens = said_yes;
                    actions = conversation.answer(said_yes);
                }
            },
            _ = ticks.tick() => {
                actions = conversation.tick(Moment(began.elapsed().as_secs() as i64));
            }
        }
    }
}

/// The first ordinary session proves that both hold what was agreed.
async fn prove(
    phone: Phone,
    listener: Option<Listener>,
    peers: Vec<String>,
    replaces: bool,
) -> Result<(), Error> {
    let outcome = phone.exchange_once(listener, peers, PROOF).await;
    match phone.ask(Engine::status).await?.pairing {
        PairingState::Paired if !replaces => Ok(()),
        PairingState::Paired => phone.ask(Engine::replaced).await.and(Ok(())),
        _ => outcome.and(Err(RefusalCode::NotPaired.into())),
    }
}
