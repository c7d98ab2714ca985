//! The rows of `pair.db`, as values.

use crate::cbor::Value;
use crate::id::{Head, LogId, PairId, Past, PersonId};
use crate::log::body::BodyState;
use crate::log::{Checkpoint, Follower};
use crate::time::{DAY, Moment};

/// A log as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Its number in this store: even for one's own, odd for the partner's.
    pub number: u64,
    /// Its state.
    pub follower: Follower,
    /// The latest time that one of its entries states.
    pub stated: Moment,
    /// Set when the log contradicted what is held: from then on nothing more of
    /// it is taken, until a continuation.
    pub frozen: bool,
}

impl LogRow {
    /// The log's id.
    pub fn id(&self) -> LogId {
        self.follower.checkpoint().log
    }

    /// As CBOR.
    pub fn to_value(&self) -> Value {
        let pins = self.follower.pins().map(|pin| pin.to_value()).collect();
        Value::map([
            ("owner", Some(self.follower.owner().as_bytes().into())),
            ("generation", Some(u64::from(self.follower.generation()).into())),
            ("checkpoint", Some(self.follower.checkpoint().to_value())),
            ("pins", Some(Value::Array(pins))),
            ("past", Some(past_to_value(self.follower.past()))),
            ("stated", Some(self.stated.0.into())),
            ("frozen", Some(Value::Bool(self.frozen))),
        ])
    }

    /// From CBOR.
    pub fn from_value(pair: PairId, number: u64, value: &Value) -> Option<Self> {
        let pins = value.get("pins")?.array()?;
        Some(Self {
            number,
            follower: Follower::resume(
                pair,
                PersonId::from_slice(value.get("owner")?.bytes()?)?,
                value.get("generation")?.uint()?.try_into().ok()?,
                Checkpoint::from_value(value.get("checkpoint")?)?,
                pins.iter().map(Checkpoint::from_value).collect::<Option<_>>()?,
                past_from_value(value.get("past")?)?,
            ),
            stated: Moment(value.get("stated")?.int()?),
            frozen: *value.get("frozen")? == Value::Bool(true),
        })
    }
}

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The head after it.
    pub head: Head,
    /// Its author's own tag.
    pub tag: [u8; 16],
    /// All that came before it.
    pub past: Past,
    /// When this phone first held it.
    pub received: Moment,
}

impl EntryRow {
    /// As CBOR.
    pub fn to_value(&self) -> Value {
        Value::map([
            ("entry", Some(self.bytes.as_slice().into())),
            ("head", Some(self.head.as_bytes().into())),
            ("tag", Some(self.tag.as_slice().into())),
            ("past", Some(past_to_value(&self.past))),
            ("received", Some(self.received.0.into())),
        ])
    }

    /// From CBOR.
    pub fn from_value(value: &Value) -> Option<Self> {
        Some(Self {
            bytes: value.get("entry")?.bytes()?.to_vec(),
            head: Head::from_slice(value.get("head")?.bytes()?)?,
            tag: value.get("tag")?.bytes()?.try_into().ok()?,
            past: past_from_value(value.get("past")?)?,
            received: Moment(value.get("received")?.int()?),
        })
    }
}

/// A body as it is kept, or why it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyRow {
    /// Present, withheld or gone.
    pub state: BodyState,
    /// When it expires.
    pub until: Option<Moment>,
    /// When it was written, as its record states.
    pub at: Moment,
    /// Its bytes, where present.
    pub bytes: Vec<u8>,
}

impl BodyRow {
    /// When it ends, if words are kept for so many days at most.
    pub fn ends(&self, days: Option<u16>) -> Option<Moment> {
        let until = self.until?;
        Some(days.map_or(until, |days| until.min(self.at.plus(i64::from(days) * DAY))))
    }

    /// As CBOR.
    pub fn to_value(&self) -> Value {
        let state = match self.state {
            BodyState::Present => 0,
            BodyState::Withheld => 1,
            BodyState::Gone => 2,
        };
        Value::map([
            ("state", Some(Value::Int(state))),
            ("until", self.until.map(|until| until.0.into())),
            ("at", Some(self.at.0.into())),
            ("body", Some(self.bytes.as_slice().into())),
        ])
    }

    /// From CBOR.
    pub fn from_value(value: &Value) -> Option<Self> {
        let state = match value.get("state")?.int()? {
            0 => BodyState::Present,
            1 => BodyState::Withheld,
            2 => BodyState::Gone,
            _ => return None,
        };
        let until = match value.get("until") {
            Some(until) => Some(Moment(until.int()?)),
            None => None,
        };
        let at = match value.get("at") {
            Some(at) => Moment(at.int()?),
            // Written by the first layout, when no body expired.
            None => Moment(0),
        };
        Some(Self { state, until, at, bytes: value.get("body")?.bytes()?.to_vec() })
    }
}

/// A causal past as CBOR: `[[log, length]…]`.
pub fn past_to_value(past: &Past) -> Value {
    let pair =
        |(log, length): (&LogId, &u64)| Value::Array(vec![log.as_bytes().into(), (*length).into()]);
    Value::Array(past.0.iter().map(pair).collect())
}

/// A causal past from CBOR.
pub fn past_from_value(value: &Value) -> Option<Past> {
    let mut past = Past::default();
    for item in value.array()? {
        let [log, length] = item.array()? else { return None };
        past.raise(LogId::from_slice(log.bytes()?)?, length.uint()?);
    }
    Some(past)
}
