//! When something is due: once, on a day, within a window, or by a rule.
//!
//! A rule is a subset of RFC 5545: `FREQ` of `DAILY`, `WEEKLY` or `MONTHLY`,
//! with `INTERVAL`, `BYDAY` (with ordinals in a month), `BYMONTHDAY`, and
//! `COUNT` or `UNTIL` (a date). Weeks begin on Monday. Every rule ends within 366
//! days, because nothing here renews itself (R3); none is due more than once a
//! day.
//!
//! Occurrences are computed, not stored. They are counted in local dates and
//! only then placed on the time line of their zone, so that 18:30 stays 18:30
//! when the clocks change. A local time that the clocks skip is moved forward by
//! the gap, one that comes twice means the first (RFC 5545 §3.3.5).

use super::refusal::{Refusal, RefusalCode};
use crate::cbor::Value;
use crate::id::{DocId, OccurrenceId};
use crate::limits;
use crate::time::{Moment, zone};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, Weekday};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// How often a rule recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// Every so many days.
    Daily,
    /// On days of every so many weeks.
    Weekly,
    /// On days of every so many months.
    Monthly,
}

/// A day of the week, in a month also the nth or the nth last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByDay {
    /// 0 for all; 1 to 5 from the beginning of the month, -1 to -5 from its end.
    pub nth: i8,
    /// 1 for Monday to 7 for Sunday.
    pub weekday: i8,
}

/// When a rule ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// After so many occurrences.
    Count(u16),
    /// After this local day.
    Until(Date),
}

/// A rule, see the [module](self). It reads and prints as an `RRULE` value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// How often.
    pub frequency: Frequency,
    /// Every so many days, weeks or months.
    pub interval: u16,
    /// On these days of the week, in order.
    pub by_day: Vec<ByDay>,
    /// On these days of the month, in order; negative ones from its end.
    pub by_month_day: Vec<i8>,
    /// When it ends.
    pub end: End,
}

const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frequency = match self.frequency {
            Frequency::Daily => "DAILY",
            Frequency::Weekly => "WEEKLY",
            Frequency::Monthly => "MONTHLY",
        };
        write!(f, "FREQ={frequency}")?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        let days: Vec<String> = self.by_day.iter().map(ToString::to_string).collect();
        if !days.is_empty() {
            write!(f, ";BYDAY={}", days.join(","))?;
        }
        let days: Vec<String> = self.by_month_day.iter().map(ToString::to_string).collect();
        if !days.is_empty() {
            write!(f, ";BYMONTHDAY={}", days.join(","))?;
        }
        match self.end {
            End::Count(count) => write!(f, ";COUNT={count}"),
            End::Until(day) => write!(f, ";UNTIL={}", day.strftime("%Y%m%d")),
        }
    }
}

impl fmt::Display for ByDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nth != 0 {
            write!(f, "{}", self.nth)?;
        }
        write!(f, "{}", DAYS[(self.weekday - 1) as usize])
    }
}

impl FromStr for ByDay {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let split = text.len().checked_sub(2).filter(|at| text.is_char_boundary(*at)).ok_or(())?;
        let (nth, day) = text.split_at(split);
        let weekday = DAYS.iter().position(|name| *name == day).ok_or(())? as i8 + 1;
        let nth = match nth {
            "" => 0,
            nth => {
                nth.parse().ok().filter(|n: &i8| (1..=5).contains(&n.unsigned_abs())).ok_or(())?
            }
        };
        Ok(Self { nth, weekday })
    }
}

impl FromStr for Rule {
    type Err = RefusalCode;

    /// Reads an `RRULE` value.
    ///
    /// Errors: `RuleTooDense` for a rule that is due more than once a day,
    /// `RuleNeverEnds`, and `RuleUnknown` for what lies outside of the subset.
    fn from_str(text: &str) -> Result<Self, RefusalCode> {
        let unknown = RefusalCode::RuleUnknown;
        if text.len() > limits::RULE_BYTES {
            return Err(unknown);
        }
        let (mut frequency, mut interval, mut end) = (None, None, None);
        let (mut by_day, mut by_month_day): (Vec<ByDay>, Vec<i8>) = (Vec::new(), Vec::new());
        for part in text.split(';') {
            let (name, value) = part.split_once('=').ok_or(unknown)?;
            match name {
                "FREQ" if frequency.is_none() => {
                    frequency = Some(match value {
                        "DAILY" => Frequency::Daily,
                        "WEEKLY" => Frequency::Weekly,
                        "MONTHLY" => Frequency::Monthly,
                        "SECONDLY" | "MINUTELY" | "HOURLY" => {
                            return Err(RefusalCode::RuleTooDense);
                        }
                        _ => return Err(unknown),
                    });
                }
                "INTERVAL" if interval.is_none() => {
                    let number: u16 = value.parse().map_err(|_| unknown)?;
                    interval = Some(Some(number).filter(|n| (1..=366).contains(n)).ok_or(unknown)?);
                }
                "COUNT" if end.is_none() => {
                    let count: u16 = value.parse().map_err(|_| unknown)?;
                    end = Some(End::Count(Some(count).filter(|c| *c > 0).ok_or(unknown)?));
                }
                "UNTIL" if end.is_none() => {
                    let day = Date::strptime("%Y%m%d", value).map_err(|_| unknown)?;
                    end = Some(End::Until(day));
                }
                "BYDAY" if by_day.is_empty() => {
                    by_day = value
                        .split(',')
                        .map(|day| day.parse().map_err(|()| unknown))
                        .collect::<Result<_, _>>()?;
                }
                "BYMONTHDAY" if by_month_day.is_empty() => {
                    let day = |day: &str| {
                        day.parse()
                            .ok()
                            .filter(|d: &i8| (1..=31).contains(&d.unsigned_abs()))
                            .ok_or(unknown)
                    };
                    by_month_day = value.split(',').map(day).collect::<Result<_, _>>()?;
                }
                "WKST" if value == "MO" => {}
                _ => return Err(unknown),
            }
        }
        let frequency = frequency.ok_or(unknown)?;
        let nth = by_day.iter().any(|day| day.nth != 0);
        if (nth && frequency != Frequency::Monthly)
            || (frequency == Frequency::Weekly && !by_month_day.is_empty())
        {
            return Err(unknown);
        }
        by_day.sort_unstable();
        by_day.dedup();
        by_month_day.sort_unstable();
        by_month_day.dedup();
        let end = end.ok_or(RefusalCode::RuleNeverEnds)?;
        Ok(Self { frequency, interval: interval.unwrap_or(1), by_day, by_month_day, end })
    }
}

/// Whole days from one date to a later one.
fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

impl Rule {
    fn matches(&self, start: Date, day: Date) -> bool {
        let weekday = |date: Date| date.weekday().to_monday_one_offset();
        let last = day.days_in_month();
        let on_weekday = |by: &ByDay| {
            by.weekday == weekday(day)
                && match by.nth {
                    0 => true,
                    n if n > 0 => (day.day() - 1) / 7 + 1 == n,
                    n => (last - day.day()) / 7 + 1 == -n,
                }
        };
        let on_month_day = |by: &i8| *by == day.day() || *by == day.day() - last - 1;
        let by_day = self.by_day.is_empty() || self.by_day.iter().any(on_weekday);
        let by_month_day =
            self.by_month_day.is_empty() || self.by_month_day.iter().any(on_month_day);
        let interval = i32::from(self.interval);
        let named = !self.by_day.is_empty() || !self.by_month_day.is_empty();
        let in_step = match self.frequency {
            Frequency::Daily => days_between(start, day) % interval == 0,
            Frequency::Weekly => {
                let days = days_between(start, day) + i32::from(weekday(start)) - 1;
                (days / 7) % interval == 0 && (named || weekday(day) == weekday(start))
            }
            Frequency::Monthly => {
                let months = (i32::from(day.year()) - i32::from(start.year())) * 12
                    + i32::from(day.month())
                    - i32::from(start.month());
                months % interval == 0 && (named || day.day() == start.day())
            }
        };
        in_step && by_day && by_month_day
    }

    /// The local days on which it is due, from `start` on.
    ///
    /// # Errors
    /// `RuleTooLong` where it does not end within 366 days, `RuleNeverDue` where
    /// there is no such day.
    pub fn days(&self, start: Date) -> Result<Vec<Date>, RefusalCode> {
        let span = limits::RULE_DAYS;
        let horizon = start.checked_add(span.days()).map_err(|_| RefusalCode::RuleTooLong)?;
        let (until, count) = match self.end {
            End::Until(until) if until > horizon => return Err(RefusalCode::RuleTooLong),
            End::Until(until) => (until, usize::MAX),
            End::Count(count) => (horizon, usize::from(count)),
        };
        let mut days = Vec::new();
        for day in start.series(1.day()).take_while(|day| *day <= until) {
            if self.matches(start, day) {
                days.push(day);
                if days.len() == count {
                    break;
                }
            }
        }
        match self.end {
            End::Count(_) if days.len() < count => Err(RefusalCode::RuleTooLong),
            _ if days.is_empty() => Err(RefusalCode::RuleNeverDue),
            _ => Ok(days),
        }
    }
}

/// When something is due.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Due {
    /// At a moment.
    At(Moment),
    /// At any time of a local day.
    On(Date),
    /// Between two local times.
    Within {
        /// From when.
        from: DateTime,
        /// Until when.
        to: DateTime,
    },
    /// Again and again.
    Every {
        /// The first day that may be one.
        start: Date,
        /// At this local time; at any time of the day where there is none.
        time: Option<Time>,
        /// On which days.
        rule: Rule,
    },
}

/// A week of ISO 8601, `2026-W10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct IsoWeek {
    /// The year that the week belongs to.
    pub year: i16,
    /// 1 to 53.
    pub week: i8,
}

impl IsoWeek {
    /// The week of a local date.
    pub fn of(date: Date) -> Self {
        let week = date.iso_week_date();
        Self { year: week.year(), week: week.week() }
    }

    /// Its Monday.
    pub fn monday(self) -> Option<Date> {
        jiff::civil::ISOWeekDate::new(self.year, self.week, Weekday::Monday).ok().map(|d| d.date())
    }

    /// The last second of its Sunday, in UTC.
    pub(crate) fn ends(self) -> Option<Moment> {
        let next = self.monday()?.checked_add(7.days()).ok()?;
        let begins = next.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Moment(begins.timestamp().as_second() - 1))
    }

    /// The week so many weeks later, or earlier.
    pub fn plus(self, weeks: i32) -> Option<Self> {
        self.monday()?.checked_add((weeks * 7).days()).ok().map(Self::of)
    }
}

impl fmt::Display for IsoWeek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

impl FromStr for IsoWeek {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (year, week) = text.split_once("-W").ok_or(())?;
        let parsed =
            Self { year: year.parse().map_err(|_| ())?, week: week.parse().map_err(|_| ())? };
        (parsed.monday().is_some() && parsed.to_string() == text).then_some(parsed).ok_or(())
    }
}

impl Serialize for IsoWeek {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One time at which something is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// `H(promise, local due)`.
    pub id: OccurrenceId,
    /// The local due, `2026-03-02T18:30`, or `2026-03-02` for a day.
    pub local: String,
    /// When it is due; for a day or a window, when that ends.
    pub due: Moment,
    /// Until when "on time" is on time.
    pub deadline: Moment,
    /// The week of its local date.
    pub week: IsoWeek,
}

/// The local time in `zone` as a moment: of two the first, and past a gap (see
/// the [module](self)).
pub fn resolve(local: DateTime, tz: &jiff::tz::TimeZone) -> Option<Moment> {
    let zoned = tz.to_ambiguous_zoned(local).compatible().ok()?;
    Some(Moment(zoned.timestamp().as_second()))
}

/// The one moment that a local time in `zone` names.
///
/// # Errors
/// `ZoneUnknown`; `TimeNeverOccurs` and `TimeOccursTwice` on a day on which the
/// clocks change.
pub fn exactly(local: DateTime, zone_name: &str) -> Result<Moment, Refusal> {
    let tz = zone(zone_name).ok_or(RefusalCode::ZoneUnknown)?;
    use jiff::tz::AmbiguousOffset::{Fold, Gap, Unambiguous};
    match tz.to_ambiguous_timestamp(local).offset() {
        Unambiguous { .. } => Ok(resolve(local, &tz).ok_or(RefusalCode::DatesOutOfOrder)?),
        Gap { .. } => Err(RefusalCode::TimeNeverOccurs.into()),
        Fold { .. } => Err(RefusalCode::TimeOccursTwice.into()),
    }
}

fn occurrence_id(promise: DocId, local: &str) -> OccurrenceId {
    let digest = Sha256::new()
        .chain_update(b"amends/occurrence/v1")
        .chain_update(promise.0)
        .chain_update(local.as_bytes())
        .finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    OccurrenceId(id)
}

const MINUTES: &str = "%Y-%m-%dT%H:%M";

fn is_minute(time: Time) -> bool {
    time.second() == 0 && time.subsec_nanosecond() == 0
}

impl Due {
    /// Whether a single due may lie after a moment, in whatever zone.
    pub fn may_be_after(&self, moment: Moment) -> bool {
        let last = match self {
            Due::At(at) => return *at > moment,
            Due::On(date) => date.to_datetime(Time::MAX),
            Due::Within { to, .. } => *to,
            Due::Every { .. } => return true,
        };
        let utc = resolve(last, &jiff::tz::TimeZone::UTC);
        utc.is_none_or(|utc| utc.plus(crate::time::DAY) > moment)
    }

    /// Every time at which it is due, in order: with `grace` seconds of good
    /// will, by default 30 minutes after a moment and to the end of the day
    /// otherwise.
    ///
    /// # Errors
    /// `ZoneUnknown`, `DatesOutOfOrder`, or as [`Rule::days`].
    pub fn occurrences(
        &self,
        promise: DocId,
        zone_name: &str,
        grace: Option<u32>,
    ) -> Result<Vec<Occurrence>, RefusalCode> {
        let tz = zone(zone_name).ok_or(RefusalCode::ZoneUnknown)?;
        let wrong = RefusalCode::DatesOutOfOrder;
        let after = |due: Moment, otherwise: i64| due.plus(grace.map_or(otherwise, i64::from));
        let end_of = |date: Date| {
            let next = date.checked_add(1.day()).map_err(|_| wrong)?;
            resolve(next.at(0, 0, 0, 0), &tz).ok_or(wrong)
        };
        let build = |local: String, date: Date, due: Moment, deadline: Moment| Occurrence {
            id: occurrence_id(promise, &local),
            local,
            due,
            deadline,
            week: IsoWeek::of(date),
        };
        let timed = |date: Date, time: Time| {
            let local = date.to_datetime(time);
            let due = resolve(local, &tz).ok_or(wrong)?;
            let deadline = after(due, limits::GRACE);
            Ok(build(local.strftime(MINUTES).to_string(), date, due, deadline))
        };
        let all_day = |date: Date| {
            let due = end_of(date)?;
            Ok(build(date.to_string(), date, due, after(due, 0)))
        };
        match self {
            Due::At(moment) => {
                let at = jiff::Timestamp::from_second(moment.0).map_err(|_| wrong)?;
                let local = at.to_zoned(tz.clone()).datetime();
                if !is_minute(local.time()) {
                    return Err(wrong);
                }
                let text = local.strftime(MINUTES).to_string();
                Ok(vec![build(text, local.date(), *moment, after(*moment, limits::GRACE))])
            }
            Due::On(date) => Ok(vec![all_day(*date)?]),
            Due::Within { from, to } => {
                if from >= to || !is_minute(from.time()) || !is_minute(to.time()) {
                    return Err(wrong);
                }
                let due = resolve(*to, &tz).ok_or(wrong)?;
                let rest = end_of(to.date())?.since(due);
                let text = to.strftime(MINUTES).to_string();
                Ok(vec![build(text, to.date(), due, after(due, rest))])
            }
            Due::Every { start, time, rule } => {
                let days = rule.days(*start)?;
                let one = |day: Date| match time {
                    Some(time) if !is_minute(*time) => Err(wrong),
                    Some(time) => timed(day, *time),
                    None => all_day(day),
                };
                days.into_iter().map(one).collect()
            }
        }
    }

    /// Whether it is due once only.
    pub fn is_single(&self) -> bool {
        !matches!(self, Due::Every { .. })
    }

    /// As CBOR.
    pub fn to_value(&self) -> Value {
        let minutes = |local: &DateTime| Value::from(local.strftime(MINUTES).to_string().as_str());
        let date = |date: &Date| Value::from(date.to_string().as_str());
        match self {
            Due::At(moment) => Value::map([("at", Some(moment.0.into()))]),
            Due::On(day) => Value::map([("on", Some(date(day)))]),
            Due::Within { from, to } => {
                Value::map([("from", Some(minutes(from))), ("to", Some(minutes(to)))])
            }
            Due::Every { start, time, rule } => Value::map([
                ("start", Some(date(start))),
                ("time", time.map(|t| t.strftime("%H:%M").to_string().as_str().into())),
                ("rule", Some(rule.to_string().as_str().into())),
            ]),
        }
    }

    /// From CBOR; `None` for what lies outside of the subset.
    pub fn from_value(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key)?.text();
        let date = |key: &str| text(key)?.parse::<Date>().ok();
        let minutes = |key: &str| DateTime::strptime(MINUTES, text(key)?).ok();
        if let Some(at) = value.get("at") {
            return Some(Due::At(Moment(at.int()?)));
        }
        if value.get("on").is_some() {
            return Some(Due::On(date("on")?));
        }
        if value.get("from").is_some() {
            return Some(Due::Within { from: minutes("from")?, to: minutes("to")? });
        }
        let time = match value.get("time") {
            Some(_) => Some(Time::strptime("%H:%M", text("time")?).ok()?),
            None => None,
        };
        Some(Due::Every { start: date("start")?, time, rule: text("rule")?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests;
