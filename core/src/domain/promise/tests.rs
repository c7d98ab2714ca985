#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod deciding;
mod shown;

use super::record::Act;
use super::*;
use crate::domain::action::Action;
use crate::domain::capability::NotUnderstood;
use crate::domain::ledger::own_document;
use crate::domain::recurrence::Due;
use crate::domain::refusal::RefusalCode;
use crate::domain::testing::*;
use crate::id::{DocId, OccurrenceId, Past, PersonId};
use crate::time::DAY;

const SALT: [u8; 16] = [5; 16];

fn doc() -> DocId {
    own_document(PAIR, ANA, &SALT)
}
const HOUR: i64 = 3_600;

fn due() -> Due {
    Due::At(BEGIN.plus(DAY))
}

fn occurrence(due: &Due) -> OccurrenceId {
    due.occurrences(doc(), "UTC", None).unwrap()[0].id
}

fn made() -> Written {
    let mut written = Written::default();
    let act = Act::Make { due: due(), zone: "UTC".into(), grace: None, link: None, salt: SALT };
    written.write(ANA, 0, doc(), Action::Promise(act));
    written
}

fn went(written: &Written, at: i64) -> Vec<Outcome> {
    let folded = written.state::<PromiseDocs>(doc(), ANA);
    folded.occurrences.iter().map(|one| outcome::outcome(&one.facts, BEGIN.plus(at))).collect()
}

fn report(told: Told) -> Action {
    Action::Promise(Act::Report { occurrence: occurrence(&due()), told })
}

#[test]
fn i9_a_report_by_the_promisee_and_a_comment_by_the_promisor_do_not_count() {
    let mut written = made();
    written.write(BEN, 2 * DAY, doc(), report(Told::Missed));
    assert_eq!(went(&written, 3 * DAY), [Outcome::AwaitingWord]);
    written.write(ANA, 2 * DAY, doc(), report(Told::Missed));
    let felt = Felt::FeltLikeKept;
    let comment = Act::Comment { occurrence: occurrence(&due()), felt };
    written.write(ANA, 2 * DAY, doc(), Action::Promise(comment.clone()));
    assert_eq!(went(&written, 3 * DAY), [Outcome::Missed]);
    written.write(BEN, 2 * DAY, doc(), Action::Promise(comment));
    assert_eq!(went(&written, 3 * DAY), [Outcome::KeptInSpirit]);
}

#[test]
fn a_new_time_after_the_old_one_or_an_answer_to_another_does_not_count() {
    let new = Due::At(BEGIN.plus(4 * DAY));
    let ask = |due: &Due| {
        Action::Promise(Act::Renegotiate { occurrence: occurrence(&self::due()), due: due.clone() })
    };
    let mut late = made();
    let of = late.write(ANA, DAY + 1, doc(), ask(&new));
    late.write(BEN, DAY + 2, doc(), Action::Promise(Act::AcceptNew { of }));
    assert_eq!(went(&late, 9 * DAY), [Outcome::NoWord]);

    let mut twice = made();
    let first = twice.write(ANA, HOUR, doc(), ask(&new));
    twice.write(ANA, 2 * HOUR, doc(), ask(&Due::At(BEGIN.plus(5 * DAY))));
    twice.write(BEN, 3 * HOUR, doc(), Action::Promise(Act::AcceptNew { of: first }));
    assert_eq!(went(&twice, 3 * HOUR), [Outcome::Upcoming], "the later one asks again");
}

#[test]
fn an_accepted_new_time_opens_an_occurrence_that_a_report_on_time_cancels() {
    let mut written = made();
    let new = Due::At(BEGIN.plus(4 * DAY));
    let ask = Act::Renegotiate { occurrence: occurrence(&due()), due: new.clone() };
    let of = written.write(ANA, HOUR, doc(), Action::Promise(ask));
    written.write(BEN, 2 * HOUR, doc(), Action::Promise(Act::AcceptNew { of }));
    assert_eq!(went(&written, 3 * HOUR), [Outcome::Renegotiated, Outcome::Upcoming]);
    let later = Act::Report { occurrence: occurrence(&new), told: Told::Partly };
    written.write(ANA, 5 * DAY, doc(), Action::Promise(later));
    assert_eq!(went(&written, 6 * DAY), [Outcome::Renegotiated, Outcome::Partly]);
    written.write(ANA, 5 * DAY, doc(), report(Told::Kept { at: BEGIN.plus(DAY) }));
    assert_eq!(went(&written, 6 * DAY), [Outcome::Kept]);
}

#[test]
fn what_the_rule_never_produces_and_a_second_making_are_set_aside() {
    let mut written = made();
    let alien = OccurrenceId([9; 16]);
    let act = Act::Report { occurrence: alien, told: Told::Kept { at: BEGIN } };
    written.write(ANA, HOUR, doc(), Action::Promise(act));
    let second = Act::Make {
        due: Due::At(BEGIN.plus(9 * DAY)),
        zone: "UTC".into(),
        grace: None,
        link: None,
        salt: SALT,
    };
    written.write(BEN, HOUR, doc(), Action::Promise(second));
    assert_eq!(went(&written, HOUR), [Outcome::Upcoming]);
    assert_eq!(written.state::<PromiseDocs>(doc(), ANA).made.unwrap().by, Side::First);
    let bad = ["Mars/Olympus", "UTC"].map(|zone| {
        let mut written = Written::default();
        let at = if zone == "UTC" { BEGIN.plus(500 * DAY) } else { BEGIN.plus(DAY) };
        let act =
            Act::Make { due: Due::At(at), zone: zone.into(), grace: None, link: None, salt: SALT };
        written.write(ANA, 0, doc(), Action::Promise(act));
        written.state::<PromiseDocs>(doc(), ANA).made
    });
    assert_eq!(bad, [None, None], "an unknown zone, a promise beyond its span");
}

#[test]
fn i9_nobody_makes_a_promise_in_the_place_of_another_s() {
    let make = |at: i64| {
        let due = Due::At(BEGIN.plus(at));
        Action::Promise(Act::Make { due, zone: "UTC".into(), grace: None, link: None, salt: SALT })
    };
    let mut written = Written::default();
    // Ben's record pins nothing, so that it comes first in any order by the past.
    written.write(ANA, 0, doc(), Action::Promise(Act::Retract));
    written.write(ANA, 0, doc(), make(DAY));
    written.write_apart(BEN, 0, doc(), make(9 * DAY));
    let folded = written.state::<PromiseDocs>(doc(), ANA);
    assert_eq!((folded.made.unwrap().by, folded.occurrences.len()), (Side::First, 1));
}

#[test]
fn a_kept_time_in_the_future_is_set_aside_and_a_pause_must_come_before() {
    let mut written = made();
    written.write(ANA, 2 * DAY, doc(), report(Told::Kept { at: BEGIN.plus(3 * DAY) }));
    assert_eq!(went(&written, 3 * DAY), [Outcome::AwaitingWord]);
    let pause = Act::Pause { from: BEGIN, until: BEGIN.plus(5 * DAY) };
    let mut late = made();
    late.write(ANA, DAY + 1, doc(), Action::Promise(pause.clone()));
    assert_eq!(went(&late, 2 * DAY), [Outcome::AwaitingWord]);
    let mut early = made();
    early.write(ANA, HOUR, doc(), Action::Promise(pause.clone()));
    assert_eq!(went(&early, 2 * DAY), [Outcome::Paused]);
    let mut others = made();
    others.write(BEN, HOUR, doc(), Action::Promise(pause));
    assert_eq!(went(&others, 2 * DAY), [Outcome::AwaitingWord]);
}

#[test]
fn a_promise_counts_within_its_good_will_and_its_span_and_for_what_is_still_to_come() {
    let counts = |due: i64, grace| {
        let mut written = Written::default();
        let (due, zone) = (Due::At(BEGIN.plus(due)), "UTC".to_owned());
        let act = Act::Make { due, zone, grace, link: None, salt: SALT };
        written.write(ANA, 0, doc(), act.into());
        written.state::<PromiseDocs>(doc(), ANA).made.is_some()
    };
    assert!(counts(DAY, Some(limits::GRACE_MAX)) && !counts(DAY, Some(limits::GRACE_MAX + 1)));
    assert!(counts(60, None) && !counts(0, None), "what is due already is no promise");
    assert!(counts(limits::PROMISE_SPAN, None) && !counts(limits::PROMISE_SPAN + 60, None));
}

/// What is said at the very moment when it is due is said too late; and so is a pause of no
/// length no pause.
#[test]
fn what_is_said_when_it_is_due_is_not_said_ahead() {
    let of_due = occurrence(&due());
    let paused = |at: i64, from: i64, until: i64| {
        let mut written = made();
        let (from, until) = (BEGIN.plus(from), BEGIN.plus(until));
        written.write(ANA, at, doc(), Act::Pause { from, until }.into());
        went(&written, 2 * DAY) == [Outcome::Paused]
    };
    assert!(paused(DAY - 1, DAY, DAY + 1), "from the moment on");
    assert!(!paused(DAY, DAY, DAY + 1));
    assert!(!paused(DAY - 1, DAY, DAY));
    let moved = |at: i64| {
        let mut written = made();
        let due = Due::At(BEGIN.plus(3 * DAY));
        let of = written.write(ANA, at, doc(), Act::Renegotiate { occurrence: of_due, due }.into());
        written.write(BEN, at + 1, doc(), Act::AcceptNew { of }.into());
        went(&written, 2 * DAY)[0] == Outcome::Renegotiated
    };
    assert_eq!([moved(DAY - 1), moved(DAY)], [true, false]);
}

#[test]
fn a_new_time_lies_ahead_within_the_span_and_is_no_due_that_there_is_already() {
    let moved = |new: i64| {
        let mut written = made();
        let (occurrence, new) = (occurrence(&due()), Due::At(BEGIN.plus(new)));
        let of = written.write(ANA, HOUR, doc(), Act::Renegotiate { occurrence, due: new }.into());
        written.write(BEN, HOUR + 1, doc(), Act::AcceptNew { of }.into());
        went(&written, 2 * HOUR).len() == 2
    };
    assert_eq!([moved(HOUR), moved(HOUR + 60)], [false, true], "it lies ahead");
    let span = limits::PROMISE_SPAN;
    assert_eq!([moved(span), moved(span + 60)], [true, false]);
    assert!(!moved(DAY), "the same time is no new one");
}

#[test]
fn kept_later_than_it_was_told_counts_only_within_what_clocks_differ_by() {
    let counts = |ahead: i64| {
        let mut written = made();
        let at = BEGIN.plus(DAY + ahead);
        written.write(ANA, DAY, doc(), report(Told::Kept { at }));
        went(&written, 2 * DAY) == [Outcome::Kept]
    };
    assert_eq!([limits::CLOCK_TOLERANCE, limits::CLOCK_TOLERANCE + 1].map(counts), [true, false]);
}

#[test]
fn r36_what_was_taken_back_in_time_says_how_long_before() {
    let mut written = made();
    written.write(ANA, HOUR, doc(), Act::Retract.into());
    let view = written.view::<PromiseDocs>(doc(), BEN, BEGIN.plus(2 * DAY)).unwrap();
    let one = &view.occurrences[0];
    assert_eq!((one.outcome, one.said_ahead), (Outcome::WithdrawnBefore, Some(DAY - HOUR)));
    let mut every = Written::default();
    let rule = "FREQ=DAILY;COUNT=9".parse().unwrap();
    let due = Due::Every { start: jiff::civil::date(2026, 3, 3), time: None, rule };
    let (zone, salt) = ("UTC".to_owned(), SALT);
    every.write(ANA, 0, doc(), Act::Make { due, zone, grace: None, link: None, salt }.into());
    every.write(ANA, HOUR, doc(), Act::Retract.into());
    let view = every.view::<PromiseDocs>(doc(), BEN, BEGIN.plus(2 * DAY)).unwrap();
    assert_eq!(view.occurrences.len(), 1, "the rest is not due any more");
}

#[test]
fn a_promise_is_taken_back_or_declined_for_what_is_still_to_come() {
    let after = |who, at: i64, act: Act| {
        let mut written = made();
        written.write(who, at, doc(), act.into());
        went(&written, 2 * DAY).remove(0)
    };
    assert_eq!(after(ANA, DAY - 1, Act::Retract), Outcome::WithdrawnBefore);
    assert_eq!(after(ANA, DAY, Act::Retract), Outcome::AwaitingWord);
    assert_eq!(after(ANA, DAY + 1, Act::Retract), Outcome::AwaitingWord);
    assert_eq!(after(BEN, DAY - 1, Act::Decline), Outcome::Released);
    assert_eq!(after(BEN, DAY, Act::Decline), Outcome::AwaitingWord);
    assert_eq!(after(BEN, DAY + 1, Act::Decline), Outcome::AwaitingWord);
}

#[test]
fn late_with_notice_needs_a_word_before_it_was_due_of_either_sort() {
    let occurrence = occurrence(&due());
    let ahead = || Act::HeadsUp { occurrence, expected: None };
    let ask = || Act::Renegotiate { occurrence, due: Due::At(BEGIN.plus(3 * DAY)) };
    let went = |said: Option<(i64, Act)>| {
        let mut written = made();
        if let Some((at, act)) = said {
            written.write(ANA, at, doc(), act.into());
        }
        let at = BEGIN.plus(DAY + 2 * HOUR);
        written.write(ANA, DAY + 3 * HOUR, doc(), report(Told::Kept { at }));
        went(&written, 2 * DAY).remove(0)
    };
    assert_eq!(went(None), Outcome::KeptLate);
    assert_eq!(went(Some((DAY - 1, ahead()))), Outcome::KeptLateWithNotice);
    assert_eq!(went(Some((DAY - 1, ask()))), Outcome::KeptLateWithNotice);
    assert_eq!(went(Some((DAY, ahead()))), Outcome::KeptLate);
    assert_eq!(went(Some((DAY, ask()))), Outcome::KeptLate);
}

#[test]
fn one_due_is_moved_twelve_times_at_most() {
    let mut written = made();
    let mut due = due();
    for moves in 1..=limits::RENEGOTIATIONS as i64 + 1 {
        let (at, occurrence) = (60 * moves, occurrence(&due));
        due = Due::At(BEGIN.plus(DAY + HOUR * moves));
        let ask = Act::Renegotiate { occurrence, due: due.clone() };
        let of = written.write(ANA, at, doc(), ask.into());
        written.write(BEN, at + 1, doc(), Act::AcceptNew { of }.into());
    }
    let moved = went(&written, 3 * HOUR);
    let count = moved.iter().filter(|one| **one == Outcome::Renegotiated).count();
    assert_eq!((count, moved.len()), (limits::RENEGOTIATIONS, limits::RENEGOTIATIONS + 1));
}

#[test]
fn what_a_newer_version_wrote_of_a_promise_is_said_to_need_an_update() {
    let written = made();
    let newer = [NotUnderstood { kind: "promise.newer".into() }];
    let fold = |newer: &[NotUnderstood]| {
        let (held, basis) = (&written.held[..], &Past::default());
        let of = Records { doc: doc(), held, newer, waiting: &[], basis };
        PromiseDocs::fold(&pair(), pair().side(BEN).unwrap(), &of, &[]).needs_update
    };
    assert_eq!([fold(&[]), fold(&newer)], [false, true]);
}

/// R36: what was said of an occurrence stays beside what is said of it later.
#[test]
fn r36_heads_ups_comments_and_repairs_stand_beside_those_that_were_read() {
    let mut written = made();
    let occurrence = occurrence(&due());
    let said = |written: &mut Written, who, at, act: Act, text: &str| {
        let of = written.write(who, at, doc(), act.into());
        written.with_body(of, words(text));
    };
    let ahead = |hours: i64| Act::HeadsUp { occurrence, expected: Some(BEGIN.plus(hours * HOUR)) };
    said(&mut written, ANA, HOUR, ahead(26), "The train is late.");
    said(&mut written, ANA, 2 * HOUR, ahead(27), "It is later still.");
    written.write(ANA, 2 * DAY, doc(), report(Told::Missed));
    let felt = |felt| Act::Comment { occurrence, felt };
    said(&mut written, BEN, 2 * DAY + 1, felt(Felt::Confirmed), "I waited.");
    said(&mut written, BEN, 2 * DAY + 2, felt(Felt::FeltLikeKept), "You told me ahead.");
    let repair = || Act::Repair { occurrence, promise: None };
    said(&mut written, ANA, 2 * DAY + 3, repair(), "I take the earlier one.");
    said(&mut written, ANA, 2 * DAY + 4, repair(), "I leave at five.");
    let view = written.view::<PromiseDocs>(doc(), BEN, BEGIN.plus(3 * DAY)).unwrap();
    let one = &view.occurrences[0];
    let texts = |all: &[RemarkView]| -> Vec<String> {
        all.iter().map(|one| one.words.as_ref().unwrap().text.clone().unwrap()).collect()
    };
    assert_eq!(texts(&one.heads_ups), ["The train is late.", "It is later still."]);
    assert_eq!(one.heads_ups[0].expected, Some(BEGIN.plus(26 * HOUR)));
    assert_eq!(one.expected, Some(BEGIN.plus(27 * HOUR)), "the later one stands");
    assert_eq!(texts(&one.comments), ["I waited.", "You told me ahead."]);
    assert_eq!(one.comments[0].felt, Some(Felt::Confirmed));
    assert_eq!(texts(&one.repairs), ["I take the earlier one.", "I leave at five."]);
    assert_eq!(one.comment, Some(Felt::FeltLikeKept));
    assert_eq!(one.notes().count(), 6);
    let folded = written.state::<PromiseDocs>(doc(), BEN);
    let again = Command::Comment { occurrence: None, felt: Felt::Confirmed, words: None };
    let now = BEGIN.plus(3 * DAY);
    let drafts = decided::<PromiseDocs>(&pair(), &folded, None, &again, BEN, now).unwrap();
    assert_eq!(drafts.len(), 1, "nothing is taken back by saying more");
}

fn promise(action: &str) -> NewPromise {
    NewPromise {
        action: action.into(),
        due: due(),
        zone: "UTC".into(),
        grace: None,
        cue: None,
        response: None,
        note: None,
        link: None,
    }
}

#[test]
fn commands_are_refused_by_name() {
    let written = made();
    let folded = written.state::<PromiseDocs>(doc(), ANA);
    let refused = |me: PersonId, at: i64, command: Command| {
        let decided = decided::<PromiseDocs>(&pair(), &folded, None, &command, me, BEGIN.plus(at));
        decided.err().map(|refusal| refusal.code)
    };
    let told = HowItWent::Missed;
    let miss = || Command::Report { occurrence: None, told, words: None };
    assert_eq!(refused(BEN, 2 * DAY, miss()), Some(RefusalCode::NotYourPromise));
    assert_eq!(refused(ANA, HOUR, miss()), Some(RefusalCode::BeforeDue));
    assert_eq!(refused(ANA, 2 * DAY, miss()), None);
    let felt = Felt::Confirmed;
    let comment = || Command::Comment { occurrence: None, felt, words: None };
    assert_eq!(refused(ANA, 2 * DAY, comment()), Some(RefusalCode::NotPromisedToYou));
    let moved = || Command::Renegotiate { occurrence: None, due: Due::At(BEGIN.plus(3 * DAY)) };
    assert_eq!(refused(ANA, HOUR, moved()), None);
    assert_eq!(refused(ANA, 2 * DAY, moved()), Some(RefusalCode::AfterDue));
    let alien = Some(OccurrenceId([9; 16]));
    let release = Command::Release { occurrence: alien };
    assert_eq!(refused(BEN, HOUR, release), Some(RefusalCode::NoSuchOccurrence));
    let future = HowItWent::Kept { done: Some(BEGIN.plus(9 * DAY)) };
    let early = Command::Report { occurrence: None, told: future, words: None };
    assert_eq!(refused(ANA, 2 * DAY, early), Some(RefusalCode::NotYetThen));
}

/// Without a time, kept is kept when due on the day of it: who reports in the evening is not
/// late, and who reports on another day says when it was.
#[test]
fn f74_kept_goes_by_when_it_was_done_and_on_the_same_day_that_is_when_it_was_due() {
    let due = BEGIN.plus(16 * HOUR);
    let made = NewPromise { due: Due::At(due), ..promise("I call you at ten.") };
    let (pair, doc) = (pair(), doc());
    let mut written = Written::default();
    let decide = |written: &Written, command: &Command, now| {
        let folded = written.state::<PromiseDocs>(doc, ANA);
        decided::<PromiseDocs>(&pair, &folded, None, command, ANA, now).unwrap().remove(0)
    };
    written.write(ANA, 0, doc, decide(&written, &Command::Make(made), BEGIN).action);
    let report = |done, now: Moment| {
        let told = HowItWent::Kept { done };
        let command = Command::Report { occurrence: None, told, words: None };
        match decide(&written, &command, now).action {
            Action::Promise(Act::Report { told: Told::Kept { at }, .. }) => at,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(report(None, due.plus(10 * HOUR)), due, "the evening of the day");
    assert_eq!(report(None, due.plus(-HOUR)), due.plus(-HOUR), "before it was due");
    assert_eq!(report(None, due.plus(DAY)), due.plus(DAY), "the day after");
    assert_eq!(report(Some(due.plus(5)), due.plus(DAY)), due.plus(5), "as it is said");
    let told = HowItWent::Kept { done: None };
    let (midnight, evening) = (BEGIN.plus(6 * HOUR), BEGIN.plus(29 * HOUR));
    let now = Told::Kept { at: evening };
    assert_eq!(told.told(midnight, "UTC", evening), now, "a day's promise, told the day after");
    let told_at = |at: Moment| {
        let mut written = written.clone();
        let occurrence = Due::At(due).occurrences(doc, "UTC", None).unwrap()[0].id;
        let act = Act::Report { occurrence, told: Told::Kept { at: due } };
        written.write(ANA, at.since(BEGIN), doc, act.into());
        let view = written.view::<PromiseDocs>(doc, BEN, at.plus(1)).unwrap();
        view.occurrences[0].reports[0].told_later
    };
    assert_eq!([7 * DAY, 7 * DAY + 1].map(|after| told_at(due.plus(after))), [false, true]);
}

#[test]
fn f71_hints_are_advice_and_the_soft_cap_refuses_nothing() {
    let new = promise("Be better");
    assert_eq!(hints(5, &new), [Hint::ManyOpen, Hint::Vague]);
    let clear = NewPromise { action: "I call you at six.".into(), ..new };
    assert_eq!(hints(4, &clear), []);
    let empty = Written::default().state::<PromiseDocs>(doc(), ANA);
    assert!(
        decided::<PromiseDocs>(&pair(), &empty, None, &Command::Make(clear), ANA, BEGIN).is_ok()
    );
}

#[test]
fn f91_what_is_kept_never_hides_what_is_without_a_word() {
    use crate::domain::overview::progress::follow_through;
    use crate::domain::pair::Who;
    let mut view = made().view::<PromiseDocs>(doc(), ANA, BEGIN.plus(9 * DAY)).unwrap();
    let one = view.occurrences[0].clone();
    let mut told = |outcomes: &[(Outcome, usize)]| {
        let of =
            |outcome, times| std::iter::repeat_n(OccurrenceView { outcome, ..one.clone() }, times);
        view.occurrences =
            outcomes.iter().flat_map(|(outcome, times)| of(*outcome, *times)).collect();
        let mut weeks = follow_through(&tally([&view]), Who::Me, one.week, 1);
        let week = weeks.pop().unwrap();
        (week.words, week.of_four_weeks.is_some())
    };
    let loud = told(&[(Outcome::Kept, 9), (Outcome::Missed, 2), (Outcome::Renegotiated, 1)]);
    assert_eq!(loud, ("9 of 11 kept, 2 missed, 1 moved in time".to_owned(), true));
    let silent = told(&[(Outcome::Kept, 10), (Outcome::NoWord, 5), (Outcome::Renegotiated, 1)]);
    assert_eq!(silent, ("10 kept, 5 without a word, 1 moved in time".to_owned(), false));
}

#[test]
fn r36_a_pause_says_when_it_was_said_and_a_report_stands_beside_the_one_before() {
    let view =
        |written: &Written, viewer| written.view::<PromiseDocs>(doc(), viewer, BEGIN.plus(9 * DAY));
    let mut paused = made();
    let (from, until) = (BEGIN.plus(DAY), BEGIN.plus(2 * DAY));
    paused.write(ANA, DAY - 60, doc(), Action::Promise(Act::Pause { from, until }));
    let one = view(&paused, BEN).unwrap().occurrences.remove(0);
    assert_eq!((one.outcome, one.said_ahead), (Outcome::Paused, Some(60)));

    let mut told = made();
    let first = told.write(ANA, 2 * DAY, doc(), report(Told::Missed));
    told.say(first, words("I forgot."));
    told.write(ANA, 3 * DAY, doc(), report(Told::Kept { at: BEGIN.plus(DAY) }));
    let one = view(&told, BEN).unwrap().occurrences.remove(0);
    let seen: Vec<_> = one.reports.iter().map(|report| (report.at, report.told)).collect();
    let kept = Told::Kept { at: BEGIN.plus(DAY) };
    let at = |days: i64| BEGIN.plus(days * DAY);
    assert_eq!(seen, [(at(2), Told::Missed), (at(3), kept)]);
    assert_eq!((one.outcome, one.said_ahead), (Outcome::Kept, None));
}
