//! What a command line names by an id: nothing and too little select nothing.

use super::processes::{Two, binary};
use amends::time::Moment;
use amends_cli::args::Cli;
use amends_cli::reference::Reference;
use amends_cli::scenario::{Actor, Kind, pair};
use amends_cli::terminal::Failure;
use clap::CommandFactory;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

/// Every way in which a command names something. `?` is the reference in question, `{…}`
/// what Ana has exactly one of.
const NAMING: [&str; 74] = [
    "agreement show ?",
    "agreement history ?",
    "agreement type ? --text x",
    "agreement propose ? --clause both:x",
    "agreement consent ? --seen x",
    "agreement consent {agreement} --revision ? --seen x",
    "agreement withdraw {agreement} --revision ?",
    "agreement withdraw ?",
    "agreement decline {agreement} --revision ?",
    "agreement decline ?",
    "agreement suspend ?",
    "agreement resume ?",
    "agreement renew ?",
    "agreement end ?",
    "agreement open ?",
    "agreement open {draft} --in ?",
    "agreement draft --text x --id ?",
    "agreement draft --discard ?",
    "promise make x --on 2026-03-04 --agreement ?",
    "promise show ?",
    "promise heads-up ?",
    "promise renegotiate ? --on 2026-03-05",
    "promise accept ?",
    "promise keep-old ?",
    "promise release ?",
    "promise report ? partly",
    "promise comment ? confirmed",
    "promise repair ? --say x",
    "promise repair {promise} --say x --promise ?",
    "promise withdraw-words ? x",
    "promise withdraw-words {promise} ?",
    "promise decline ?",
    "promise retract ?",
    "practice make x --rule FREQ=DAILY;COUNT=2 --agreement ?",
    "practice pause ? --until 2026-03-08T18:00:00Z",
    "openness post feeling x --under ?",
    "openness correct ? x",
    "openness thank ?",
    "openness withdraw ?",
    "journal show ?",
    "journal change ? x",
    "journal copy-out ? x",
    "journal remove ?",
    "checkin answer 1=1 --template ?",
    "checkin seal --template ?",
    "checkin cancel --template ?",
    "checkin take-back --template ?",
    "checkin share-alone --template ?",
    "checkin keep-private --template ?",
    "checkin skip --template ?",
    "checkin thank ?",
    "checkin withdraw ?",
    "checkin drop-template ?",
    "checkin take-on ?",
    "checkin let-go ?",
    "progress --template ?",
    "talk move ? --at 2026-03-08T18:00:00Z",
    "talk accept ?",
    "talk decline ?",
    "talk end ?",
    "talk start ?",
    "talk pause ? --until 2026-03-08T18:00:00Z",
    "talk prepare ? x",
    "talk turns ?",
    "agreement propose --kind statement --clause both:x --about ?",
    "telling tell question x --about ?",
    "telling anew ? x",
    "telling answer ? heard",
    "telling take-back ?",
    "telling take-back {account} --words ?",
    "telling keep account x --id ?",
    "telling keep question x --about ?",
    "telling offer ?",
    "telling discard ?",
];

struct Ana {
    _two: Two,
    phone: Actor,
    now: Moment,
    has: BTreeMap<&'static str, String>,
}

impl Ana {
    /// Ana's phone, with one of everything on it that can be named.
    async fn with_one_of_each() -> Self {
        let two = Two::new();
        let kind = Kind::Processes(binary());
        let phone = Actor { kind: kind.clone(), home: two.ana() };
        let now = Moment::parse("2026-03-02T18:00:00Z").unwrap();
        pair(&phone, &Actor { kind, home: two.ben() }, now).await.unwrap();
        let mut ana = Self { _two: two, phone, now, has: BTreeMap::new() };
        for (name, words) in [
            ("agreement", "agreement propose --clause both:x"),
            ("draft", "agreement draft --text x"),
            ("promise", "promise make x --on 2026-03-03"),
            ("post", "openness post feeling x"),
            ("note", "journal write x"),
            ("template", "checkin template x --item x"),
            ("intention", "checkin intend x"),
            ("talk", "talk propose x --at 2026-03-05T18:00:00Z"),
            ("account", "telling tell account x"),
            ("kept", "telling keep account x"),
        ] {
            let made = ana.act(words, "").await.unwrap();
            ana.has.insert(name, made["id"].as_str().unwrap().to_owned());
        }
        ana
    }

    async fn act(&self, words: &str, reference: &str) -> Result<Value, Failure> {
        let given = |word: &str| match word.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
            Some(name) => self.has[name].clone(),
            None if word == "?" => reference.to_owned(),
            None => word.to_owned(),
        };
        let words: Vec<String> = words.split(' ').map(given).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.phone.act(&words, self.now).await
    }

    /// Everything that this phone shows of what can be named.
    async fn everything(&self) -> Vec<Value> {
        let mut shown = Vec::new();
        for list in [
            "log show",
            "agreement list",
            "agreement draft",
            "promise list --all",
            "openness list",
            "journal search",
            "checkin list",
            "checkin templates",
            "checkin intentions",
            "talk list",
            "telling list",
            "telling drafts",
        ] {
            shown.push(self.act(list, "").await.unwrap());
        }
        shown
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_reference_is_refused_by_every_command_and_changes_nothing() {
    let ana = Ana::with_one_of_each().await;
    let before = ana.everything().await;
    let mut wrong = Vec::new();
    for words in NAMING {
        match ana.act(words, "").await {
            Err(failure) if failure.code == "ReferenceEmpty" => {
                let list = failure.text.split('`').nth(1).unwrap().split(' ');
                amends_cli::parse(list.map(OsString::from)).expect("what is advised can be said");
            }
            Err(failure) => wrong.push(format!("{words}: {}", failure.code)),
            Ok(_) => wrong.push(format!("{words}: DONE")),
        }
    }
    let file = ana.phone.home.join("document");
    let export = format!("log export ? {}", file.display());
    assert_eq!(ana.act(&export, "").await.unwrap_err().code, "ReferenceEmpty");
    assert!(!file.exists());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ana.everything().await == before, "something has changed");
}

/// The arguments of a command and those below it that name something.
fn naming(command: &clap::Command, path: &str, found: &mut BTreeSet<String>) {
    let reference = std::any::TypeId::of::<Reference>();
    let named = command.get_arguments().filter(|arg| arg.get_value_parser().type_id() == reference);
    found.extend(named.map(|arg| format!("{path} {}", arg.get_id())));
    for below in command.get_subcommands() {
        naming(below, format!("{path} {}", below.get_name()).trim_start(), found);
    }
}

#[test]
fn every_argument_that_names_something_is_tried_empty() {
    let mut all = BTreeSet::new();
    naming(&Cli::command(), "", &mut all);
    let mut tried = BTreeSet::new();
    for words in NAMING {
        let words = words.split(' ').map(|word| if word == "?" { "" } else { word });
        let line = ["amends"].into_iter().chain(words).map(OsString::from);
        let mut matches = Cli::command().try_get_matches_from(line).unwrap();
        let mut path = Vec::new();
        while let Some((name, below)) = matches.remove_subcommand() {
            path.push(name);
            matches = below;
        }
        for id in matches.ids() {
            let given = matches.try_get_one::<Reference>(id.as_str()).ok().flatten();
            if given == Some(&Reference::from(String::new())) {
                tried.insert(format!("{} {id}", path.join(" ")));
            }
        }
    }
    // It writes a file, and is tried on its own.
    tried.insert("log export id".to_owned());
    assert_eq!(all, tried);
}

/// Makes things until two of them begin with the same character.
async fn collide(ana: &Ana, make: &str) -> String {
    let mut begun = BTreeSet::new();
    loop {
        let made = ana.act(make, "").await.unwrap();
        let first = made["id"].as_str().unwrap()[..1].to_owned();
        if !begun.insert(first.clone()) {
            return first;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_two_things_fit_removes_and_ends_neither() {
    let ana = Ana::with_one_of_each().await;
    for (make, destroy) in [
        ("journal write x", "journal remove ?"),
        ("agreement draft --text x", "agreement draft --discard ?"),
        ("agreement propose --clause both:x", "agreement end ?"),
        ("openness post feeling x", "openness withdraw ?"),
    ] {
        let shared = collide(&ana, make).await;
        let before = ana.everything().await;
        let failure = ana.act(destroy, &shared).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.code.as_str()),
            ("usage", "ReferenceAmbiguous"),
            "{destroy}"
        );
        assert!(ana.everything().await == before, "{destroy} has changed something");
    }
}
