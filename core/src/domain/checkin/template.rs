//! What is asked, and how often.

use crate::cbor::Value;
use crate::domain::pair::Who;
use crate::domain::recurrence::IsoWeek;
use crate::id::{DocId, OwnTemplateId};
use crate::time::Moment;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// How often a check-in is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum), uniffi(name = "CheckInCadence"))]
pub enum Cadence {
    /// Every day.
    Daily,
    /// Every week, Monday to Sunday.
    Weekly,
    /// Every month.
    Monthly,
}

impl Cadence {
    /// The word in a record.
    pub fn code(self) -> &'static str {
        match self {
            Cadence::Daily => "daily",
            Cadence::Weekly => "weekly",
            Cadence::Monthly => "monthly",
        }
    }

    /// From the word in a record.
    pub fn from_code(code: &str) -> Option<Self> {
        [Cadence::Daily, Cadence::Weekly, Cadence::Monthly].into_iter().find(|c| c.code() == code)
    }

    /// The period that a local date lies in.
    pub fn period(self, date: Date) -> Period {
        match self {
            Cadence::Daily => Period::Day(date),
            Cadence::Weekly => Period::Week(IsoWeek::of(date)),
            Cadence::Monthly => Period::Month { year: date.year(), month: date.month() },
        }
    }
}

/// One day, week or month in which a check-in is asked: `2026-03-02`,
/// `2026-W10`, `2026-03`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Period {
    /// A day.
    Day(Date),
    /// A week.
    Week(IsoWeek),
    /// A month.
    Month {
        /// The year.
        year: i16,
        /// 1 to 12.
        month: i8,
    },
}

impl Period {
    /// How often such periods come.
    pub fn cadence(self) -> Cadence {
        match self {
            Period::Day(_) => Cadence::Daily,
            Period::Week(_) => Cadence::Weekly,
            Period::Month { .. } => Cadence::Monthly,
        }
    }

    /// Its first local day.
    pub fn first(self) -> Option<Date> {
        match self {
            Period::Day(date) => Some(date),
            Period::Week(week) => week.monday(),
            Period::Month { year, month } => Date::new(year, month, 1).ok(),
        }
    }

    /// The local day after its last.
    pub fn end(self) -> Option<Date> {
        let first = self.first()?;
        let span = match self {
            Period::Day(_) => 1.day(),
            Period::Week(_) => 7.days(),
            Period::Month { .. } => 1.month(),
        };
        first.checked_add(span).ok()
    }

    /// When it ends, for somebody in this zone.
    pub fn ends(self, zone: &jiff::tz::TimeZone) -> Option<Moment> {
        crate::domain::recurrence::resolve(self.end()?.at(0, 0, 0, 0), zone)
    }

    /// Whether a moment lies in it anywhere on earth: its days in UTC, and one
    /// day either way.
    pub fn covers(self, at: Moment) -> bool {
        let utc = jiff::tz::TimeZone::UTC;
        let edge =
            |date: Option<Date>| crate::domain::recurrence::resolve(date?.at(0, 0, 0, 0), &utc);
        let day = crate::time::DAY;
        match (edge(self.first()), edge(self.end())) {
            (Some(first), Some(end)) => first.plus(-day) <= at && at < end.plus(day),
            _ => false,
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::Day(date) => date.fmt(f),
            Period::Week(week) => week.fmt(f),
            Period::Month { year, month } => write!(f, "{year:04}-{month:02}"),
        }
    }
}

impl FromStr for Period {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let parsed = if text.contains('W') {
            Period::Week(text.parse()?)
        } else if text.matches('-').count() == 1 {
            let (year, month) = text.split_once('-').ok_or(())?;
            let (year, month) = (year.parse().map_err(|_| ())?, month.parse().map_err(|_| ())?);
            Period::Month { year, month }
        } else {
            Period::Day(text.parse().map_err(|_| ())?)
        };
        // Only the one canonical form counts, so that nothing has two names.
        (parsed.first().is_some() && parsed.to_string() == text).then_some(parsed).ok_or(())
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Which questions: the library's own, or a template of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum TemplateId {
    /// The library's eight questions, asked weekly (not validated by anybody).
    Week,
    /// A template of the two, by its document.
    Own(OwnTemplateId),
}

impl TemplateId {
    /// As CBOR.
    pub fn to_value(self) -> Value {
        match self {
            TemplateId::Week => "week".into(),
            TemplateId::Own(doc) => doc.0.as_bytes().into(),
        }
    }

    /// From CBOR.
    pub fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => (text == "week").then_some(TemplateId::Week),
            other => Some(TemplateId::Own(DocId::from_slice(other.bytes()?)?.into())),
        }
    }
}

impl fmt::Display for TemplateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TemplateId::Week => write!(f, "week"),
            TemplateId::Own(doc) => doc.fmt(f),
        }
    }
}

impl Serialize for TemplateId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A check-in's questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// Who made it; both for the library's own.
    pub by: Who,
    /// Its title; empty for the library's own.
    pub title: String,
    /// How often it is asked.
    pub cadence: Cadence,
    /// The questions, each answered apart and each free to be skipped. Numbered
    /// from 1.
    pub items: Vec<String>,
    /// Whether the other made it and I have not taken it on: a suggestion, for which nothing
    /// asks me.
    pub suggested: bool,
}

impl Template {
    /// The library's own weekly questions (F81). Each stands apart; they are not
    /// validated by anybody and never added up.
    pub fn week() -> Self {
        let items = [
            "I felt at ease with you.",
            "What you said and what you did matched.",
            "I could say hard things.",
            "I felt on edge about us.",
            "I felt close to you.",
            "I felt listened to.",
            "I had room for myself.",
            "I did what I said I would.",
        ];
        Self {
            id: TemplateId::Week,
            by: Who::Both,
            title: String::new(),
            cadence: Cadence::Weekly,
            items: items.map(str::to_owned).to_vec(),
            suggested: false,
        }
    }
}
