//! What may be done with a promise, and why not.

use super::*;
use crate::domain::capability::Begun;
use crate::domain::pacing::Feature;
use crate::domain::refusal::RefusalCode as No;
use crate::id::Position;
use crate::limits;

fn decides_around(
    around: &Around,
    written: &Written,
    who: PersonId,
    at: i64,
    command: &Command,
) -> Result<Act, No> {
    let folded = written.state::<PromiseDocs>(doc(), who);
    let when = (who, BEGIN.plus(at));
    let decided = decided_around::<PromiseDocs>(around, &pair(), &folded, None, command, when);
    decided.map_err(|refusal| refusal.code).map(|mut drafts| match drafts.remove(0).action {
        Action::Promise(act) => act,
        other => panic!("{other:?}"),
    })
}

fn decides(written: &Written, who: PersonId, at: i64, command: &Command) -> Result<Act, No> {
    decides_around(&Around::default(), written, who, at, command)
}

fn here() -> OccurrenceId {
    occurrence(&due())
}

fn refused(written: &Written, who: PersonId, at: i64, command: &Command) -> Option<No> {
    decides(written, who, at, command).err()
}

fn every(start: jiff::civil::Date, days: u16) -> Due {
    let rule = format!("FREQ=DAILY;COUNT={days}").parse().unwrap();
    Due::Every { start, time: Some(jiff::civil::Time::constant(18, 0, 0, 0)), rule }
}

/// A practice of Ana's: every day at the same time, for so many days.
pub(super) fn daily(days: u16) -> (Written, Vec<OccurrenceId>) {
    let first = crate::time::local_date(BEGIN.plus(DAY), "UTC");
    let due = every(first, days);
    let all = due.occurrences(doc(), "UTC", None).unwrap();
    let act = Act::Make { due, zone: "UTC".into(), grace: None, link: None, salt: SALT };
    let mut written = Written::default();
    written.write(ANA, 0, doc(), act.into());
    (written, all.into_iter().map(|one| one.id).collect())
}

#[test]
fn each_command_is_by_who_may_give_it() {
    let written = made();
    let asked = Position { log: log_of(ANA), index: 9, place: 0 };
    let (from, until) = (BEGIN, BEGIN.plus(2 * DAY));
    let new = Due::At(BEGIN.plus(3 * DAY));
    let (occurrence, felt, words) = (None, Felt::Confirmed, None);
    let hers = [
        Command::Pause { from, until },
        Command::Retract,
        Command::HeadsUp { occurrence, expected: None, words: words.clone() },
        Command::Renegotiate { occurrence, due: new },
        Command::Report { occurrence, told: HowItWent::Missed, words: words.clone() },
        Command::Repair { occurrence, words: "I forgot.".into(), promise: None },
    ];
    let his = [
        Command::Decline,
        Command::AcceptNew { asked },
        Command::KeepOld { asked },
        Command::Release { occurrence },
        Command::Comment { occurrence, felt, words },
    ];
    for command in hers {
        assert_eq!(refused(&written, BEN, 60, &command), Some(No::NotYourPromise), "{command:?}");
        assert_ne!(refused(&written, ANA, 60, &command), Some(No::NotYourPromise));
        assert_eq!(refused(&Written::default(), ANA, 60, &command), Some(No::NotFound));
        let left = Around { left: true, ..Around::default() };
        let after = decides_around(&left, &written, ANA, 60, &command);
        assert_eq!(after, Err(No::PairLeft));
    }
    for command in his {
        assert_eq!(refused(&written, ANA, 60, &command), Some(No::NotPromisedToYou), "{command:?}");
        assert_ne!(refused(&written, BEN, 60, &command), Some(No::NotPromisedToYou));
    }
}

#[test]
fn what_was_taken_back_or_declined_is_not_changed_any_more() {
    let mut retracted = made();
    retracted.write(ANA, 60, doc(), Act::Retract.into());
    let mut declined = made();
    declined.write(BEN, 60, doc(), Act::Decline.into());
    let new = Due::At(BEGIN.plus(3 * DAY));
    let asked = Position { log: log_of(ANA), index: 9, place: 0 };
    for over in [&retracted, &declined] {
        for command in [
            Command::Pause { from: BEGIN, until: BEGIN.plus(2 * DAY) },
            Command::Retract,
            Command::HeadsUp { occurrence: None, expected: None, words: None },
            Command::Renegotiate { occurrence: None, due: new.clone() },
        ] {
            assert_eq!(refused(over, ANA, 99, &command), Some(No::PromiseOver), "{command:?}");
            assert_ne!(refused(&made(), ANA, 99, &command), Some(No::PromiseOver));
        }
        for command in [Command::Decline, Command::AcceptNew { asked }, Command::KeepOld { asked }]
        {
            assert_eq!(refused(over, BEN, 99, &command), Some(No::PromiseOver), "{command:?}");
        }
    }
    assert_eq!(decides(&made(), ANA, 99, &Command::Retract), Ok(Act::Retract));
    assert_eq!(decides(&made(), BEN, 99, &Command::Decline), Ok(Act::Decline));
}

#[test]
fn a_pause_is_a_time_that_reaches_ahead_and_not_too_far() {
    let pause = |from: i64, until: i64| {
        let (from, until) = (BEGIN.plus(from), BEGIN.plus(until));
        refused(&made(), ANA, 60, &Command::Pause { from, until })
    };
    let most = 60 + limits::PROMISE_SPAN;
    assert_eq!(pause(60, 61), None);
    assert_eq!(pause(-99, 61), None, "what began before");
    assert_eq!(pause(-99, 60), Some(No::NotAhead), "it is over");
    assert_eq!(pause(90, 90), Some(No::EndsBeforeBegin));
    assert_eq!(pause(60, most), None);
    assert_eq!(pause(60, most + 1), Some(No::TooFarAhead));
}

#[test]
fn f59_f75_what_is_said_ahead_is_said_before_it_is_due() {
    let heads_up = |at, occurrence| {
        let command = Command::HeadsUp { occurrence, expected: None, words: None };
        refused(&made(), ANA, at, &command)
    };
    let new = |at: i64| Due::At(BEGIN.plus(at));
    let moved = |at, occurrence, due: Due| {
        refused(&made(), ANA, at, &Command::Renegotiate { occurrence, due })
    };
    for which in [None, Some(here())] {
        assert_eq!(heads_up(DAY - 1, which), None);
        assert_eq!(heads_up(DAY, which), Some(No::AfterDue));
        assert_eq!(moved(DAY - 1, which, new(3 * DAY)), None);
        assert_eq!(moved(DAY, which, new(3 * DAY)), Some(No::AfterDue));
    }
    assert_eq!(heads_up(60, Some(OccurrenceId([9; 16]))), Some(No::NoSuchOccurrence));
    assert_eq!(moved(60, None, new(60)), Some(No::NotAhead));
    assert_eq!(moved(60, None, new(DAY)), Some(No::DueAlready));
    assert_eq!(moved(60, None, new(limits::PROMISE_SPAN)), None);
    assert_eq!(moved(60, None, new(limits::PROMISE_SPAN + 60)), Some(No::TooFarAhead));
    let first = crate::time::local_date(BEGIN.plus(DAY), "UTC");
    assert_eq!(moved(60, None, every(first, 2)), Some(No::OneTimeOnly));
}

#[test]
fn f75_a_new_time_is_answered_as_it_was_shown() {
    let mut written = made();
    let ask = |at: i64| Act::Renegotiate { occurrence: here(), due: Due::At(BEGIN.plus(at)) };
    let first = written.write(ANA, HOUR, doc(), ask(4 * DAY).into());
    let accept = |asked| Command::AcceptNew { asked };
    let keep = |asked| Command::KeepOld { asked };
    assert_eq!(decides(&written, BEN, 2 * HOUR, &accept(first)), Ok(Act::AcceptNew { of: first }));
    assert_eq!(decides(&written, BEN, 2 * HOUR, &keep(first)), Ok(Act::KeepOld { of: first }));
    let second = written.write(ANA, HOUR + 60, doc(), ask(5 * DAY).into());
    for stale in [accept(first), keep(first)] {
        assert_eq!(refused(&written, BEN, 2 * HOUR, &stale), Some(No::StaleView));
    }
    assert!(decides(&written, BEN, 2 * HOUR, &accept(second)).is_ok());
}

#[test]
fn f74_a_report_is_of_what_was_due_but_kept_can_be_said_before() {
    let report = |written: &Written, at, occurrence, told| {
        decides(written, ANA, at, &Command::Report { occurrence, told, words: None })
    };
    let kept = |done: Option<i64>| HowItWent::Kept { done: done.map(|at| BEGIN.plus(at)) };
    let written = made();
    for told in [HowItWent::Missed, HowItWent::Partly] {
        assert_eq!(report(&written, DAY - 1, None, told).err(), Some(No::BeforeDue));
        assert_eq!(report(&written, DAY - 1, Some(here()), told).err(), Some(No::BeforeDue));
        assert!(report(&written, DAY, None, told).is_ok());
    }
    let early = Told::Kept { at: BEGIN.plus(60) };
    let said = Ok(Act::Report { occurrence: here(), told: early });
    assert_eq!(report(&written, 60, None, kept(None)), said);
    assert_eq!(report(&written, 99, Some(here()), kept(Some(60))), said);
    assert_eq!(report(&written, 60, None, kept(Some(61))).err(), Some(No::NotYetThen));
    assert!(report(&written, 60, None, kept(Some(60))).is_ok());
}

#[test]
fn f76_what_is_said_of_a_miss_or_of_how_it_felt_comes_after_it_was_due() {
    let comment = |written: &Written, at, occurrence| {
        let felt = Felt::Confirmed;
        refused(written, BEN, at, &Command::Comment { occurrence, felt, words: None })
    };
    let repair = |at, occurrence| {
        let words = "I forgot.".to_owned();
        refused(&made(), ANA, at, &Command::Repair { occurrence, words, promise: None })
    };
    for which in [None, Some(here())] {
        assert_eq!(comment(&made(), DAY - 1, which), Some(No::BeforeDue));
        assert_eq!(comment(&made(), DAY, which), None);
        assert_eq!(repair(DAY - 1, which), Some(No::BeforeDue));
        assert_eq!(repair(DAY, which), None);
    }
    let mut early = made();
    early.write(ANA, 60, doc(), report(Told::Kept { at: BEGIN.plus(60) }));
    assert_eq!(comment(&early, 99, None), None, "it was kept early, and that can be felt");
    let empty = Command::Repair { occurrence: None, words: " ".into(), promise: None };
    assert_eq!(refused(&made(), ANA, DAY, &empty), Some(No::TextEmpty));
}

/// Which one is meant where none is named.
#[test]
fn what_is_meant_is_the_next_that_comes_or_the_last_that_waits_for_a_word() {
    let (written, all) = daily(4);
    let noon = |day: i64| day * DAY - 6 * HOUR;
    let heads_up = |written: &Written, at| {
        let command = Command::HeadsUp { occurrence: None, expected: None, words: None };
        match decides(written, ANA, at, &command) {
            Ok(Act::HeadsUp { occurrence, .. }) => Ok(occurrence),
            Ok(other) => panic!("{other:?}"),
            Err(refused) => Err(refused),
        }
    };
    assert_eq!(heads_up(&written, noon(1)), Ok(all[0]));
    assert_eq!(heads_up(&written, noon(2)), Ok(all[1]));
    assert_eq!(heads_up(&written, noon(9)), Err(No::AfterDue), "nothing lies ahead");
    let reported = |written: &Written, at| {
        let told = HowItWent::Missed;
        let command = Command::Report { occurrence: None, told, words: None };
        match decides(written, ANA, at, &command) {
            Ok(Act::Report { occurrence, .. }) => occurrence,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(reported(&written, noon(2)), all[0]);
    assert_eq!(reported(&written, noon(3)), all[1], "the last that waits for a word");
    let told = |written: &mut Written, occurrence, at| {
        let act = Act::Report { occurrence, told: Told::Missed };
        written.write(ANA, at, doc(), act.into());
    };
    let mut one = written.clone();
    told(&mut one, all[1], noon(3));
    assert_eq!(reported(&one, noon(3)), all[0], "the other one still waits");
    told(&mut one, all[0], noon(3));
    assert_eq!(reported(&one, noon(3)), all[1], "the last of which something was told");
    let released = |written: &Written, at| match decides(
        written,
        BEN,
        at,
        &Command::Release { occurrence: None },
    ) {
        Ok(Act::Release { occurrence }) => occurrence,
        other => panic!("{other:?}"),
    };
    assert_eq!(released(&written, noon(1)), all[0], "the next");
    assert_eq!(released(&written, noon(9)), all[3], "or the last that was due");
    let mut off = written.clone();
    off.write(BEN, 60, doc(), Act::Release { occurrence: all[0] }.into());
    assert_eq!(heads_up(&off, noon(1)), Ok(all[1]), "what one was let off lies not ahead");
}

#[test]
fn a_promise_is_made_once_ahead_within_its_span_and_in_a_zone_that_there_is() {
    let empty = Written::default();
    let make = |new: NewPromise| {
        let command = Command::Make(new);
        decides(&empty, ANA, 0, &command)
    };
    let of = |due: Due| NewPromise { due, ..promise("I call you.") };
    let at = |seconds: i64| of(Due::At(BEGIN.plus(seconds)));
    assert_eq!(make(at(60)).err(), None);
    assert_eq!(make(at(59)).err(), Some(No::NotAhead), "whole minutes: it is due now");
    assert_eq!(make(at(limits::PROMISE_SPAN)).err(), None);
    assert_eq!(make(at(limits::PROMISE_SPAN + 60)).err(), Some(No::TooFarAhead));
    let grace = |grace| NewPromise { grace: Some(grace), ..at(DAY) };
    assert_eq!(make(grace(limits::GRACE_MAX)).err(), None);
    assert_eq!(make(grace(limits::GRACE_MAX + 1)).err(), Some(No::GraceTooLong));
    let zone = NewPromise { zone: "Mars/Olympus".into(), ..at(DAY) };
    assert_eq!(make(zone).err(), Some(No::ZoneUnknown));
    assert_eq!(make(promise(" ")).err(), Some(No::TextEmpty));
    let Ok(Act::Make { due, .. }) = make(at(DAY + 59)) else { panic!("it is made") };
    assert_eq!(due, Due::At(BEGIN.plus(DAY)), "to the minute");
    let again = refused(&made(), ANA, 0, &Command::Make(at(DAY)));
    assert_eq!(again, Some(No::StaleView), "there is one here");
    let around =
        |around: &Around| decides_around(around, &empty, ANA, 0, &Command::Make(at(DAY))).err();
    let off = Around { off: vec![Feature::Promises], ..Around::default() };
    assert_eq!(around(&off), Some(No::FeatureOff));
    let begun = |ever, open| Around { begun: Begun { ever, open }, ..Around::default() };
    assert_eq!(around(&begun(limits::PROMISES - 1, limits::PROMISES_OPEN - 1)), None);
    assert_eq!(around(&begun(limits::PROMISES, 0)), Some(No::TooManyPromises));
    assert_eq!(around(&begun(0, limits::PROMISES_OPEN)), Some(No::TooManyPromises));
}

#[test]
fn a_window_ends_at_times_that_come_once() {
    let within = |from: &str, to: &str, zone: &str| {
        let time = |text: &str| text.parse::<jiff::civil::DateTime>().unwrap();
        let due = Due::Within { from: time(from), to: time(to) };
        let new = NewPromise { due, zone: zone.into(), ..promise("I call you.") };
        refused(&Written::default(), ANA, 0, &Command::Make(new))
    };
    assert_eq!(within("2026-03-28T09:00", "2026-03-28T10:00", "Europe/Berlin"), None);
    // 02:30 does not come on the day on which the clocks go forward.
    let never = Some(No::TimeNeverOccurs);
    assert_eq!(within("2026-03-29T02:30", "2026-03-29T04:00", "Europe/Berlin"), never);
    assert_eq!(within("2026-03-29T01:00", "2026-03-29T02:30", "Europe/Berlin"), never);
    // And twice on that on which they go back.
    let twice = Some(No::TimeOccursTwice);
    assert_eq!(within("2026-10-25T01:00", "2026-10-25T02:30", "Europe/Berlin"), twice);
}

#[test]
fn each_of_a_promises_words_is_kept() {
    let new = NewPromise {
        cue: Some("When I am late".into()),
        response: Some("I write first".into()),
        note: Some("Every time.".into()),
        ..promise("I call you.")
    };
    let folded = Written::default().state::<PromiseDocs>(doc(), ANA);
    let command = Command::Make(new);
    let drafts = decided::<PromiseDocs>(&pair(), &folded, None, &command, ANA, BEGIN).unwrap();
    let body = drafts[0].body.as_ref().unwrap();
    let word = |key| crate::domain::words::text_of(body, key).unwrap();
    assert_eq!(
        ["action", "cue", "response", "note"].map(word),
        ["I call you.", "When I am late", "I write first", "Every time."]
    );
    let words = Some("Sorry.".to_owned());
    let told = Command::Report { occurrence: None, told: HowItWent::Missed, words };
    let folded = made().state::<PromiseDocs>(doc(), ANA);
    let at = BEGIN.plus(2 * DAY);
    let drafts = decided::<PromiseDocs>(&pair(), &folded, None, &told, ANA, at).unwrap();
    let body = drafts[0].body.as_ref().unwrap();
    assert_eq!(crate::domain::words::text_of(body, "text").as_deref(), Some("Sorry."));
}

#[test]
fn a_word_that_names_none_is_of_the_last_that_was_due_and_not_paused() {
    let (mut written, ids) = daily(3);
    let pause = Act::Pause { from: BEGIN.plus(3 * DAY - 60), until: BEGIN.plus(3 * DAY + 60) };
    written.write(ANA, 10, doc(), pause.into());
    let told = Command::Report { occurrence: None, told: HowItWent::Missed, words: None };
    let act = decides(&written, ANA, 60 * DAY, &told).unwrap();
    assert!(matches!(act, Act::Report { occurrence, .. } if occurrence == ids[1]), "{act:?}");
}

#[test]
fn f71_a_promise_in_two_words_is_said_to_be_short() {
    use crate::domain::promise::decide::{Hint, hints};
    assert_eq!(hints(0, &promise("I call.")), [Hint::Vague]);
    assert_eq!(hints(0, &promise("I call you.")), []);
}

#[test]
fn what_is_due_just_now_lies_ahead_no_more() {
    let command = Command::HeadsUp { occurrence: None, expected: None, words: None };
    assert_eq!(refused(&made(), ANA, DAY - 1, &command), None);
    assert_eq!(refused(&made(), ANA, DAY, &command), Some(No::AfterDue));
}
