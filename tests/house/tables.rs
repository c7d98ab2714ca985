//! Tables of the documents that follow from the code, written from it and compared with it.

use crate::{cited, files, held, root};
use amends::internals::domain::action::kinds;
use amends::internals::domain::capability::{By, Class, Kind, Words};
use amends::internals::domain::shared::{About, Description, Form, Holds, Part, Reply, Takes};
use amends::internals::domain::words::Stub;
use amends::time::DAY;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Puts a table between its two marks, where that is asked for; says whether it stands there.
fn stands(file: &str, mark: &str, table: &str) {
    let path = root().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- end of {mark} -->"));
    let (before, rest) = text.split_once(&begin).expect("the table's first mark");
    let (there, after) = rest.split_once(&end).expect("the table's last mark");
    if std::env::var_os("AMENDS_UPDATE_SURFACE").is_some() {
        std::fs::write(&path, format!("{before}{begin}{table}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(there, table, "{file}: AMENDS_UPDATE_SURFACE=1 writes the table {mark} anew");
}

fn list<T>(all: &[T], each: impl Fn(&T) -> String) -> String {
    all.iter().map(each).collect::<Vec<_>>().join(", ")
}

fn part(part: &Part) -> String {
    let holds = match part.holds {
        Holds::Text => "tstr",
        Holds::Texts => "[tstr]",
        Holds::Names => "[name]",
        Holds::Codes(_) => "[word]",
        Holds::Code(_) => "word",
        Holds::Day => "date",
    };
    let may = if part.required { "" } else { "? " };
    format!("{may}`{}`: {holds}", part.section.code())
}

fn reply(reply: &Reply) -> String {
    let takes = match reply.takes() {
        Takes::Nothing => "",
        Takes::Words => " (? body)",
        Takes::OnlyWords => " (body)",
        Takes::Until => " (? `to`)",
    };
    let by = match reply.by() {
        By::Maker => " by its maker",
        By::Other => "",
        By::Each => " by either",
    };
    format!("`{}`{takes}{by}", reply.code())
}

fn row(form: &Form) -> String {
    let described: &Description = form.described();
    let mut parts = vec![list(described.parts, part)];
    if described.wish {
        parts.insert(0, "`wish`".to_owned());
    }
    if described.role {
        parts.insert(0, "`role`".to_owned());
    }
    let named = |forms: &[Form]| list(forms, |form| format!("`{}`", form.code()));
    let about = match described.about {
        About::Nothing => String::new(),
        About::May(forms) => format!("? {}", named(forms)),
        About::Must(forms) => named(forms),
    };
    let single = if described.single { "; one of each person" } else { "" };
    let days = |seconds: i64| format!("{} days", seconds / DAY);
    let kept = described.keeps.map_or("the pair's life".to_owned(), days);
    let stub = match described.stub {
        Stub::Week => "a week",
        Stub::Lasting => "the pair's life",
    };
    let waits = match (described.open, described.lapses) {
        (Some(open), Some(lapses)) => format!("{open}, for {}", days(lapses)),
        (Some(open), None) => open.to_string(),
        _ => String::new(),
    };
    let replies = list(described.replies, reply);
    format!(
        "| `{}` | {} | {about}{single} | {replies} | {kept} | {stub} | {waits} |\n",
        form.code(),
        parts.join(", "),
    )
}

#[test]
fn the_forms_of_the_protocol_are_those_of_the_code() {
    let head = "\n| form | parts of a telling | about | answers | words kept | stub | waiting at once |\n\
                |---|---|---|---|---|---|---|\n";
    let rows: String = Form::ALL.iter().map(row).collect();
    stands("core/PROTOCOL.md", "forms", &format!("{head}{rows}\n"));
}

/// Which files cite an id, and which tests and stories name it.
#[derive(Default)]
struct Place {
    lives: BTreeSet<String>,
    tests: BTreeSet<String>,
}

/// An id as it is listed: features have two digits, the others as many as they need.
fn listed(id: &str) -> String {
    let (list, number) = id.split_at(1);
    match list {
        "F" => format!("F{number:0>2}"),
        _ => format!("{list}{}", number.trim_start_matches('0')),
    }
}

fn places() -> BTreeMap<String, Place> {
    let mut places: BTreeMap<String, Place> = BTreeMap::new();
    let name = |path: &Path| path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
    for path in files(&root().join("core/src"), &[".rs"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let room = name(path.parent().unwrap()).replace("core/src/", "").replace("core/src", ".");
        // What stands in a test says nothing of where a rule lives.
        let code = text.split("#[cfg(test)]").next().unwrap();
        if !path.ends_with("tests.rs") {
            for id in cited(code) {
                places.entry(listed(&id)).or_default().lives.insert(room.clone());
            }
        }
    }
    let mut suites = files(&root().join("core/src"), &[".rs"]);
    suites.extend(files(&root().join("tests"), &[".rs"]));
    suites.extend(files(&root().join("bindings"), &[".rs", ".kt", ".swift"]));
    for path in suites {
        let text = std::fs::read_to_string(&path).unwrap();
        for id in held(&text) {
            let place = places.entry(listed(&id)).or_default();
            place.tests.insert(name(&path).replace("core/src/", ""));
        }
    }
    for path in files(&root().join("tests/scenarios"), &[".json"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let story: serde_json::Value = serde_json::from_str(&text).unwrap();
        for id in story["shows"].as_array().into_iter().flatten() {
            let place = places.entry(listed(id.as_str().unwrap())).or_default();
            place.tests.insert(path.file_stem().unwrap().to_string_lossy().into_owned());
        }
    }
    places
}

/// The lists whose ids are things to be built and tested: features, rules, invariants and
/// conflicts. Of many tests the first three are named.
#[test]
fn every_rule_says_where_it_lives_and_what_tests_it() {
    let rules = std::fs::read_to_string(root().join("core/RULES.md")).unwrap();
    let rules = rules.split("<!-- where each rule lives -->").next().unwrap();
    let heads = rules.lines().filter_map(|line| {
        let id = line.strip_prefix("| ").or(line.strip_prefix("- **"))?;
        let id = id.split([' ', '*']).next()?;
        let (list, number) = id.split_at_checked(1)?;
        let known = ["F", "R", "I", "K"].contains(&list)
            && number.starts_with(|c: char| c.is_ascii_digit());
        known.then(|| (id.to_owned(), line.trim_end_matches('|').trim_end().ends_with("| yes")))
    });
    let all: BTreeMap<(char, String), bool> = heads
        .map(|(id, yes)| ((id.chars().next().unwrap(), format!("{:0>4}", &id[1..])), yes))
        .collect();
    let places = places();
    let mut rows = String::new();
    let mut untested = Vec::new();
    for ((list, number), built) in &all {
        let id = listed(&format!("{list}{}", number.trim_start_matches('0')));
        let none = Place::default();
        let place = places.get(&id).unwrap_or(&none);
        let mut tests: Vec<&str> = place.tests.iter().map(String::as_str).take(3).collect();
        if place.tests.len() > 3 {
            tests.push("…");
        }
        let lives: Vec<&str> = place.lives.iter().map(String::as_str).collect();
        rows.push_str(&format!("| {id} | {} | {} |\n", lives.join(", "), tests.join(", ")));
        let heart = *list == 'F' && number.as_str() <= "0036";
        if heart && *built && place.tests.is_empty() {
            untested.push(id);
        }
    }
    assert!(all.len() > 150, "only {} ids were found", all.len());
    assert_eq!(untested, Vec::<String>::new(), "built, and no test names it");
    let head = "\n| id | lives in (`core/src`) | tests and stories that name it |\n|---|---|---|\n";
    stands("core/RULES.md", "where each rule lives", &format!("{head}{rows}\n"));
}

fn kind(kind: &Kind) -> String {
    let by = match kind.by {
        By::Maker if kind.class == Class::Ledger => "the ledger's owner",
        By::Maker => "the document's maker",
        By::Other => "the other",
        By::Each => "each",
    };
    let words = match kind.words {
        Words::Never => "",
        Words::Sometimes => "may",
        Words::Always => "must",
    };
    let back = if kind.takes_back { "yes" } else { "" };
    let key = |key: &&str| match key.strip_suffix('?') {
        Some(key) => format!("? `{key}`"),
        None => format!("`{key}`"),
    };
    let keys = list(kind.fields, key);
    let most = kind.most.map(|most| format!("{} per {}", most.count, most.per));
    let form = kind.name.split('.').next().and_then(Form::from_code);
    let ends = kind.words != Words::Never
        && kind.fields.iter().any(|key| key.starts_with("until"))
        && form.is_none_or(|form| form.described().keeps.is_some());
    let kept = if ends { format!("{} days", kind.keeps / DAY) } else { String::new() };
    let cells = [
        &format!("`{}`", kind.name),
        kind.class.name(),
        by,
        &keys,
        words,
        &kept,
        kind.merge.code(),
        &most.unwrap_or_default(),
        back,
        kind.veiled.unwrap_or(""),
    ];
    format!("| {} |\n", cells.join(" | "))
}

#[test]
fn the_kinds_of_the_protocol_are_those_of_the_code() {
    let head = "\n| kind | what begins with it | who may write it | keys | body | words end within | merge | counted | only takes back | listed to the other as |\n\
                |---|---|---|---|---|---|---|---|---|---|\n";
    let rows: String = kinds().map(kind).collect();
    stands("core/PROTOCOL.md", "kinds", &format!("{head}{rows}\n"));
}
