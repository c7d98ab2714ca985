//! What is linked: each for a reason that is written down, from one place, under licences that may
//! be, and nothing in what phones get that could speak to anybody but the other phone.

use super::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Licences that may be linked into an app of any licence; MPL-2.0 asks for the changes to its
/// own files only, and there are none.
const LICENCES: [&str; 12] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BlueOak-1.0.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// What no phone gets: another TLS, HTTP, reports to somebody.
const NOT_ON_PHONES: [&str; 12] = [
    "attohttpc",
    "curl",
    "hyper",
    "isahc",
    "native-tls",
    "opentelemetry",
    "openssl-sys",
    "reqwest",
    "ring",
    "rustls",
    "sentry",
    "ureq",
];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Of every part that is needed, one choice is there.
fn may_be_linked(licence: &str) -> bool {
    let choices = |part: &str| {
        let part = part.trim_matches(['(', ')', ' ']).replace('/', " OR ");
        part.split(" OR ").any(|choice| LICENCES.contains(&choice.trim()))
    };
    licence.split(" AND ").all(choices)
}

#[test]
fn a_licence_counts_where_every_part_of_it_leaves_a_choice() {
    for good in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
        assert!(may_be_linked(good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0 AND (GPL-2.0 OR GPL-3.0)"] {
        assert!(!may_be_linked(bad), "{bad}");
    }
}

#[test]
fn every_dependency_has_its_reason_its_licence_and_one_source() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let (mut named, mut sources) = (BTreeSet::new(), BTreeSet::new());
    for package in packages {
        if package["source"].is_null() {
            let outside = package["dependencies"].as_array().unwrap().iter();
            named.extend(outside.filter(|to| !to["source"].is_null()).map(|to| text(to, "name")));
            continue;
        }
        sources.insert(text(package, "source"));
        let (name, licence) = (text(package, "name"), text(package, "license"));
        assert!(may_be_linked(licence), "{name} is under {licence:?}");
    }
    assert!(sources.len() == 1 && sources.iter().all(|source| source.starts_with("registry+")));
    let guide = std::fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let table = guide.split("## What each dependency is for").nth(1).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    let listed: BTreeSet<&str> =
        first.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert_eq!(listed, named, "the table in CONTRIBUTING.md, and what is linked");
}

#[test]
fn r35_phones_get_nothing_that_speaks_to_anybody_else() {
    let metadata = metadata();
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (text(node, "id"), node))
        .collect();
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (text(package, "id"), text(package, "name")))
        .collect();
    let phone = names.iter().find(|(_, name)| **name == "amends-ffi").unwrap().0;
    let (mut waiting, mut linked) = (vec![*phone], BTreeSet::new());
    while let Some(id) = waiting.pop() {
        if !linked.insert(names[id]) {
            continue;
        }
        for to in nodes[id]["deps"].as_array().unwrap() {
            let kinds = to["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                waiting.push(text(to, "pkg"));
            }
        }
    }
    assert!(linked.contains("snow") && linked.contains("rusqlite"), "{linked:?}");
    for banned in NOT_ON_PHONES {
        assert!(!linked.contains(banned), "{banned} is in what phones get");
    }
}
