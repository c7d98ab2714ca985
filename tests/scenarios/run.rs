//! Every story, in this process. As processes of the harness they run in
//! `two_phones`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use amends_cli::scenario::{Kind, Story, play};
use serde_json::{Value, json};
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
    let unnamed = json!({"does": "openness post", "with": ["day", "x", "--under", "{nobody}"]});
    let story = Story::parse(&with_step(&unnamed)).unwrap();
    let why = play(&story, [Kind::Here, Kind::Here]).await.unwrap_err();
    assert!(why.contains("nothing is called \"nobody\""), "{why}");
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

/// A story in which Ana proposes something, and then does this.
fn with_step(step: &Value) -> String {
    let mut step = step.clone();
    step["who"] = json!("ana");
    let propose = json!({"who": "ana", "does": "propose", "name": "talk", "clauses": ["both: x"]});
    json!({"title": "x", "start": "2026-03-02T18:00:00Z", "steps": [propose, step]}).to_string()
}

/// Whoever plays a story got it from somebody. These are not played even by this test: they
/// would clear what they name.
#[test]
fn a_copy_of_a_disk_has_a_name_and_not_a_path() {
    for name in ["/home", "..", ".", "", "a/../../b", "../ben", "a/b", "a\\b", "C:", "a\0"] {
        for field in ["backs_up", "restores"] {
            let why = Story::parse(&with_step(&json!({field: name}))).unwrap_err();
            assert!(why.contains("step 2") && why.contains("a copy"), "{field} {name:?}: {why}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_acts_on_no_other_home() {
    let elsewhere = "/nowhere/at/all";
    let home = format!("--home={elsewhere}");
    for step in [
        json!({"does": "journal write", "with": ["x", "--home", elsewhere]}),
        json!({"does": "journal write", "with": ["x", home]}),
        json!({"does": "end", "name": "talk", "with": [home]}),
        json!({"does": "propose", "clauses": ["both: x"], "with": [home]}),
        json!({"looks": "openness list", "with": [home]}),
    ] {
        let story = Story::parse(&with_step(&step)).unwrap();
        let why = play(&story, [Kind::Here, Kind::Here]).await.expect_err(&step.to_string());
        assert!(why.contains("step 2") && why.contains("its own home"), "{step}: {why}");
    }
}

#[test]
fn a_length_of_time_that_is_none_is_found_before_the_story_is_played() {
    for wrong in ["", "d", "7", "7w", "1.5h", "9223372036854775807d", "7é", "é", "--7d"] {
        for field in ["wait", "clock"] {
            let story = json!({"title": "x", "start": "2026-03-02T18:00:00Z", "steps": [
                {"who": "ana", "does": "stop_all", field: wrong}]});
            let why = Story::parse(&story.to_string()).unwrap_err();
            assert!(why.contains("no length of time"), "{field} {wrong:?}: {why}");
        }
    }
}
