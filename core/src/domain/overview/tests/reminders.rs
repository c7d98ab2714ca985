//! When a phone's own scheduler is asked to remind of what.

use super::*;
use crate::domain::overview::reminder::{Reminder, ReminderInput, Wishes, reminders};
use crate::domain::refusal::RefusalCode;
use jiff::civil::Time;

const NOTHING: ReminderInput<'_> =
    ReminderInput { promises: &[], check_ins: &[], paired_at: None, sharing: false, space: None };

const NONE: [&str; 0] = [];

fn hour(hour: i8) -> Time {
    Time::constant(hour, 0, 0, 0)
}

/// No quiet hours, and no reminder that is not asked for.
fn bare() -> Wishes {
    Wishes {
        quiet_from: hour(0),
        quiet_to: hour(0),
        promise_lead: None,
        evening_note: false,
        ..Wishes::default()
    }
}

fn ahead() -> Wishes {
    Wishes { promise_lead: Some(1800), ..bare() }
}

fn evening() -> Wishes {
    Wishes { evening_note: true, ..bare() }
}

fn list(input: ReminderInput<'_>, wishes: &Wishes) -> Vec<Reminder> {
    reminders(input, wishes, &jiff::tz::TimeZone::UTC, NOW)
}

fn times(input: ReminderInput<'_>, wishes: &Wishes) -> Vec<String> {
    list(input, wishes).iter().map(|one| one.at.to_string()).collect()
}

/// When one is reminded of one occurrence of a promise of one's own.
fn of(one: OccurrenceView, wishes: &Wishes) -> Vec<String> {
    times(ReminderInput { promises: &[promise(1, Who::Me, vec![one])], ..NOTHING }, wishes)
}

fn coming(text: &str) -> OccurrenceView {
    due(Outcome::Upcoming, at(text))
}

/// Due on a day: it ends with it.
fn on_day(day: &str) -> OccurrenceView {
    let end = at(day);
    OccurrenceView { deadline: end, ..due(Outcome::Upcoming, end) }
}

#[test]
fn f69_a_promise_is_told_ahead_at_its_hour_or_in_the_morning_of_its_day() {
    assert_eq!(of(coming("2026-03-04T18:30:00Z"), &ahead()), ["2026-03-04T18:00:00Z"]);
    let due_now = OccurrenceView { outcome: Outcome::Due, ..coming("2026-03-04T18:30:00Z") };
    assert_eq!(of(due_now, &ahead()).len(), 1);
    assert_eq!(of(on_day("2026-03-05T00:00:00Z"), &ahead()), ["2026-03-04T10:00:00Z"]);
    assert_eq!(of(coming("2026-03-04T18:30:00Z"), &bare()), NONE, "not wished");
    let kept = OccurrenceView { outcome: Outcome::Kept, ..coming("2026-03-04T18:30:00Z") };
    assert_eq!(of(kept, &ahead()), NONE);
    let theirs = [promise(1, Who::Partner, vec![coming("2026-03-04T18:30:00Z")])];
    assert_eq!(times(ReminderInput { promises: &theirs, ..NOTHING }, &ahead()), NONE);
}

#[test]
fn r20_what_would_be_told_ahead_too_late_is_not_told() {
    let quiet = |to| Wishes { quiet_from: hour(6), quiet_to: hour(to), ..ahead() };
    let one = || coming("2026-03-04T08:20:00Z");
    assert_eq!(of(one(), &quiet(8)), ["2026-03-04T08:00:00Z"], "moved, and still ahead");
    let exactly = Wishes { quiet_to: Time::constant(8, 20, 0, 0), ..quiet(8) };
    assert_eq!(of(one(), &exactly), NONE, "it is due by then");
    assert_eq!(of(one(), &quiet(9)), NONE);
    assert_eq!(of(one(), &quiet(7)), ["2026-03-04T07:50:00Z"]);
}

#[test]
fn f74_an_evening_note_asks_for_a_word_about_what_was_due_that_day() {
    let awaiting = |one| OccurrenceView { outcome: Outcome::AwaitingWord, ..one };
    assert_eq!(of(coming("2026-03-04T18:30:00Z"), &evening()), ["2026-03-04T20:00:00Z"]);
    assert_eq!(of(awaiting(coming("2026-03-02T17:30:00Z")), &evening()), ["2026-03-02T20:00:00Z"]);
    assert_eq!(of(on_day("2026-03-05T00:00:00Z"), &evening()), ["2026-03-04T20:00:00Z"]);
    // What is due after the evening is asked about on the next.
    assert_eq!(of(coming("2026-03-04T21:00:00Z"), &evening()), ["2026-03-05T20:00:00Z"]);
    assert_eq!(of(coming("2026-03-04T20:00:00Z"), &evening()), ["2026-03-04T20:00:00Z"]);
    let kept = OccurrenceView { outcome: Outcome::Kept, ..coming("2026-03-04T18:30:00Z") };
    assert_eq!(of(kept, &evening()), NONE);
    assert_eq!(of(coming("2026-03-04T18:30:00Z"), &bare()), NONE, "not wished");
}

#[test]
fn f79_a_check_in_is_told_on_its_day_until_that_week_is_answered() {
    let wishes = Wishes { check_in: Some((3, hour(9))), ..bare() };
    assert_eq!(times(NOTHING, &wishes), ["2026-03-04T09:00:00Z", "2026-03-11T09:00:00Z"]);
    let check = |state, period| check_in(TemplateId::Week, period, state);
    let on = |states: &[(CheckInState, Period)]| {
        let views: Vec<_> = states.iter().map(|(state, period)| check(*state, *period)).collect();
        times(ReminderInput { check_ins: &views, ..NOTHING }, &wishes).len()
    };
    let (tenth, eleventh) = (Period::Week(week("2026-W10")), Period::Week(week("2026-W11")));
    assert_eq!(on(&[(CheckInState::Sealed, tenth)]), 1);
    assert_eq!(on(&[(CheckInState::Sealed, tenth), (CheckInState::Skipped, eleventh)]), 0);
    assert_eq!(on(&[(CheckInState::Open, tenth), (CheckInState::Draft, eleventh)]), 2);
    let day = |day| (CheckInState::Sealed, Period::Day(date(2026, 3, day)));
    assert_eq!((on(&[day(3)]), on(&[day(4)]), on(&[day(5)])), (2, 1, 2), "its own day only");
}

#[test]
fn a_wish_for_a_day_of_the_week_that_is_none_is_refused() {
    let check = |check_in| Wishes { check_in, ..bare() }.check().map_err(|refused| refused.code);
    for day in 1..=7 {
        assert_eq!(check(Some((day, hour(9)))), Ok(()));
    }
    for day in [0, 8, -1] {
        assert_eq!(check(Some((day, hour(9)))), Err(RefusalCode::AnswerInvalid));
    }
    assert_eq!(check(None), Ok(()));
}

#[test]
fn r12_that_one_is_paired_is_told_weekly_for_a_month_then_every_four_weeks() {
    let told = |paired: &str| {
        let input = ReminderInput { paired_at: Some(at(paired)), ..NOTHING };
        list(input, &bare()).iter().map(|one| day(one.at).to_string()).collect::<Vec<_>>()
    };
    assert_eq!(told("2026-03-01T12:00:00Z"), ["2026-03-08", "2026-03-15"]);
    assert_eq!(told("2026-03-02T12:00:00Z"), ["2026-03-09", "2026-03-16"], "not on its own day");
    assert_eq!(told("2026-02-06T12:00:00Z"), ["2026-03-06"], "28 days, and 35 are after the month");
    assert_eq!(told("2026-01-10T12:00:00Z"), ["2026-03-07"], "56");
    assert_eq!(told("2026-02-02T12:00:00Z"), NONE, "28 was this morning");
    assert_eq!(told("2026-03-16T12:00:00Z"), NONE, "a clock set back");
}

#[test]
fn r08_that_one_shares_is_told_on_the_first_of_a_month() {
    let sharing = |now: &str| {
        let input = ReminderInput { sharing: true, ..NOTHING };
        let found = reminders(input, &bare(), &jiff::tz::TimeZone::UTC, at(now));
        found.iter().map(|one| one.at.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(sharing("2026-03-20T12:00:00Z"), ["2026-04-01T10:00:00Z"]);
    assert_eq!(sharing("2026-03-02T12:00:00Z"), NONE);
    assert_eq!(sharing("2026-04-01T09:59:59Z"), ["2026-04-01T10:00:00Z"]);
    assert_eq!(sharing("2026-04-01T10:00:00Z"), NONE, "it is told");
    assert_eq!(sharing("2026-03-18T10:00:00Z"), ["2026-04-01T10:00:00Z"], "two weeks ahead");
    assert_eq!(sharing("2026-03-18T09:59:59Z"), NONE);
}

#[test]
fn r20_space_holds_back_what_asks_and_not_that_one_is_paired_or_shares() {
    let until = at("2026-03-06T12:00:00Z");
    let promises = [promise(1, Who::Me, vec![coming("2026-03-04T18:30:00Z")])];
    let paired_at = Some(at("2026-02-25T12:00:00Z"));
    let input = ReminderInput { promises: &promises, paired_at, ..NOTHING };
    let space = |space| times(ReminderInput { space, ..input }, &evening());
    let note = |day| format!("2026-03-{day:02}T10:00:00Z");
    assert_eq!(space(None), [note(4), "2026-03-04T20:00:00Z".into(), note(11)]);
    assert_eq!(space(Some(Some(until))), [note(4), until.to_string(), note(11)]);
    assert_eq!(space(Some(None)), [note(4), note(11)], "without an end");
    let quiet = Wishes { quiet_until: Some(until), ..evening() };
    assert_eq!(times(input, &quiet), [until.to_string(), note(11)], "quiet holds back all");
}

#[test]
fn r20_quiet_hours_within_a_day_move_a_note_to_their_end() {
    let quiet = Wishes { quiet_from: hour(13), quiet_to: hour(15), ..bare() };
    let told =
        |time| times(NOTHING, &Wishes { check_in: Some((3, time)), ..quiet.clone() }).remove(0);
    assert_eq!(told(hour(12)), "2026-03-04T12:00:00Z");
    assert_eq!(told(hour(13)), "2026-03-04T15:00:00Z");
    assert_eq!(told(Time::constant(14, 59, 59, 0)), "2026-03-04T15:00:00Z");
    assert_eq!(told(hour(15)), "2026-03-04T15:00:00Z");
    assert_eq!(told(hour(16)), "2026-03-04T16:00:00Z");
    let night = Wishes { quiet_from: hour(22), quiet_to: hour(7), ..bare() };
    let told =
        |time| times(NOTHING, &Wishes { check_in: Some((3, time)), ..night.clone() }).remove(0);
    assert_eq!(told(hour(22)), "2026-03-05T07:00:00Z");
    assert_eq!(told(hour(7)), "2026-03-04T07:00:00Z");
    assert_eq!(told(Time::constant(6, 59, 59, 0)), "2026-03-04T07:00:00Z");
}

#[test]
fn r20_what_comes_close_together_is_one_note_and_a_day_has_four_at_most() {
    let due_at = |hour: i64, minute: i64| {
        due(Outcome::Upcoming, at("2026-03-04T00:00:00Z").plus(hour * HOUR + minute * 60))
    };
    let told = |hours: &[(i64, i64)]| {
        let all = hours.iter().map(|(hour, minute)| due_at(*hour, *minute)).collect();
        // Told at the very due it would be too late: a second ahead.
        let wishes = Wishes { promise_lead: Some(1), ..bare() };
        times(ReminderInput { promises: &[promise(1, Who::Me, all)], ..NOTHING }, &wishes).len()
    };
    assert_eq!(told(&[(8, 0), (8, 30)]), 1, "within half an hour");
    assert_eq!(told(&[(8, 0), (8, 31)]), 2);
    assert_eq!(told(&[(8, 0), (8, 20), (8, 40)]), 2, "counted from the first of them");
    assert_eq!(told(&[(8, 0), (10, 0), (12, 0), (14, 0)]), 4);
    assert_eq!(told(&[(8, 0), (10, 0), (12, 0), (14, 0), (16, 0), (18, 0)]), 4);
    assert_eq!(told(&[(8, 0), (10, 0), (12, 0), (14, 0), (32, 0)]), 5, "the next day");
    assert_eq!(told(&[(8, 0), (10, 0), (12, 0), (32, 0), (34, 0), (36, 0)]), 6);
}

#[test]
fn r20_a_note_of_one_thing_says_which_and_of_several_only_that_there_are_some() {
    let all = |input: ReminderInput<'_>, wishes: &Wishes| {
        list(input, wishes).into_iter().map(|one| (one.text_key, one.text)).next().unwrap()
    };
    let promises = [promise(1, Who::Me, vec![coming("2026-03-04T18:30:00Z")])];
    let promised = ReminderInput { promises: &promises, ..NOTHING };
    let check = Wishes { check_in: Some((3, hour(10))), ..bare() };
    let paired = ReminderInput { paired_at: Some(at("2026-02-25T12:00:00Z")), ..NOTHING };
    assert_eq!(all(promised, &ahead()), ("reminder-soon", "Something of yours is soon."));
    assert_eq!(all(promised, &evening()), ("reminder-note", "A note is open."));
    assert_eq!(all(NOTHING, &check), ("reminder-moment", "A quiet moment, if you like."));
    assert_eq!(all(paired, &bare()), ("reminder-paired", "This phone is paired."));
    let several = ("reminder-some", "A few things are waiting, when you like.");
    assert_eq!(all(paired, &check), several);
    let sharing = ReminderInput { sharing: true, ..NOTHING };
    let found = reminders(sharing, &bare(), &jiff::tz::TimeZone::UTC, at("2026-03-20T12:00:00Z"));
    assert_eq!(found[0].text, "You share something. See what.");
    assert_eq!(found[0].text_key, "reminder-sharing");
}

#[test]
fn r20_what_fell_into_a_quiet_time_that_lasts_is_told_after_it_if_it_is_of_two_weeks() {
    let from = |text: &str, until: &str| {
        let one = OccurrenceView { outcome: Outcome::AwaitingWord, ..coming(text) };
        let wishes = Wishes { quiet_until: Some(at(until)), ..evening() };
        of(one, &wishes)
    };
    // The note of that evening at eight.
    let until = "2026-03-05T12:00:00Z";
    assert_eq!(from("2026-02-17T19:00:00Z", until), [until]);
    assert_eq!(from("2026-02-16T17:00:00Z", until), [until], "13 days and 22 hours");
    assert_eq!(from("2026-02-15T17:00:00Z", until), NONE);
    assert_eq!(from("2026-03-01T17:00:00Z", "2026-03-30T18:00:00Z"), ["2026-03-30T18:00:00Z"]);
    assert_eq!(from("2026-03-01T17:00:00Z", "2026-03-30T18:00:01Z"), NONE, "too far");
    let to_the_second = |now: &str| {
        let one =
            OccurrenceView { outcome: Outcome::AwaitingWord, ..coming("2026-02-16T19:00:00Z") };
        let promises = [promise(1, Who::Me, vec![one])];
        let input = ReminderInput { promises: &promises, ..NOTHING };
        let wishes = Wishes { quiet_until: Some(at(until)), ..evening() };
        reminders(input, &wishes, &jiff::tz::TimeZone::UTC, at(now)).len()
    };
    assert_eq!(to_the_second("2026-03-02T19:59:59Z"), 1);
    assert_eq!(to_the_second("2026-03-02T20:00:00Z"), 0);
    let now = from("2026-03-01T17:00:00Z", "2026-03-02T18:00:00Z");
    assert_eq!(now, NONE, "it is over now");
}
