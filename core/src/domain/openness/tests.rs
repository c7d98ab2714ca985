#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::domain::action::Action;
use crate::domain::ledger::{Month, ledger};
use crate::domain::testing::{ANA, BEGIN, BEN, PAIR, Written, words as said};
use crate::domain::words;
use crate::id::DocId;
use crate::time::DAY;

fn doc() -> DocId {
    ledger(PAIR, ANA, Month::of(BEGIN))
}

fn post(days: i64) -> Action {
    Action::Openness(Act::Post { kind: Kind::Day, until: BEGIN.plus(days * DAY), under: None })
}

fn shown(written: &Written, at: i64) -> Vec<PostView> {
    written.view::<Posts>(doc(), BEN, BEGIN.plus(at)).unwrap()
}

#[test]
fn r03_r07_a_post_of_91_days_counts_for_nothing_and_no_post_outlives_its_time() {
    let mut written = Written::default();
    let long = written.write(ANA, 0, doc(), post(91));
    written.say(long, said("for ever"));
    assert_eq!(shown(&written, 1), []);
    let fine = written.write(ANA, 0, doc(), post(90));
    written.say(fine, said("for a while"));
    assert_eq!(shown(&written, 1)[0].text.as_deref(), Some("for a while"));
    assert_eq!(shown(&written, 90 * DAY), [], "even with its body still here (I8)");
}

#[test]
fn r36_a_disclosure_that_ended_before_it_was_told_was_never_told() {
    let told = |until: i64| {
        let mut written = Written::default();
        let until = BEGIN.plus(until);
        let act = Act::Post { kind: Kind::Disclosure, until, under: None };
        written.write(ANA, 0, doc(), act.into());
        written.state::<Posts>(doc(), BEN).posts.len()
    };
    assert_eq!([told(0), told(-1), told(1)], [0, 0, 1]);
}

#[test]
fn a_post_counts_only_in_its_author_s_ledger_of_that_month() {
    let mut written = Written::default();
    written.write(BEN, 0, doc(), post(5));
    written.write(ANA, 40 * DAY, doc(), post(60));
    assert_eq!(shown(&written, 41 * DAY), []);
}

#[test]
fn k7_a_correction_or_a_withdrawal_of_the_other_s_words_is_set_aside() {
    let mut written = Written::default();
    let of = written.write(ANA, 0, doc(), post(5));
    written.say(of, said("with M."));
    let until = BEGIN.plus(5 * DAY);
    let correction = Action::Openness(Act::Correct { of, until });
    let theirs = written.write(BEN, 10, doc(), correction.clone());
    written.say(theirs, said("not M."));
    written.write(BEN, 11, doc(), Action::Words(words::Act::Withdraw { of }));
    let view = shown(&written, 20).remove(0);
    assert_eq!((view.state, view.corrections.len()), (PostState::Live, 0));
    let own = written.write(ANA, 12, doc(), correction);
    written.say(own, said("and T."));
    assert_eq!(shown(&written, 20)[0].corrections[0].text.as_deref(), Some("and T."));
    written.write(ANA, 13, doc(), Action::Words(words::Act::Withdraw { of }));
    let stub = shown(&written, 20).remove(0);
    assert_eq!((stub.state, stub.text), (PostState::Withdrawn, None));
}

#[test]
fn only_the_other_can_say_thank_you() {
    let mut written = Written::default();
    let of = written.write(ANA, 0, doc(), post(5));
    written.write(ANA, 1, doc(), Action::Words(words::Act::Thank { of }));
    assert!(!shown(&written, 20)[0].thanked);
    written.write(BEN, 1, doc(), Action::Words(words::Act::Thank { of }));
    assert!(shown(&written, 20)[0].thanked);
}
