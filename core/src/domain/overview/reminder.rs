//! Reminders: set by and for oneself, computed on one's own phone alone (R20).
//!
//! Nothing that the partner does makes one. Each is a moment and a neutral text
//! without content or names, for the system's scheduler. Quiet hours, a quiet
//! time and space win: what falls into them comes as *one* note afterwards,
//! never as a pile.

use crate::domain::checkin::{CheckInState, CheckInView};
use crate::domain::pair::Who;
use crate::domain::promise::{Outcome, PromiseView};
use crate::domain::recurrence::resolve;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::time::{DAY, Moment};
use jiff::ToSpan;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a reminder is for. Its text says no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Topic {
    /// A promise of mine is due soon.
    PromiseDue,
    /// A promise of mine was due today, and has no word yet.
    WordOpen,
    /// My check-in.
    CheckIn,
    /// I am paired with somebody: told again and again, so that nobody is paired
    /// without knowing (R12).
    Paired,
    /// I share something: told every month (R8).
    Sharing,
}

/// One reminder, for the system's scheduler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reminder {
    /// When.
    pub at: Moment,
    /// What for; several in one note.
    pub topics: BTreeSet<Topic>,
    /// The key of its text, for the host's language.
    pub text_key: &'static str,
    /// The text in English: neutral, without content or names.
    pub text: &'static str,
}

/// One person's own wishes for reminders. They live in the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wishes {
    /// Nothing comes from this local time on …
    pub quiet_from: Time,
    /// … until this.
    pub quiet_to: Time,
    /// Nothing comes before this moment.
    pub quiet_until: Option<Moment>,
    /// Questions, requests and asking for reassurance are shown together, once a day at this
    /// local time; `None` as they come.
    pub digest: Option<Time>,
    /// So many seconds before a promise is due; `None` for no such reminder.
    pub promise_lead: Option<u32>,
    /// An evening note on days on which a promise of mine was due.
    pub evening_note: bool,
    /// A note for the check-in: weekday (1 Monday to 7 Sunday) and local time.
    pub check_in: Option<(i8, Time)>,
    /// Whether milestones are told.
    pub milestones: bool,
}

impl Wishes {
    /// Refuses a day of the week that is none.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        match self.check_in {
            Some((weekday, _)) if !(1..=7).contains(&weekday) => {
                Err(RefusalCode::AnswerInvalid.into())
            }
            _ => Ok(()),
        }
    }
}

impl Default for Wishes {
    fn default() -> Self {
        let at = |hour| Time::constant(hour, 0, 0, 0);
        Self {
            quiet_from: at(22),
            quiet_to: at(7),
            quiet_until: None,
            digest: None,
            promise_lead: Some(30 * 60),
            evening_note: true,
            check_in: None,
            milestones: true,
        }
    }
}

/// What reminders follow from.
#[derive(Debug, Clone, Copy)]
pub struct ReminderInput<'a> {
    /// The promises.
    pub promises: &'a [PromiseView],
    /// The check-ins.
    pub check_ins: &'a [CheckInView],
    /// When the two were paired.
    pub paired_at: Option<Moment>,
    /// Whether I share anything.
    pub sharing: bool,
    /// My own space, until when; `Some(None)` for one without an end.
    pub space: Option<Option<Moment>>,
}

/// How far ahead reminders are computed.
const HORIZON: i64 = 14 * DAY;
/// What comes this close to another is told with it.
const TOGETHER: i64 = 30 * 60;
/// So many notes a day; what is more is told with the last of them.
const A_DAY: usize = 4;
/// A system's scheduler takes no more.
const MOST: usize = 64;
const EVENING: Time = Time::constant(20, 0, 0, 0);
const MORNING: Time = Time::constant(10, 0, 0, 0);

struct Days<'a> {
    zone: &'a TimeZone,
    first: Date,
}

impl Days<'_> {
    fn date(&self, at: Moment) -> Date {
        let at = jiff::Timestamp::from_second(at.0).unwrap_or_default();
        at.to_zoned(self.zone.clone()).date()
    }

    fn time(&self, at: Moment) -> Time {
        let at = jiff::Timestamp::from_second(at.0).unwrap_or_default();
        at.to_zoned(self.zone.clone()).time()
    }

    fn at(&self, date: Date, time: Time) -> Option<Moment> {
        resolve(date.to_datetime(time), self.zone)
    }

    /// The days of the horizon.
    fn all(&self) -> impl Iterator<Item = Date> + '_ {
        self.first.series(1.day()).take((2 * HORIZON / DAY) as usize + 1)
    }
}

/// The reminders of the next two weeks, in order. Pure: the same for the same
/// arguments. A reminder whose time has passed is never listed.
pub fn reminders(
    input: ReminderInput<'_>,
    wishes: &Wishes,
    zone: &TimeZone,
    now: Moment,
) -> Vec<Reminder> {
    let mut days = Days { zone, first: Date::ZERO };
    // What a quiet time that lasts since then holds back is still to be told.
    days.first = days.date(now.plus(-HORIZON));
    let quiet_until = wishes.quiet_until.unwrap_or(Moment(i64::MIN));
    // That one is paired, and that one shares, is told in space too; the rest not before it ends.
    let held_until = |topic| match (topic, input.space) {
        (Topic::Paired | Topic::Sharing, _) | (_, None) => Some(quiet_until),
        (_, Some(ends)) => Some(quiet_until.max(ends?)),
    };
    let mut wanted: Vec<(Moment, Topic)> = Vec::new();
    for view in input.promises.iter().filter(|view| view.by == Who::Me) {
        for one in &view.occurrences {
            let coming = matches!(one.outcome, Outcome::Upcoming | Outcome::Due);
            if let Some(lead) = wishes.promise_lead.filter(|_| coming) {
                // What is due at the end of a day is told in its morning.
                let early = match one.deadline == one.due {
                    true => days.at(days.date(one.due.plus(-1)), MORNING),
                    false => Some(one.due.plus(-i64::from(lead))),
                };
                // After what is quiet it may be too late to be told ahead.
                let moved = early.and_then(|at| {
                    after_quiet(at.max(held_until(Topic::PromiseDue)?), wishes, &days)
                });
                if moved.is_some_and(|at| at < one.due) {
                    wanted.extend(early.map(|at| (at, Topic::PromiseDue)));
                }
            }
            let open = coming || one.outcome == Outcome::AwaitingWord;
            if wishes.evening_note && open {
                // A day or a window ends with its day: its evening is the same day's.
                let date = days.date(one.due.plus(-1));
                let evening = days.at(date, EVENING);
                let evening = match evening {
                    Some(at) if at < one.due && one.deadline != one.due => {
                        days.at(date.saturating_add(1.day()), EVENING)
                    }
                    other => other,
                };
                wanted.extend(evening.map(|at| (at, Topic::WordOpen)));
            }
        }
    }
    let answered = |date: Date| {
        input.check_ins.iter().any(|view| {
            let within = view.period.first().is_some_and(|first| first <= date)
                && view.period.end().is_some_and(|end| date < end);
            within && !matches!(view.state, CheckInState::Open | CheckInState::Draft)
        })
    };
    if let Some((weekday, time)) = wishes.check_in {
        let on = |date: &Date| date.weekday().to_monday_one_offset() == weekday && !answered(*date);
        let moments = days.all().filter(on).filter_map(|date| days.at(date, time));
        wanted.extend(moments.map(|at| (at, Topic::CheckIn)));
    }
    if let Some(paired) = input.paired_at {
        let since = days.date(paired);
        let told = |date: &Date| {
            let day = since.until(*date).map_or(0, |span| span.get_days());
            // Weekly in the first month, then every four weeks.
            day > 0 && if day <= 31 { day % 7 == 0 } else { day % 28 == 0 }
        };
        let moments = days.all().filter(told).filter_map(|date| days.at(date, MORNING));
        wanted.extend(moments.map(|at| (at, Topic::Paired)));
    }
    if input.sharing {
        let first = |date: &Date| date.day() == 1;
        let moments = days.all().filter(first).filter_map(|date| days.at(date, MORNING));
        wanted.extend(moments.map(|at| (at, Topic::Sharing)));
    }
    let mut moved: Vec<(Moment, Topic)> = wanted
        .into_iter()
        // What fell into a quiet time that still lasts is told after it.
        .filter(|(at, _)| *at > now.plus(-HORIZON) && *at <= now.plus(HORIZON))
        .filter_map(|(at, topic)| {
            Some((after_quiet(at.max(held_until(topic)?), wishes, &days)?, topic))
        })
        .filter(|(at, _)| *at > now && *at <= now.plus(2 * HORIZON))
        .collect();
    moved.sort_unstable();
    let mut notes: Vec<Reminder> = Vec::new();
    for (at, topic) in moved {
        let today = notes.iter().filter(|note| days.date(note.at) == days.date(at)).count();
        let with_last = |last: &&mut Reminder| {
            at.since(last.at) <= TOGETHER || today >= A_DAY && days.date(last.at) == days.date(at)
        };
        match notes.last_mut().filter(with_last) {
            Some(last) => {
                last.topics.insert(topic);
            }
            None => {
                notes.push(Reminder { at, topics: BTreeSet::from([topic]), text_key: "", text: "" })
            }
        }
    }
    for note in &mut notes {
        (note.text_key, note.text) = neutral(&note.topics);
    }
    notes.truncate(MOST);
    notes
}

/// The moment itself, or the end of the quiet hours that it falls into.
fn after_quiet(at: Moment, wishes: &Wishes, days: &Days<'_>) -> Option<Moment> {
    let (from, to) = (wishes.quiet_from, wishes.quiet_to);
    let (date, time) = (days.date(at), days.time(at));
    let over_midnight = from > to;
    let quiet = if over_midnight { time >= from || time < to } else { from <= time && time < to };
    if !quiet {
        return Some(at);
    }
    let end = if over_midnight && time >= from { date.saturating_add(1.day()) } else { date };
    days.at(end, to)
}

/// Whether what the other asked is held back for now: while one wants quiet, all of it; in
/// one's quiet hours, what came in them; with a digest, what came since the last one (R31, F33).
/// `came` is since when this phone has it: no time that is stated brings an ask into view. A
/// digest that falls into the quiet hours comes at their end.
pub fn held_back(came: Moment, wishes: &Wishes, zone: &TimeZone, now: Moment) -> bool {
    let days = Days { zone, first: Date::default() };
    let quiet = |at| after_quiet(at, wishes, &days).filter(|end| *end > at);
    let hours = quiet(now).is_some_and(|end| quiet(came) == Some(end));
    let digest = wishes.digest.is_some_and(|at| {
        let date = days.date(came);
        let date = if days.time(came) <= at { date } else { date.saturating_add(1.day()) };
        let next = days.at(date, at).and_then(|next| after_quiet(next, wishes, &days));
        next.is_some_and(|next| now < next)
    });
    hours || digest || wishes.quiet_until.is_some_and(|until| now < until)
}

fn neutral(topics: &BTreeSet<Topic>) -> (&'static str, &'static str) {
    let mut topics = topics.iter();
    match (topics.next(), topics.next()) {
        (Some(Topic::PromiseDue), None) => ("reminder-soon", "Something of yours is soon."),
        (Some(Topic::WordOpen), None) => ("reminder-note", "A note is open."),
        (Some(Topic::CheckIn), None) => ("reminder-moment", "A quiet moment, if you like."),
        (Some(Topic::Paired), None) => ("reminder-paired", "This phone is paired."),
        (Some(Topic::Sharing), None) => ("reminder-sharing", "You share something. See what."),
        _ => ("reminder-some", "A few things are waiting, when you like."),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const NOON: Moment = Moment(1_772_452_800);

    fn input() -> ReminderInput<'static> {
        let paired_at = Some(NOON.plus(-DAY));
        ReminderInput { promises: &[], check_ins: &[], paired_at, sharing: false, space: None }
    }

    fn list(input: ReminderInput<'_>, wishes: &Wishes) -> Vec<Reminder> {
        let zone = crate::time::zone("Europe/Berlin").unwrap();
        reminders(input, wishes, &zone, NOON)
    }

    #[test]
    fn r20_quiet_hours_over_midnight_move_a_note_to_their_end() {
        let at = |hour| Time::constant(hour, 30, 0, 0);
        let wishes = Wishes { check_in: Some((7, at(23))), ..Wishes::default() };
        let found = list(ReminderInput { paired_at: None, ..input() }, &wishes);
        assert_eq!(found[0].at.to_string(), "2026-03-09T06:00:00Z", "seven in the morning");
        let early = Wishes { check_in: Some((7, at(5))), ..Wishes::default() };
        let found = list(ReminderInput { paired_at: None, ..input() }, &early);
        assert_eq!(found[0].at.to_string(), "2026-03-08T06:00:00Z");
    }

    #[test]
    fn f33_r31_what_is_asked_in_the_quiet_hours_waits_for_their_end_and_what_came_before_stays() {
        let zone = crate::time::zone("Europe/Berlin").unwrap();
        let at = |text: &str| Moment::parse(text).unwrap();
        let held =
            |asked: &str, now: &str| held_back(at(asked), &Wishes::default(), &zone, at(now));
        assert!(held("2026-03-08T22:10:00+01:00", "2026-03-08T23:00:00+01:00"));
        assert!(held("2026-03-08T23:00:00+01:00", "2026-03-09T06:59:59+01:00"), "over midnight");
        assert!(!held("2026-03-08T23:00:00+01:00", "2026-03-09T07:00:00+01:00"), "in the morning");
        assert!(!held("2026-03-08T21:59:00+01:00", "2026-03-08T23:00:00+01:00"), "it was there");
        assert!(!held("2026-03-07T23:00:00+01:00", "2026-03-08T23:00:00+01:00"), "of last night");
        let day = Wishes {
            quiet_from: Time::midnight(),
            quiet_to: Time::midnight(),
            ..Wishes::default()
        };
        assert!(!held_back(NOON, &day, &zone, NOON), "no quiet hours");
        let until = Wishes { quiet_until: Some(NOON.plus(DAY)), ..day };
        assert!(held_back(NOON.plus(-9 * DAY), &until, &zone, NOON));
        assert!(!held_back(NOON.plus(-9 * DAY), &until, &zone, NOON.plus(DAY)));
    }

    #[test]
    fn r31_with_a_digest_what_is_asked_is_shown_together_once_a_day() {
        let zone = crate::time::zone("Europe/Berlin").unwrap();
        let at = |text: &str| Moment::parse(text).unwrap();
        let wishes = Wishes { digest: Some(Time::constant(18, 0, 0, 0)), ..Wishes::default() };
        let held = |came: &str, now: &str| held_back(at(came), &wishes, &zone, at(now));
        assert!(held("2026-03-08T09:00:00+01:00", "2026-03-08T17:59:59+01:00"));
        assert!(!held("2026-03-08T09:00:00+01:00", "2026-03-08T18:00:00+01:00"));
        assert!(!held("2026-03-08T18:00:00+01:00", "2026-03-08T18:00:00+01:00"), "just in time");
        assert!(held("2026-03-08T18:00:01+01:00", "2026-03-09T17:59:59+01:00"), "tomorrow");
        assert!(!held("2026-03-08T18:00:01+01:00", "2026-03-09T18:00:00+01:00"));
        let late = Wishes { digest: Some(Time::constant(23, 0, 0, 0)), ..Wishes::default() };
        let held = |now: &str| held_back(at("2026-03-08T09:00:00+01:00"), &late, &zone, at(now));
        assert!(held("2026-03-08T23:00:00+01:00"), "quiet wins (R20)");
        assert!(held("2026-03-09T06:59:59+01:00") && !held("2026-03-09T07:00:00+01:00"));
    }

    #[test]
    fn r20_a_quiet_time_and_space_leave_one_note_afterwards_and_none_without_an_end() {
        let at = Time::constant(18, 0, 0, 0);
        let until = NOON.plus(13 * DAY);
        let base = Wishes { check_in: Some((1, at)), ..Wishes::default() };
        let quiet = Wishes { quiet_until: Some(until), ..base.clone() };
        let found = list(ReminderInput { sharing: true, ..input() }, &quiet);
        assert_eq!(found.iter().filter(|note| note.at <= until.plus(3_600)).count(), 1);
        let topics: Vec<Topic> = found[0].topics.iter().copied().collect();
        // When the quiet time began nobody knows: what fell just before it is in too.
        assert_eq!(topics, [Topic::CheckIn, Topic::Paired, Topic::Sharing]);
        let space = ReminderInput { space: Some(None), ..input() };
        let told = list(space, &base);
        assert!(told.iter().all(|note| note.topics == BTreeSet::from([Topic::Paired])));
    }

    #[test]
    fn r20_looking_again_within_a_quiet_time_loses_none_of_its_notes() {
        let zone = crate::time::zone("Europe/Berlin").unwrap();
        let at = Time::constant(18, 0, 0, 0);
        let until = NOON.plus(9 * DAY);
        let wishes =
            Wishes { quiet_until: Some(until), check_in: Some((2, at)), ..Wishes::default() };
        let first = |now| reminders(input(), &wishes, &zone, now).remove(0);
        let digest = first(NOON);
        assert_eq!(digest.topics.len(), 2, "the check-in and the weekly note");
        for days in 1..9 {
            assert_eq!(first(NOON.plus(days * DAY)), digest, "after {days} days");
        }
        assert_ne!(first(until.plus(3_600)), digest, "told once");
    }

    #[test]
    fn r20_every_text_is_neutral_and_nothing_lies_in_the_past() {
        let found = list(ReminderInput { sharing: true, ..input() }, &Wishes::default());
        assert!(!found.is_empty());
        for note in found {
            assert!(
                note.at > NOON && !note.text.is_empty() && note.text_key.starts_with("reminder-")
            );
        }
    }
}
