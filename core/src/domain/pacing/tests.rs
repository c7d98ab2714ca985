#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::fold::fold;
use super::*;
use crate::domain::action::Action;
use crate::domain::testing::*;
use crate::time::DAY;
use std::collections::BTreeSet;

fn set(retention: Option<u16>, off: &[Feature]) -> Action {
    Action::Pacing(Act::SetLimits { retention, off: off.to_vec() })
}

#[test]
fn k14_k15_the_most_protective_of_both_votes_holds_in_every_order() {
    let doc = pair().document();
    let mut written = Written::default();
    written.write_apart(ANA, 0, doc, set(Some(90), &[Feature::Openness]));
    written.write_apart(BEN, 0, doc, set(Some(30), &[]));
    let forward = fold(&pair(), &written.held).limits();
    assert_eq!(forward.retention_days, Some(30));
    assert_eq!(forward.off, BTreeSet::from([Feature::Openness]));
    written.held.reverse();
    assert_eq!(fold(&pair(), &written.held).limits(), forward);
    written.write(BEN, 5, doc, set(None, &[]));
    assert_eq!(fold(&pair(), &written.held).limits().retention_days, Some(90));
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
