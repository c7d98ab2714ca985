//! What can be done with a talk, as records.

use crate::cbor::Value;
use crate::domain::capability::{self, Class, DOCUMENT, Kind, Merge, Words};
use crate::domain::record::{moment, salt};
use crate::id::Position;
use crate::limits;
use crate::time::Moment;

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Proposes a talk, or another window for it. The words are in the body: a
    /// topic, a place and ground rules the first time.
    Propose {
        /// When it begins.
        begins: Moment,
        /// How long it is meant to be, in minutes.
        minutes: Option<u16>,
        /// What its document's id is made from; the first time only.
        salt: Option<[u8; 16]>,
    },
    /// Says yes to a window.
    Accept {
        /// Which.
        of: Position,
    },
    /// Says no to the talk. No reason (R19).
    Decline,
    /// Begins it, or goes on after a pause.
    Start,
    /// Pauses it, at once (F27).
    Pause {
        /// When its author proposes to go on; nothing enforces it.
        to: Moment,
    },
    /// Ends the talk.
    End,
}

/// A no and an end are never crowded out.
const fn said(name: &'static str) -> Kind {
    Kind::of(name, Class::Talk, Merge::Set).most(limits::TALK_RECORDS, DOCUMENT)
}

impl capability::Act for Act {
    const KINDS: &'static [Kind] = &[
        said("talk.propose").fields(&["begins", "minutes?", "salt?"]).words(Words::Sometimes),
        said("talk.accept").fields(&["of"]),
        Kind::of("talk.decline", Class::Talk, Merge::Set),
        said("talk.start"),
        said("talk.pause").fields(&["to"]),
        Kind::of("talk.end", Class::Talk, Merge::Set),
    ];

    fn kind(&self) -> &'static str {
        match self {
            Act::Propose { .. } => "talk.propose",
            Act::Accept { .. } => "talk.accept",
            Act::Decline => "talk.decline",
            Act::Start => "talk.start",
            Act::Pause { .. } => "talk.pause",
            Act::End => "talk.end",
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Act::Propose { begins, minutes, salt } => {
                let mut fields = vec![("begins", Value::Int(begins.0))];
                fields.extend(minutes.map(|minutes| ("minutes", Value::Int(minutes.into()))));
                fields.extend(salt.map(|salt| ("salt", salt.as_slice().into())));
                fields
            }
            Act::Accept { of } => vec![("of", of.to_value())],
            Act::Pause { to } => vec![("to", Value::Int(to.0))],
            Act::Decline | Act::Start | Act::End => Vec::new(),
        }
    }

    fn read(kind: &str, value: &Value) -> Option<Self> {
        Some(match kind {
            "talk.propose" => Act::Propose {
                begins: moment(value, "begins")?,
                minutes: match value.get("minutes") {
                    Some(minutes) => Some(u16::try_from(minutes.int()?).ok()?),
                    None => None,
                },
                salt: match value.get("salt") {
                    Some(_) => Some(salt(value)?),
                    None => None,
                },
            },
            "talk.accept" => Act::Accept { of: Position::from_value(value.get("of")?)? },
            "talk.decline" => Act::Decline,
            "talk.start" => Act::Start,
            "talk.pause" => Act::Pause { to: moment(value, "to")? },
            "talk.end" => Act::End,
            _ => return None,
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        let begins = Moment(1_800_000_000);
        vec![
            Act::Propose { begins, minutes: None, salt: None },
            Act::Propose { begins, minutes: Some(45), salt: Some([8; 16]) },
            Act::Accept { of: capability::EXAMPLE },
            Act::Decline,
            Act::Start,
            Act::Pause { to: begins },
            Act::End,
        ]
    }
}
