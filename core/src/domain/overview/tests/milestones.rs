//! The good things: when each is told, and when nothing is.

use super::*;
use crate::domain::agreement::tests::own;
use crate::domain::agreement::{AgreementDocs, AgreementKind, AgreementState, Category, TaperStep};
use crate::domain::capability::Capability as _;
use crate::domain::overview::progress::MilestoneKind::*;
use crate::domain::overview::progress::{Milestone, MilestoneInput, milestones, weeks_of_both};
use crate::domain::shared::tests::breaches::breach_told_by;
use crate::domain::tally::Tally;

static NOT_OVER: Tally = Tally::none();

const NOTHING: MilestoneInput<'_> = MilestoneInput {
    agreements: &[],
    agreed: &NOT_OVER,
    promises: &[],
    long_over: &NOT_OVER,
    check_ins: &[],
    breaches: &[],
    told: &[],
    silent: &[],
};

const NONE: [i64; 0] = [];

fn told(input: MilestoneInput<'_>) -> Vec<Milestone> {
    milestones(input, NOW)
}

/// So many kept promises of one of them, each a day after the other, the last just now.
fn kept(by: Who, count: i64) -> PromiseView {
    let all = (0..count).rev().map(|days| due(Outcome::Kept, NOW.plus(-days * DAY)));
    promise(1, by, all.collect())
}

fn told_of(promise: &PromiseView, silent: &[(Moment, Option<Moment>)], days: i64) -> Vec<i64> {
    let promises = std::slice::from_ref(promise);
    let found = milestones(MilestoneInput { promises, silent, ..NOTHING }, NOW.plus(days * DAY));
    found.iter().map(|one| one.at.since(NOW) / DAY).collect()
}

#[test]
fn f91_my_tenth_kept_promise_is_told_and_not_the_partners() {
    assert_eq!(told_of(&kept(Who::Me, 9), &[], 0), NONE);
    assert_eq!(told_of(&kept(Who::Me, 10), &[], 0), [0]);
    assert_eq!(told_of(&kept(Who::Me, 11), &[], 0), [-1], "when it was kept");
    assert_eq!(told_of(&kept(Who::Partner, 10), &[], 0), NONE);
    let mut missed = kept(Who::Me, 10);
    missed.occurrences[4].outcome = Outcome::Missed;
    assert_eq!(told_of(&missed, &[], 0), NONE);
    assert_eq!(told_of(&kept(Who::Me, 10), &[], -1), NONE, "not before");
}

#[test]
fn f91_what_was_kept_long_ago_counts_too_at_the_end_of_its_week() {
    let week = |text: &str| -> IsoWeek { text.parse().unwrap() };
    let mut over = Tally::default();
    let mut count = |by, at: &str, outcome: Outcome, count| {
        (0..count).for_each(|_| over.count(by, week(at), outcome.number()));
    };
    count(Who::Me, "2020-W10", Outcome::Kept, 5);
    count(Who::Me, "2020-W11", Outcome::KeptInSpirit, 3);
    count(Who::Me, "2020-W12", Outcome::Missed, 9);
    count(Who::Partner, "2020-W10", Outcome::Kept, 30);
    let with = |newer: i64| {
        let promises = [kept(Who::Me, newer)];
        let input = MilestoneInput { promises: &promises, long_over: &over, ..NOTHING };
        told(input).iter().map(|one| one.at).collect::<Vec<_>>()
    };
    assert_eq!(with(1), []);
    assert_eq!(with(2), [NOW], "the tenth is the second of today's");
    let mut more = over.clone();
    (0..2).for_each(|_| more.count(Who::Me, week("2020-W13"), Outcome::Kept.number()));
    let all = told(MilestoneInput { long_over: &more, ..NOTHING });
    // Sunday, 29 March 2020.
    assert_eq!(all, [Milestone { kind: TenthKept, at: Moment(1_585_526_399) }]);
}

#[test]
fn f91_nothing_is_told_while_it_is_silent_and_it_comes_afterwards() {
    let tenth = kept(Who::Me, 10);
    let on = |days: i64| NOW.plus(days * DAY);
    assert_eq!(told_of(&tenth, &[(on(-1), Some(on(2)))], 0), NONE);
    assert_eq!(told_of(&tenth, &[(on(-1), Some(on(2)))], 2), [2]);
    assert_eq!(told_of(&tenth, &[(on(0), Some(on(1)))], 9), [1], "from its first moment");
    assert_eq!(told_of(&tenth, &[(on(-2), Some(on(0)))], 9), [0], "it has ended");
    assert_eq!(told_of(&tenth, &[(on(1), Some(on(2)))], 9), [0], "it comes later");
    let two = [(on(1), Some(on(3))), (on(-1), Some(on(2)))];
    assert_eq!(told_of(&tenth, &two, 9), [3], "from one into the next");
    assert_eq!(told_of(&tenth, &[(on(-1), None)], 99), NONE, "without an end");
}

#[test]
fn f91_one_is_told_a_week_at_most_and_what_was_told_stays() {
    let tenth = kept(Who::Me, 10);
    let both =
        MilestoneInput { promises: std::slice::from_ref(&tenth), check_ins: &[NOW; 4], ..NOTHING };
    let one = |kind, days| Milestone { kind, at: NOW.plus(days * DAY) };
    assert_eq!(told(both), [one(TenthKept, 0)]);
    let after = milestones(both, NOW.plus(7 * DAY));
    assert_eq!(after, [one(TenthKept, 0), one(MonthOfCheckIns, 7)]);
    assert_eq!(milestones(both, NOW.plus(7 * DAY - 1)), after[..1]);
    // In whichever order they are handed in, and once each.
    let told = [after[1], after[0]];
    let later = MilestoneInput { told: &told, ..both };
    assert_eq!(milestones(later, NOW.plus(30 * DAY)), after);
    let once = MilestoneInput { told: &after[..1], ..both };
    assert_eq!(milestones(once, NOW), after[..1]);
    assert_eq!(milestones(once, NOW.plus(7 * DAY)), after, "once each");
    let gone = MilestoneInput { told: &after, ..NOTHING };
    assert_eq!(milestones(gone, NOW.plus(30 * DAY)), after, "whatever came after");
    assert_eq!(milestones(gone, NOW), after[..1], "a clock set back tells nothing ahead");
}

#[test]
fn f91_four_weekly_check_ins_by_both_are_a_month() {
    let weeks = |count: i8, state, period: fn(i8) -> Period| -> Vec<CheckInView> {
        let ends = |at| Some(NOW.plus((i64::from(at) - 9) * 7 * DAY));
        let one =
            |at| CheckInView { ends: ends(at), ..check_in(TemplateId::Week, period(at), state) };
        (10 - count..10).map(one).collect()
    };
    let week: fn(i8) -> Period = |at| Period::Week(IsoWeek { year: 2026, week: at });
    let day: fn(i8) -> Period = |at| Period::Day(date(2026, 3, at));
    let found = |views: Vec<CheckInView>| {
        told(MilestoneInput { check_ins: &weeks_of_both(&views), ..NOTHING })
            .first()
            .map(|one| one.at)
    };
    assert_eq!(found(weeks(4, CheckInState::Revealed, week)), Some(NOW));
    assert_eq!(found(weeks(5, CheckInState::Revealed, week)), Some(NOW.plus(-7 * DAY)));
    assert_eq!(found(weeks(3, CheckInState::Revealed, week)), None);
    assert_eq!(found(weeks(4, CheckInState::SharedAlone, week)), None, "not by both");
    assert_eq!(found(weeks(4, CheckInState::Revealed, day)), None, "days are no weeks");
}

#[test]
fn f91_an_agreement_is_told_when_it_came_to_its_review_or_its_lightest_step() {
    let found = |view: AgreementView| {
        told(MilestoneInput { agreements: &[view], ..NOTHING })
            .into_iter()
            .map(|one| one.kind)
            .collect::<Vec<_>>()
    };
    let mut view = agreement();
    assert_eq!(found(view.clone()), []);
    let text = view.current.as_mut().unwrap();
    text.review_at = Some(NOW);
    text.taper = vec![TaperStep { from: NOW.plus(-5), cadence: "none".into() }];
    assert_eq!(found(view.clone()), [FirstReview], "a plain text has no openness to grow less");
    let ended = AgreementView { state: AgreementState::Ended, ..view.clone() };
    assert_eq!(found(ended), [], "it did not hold until then");
    let expired = AgreementView { state: AgreementState::Expired, ..view };
    assert_eq!(found(expired), [FirstReview]);

    let mut open = agreed(&own(ANA, Category::Money, 30)).seen(ANA, 2 * DAY);
    let text = open.current.as_mut().unwrap();
    let step = |days: i64| TaperStep { from: NOW.plus(days * DAY), cadence: "weekly".into() };
    text.taper = vec![step(-9), step(0)];
    assert_eq!(found(open.clone()), [OpennessTapered]);
    open.current.as_mut().unwrap().taper.push(step(1));
    assert_eq!(found(open), [], "its last step is to come");
}

#[test]
fn f91_what_an_agreement_reached_long_ago_is_told_at_the_end_of_its_week() {
    let mut view = agreement();
    let text = view.current.as_mut().unwrap();
    text.kind = AgreementKind::Statement;
    text.agreed_at = Some(NOW.plus(-500 * DAY));
    text.review_at = Some(NOW.plus(-400 * DAY));
    view.state = AgreementState::Expired;
    let ended = AgreementView { state: AgreementState::Ended, ..view.clone() };
    assert_eq!(AgreementDocs::tally(&ended), Tally::default());
    let agreed = AgreementDocs::tally(&view);
    let at = |days: i64| {
        let at = NOW.plus(-days * DAY);
        IsoWeek::of(crate::time::local_date(at, "UTC")).ends().unwrap()
    };
    let found = told(MilestoneInput { agreed: &agreed, ..NOTHING });
    let one = |kind, at| Milestone { kind, at };
    assert_eq!(found, [one(JointStatement, at(500)), one(FirstReview, at(400))]);
    assert!(found[0].at >= NOW.plus(-500 * DAY) && found[0].at < NOW.plus(-493 * DAY));
}

#[test]
fn f91_a_statement_of_both_and_both_accounts_are_told() {
    let mut view = agreement();
    let text = view.current.as_mut().unwrap();
    text.kind = AgreementKind::Statement;
    text.proposed_at = NOW.plus(-9 * DAY);
    let agreed = NOW.plus(-2 * DAY);
    text.agreed_at = Some(agreed);
    let found = told(MilestoneInput { agreements: &[view.clone()], ..NOTHING });
    assert_eq!(found, [Milestone { kind: JointStatement, at: agreed }], "once both had agreed");
    view.current.as_mut().unwrap().agreed_at = None;
    assert_eq!(told(MilestoneInput { agreements: &[view], ..NOTHING }), []);

    let found = |who: &[(crate::id::PersonId, i64)]| {
        let breaches = breach_told_by(who);
        told(MilestoneInput { breaches: &breaches, ..NOTHING })
    };
    assert_eq!(
        found(&[(ANA, -90), (BEN, -60)]),
        [Milestone { kind: TwoAccounts, at: NOW.plus(-60) }]
    );
    assert_eq!(
        found(&[(BEN, -90), (ANA, -60)]),
        [Milestone { kind: TwoAccounts, at: NOW.plus(-60) }]
    );
    assert_eq!(found(&[(ANA, -90)]), []);
    assert_eq!(found(&[(BEN, -90)]), []);
}
