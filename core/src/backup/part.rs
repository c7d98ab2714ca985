//! The parts of a backup, in the order in which they are written.

use crate::cbor::{Item, Value, View};
use crate::id::{DocId, LogId, PairId, PersonId};
use crate::limits::{FRAME_BYTES, LOG_GENERATIONS};
use crate::log::Checkpoint;
use crate::sync::{BodyAt, Frame, Run};
use crate::time::Moment;
use zeroize::Zeroizing;

/// The version of what is inside.
pub const VERSION: u64 = 1;
/// What the first part is called.
const HEAD: &str = "amends-backup";

/// A part. A backup begins with its [`Head`] and ends with its [`Sum`].
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// The first.
    Head(Box<Head>),
    /// Entries of a log with their words, one's own logs before the partner's, each from its
    /// first entry on.
    Entries(Run),
    /// Words that found no place beside their entries.
    Words {
        /// Their log.
        log: LogId,
        /// Where, and what.
        bodies: Vec<BodyAt>,
    },
    /// Words that were deleted: they are not to come back.
    Gone {
        /// Their log.
        log: LogId,
        /// Entry and record of each.
        places: Vec<(u64, u8)>,
    },
    /// A record that was set aside.
    Aside(Asides),
    /// Something of the vault.
    Private {
        /// Its id.
        id: DocId,
        /// The name of which its id was a keyed hash, where it had one.
        name: Option<String>,
        /// What it is.
        kind: String,
        /// Its content.
        value: Value,
    },
    /// The last.
    End(Sum),
}

/// A record that was set aside, with its words.
#[derive(Debug, PartialEq, Eq)]
pub struct Asides {
    /// The record's bytes.
    pub record: Vec<u8>,
    /// Its body's; empty where it has none.
    pub body: Vec<u8>,
}

/// What a backup begins with.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    /// When it was written.
    pub made: Moment,
    /// Whose phone it was.
    pub name: String,
    /// The key that marks one's own entries.
    pub log_key: Zeroizing<[u8; 32]>,
    /// Whether the items of the vault are in the backup.
    pub private: bool,
    /// Whether the phone held all exchange.
    pub held: bool,
    /// The latest time that the clock had shown.
    pub clock: Option<Moment>,
    /// The pair that the phone was in.
    pub pair: Option<PairHead>,
}

/// The pair that a phone is in.
#[derive(Debug, PartialEq, Eq)]
pub struct PairHead {
    /// The pair.
    pub id: PairId,
    /// The person whose phone it was.
    pub me: PersonId,
    /// The other one.
    pub partner: PersonId,
    /// The other one's name.
    pub partner_name: String,
    /// The key epoch of the link.
    pub epoch: u64,
    /// Every log, one's own before the partner's, by generation.
    pub logs: Vec<LogHead>,
}

/// A log as it stood.
#[derive(Debug, PartialEq, Eq)]
pub struct LogHead {
    /// Whether it is one's own.
    pub mine: bool,
    /// Which generation of its owner's.
    pub generation: u8,
    /// Where it ends.
    pub at: Checkpoint,
    /// It contradicted what was held.
    pub frozen: bool,
    /// It came from the partner's phone, without one's own marks.
    pub kept: bool,
}

/// How many of each a backup holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Entries of all logs.
    pub entries: u64,
    /// Items of the vault.
    pub private: u64,
}

/// A field that is there and true, or not there.
fn is_set<B: AsRef<[u8]>, T: AsRef<str>>(value: &Item<B, T>, key: &str) -> Option<bool> {
    match value.get(key) {
        None => Some(false),
        Some(Item::Bool(true)) => Some(true),
        Some(_) => None,
    }
}

fn flag(set: bool) -> Option<Value> {
    set.then_some(Value::Bool(true))
}

impl LogHead {
    fn to_value(&self) -> Value {
        Value::map([
            ("mine", flag(self.mine)),
            ("generation", Some(u64::from(self.generation).into())),
            ("at", Some(self.at.to_value())),
            ("frozen", flag(self.frozen)),
            ("kept", flag(self.kept)),
        ])
    }

    fn from_value(value: &Value) -> Option<Self> {
        if !value.has_only(&["mine", "generation", "at", "frozen", "kept"]) {
            return None;
        }
        Some(Self {
            mine: is_set(value, "mine")?,
            generation: value.get("generation")?.uint()?.try_into().ok()?,
            at: Checkpoint::from_value(value.get("at")?)?,
            frozen: is_set(value, "frozen")?,
            kept: is_set(value, "kept")?,
        })
    }
}

impl PairHead {
    fn to_value(&self) -> Value {
        Value::map([
            ("id", Some(self.id.as_bytes().into())),
            ("me", Some(self.me.as_bytes().into())),
            ("partner", Some(self.partner.as_bytes().into())),
            ("name", Some(self.partner_name.as_str().into())),
            ("epoch", Some(self.epoch.into())),
            ("logs", Some(Value::Array(self.logs.iter().map(LogHead::to_value).collect()))),
        ])
    }

    fn from_value(value: &Value) -> Option<Self> {
        let person = |key| PersonId::from_slice(value.get(key)?.bytes()?);
        let logs = value.get("logs")?.array()?;
        let known = ["id", "me", "partner", "name", "epoch", "logs"];
        if logs.len() > 2 * usize::from(LOG_GENERATIONS) || !value.has_only(&known) {
            return None;
        }
        Some(Self {
            id: PairId::from_slice(value.get("id")?.bytes()?)?,
            me: person("me")?,
            partner: person("partner")?,
            partner_name: value.get("name")?.text()?.to_owned(),
            epoch: value.get("epoch")?.uint()?,
            logs: logs.iter().map(LogHead::from_value).collect::<Option<_>>()?,
        })
    }
}

impl Head {
    /// Written from where the key stands, and read where it lies.
    fn encode(&self) -> Vec<u8> {
        let pair = self.pair.as_ref().map(PairHead::to_value);
        let pair = pair.as_ref().map(Value::as_view);
        let mut fields = vec![
            ("t", View::Text(HEAD)),
            ("version", VERSION.into()),
            ("made", View::Int(self.made.0)),
            ("name", View::Text(&self.name)),
            ("log-key", View::Bytes(self.log_key.as_slice())),
        ];
        fields.extend(self.private.then_some(("private", View::Bool(true))));
        fields.extend(self.held.then_some(("held", View::Bool(true))));
        fields.extend(self.clock.map(|clock| ("clock", View::Int(clock.0))));
        fields.extend(pair.map(|pair| ("pair", pair)));
        View::fields(fields).encode()
    }

    fn from_view(view: &View<'_>) -> Option<Self> {
        let known = ["t", "version", "made", "name", "log-key", "private", "held", "clock", "pair"];
        if !view.has_only(&known) || view.get("version")?.uint()? != VERSION {
            return None;
        }
        let pair = match view.get("pair") {
            Some(pair) => Some(PairHead::from_value(&pair.to_value())?),
            None => None,
        };
        Some(Self {
            made: Moment(view.get("made")?.int()?),
            name: view.get("name")?.text()?.to_owned(),
            log_key: Zeroizing::new(view.get("log-key")?.bytes()?.try_into().ok()?),
            private: is_set(view, "private")?,
            held: is_set(view, "held")?,
            clock: match view.get("clock") {
                Some(clock) => Some(Moment(clock.int()?)),
                None => None,
            },
            pair,
        })
    }
}

impl Part {
    /// Its bytes.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let named = |name: &'static str| ("t", Some(name.into()));
        let value = match self {
            Part::Head(head) => return head.encode().into(),
            Part::Entries(run) => return Frame::Entries(run.clone()).encode().into(),
            Part::Words { log, bodies } => {
                let (log, bodies) = (*log, bodies.clone());
                return Frame::Bodies { log, bodies }.encode().into();
            }
            Part::Gone { log, places } => {
                let place = |(index, place): &(u64, u8)| {
                    Value::Array(vec![(*index).into(), u64::from(*place).into()])
                };
                Value::map([
                    named("gone"),
                    ("log", Some(log.as_bytes().into())),
                    ("places", Some(Value::Array(places.iter().map(place).collect()))),
                ])
            }
            Part::Aside(aside) => Value::map([
                named("aside"),
                ("record", Some(aside.record.as_slice().into())),
                ("body", Some(aside.body.as_slice().into())),
            ]),
            Part::Private { id, name, kind, value } => Value::map([
                named("private"),
                ("id", Some(id.as_bytes().into())),
                ("name", name.as_deref().map(Value::from)),
                ("kind", Some(kind.as_str().into())),
                ("value", Some(value.encode().as_slice().into())),
            ]),
            Part::End(sum) => Value::map([
                named("end"),
                ("entries", Some(sum.entries.into())),
                ("private", Some(sum.private.into())),
            ]),
        };
        value.encode().into()
    }

    /// The part that `bytes` are; `None` for what is none.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let view = View::read(bytes).ok()?;
        let kind = view.get("t")?.text()?;
        if ["entries", "bodies"].contains(&kind) {
            return match Frame::decode(bytes).ok()? {
                Frame::Entries(run) => Some(Part::Entries(run)),
                Frame::Bodies { log, bodies } => Some(Part::Words { log, bodies }),
                _ => None,
            };
        }
        let known: &[&str] = match kind {
            "gone" => &["t", "log", "places"],
            "aside" => &["t", "record", "body"],
            "private" => &["t", "id", "name", "kind", "value"],
            "end" => &["t", "entries", "private"],
            // Looked at where it is read.
            _ => &[],
        };
        if !known.is_empty() && !view.has_only(known) {
            return None;
        }
        let bytes_of = |key: &str| view.get(key)?.bytes();
        let value_of = |key: &str| Value::decode(bytes_of(key)?).ok();
        Some(match kind {
            HEAD => Part::Head(Box::new(Head::from_view(&view)?)),
            "gone" => {
                let place = |place: &View<'_>| {
                    let [index, place] = place.array()? else { return None };
                    Some((index.uint()?, place.uint()?.try_into().ok()?))
                };
                let places = view.get("places")?.array()?;
                Part::Gone {
                    log: LogId::from_slice(bytes_of("log")?)?,
                    places: places.iter().map(place).collect::<Option<_>>()?,
                }
            }
            "aside" => Part::Aside(Asides {
                record: bytes_of("record")?.to_vec(),
                body: bytes_of("body")?.to_vec(),
            }),
            "private" => Part::Private {
                id: DocId::from_slice(bytes_of("id")?)?,
                name: match view.get("name") {
                    Some(name) => Some(name.text()?.to_owned()),
                    None => None,
                },
                kind: view.get("kind")?.text()?.to_owned(),
                value: value_of("value")?,
            },
            "end" => Part::End(Sum {
                entries: view.get("entries")?.uint()?,
                private: view.get("private")?.uint()?,
            }),
            _ => return None,
        })
    }

    /// The version that a first part says it is of, known here or not.
    pub fn version(bytes: &[u8]) -> Option<u64> {
        let view = View::read(bytes).ok()?;
        view.get("t").and_then(View::text).filter(|kind| *kind == HEAD)?;
        view.get("version")?.uint()
    }
}

/// A part is no longer than this: a frame, or what the vault keeps of one item.
pub const PART_BYTES: usize = 4 * FRAME_BYTES;
