//! What can be done with check-ins, as records.

use super::template::{Cadence, Period, TemplateId};
use crate::cbor::Value;
use crate::domain::capability::{self, By, Class, DAYS, Kind, Lasting, Merge, Words};
use crate::domain::record::{moment, salt};
use crate::id::{Commitment, Position};
use crate::limits;
use crate::time::Moment;

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
}

const fn daily(name: &'static str) -> Kind {
    Kind::of(name, Class::Ledger, Merge::Sealed)
        .by(By::Maker)
        .veiled("day")
        .lasting(Lasting::Never)
        .most(limits::CHECK_INS_PER_MONTH, DAYS)
}

impl capability::Act for Act {
    const KINDS: &'static [Kind] = &[
        Kind::of("checkin.template", Class::Template, Merge::Set)
            .by(By::Maker)
            .fields(&["cadence", "salt"])
            .words(Words::Always)
            .veiled("day"),
        daily("checkin.seal").fields(&["template", "period", "commit"]),
        daily("checkin.cancel").fields(&["of"]),
        daily("checkin.open").fields(&["of", "until"]).words(Words::Always),
        daily("checkin.share").fields(&["template", "period", "until"]).words(Words::Always),
    ];

    fn kind(&self) -> &'static str {
        match self {
            Act::Template { .. } => "checkin.template",
            Act::Seal { .. } => "checkin.seal",
            Act::Cancel { .. } => "checkin.cancel",
            Act::Open { .. } => "checkin.open",
            Act::ShareAlone { .. } => "checkin.share",
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
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
        }
    }

    fn read(kind: &str, value: &Value) -> Option<Self> {
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
            _ => return None,
        })
    }

    fn until(&self) -> Option<Moment> {
        match self {
            Act::Open { until, .. } | Act::ShareAlone { until, .. } => Some(*until),
            _ => None,
        }
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        let template = TemplateId::Own(crate::id::DocId([4; 16]).into());
        let period = Cadence::Weekly.period(jiff::civil::date(2026, 3, 2));
        let until = Moment(1_800_000_000);
        vec![
            Act::Template { cadence: Cadence::Daily, salt: [8; 16] },
            Act::Seal { template: TemplateId::Week, period, commit: Commitment([3; 32]) },
            Act::Cancel { of: capability::EXAMPLE },
            Act::Open { of: capability::EXAMPLE, until },
            Act::ShareAlone { template, period, until },
        ]
    }
}
