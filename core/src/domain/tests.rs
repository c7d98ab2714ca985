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
