//! What can be done with an intention, as records.

use crate::cbor::Value;
use crate::domain::capability::{self, By, Class, DAYS, Kind, Lasting, Merge, Words};
use crate::domain::record::moment;
use crate::limits;
use crate::time::Moment;
use jiff::civil::Date;

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Says what one intends today. The words are in the body.
    Say {
        /// The local day.
        day: Date,
        /// Until when the words are kept.
        until: Moment,
    },
}

impl capability::Act for Act {
    const KINDS: &'static [Kind] = &[Kind::of("intention.say", Class::Ledger, Merge::Set)
        .by(By::Maker)
        .fields(&["day", "until"])
        .words(Words::Always)
        .veiled("day")
        .lasting(Lasting::Never)
        .most(limits::CHECK_INS_PER_MONTH, DAYS)];

    fn kind(&self) -> &'static str {
        "intention.say"
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Act::Say { day, until } = self;
        vec![("day", day.to_string().as_str().into()), ("until", Value::Int(until.0))]
    }

    fn read(kind: &str, value: &Value) -> Option<Self> {
        let known = kind == "intention.say";
        let day = known.then(|| value.get("day")?.text()?.parse().ok())??;
        Some(Act::Say { day, until: moment(value, "until")? })
    }

    fn until(&self) -> Option<Moment> {
        let Act::Say { until, .. } = self;
        Some(*until)
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        vec![Act::Say { day: jiff::civil::date(2026, 3, 2), until: Moment(1_800_000_000) }]
    }
}
