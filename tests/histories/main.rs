//! The rules of agreements over random histories: two people, offline stretches
//! by both, and in half of them a partner whose app writes whatever it likes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod arrivals;
mod bundles;
mod phones;
mod recoveries;
mod stopping;
mod subscriptions;
mod versions;
mod world;

use amends::RevisionView;
use amends::Who;
use amends::id::PersonId;
use amends::internals::domain::action::Action;
use amends::internals::domain::agreement::view::project;
use amends::internals::domain::agreement::{
    self, AgreementDocs, AgreementState, AgreementView, Folded, Obligor,
};
use amends::internals::domain::overview::share::{Mine, stop_all, what_i_share};
use amends::internals::domain::pair::PairState;
use amends::internals::domain::record::Held;
use amends::internals::domain::testing::state;
use amends::time::{DAY, Moment};
use proptest::prelude::*;
use world::{ANA, BEN, DOC, Step, World, steps};

fn view(world: &World, folded: &Folded, viewer: PersonId, now: Moment) -> AgreementView {
    let side = world.pair.side(viewer).unwrap();
    project(folded, &world.pair, &PairState::default(), side, now)
}

fn views(world: &World, records: &[Held], now: Moment) -> [AgreementView; 2] {
    let folded = state::<AgreementDocs>(&world.pair, DOC, ANA, records);
    [ANA, BEN].map(|who| view(world, &folded, who, now))
}

fn told(steps: &[Step]) -> World {
    let mut world = World::new();
    steps.iter().for_each(|step| world.step(step));
    world
}

/// A cheap, repeatable shuffle.
fn shuffled(records: &[Held], seed: u64) -> Vec<Held> {
    let mut keyed: Vec<(u64, Held)> = records
        .iter()
        .enumerate()
        .map(|(at, held)| {
            let mixed = (at as u64 + 1).wrapping_mul(seed | 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (mixed >> 7, held.clone())
        })
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, held)| held).collect()
}

/// Whether this person's own records chose this text.
fn chose(world: &World, who: usize, text: &RevisionView) -> bool {
    world.records.iter().any(|held| {
        held.author == world::PEOPLE[who]
            && match &held.record.action {
                Action::Agreement(agreement::Act::Propose { revision }) => {
                    revision.hash(DOC) == text.hash
                }
                Action::Agreement(agreement::Act::Consent { revision, .. }) => {
                    *revision == text.hash
                }
                _ => false,
            }
    })
}

fn mirrored(who: Who) -> Who {
    match who {
        Who::Me => Who::Partner,
        Who::Partner => Who::Me,
        Who::Both => Who::Both,
    }
}

/// What of a view does not depend on ids.
fn shape(view: &AgreementView) -> String {
    let text = |text: &RevisionView| {
        let clauses: Vec<_> = text.clauses.iter().map(|c| (c.text.clone(), c.binds)).collect();
        format!("{clauses:?} {:?} {} {}", text.proposed_by, text.i_agreed, text.you_both_agreed)
    };
    let mut open: Vec<String> = view.on_table.iter().map(text).collect();
    open.sort();
    format!(
        "{:?} {:?} {:?} {open:?} {:?} {} {} {} {}",
        view.state,
        view.current.as_ref().map(text),
        view.cooling.as_ref().map(text),
        view.cools_until,
        view.suspended_by_me,
        view.suspended_by_partner,
        view.waits_for_me,
        view.waits_for_partner,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn i01_any_order_and_duplication_of_the_same_records_folds_to_the_same_state(
        steps in steps(true), seed in any::<u64>()
    ) {
        let world = told(&steps);
        let whole = state::<AgreementDocs>(&world.pair, DOC, ANA, &world.records);
        let mut twice = shuffled(&world.records, seed);
        twice.extend(shuffled(&world.records, seed ^ 7).into_iter().take(9));
        prop_assert_eq!(&state::<AgreementDocs>(&world.pair, DOC, ANA, &twice), &whole);
    }

    #[test]
    fn i02_r02_an_end_is_absorbing_in_every_order(steps in steps(true), later in 0i64..400) {
        let world = told(&steps);
        let ended = world.records.iter().any(|held| held.record.action == Action::Agreement(agreement::Act::End));
        for view in views(&world, &world.records, world.now.plus(later * DAY)) {
            prop_assert_eq!(view.state == AgreementState::Ended, ended);
            if ended {
                prop_assert!(!view.in_force() && !view.waits_for_me && view.on_table.is_empty());
            }
        }
    }

    #[test]
    fn i03_i04_nothing_is_in_force_that_both_did_not_choose_and_its_obligor_did_not_write(
        steps in steps(true), later in 0i64..200
    ) {
        let world = told(&steps);
        let [ana, _] = views(&world, &world.records, world.now.plus(later * DAY));
        if let Some(current) = &ana.current {
            prop_assert!(current.you_both_agreed);
            prop_assert!(chose(&world, 0, current) && chose(&world, 1, current));
            for clause in &current.clauses {
                let labelled = current.kind.sensitive() || clause.category.sensitive();
                if clause.binds == Who::Both {
                    prop_assert!(!labelled, "R5");
                    continue;
                }
                let obligor = if clause.binds == Who::Me { ANA } else { BEN };
                let wrote = world.records.iter().any(|held| held.author == obligor
                    && matches!(&held.record.action, Action::Agreement(agreement::Act::Propose { revision })
                        if revision.clauses.iter().any(|c| c.text == clause.text
                            && c.obligor == Obligor::Person(obligor))));
                prop_assert!(wrote || !labelled, "R5: {} was not written by whom it binds", clause.text);
                // What one is asked by the other binds only by one's own adoption, and is as good
                // as sensitive unless one says otherwise, whatever its label.
                let adopted: Vec<_> = world.records.iter().filter(|held| held.author == obligor)
                    .filter_map(|held| match &held.record.action {
                        Action::Agreement(agreement::Act::Consent { revision, adopts })
                            if *revision == current.hash => Some(adopts),
                        _ => None,
                    })
                    .flatten().filter(|one| one.clause == clause.id).collect();
                prop_assert!(wrote || !adopted.is_empty(), "R5: {} was not adopted", clause.text);
                let plain = adopted.iter().any(|one| one.category.is_some());
                prop_assert!(wrote || clause.sensitive || plain, "R5: {} is an ask", clause.text);
            }
        }
    }

    #[test]
    fn i07_r17_swapping_the_persons_swaps_the_views(steps in steps(false)) {
        let world = told(&steps);
        let swapped = world.swapped();
        let [ana, ben] = views(&world, &world.records, world.now);
        let [a, b] = views(&swapped, &swapped.records, world.now);
        prop_assert_eq!(shape(&ana), shape(&b));
        prop_assert_eq!(shape(&ben), shape(&a));
        prop_assert_eq!(ana.current.map(|c| mirrored(c.proposed_by)), ben.current.map(|c| c.proposed_by));
    }

    #[test]
    fn i09_nothing_that_the_partner_writes_pauses_agrees_or_speaks_for_me(steps in steps(true)) {
        let world = told(&steps);
        let folded = state::<AgreementDocs>(&world.pair, DOC, ANA, &world.records);
        let own: Vec<Held> =
            world.records.iter().filter(|held| held.author == ANA).cloned().collect();
        let alone = state::<AgreementDocs>(&world.pair, DOC, ANA, &own);
        let ana = world.pair.side(ANA).unwrap();
        prop_assert_eq!(folded.suspended[ana], alone.suspended[ana]);
        let [view, _] = views(&world, &world.records, world.now);
        for text in view.on_table.iter().chain(&view.current).filter(|text| text.i_agreed) {
            prop_assert!(chose(&world, 0, text));
        }
    }

    #[test]
    fn i11_stop_all_leaves_nothing_shared_in_any_state(
        steps in steps(true), later in 0i64..60, who in 0usize..2
    ) {
        let mut world = told(&steps);
        world.now = world.now.plus(later * DAY);
        let share = |world: &World| {
            let folded = world.seen_by(who);
            let me = world::PEOPLE[who];
            let view = view(world, &folded, me, world.now);
            (folded, view)
        };
        let before = share(&world);
        let actions = stop_all(&[(std::sync::Arc::new(before.0), before.1)], &[], &[], world.now);
        prop_assert!(actions.len() <= 3);
        for amends::internals::domain::record::Draft { action, .. } in actions {
            world.append(who, action);
        }
        let (_, after) = share(&world);
        prop_assert_eq!(what_i_share(Mine { agreements: &[after], promises: &[], posts: &[] }), vec![]);
    }

    /// Held against the records alone: they show all that is in force, and after `stop_all` they
    /// bind nobody. Where texts crossed, or one writes what no rule lets them write, the records
    /// one by one do not say what counts; the test before this one is for that.
    #[test]
    fn i11_after_stop_all_the_records_alone_bind_nobody(
        steps in steps(false), later in 0i64..60, who in 0usize..2
    ) {
        let mut world = told(&steps);
        world.now = world.now.plus(later * DAY);
        let me = world::PEOPLE[who];
        let may_bind = |world: &World| {
            stopping::may_bind(&world.known_to(who), DOC, world::PEOPLE, me, world.now)
        };
        let folded = world.seen_by(who);
        let view = view(&world, &folded, me, world.now);
        let binds = |one: &RevisionView| one.clauses.iter().any(|one| one.binds != Who::Partner);
        if view.in_force() && view.current.as_ref().is_some_and(binds) {
            prop_assert!(may_bind(&world), "in force, and the records do not show it");
        }
        let stopped = stop_all(&[(std::sync::Arc::new(folded), view)], &[], &[], world.now);
        stopped.into_iter().for_each(|draft| world.append(who, draft.action));
        prop_assert!(stopping::crossed(&world.records) || !may_bind(&world));
    }

    #[test]
    fn i15_time_alone_never_puts_anything_in_force_that_both_had_not_agreed_to(
        steps in steps(true), first in 0i64..100, more in 0i64..100
    ) {
        let world = told(&steps);
        let early = world.now.plus(first * DAY / 3);
        let [before, _] = views(&world, &world.records, early);
        let [after, _] = views(&world, &world.records, early.plus(more * DAY / 3));
        if after.in_force() {
            let hash = after.current.as_ref().unwrap().hash;
            let known = before.current.iter().chain(&before.cooling);
            prop_assert!(known.into_iter().any(|text| text.hash == hash && text.you_both_agreed));
        }
        if before.state == AgreementState::Expired {
            prop_assert!(!after.in_force());
        }
        prop_assert!(after.on_table.len() <= before.on_table.len());
    }

    #[test]
    fn i16_i17_views_are_deterministic_and_one_text_at_most_is_the_newest(steps in steps(true)) {
        let world = told(&steps);
        prop_assert_eq!(
            views(&world, &world.records, world.now),
            views(&world, &world.records, world.now)
        );
        let folded = state::<AgreementDocs>(&world.pair, DOC, ANA, &world.records);
        prop_assert!(amends::internals::domain::agreement::fold::newest_ratified(&folded.revisions).len() <= 1);
    }

    /// What honest phones decide is what the fold makes of it: a yes that was
    /// not refused, given while both were in contact, counts.
    #[test]
    fn a_yes_that_was_not_refused_counts_when_nothing_else_was_written_meanwhile(steps in steps(false)) {
        let mut world = told(&steps);
        world.meet();
        let folded: Folded = world.seen_by(0);
        let open = folded.revisions.iter().find(|state| state.on_table).map(|state| state.hash);
        if let Some(hash) = open
            && world.consent(0, hash).is_ok()
        {
            let folded = world.seen_by(0);
            let state = folded.revisions.iter().find(|state| state.hash == hash).unwrap();
            prop_assert!(state.agreed[world.pair.side(ANA).unwrap()].is_some());
        }
    }
}

/// The histories are worth something only if they reach what they are about.
#[test]
fn the_random_histories_reach_agreement_cooling_off_forks_and_endings() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut reached: std::collections::BTreeMap<String, usize> = Default::default();
    for _ in 0..600 {
        let steps = steps(true).new_tree(&mut runner).unwrap().current();
        let world = told(&steps);
        let [ana, _] = views(&world, &world.records, world.now);
        *reached.entry(format!("{:?}", ana.state)).or_default() += 1;
    }
    for state in
        ["Active", "CoolingOff", "Forked", "Ended", "Proposed", "Expired", "Suspended", "Lapsed"]
    {
        assert!(
            reached.get(state).copied().unwrap_or(0) > 0,
            "{state} is never reached: {reached:?}"
        );
    }
}

/// Deciding never costs more than the records of one document squared.
#[test]
fn a_hostile_volume_of_records_is_capped_and_folds() {
    let mut world = World::new();
    for round in 0..400 {
        world.hostile_proposal(round);
    }
    for _ in 0..2_000 {
        world.append(
            1,
            Action::Agreement(agreement::Act::WithdrawProposal {
                revision: amends::id::RevisionHash([7; 32]),
            }),
        );
        world.append(1, Action::Agreement(agreement::Act::Suspend));
    }
    let folded = state::<AgreementDocs>(&world.pair, DOC, ANA, &world.records);
    let proposals: usize = folded.counts.values().map(|counts| counts.proposals).sum();
    assert_eq!(proposals, amends::internals::limits::PROPOSALS);
    world.append(0, Action::Agreement(agreement::Act::End));
    assert!(state::<AgreementDocs>(&world.pair, DOC, ANA, &world.records).ended_at.is_some());
}

/// K19 in full: one person, two logs that do not know of each other (a phone
/// that was replaced and came back). The withdrawal wins.
#[test]
fn k19_a_withdrawal_on_one_own_phone_wins_over_a_yes_on_the_other() {
    let mut world = World::new();
    let hash = world.hostile_proposal(0);
    let consent = world.held(
        0,
        0,
        Action::Agreement(agreement::Act::Consent { revision: hash, adopts: Vec::new() }),
    );
    let withdrawal = world.held(
        0,
        1,
        Action::Agreement(agreement::Act::WithdrawConsent { revision: hash, held: None }),
    );
    world.records.extend([consent, withdrawal]);
    let folded = state::<AgreementDocs>(&world.pair, DOC, ANA, &world.records);
    assert!(folded.revisions.iter().all(|state| !state.ratified));
}

/// What was declined, or taken back by whoever proposed it, must be proposed
/// again: a yes alone, even from an app that asks no rule, does not revive it.
#[test]
fn a_yes_to_what_was_declined_or_taken_back_counts_only_after_it_is_proposed_again() {
    for taken_back in [false, true] {
        let mut world = World::new();
        let hash = if taken_back {
            let hash = world.hostile_proposal(0);
            assert!(world.consent(0, hash).is_ok());
            world.append(1, Action::Agreement(agreement::Act::WithdrawProposal { revision: hash }));
            hash
        } else {
            let hash = world.plain_proposal_by_ana();
            world.append(1, Action::Agreement(agreement::Act::Decline { revision: hash }));
            hash
        };
        world.append(
            1,
            Action::Agreement(agreement::Act::Consent { revision: hash, adopts: Vec::new() }),
        );
        let folded = state::<AgreementDocs>(&world.pair, DOC, ANA, &world.records);
        assert!(folded.revisions.iter().all(|state| !state.ratified), "{taken_back}");
        assert!(!folded.revisions[0].on_table);
        world.meet();
        // Proposed again, it is on the table again.
        let again = folded.revisions[0].revision.clone();
        world.append(
            usize::from(taken_back),
            Action::Agreement(agreement::Act::Propose { revision: again }),
        );
        let folded = state::<AgreementDocs>(&world.pair, DOC, ANA, &world.records);
        assert!(folded.revisions[0].on_table || folded.revisions[0].ratified);
    }
}

/// A false `held` undoes nothing that has been agreed for long.
#[test]
fn r33_a_withdrawal_that_claims_to_have_held_both_yeses_late_counts_for_30_days_at_most() {
    let withdrawn_after = |days: i64| {
        let mut world = World::new();
        let hash = world.sensitive_agreement();
        world.now = world.now.plus(days * DAY);
        world.append(
            1,
            Action::Agreement(agreement::Act::WithdrawConsent {
                revision: hash,
                held: Some(Moment(i64::MAX)),
            }),
        );
        let folded = state::<AgreementDocs>(&world.pair, DOC, ANA, &world.records);
        !folded.revisions[0].ratified
    };
    assert!(withdrawn_after(0));
    assert!(withdrawn_after(20));
    assert!(!withdrawn_after(32));
}

/// What both agreed to instead takes effect after what they had is over: until then it cools off.
#[test]
fn i15_a_text_that_cools_off_while_the_old_one_expires_is_not_said_to_have_expired() {
    use world::Doing::{Consent, Meet, Propose, Wait};
    let steps = [
        (0, Propose(0)),
        (0, Wait(16)),
        (0, Meet),
        (1, Consent(0)),
        (1, Propose(0)),
        (0, Meet),
        (0, Propose(3)),
        (0, Meet),
        (0, Wait(23)),
        (1, Consent(0)),
    ];
    let world = told(&steps.map(|(who, doing)| Step { who, doing }));
    let seen = |third: i64| {
        let [ana, _] = views(&world, &world.records, world.now.plus(third * DAY / 3));
        (ana.state, ana.in_force())
    };
    let states: Vec<_> = (0..60).map(seen).collect();
    assert!(states.iter().any(|(state, _)| *state == AgreementState::CoolingOff));
    let over = states.iter().position(|(state, _)| *state == AgreementState::Expired);
    let after = over.map_or(&[][..], |over| &states[over..]);
    assert!(after.iter().all(|(_, in_force)| !in_force), "{states:?}");
}
