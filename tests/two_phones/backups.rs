//! A phone that is lost, and one that is made of its backup.

use crate::processes::{Two, command, exchange, json, pair, soon};
use serde_json::Value;
use std::path::Path;

/// What a command that needs the backup's passphrase answers.
fn with_passphrase(home: &Path, passphrase: &str, args: &[&str]) -> (i32, Value) {
    let output = command(home, &[&["--json"], args].concat())
        .env("AMENDS_BACKUP_PASSPHRASE", passphrase)
        .output()
        .unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

fn texts(home: &Path, args: &[&str]) -> String {
    let (status, said) = json(home, args);
    assert_eq!(status, 0, "{args:?}: {said}");
    said.to_string()
}

#[test]
fn a_lost_phone_comes_back_from_its_backup_and_from_the_partner_s_phone() {
    let two = Two::paired();
    let (ana, ben) = (two.ana(), two.ben());
    let [id, stays] =
        ["both: We talk on Sunday evenings.", "both: We eat together."].map(|clause| {
            let proposed = json(&ana, &["agreement", "propose", "--clause", clause]).1;
            proposed["ok"]["id"].as_str().unwrap().to_owned()
        });
    exchange(&ana, &ben);
    for id in [&id, &stays] {
        let shown = json(&ben, &["agreement", "show", id]).1;
        let view = shown["ok"]["view"].as_str().unwrap().to_owned();
        texts(&ben, &["agreement", "consent", id, "--seen", &view]);
    }
    exchange(&ana, &ben);
    texts(&ben, &["journal", "write", "I was afraid of saying it."]);
    texts(&ben, &["promise", "make", "I call you.", "--on", &soon()]);
    let file = two.folder.path().join("ben.age");
    let file = file.to_str().unwrap();
    let secret = "three honest words";
    let written = with_passphrase(&ben, secret, &["backup", "write", file]);
    assert_eq!(written.0, 0, "{}", written.1);
    assert_eq!(with_passphrase(&ben, secret, &["backup", "check", file]).1, written.1);
    let wrong = with_passphrase(&ben, "two honest words", &["backup", "check", file]);
    assert_eq!((wrong.0, &wrong.1["error"]["code"]), (1, &"BackupNotOpened".into()));
    assert_eq!(json(&ben, &["backup", "check", file]).0, 5, "without anybody to ask");
    // What was said after the backup, and reached the other phone.
    texts(&ben, &["promise", "make", "I write to you.", "--on", &soon()]);
    exchange(&ana, &ben);
    assert_eq!(json(&ben, &["erase", "--yes"]).0, 0);

    let restored = with_passphrase(&ben, secret, &["backup", "restore", file]);
    assert_eq!(restored.1["ok"]["status"]["pairing"], "restored", "{}", restored.1);
    let again = with_passphrase(&ben, secret, &["backup", "restore", file]);
    assert_eq!(again.1["error"]["code"], "Exists");
    assert!(texts(&ben, &["journal", "search"]).contains("I was afraid of saying it."));
    assert!(texts(&ben, &["promise", "list"]).contains("I call you."));
    assert!(texts(&ben, &["agreement", "list"]).contains("suspended"));
    assert_eq!(json(&ben, &["share", "show"]).1["ok"]["sharing"], Value::Array(vec![]));
    let refused = json(&ben, &["promise", "make", "I come.", "--on", &soon()]);
    assert_eq!((refused.0, &refused.1["error"]["code"]), (1, &"Restored".into()));
    assert_eq!(json(&ben, &["sync", "--peer", "127.0.0.1:1", "--timeout", "1"]).0, 1);
    // It can be backed up again, and it can stop what the two agreed.
    let other = two.folder.path().join("again.age");
    let other = other.to_str().unwrap();
    assert_eq!(with_passphrase(&ben, secret, &["backup", "write", other]).0, 0);
    texts(&ben, &["agreement", "end", &id]);
    // What it would be taken for: nothing that could be carried away.
    let bundle = two.folder.path().join("bundle");
    let away = json(&ben, &["bundle", "write", bundle.to_str().unwrap()]);
    assert_eq!((away.0, &away.1["error"]["code"], bundle.exists()), (1, &"Restored".into(), false));
    let nobody = two.folder.path().join("nobody.age");
    assert_eq!(json(&ben, &["backup", "check", nobody.to_str().unwrap()]).0, 2);

    pair(&ana, "replace", &ben);
    exchange(&ana, &ben);
    assert_eq!(json(&ben, &["status"]).1["ok"]["pairing"], "paired");
    let promises = texts(&ben, &["promise", "list"]);
    assert!(promises.contains("I call you.") && promises.contains("I write to you."));
    assert!(texts(&ana, &["agreement", "show", &id]).contains("ended"), "done again at once");
    // The other one waits on both phones until he says so.
    let state = |home: &Path| json(home, &["agreement", "show", &stays]).1["ok"]["state"].clone();
    assert_eq!([state(&ana), state(&ben)], ["suspended", "suspended"]);
    texts(&ben, &["agreement", "resume", &stays]);
    texts(&ben, &["promise", "make", "I come.", "--on", &soon()]);
    exchange(&ana, &ben);
    assert_eq!([state(&ana), state(&ben)], ["active", "active"]);
    assert!(texts(&ana, &["promise", "list"]).contains("I come."));
    for home in [&ana, &ben] {
        assert_eq!(json(home, &["doctor"]).1["ok"]["findings"], Value::Array(vec![]));
    }
    let heads = |home: &Path| {
        let logs = json(home, &["log", "verify"]).1["ok"]["logs"].clone();
        let mut heads: Vec<String> = logs
            .as_array()
            .unwrap()
            .iter()
            .map(|log| format!("{} {}", log["log"], log["head"]))
            .collect();
        heads.sort();
        heads
    };
    assert_eq!(heads(&ana), heads(&ben));
}
