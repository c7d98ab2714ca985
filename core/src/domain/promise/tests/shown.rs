//! What is seen of a promise, what is still open of it, and when it is over.

use super::deciding::daily;
use super::*;
use crate::domain::capability::{Act as _, Capability};
use crate::domain::pair::Side;
use crate::limits;

fn seen(written: &Written, who: PersonId, at: i64) -> PromiseView {
    written.view::<PromiseDocs>(doc(), who, BEGIN.plus(at)).unwrap()
}

fn outcomes(written: &Written, at: i64) -> Vec<Outcome> {
    seen(written, ANA, at).occurrences.iter().map(|one| one.outcome).collect()
}

fn is_open(written: &Written, who: PersonId, at: i64) -> bool {
    let side: Side = pair().side(who).unwrap();
    PromiseDocs::is_open(&written.state::<PromiseDocs>(doc(), who), side, BEGIN.plus(at))
}

fn writes(written: &Written, who: PersonId, at: i64, act: Act) -> Written {
    let mut written = written.clone();
    written.write(who, at, doc(), act.into());
    written
}

#[test]
fn a_promise_is_open_for_who_made_it_until_nothing_of_it_can_change() {
    let made = made();
    assert!(is_open(&made, ANA, 0) && !is_open(&made, BEN, 0), "the promisor's");
    let window = DAY + limits::GRACE + limits::REPORT_WINDOW;
    assert!(is_open(&made, ANA, window) && !is_open(&made, ANA, window + 1));
    assert!(!is_open(&writes(&made, ANA, 9, Act::Retract), ANA, 10));
    assert!(!is_open(&writes(&made, BEN, 9, Act::Decline), ANA, 10));
    let told = Act::Report { occurrence: occurrence(&due()), told: Told::Missed };
    assert!(!is_open(&writes(&made, ANA, 2 * DAY, told), ANA, 2 * DAY));
    assert!(!is_open(&Written::default(), ANA, 0));
    // Even where a word is still open on what was due before.
    let (practice, _) = daily(3);
    let at = DAY + 12 * HOUR;
    assert!(!is_open(&writes(&practice, ANA, at, Act::Retract), ANA, at + 1));
    assert!(!is_open(&writes(&practice, BEN, at, Act::Decline), ANA, at + 1));
}

#[test]
fn a_promise_is_over_once_it_is_settled_and_was_due_before_then() {
    let over = |view: &PromiseView, before: i64| {
        PromiseDocs::over(Some(view), BEGIN.plus(before), BEGIN.plus(900 * DAY))
    };
    let (early, late) = (seen(&made(), ANA, 0), seen(&made(), ANA, 90 * DAY));
    assert!(!early.settled() && late.settled());
    assert!(over(&late, DAY) && !over(&late, DAY - 1));
    assert!(!over(&early, 90 * DAY), "it is not settled");
    assert!(PromiseDocs::over(None, BEGIN, BEGIN));
    let newer = PromiseView { state: PromiseState::NeedsUpdate, ..late };
    assert!(!newer.settled() && !over(&newer, 90 * DAY), "nobody knows");
}

#[test]
fn a_new_time_is_answered_where_it_was_asked_for_or_where_one_waits() {
    let (practice, ids) = daily(3);
    let new = |occurrence, days: i64| Act::Renegotiate {
        occurrence,
        due: Due::At(BEGIN.plus(days * DAY)),
    };
    let asked = writes(&practice, ANA, 9, new(ids[1], 5));
    let (hers, his) = (seen(&asked, ANA, 10), seen(&asked, BEN, 10));
    assert!(his.waits_for_me && !hers.waits_for_me);
    let position = his.asked(None).unwrap();
    assert_eq!(his.asked(Some(ids[1])), Some(position));
    assert_eq!(his.asked(Some(ids[0])), None, "of that none was asked");
    let kept = writes(&asked, BEN, 11, Act::KeepOld { of: position });
    let his = seen(&kept, BEN, 12);
    assert!(!his.waits_for_me && his.asked(None).is_none(), "it is answered");
    assert_eq!(his.asked(Some(ids[1])), Some(position), "and was asked");
    // A second one waits beside the answered, and nothing once the first is done.
    let second = seen(&writes(&kept, ANA, 13, new(ids[2], 6)), BEN, 14);
    assert!(second.waits_for_me && second.asked(None) == second.asked(Some(ids[2])));
    let told = Act::Report { occurrence: ids[1], told: Told::Missed };
    let done = seen(&writes(&asked, ANA, 3 * DAY, told), BEN, 3 * DAY);
    assert!(!done.waits_for_me && done.asked(None).is_none());
    let back = seen(&writes(&asked, ANA, 15, Act::Retract), BEN, 16);
    assert!(!back.waits_for_me);
}

#[test]
fn of_what_comes_after_its_end_one_says_so_and_the_rest_is_not_due() {
    use Outcome::{AwaitingWord, Missed, Upcoming, WithdrawnBefore};
    let (practice, ids) = daily(4);
    let at = DAY + 12 * 3_600;
    assert_eq!(outcomes(&practice, at), [AwaitingWord, Upcoming, Upcoming, Upcoming]);
    let back = writes(&practice, ANA, at, Act::Retract);
    assert_eq!(outcomes(&back, at + 1), [AwaitingWord, WithdrawnBefore]);
    let told = Act::Report { occurrence: ids[2], told: Told::Missed };
    let told = writes(&practice, ANA, at - 1, told);
    assert_eq!(outcomes(&told, at)[2], Missed);
    let not = writes(&practice, BEN, at, Act::Decline);
    assert_eq!(outcomes(&not, at + 1), [AwaitingWord], "what was not wanted is not due");
    let due = seen(&practice, ANA, at).occurrences[1].due.since(BEGIN);
    let then = writes(&practice, BEN, due, Act::Decline);
    assert_eq!(outcomes(&then, due + 1).len(), 2, "what was due just then was");
    let released = Act::Release { occurrence: ids[1] };
    let let_off = writes(&practice, BEN, at, released);
    assert_eq!(outcomes(&let_off, at + 1).len(), 4, "let off once, it is seen");
}

#[test]
fn a_practice_is_what_recurs_and_what_lasts_is_what_reaches_beyond() {
    assert!(!seen(&made(), ANA, 0).practice && seen(&daily(2).0, ANA, 0).practice);
    let make = |due| Act::Make { due, zone: "UTC".into(), grace: Some(60), link: None, salt: SALT };
    let act = make(due());
    assert!(act.lasts(doc(), BEGIN.plus(DAY + 59)) && !act.lasts(doc(), BEGIN.plus(DAY + 60)));
    let unknown =
        Act::Make { due: due(), zone: "Mars/Olympus".into(), grace: None, link: None, salt: SALT };
    assert!(!unknown.lasts(doc(), BEGIN), "it is due nowhere");
    let asked = Act::Renegotiate { occurrence: occurrence(&due()), due: due() };
    assert!(asked.lasts(doc(), BEGIN.plus(DAY - 1)) && !asked.lasts(doc(), BEGIN.plus(DAY)));
    assert!(Act::Retract.lasts(doc(), BEGIN.plus(900 * DAY)));
}

#[test]
fn a_new_promise_begins_a_document_and_its_words_are_looked_after() {
    let new = Command::Make(promise("I call at six."));
    let state = made().state::<PromiseDocs>(doc(), ANA);
    assert!(PromiseDocs::begins(&state, &new) && !PromiseDocs::begins(&state, &Command::Retract));
    assert_eq!(PromiseDocs::words(&state, BEGIN).len(), 1);
    let mut written = made();
    let told = Act::Report { occurrence: occurrence(&due()), told: Told::Missed };
    let told = written.write(ANA, 2 * DAY, doc(), told.into());
    written.with_body(told, words("I forgot."));
    let state = written.state::<PromiseDocs>(doc(), ANA);
    assert!(PromiseDocs::words(&state, BEGIN).contains(&told));
}
