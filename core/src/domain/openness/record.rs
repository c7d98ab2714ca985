//! What can be done with openness posts, as records.

use crate::cbor::Value;
use crate::domain::capability::{self, By, Class, DOCUMENT, Lasting, Merge, Words};
use crate::domain::record::moment;
use crate::domain::words::Stub;
use crate::id::{DocId, Position};
use crate::limits;
use crate::time::{DAY, Moment};
use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $days:literal;)*) => {
        /// What a post tells.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[cfg_attr(feature = "uniffi", derive(uniffi::Enum), uniffi(name = "PostKind"))]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Kind] = &[$(Kind::$name,)*];

            /// The word in the record.
            pub fn code(self) -> &'static str {
                match self { $(Kind::$name => $code,)* }
            }

            /// What is left of such a post when it was taken back, or has run out: of telling
            /// before it is found out, that it was told, and when (R36).
            pub fn stub(self) -> Stub {
                if self == Kind::Disclosure { Stub::Lasting } else { Stub::Week }
            }

            /// How long such a post lives by default, in seconds.
            pub fn default_span(self) -> i64 {
                match self { $(Kind::$name => $days * DAY,)* }
            }
        }
    };
}

kinds! {
    /// Where I am or will be (F58). Typed by hand.
    Whereabouts = "whereabouts", 1;
    /// What I plan (F62).
    Plan = "plan", 7;
    /// Later, or otherwise, than I said (F59).
    HeadsUp = "heads-up", 1;
    /// How my day was (F60).
    Day = "day", 7;
    /// What I feel.
    Feeling = "feeling", 7;
    /// What worries me.
    Worry = "worry", 7;
    /// What I intend.
    Intention = "intention", 7;
    /// That I was in touch in a situation which we named.
    Contact = "contact", 14;
    /// Money in the open (F65).
    Money = "money", 30;
    /// A decision.
    Decision = "decision", 30;
    /// Told before it is found out (F63).
    Disclosure = "disclosure", 30;
    /// A new routine, a new contact, a journey (F78).
    Change = "change", 14;
    /// That I showed something in person; never what was seen (F61).
    Showed = "showed", 14;
}

impl Kind {
    /// From the word in a record.
    pub fn from_code(code: &str) -> Option<Self> {
        Kind::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}

/// What the author of a disclosure wishes. The other sees it first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Want {
    /// Only to be listened to.
    Listen,
    /// To talk.
    Talk,
    /// To talk with a counsellor.
    Counsellor,
}

impl Want {
    /// The word in the body.
    pub fn code(self) -> &'static str {
        match self {
            Want::Listen => "listen",
            Want::Talk => "talk",
            Want::Counsellor => "counsellor",
        }
    }

    /// From the word in a body.
    pub fn from_code(code: &str) -> Option<Self> {
        [Want::Listen, Want::Talk, Want::Counsellor].into_iter().find(|want| want.code() == code)
    }
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Tells something. The words are in the body.
    Post {
        /// What.
        kind: Kind,
        /// Until when it lives.
        until: Moment,
        /// The agreement in which it was agreed to.
        under: Option<DocId>,
    },
    /// Corrects a post of one's own. The words are in the body.
    Correct {
        /// Which.
        of: Position,
        /// Until when the correction lives: as long as the post.
        until: Moment,
    },
}

const fn told(name: &'static str) -> capability::Kind {
    capability::Kind::of(name, Class::Ledger, Merge::Set)
        .by(By::Maker)
        .words(Words::Always)
        .keeps(limits::OPENNESS_SPAN)
        .lasting(Lasting::Never)
}

impl capability::Act for Act {
    const KINDS: &'static [capability::Kind] = &[
        told("openness.post")
            .fields(&["what", "until", "under?"])
            .most(limits::POSTS_PER_MONTH, DOCUMENT)
            .repeatable(),
        told("openness.correct").fields(&["of", "until"]).most(limits::CORRECTIONS, "post"),
    ];

    fn kind(&self) -> &'static str {
        match self {
            Act::Post { .. } => "openness.post",
            Act::Correct { .. } => "openness.correct",
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Act::Post { kind, until, under } => {
                let mut fields = vec![("what", kind.code().into()), ("until", Value::Int(until.0))];
                fields.extend(under.map(|doc| ("under", doc.as_bytes().into())));
                fields
            }
            Act::Correct { of, until } => {
                vec![("of", of.to_value()), ("until", Value::Int(until.0))]
            }
        }
    }

    fn read(kind: &str, value: &Value) -> Option<Self> {
        Some(match kind {
            "openness.post" => Act::Post {
                kind: Kind::from_code(value.get("what")?.text()?)?,
                until: moment(value, "until")?,
                under: match value.get("under") {
                    Some(doc) => Some(DocId::from_slice(doc.bytes()?)?),
                    None => None,
                },
            },
            "openness.correct" => Act::Correct {
                of: Position::from_value(value.get("of")?)?,
                until: moment(value, "until")?,
            },
            _ => return None,
        })
    }

    fn until(&self) -> Option<Moment> {
        let (Act::Post { until, .. } | Act::Correct { until, .. }) = self;
        Some(*until)
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        let (until, under) = (Moment(1_800_000_000), Some(DocId([4; 16])));
        let posts = Kind::ALL.iter().map(|kind| Act::Post { kind: *kind, until, under });
        let alone = Act::Post { kind: Kind::Day, until, under: None };
        posts.chain([alone, Act::Correct { of: capability::EXAMPLE, until }]).collect()
    }
}
