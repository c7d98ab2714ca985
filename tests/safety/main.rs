//! One test per safety rule that this much of the library touches, from outside
//! of it, named after the rule. R13 stands with the frames and the discovery that
//! must keep it; R25's information card is not built yet.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod apart;
mod clock;
mod daily;
mod keeping;
mod kinds;
mod layouts;
mod rules;
mod silence;
mod told;
mod wire;

use amends::Leaving;
use amends::Sharing;
use amends::Topic;
use amends::Who;
use amends::internals::domain::agreement::{Category, Obligor};
use amends::time::DAY;
use amends_tests::phones::{BEGIN, Phone, meet, paired, plain, terms};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The crates that a build of the library brings, with or without the network.
fn dependencies(features: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--locked", "--offline", "-p", "amends", "-e", "normal", "--prefix", "none"])
        .args(features)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next().map(str::to_owned)).collect()
}

#[test]
fn r06_no_sensor_and_r35_no_telemetry_among_the_dependencies() {
    let all = dependencies(&[]);
    assert!(all.contains("automerge") && all.contains("snow"));
    let denied = [
        "gps",
        "location",
        "nokhwa",
        "cpal",
        "arboard",
        "clipboard",
        "bluer",
        "btleplug",
        "screenshots",
        "scrap",
        "rdev",
        "notify-rust",
        "reqwest",
        "hyper",
        "ureq",
        "curl",
        "sentry",
        "opentelemetry",
        "openssl",
        "native-tls",
        "rustls",
        "ring",
    ];
    for crate_ in &all {
        assert!(!denied.iter().any(|name| crate_ == name), "{crate_} is not for this library");
    }
}

#[test]
fn r30_nothing_that_signs_among_the_dependencies() {
    for crate_ in dependencies(&[]) {
        let signs = ["ed25519", "ecdsa", "rsa", "schnorr", "signature", "dsa", "bls"];
        assert!(!signs.iter().any(|name| crate_.starts_with(name)), "{crate_} signs");
    }
}

#[test]
fn r35_without_default_features_there_is_no_network_code() {
    let bare = dependencies(&["--no-default-features"]);
    for network in ["snow", "socket2", "mio", "mdns-sd"] {
        assert!(!bare.contains(network), "{network} is there without the feature net");
    }
    // The library itself names a socket in one folder only.
    for folder in ["domain", "log", "document", "sync", "pairing", "store"] {
        let mut files = vec![root().join("core/src").join(folder)];
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(path).unwrap().map(|file| file.unwrap().path()));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for socket in ["TcpStream", "TcpListener", "UdpSocket", "tokio::net"] {
                assert!(!text.contains(socket), "{} names {socket}", path.display());
            }
        }
    }
}

/// Every name of a field that an app gets to see.
async fn fields(phone: &Phone) -> BTreeSet<String> {
    let mut names = Vec::new();
    let collect = |value: &serde_json::Value, names: &mut Vec<String>| {
        daily::strings(value, names, &mut Vec::new());
    };
    let agreements = phone.space.agreements();
    let views = agreements.list().await.unwrap();
    collect(&serde_json::to_value(phone.space.status().await.unwrap()).unwrap(), &mut names);
    collect(&serde_json::to_value(agreements.now().await.unwrap()).unwrap(), &mut names);
    collect(&serde_json::to_value(phone.space.what_i_share().await.unwrap()).unwrap(), &mut names);
    collect(&serde_json::to_value(phone.space.next_due().await.unwrap()).unwrap(), &mut names);
    for view in &views {
        let history = agreements.history(view.id).await.unwrap();
        collect(&serde_json::to_value(history).unwrap(), &mut names);
    }
    collect(&serde_json::to_value(views).unwrap(), &mut names);
    names.into_iter().collect()
}

async fn lived() -> [Phone; 2] {
    let phones = paired().await;
    let agreements = phones[0].space.agreements();
    agreements.propose(plain("We talk.")).await.unwrap();
    agreements.offer(terms("I say where I am.", Who::Me, Category::Whereabouts)).await.unwrap();
    agreements.keep_draft(None, "mine alone").await.unwrap();
    assert_eq!(meet(&phones[0].space, &phones[1].space).await, [Ok(()), Ok(())]);
    phones
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_no_presence_and_r16_r22_no_score_in_anything_that_an_app_sees() {
    let phones = lived().await;
    let names = fields(&phones[1]).await;
    assert!(names.len() > 40, "{names:?}");
    let denied = [
        "seen_at",
        "last_seen",
        "read_at",
        "delivered",
        "received",
        "synced",
        "online",
        "typing",
        "connected",
        "contact",
        "score",
        "points",
        "streak",
        "rating",
        "level",
        "percent",
        "penalty",
        "reward",
        "stake",
        "rank",
        "device",
        "location",
        "latitude",
    ];
    for name in names {
        assert!(!denied.iter().any(|word| name.contains(word)), "a view has a field {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r01_ending_needs_nobody_and_works_in_the_same_call() {
    let [ana, ben] = lived().await;
    ben.space.shutdown().await;
    for view in ana.space.agreements().list().await.unwrap() {
        let ended = ana.space.agreements().end(view.id).await.unwrap();
        assert!(!ended.in_force() && ended.ended_at.is_some());
    }
    assert_eq!(ana.space.what_i_share().await.unwrap(), vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r08_stop_all_ends_what_a_pause_or_a_clock_that_was_set_back_holds() {
    for clock_set_back in [false, true] {
        let phones = paired().await;
        let [ana, ben] = &phones;
        let own = terms("I say where I am.", Who::Me, Category::Whereabouts);
        let id = ana.space.agreements().propose(own).await.unwrap().id;
        assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
        let shown = ben.space.agreements().show(id).await.unwrap();
        ben.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();
        assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
        ana.clock.set(BEGIN.plus(2 * DAY));
        assert!(ana.space.agreements().show(id).await.unwrap().in_force());
        // It is told on the first of a month.
        ana.clock.set(BEGIN.plus(26 * DAY));
        let reminded = async || {
            let reminders = ana.space.progress().reminders().await.unwrap();
            reminders.iter().any(|reminder| reminder.topics.contains(&Topic::Sharing))
        };
        assert!(reminded().await);
        match clock_set_back {
            true => ana.clock.set(BEGIN.plus(-5 * DAY)),
            false => drop(ana.space.agreements().suspend(id).await.unwrap()),
        }
        let shared = ana.space.what_i_share().await.unwrap();
        assert_eq!(shared.len(), 1);
        assert_ne!(shared[0].sharing, Sharing::InForce);
        // What is paused is not shared now; what cools off again will be.
        assert_eq!(reminded().await, clock_set_back);
        assert_eq!(ana.space.stop_all().await.unwrap(), shared);
        assert_eq!(ana.space.what_i_share().await.unwrap(), vec![]);
        // Nothing brings it back.
        ana.clock.set(BEGIN.plus(2 * DAY));
        drop(ana.space.agreements().resume(id).await);
        assert!(!ana.space.agreements().show(id).await.unwrap().in_force());
        assert_eq!(ana.space.what_i_share().await.unwrap(), vec![]);
        assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
        assert!(!ben.space.agreements().show(id).await.unwrap().in_force());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r15_nothing_that_one_does_deletes_on_the_other_s_phone() {
    let [ana, ben] = lived().await;
    let before = ben.space.agreements().list().await.unwrap().len();
    ana.space.stop_all().await.unwrap();
    ana.space.leave(Leaving::Announced).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    assert!(ben.space.status().await.unwrap().left_at.is_some());
    let views = ben.space.agreements().list().await.unwrap();
    assert_eq!(views.len(), before);
    for view in views {
        assert!(!ben.space.agreements().history(view.id).await.unwrap().is_empty());
    }
    assert_eq!(ben.space.status().await.unwrap().partner.as_deref(), Some("Ana"));
}

#[tokio::test(flavor = "multi_thread")]
async fn r33_a_backdated_yes_cools_off_from_when_it_was_held_here() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let own = terms("I say where I am.", Who::Me, Category::Whereabouts);
    let proposed = ana.space.agreements().propose(own).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    // Ben's clock stands back by almost a day when he says yes.
    ana.clock.set(BEGIN.plus(23 * 3_600));
    let shown = ben.space.agreements().show(proposed.id).await.unwrap();
    ben.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    ana.clock.set(BEGIN.plus(25 * 3_600));
    assert!(!ana.space.agreements().show(proposed.id).await.unwrap().in_force());
    ana.clock.set(BEGIN.plus(47 * 3_600 + 60));
    assert!(ana.space.agreements().show(proposed.id).await.unwrap().in_force());
}

#[tokio::test(flavor = "multi_thread")]
async fn r32_a_clock_set_back_by_more_than_a_day_pauses_what_is_in_force() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let talk = ana.space.agreements().propose(plain("We talk.")).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let shown = ben.space.agreements().show(talk.id).await.unwrap();
    ben.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    assert!(ana.space.agreements().show(talk.id).await.unwrap().in_force());

    ana.clock.set(BEGIN.plus(-2 * 86_400));
    let shown = ana.space.agreements().show(talk.id).await.unwrap();
    assert!(!shown.in_force() && shown.suspended_by_me);
    assert_eq!(ana.space.what_i_share().await.unwrap(), vec![]);
    // Item by item: what she writes now suspends all, and she resumes one.
    ana.space.agreements().propose(plain("Something new.")).await.unwrap();
    ana.clock.set(BEGIN.plus(60));
    assert!(!ana.space.agreements().show(talk.id).await.unwrap().in_force());
    let waits = vec![amends::StatusNotice::WaitsForReconfirmation];
    assert_eq!(ana.space.status().await.unwrap().notices, waits, "she is told why");
    assert!(ana.space.agreements().resume(talk.id).await.unwrap().in_force());
    assert_eq!(ana.space.status().await.unwrap().notices, vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r19_declining_leaves_nothing_but_the_declined_thing() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let asked = ana.space.agreements().propose(plain("Tell me everything.")).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let before = ana.space.status().await.unwrap();
    ben.space.agreements().decline(asked.id, None).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    assert_eq!(ana.space.status().await.unwrap(), before);
    let view = ana.space.agreements().show(asked.id).await.unwrap();
    assert!(view.notices.is_empty() && view.on_table.is_empty() && !view.waits_for_me);
    // Declined means proposed again, or never: a later yes alone does nothing.
    let shown = ben.space.agreements().show(asked.id).await.unwrap();
    let hash = asked.on_table[0].hash;
    assert!(ben.space.agreements().consent(&shown, hash, None).await.is_err());
    let mut same = plain("Tell me everything.");
    same.clauses[0].id = Some(asked.on_table[0].clauses[0].id.clone());
    same.expires_at = Some(asked.on_table[0].expires_at);
    same.review_at = asked.on_table[0].review_at;
    let again = ana.space.agreements().counter(&view, same).await.unwrap();
    assert_eq!(again.on_table[0].hash, hash, "the very same text");
    assert!(again.waits_for_partner);
}

#[test]
fn r24_what_it_is_not_for_stands_where_people_look_first() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let docs = std::fs::read_to_string(root().join("core/src/lib.rs")).unwrap();
    for words in ["afraid", "minors", "monitoring"] {
        assert!(readme.contains(words), "the README does not say {words:?}");
    }
    assert!(docs.contains("not a child, not an"));
    let _typed: fn(amends::id::PersonId) -> Obligor = Obligor::Person;
}
