//! The conversation inside the pairing channel: nonces, names, the short code,
//! two confirmations.

use super::PairingError;
use super::code::expand;
use crate::cbor::Value;
use crate::id::{PairId, PersonId};
use crate::limits::{LOG_GENERATIONS, PAIRING_SECONDS};
use crate::log::{Checkpoint, log_id};
use crate::text;
use crate::time::Moment;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt;

/// Which side of the handshake this phone is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It typed or scanned the code, and dialled.
    Joined,
    /// It showed the code, and listened.
    Showed,
}

/// What both people compare: three groups of four digits, the same on both
/// phones if and only if nobody stands in between (but for one chance in 10¹²).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShortCode(pub String);

impl fmt::Display for ShortCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a phone keeps of a pairing.
#[derive(Clone, PartialEq, Eq)]
pub struct Material {
    /// The pair.
    pub pair: PairId,
    /// Who this phone's person is in it.
    pub me: PersonId,
    /// Who the other one is.
    pub partner: PersonId,
    /// The other phone's static key.
    pub partner_key: [u8; 32],
    /// The pair's secret, for every handshake from now on.
    pub secret: [u8; 32],
    /// The other one's chosen name.
    pub partner_name: String,
    /// The key epoch: raised whenever a phone is replaced.
    pub epoch: u64,
    /// Where a phone takes the place of an earlier one: the pair's logs as the phone
    /// that stays holds them.
    pub logs: Vec<Checkpoint>,
}

/// What a phone that stays in its pair tells the one that takes the place of its
/// partner's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The pair.
    pub pair: PairId,
    /// Who the new phone's person is in it.
    pub person: PersonId,
    /// The key epoch from now on.
    pub epoch: u64,
    /// Every log of both, as it is held.
    pub logs: Vec<Checkpoint>,
}

impl Replacement {
    fn to_value(&self) -> Value {
        let logs = self.logs.iter().map(|at| at.to_value()).collect();
        Value::map([
            ("pair", Some(self.pair.as_bytes().into())),
            ("person", Some(self.person.as_bytes().into())),
            ("epoch", Some(self.epoch.into())),
            ("logs", Some(Value::Array(logs))),
        ])
    }

    fn from_value(value: &Value) -> Option<Self> {
        let logs = value.get("logs")?.array()?;
        Some(Self {
            pair: PairId::from_slice(value.get("pair")?.bytes()?)?,
            person: PersonId::from_slice(value.get("person")?.bytes()?)?,
            epoch: value.get("epoch")?.uint()?,
            logs: logs.iter().map(Checkpoint::from_value).collect::<Option<_>>()?,
        })
    }

    /// Whether it names the generations of a person's log from the first one on,
    /// and room for one more.
    fn names_logs_of(&self, person: PersonId) -> bool {
        let named = |g| self.logs.iter().any(|at| at.log == log_id(self.pair, person, g));
        let count = (0..LOG_GENERATIONS).take_while(|g| named(*g)).count();
        count > 0 && count < usize::from(LOG_GENERATIONS)
    }

    fn counts(&self, by: PersonId) -> bool {
        self.person != by
            && self.epoch > 0
            && self.logs.len() <= 2 * usize::from(LOG_GENERATIONS)
            && self.names_logs_of(self.person)
            && self.names_logs_of(by)
    }
}

impl Drop for Material {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.secret);
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Material").field("pair", &self.pair).finish_non_exhaustive()
    }
}

/// What travels inside the pairing channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The hash of what will be revealed.
    Commit([u8; 32]),
    /// What was committed to.
    Reveal {
        /// For the short code.
        nonce: [u8; 32],
        /// For the pair's secret.
        share: [u8; 32],
        /// The sender's id in the pair.
        person: PersonId,
        /// The sender's chosen name.
        name: String,
        /// From a phone that stays in its pair while the other one is replaced.
        replaces: Option<Replacement>,
    },
    /// The sender's person said that the short codes are equal.
    Confirm,
    /// The sender's person said no.
    Cancel,
}

impl Message {
    /// The message's bytes.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Message::Commit(hash) => {
                Value::map([("t", Some("commit".into())), ("hash", Some(hash.as_slice().into()))])
            }
            Message::Reveal { nonce, share, person, name, replaces } => Value::map([
                ("t", Some("reveal".into())),
                ("nonce", Some(nonce.as_slice().into())),
                ("share", Some(share.as_slice().into())),
                ("person", Some(person.as_bytes().into())),
                ("name", Some(name.as_str().into())),
                ("replaces", replaces.as_ref().map(Replacement::to_value)),
            ]),
            Message::Confirm => Value::map([("t", Some("confirm".into()))]),
            Message::Cancel => Value::map([("t", Some("cancel".into()))]),
        }
        .encode()
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`PairingError::Protocol`].
    pub fn decode(bytes: &[u8]) -> Result<Self, PairingError> {
        let wrong = || PairingError::Protocol("a message is not one of a pairing".to_owned());
        let value = Value::decode(bytes).map_err(|_| wrong())?;
        let fixed = |key: &str| value.get(key)?.bytes()?.try_into().ok();
        let read = || {
            Some(match value.get("t")?.text()? {
                "commit" => Message::Commit(fixed("hash")?),
                "reveal" => Message::Reveal {
                    nonce: fixed("nonce")?,
                    share: fixed("share")?,
                    person: PersonId::from_slice(value.get("person")?.bytes()?)?,
                    name: value.get("name")?.text()?.to_owned(),
                    replaces: match value.get("replaces") {
                        Some(replaces) => Some(Replacement::from_value(replaces)?),
                        None => None,
                    },
                },
                "confirm" => Message::Confirm,
                "cancel" => Message::Cancel,
                _ => return None,
            })
        };
        let message = read().ok_or_else(wrong)?;
        if message.encode() == bytes { Ok(message) } else { Err(wrong()) }
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send a message.
    Send(Message),
    /// Show the other one's name and the short code, and ask.
    Ask {
        /// The other one's chosen name.
        name: String,
        /// To be compared.
        code: ShortCode,
        /// The place of an earlier phone is taken: the other one's, where this
        /// phone stays in its pair, and otherwise one's own.
        replaces: bool,
    },
    /// Both confirmed: keep this, pending.
    Done(Material),
    /// It is over, and nothing is kept.
    Failed(PairingError),
}

/// What one phone puts in: drawn once, at random.
#[derive(Clone, PartialEq, Eq, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct Own {
    nonce: [u8; 32],
    share: [u8; 32],
    #[zeroize(skip)]
    person: PersonId,
    name: String,
    #[zeroize(skip)]
    replaces: Option<Replacement>,
}

impl Own {
    fn reveal(&self) -> Message {
        Message::Reveal {
            nonce: self.nonce,
            share: self.share,
            person: self.person,
            name: self.name.clone(),
            replaces: self.replaces.clone(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Committed,
    Revealed,
    Asked { mine: bool, theirs: bool },
    Over,
}

/// The state machine of one pairing, after its handshake.
pub struct Conversation {
    role: Role,
    handshake: [u8; 32],
    partner_key: [u8; 32],
    own: Own,
    began: Moment,
    step: Step,
    commitment: [u8; 32],
    theirs: Option<Own>,
}

fn commitment(own: &Own) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"amends/pair-commit/v1")
        .chain_update(own.reveal().encode())
        .finalize()
        .into()
}

impl Conversation {
    /// A conversation after the handshake with this hash, with the phone that
    /// has this static key. `random` is 80 fresh random bytes.
    pub fn new(
        role: Role,
        handshake: [u8; 32],
        partner_key: [u8; 32],
        name: String,
        random: [u8; 80],
        now: Moment,
    ) -> Self {
        let part = |from: usize| {
            let mut part = [0; 32];
            part.copy_from_slice(&random[from..from + 32]);
            part
        };
        let mut person = [0; 16];
        person.copy_from_slice(&random[64..]);
        let own =
            Own { nonce: part(0), share: part(32), person: PersonId(person), name, replaces: None };
        Self {
            role,
            handshake,
            partner_key,
            own,
            began: now,
            step: Step::Committed,
            commitment: [0; 32],
            theirs: None,
        }
    }

    /// The same for a phone that stays in its pair, as the person `me`, while the
    /// other one is replaced.
    #[must_use]
    pub fn replacing(mut self, me: PersonId, replacement: Replacement) -> Self {
        self.own.person = me;
        self.own.replaces = Some(replacement);
        self
    }

    /// The first thing to do.
    pub fn start(&self) -> Vec<Action> {
        vec![Action::Send(Message::Commit(commitment(&self.own)))]
    }

    fn fail(&mut self, error: PairingError) -> Vec<Action> {
        self.step = Step::Over;
        vec![Action::Failed(error)]
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Moment) -> Vec<Action> {
        if self.step != Step::Over && now.since(self.began) >= PAIRING_SECONDS {
            let mut actions = vec![Action::Send(Message::Cancel)];
            actions.extend(self.fail(PairingError::Expired));
            return actions;
        }
        Vec::new()
    }

    /// A message came in.
    pub fn receive(&mut self, message: Message) -> Vec<Action> {
        match (self.step, message) {
            (Step::Over, _) => Vec::new(),
            (_, Message::Cancel) => self.fail(PairingError::Cancelled),
            (Step::Committed, Message::Commit(hash)) => {
                self.commitment = hash;
                self.step = Step::Revealed;
                vec![Action::Send(self.own.reveal())]
            }
            (Step::Revealed, Message::Reveal { nonce, share, person, name, replaces }) => {
                self.on_reveal(Own { nonce, share, person, name, replaces })
            }
            (Step::Asked { mine, theirs: false }, Message::Confirm) => {
                self.step = Step::Asked { mine, theirs: true };
                self.settle()
            }
            _ => self.fail(PairingError::Protocol("a message came out of turn".to_owned())),
        }
    }

    fn on_reveal(&mut self, theirs: Own) -> Vec<Action> {
        if commitment(&theirs) != self.commitment {
            let why = "what was revealed is not what was committed to";
            return self.fail(PairingError::Protocol(why.to_owned()));
        }
        let named = text::name(&theirs.name).is_ok_and(|name| name == theirs.name);
        if !named || theirs.person == self.own.person || theirs.nonce == self.own.nonce {
            let why = "the other phone's name or id cannot be used";
            return self.fail(PairingError::Protocol(why.to_owned()));
        }
        let counts = match (&self.own.replaces, &theirs.replaces) {
            (Some(_), Some(_)) => false,
            (None, Some(replaces)) => replaces.counts(theirs.person),
            _ => true,
        };
        if !counts {
            let why = "what the other phone says of a pair cannot be used";
            return self.fail(PairingError::Protocol(why.to_owned()));
        }
        let replaces = self.own.replaces.is_some() || theirs.replaces.is_some();
        let code = self.short_code(&theirs);
        let ask = Action::Ask { name: theirs.name.clone(), code, replaces };
        self.theirs = Some(theirs);
        self.step = Step::Asked { mine: false, theirs: false };
        vec![ask]
    }

    /// This phone's person answered: are the short codes equal?
    pub fn answer(&mut self, equal: bool) -> Vec<Action> {
        match self.step {
            Step::Asked { mine: false, theirs } if equal => {
                self.step = Step::Asked { mine: true, theirs };
                let mut actions = vec![Action::Send(Message::Confirm)];
                actions.extend(self.settle());
                actions
            }
            Step::Over => Vec::new(),
            _ => {
                let mut actions = vec![Action::Send(Message::Cancel)];
                actions.extend(self.fail(PairingError::Cancelled));
                actions
            }
        }
    }

    /// Both in the order of the roles: who joined comes first.
    fn ordered<'a>(&'a self, theirs: &'a Own) -> [&'a Own; 2] {
        match self.role {
            Role::Joined => [&self.own, theirs],
            Role::Showed => [theirs, &self.own],
        }
    }

    fn digest(&self, label: &[u8], theirs: &Own) -> [u8; 32] {
        let [a, b] = self.ordered(theirs);
        Sha256::new()
            .chain_update(label)
            .chain_update(self.handshake)
            .chain_update(a.nonce)
            .chain_update(b.nonce)
            .finalize()
            .into()
    }

    fn short_code(&self, theirs: &Own) -> ShortCode {
        let digest = self.digest(b"amends/short-code/v1", theirs);
        let number = digest[..8].iter().fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
        let number = number % 1_000_000_000_000;
        let (a, b, c) = (number / 100_000_000, number / 10_000 % 10_000, number % 10_000);
        ShortCode(format!("{a:04} {b:04} {c:04}"))
    }

    /// Done, once both have confirmed.
    fn settle(&mut self) -> Vec<Action> {
        let Step::Asked { mine: true, theirs: true } = self.step else { return Vec::new() };
        let Some(theirs) = self.theirs.take() else { return Vec::new() };
        self.step = Step::Over;
        let [a, b] = self.ordered(&theirs);
        let shares = zeroize::Zeroizing::new([a.share, b.share].concat());
        let mut pair = [0; 16];
        pair.copy_from_slice(&self.digest(b"amends/pair-id/v1", &theirs)[..16]);
        let mut material = Material {
            pair: PairId(pair),
            me: self.own.person,
            partner: theirs.person,
            partner_key: self.partner_key,
            secret: expand(Some(&self.handshake), &shares, b"amends/pair-secret/v1"),
            partner_name: theirs.name.clone(),
            epoch: 0,
            logs: Vec::new(),
        };
        if let Some(Replacement { pair, person, epoch, logs }) = &self.own.replaces {
            (material.pair, material.partner, material.epoch) = (*pair, *person, *epoch);
            material.logs.clone_from(logs);
        } else if let Some(Replacement { pair, person, epoch, logs }) = &theirs.replaces {
            (material.pair, material.me, material.epoch) = (*pair, *person, *epoch);
            material.logs.clone_from(logs);
        }
        vec![Action::Done(material)]
    }
}

#[cfg(test)]
mod tests;
