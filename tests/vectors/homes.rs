//! Homes that earlier versions wrote, see `homes/README.md`: opened, checked, looked at.

use amends::host::FixedClock;
use amends::id::DocId;
use amends::{Section, Space};
use amends_tests::phones::{BEGIN, copy_of, host};
use serde_json::{Value as Json, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

/// Whether all that was shown then is shown now. A view may say more than it did.
fn shows(now: &Json, then: &Json) -> bool {
    match (now, then) {
        (Json::Object(now), Json::Object(then)) => {
            then.iter().all(|(key, then)| now.get(key).is_some_and(|now| shows(now, then)))
        }
        (Json::Array(now), Json::Array(then)) => {
            now.len() == then.len() && now.iter().zip(then).all(|(now, then)| shows(now, then))
        }
        (now, then) => now == then,
    }
}

#[tokio::test]
async fn a_home_of_deriving_rule_1_shows_the_same_and_its_documents_are_derived_again() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/homes/rule-1");
    let home = copy_of(&kept);
    // A checkout does not keep who may read it.
    let keys = home.path().join("keys");
    std::fs::set_permissions(keys, std::fs::Permissions::from_mode(0o600)).unwrap();
    let clock = Arc::new(FixedClock::new(BEGIN));
    let ana = Space::open(home.path(), host(home.path(), clock, None)).unwrap();
    let expected: Json =
        serde_json::from_str(&std::fs::read_to_string(kept.join("expected.json")).unwrap())
            .unwrap();
    assert!(shows(&json!(ana.agreements().list().await.unwrap()), &expected["agreements"]));
    assert!(shows(&json!(ana.openness().list().await.unwrap()), &expected["posts"]));
    // Of the account, which had another view then, every word is there.
    let told = ana.shared().list(None).await.unwrap();
    let account = &expected["accounts"][0];
    assert_eq!(json!(told[0].id), account["id"]);
    assert_eq!(json!(told[0].tellings[0].id), account["tellings"][0]["id"]);
    assert_eq!(json!(told[0].part(Section::Text)), json!([account["text"]]));
    assert!(shows(&json!(ana.hearing().talks().await.unwrap()), &expected["talks"]));
    assert_eq!(json!(ana.log_lengths().await.unwrap()), expected["log_lengths"]);
    let agreement: DocId = expected["agreements"][0]["id"].as_str().unwrap().parse().unwrap();
    let heads = ana.document_heads(agreement).await.unwrap();
    assert_eq!(json!(heads), expected["agreement_heads"], "known kinds look as before");
    // A newer app of the partner's wrote 80 records of a kind that nobody here knows: rule 1
    // kept them as bytes, and a snapshot of that.
    let newer: DocId = expected["newer"].as_str().unwrap().parse().unwrap();
    let exported = ana.export_document(newer).await.unwrap();
    assert_eq!(exported.records.len(), 80);
    assert!(exported.records.values().all(|record| record["colour"] == "blue"));
    assert_ne!(json!(exported.heads), expected["newer_heads_of_rule_1"]);
    let report = ana.doctor().await.unwrap();
    assert_eq!(report.findings, [], "what is kept is what the logs derive to");
    ana.shutdown().await;
}
