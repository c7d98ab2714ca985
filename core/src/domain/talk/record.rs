//! What can be done with a talk, as records.

use crate::cbor::Value;
use crate::domain::capability::{self, Class, Kind, Words};
use crate::domain::record::{moment, salt};
use crate::id::Position;
use crate::time::Moment;

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Proposes a talk, or another window for it. The words are in the body: a
    /// topic the first time.
    Propose {
        /// When it begins.
        begins: Moment,
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
    /// Ends the talk.
    End,
}

impl capability::Act for Act {
    const KINDS: &'static [Kind] = &[
        Kind::of("talk.propose", Class::Talk).words(Words::Sometimes),
        Kind::of("talk.accept", Class::Talk),
        Kind::of("talk.decline", Class::Talk),
        Kind::of("talk.end", Class::Talk),
    ];

    fn kind(&self) -> &'static str {
        match self {
            Act::Propose { .. } => "talk.propose",
            Act::Accept { .. } => "talk.accept",
            Act::Decline => "talk.decline",
            Act::End => "talk.end",
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Act::Propose { begins, salt } => {
                let mut fields = vec![("begins", Value::Int(begins.0))];
                fields.extend(salt.map(|salt| ("salt", salt.as_slice().into())));
                fields
            }
            Act::Accept { of } => vec![("of", of.to_value())],
            Act::Decline | Act::End => Vec::new(),
        }
    }

    fn read(kind: &str, value: &Value) -> Option<Self> {
        Some(match kind {
            "talk.propose" => Act::Propose {
                begins: moment(value, "begins")?,
                salt: match value.get("salt") {
                    Some(_) => Some(salt(value)?),
                    None => None,
                },
            },
            "talk.accept" => Act::Accept { of: Position::from_value(value.get("of")?)? },
            "talk.decline" => Act::Decline,
            "talk.end" => Act::End,
            _ => return None,
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        let begins = Moment(1_800_000_000);
        vec![
            Act::Propose { begins, salt: None },
            Act::Propose { begins, salt: Some([8; 16]) },
            Act::Accept { of: capability::EXAMPLE },
            Act::Decline,
            Act::End,
        ]
    }
}
