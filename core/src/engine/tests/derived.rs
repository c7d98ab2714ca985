//! What is derived of the records, and what a check says of it.

use super::*;
use crate::cbor::Value;
use crate::document::{Document, RULE};

/// A snapshot of these posts as they are, or with another record in place of the last.
fn keep_snapshot(phone: &mut Phone, doc: DocId, other: bool) {
    let home = phone.home();
    let mut touches = phone.engine.new_touches(&home, doc, &Default::default(), 99).unwrap();
    if other {
        let (_, record) = &mut touches.last_mut().unwrap().records[0];
        *record = record.clone().with(vec![("more".to_owned(), Value::from("another"))]);
    }
    let mut document = Document::new().unwrap();
    // Not of the last one: what came after a snapshot is derived from there.
    touches.iter().take(3).for_each(|touch| document.apply(touch).unwrap());
    if other {
        document.apply(touches.last().unwrap()).unwrap();
    }
    let db = phone.engine.db().unwrap();
    let row = db.document(doc).unwrap().unwrap();
    db.put_snapshot(&row, RULE, document.len() as u64, &document.save()).unwrap();
    phone.engine.forget();
}

#[test]
fn a_check_finds_a_snapshot_that_loads_and_is_not_what_the_records_derive_to() {
    let [mut ana, _] = Phone::pair();
    (0..4).for_each(|_| {
        ana.tell(DAY);
    });
    let doc = ledger(ana.home().pair.id, ANA, Month::of(BEGIN));
    let findings = |ana: &mut Phone, snapshot: Option<bool>| {
        if let Some(other) = snapshot {
            keep_snapshot(ana, doc, other);
        }
        let report = ana.engine.doctor().unwrap();
        report.findings.into_iter().map(|finding| finding.what).collect::<Vec<_>>()
    };
    assert!(findings(&mut ana, None).is_empty() && findings(&mut ana, Some(false)).is_empty());
    assert_eq!(
        findings(&mut ana, Some(true)),
        [
            format!("pair.db: the snapshot of document {doc}"),
            format!("document {doc} is not what its records derive to"),
        ]
    );
    ana.engine.rebuild().unwrap();
    assert!(findings(&mut ana, None).is_empty());
}
