#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::action::{Action, class, kinds};
use super::agreement;
use super::capability::Words;
use super::record::{Record, header};
use crate::cbor::Value;
use crate::id::{Commitment, DocId};
use crate::time::{Moment, Stated};
use std::collections::BTreeSet;

fn record(action: Action) -> Record {
    let at = Stated { moment: Moment(1_700_000_000), zone: "Europe/Berlin".into() };
    Record { target: DocId([1; 16]), at, action, body: None }
}

#[test]
fn every_kind_of_record_reads_back_from_its_bytes() {
    let mut seen = BTreeSet::new();
    for action in Action::examples() {
        seen.insert(action.kind());
        let mut record = record(action);
        record.body = (record.action.words() == Words::Always).then_some(Commitment([6; 32]));
        let bytes = record.to_value().encode();
        assert_eq!(Record::from_value(&Value::decode(&bytes).unwrap()), Some(record));
    }
    // The list says of every kind what it is, once, and of none that there is not.
    let known: Vec<&str> = kinds().map(|kind| kind.name).collect();
    assert_eq!(known.len(), seen.len());
    assert_eq!(BTreeSet::from_iter(known), seen);
}

#[test]
fn what_takes_back_has_no_words_and_can_be_said_again_unless_it_names_a_position() {
    for kind in kinds().filter(|kind| kind.takes_back) {
        assert_eq!(kind.words, Words::Never, "{}", kind.name);
        assert_eq!(kind.repeatable, kind.name != "words.withdraw", "{}", kind.name);
    }
}

#[test]
fn a_kind_that_a_newer_version_has_belongs_where_its_family_does() {
    use super::capability::Class;
    assert_eq!(class("agreement.sing"), Some(Class::Agreement));
    assert_eq!(class("draft.sing"), Some(Class::Agreement));
    assert_eq!(class("checkin.sing"), Some(Class::Ledger));
    assert_eq!(class("checkin.template"), Some(Class::Template));
    assert_eq!([class("future.say"), class("agreement"), class("")], [None; 3]);
}

#[test]
fn an_unknown_kind_or_field_is_passed_over_but_its_header_is_read() {
    let known = record(Action::Agreement(agreement::Act::End)).to_value();
    let newer = known.clone().with(vec![("because".into(), "x".into())]);
    assert_eq!(Record::from_value(&newer), None);
    assert_eq!(header(&newer).unwrap().target, DocId([1; 16]));
    let Value::Map(mut fields) = known else { panic!() };
    fields.iter_mut().find(|(key, _)| key == "kind").unwrap().1 = "agreement.sing".into();
    let unknown = Value::Map(fields);
    assert_eq!(Record::from_value(&unknown), None);
    assert_eq!(header(&unknown).unwrap().kind, "agreement.sing");
}

/// What is seen, without the ids, which depend on whose log it is.
fn shape(seen: &impl serde::Serialize) -> serde_json::Value {
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(fields) => {
                let ids = ["id", "window", "position", "agreement", "promise", "mine_id"];
                fields.retain(|key, value| !ids.contains(&key.as_str()) || value.is_object());
                fields.values_mut().for_each(strip);
            }
            serde_json::Value::Array(all) => all.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(seen).unwrap();
    strip(&mut value);
    value
}

/// I7, R17: the same story with the two persons swapped looks the same from the other side.
#[test]
fn i07_r17_swapping_the_persons_swaps_the_views_of_what_is_told_planned_posted_and_limited() {
    use super::ledger::{Month, ledger, own_document};
    use super::pacing::{self, Contact, Feature, Pace};
    use super::shared::{self, Form, Items, single_salt};
    use super::talk::{self, Talks};
    use super::testing::*;
    use super::words::Act as Words;
    use super::{intention, openness, openness::Posts};
    use crate::time::DAY;

    let salt = [5; 16];
    let swapped =
        |story: &dyn Fn(crate::id::PersonId, crate::id::PersonId) -> [serde_json::Value; 2]| {
            let [a, b] = story(ANA, BEN);
            assert_eq!([a.clone(), b.clone()], story(BEN, ANA), "{a}");
            assert!(a != serde_json::Value::Null && b != serde_json::Value::Null);
        };
    for form in Form::ALL {
        for reply in form.described().replies {
            swapped(&|one, other| {
                let about = matches!(form.described().about, shared::About::Must(_))
                    .then_some(DocId([4; 16]));
                let salt = match about {
                    Some(about) if form.described().single => single_salt(*form, about),
                    _ => salt,
                };
                let doc = own_document(PAIR, one, &salt);
                let until = form.described().keeps.map(|keeps| BEGIN.plus(keeps));
                let tell = shared::Act::Tell { form: *form, salt, about, on: None, until };
                let mut written = Written::default();
                let of = written.write(one, 0, doc, tell.clone().into());
                written.with_body(of, words("As it was."));
                for who in [one, other] {
                    let answer =
                        shared::Act::Answer { form: *form, of, reply: *reply, until: None };
                    let said = written.write(who, 5, doc, answer.into());
                    let has = reply.takes() == shared::Takes::OnlyWords;
                    written.with_body_if(said, has, words("Since May."));
                    written.write(who, 9, doc, Action::Words(Words::Withdraw { of: said }));
                }
                [one, other].map(|who| {
                    let seen = written.view::<Items>(doc, who, BEGIN.plus(60)).unwrap();
                    let mut seen = shape(&seen);
                    seen.as_object_mut().unwrap().remove("about");
                    seen
                })
            });
        }
    }
    swapped(&|one, other| {
        let doc = own_document(PAIR, one, &salt);
        let begins = BEGIN.plus(DAY);
        let mut written = Written::default();
        let propose = talk::Act::Propose { begins, minutes: Some(30), salt: Some(salt) };
        let of = written.write(one, 0, doc, propose.into());
        written.write(other, 5, doc, talk::Act::Accept { of }.into());
        written.write(one, 9, doc, talk::Act::Start.into());
        written.write(other, 10, doc, talk::Act::Pause { to: BEGIN.plus(900) }.into());
        [one, other].map(|who| shape(&written.view::<Talks>(doc, who, BEGIN.plus(60))))
    });
    swapped(&|one, other| {
        let doc = pair().document();
        let mut written = Written::default();
        let off = vec![Feature::Openness];
        written.write(one, 0, doc, pacing::Act::SetLimits { retention: Some(9), off }.into());
        let (until, contact) = (Some(BEGIN.plus(DAY)), Contact::Logistics);
        written.write(other, 5, doc, pacing::Act::BeginSpace { until, contact }.into());
        [one, other].map(|who| {
            let pacing = written.state::<Pace>(doc, who);
            let side = pair().side(who).unwrap();
            let mut space = shape(&pacing.space(side, BEGIN.plus(60)));
            // An id of one's own, or none.
            let mine = space["mine"].is_null();
            space["mine"] = mine.into();
            serde_json::json!([shape(&pacing.limits(side)), space])
        })
    });
    swapped(&|one, other| {
        let doc = ledger(PAIR, one, Month::of(BEGIN));
        let mut written = Written::default();
        let until = BEGIN.plus(5 * DAY);
        let post = openness::Act::Post { kind: openness::Kind::Disclosure, until, under: None };
        let of = written.write(one, 0, doc, post.into());
        written.say(of, words("I met him once."));
        written.write(other, 5, doc, Action::Words(Words::Thank { of }));
        let correct = openness::Act::Correct { of, until };
        let correction = written.write(one, 9, doc, correct.into());
        written.say(correction, words("Twice."));
        [one, other].map(|who| shape(&written.view::<Posts>(doc, who, BEGIN.plus(60))))
    });
    swapped(&|one, other| {
        let day = crate::time::local_date(BEGIN, "UTC");
        let doc = ledger(PAIR, one, Month::of_date(day));
        let mut written = Written::default();
        let until = BEGIN.plus(crate::limits::CHECK_IN_RETENTION);
        let of = written.write(one, 0, doc, intention::Act::Say { day, until }.into());
        written.say(of, words("I listen."));
        written.write(other, 5, doc, Action::Words(Words::Thank { of }));
        let seen = |who| written.view::<intention::Intentions>(doc, who, BEGIN.plus(60));
        [one, other].map(|who| shape(&seen(who)))
    });
}
