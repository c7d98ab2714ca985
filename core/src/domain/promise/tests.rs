#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::record::Act;
use super::*;
use crate::domain::action::Action;
use crate::domain::ledger::own_document;
use crate::domain::recurrence::Due;
use crate::domain::refusal::RefusalCode;
use crate::domain::testing::*;
use crate::id::{DocId, OccurrenceId, PersonId};
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
    assert_eq!(refused(ANA, 2 * DAY, early), Some(RefusalCode::TimeInvalid));
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
        let mut weeks = follow_through(std::slice::from_ref(&view), Who::Me, one.week, 1);
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
