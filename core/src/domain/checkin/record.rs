//! What can be done with check-ins, as records.

use super::template::{Cadence, Period, TemplateId};
use crate::cbor::Value;
use crate::domain::record::{Words, moment, salt};
use crate::id::{Commitment, Position};
use crate::time::Moment;
use jiff::civil::Date;

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Makes a template. Its title and questions are in the body.
    Template {
        /// How often it is asked.
        cadence: Cadence,
        /// What its document's id is made from.
        salt: [u8; 16],
    },
    /// Commits to answers.
    Seal {
        /// Which questions.
        template: TemplateId,
        /// For which period.
        period: Period,
        /// The commitment.
        commit: Commitment,
    },
    /// Takes a seal back, as long as it is not open.
    Cancel {
        /// The seal.
        of: Position,
    },
    /// Opens a seal, when both are held. The answers are in the body.
    Open {
        /// The seal.
        of: Position,
        /// Until when the words are kept.
        until: Moment,
    },
    /// Shares answers without the other's.
    ShareAlone {
        /// Which questions.
        template: TemplateId,
        /// For which period.
        period: Period,
        /// Until when the words are kept.
        until: Moment,
    },
    /// Says what one intends today (F82).
    Intention {
        /// The local day.
        day: Date,
        /// Until when the words are kept.
        until: Moment,
    },
}

impl Act {
    /// The kind as it stands in the record.
    pub fn kind(&self) -> &'static str {
        match self {
            Act::Template { .. } => "checkin.template",
            Act::Seal { .. } => "checkin.seal",
            Act::Cancel { .. } => "checkin.cancel",
            Act::Open { .. } => "checkin.open",
            Act::ShareAlone { .. } => "checkin.share",
            Act::Intention { .. } => "intention.say",
        }
    }

    /// Whether its words stand apart, in a body.
    pub fn words(&self) -> Words {
        match self {
            Act::Seal { .. } | Act::Cancel { .. } => Words::Never,
            _ => Words::Always,
        }
    }

    /// Its fields, as CBOR.
    pub fn fields(&self) -> Vec<(&'static str, Value)> {
        let text = |value: String| Value::from(value.as_str());
        match self {
            Act::Template { cadence, salt } => {
                vec![("cadence", cadence.code().into()), ("salt", salt.as_slice().into())]
            }
            Act::Seal { template, period, commit } => vec![
                ("template", template.to_value()),
                ("period", text(period.to_string())),
                ("commit", commit.as_bytes().into()),
            ],
            Act::Cancel { of } => vec![("of", of.to_value())],
            Act::Open { of, until } => {
                vec![("of", of.to_value()), ("until", Value::Int(until.0))]
            }
            Act::ShareAlone { template, period, until } => vec![
                ("template", template.to_value()),
                ("period", text(period.to_string())),
                ("until", Value::Int(until.0)),
            ],
            Act::Intention { day, until } => {
                vec![("day", text(day.to_string())), ("until", Value::Int(until.0))]
            }
        }
    }

    /// From the kind and the record; `None` where it is not understood.
    pub fn read(kind: &str, value: &Value) -> Option<Self> {
        let template = || TemplateId::from_value(value.get("template")?);
        let period = || value.get("period")?.text()?.parse::<Period>().ok();
        let until = || moment(value, "until");
        let of = || Position::from_value(value.get("of")?);
        Some(match kind {
            "checkin.template" => Act::Template {
                cadence: Cadence::from_code(value.get("cadence")?.text()?)?,
                salt: salt(value)?,
            },
            "checkin.seal" => Act::Seal {
                template: template()?,
                period: period()?,
                commit: Commitment::from_slice(value.get("commit")?.bytes()?)?,
            },
            "checkin.cancel" => Act::Cancel { of: of()? },
            "checkin.open" => Act::Open { of: of()?, until: until()? },
            "checkin.share" => {
                Act::ShareAlone { template: template()?, period: period()?, until: until()? }
            }
            "intention.say" => {
                Act::Intention { day: value.get("day")?.text()?.parse().ok()?, until: until()? }
            }
            _ => return None,
        })
    }
}
