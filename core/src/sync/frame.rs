//! Frames: what two phones say to each other once the link stands.

use crate::cbor::{CborError, Value, View};
use crate::id::{Head, LogId};
use crate::limits::{FRAME_BYTES, LOG_GENERATIONS, LOG_LENGTH, RUN_ENTRIES_TAKEN};
use crate::log::Checkpoint;

/// A random number drawn when the app starts (the boot epoch): a new one tells
/// that an older connection with the same phone must be half-dead.
pub type Epoch = [u8; 8];

/// What a phone says to hold of a log: its length, and the first half of its head, which is
/// enough to see whether two hold the same. Whatever is taken in is checked against whole heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The log.
    pub log: LogId,
    /// How many entries.
    pub length: u64,
    /// The first half of the head after the last of them.
    pub head: [u8; 16],
}

impl Claim {
    /// Whether a log that has this head at that length is what is claimed.
    pub fn holds(&self, head: Option<Head>) -> bool {
        head.is_some_and(|head| head.as_bytes().starts_with(&self.head))
    }

    fn to_value(self) -> Value {
        let [log, head]: [&[u8]; 2] = [self.log.as_bytes(), &self.head];
        Value::Array(vec![log.into(), self.length.into(), head.into()])
    }

    fn from_view(value: &View<'_>) -> Option<Self> {
        let [log, length, head] = value.array()? else { return None };
        Some(Self {
            log: LogId::from_slice(log.bytes()?)?,
            length: length.uint().filter(|length| *length <= LOG_LENGTH)?,
            head: head.bytes()?.try_into().ok()?,
        })
    }
}

impl From<Checkpoint> for Claim {
    fn from(at: Checkpoint) -> Self {
        let mut head = [0; 16];
        head.copy_from_slice(&at.head.as_bytes()[..16]);
        Self { log: at.log, length: at.length, head }
    }
}

/// A body beside its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyAt {
    /// The entry's index.
    pub index: u64,
    /// The record's place in it.
    pub place: u8,
    /// The body's bytes.
    pub bytes: Vec<u8>,
}

/// A run of entries of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The log.
    pub log: LogId,
    /// The index of the first entry.
    pub first: u64,
    /// The entries' bytes.
    pub entries: Vec<Vec<u8>>,
    /// Their author's own tags, one for each.
    pub tags: Vec<[u8; 16]>,
    /// The bodies that travel with them.
    pub bodies: Vec<BodyAt>,
    /// The head after the last entry.
    pub head: Head,
}

/// What two phones say to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Says what is held of every log.
    Hello {
        /// The boot epoch of the one who says it.
        epoch: Epoch,
        /// What is held.
        logs: Vec<Claim>,
    },
    /// Says which head a log had at a length where the other's head differs.
    HeadAt(Checkpoint),
    /// Asks for a log's entries from `first` on.
    Want {
        /// The log.
        log: LogId,
        /// The first index that is missing.
        first: u64,
    },
    /// Brings entries.
    Entries(Run),
    /// Asks for bodies of a log: `(entry, record)`.
    WantBodies {
        /// The log.
        log: LogId,
        /// Which.
        bodies: Vec<(u64, u8)>,
    },
    /// Brings bodies.
    Bodies {
        /// The log.
        log: LogId,
        /// The bodies.
        bodies: Vec<BodyAt>,
    },
    /// Says that a log is durable here up to a length.
    Ack(Checkpoint),
    /// Asks for a sign of life.
    Ping,
    /// Gives one.
    Pong,
    /// Ends the session; authenticated, unlike the end of a connection.
    Bye,
}

/// Why a frame was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Larger than [`FRAME_BYTES`].
    #[error("a frame is larger than {FRAME_BYTES} bytes")]
    TooLarge,
    /// Not canonical CBOR.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// Not one of the frames.
    #[error("a frame is not one of those that are known")]
    Unknown,
}

fn bodies_view(bodies: &[BodyAt]) -> View<'_> {
    let bodies = bodies.iter().map(|body| {
        let (index, place) = (body.index.into(), u64::from(body.place).into());
        View::Array(vec![index, place, View::Bytes(&body.bytes)])
    });
    View::Array(bodies.collect())
}

fn bodies_from_view(value: &View<'_>) -> Option<Vec<BodyAt>> {
    let read = |value: &View<'_>| {
        let [index, place, bytes] = value.array()? else { return None };
        Some(BodyAt {
            index: index.uint()?,
            place: place.uint()?.try_into().ok()?,
            bytes: bytes.bytes()?.to_vec(),
        })
    };
    value.array()?.iter().map(read).collect()
}

impl Run {
    /// A run is far larger than any other frame: it is written from where it
    /// stands, and read where it lies.
    fn encode(&self) -> Vec<u8> {
        let entries = self.entries.iter().map(|entry| View::Bytes(entry)).collect();
        let tags = self.tags.iter().map(|tag| View::Bytes(tag)).collect();
        View::fields([
            ("t", View::Text("entries")),
            ("log", View::Bytes(self.log.as_bytes())),
            ("first", self.first.into()),
            ("entries", View::Array(entries)),
            ("tags", View::Array(tags)),
            ("bodies", bodies_view(&self.bodies)),
            ("head", View::Bytes(self.head.as_bytes())),
        ])
        .encode()
    }

    fn from_view(value: &View<'_>) -> Option<Self> {
        if !value.has_only(&["t", "log", "first", "entries", "tags", "bodies", "head"]) {
            return None;
        }
        let entries = value.get("entries")?.array()?;
        let tags = value.get("tags")?.array()?;
        let first = value.get("first")?.uint()?;
        if entries.is_empty()
            || entries.len() > RUN_ENTRIES_TAKEN
            || tags.len() != entries.len()
            || first > LOG_LENGTH
        {
            return None;
        }
        Some(Self {
            log: LogId::from_slice(value.get("log")?.bytes()?)?,
            first,
            entries: entries.iter().map(|e| Some(e.bytes()?.to_vec())).collect::<Option<_>>()?,
            tags: tags.iter().map(|t| t.bytes()?.try_into().ok()).collect::<Option<_>>()?,
            bodies: bodies_from_view(value.get("bodies")?)?,
            head: Head::from_slice(value.get("head")?.bytes()?)?,
        })
    }
}

impl Frame {
    /// The frame's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let plain = |name: &str| Value::map([("t", Some(name.into()))]);
        let value = match self {
            Frame::Hello { epoch, logs } => Value::map([
                ("t", Some("hello".into())),
                ("epoch", Some(epoch.as_slice().into())),
                ("logs", Some(Value::Array(logs.iter().map(|log| log.to_value()).collect()))),
            ]),
            Frame::HeadAt(at) => {
                Value::map([("t", Some("head-at".into())), ("at", Some(at.to_value()))])
            }
            Frame::Want { log, first } => Value::map([
                ("t", Some("want".into())),
                ("log", Some(log.as_bytes().into())),
                ("first", Some((*first).into())),
            ]),
            Frame::Entries(run) => return run.encode(),
            Frame::WantBodies { log, bodies } => {
                let body = |(index, place): &(u64, u8)| {
                    Value::Array(vec![(*index).into(), u64::from(*place).into()])
                };
                Value::map([
                    ("t", Some("want-bodies".into())),
                    ("log", Some(log.as_bytes().into())),
                    ("bodies", Some(Value::Array(bodies.iter().map(body).collect()))),
                ])
            }
            Frame::Bodies { log, bodies } => Value::map([
                ("t", Some("bodies".into())),
                ("log", Some(log.as_bytes().into())),
                ("bodies", Some(bodies_view(bodies).to_value())),
            ]),
            Frame::Ack(at) => Value::map([("t", Some("ack".into())), ("at", Some(at.to_value()))]),
            Frame::Ping => plain("ping"),
            Frame::Pong => plain("pong"),
            Frame::Bye => plain("bye"),
        };
        value.encode()
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// [`FrameError`]; nothing is read in part.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        if bytes.len() > FRAME_BYTES {
            return Err(FrameError::TooLarge);
        }
        let view = View::read(bytes)?;
        let frame = Self::from_view(&view).ok_or(FrameError::Unknown)?;
        // A field that is not understood would be lost here; a run has counted its own.
        match frame {
            Frame::Entries(_) => Ok(frame),
            _ if frame.encode() == bytes => Ok(frame),
            _ => Err(FrameError::Unknown),
        }
    }

    fn from_view(value: &View<'_>) -> Option<Self> {
        let log = || LogId::from_slice(value.get("log")?.bytes()?);
        let at = || Checkpoint::from_value(value.get("at")?);
        Some(match value.get("t")?.text()? {
            "hello" => {
                let logs = value.get("logs")?.array()?;
                if logs.len() > 2 * usize::from(LOG_GENERATIONS) {
                    return None;
                }
                Frame::Hello {
                    epoch: value.get("epoch")?.bytes()?.try_into().ok()?,
                    logs: logs.iter().map(Claim::from_view).collect::<Option<_>>()?,
                }
            }
            "head-at" => Frame::HeadAt(at()?),
            "want" => Frame::Want { log: log()?, first: value.get("first")?.uint()? },
            "entries" => Frame::Entries(Run::from_view(value)?),
            "want-bodies" => {
                let bodies = value.get("bodies")?.array()?;
                let body = |value: &View<'_>| {
                    let [index, place] = value.array()? else { return None };
                    Some((index.uint()?, place.uint()?.try_into().ok()?))
                };
                if bodies.len() > RUN_ENTRIES_TAKEN {
                    return None;
                }
                Frame::WantBodies {
                    log: log()?,
                    bodies: bodies.iter().map(body).collect::<Option<_>>()?,
                }
            }
            "bodies" => {
                Frame::Bodies { log: log()?, bodies: bodies_from_view(value.get("bodies")?)? }
            }
            "ack" => Frame::Ack(at()?),
            "ping" => Frame::Ping,
            "pong" => Frame::Pong,
            "bye" => Frame::Bye,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint { log: LogId([1; 16]), length: 3, head: Head([2; 32]) }
    }

    #[test]
    fn every_frame_reads_back_from_its_bytes() {
        let body = BodyAt { index: 1, place: 2, bytes: vec![3] };
        let run = Run {
            log: LogId([1; 16]),
            first: 4,
            entries: vec![vec![1], vec![2]],
            tags: vec![[5; 16]; 2],
            bodies: vec![body.clone()],
            head: Head([6; 32]),
        };
        let log = LogId([1; 16]);
        let frames = [
            Frame::Hello { epoch: [9; 8], logs: vec![checkpoint().into()] },
            Frame::HeadAt(checkpoint()),
            Frame::Want { log, first: 7 },
            Frame::Entries(run),
            Frame::WantBodies { log, bodies: vec![(1, 2)] },
            Frame::Bodies { log, bodies: vec![body] },
            Frame::Ack(checkpoint()),
            Frame::Ping,
            Frame::Pong,
            Frame::Bye,
        ];
        for frame in frames {
            assert_eq!(Frame::decode(&frame.encode()).unwrap(), frame);
        }
    }

    #[test]
    fn a_claim_is_of_the_first_half_of_a_head_and_of_nothing_else() {
        let claim = Claim::from(checkpoint());
        let mut other = [2; 32];
        assert!(claim.holds(Some(Head(other))) && !claim.holds(None));
        other[16] ^= 1;
        assert!(claim.holds(Some(Head(other))), "the second half is not told");
        other[15] ^= 1;
        assert!(!claim.holds(Some(Head(other))));
        let bytes = Frame::Hello { epoch: [9; 8], logs: vec![claim; 2] }.encode();
        assert!(bytes.len() <= 124, "two logs fit into two steps of 64 bytes: {}", bytes.len());
        let mut claims = Value::decode(&bytes).unwrap();
        let Value::Map(fields) = &mut claims else { panic!() };
        let whole = Value::Array(vec![checkpoint().to_value()]);
        fields.iter_mut().filter(|(name, _)| name == "logs").for_each(|(_, logs)| {
            logs.clone_from(&whole);
        });
        assert_eq!(Frame::decode(&claims.encode()), Err(FrameError::Unknown), "a whole head");
    }

    #[test]
    fn r13_no_frame_names_a_device_a_model_or_a_version() {
        let hello = Frame::Hello { epoch: [9; 8], logs: vec![checkpoint().into()] };
        let Value::Map(fields) = Value::decode(&hello.encode()).unwrap() else { panic!() };
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["t", "logs", "epoch"]);
    }

    #[test]
    fn unknown_and_overfull_frames_are_refused() {
        let unknown = Value::map([("t", Some("sing".into()))]).encode();
        assert_eq!(Frame::decode(&unknown), Err(FrameError::Unknown));
        let more = Value::map([("t", Some("ping".into())), ("x", Some(Value::Null))]).encode();
        assert_eq!(Frame::decode(&more), Err(FrameError::Unknown));
        assert_eq!(Frame::decode(&vec![0; FRAME_BYTES + 1]), Err(FrameError::TooLarge));
        let logs = vec![checkpoint().into(); 129];
        let many = Frame::Hello { epoch: [0; 8], logs }.encode();
        assert_eq!(Frame::decode(&many), Err(FrameError::Unknown));
    }

    #[test]
    fn a_frame_holds_so_much_and_no_more() {
        let log = LogId([1; 16]);
        let reads = |frame: Frame| Frame::decode(&frame.encode()).as_ref() == Ok(&frame);
        let hello = |count| Frame::Hello { epoch: [0; 8], logs: vec![checkpoint().into(); count] };
        let most = 2 * usize::from(LOG_GENERATIONS);
        assert!(reads(hello(most)) && !reads(hello(most + 1)));
        let run = |count, tags, first| {
            let (entries, tags) = (vec![vec![1]; count], vec![[5; 16]; tags]);
            let head = Head([6; 32]);
            Frame::Entries(Run { log, first, entries, tags, bodies: vec![], head })
        };
        let most = RUN_ENTRIES_TAKEN;
        assert!(reads(run(1, 1, 0)) && !reads(run(0, 0, 0)));
        assert!(reads(run(most, most, 0)) && !reads(run(most + 1, most + 1, 0)));
        assert!(!reads(run(2, 1, 0)) && !reads(run(1, 2, 0)));
        assert!(reads(run(1, 1, LOG_LENGTH)) && !reads(run(1, 1, LOG_LENGTH + 1)));
        let want = |count| Frame::WantBodies { log, bodies: vec![(1, 2); count] };
        assert!(reads(want(most)) && !reads(want(most + 1)));
        // A frame of exactly the most bytes is read.
        let body = |length| Frame::Bodies {
            log,
            bodies: vec![BodyAt { index: 1, place: 2, bytes: vec![0; length] }],
        };
        let around = body(100_000).encode().len() - 100_000;
        assert_eq!(body(FRAME_BYTES - around).encode().len(), FRAME_BYTES);
        assert!(reads(body(FRAME_BYTES - around)));
        let more = Frame::decode(&body(FRAME_BYTES - around + 1).encode());
        assert_eq!(more, Err(FrameError::TooLarge));
    }

    proptest! {
        #[test]
        fn i10_no_bytes_make_a_frame_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _outcome = Frame::decode(&bytes);
        }
    }
}
