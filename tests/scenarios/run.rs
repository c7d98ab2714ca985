//! Every story, in this process. As processes of the harness they run in
//! `two_phones`.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use amends_cli::scenario::{Kind, Story, play};
use std::collections::BTreeSet;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn every_story_goes_as_told_in_one_process() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut shown = BTreeSet::new();
    let mut stories = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let story = Story::parse(&std::fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        shown.extend(story.shows.clone());
        stories += 1;
        if let Err(why) = play(&story, [Kind::Here, Kind::Here]).await {
            panic!("{}: {why}", path.display());
        }
    }
    assert!(stories >= 45, "only {stories} stories");
    for conflict in [
        "K1", "K1b", "K2", "K3", "K4", "K5", "K6", "K7", "K8", "K9", "K10", "K11", "K12", "K12b",
        "K13", "K14", "K15", "K16", "K17", "K18", "K19", "K20", "K21", "K22",
    ] {
        assert!(shown.contains(conflict), "no story shows {conflict}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_that_goes_another_way_names_the_step() {
    let story = r#"{"title": "x", "start": "2026-03-02T18:00:00Z", "steps": [
        {"who": "ana", "does": "propose", "name": "talk", "clauses": ["both: We talk."]},
        {"note": "wrong", "who": "ana", "name": "talk", "sees": {"state": "active"}}]}"#;
    let why = play(&Story::parse(story).unwrap(), [Kind::Here, Kind::Here]).await.unwrap_err();
    assert!(why.contains("step 2 (wrong)") && why.contains("proposed"), "{why}");
    for bad in [
        "{",
        r#"{"title": "x", "start": "soon", "steps": []}"#,
        r#"{"title": "x", "start": "2026-03-02T18:00:00Z", "steps": [{"dose": "end"}]}"#,
        "{\"title\": \"\\ud800\", \"start\": \"2026-03-02T18:00:00Z\", \"steps\": []}",
    ] {
        assert!(Story::parse(bad).is_err(), "{bad}");
    }
    assert!(Story::parse(&" ".repeat(1_000_001)).is_err());
}
