#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::fold::fold;
use super::*;
use crate::cbor::Value;
use crate::domain::action::Action;
use crate::domain::record::Record;
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
