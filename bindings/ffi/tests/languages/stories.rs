//! The stories of `tests/scenarios` on phones that are written in Kotlin and in Swift.

use super::{bindings, built, program};
use amends_cli::scenario::{Harness, Kind, Story, play};

/// Plays every story on a phone in each language: Ana has the one in this story and the
/// other in the next.
#[tokio::main]
async fn plays(ana: &str, ben: &str) {
    let harness = |language: &str| Harness::start(&program(language)).unwrap();
    let first = harness(ana);
    let second = if ana == ben { first.clone() } else { harness(ben) };
    let mut stories = 0;
    for file in std::fs::read_dir(bindings().join("../tests/scenarios")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let story = Story::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut phones = [Kind::Harness(first.clone()), Kind::Harness(second.clone())];
        if stories % 2 == 1 {
            phones.reverse();
        }
        if let Err(why) = play(&story, phones).await {
            panic!("{} on {ana} and {ben}: {why}", path.display());
        }
        stories += 1;
    }
    assert!(stories >= 45, "only {stories} stories");
}

#[test]
fn every_story_goes_as_told_on_two_phones_in_kotlin() {
    if built("kotlin") {
        plays("kotlin", "kotlin");
    }
}

#[test]
fn every_story_goes_as_told_on_two_phones_in_swift() {
    if built("swift") {
        plays("swift", "swift");
    }
}

#[test]
fn every_story_goes_as_told_between_a_phone_in_swift_and_one_in_kotlin() {
    if built("swift") && built("kotlin") {
        plays("swift", "kotlin");
    }
}

#[test]
fn a_story_that_goes_another_way_fails_in_every_language() {
    let story = r#"{"title": "x", "start": "2026-03-02T18:00:00Z", "steps": [
        {"who": "ana", "does": "propose", "name": "talk", "clauses": ["both: We talk."]},
        {"equal_logs": true}]}"#;
    let story = Story::parse(story).unwrap();
    for language in ["kotlin", "swift"] {
        if !built(language) {
            continue;
        }
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let why = runtime.block_on(async {
            let phone = Kind::Harness(Harness::start(&program(language)).unwrap());
            play(&story, [phone, Kind::Here]).await.unwrap_err()
        });
        assert!(why.contains("step 2") && why.contains("the logs differ"), "{language}: {why}");
    }
}
