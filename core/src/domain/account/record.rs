//! What can be done with an account, as records.

use crate::cbor::Value;
use crate::domain::capability::{self, Class, Kind, Words};
use crate::domain::record::salt;
use crate::id::Position;

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Tells an account, or tells it anew. The words are in the body.
    Tell {
        /// What its document's id is made from.
        salt: [u8; 16],
    },
    /// Asks a question about an account as it was told then.
    Ask {
        /// The telling that the question is about.
        on: Position,
    },
    /// Answers a question. The words are in the body.
    Answer {
        /// Which.
        of: Position,
    },
}

impl capability::Act for Act {
    const KINDS: &'static [Kind] = &[
        Kind::of("account.tell", Class::Account).words(Words::Always),
        Kind::of("account.ask", Class::Account).words(Words::Always),
        Kind::of("account.answer", Class::Account).words(Words::Always),
    ];

    fn kind(&self) -> &'static str {
        match self {
            Act::Tell { .. } => "account.tell",
            Act::Ask { .. } => "account.ask",
            Act::Answer { .. } => "account.answer",
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Act::Tell { salt } => vec![("salt", salt.as_slice().into())],
            Act::Ask { on } => vec![("on", on.to_value())],
            Act::Answer { of } => vec![("of", of.to_value())],
        }
    }

    fn read(kind: &str, value: &Value) -> Option<Self> {
        let position = |key: &str| Position::from_value(value.get(key)?);
        Some(match kind {
            "account.tell" => Act::Tell { salt: salt(value)? },
            "account.ask" => Act::Ask { on: position("on")? },
            "account.answer" => Act::Answer { of: position("of")? },
            _ => return None,
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        vec![
            Act::Tell { salt: [8; 16] },
            Act::Ask { on: capability::EXAMPLE },
            Act::Answer { of: capability::EXAMPLE },
        ]
    }
}
