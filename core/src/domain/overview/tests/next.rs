//! What is next for me.

use super::*;
use crate::domain::agreement::Revision;
use crate::domain::agreement::tests::own;
use crate::domain::checkin::{Cadence, Template};
use crate::domain::overview::next::{NextDue, Shown, Why, next_due};
use crate::domain::pacing::Silence;
use crate::domain::talk::{TalkState, TalkView};
use crate::limits;

const LEFT: Silence = Silence { left: true, space: false };
const SPACE: Silence = Silence { left: false, space: true };

fn next(shown: Shown<'_>) -> Vec<NextDue> {
    next_due(shown, &jiff::tz::TimeZone::UTC, NOW)
}

/// Why something is next, and by when.
fn why(shown: Shown<'_>) -> Vec<(Why, Option<Moment>)> {
    next(shown).into_iter().map(|one| (one.why, one.by)).collect()
}

fn promised(promise: &PromiseView) -> Vec<(Why, Option<Moment>)> {
    why(Shown { promises: std::slice::from_ref(promise), ..Shown::default() })
}

fn talk(state: TalkState, begins: Moment) -> TalkView {
    TalkView {
        id: DocId([40; 16]).into(),
        state,
        topic: None,
        begins,
        minutes: None,
        place: None,
        rules: vec![],
        paused_by: None,
        resume_at: None,
        by: Who::Partner,
        waits_for_me: true,
        needs_update: false,
        window: position(),
    }
}

fn talked(talk: &TalkView, silence: Silence) -> Vec<(Why, Option<Moment>)> {
    why(Shown { talks: std::slice::from_ref(talk), silence, ..Shown::default() })
}

fn agreed_on(view: &AgreementView, silence: Silence) -> Vec<Why> {
    let shown = Shown { agreements: std::slice::from_ref(view), silence, ..Shown::default() };
    next(shown).into_iter().map(|one| one.why).collect()
}

#[test]
fn my_promise_is_next_from_a_day_before_and_the_partners_never() {
    let coming = |at| vec![due(Outcome::Upcoming, at)];
    let soon = NOW.plus(DAY);
    assert_eq!(promised(&promise(1, Who::Me, coming(soon))), [(Why::PromiseDue, Some(soon))]);
    assert_eq!(promised(&promise(1, Who::Me, coming(soon.plus(1)))), []);
    assert_eq!(promised(&promise(1, Who::Partner, coming(soon))), []);
    let over = PromiseView { state: PromiseState::Retracted, ..promise(1, Who::Me, coming(soon)) };
    assert_eq!(promised(&over), [], "it was taken back");
    let both = vec![due(Outcome::Due, NOW), due(Outcome::Upcoming, soon)];
    assert_eq!(promised(&promise(1, Who::Me, both)), [(Why::PromiseDue, Some(NOW))]);
}

#[test]
fn a_word_is_open_until_its_window_ends_and_only_about_what_i_promised() {
    let open = vec![due(Outcome::Kept, NOW), due(Outcome::AwaitingWord, NOW.plus(-DAY))];
    let until = NOW.plus(HOUR - DAY + limits::REPORT_WINDOW);
    assert_eq!(promised(&promise(1, Who::Me, open.clone())), [(Why::WordOpen, Some(until))]);
    assert_eq!(promised(&promise(1, Who::Partner, open)), []);
    assert_eq!(promised(&promise(1, Who::Me, vec![due(Outcome::NoWord, NOW)])), []);
}

#[test]
fn a_new_time_waits_for_my_yes_while_it_has_no_answer() {
    let waits = |outcome, accepted| {
        let one = OccurrenceView { asked: asked(accepted), ..due(outcome, NOW) };
        let occurrences = vec![due(Outcome::Upcoming, NOW.plus(-1)), one];
        promised(&PromiseView { waits_for_me: true, ..promise(1, Who::Partner, occurrences) })
    };
    assert_eq!(waits(Outcome::Due, None), [(Why::WaitsForMe, Some(NOW))]);
    assert_eq!(waits(Outcome::Due, Some(false)), []);
    assert_eq!(waits(Outcome::Kept, None), [], "it is done");
}

#[test]
fn f23_a_talk_is_next_on_its_day_where_i_am() {
    let tonight = at("2026-03-02T22:30:00Z");
    let accepted = talk(TalkState::Accepted, tonight);
    assert_eq!(talked(&accepted, Silence::default()), [(Why::TalkToday, Some(tonight))]);
    let talks = std::slice::from_ref(&accepted);
    assert_eq!(next(Shown { talks, ..Shown::default() })[0].talk, Some(accepted.id), "which");
    let shown = Shown { talks: &[accepted], ..Shown::default() };
    let athens = crate::time::zone("Europe/Athens").unwrap();
    assert_eq!(next_due(shown, &athens, NOW), [], "half past midnight there, tomorrow");
    assert_eq!(talked(&talk(TalkState::Accepted, NOW.plus(DAY)), Silence::default()), []);
    assert_eq!(talked(&talk(TalkState::Accepted, NOW), Silence::default()), [], "it begins");
    assert_eq!(talked(&talk(TalkState::Declined, tonight), Silence::default()), []);
}

#[test]
fn f23_a_window_waits_for_my_yes_and_not_once_its_time_has_come() {
    for state in [TalkState::Proposed, TalkState::Moved] {
        let window = talk(state, NOW.plus(3 * DAY));
        let waits = [(Why::WaitsForMe, Some(NOW.plus(3 * DAY)))];
        assert_eq!(talked(&window, Silence::default()), waits);
        let mine = TalkView { waits_for_me: false, ..window.clone() };
        assert_eq!(talked(&mine, Silence::default()), []);
        assert_eq!(talked(&talk(state, NOW), Silence::default()), []);
    }
}

#[test]
fn r20_in_a_space_nothing_that_the_partner_began_is_next_and_nothing_waits() {
    let tonight = talk(TalkState::Accepted, at("2026-03-02T22:30:00Z"));
    assert_eq!(talked(&tonight, SPACE), []);
    let mine = TalkView { by: Who::Me, ..tonight };
    assert_eq!(talked(&mine, SPACE).len(), 1);
    let mine = TalkView { state: TalkState::Moved, ..mine };
    assert_eq!(talked(&mine, SPACE), [], "a yes is owed to nobody");

    let view = AgreementView { review_due: true, expiring: true, ..agreement() };
    assert_eq!(agreed_on(&view, SPACE), [Why::ReviewDue, Why::Expiring], "she proposed it");
    let mut theirs = view;
    theirs.current.as_mut().unwrap().proposed_by = Who::Partner;
    assert_eq!(agreed_on(&theirs, SPACE), []);
    assert_eq!(agreed_on(&theirs, Silence::default()), [Why::ReviewDue, Why::Expiring]);
}

#[test]
fn an_agreement_is_next_where_it_waits_is_to_be_looked_at_or_runs_out() {
    let view = AgreementView { waits_for_me: true, ..agreement() };
    assert_eq!(agreed_on(&agreement(), Silence::default()), []);
    assert_eq!(agreed_on(&view, Silence::default()), [Why::WaitsForMe]);
    let mut story = agreed(&plain(30));
    story.writes(BEN, 500, crate::domain::agreement::Act::End);
    assert_eq!(agreed_on(&story.seen(ANA, 600), Silence::default()), []);

    let mut view = AgreementView { waits_for_me: true, ..agreement() };
    let text = view.current.clone().unwrap();
    let proposed = |at| crate::domain::agreement::RevisionView { proposed_at: at, ..text.clone() };
    view.on_table = vec![proposed(NOW), proposed(NOW.plus(-DAY))];
    let shown = Shown { agreements: &[view], ..Shown::default() };
    let lapses = NOW.plus(limits::PROPOSAL_LAPSE - DAY);
    assert_eq!(why(shown), [(Why::WaitsForMe, Some(lapses))], "by when the first of them lapses");
}

#[test]
fn f17_a_step_of_my_own_amends_is_next_after_everything_that_has_a_time() {
    use crate::domain::agreement::{AgreementKind, AgreementState, Category};
    let text = Revision { kind: AgreementKind::Amends, ..own(ANA, Category::General, 30) };
    let story = agreed(&text);
    let [hers, his] = [ANA, BEN].map(|who| story.seen(who, 2 * DAY));
    let of = |view: &AgreementView| agreed_on(view, Silence::default());
    assert_eq!(of(&hers), [Why::Amends]);
    assert_eq!(of(&his), [], "what the partner does is not mine to be told");
    let soon = AgreementView { expiring: true, ..hers.clone() };
    assert_eq!(of(&soon), [Why::Expiring], "it is named once");
    let paused = AgreementView { state: AgreementState::Suspended, ..hers.clone() };
    assert_eq!(of(&paused), []);
    let plain = agreed(&own(ANA, Category::General, 30)).seen(ANA, 2 * DAY);
    assert_eq!(of(&plain), [], "an agreement is kept without being told of every day");
    assert_eq!(agreed_on(&hers, SPACE), [Why::Amends], "she wrote it");
    let mut renewed = hers.clone();
    renewed.current.as_mut().unwrap().proposed_by = Who::Partner;
    assert_eq!(agreed_on(&renewed, SPACE), [Why::Amends], "whoever proposed it last");
    let mut asked = hers.clone();
    asked.current.as_mut().unwrap().clauses[0].by = Who::Partner;
    assert_eq!(agreed_on(&asked, SPACE), [], "he asked her for it");
    assert_eq!(of(&asked), [Why::Amends]);
    let three = [hers.clone(), renewed, asked];
    let shown = Shown { agreements: &three, ..Shown::default() };
    assert_eq!(why(shown), [(Why::Amends, None)], "of several one");
}

/// Week 10 is current; `other` is what stands beside it.
fn answered(view: CheckInView, other: Option<CheckInView>, templates: &[Template]) -> bool {
    let all: Vec<CheckInView> = std::iter::once(view).chain(other).collect();
    let shown = Shown { check_ins: &all, templates, ..Shown::default() };
    next(shown).iter().any(|one| one.why == Why::CheckIn && one.by == Some(NOW.plus(DAY)))
}

fn weekly(text: &str, state: CheckInState) -> CheckInView {
    check_in(TemplateId::Week, Period::Week(week(text)), state)
}

#[test]
fn f79_only_a_check_in_that_i_began_or_usually_answer_is_next() {
    let open = || weekly("2026-W10", CheckInState::Open);
    assert!(!answered(open(), None, &[]), "nobody asked for it");
    assert!(answered(weekly("2026-W10", CheckInState::Draft), None, &[]), "it is begun");
    assert!(!answered(weekly("2026-W10", CheckInState::Sealed), None, &[]));
    let over = |ends| CheckInView { ends, ..weekly("2026-W10", CheckInState::Draft) };
    let by = |view| next(Shown { check_ins: &[view], ..Shown::default() }).len();
    let drafted = [weekly("2026-W10", CheckInState::Draft)];
    let which = next(Shown { check_ins: &drafted, ..Shown::default() })[0].check_in;
    assert_eq!(which, Some(TemplateId::Week));
    assert_eq!(by(over(Some(NOW))), 0, "its week is over");
    assert_eq!(by(over(Some(NOW.plus(1)))), 1);
    assert_eq!(by(over(None)), 0);
    assert_eq!(
        by(CheckInView { choose: true, ..over(Some(NOW)) }),
        1,
        "share it alone, or keep it"
    );

    let before = CheckInView { mine: answer(3), ..weekly("2026-W09", CheckInState::Revealed) };
    assert!(answered(open(), Some(before.clone()), &[]), "as last week");
    assert!(!answered(weekly("2026-W10", CheckInState::Sealed), Some(before.clone()), &[]));
    let unanswered = CheckInView { mine: None, ..before.clone() };
    assert!(!answered(open(), Some(unanswered), &[]));
    let another = CheckInView { template: TemplateId::Own(DocId([5; 16]).into()), ..before };
    assert!(!answered(open(), Some(another), &[]), "other questions");
    let here = CheckInView { mine: answer(3), ..open() };
    assert!(!answered(here, None, &[]), "what is answered itself makes nothing usual");
}

#[test]
fn f79_questions_of_ones_own_are_next_and_suggested_ones_once_they_are_taken_on() {
    let id = TemplateId::Own(DocId([5; 16]).into());
    let open = || check_in(id, Period::Week(week("2026-W10")), CheckInState::Open);
    let template = |by, suggested| Template {
        id,
        by,
        title: String::new(),
        cadence: Cadence::Weekly,
        items: vec![],
        suggested,
    };
    let (mine, taken) = (template(Who::Me, false), template(Who::Partner, false));
    assert!(answered(open(), None, std::slice::from_ref(&mine)));
    assert!(answered(open(), None, std::slice::from_ref(&taken)));
    assert!(!answered(open(), None, &[template(Who::Partner, true)]), "a suggestion");
    let others = Template { id: TemplateId::Own(DocId([6; 16]).into()), ..mine.clone() };
    assert!(!answered(open(), None, &[others]), "those are other questions");
    let week = Template { id: TemplateId::Week, ..mine.clone() };
    assert!(!answered(weekly("2026-W10", CheckInState::Open), None, &[week]), "the library's own");

    let in_space = |template| {
        let shown = Shown { check_ins: &[open()], templates: &[template], ..Shown::default() };
        next(Shown { silence: SPACE, ..shown }).len()
    };
    assert_eq!((in_space(mine), in_space(taken)), (1, 0));
}

#[test]
fn three_things_are_next_the_most_pressing_first_and_one_of_each_sort_waits() {
    let mut waiting = promise(1, Who::Partner, vec![due(Outcome::Due, NOW.plus(5))]);
    waiting.occurrences[0].asked = asked(None);
    waiting.waits_for_me = true;
    let mut second = PromiseView { id: DocId([0; 16]).into(), ..waiting.clone() };
    second.occurrences[0].due = NOW.plus(6);
    let open = promise(3, Who::Me, vec![due(Outcome::AwaitingWord, NOW.plus(-DAY))]);
    let soon = promise(4, Who::Me, vec![due(Outcome::Upcoming, NOW.plus(9))]);
    let promises = [second, waiting, open, soon];
    let view = AgreementView { waits_for_me: true, review_due: true, ..agreement() };
    let window = talk(TalkState::Proposed, NOW.plus(DAY));
    let silence = Silence::default();
    let shown = Shown { promises: &promises, silence, ..Shown::default() };
    let ids: Vec<u8> = next(shown).iter().filter_map(|one| Some(one.promise?.0.0[0])).collect();
    assert_eq!(ids, [4, 3, 1], "of two that wait, the one due first");

    let all = Shown { agreements: &[view], talks: &[window], ..shown };
    let seen: Vec<Why> = next(all).into_iter().map(|one| one.why).collect();
    assert_eq!(seen, [Why::PromiseDue, Why::WordOpen, Why::WaitsForMe]);
    let waiting = Shown { promises: &promises[..2], ..all };
    let seen: Vec<bool> = next(waiting).iter().map(|one| one.why == Why::WaitsForMe).collect();
    assert_eq!(seen, [true; 3], "a promise, an agreement and a talk");
    assert_eq!(next(Shown { silence: LEFT, ..all }), [], "after a leave nothing is");
    let in_space = next(Shown { silence: SPACE, ..all });
    let seen: Vec<Why> = in_space.into_iter().map(|next| next.why).collect();
    assert_eq!(seen, [Why::PromiseDue, Why::WordOpen, Why::ReviewDue]);
}
