//! The rows of `pair.db`, as values.

use super::pair_db::PairDb;
use crate::cbor::{Item, Value, View};
use crate::id::{Head, LogId, PairId, Past, PersonId};
use crate::log::body::BodyState;
use crate::log::{Checkpoint, Follower};
use crate::time::{DAY, Moment};
use std::collections::BTreeMap;

/// A log as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Its number in this store: even for one's own, odd for the partner's.
    pub number: u64,
    /// Its state.
    pub follower: Follower,
    /// The latest time that one of its entries states.
    pub stated: Moment,
    /// How many documents of each class (`agreement`, `promise`) it has begun.
    pub begun: BTreeMap<String, u64>,
    /// Set when the log contradicted what is held, until its owner goes on from
    /// that.
    pub frozen: bool,
    /// One's own, as the partner's phone kept it: this phone replaced the one that
    /// wrote it, and cannot recognise its marks.
    pub kept: bool,
}

impl LogRow {
    /// A log of which nothing is held yet.
    pub fn empty(mine: bool, follower: Follower, stated: Moment) -> Self {
        let number = PairDb::number(mine, follower.generation());
        let begun = BTreeMap::new();
        Self { number, follower, stated, begun, frozen: false, kept: false }
    }

    /// The log's id.
    pub fn id(&self) -> LogId {
        self.follower.checkpoint().log
    }

    /// How many documents of `class` it had begun; and one more from now on.
    pub fn begin(&mut self, class: &str) -> u64 {
        let count = self.begun.entry(class.to_owned()).or_default();
        *count += 1;
        *count - 1
    }

    /// As CBOR.
    pub fn to_value(&self) -> Value {
        let begun = self.begun.iter().map(|(class, count)| (class.clone(), (*count).into()));
        let pins = self.follower.pins().map(|pin| pin.to_value()).collect();
        Value::map([
            ("owner", Some(self.follower.owner().as_bytes().into())),
            ("generation", Some(u64::from(self.follower.generation()).into())),
            ("checkpoint", Some(self.follower.checkpoint().to_value())),
            ("pins", Some(Value::Array(pins))),
            ("past", Some(past_view(self.follower.past()).to_value())),
            ("stated", Some(self.stated.0.into())),
            ("begun", Some(Value::Map(Vec::new()).with(begun.collect()))),
            ("frozen", Some(Value::Bool(self.frozen))),
            ("kept", self.kept.then_some(Value::Bool(true))),
        ])
    }

    /// From CBOR.
    pub fn from_value(pair: PairId, number: u64, value: &Value) -> Option<Self> {
        let pins = value.get("pins")?.array()?;
        let begun = match value.get("begun") {
            Some(Value::Map(begun)) => begun.as_slice(),
            Some(_) => return None,
            // Earlier layouts counted them elsewhere; they are counted anew.
            None => &[],
        };
        let count = |(class, count): &(String, Value)| Some((class.clone(), count.uint()?));
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
            begun: begun.iter().map(count).collect::<Option<_>>()?,
            frozen: *value.get("frozen")? == Value::Bool(true),
            kept: value.get("kept").is_some(),
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
    pub fn view(&self) -> View<'_> {
        View::fields([
            ("entry", View::Bytes(&self.bytes)),
            ("head", View::Bytes(self.head.as_bytes())),
            ("tag", View::Bytes(&self.tag)),
            ("past", past_view(&self.past)),
            ("received", View::Int(self.received.0)),
        ])
    }

    /// From its bytes.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let view = View::read(bytes).ok()?;
        Some(Self {
            bytes: view.get("entry")?.bytes()?.to_vec(),
            head: Head::from_slice(view.get("head")?.bytes()?)?,
            tag: view.get("tag")?.bytes()?.try_into().ok()?,
            past: past_from_value(view.get("past")?)?,
            received: Moment(view.get("received")?.int()?),
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
    /// What is left of a body that is gone: that it was.
    pub fn gone() -> Self {
        Self { state: BodyState::Gone, until: None, at: Moment(0), bytes: Vec::new() }
    }

    /// When it ends, if words are kept for so many days at most.
    pub fn ends(&self, days: Option<u16>) -> Option<Moment> {
        let until = self.until?;
        Some(days.map_or(until, |days| until.min(self.at.plus(i64::from(days) * DAY))))
    }
}

/// Lengths of logs as CBOR: `[[log, length]…]`.
pub fn past_view(past: &Past) -> View<'_> {
    let pairs = past
        .0
        .iter()
        .map(|(log, length)| View::Array(vec![View::Bytes(log.as_bytes()), View::from(*length)]));
    View::Array(pairs.collect())
}

/// Lengths of logs from CBOR.
pub fn past_from_value<B: AsRef<[u8]>, T: AsRef<str>>(value: &Item<B, T>) -> Option<Past> {
    let mut past = Past::default();
    for item in value.array()? {
        let [log, length] = item.array()? else { return None };
        past.raise(LogId::from_slice(log.bytes()?)?, length.uint()?);
    }
    Some(past)
}
