#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::fold::fold;
use super::seal::{Bound, answers_from_value, answers_to_value, written as written_answers};
use super::*;
use crate::cbor::Value;
use crate::domain::action::Action;
use crate::domain::ledger::{Month, ledger};
use crate::domain::recurrence::IsoWeek;
use crate::domain::refusal::RefusalCode;
use crate::domain::testing::*;
use crate::id::{DocId, PersonId, Position};
use crate::log::log_id;
use crate::time::{DAY, local_date};

fn period() -> Period {
    Period::Week(IsoWeek::of(local_date(BEGIN, "UTC")))
}

fn doc(who: PersonId) -> DocId {
    ledger(PAIR, who, Month::of_date(period().first().unwrap()))
}

fn opening(step: u8) -> Opening {
    let answer = Answer { scale: Some(step), words: None };
    Opening { nonce: [step; 32], answers: Answers::from([(1, answer)]) }
}

fn bound(who: PersonId) -> Bound {
    let (log, template) = (log_id(PAIR, who, 0), TemplateId::Week);
    Bound { pair: PAIR, person: who, log, template, period: period() }
}

fn seal_of(who: PersonId, step: u8) -> Action {
    let commit = opening(step).commitment(&bound(who));
    Action::CheckIn(Act::Seal { template: TemplateId::Week, period: period(), commit })
}

fn open(written: &mut Written, who: PersonId, of: Position, opening: &Opening) -> Position {
    let until = BEGIN.plus(300 * DAY);
    let act = Action::CheckIn(Act::Open { of, until });
    let id = written.write(who, 100, doc(who), act);
    written.say(id, opening.to_value());
    id
}

fn seen(written: &Written, viewer: PersonId) -> CheckInView {
    let folded = fold(&pair(), &[&written.held]);
    let read = |position| written.bodies.get(&position).cloned();
    project(&folded, TemplateId::Week, period(), pair().side(viewer).unwrap(), None, BEGIN, &read)
}

#[test]
fn f80_both_open_after_both_have_sealed_and_nothing_is_seen_before() {
    let mut written = Written::default();
    let mine = written.write(ANA, 1, doc(ANA), seal_of(ANA, 3));
    assert_eq!(seen(&written, BEN).state, CheckInState::Open);
    let theirs = written.write(BEN, 2, doc(BEN), seal_of(BEN, 1));
    assert_eq!(seen(&written, BEN).state, CheckInState::Sealed);
    open(&mut written, ANA, mine, &opening(3));
    open(&mut written, BEN, theirs, &opening(1));
    let view = seen(&written, ANA);
    assert_eq!(view.state, CheckInState::Revealed);
    assert_eq!(view.partners.unwrap()[&1].scale, Some(1));
}

#[test]
fn an_opening_that_does_not_match_its_seal_is_told_to_both_alike() {
    let mut written = Written::default();
    let mine = written.write(ANA, 1, doc(ANA), seal_of(ANA, 3));
    let theirs = written.write(BEN, 2, doc(BEN), seal_of(BEN, 1));
    open(&mut written, ANA, mine, &opening(4));
    open(&mut written, BEN, theirs, &opening(1));
    for viewer in [ANA, BEN] {
        assert_eq!(seen(&written, viewer).state, CheckInState::CouldNotOpen);
    }
    assert_eq!(seen(&written, BEN).partners, None);
}

#[test]
fn an_opening_counts_once_and_only_after_both_seals() {
    let mut early = Written::default();
    let mine = early.write(ANA, 1, doc(ANA), seal_of(ANA, 3));
    open(&mut early, ANA, mine, &opening(3));
    early.write(BEN, 2, doc(BEN), seal_of(BEN, 1));
    assert_eq!(seen(&early, BEN).partners, None, "nobody looks first and answers then");

    let mut twice = Written::default();
    let mine = twice.write(ANA, 1, doc(ANA), seal_of(ANA, 3));
    let theirs = twice.write(BEN, 2, doc(BEN), seal_of(BEN, 1));
    open(&mut twice, ANA, mine, &opening(3));
    open(&mut twice, ANA, mine, &opening(2));
    assert_eq!(seen(&twice, BEN).partners, None, "not before one's own are open");
    open(&mut twice, BEN, theirs, &opening(1));
    assert_eq!(seen(&twice, BEN).partners.unwrap()[&1].scale, Some(3), "the first stands");
}

#[test]
fn nobody_looks_first_and_answers_then() {
    // Ben seals anything, and Ana's phone opens; he takes it back and seals anew.
    let mut written = Written::default();
    let mine = written.write(ANA, 1, doc(ANA), seal_of(ANA, 3));
    let junk = written.write(BEN, 2, doc(BEN), seal_of(BEN, 0));
    open(&mut written, ANA, mine, &opening(3));
    written.write(BEN, 101, doc(BEN), Action::CheckIn(Act::Cancel { of: junk }));
    let tailored = written.write(BEN, 102, doc(BEN), seal_of(BEN, 4));
    open(&mut written, BEN, tailored, &opening(4));
    let view = seen(&written, ANA);
    assert_eq!((view.state, view.partners), (CheckInState::Sealed, None));
    // What he sealed first is what he can open.
    open(&mut written, BEN, junk, &opening(0));
    assert_eq!(seen(&written, ANA).partners.unwrap()[&1].scale, Some(0));
}

#[test]
fn a_seal_can_be_neither_copied_nor_replayed_nor_opened_by_the_other() {
    let opening = opening(2);
    let copied = opening.commitment(&bound(ANA));
    assert_ne!(copied, opening.commitment(&bound(BEN)));
    let next = Period::Week(IsoWeek { year: 2026, week: 11 });
    assert_ne!(copied, opening.commitment(&Bound { period: next, ..bound(ANA) }));

    let mut written = Written::default();
    let mine = written.write(ANA, 1, doc(ANA), seal_of(ANA, 3));
    written.write(BEN, 2, doc(BEN), seal_of(BEN, 1));
    open(&mut written, BEN, mine, &self::opening(3));
    assert_eq!(seen(&written, BEN).partners, None);
    written.write(BEN, 3, doc(BEN), Action::CheckIn(Act::Cancel { of: mine }));
    assert_eq!(seen(&written, ANA).state, CheckInState::Sealed);
}

#[test]
fn answers_are_steps_of_0_to_4_or_words_to_questions_that_are_asked() {
    let week = Template::week();
    let refused = |item, scale| {
        let answer = Answer { scale: Some(scale), words: None };
        written_answers(&Answers::from([(item, answer)]), &week).err().map(|r| r.code)
    };
    assert_eq!(refused(1, 4), None);
    for (item, scale) in [(1, 5), (0, 1), (9, 1)] {
        assert_eq!(refused(item, scale), Some(RefusalCode::AnswerInvalid));
    }
    assert!(written_answers(&Answers::new(), &week).is_err());
    let answers = opening(2).answers;
    assert_eq!(answers_from_value(&answers_to_value(&answers)), Some(answers));
    let odd = Value::Map(vec![("1".into(), Value::Map(vec![]))]);
    assert_eq!(answers_from_value(&odd), None, "only the canonical form");
}
