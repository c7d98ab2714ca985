//! Against implementations that share no code with this one: a peer in Python, written
//! from core/PROTOCOL.md alone, the JavaScript implementation of Automerge, and age.
//!
//! They need packages that are not Rust's. Where those are not to be had, a line says
//! how to get them; in CI it is a failure.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../processes/mod.rs"]
mod processes;

use processes::{Two, binary, json, root, soon};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether this program and its packages are there; otherwise a line past the capture
/// of tests says how to get them.
fn has(ready: &mut Command, what: &str, how: &str) -> bool {
    let there = ready.output().is_ok_and(|output| output.status.success());
    if !there {
        assert!(std::env::var_os("CI").is_none(), "{what} is missing, and CI skips nothing: {how}");
        drop(writeln!(std::io::stderr(), "interop: SKIPPED, {what} is missing: {how}"));
    }
    there
}

fn python() -> PathBuf {
    let own = root().join("target/interop/bin/python");
    if own.exists() { own } else { "python3".into() }
}

#[test]
fn a_peer_written_from_the_protocol_text_alone_pairs_exchanges_and_recovers() {
    let mut ready = Command::new(python());
    ready.args(["-c", "import cbor2, noise.connection"]);
    let how = "python3 -m venv target/interop && \
               target/interop/bin/pip install -r tests/interop/requirements.txt";
    if !has(&mut ready, "Python with cbor2 and noiseprotocol", how) {
        return;
    }
    let at = |path: &str| root().join(path);
    let output = Command::new(python())
        .arg(at("tests/interop/claims.py"))
        .args([binary(), at("tests/vectors")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{failed}");
    assert!(said.lines().filter(|line| line.starts_with("ok")).count() > 60, "{said}");
}

/// The texts of a JSON value, wherever they stand.
fn sorted(value: &Value) -> Vec<String> {
    let mut texts: Vec<String> =
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect();
    texts.sort();
    texts
}

#[test]
fn automerge_in_javascript_opens_an_exported_document_and_finds_the_same() {
    let modules = root().join("target/interop/node_modules");
    let mut ready = Command::new("node");
    ready.arg("-e").arg(format!("require.resolve('{}')", package(&modules).display()));
    let how = "npm install --prefix target/interop tests/interop";
    if !has(&mut ready, "Node.js with @automerge/automerge", how) {
        return;
    }
    let two = Two::paired();
    let propose = ["agreement", "propose", "--clause", "both: We talk on Sunday evenings."];
    let (_, made) = json(&two.ana(), &propose);
    let id = made["ok"]["id"].as_str().unwrap().to_owned();
    assert_eq!(json(&two.ana(), &["agreement", "withdraw", &id]).0, 0);
    let file = two.ana().join("exported");
    let (status, exported) = json(&two.ana(), &["log", "export", &id, file.to_str().unwrap()]);
    assert_eq!(status, 0, "{exported}");
    // It is resolved beside the packages.
    let script = root().join("target/interop/document.mjs");
    std::fs::copy(root().join("tests/interop/document.mjs"), &script).unwrap();
    let output = Command::new("node").arg(&script).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(sorted(&found["heads"]), sorted(&exported["ok"]["heads"]));
    assert_eq!(found["records"], exported["ok"]["records"]);
    assert!(found["records"].to_string().contains("We talk on Sunday evenings."));
    // The change that makes its containers, and one for each act.
    assert_eq!(found["changes"], 3);
    let (status, twice) = json(&two.ana(), &["log", "export", &id, file.to_str().unwrap()]);
    assert_ne!(status, 0, "a file that is there is never written over: {twice}");
}

fn package(modules: &Path) -> PathBuf {
    modules.join("@automerge/automerge")
}

#[test]
fn debian_s_age_and_a_reader_in_python_open_a_backup_and_find_every_entry_and_note() {
    let how = "apt-get install age, or the release for your system; and \
               target/interop/bin/pip install -r tests/interop/requirements.txt";
    let mut age = Command::new("age");
    let mut reader = Command::new(python());
    if !has(age.arg("--version"), "age", how)
        || !has(reader.args(["-c", "import cbor2"]), "Python with cbor2", how)
    {
        return;
    }
    let two = Two::paired();
    let done = |args: &[&str]| {
        let (status, said) = json(&two.ana(), args);
        assert_eq!(status, 0, "{args:?}: {said}");
        said
    };
    done(&["agreement", "propose", "--clause", "both: We talk on Sunday evenings."]);
    done(&["promise", "make", "I call you when I leave work.", "--on", &soon()]);
    done(&["journal", "write", "I was afraid of saying it."]);
    let identity = two.folder.path().join("identity");
    let made = Command::new("age-keygen").arg("-o").arg(&identity).output().unwrap();
    assert!(made.status.success());
    let text = std::fs::read_to_string(&identity).unwrap();
    let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    let file = two.folder.path().join("ana.age");
    let path = file.to_str().unwrap();
    done(&["backup", "write", path, "--recipient", recipient]);
    done(&["backup", "check", path, "--identity", identity.to_str().unwrap()]);
    let script = root().join("tests/interop/backup.py");
    let output = Command::new(python()).arg(script).args([&file, &identity]).output().unwrap();
    let failed = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{failed}");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let verified = done(&["log", "verify"]);
    for log in verified["ok"]["logs"].as_array().unwrap() {
        let held = &found["logs"][log["log"].as_str().unwrap()];
        assert_eq!(*held, serde_json::json!([log["length"], log["head"]]));
    }
    let words = found["words"].to_string();
    for text in ["We talk on Sunday evenings.", "I call you when I leave work.", "Ben"] {
        assert!(words.contains(text), "{text}: {words}");
    }
    assert!(found["private"].to_string().contains("I was afraid of saying it."));
}
