//! What stands in more than one place of the command line, as it is read.

use amends::time::Moment;
use jiff::civil::{Date, DateTime, Time};

pub(super) fn moment(text: &str) -> Result<Moment, String> {
    Moment::parse(text)
        .ok_or_else(|| "expected a time such as 2026-03-02T18:30:00+01:00".to_owned())
}

pub(super) fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "expected a day such as 2026-03-02".to_owned())
}

pub(super) fn local(text: &str) -> Result<DateTime, String> {
    let read = DateTime::strptime("%Y-%m-%dT%H:%M", text);
    read.map_err(|_| "expected a local time such as 2026-03-02T18:30".to_owned())
}

pub(super) fn time(text: &str) -> Result<Time, String> {
    Time::strptime("%H:%M", text).map_err(|_| "expected a time of day such as 18:30".to_owned())
}

pub(super) fn one_of<T>(
    all: impl Iterator<Item = &'static str>,
    found: Option<T>,
) -> Result<T, String> {
    found.ok_or_else(|| format!("expected one of: {}", all.collect::<Vec<_>>().join(", ")))
}
