//! What is done about pace, as records of the pair's own document.

use crate::cbor::Value;
use crate::domain::capability::{self, Class, DOCUMENT, Kind, Merge};
use crate::id::Position;
use crate::limits;
use crate::time::Moment;
use serde::{Deserialize, Serialize};

/// Something in which a person may take no part (K15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Feature {
    /// Promises.
    Promises,
    /// Openness posts.
    Openness,
    /// Check-ins and daily intentions.
    CheckIns,
}

impl Feature {
    /// Every feature.
    pub const ALL: [Feature; 3] = [Feature::Promises, Feature::Openness, Feature::CheckIns];

    /// The word in a record.
    pub fn code(self) -> &'static str {
        match self {
            Feature::Promises => "promises",
            Feature::Openness => "openness",
            Feature::CheckIns => "check-ins",
        }
    }

    /// From the word in a record.
    pub fn from_code(code: &str) -> Option<Self> {
        Feature::ALL.into_iter().find(|feature| feature.code() == code)
    }
}

/// What contact is fine while somebody has space; the strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Contact {
    /// None.
    None,
    /// Children, house, appointments.
    Logistics,
    /// Gentle contact.
    Gentle,
}

impl Contact {
    /// The word in a record.
    pub fn code(self) -> &'static str {
        match self {
            Contact::None => "none",
            Contact::Logistics => "logistics",
            Contact::Gentle => "gentle",
        }
    }

    /// From the word in a record.
    pub fn from_code(code: &str) -> Option<Self> {
        [Contact::None, Contact::Logistics, Contact::Gentle].into_iter().find(|c| c.code() == code)
    }
}

/// What is done, in the pair's own document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Sets one's own limits; the later record stands.
    SetLimits {
        /// Days for which the words of check-ins, intentions and posts are kept
        /// at most.
        retention: Option<u16>,
        /// What one takes no part in, in order.
        off: Vec<Feature>,
    },
    /// Takes space.
    BeginSpace {
        /// Until when; until its author ends it otherwise.
        until: Option<Moment>,
        /// What contact is fine.
        contact: Contact,
    },
    /// Ends one's own space early.
    EndSpace {
        /// Which.
        of: Position,
    },
}

impl capability::Act for Act {
    const KINDS: &'static [Kind] = &[
        Kind::of("limits.set", Class::Pair, Merge::Settings).fields(&["off", "days?"]).open(),
        Kind::of("space.begin", Class::Pair, Merge::Set)
            .fields(&["contact", "to?"])
            .most(limits::SPACES, DOCUMENT),
        Kind::of("space.end", Class::Pair, Merge::Set).fields(&["of"]),
    ];

    fn kind(&self) -> &'static str {
        match self {
            Act::SetLimits { .. } => "limits.set",
            Act::BeginSpace { .. } => "space.begin",
            Act::EndSpace { .. } => "space.end",
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Act::SetLimits { retention, off } => {
                let off = off.iter().map(|feature| Value::from(feature.code())).collect();
                let mut fields = vec![("off", Value::Array(off))];
                fields.extend(retention.map(|days| ("days", u64::from(days).into())));
                fields
            }
            Act::BeginSpace { until, contact } => {
                let mut fields = vec![("contact", contact.code().into())];
                fields.extend(until.map(|until| ("to", until.0.into())));
                fields
            }
            Act::EndSpace { of } => vec![("of", of.to_value())],
        }
    }

    fn read(kind: &str, value: &Value) -> Option<Self> {
        Some(match kind {
            "limits.set" => {
                // What a newer version lets one leave out is not known here.
                let feature = |item: &Value| Feature::from_code(item.text()?);
                let off: Vec<Feature> =
                    value.get("off")?.array()?.iter().filter_map(feature).collect();
                if !off.is_sorted_by(|a, b| a < b) {
                    return None;
                }
                let retention = match value.get("days") {
                    Some(days) => Some(days.uint()?.try_into().ok().filter(|days| *days > 0)?),
                    None => None,
                };
                Act::SetLimits { retention, off }
            }
            "space.begin" => Act::BeginSpace {
                until: match value.get("to") {
                    Some(until) => Some(Moment(until.int()?)),
                    None => None,
                },
                contact: Contact::from_code(value.get("contact")?.text()?)?,
            },
            "space.end" => Act::EndSpace { of: Position::from_value(value.get("of")?)? },
            _ => return None,
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        vec![
            Act::SetLimits { retention: Some(30), off: vec![Feature::Openness] },
            Act::SetLimits { retention: None, off: vec![] },
            Act::BeginSpace { until: Some(Moment(1_800_000_000)), contact: Contact::Logistics },
            Act::BeginSpace { until: None, contact: Contact::None },
            Act::EndSpace { of: capability::EXAMPLE },
        ]
    }
}
