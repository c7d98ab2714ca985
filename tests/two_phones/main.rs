//! The harness as processes: real command lines, real homes, real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod backups;
#[path = "../processes/mod.rs"]
mod processes;
mod references;

use amends_cli::scenario::{Kind, Story, play};
use processes::{Running, Two, binary, command, json, root, run};
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn every_story_goes_as_told_with_a_process_for_every_act() {
    let mut stories = 0;
    for file in std::fs::read_dir(root().join("tests/scenarios")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let story = Story::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
            if let Err(why) =
                play(&story, [Kind::Processes(binary()), Kind::Processes(binary())]).await
            {
                panic!("{}: {why}", path.display());
            }
            stories += 1;
        }
    }
    assert!(stories >= 15);
}

#[test]
fn the_demo_ends_with_the_same_truth_on_both_phones_and_fits_80_columns() {
    let output = Command::new(binary()).args(["demo", "--fast"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Both phones hold the same two logs."));
    assert!(text.contains("the text changed while you were answering"));
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_watching_process_sees_what_another_terminal_and_the_partner_do() {
    let two = Two::paired();
    let mut ana = Running::start(&two.ana(), &["sync", "--watch", "--listen", "127.0.0.1:0"], None);
    let address = ana.line()["ok"]["address"].as_str().unwrap().to_owned();
    let ben = Running::start(&two.ben(), &["sync", "--watch", "--peer", &address], None);
    let next = |ana: &mut Running, count: usize| {
        let begun = Instant::now();
        loop {
            let line = ana.line();
            let agreements = line["ok"]["agreements"].as_array().map_or(0, Vec::len);
            if agreements >= count {
                return line;
            }
            assert!(begun.elapsed() < Duration::from_secs(20));
        }
    };
    // Ben proposes in another terminal; it travels over the running session.
    let propose = ["agreement", "propose", "--clause", "both: We talk."];
    assert_eq!(json(&two.ben(), &propose).0, 0);
    let seen = next(&mut ana, 1);
    assert_eq!(seen["ok"]["agreements"][0]["waits_for_me"], true);
    // Ana, in another terminal of hers.
    assert_eq!(json(&two.ana(), &propose).0, 0);
    next(&mut ana, 2);
    drop(ben);
}

#[test]
fn exit_status_and_json_say_what_went_wrong() {
    let two = Two::paired();
    let nowhere = two.folder.path().join("nowhere");
    let cases: [(&Path, &[&str], i32, &str, &str); 8] = [
        (&two.ana(), &["agreement", "show", "ffff"], 1, "refusal", "NotFound"),
        (&two.ana(), &["agreement", "propose", "--clause", "we talk"], 2, "usage", "Usage"),
        (&two.ana(), &["sync", "--once", "--watch"], 2, "usage", "Usage"),
        (&two.ana(), &["leave"], 2, "usage", "Usage"),
        (&nowhere, &["status"], 3, "storage", "Missing"),
        (&two.ana(), &["init", "--name", "Ana"], 3, "storage", "Exists"),
        (
            &two.ana(),
            &["sync", "--timeout", "1", "--peer", "127.0.0.1:1"],
            4,
            "link",
            "Unreachable",
        ),
        (&two.ana(), &["pair", "show", "--listen", "127.0.0.1:0"], 1, "refusal", "AlreadyPaired"),
    ];
    for (home, args, status, kind, code) in cases {
        let (found, error) = json(home, args);
        assert_eq!(found, status, "{args:?}: {error}");
        assert_eq!(error["error"]["kind"], kind, "{args:?}");
        assert_eq!(error["error"]["code"], code, "{args:?}");
        assert!(!error["error"]["text"].as_str().unwrap().is_empty());
    }
    let other = Two::new();
    let (found, error) = json(&other.ana(), &["pair", "join", "AAAA", "--peer", "127.0.0.1:1"]);
    assert_eq!((found, error["error"]["code"].as_str()), (4, Some("CodeMistyped")));
    // Words for people go to stderr, with what to do next.
    let output = run(&nowhere, &["status"]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("init --name"));
}

#[test]
fn texts_of_8001_characters_hidden_marks_and_broken_utf8_are_refused_in_words() {
    let two = Two::paired();
    let long = format!("both: {}", "é".repeat(8_001));
    let (status, error) = json(&two.ana(), &["agreement", "propose", "--clause", &long]);
    assert_eq!((status, error["error"]["code"].as_str()), (1, Some("TextTooLong")));
    let fits = format!("both: {}", "é".repeat(8_000));
    assert_eq!(json(&two.ana(), &["agreement", "propose", "--clause", &fits]).0, 0);
    let (status, error) =
        json(&two.ana(), &["agreement", "propose", "--clause", "both: a\u{202e}b"]);
    assert_eq!((status, error["error"]["code"].as_str()), (1, Some("TextForbidden")));
    assert_eq!(json(&two.ana(), &["agreement", "propose", "--clause", "both: \u{200f}שלום"]).0, 0);
    #[cfg(unix)]
    {
        // A lone surrogate, as some systems would write it: no UTF-8, so no text.
        use std::os::unix::ffi::OsStrExt;
        let broken = std::ffi::OsStr::from_bytes(b"both: \xed\xa0\x80");
        let output = command(&two.ana(), &["--json", "agreement", "propose", "--clause"])
            .arg(broken)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
    }
    let drafts = ["agreement", "draft", "--text", "a\u{2066}b"];
    assert_eq!(json(&two.ana(), &drafts).1["error"]["code"], "TextForbidden");
}

#[test]
fn a_passphrase_home_is_locked_without_it_and_a_newer_one_needs_an_update() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("ana");
    let with = |passphrase: Option<&str>, args: &[&str]| {
        let mut command = command(&home, args);
        match passphrase {
            Some(passphrase) => command.env("AMENDS_PASSPHRASE", passphrase),
            None => command.env_remove("AMENDS_PASSPHRASE"),
        };
        command.output().unwrap().status.code().unwrap()
    };
    assert_eq!(with(Some("correct"), &["init", "--name", "Ana", "--passphrase"]), 0);
    assert_eq!(with(Some("correct"), &["status"]), 0);
    assert_eq!(with(Some("wrong"), &["status"]), 5);
    assert_eq!(with(None, &["status"]), 5);
    let connection = rusqlite::Connection::open(home.join("vault.db")).unwrap();
    connection.pragma_update(None, "user_version", 7).unwrap();
    drop(connection);
    assert_eq!(with(Some("correct"), &["status"]), 6);
}

#[test]
fn erasing_leaves_an_empty_home_and_asks_first() {
    let two = Two::paired();
    assert_eq!(json(&two.ana(), &["erase"]).0, 2);
    assert_eq!(json(&two.ana(), &["erase", "--yes"]).0, 0);
    assert_eq!(std::fs::read_dir(two.ana()).unwrap().count(), 0);
    assert_eq!(json(&two.ben(), &["status"]).1["ok"]["pairing"], "paired");
}

#[test]
fn the_qr_text_pairs_as_the_code_does() {
    let two = Two::new();
    let mut show =
        Running::start(&two.ana(), &["pair", "show", "--listen", "127.0.0.1:0"], Some("yes"));
    let qr = show.line()["ok"]["qr"].as_str().unwrap().to_owned();
    let mut join = Running::start(&two.ben(), &["pair", "join", &qr], Some("yes"));
    assert_eq!(join.line()["ok"]["partner"], "Ana");
    assert_eq!(join.line()["ok"]["event"], "paired");
    show.line();
    assert_eq!(show.line()["ok"]["event"], "paired");
}

/// Log invariant 3: what was answered is durable, and what was cut off in the
/// middle stands whole or not at all.
#[test]
fn inv3_a_process_killed_at_any_moment_loses_nothing_that_it_had_answered() {
    let two = Two::paired();
    let mut answered = 0;
    for round in 0..40_u64 {
        let args = ["agreement", "propose", "--clause", "both: We talk."];
        let mut running = Running::start(&two.ana(), &args, None);
        std::thread::sleep(Duration::from_micros(round * 700));
        running.0.kill().unwrap();
        running.0.wait().unwrap();
        let mut text = String::new();
        running.take_lines().read_line(&mut text).unwrap();
        answered += usize::from(text.contains("\"ok\""));
    }
    assert_eq!(json(&two.ana(), &["doctor"]).0, 0);
    let (_, list) = json(&two.ana(), &["agreement", "list"]);
    let there = list["ok"]["agreements"].as_array().unwrap().len();
    assert!(there >= answered, "{answered} were answered and {there} are there");
    // And the log goes on as if nothing had been.
    assert_eq!(json(&two.ana(), &["agreement", "propose", "--clause", "both: On."]).0, 0);
    assert_eq!(json(&two.ana(), &["log", "verify"]).0, 0);
}

fn files(home: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = std::fs::read_dir(home).unwrap().map(|file| file.unwrap().path());
    files.map(|file| (file.clone(), std::fs::read(file).unwrap())).collect()
}

/// A hint, a card, a sentence to begin with: no byte of a home changes for them, and a text that
/// got one is kept and told as it was written.
#[test]
fn r21_hints_are_silent_and_leave_no_trace_in_a_home_or_in_what_is_told() {
    let two = Two::paired();
    assert_eq!(json(&two.ana(), &["status"]).0, 0);
    let before = files(&two.ana());
    assert!(before.len() > 2);
    let sorry = "I am sorry you feel hurt since May.";
    let hints = json(&two.ana(), &["write", "hints", sorry]).1;
    assert_eq!(hints["ok"]["hints"][0]["concern"], "sounding_sorry");
    for args in [&["write", "cards", "mistakes"][..], &["write", "own", "hid it", "alone"]] {
        assert_eq!(json(&two.ana(), args).0, 0);
    }
    assert_eq!(files(&two.ana()), before);
    let parts = ["--part", "impact=You were alone.", "--part", "responsibility=It was mine."];
    let did = format!("what_i_did={sorry}");
    let keep = [&["telling", "keep", "acknowledgement", "--part", &did][..], &parts].concat();
    let kept = json(&two.ana(), &keep).1;
    let id = kept["ok"]["id"].as_str().unwrap().to_owned();
    assert_eq!(json(&two.ana(), &["telling", "offer", &id]).0, 0);
    let told = json(&two.ana(), &["telling", "list"]).1;
    assert_eq!(told["ok"]["told"][0]["parts"][0]["texts"][0], sorry);
    assert!(!told.to_string().contains("hint") && !told.to_string().contains("concern"));
}

/// A view follows from the records, the moment and who looks, in whatever process it is made.
#[test]
fn i16_two_processes_with_the_same_home_show_the_same_to_the_byte() {
    let two = Two::paired();
    let ben = two.ben();
    let said = |home: &Path, args: &[&str]| {
        let mut command = command(home, &[&["--json"], args].concat());
        command.env("AMENDS_NOW", "2099-03-03T12:00:00Z");
        command
    };
    let listen = ["sync", "--watch", "--listen", "127.0.0.1:0"];
    let mut ana = Running::spawn(said(&two.ana(), &listen), None);
    let address = ana.line()["ok"]["address"].as_str().unwrap().to_owned();
    let done = |args: &[&str]| {
        let output = said(&ben, args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
    };
    done(&["agreement", "propose", "--clause", "both: We talk.", "--clause", "me: I call."]);
    done(&["promise", "make", "I call you at six.", "--at", "2099-03-03T18:00:00Z"]);
    done(&["telling", "tell", "hurt", "I felt alone.", "--wish", "listen"]);
    done(&["openness", "post", "day", "A quiet day."]);
    done(&["checkin", "answer", "1=3"]);
    done(&["checkin", "intend", "I listen."]);
    done(&["journal", "write", "Only mine."]);
    done(&["sync", "--peer", &address]);
    drop(ana);
    let copy = two.folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for file in files(&ben).keys() {
        // With its permissions: keys that others could read would not be taken.
        std::fs::copy(file, copy.join(file.file_name().unwrap())).unwrap();
    }
    let views: [&[&str]; 17] = [
        &["status"],
        &["agreement", "list"],
        &["promise", "list"],
        &["progress"],
        &["checkin", "list"],
        &["checkin", "templates"],
        &["checkin", "intentions"],
        &["telling", "list"],
        &["telling", "breaches"],
        &["talk", "list"],
        &["openness", "list"],
        &["share", "show"],
        &["next"],
        &["remind", "list"],
        &["limits", "show"],
        &["space", "show"],
        &["journal", "search", "mine"],
    ];
    for view in views {
        let [here, there] = [&ben, &copy].map(|home| {
            let shown = said(home, view).output().unwrap();
            assert!(shown.status.success(), "{view:?}: {}", String::from_utf8_lossy(&shown.stdout));
            shown.stdout
        });
        assert_eq!(String::from_utf8(here), String::from_utf8(there), "{view:?}");
    }
}
