//! One-sided offers.

use super::*;

fn offered(revision: &Revision) -> Story {
    let mut story = Story::default();
    story.writes(ANA, 0, offer(revision));
    story
}

fn whereabouts(days: i64) -> Revision {
    own(ANA, Category::Whereabouts, days)
}

#[test]
fn r33_an_offer_cools_off_for_a_day_holds_and_ends_by_itself() {
    let story = offered(&whereabouts(14));
    for who in [ANA, BEN] {
        let view = story.seen(who, 0);
        assert_eq!((view.state, view.cools_until), (CoolingOff, Some(BEGIN.plus(DAY))));
        assert!(view.cooling.is_some() && view.current.is_none() && !view.waits_for_me);
        assert_eq!(story.seen(who, DAY - 1).state, CoolingOff);
        let view = story.seen(who, DAY);
        assert_eq!((view.state, view.expiring), (Active, false));
        assert!(view.cooling.is_none() && view.current.is_some());
        assert!(!story.seen(who, 7 * DAY - 1).expiring);
        assert!(story.seen(who, 7 * DAY).expiring);
        assert_eq!(story.seen(who, 14 * DAY - 1).state, Active);
        assert_eq!(story.seen(who, 14 * DAY).state, Expired);
        assert!(!story.seen(who, 14 * DAY).expiring);
    }
    let [hers, his] = [ANA, BEN].map(|who| story.seen(who, DAY));
    assert_eq!((hers.offer_by, his.offer_by), (Some(Who::Me), Some(Who::Partner)));
    let agreed = |view: &AgreementView| view.current.as_ref().map(|text| text.i_agreed);
    assert_eq!((agreed(&hers), agreed(&his)), (Some(true), Some(false)));
    let by = |view: &AgreementView| view.current.as_ref().map(|text| text.proposed_by);
    assert_eq!((by(&hers), by(&his)), (Some(Who::Me), Some(Who::Partner)));
}

#[test]
fn r05_an_offer_binds_its_maker_alone() {
    for obligor in [Obligor::Person(BEN), Obligor::Both] {
        let other = sentence("2", obligor, Category::General);
        let mut text = own(ANA, Category::General, 14);
        text.clauses.push(other.clone());
        assert_eq!(offered(&text).folded(BEN).offer, None);
        text.clauses = vec![other];
        assert_eq!(offered(&text).folded(BEN).offer, None);
    }
}

#[test]
fn r03_an_offer_runs_ninety_days_at_most_whatever_it_is_about() {
    for category in [Category::General, Category::Whereabouts] {
        assert!(offered(&own(ANA, category.clone(), 90)).folded(BEN).offer.is_some());
        assert_eq!(offered(&own(ANA, category, 91)).folded(BEN).offer, None);
    }
    assert_eq!(offered(&whereabouts(0)).folded(BEN).offer, None, "over before it began");
}

#[test]
fn an_offer_is_the_first_word_of_its_document_or_none() {
    let mut story = Story::default();
    story.writes(BEN, 0, Act::Suspend);
    story.writes(ANA, 60, offer(&whereabouts(14)));
    assert_eq!(story.folded(BEN).offer, None);
    let mut story = offered(&whereabouts(14));
    story.writes(ANA, 60, offer(&whereabouts(30)));
    let offer = story.folded(BEN).offer.unwrap();
    assert_eq!(offer.hash, hash(&whereabouts(14)), "a second one changes nothing");
    assert_eq!((offer.by, offer.held), (pair().side(ANA).unwrap(), BEGIN));
}

#[test]
fn r19_an_offer_is_declined_by_the_other_and_taken_back_by_its_maker() {
    let text = whereabouts(14);
    let after = |acts: &[(PersonId, i64, Act)]| {
        let mut story = offered(&text);
        story.all(acts);
        story.state(2 * DAY)
    };
    let other = whereabouts(15);
    assert_eq!(after(&[(BEN, 60, no(&text))]), Declined);
    assert_eq!(after(&[(ANA, 60, take_back(&text))]), Withdrawn);
    assert_eq!(after(&[(ANA, 60, no(&text))]), Active, "nobody declines their own");
    assert_eq!(after(&[(BEN, 60, take_back(&text))]), Active, "nor takes the other's back");
    assert_eq!(after(&[(BEN, 60, no(&other))]), Active, "another text");
    assert_eq!(after(&[(ANA, 60, take_back(&other))]), Active);
    assert_eq!(after(&[(BEN, 60, no(&text)), (ANA, 90, take_back(&text))]), Declined);
    assert_eq!(after(&[(ANA, 60, take_back(&text)), (BEN, 90, no(&text))]), Withdrawn);
    assert_eq!(after(&[(ANA, 60, Act::End)]), Ended);
    assert_eq!(after(&[(BEN, 60, Act::End)]), Ended);
    assert_eq!(after(&[(ANA, 60, Act::Suspend)]), Suspended);
}

#[test]
fn r33_an_offer_that_came_late_cools_off_from_when_it_came() {
    let mut story = offered(&whereabouts(14));
    story.0.held[0].received = BEGIN.plus(2 * DAY);
    assert_eq!((story.state(3 * DAY - 1), story.state(3 * DAY)), (CoolingOff, Active));
}
