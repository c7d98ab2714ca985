//! The consent fold against recorded answers of an independent, executable form
//! of its definition (a direct transcription of rules (a)–(d), recursive and
//! about cubic). Each line of the file is one random history of two people, some
//! with two phones each, and what that program said of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amends::internals::domain::consent::{Kind, Operation, fold};
use amends::internals::domain::pair::Side;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect()
}

struct History {
    operations: Vec<Operation>,
    parents: Vec<Vec<usize>>,
    in_force: Vec<usize>,
    ratified: Vec<usize>,
}

fn read(line: &str) -> History {
    let line: Value = serde_json::from_str(line).unwrap();
    let mut parents: Vec<Vec<usize>> = Vec::new();
    let operations = line["ops"].as_array().unwrap().iter().map(|op| {
        let revision = op[3].as_u64().unwrap() as usize;
        if parents.len() <= revision {
            parents.resize(revision + 1, Vec::new());
        }
        let kind = match op[2].as_str().unwrap() {
            "P" => Kind::Propose,
            "C" => Kind::Consent,
            "W" => Kind::Withdraw { cooling: false },
            other => panic!("unknown operation {other}"),
        };
        if kind == Kind::Propose {
            parents[revision].extend(numbers(&op[5]));
        }
        Operation {
            person: Side::BOTH[op[0].as_u64().unwrap() as usize],
            lane: op[1].as_u64().unwrap() as usize,
            kind,
            revision,
            past: numbers(&op[4]),
        }
    });
    let operations = operations.collect();
    let (in_force, ratified) = (numbers(&line["in_force"]), numbers(&line["ratified"]));
    History { operations, parents, in_force, ratified }
}

#[test]
fn the_consent_fold_equals_the_reference_on_every_recorded_history() {
    let text = include_str!("../vectors/consent-histories.jsonl");
    let mut histories = 0;
    let mut agreed = 0;
    for (number, line) in text.lines().enumerate() {
        let history = read(line);
        let outcome = fold(&history.operations, &history.parents);
        let ratified: Vec<usize> = outcome.ratified.iter().collect();
        assert_eq!(ratified, history.ratified, "ratified in history {number}: {line}");
        assert_eq!(outcome.newest, history.in_force, "in force in history {number}: {line}");
        // I17: at most one newest ratified revision.
        assert!(outcome.newest.len() <= 1, "history {number}");
        histories += 1;
        agreed += usize::from(!history.in_force.is_empty());
    }
    assert!(histories >= 2_000, "only {histories} histories");
    assert!(agreed >= 500, "too few histories reach an agreement: {agreed}");
}
