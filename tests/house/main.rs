//! The house itself: who imports whom, that a citation leads somewhere, that a file can be
//! held in the head, and what the crate shows to its users.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod dependencies;
mod surface;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each room of `core/src` may import; a room that is not named here is a mistake.
const MAY_IMPORT: [(&str, &str); 20] = [
    ("time", ""),
    ("limits", "time"),
    ("file", ""),
    ("cbor", "limits"),
    ("id", "cbor"),
    ("text", "limits"),
    ("host", "time"),
    ("log", "cbor id limits time"),
    ("domain", "cbor id limits text time"),
    ("document", "cbor id limits text"),
    ("sync", "cbor id limits log"),
    ("pairing", "cbor host id limits log text time"),
    ("store", "cbor file host id limits log time"),
    ("net", "host id limits pairing sync time"),
    ("error", "document domain host net pairing store text"),
    ("foreign", "domain error id net pairing store time"),
    ("backup", "cbor id limits log sync time"),
    (
        "engine",
        "backup cbor document domain error file host id limits log pairing store sync text time",
    ),
    ("exchange", "domain engine error file host id limits net pairing sync time"),
    (
        "space",
        "backup cbor domain engine error exchange host id limits net pairing store sync text time",
    ),
];

/// The longest a file may be; and where its head says why it is one thought.
const LINES: (usize, usize) = (600, 800);
const WHY: &str = "One file: ";

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every file below `folder` that ends so, build output apart.
pub fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let hidden = name.starts_with('.');
            if path.is_dir() && !hidden && !["target", "build", "Generated"].contains(&&*name) {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What stands before the tests of a file.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    text.split("\n#[cfg(test)]\nmod tests {").next().unwrap().to_owned()
}

fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let source = root().join("core/src");
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in files(&source, &[".rs"]) {
        let inside = path.strip_prefix(&source).unwrap().to_string_lossy().into_owned();
        let tests = ["tests.rs", "testing.rs"].iter().any(|name| inside.ends_with(name));
        let room = inside.split(['/', '.']).next().unwrap().to_owned();
        if tests || room == "lib" {
            continue;
        }
        let text = code(&path);
        let deep = inside.trim_end_matches("/mod.rs").matches('/').count() + 1;
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in lines {
            // As many steps up as a file is deep lead to the other rooms.
            let up = "super::".repeat(deep);
            let several = ["crate::{", &format!("{up}{{")].iter().any(|many| line.contains(many));
            assert!(!several, "{inside}: one import a line, so that all are seen");
            for after in line.split("crate::").skip(1).chain(line.split(&up).skip(1)) {
                let name = |c: char| !(c.is_ascii_lowercase() || c == '_');
                let other = after.split(name).next().unwrap();
                if other != room && MAY_IMPORT.iter().any(|(known, _)| *known == other) {
                    imports.entry(room.clone()).or_default().insert(other.to_owned());
                }
            }
        }
        imports.entry(room).or_default();
    }
    imports
}

#[test]
fn imports_go_down_only() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        MAY_IMPORT.iter().map(|(room, of)| (*room, of.split_whitespace().collect())).collect();
    for (room, imported) in imports() {
        let allowed = allowed.get(&*room).unwrap_or_else(|| panic!("nobody knows core/src/{room}"));
        for other in imported {
            assert!(allowed.contains(&*other), "{room} imports {other}: that goes up");
        }
    }
    // And what is allowed has no circle: nothing is left when what imports nothing more goes.
    let mut left = allowed;
    loop {
        let done: Vec<&str> =
            left.iter().filter(|(_, of)| of.is_empty()).map(|(room, _)| *room).collect();
        if done.is_empty() {
            break;
        }
        left.retain(|room, _| !done.contains(room));
        left.values_mut().for_each(|of| of.retain(|other| !done.contains(other)));
    }
    assert!(left.is_empty(), "a circle: {left:?}");
}

/// Nothing that talks to the other phone can name the vault (R9).
#[test]
fn r09_the_vault_is_named_by_the_space_and_the_engine_only() {
    let source = root().join("core/src");
    let mut named = BTreeSet::new();
    for path in files(&source, &[".rs"]) {
        let inside = path.strip_prefix(&source).unwrap().to_string_lossy().into_owned();
        let room = inside.split(['/', '.']).next().unwrap().to_owned();
        let text = code(&path).to_lowercase();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        if lines.flat_map(|line| line.split(|c: char| !c.is_alphanumeric())).any(|w| w == "vault") {
            named.insert(room);
        }
    }
    // The limits say how much it may hold.
    let allowed = ["engine", "limits", "space", "store"].map(str::to_owned);
    assert_eq!(named, BTreeSet::from(allowed));

    // Nor call what opens it for somebody else.
    let mut opens = BTreeSet::new();
    for path in files(&source.join("engine"), &[".rs"]) {
        let text = code(&path);
        for function in text.split("fn ").skip(1).filter(|body| body.contains(".vault()")) {
            let name = function.split(|c: char| !(c.is_alphanumeric() || c == '_')).next();
            opens.extend(name.map(|name| format!(".{name}(")));
        }
    }
    assert!(opens.contains(".private_answers("), "{opens:?}");
    for path in files(&source.join("exchange"), &[".rs"]) {
        let text = code(&path);
        let called = opens.iter().find(|name| text.contains(*name));
        assert_eq!(called, None, "in {}", path.display());
    }
}

#[test]
fn no_file_is_longer_than_can_be_held_in_the_head() {
    for path in files(&root(), &[".rs", ".kt", ".swift"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        let why = text.lines().take(40).any(|line| line.contains(WHY));
        let most = if why { LINES.1 } else { LINES.0 };
        assert!(lines <= most, "{} has {lines} lines; {most} at most", path.display());
    }
}

/// The ids that a text cites: a letter of a list, a number, and perhaps a `b`.
fn cited(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    for word in words {
        let (first, rest) = word.split_at(usize::from(!word.is_empty()));
        let number = rest.strip_suffix('b').unwrap_or(rest).trim_end_matches(':');
        let id = "FRIKT".contains(first) && !first.is_empty();
        if id
            && !number.is_empty()
            && number.len() <= 3
            && number.bytes().all(|b| b.is_ascii_digit())
        {
            found.insert(word.trim_end_matches(':').to_owned());
        }
    }
    found
}

/// The ids that the names of tests begin with: `r05_…`, `k12b_k13_…`; `inv4_…` is the log
/// invariant 4.
fn held(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for name in text.split("fn ").skip(1) {
        for part in name.split(['_', '(']) {
            let (list, number) = match part.strip_prefix("inv") {
                Some(number) => ("inv", number),
                None if part.is_ascii() && !part.is_empty() => part.split_at(1),
                None => break,
            };
            let digits = number.strip_suffix('b').unwrap_or(number);
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if !is_number || !["f", "r", "i", "k", "t", "inv"].contains(&list) {
                break;
            }
            found.insert(match list {
                "inv" => format!("Log invariant {number}"),
                // Features are listed with both digits.
                "f" => format!("F{number}"),
                list => format!("{}{}", list.to_uppercase(), number.trim_start_matches('0')),
            });
        }
    }
    found
}

#[test]
fn every_id_that_is_cited_has_its_text_in_the_rules() {
    let rules = std::fs::read_to_string(root().join("core/RULES.md")).unwrap();
    let told: BTreeSet<String> = rules
        .lines()
        .filter_map(|line| line.strip_prefix("| ").or(line.strip_prefix("- **")))
        .filter_map(|line| match line.strip_prefix("Log invariant ") {
            Some(of) => Some(&line[..line.len() - of.len() + of.find(' ')?]),
            None => line.split([' ', '*']).next(),
        })
        .map(|id| id.trim_end_matches('*'))
        .map(str::to_owned)
        .collect();
    let mut cites = 0;
    for path in files(&root(), &[".rs", ".kt", ".swift", ".json", ".md"]) {
        let inside = path.strip_prefix(root()).unwrap().to_owned();
        if inside.starts_with("tests/vectors") || inside.starts_with("tests/fuzz") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for id in cited(&text).into_iter().chain(held(&text)) {
            cites += 1;
            assert!(told.contains(&id), "{} cites {id}: RULES.md has no such id", inside.display());
        }
    }
    assert!(cites > 200, "only {cites} citations were found");
    // Sections of another document lead nowhere.
    for path in files(&root().join("core/src"), &[".rs"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let lost = text.lines().find(|line| line.contains('§') && !line.contains("RFC"));
        let lost = lost.filter(|line| !line.contains("§10.1"));
        assert_eq!(lost, None, "in {}", path.display());
    }
}

/// The compiler never reads a file that no module names: it may be anything.
#[test]
fn every_file_is_named_by_a_module() {
    for folder in ["core/src", "core/seal/src", "core/face/src", "bindings", "examples/cli/src"] {
        for path in files(&root().join(folder), &[".rs"]) {
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            let here = path.parent().unwrap();
            let (name, place) = match &*stem {
                "lib" | "main" | "build" => continue,
                "mod" => {
                    (here.file_name().unwrap().to_string_lossy().into(), here.parent().unwrap())
                }
                _ => (stem, here),
            };
            let mut above = files(place, &[".rs"]);
            above.retain(|file| file.parent() == Some(place) && *file != path);
            above.push(place.with_extension("rs"));
            let names = |file: &PathBuf| {
                let text = std::fs::read_to_string(file).unwrap_or_default();
                [";", " {"].iter().any(|end| text.contains(&format!("mod {name}{end}")))
            };
            assert!(above.iter().any(names), "{} is named by no module", path.display());
        }
    }
}

/// A claim that nothing holds is worse than none.
#[test]
fn each_test_that_a_claim_of_security_names_is_there() {
    let text = std::fs::read_to_string(root().join("core/SECURITY.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| they"));
    let mut tests = BTreeSet::new();
    for path in files(&root(), &[".rs"]) {
        let source = std::fs::read_to_string(path).unwrap();
        let names = source.lines().filter_map(|line| line.split_once("fn ")?.1.split_once('('));
        tests.extend(names.map(|(name, _)| name.to_owned()));
    }
    let mut claims = 0;
    for row in rows {
        let held = row.trim_end_matches(" |").rsplit_once(" | ").unwrap().1;
        let named: Vec<&str> = held.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "nothing holds this: {row}");
        let missing = named.iter().find(|name| !tests.contains(**name));
        assert_eq!(missing, None, "{row}");
        claims += 1;
    }
    assert!(claims > 20, "only {claims} claims were found");
}
