#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::fold::fold;
use super::seal::{Bound, answers_from_value, answers_to_value, written as written_answers};
use super::*;
use crate::cbor::Value;
use crate::domain::action::Action;
use crate::domain::ledger::{Month, ledger};
use crate::domain::pacing::Feature;
use crate::domain::recurrence::IsoWeek;
use crate::domain::refusal::RefusalCode;
use crate::domain::testing::*;
use crate::id::{DocId, PersonId, Position};
use crate::limits;
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

fn at(state: CheckInState) -> CheckInView {
    let position = Position { log: log_id(PAIR, ANA, 0), index: 3, place: 0 };
    CheckInView {
        template: TemplateId::Week,
        period: period(),
        state,
        ends: None,
        mine: None,
        partners: None,
        taken_back: false,
        partners_taken_back: false,
        choose: false,
        seal: Some(position),
        answers: None,
    }
}

fn decides(around: &Around, command: Command) -> Result<Draft, RefusalCode> {
    let folded = fold(&pair(), &[]);
    let who = (ANA, BEGIN);
    let decided = decided_around::<CheckInMonth>(around, &pair(), &folded, None, &command, who);
    decided.map(|mut drafts| drafts.remove(0)).map_err(|refusal| refusal.code)
}

const STATES: [CheckInState; 9] = [
    CheckInState::Open,
    CheckInState::Draft,
    CheckInState::Skipped,
    CheckInState::Sealed,
    CheckInState::Revealed,
    CheckInState::CouldNotOpen,
    CheckInState::SharedAlone,
    CheckInState::KeptPrivate,
    CheckInState::Over,
];

#[test]
fn f80_a_seal_is_for_the_current_period_once_and_with_answers() {
    let today = local_date(BEGIN, "UTC");
    let seal = |state, today, opening: Opening| Command::Seal {
        opening,
        asked: Template::week(),
        view: at(state),
        today,
        log: log_id(PAIR, ANA, 0),
    };
    for state in STATES {
        use CheckInState::{Draft, Open, Skipped};
        let fine = matches!(state, Open | Draft | Skipped);
        let decided = decides(&Around::default(), seal(state, today, opening(2)));
        match fine {
            true => {
                let commit = opening(2).commitment(&bound(ANA));
                let act = Act::Seal { template: TemplateId::Week, period: period(), commit };
                assert_eq!(
                    decided.map(|draft| (draft.target, draft.action)),
                    Ok((doc(ANA), act.into()))
                );
            }
            false => assert_eq!(decided.err(), Some(RefusalCode::AlreadySealed), "{state:?}"),
        }
        assert_eq!(decide::skip(&at(state)).is_ok(), fine);
    }
    let next = local_date(BEGIN.plus(7 * DAY), "UTC");
    let late = seal(CheckInState::Open, next, opening(2));
    assert_eq!(decides(&Around::default(), late).err(), Some(RefusalCode::PeriodInvalid));
    let empty = Opening { answers: Answers::new(), ..opening(2) };
    let empty = seal(CheckInState::Open, today, empty);
    assert_eq!(decides(&Around::default(), empty).err(), Some(RefusalCode::AnswerInvalid));
    let off = Around { off: vec![Feature::CheckIns], ..Around::default() };
    let sealed = seal(CheckInState::Open, today, opening(2));
    assert_eq!(decides(&off, sealed.clone()).err(), Some(RefusalCode::FeatureOff));
    let left = Around { left: true, ..Around::default() };
    assert_eq!(decides(&left, sealed).err(), Some(RefusalCode::PairLeft));
}

#[test]
fn f80_a_seal_is_taken_back_while_it_is_shut_and_opened_where_there_is_one() {
    let of = at(CheckInState::Sealed).seal.unwrap();
    for state in STATES {
        let decided = decides(&Around::default(), Command::Cancel(at(state)));
        match state {
            CheckInState::Sealed | CheckInState::KeptPrivate => {
                assert_eq!(decided.unwrap().action, Act::Cancel { of }.into());
            }
            _ => assert_eq!(decided.err(), Some(RefusalCode::NotSealed), "{state:?}"),
        }
    }
    let none = || CheckInView { seal: None, ..at(CheckInState::Sealed) };
    let cancel = Command::Cancel(none());
    assert_eq!(decides(&Around::default(), cancel).err(), Some(RefusalCode::NotSealed));
    let open = |view| Command::Open { opening: opening(2), view };
    assert_eq!(decides(&Around::default(), open(none())).err(), Some(RefusalCode::NotSealed));
    let opened = decides(&Around::default(), open(at(CheckInState::Sealed))).unwrap();
    let until = BEGIN.plus(limits::CHECK_IN_RETENTION);
    assert_eq!(opened.action, Act::Open { of, until }.into());
    assert_eq!(opened.body, Some(opening(2).to_value()));
}

#[test]
fn answers_that_the_other_has_seen_are_taken_back_and_none_others_are() {
    let back = |answers| {
        let view = CheckInView { answers, ..at(CheckInState::Revealed) };
        decides(&Around::default(), Command::TakeBack(view))
    };
    assert_eq!(back(None).err(), Some(RefusalCode::NoLongerThere));
    let of = at(CheckInState::Open).seal.unwrap();
    let words = crate::domain::words::Act::Withdraw { of };
    assert_eq!(back(Some(of)).unwrap().action, Action::Words(words));
}

#[test]
fn answers_are_shared_alone_where_they_are_not_open_yet() {
    let share = |state, answers: Answers| Command::ShareAlone { answers, view: at(state) };
    let answers = || opening(2).answers;
    for state in STATES {
        let decided = decides(&Around::default(), share(state, answers()));
        match state {
            CheckInState::Revealed | CheckInState::SharedAlone => {
                assert_eq!(decided.err(), Some(RefusalCode::AlreadySealed), "{state:?}");
            }
            _ => {
                let until = BEGIN.plus(limits::CHECK_IN_RETENTION);
                let act = Act::ShareAlone { template: TemplateId::Week, period: period(), until };
                assert_eq!(decided.unwrap().action, act.into());
            }
        }
        let private = || Some(PrivateAnswers { answers: answers(), state: PrivateState::Draft });
        let kept = decide::keep(&at(state), private()).map_err(|refusal| refusal.code);
        match state {
            CheckInState::Revealed | CheckInState::SharedAlone => {
                assert_eq!(kept, Err(RefusalCode::AlreadyOpen));
            }
            _ => assert_eq!(kept, Ok(answers())),
        }
    }
    let none = share(CheckInState::Open, Answers::new());
    assert_eq!(decides(&Around::default(), none).err(), Some(RefusalCode::NotSealed));
    let off = Around { off: vec![Feature::CheckIns], ..Around::default() };
    let shared = share(CheckInState::Open, answers());
    assert_eq!(decides(&off, shared).err(), Some(RefusalCode::FeatureOff));
    let kept = |private| decide::keep(&at(CheckInState::Open), private).err().map(|no| no.code);
    assert_eq!(kept(None), Some(RefusalCode::NotSealed));
    let empty = PrivateAnswers { answers: Answers::new(), state: PrivateState::Skipped };
    assert_eq!(kept(Some(empty)), Some(RefusalCode::NotSealed));
}

/// What stands in the vault beside a check-in, and what that makes of it.
fn with(
    view: &CheckInView,
    private: Option<PrivateState>,
    (waits, both): (bool, bool),
    over: bool,
) -> (CheckInState, bool) {
    let answers = opening(3).answers;
    let private = private.map(|state| PrivateAnswers { answers, state });
    let ends = if over { BEGIN } else { BEGIN.plus(1) };
    let view = CheckInView { ends: Some(ends), ..view.clone() };
    let seen = view.with_private(private.as_ref(), waits, both, BEGIN);
    (seen.state, seen.choose)
}

#[test]
fn f80_what_is_answered_in_private_shows_until_its_period_ends() {
    use PrivateState::{Draft, Private, Sealed, Skipped};
    let nothing = seen(&Written::default(), ANA);
    let of = |private, over| with(&nothing, private, (false, false), over).0;
    assert_eq!((of(None, false), of(None, true)), (CheckInState::Open, CheckInState::Over));
    assert_eq!(of(Some(Draft), false), CheckInState::Draft);
    assert_eq!(of(Some(Draft), true), CheckInState::KeptPrivate, "nobody sent it");
    assert_eq!(of(Some(Skipped), false), CheckInState::Skipped);
    assert_eq!(of(Some(Skipped), true), CheckInState::Skipped);
    for taken_back in [Private, Sealed] {
        assert_eq!(of(Some(taken_back), false), CheckInState::KeptPrivate);
    }
    let draft = PrivateAnswers { answers: opening(3).answers, state: Draft };
    let shown = nothing.clone().with_private(Some(&draft), false, false, BEGIN);
    assert_eq!(shown.mine, Some(opening(3).answers));
    let empty = PrivateAnswers { answers: Answers::default(), state: Skipped };
    assert_eq!(nothing.with_private(Some(&empty), false, false, BEGIN).mine, None);
}

#[test]
fn k13_a_seal_that_stayed_alone_asks_what_is_to_become_of_it_once_its_period_is_over() {
    let mut written = Written::default();
    written.write(ANA, 1, doc(ANA), seal_of(ANA, 3));
    let sealed = seen(&written, ANA);
    assert_eq!(sealed.state, CheckInState::Sealed);
    let of = |waits, both, over| with(&sealed, Some(PrivateState::Sealed), (waits, both), over);
    assert_eq!(of(true, false, true), (CheckInState::Sealed, true), "share it alone, or keep it");
    assert_eq!(of(true, false, false), (CheckInState::Sealed, false), "the week goes on");
    assert_eq!(of(true, true, true), (CheckInState::Sealed, false), "both have sealed");
    assert_eq!(of(false, true, true), (CheckInState::Sealed, false));
    assert_eq!(of(false, false, true), (CheckInState::KeptPrivate, false), "nothing opens it");
    let nothing = seen(&Written::default(), ANA);
    assert!(!with(&nothing, None, (true, false), true).1, "nothing was sealed");
}

#[test]
fn what_a_phone_keeps_of_its_own_answers_reads_back_as_it_was_kept() {
    for state in PrivateState::ALL {
        assert_eq!(PrivateState::from_code(state.code()), Some(state));
    }
    assert_eq!(PrivateState::from_code("newer"), None);
    for (cadence, code) in
        [(Cadence::Daily, "daily"), (Cadence::Weekly, "weekly"), (Cadence::Monthly, "monthly")]
    {
        assert_eq!((cadence.code(), Cadence::from_code(code)), (code, Some(cadence)));
    }
    assert_eq!(TemplateId::Week.to_string(), "week");
}

#[test]
fn answers_are_kept_for_a_while_that_counts() {
    let at = BEGIN;
    assert!(!kept(at, at) && kept(at, at.plus(1)));
    let most = limits::CHECK_IN_RETENTION;
    assert!(kept(at, at.plus(most)) && !kept(at, at.plus(most + 1)));
    let until = at.plus(5);
    let of = Position { log: log_of(ANA), index: 0, place: 0 };
    use crate::domain::capability::Act as _;
    assert_eq!(Act::Open { of, until }.until(), Some(until));
    let (template, period) = (TemplateId::Week, period());
    assert_eq!(Act::ShareAlone { template, period, until }.until(), Some(until));
    assert_eq!(Act::Cancel { of }.until(), None);
}

#[test]
fn a_period_has_one_name_its_edges_and_covers_a_day_beside_them() {
    for wrong in ["2026-13", "2026-3", "2026-00", "2026-W1", "2026-3-2", "2026", "", "2026-02-30"] {
        assert_eq!(wrong.parse::<Period>(), Err(()), "{wrong:?}");
    }
    for text in ["2026-03", "2026-W10", "2026-03-02"] {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
    }
    let week: Period = "2026-W10".parse().unwrap();
    let berlin = crate::time::zone("Europe/Berlin").unwrap();
    assert_eq!(week.ends(&berlin).unwrap().to_string(), "2026-03-08T23:00:00Z");
    let at = |text: &str| crate::time::Moment::parse(text).unwrap();
    assert!(week.covers(at("2026-03-01T00:00:00Z")) && !week.covers(at("2026-02-28T23:59:59Z")));
    assert!(week.covers(at("2026-03-09T23:59:59Z")) && !week.covers(at("2026-03-10T00:00:00Z")));
}

#[test]
fn an_answer_has_a_number_of_a_question_that_can_be() {
    let most = limits::CHECK_IN_ITEMS as u8;
    let of = |number: u8| {
        let answer = Answer { scale: Some(2), words: None };
        answers_from_value(&answers_to_value(&Answers::from([(number, answer)]))).is_some()
    };
    assert!(!of(0) && of(1) && of(most) && !of(most + 1));
}

#[test]
fn answers_fit_into_half_a_body_together() {
    let items = vec![String::new(); limits::CHECK_IN_ITEMS];
    let template = Template { items, ..Template::week() };
    let of = |lengths: &[usize]| -> Answers {
        let answer = |length: &usize| Answer { scale: None, words: Some("w".repeat(*length)) };
        (1..).zip(lengths.iter().map(answer)).collect()
    };
    let bytes = |lengths: &[usize]| answers_to_value(&of(lengths)).encode().len();
    let most = limits::BODY_BYTES / 2;
    let mut lengths = vec![4_000];
    while bytes(&lengths) < most - 4_400 {
        lengths.push(4_000);
    }
    lengths.push(300);
    *lengths.last_mut().unwrap() += most - bytes(&lengths);
    assert_eq!(bytes(&lengths), most);
    assert!(written_answers(&of(&lengths), &template).is_ok());
    *lengths.last_mut().unwrap() += 1;
    let refused = written_answers(&of(&lengths), &template).unwrap_err();
    assert_eq!(refused.code, RefusalCode::TextTooLong);
}

#[test]
fn f80_a_seal_that_is_taken_back_stands_only_where_the_other_opened_without_having_heard_of_it() {
    let cancel = |of| Action::CheckIn(Act::Cancel { of });
    let mut heard = Written::default();
    let mine = heard.write(ANA, 1, doc(ANA), seal_of(ANA, 3));
    let theirs = heard.write(BEN, 2, doc(BEN), seal_of(BEN, 1));
    let mut blind = heard.clone();
    heard.write(ANA, 3, doc(ANA), cancel(mine));
    open(&mut heard, BEN, theirs, &opening(1));
    assert_eq!(seen(&heard, ANA).state, CheckInState::Open, "he had heard of it");
    open(&mut blind, BEN, theirs, &opening(1));
    blind.write_apart(ANA, 101, doc(ANA), cancel(mine));
    assert_eq!(seen(&blind, ANA).state, CheckInState::Sealed, "nobody looks first");
}

#[test]
fn f80_what_one_shares_alone_is_seen_by_the_other_and_owes_nothing() {
    let mut written = Written::default();
    let until = BEGIN.plus(300 * DAY);
    let (template, period) = (TemplateId::Week, period());
    let act = Action::CheckIn(Act::ShareAlone { template, period, until });
    let of = written.write(ANA, 1, doc(ANA), act);
    let answers = answers_to_value(&opening(3).answers);
    written.say(of, Value::map([("answers", Some(answers))]));
    let hers = seen(&written, ANA);
    assert_eq!((hers.state, hers.mine), (CheckInState::SharedAlone, Some(opening(3).answers)));
    let his = seen(&written, BEN);
    assert_eq!((his.state, his.partners), (CheckInState::Open, Some(opening(3).answers)));
}

#[test]
fn an_opening_that_does_not_match_is_told_to_whoever_has_not_opened_yet() {
    let mut written = Written::default();
    written.write(ANA, 1, doc(ANA), seal_of(ANA, 3));
    let theirs = written.write(BEN, 2, doc(BEN), seal_of(BEN, 1));
    open(&mut written, BEN, theirs, &opening(4));
    for viewer in [ANA, BEN] {
        assert_eq!(seen(&written, viewer).state, CheckInState::CouldNotOpen);
    }
}

#[test]
fn s55_that_answers_were_taken_back_is_said_for_a_week() {
    let side = PeriodSide { taken_back: Some(BEGIN), ..PeriodSide::default() };
    let told = |at: i64| {
        let periods = [((TemplateId::Week, period()), [side, PeriodSide::default()])];
        let folded = Folded { periods: periods.into() };
        let (now, nothing) = (BEGIN.plus(at), |_| None);
        let of = |side| project(&folded, TemplateId::Week, period(), side, None, now, &nothing);
        let [first, second] = crate::domain::pair::Side::BOTH.map(of);
        assert_eq!(first.taken_back, second.partners_taken_back);
        assert!(!first.partners_taken_back && !second.taken_back);
        first.taken_back
    };
    assert!(told(limits::STUB - 1) && !told(limits::STUB));
}
