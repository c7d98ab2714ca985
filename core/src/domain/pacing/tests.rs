#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::fold::fold;
use super::*;
use crate::cbor::Value;
use crate::domain::action::Action;
use crate::domain::pair::Who;
use crate::domain::record::Record;
use crate::domain::refusal::RefusalCode;
use crate::domain::testing::*;
use crate::time::DAY;
use std::collections::BTreeSet;

fn set(retention: Option<u16>, off: &[Feature]) -> Action {
    Action::Pacing(Act::SetLimits { retention, off: off.to_vec() })
}

#[test]
fn k14_k15_a_vote_reaches_ones_own_words_and_the_others_on_ones_own_phone() {
    let doc = pair().document();
    let mut written = Written::default();
    written.write_apart(ANA, 0, doc, set(Some(90), &[Feature::Openness]));
    written.write_apart(BEN, 0, doc, set(Some(30), &[]));
    let seen = |written: &Written, by| {
        let pacing = fold(&pair(), &written.held);
        let side = pair().side(by).unwrap();
        (pacing.keeping(side), pacing.limits(side).mine.off)
    };
    let keeping = |own, partners| Keeping { own, partners };
    let forward = [ANA, BEN].map(|by| seen(&written, by));
    let off = BTreeSet::from([Feature::Openness]);
    assert_eq!(forward[0], (keeping(Some(90), Some(30)), off));
    assert_eq!(forward[1], (keeping(Some(30), Some(30)), BTreeSet::new()));
    written.held.reverse();
    assert_eq!([ANA, BEN].map(|by| seen(&written, by)), forward);
    written.write(BEN, 5, doc, set(None, &[]));
    assert_eq!(seen(&written, ANA).0, keeping(Some(90), Some(90)));
    assert_eq!(seen(&written, BEN).0, keeping(None, Some(90)));
}

#[test]
fn k16_the_stricter_space_holds_while_it_lasts_and_only_its_author_ends_it() {
    let doc = pair().document();
    let begin = |days: i64, contact| {
        Action::Pacing(Act::BeginSpace { until: Some(BEGIN.plus(days * DAY)), contact })
    };
    let mut written = Written::default();
    let mine = written.write_apart(ANA, 0, doc, begin(5, Contact::None));
    written.write_apart(BEN, 0, doc, begin(9, Contact::Logistics));
    let space = |written: &Written, day: i64| {
        fold(&pair(), &written.held).space(pair().side(BEN).unwrap(), BEGIN.plus(day * DAY))
    };
    let contact = |written: &Written, day| space(written, day).map(|space| space.contact);
    assert_eq!(contact(&written, 1), Some(Contact::None));
    assert_eq!(contact(&written, 6), Some(Contact::Logistics));
    assert_eq!(contact(&written, 9), None);
    written.write(BEN, DAY, doc, Action::Pacing(Act::EndSpace { of: mine }));
    assert_eq!(contact(&written, 2), Some(Contact::None), "nobody ends the other's space");
    written.write(ANA, DAY, doc, Action::Pacing(Act::EndSpace { of: mine }));
    assert_eq!(contact(&written, 2), Some(Contact::Logistics));
}

#[test]
fn a_limit_that_a_newer_version_knows_voids_only_itself() {
    let record = |more: &[(&str, Value)]| {
        let mut written = Written::default();
        written.write(ANA, 0, pair().document(), set(Some(30), &[Feature::Openness]));
        let Value::Map(mut fields) = written.held[0].record.to_value() else { panic!() };
        fields.retain(|(key, _)| more.iter().all(|(other, _)| key != other));
        fields.extend(more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        Record::from_value(&Value::Map(Vec::new()).with(fields)).map(|record| record.action)
    };
    let known = set(Some(30), &[Feature::Openness]);
    let off = ["openness", "smoke-signals"].map(Value::from);
    assert_eq!(record(&[("off", Value::Array(off.to_vec()))]), Some(known.clone()));
    assert_eq!(record(&[("moon", Value::Int(3))]), Some(known));
    // What is known must still have its form.
    assert_eq!(record(&[("days", Value::Int(0))]), None);
}

fn decides(written: &Written, command: Command) -> Result<Vec<Action>, RefusalCode> {
    let state = written.state::<Pace>(pair().document(), ANA);
    let now = BEGIN.plus(60);
    let decided = decided::<Pace>(&pair(), &state, None, &command, ANA, now);
    let actions = |drafts: Vec<Draft>| drafts.into_iter().map(|draft| draft.action).collect();
    decided.map(actions).map_err(|refusal| refusal.code)
}

#[test]
fn k14_a_vote_is_for_a_day_at_least_or_for_none() {
    let vote = |retention_days, off: &[Feature]| {
        let off: BTreeSet<Feature> = off.iter().copied().collect();
        decides(&Written::default(), Command::Limit(PairLimits { retention_days, off }))
    };
    assert_eq!(vote(Some(0), &[]), Err(RefusalCode::DaysInvalid));
    assert_eq!(vote(Some(1), &[]), Ok(vec![set(Some(1), &[])]));
    let off = [Feature::Openness];
    assert_eq!(vote(None, &off), Ok(vec![set(None, &off)]));
}

#[test]
fn f83_space_begins_at_once_lasts_until_a_time_ahead_and_only_ones_own_is_ended() {
    let contact = Contact::None;
    let begin = |until: Option<i64>| {
        let until = until.map(|until| BEGIN.plus(60 + until));
        decides(&Written::default(), Command::Begin { until, contact }).map(|acts| acts.len())
    };
    assert_eq!(begin(Some(0)), Err(RefusalCode::NotAhead));
    assert_eq!((begin(Some(1)), begin(None)), (Ok(1), Ok(1)));
    assert_eq!(decides(&Written::default(), Command::End), Err(RefusalCode::NoSpace));
    let doc = pair().document();
    let take = |days: i64| Act::BeginSpace { until: Some(BEGIN.plus(days * DAY)), contact };
    let mut written = Written::default();
    written.write(BEN, 0, doc, take(5).into());
    assert_eq!(decides(&written, Command::End), Err(RefusalCode::NoSpace), "his is his");
    let first = written.write(ANA, 1, doc, take(2).into());
    let second = written.write(ANA, 2, doc, take(3).into());
    let ends = [first, second].map(|of| Act::EndSpace { of }.into());
    assert_eq!(decides(&written, Command::End), Ok(ends.to_vec()), "all of one's own");
}

#[test]
fn f83_space_is_whose_it_is_and_lasts_as_long_as_the_strictest() {
    let doc = pair().document();
    let take = |days: Option<i64>, contact| {
        Action::Pacing(Act::BeginSpace { until: days.map(|days| BEGIN.plus(days * DAY)), contact })
    };
    let mut written = Written::default();
    let seen = |written: &Written, who, at: i64| {
        let pacing = fold(&pair(), &written.held);
        let side = pair().side(who).unwrap();
        (pacing.space(side, BEGIN.plus(at)), pacing.own_space(side, BEGIN.plus(at)))
    };
    assert_eq!(seen(&written, ANA, 0), (None, None));
    written.write(ANA, 10, doc, take(Some(5), Contact::None));
    assert_eq!(seen(&written, ANA, 9), (None, None), "not before it was taken");
    let (space, own) = seen(&written, ANA, 10);
    let space = space.unwrap();
    let until = Some(BEGIN.plus(5 * DAY));
    assert_eq!((space.by, space.until, own), (Who::Me, until, Some(until)));
    assert!(space.mine.is_some());
    let (space, own) = seen(&written, BEN, 10);
    let space = space.unwrap();
    assert_eq!((space.by, space.mine, own), (Who::Partner, None, None));
    assert_eq!(seen(&written, ANA, 5 * DAY), (None, None));
    written.write(BEN, 20, doc, take(Some(9), Contact::None));
    let space = seen(&written, ANA, 30).0.unwrap();
    assert_eq!((space.by, space.until), (Who::Both, Some(BEGIN.plus(9 * DAY))));
    written.write(ANA, 40, doc, take(None, Contact::None));
    let (space, own) = seen(&written, ANA, 50);
    assert_eq!((space.unwrap().until, own), (None, Some(None)), "until it is ended");
    let spaces = fold(&pair(), &written.held);
    assert_eq!(spaces.spaces().count(), 3);
}

#[test]
fn k15_what_one_of_the_two_takes_no_part_in_is_left_out() {
    let doc = pair().document();
    let mut written = Written::default();
    written.write(BEN, 0, doc, set(None, &[Feature::Promises]));
    let pacing = fold(&pair(), &written.held);
    assert!(pacing.left_out(Feature::Promises) && !pacing.left_out(Feature::Openness));
    let limits = pacing.limits(pair().side(ANA).unwrap());
    assert!(limits.mine.off.is_empty() && limits.partners.off.contains(&Feature::Promises));
    assert_eq!(limits.kept_here, None);
}

#[test]
fn r15_each_ones_words_are_kept_by_their_own_limit() {
    let keeping = crate::domain::pacing::Keeping { own: Some(7), partners: Some(30) };
    assert_eq!((keeping.of(true), keeping.of(false)), (Some(7), Some(30)));
}

#[test]
fn what_one_takes_no_part_in_stands_in_order_and_once_each() {
    use crate::domain::capability::Act as _;
    let reads = |off: Vec<Feature>| {
        let act = Act::SetLimits { retention: None, off };
        let fields = act.fields().into_iter().map(|(key, value)| (key.to_owned(), value));
        let value = crate::cbor::Value::Map(fields.collect());
        Act::read(act.kind(), &value).is_some()
    };
    let mut two = [Feature::CheckIns, Feature::Openness];
    two.sort();
    let [first, second] = two;
    assert!(reads(vec![first, second]) && reads(vec![]));
    assert!(!reads(vec![second, first]) && !reads(vec![first, first]));
}

#[test]
fn f83_what_is_seen_is_the_space_that_lasts() {
    use crate::domain::pacing::Pace;
    let doc = pair().document();
    let mut written = Written::default();
    let seen = |written: &Written| written.view::<Pace>(doc, BEN, BEGIN.plus(60)).unwrap();
    assert_eq!(seen(&written), None);
    let begin = Act::BeginSpace { until: None, contact: Contact::Gentle };
    written.write(ANA, 0, doc, begin.into());
    let space = seen(&written).unwrap();
    assert_eq!((space.by, space.until, space.contact), (Who::Partner, None, Contact::Gentle));
}
