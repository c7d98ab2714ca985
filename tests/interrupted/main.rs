//! Processes that are killed, or told by the disk that it failed, at every single time that they
//! write to a file, have it synced, cut it short, rename or remove it, or make a folder (`fault.c`
//! says which calls): what was answered is there, what was begun is finished or undone by the next
//! start, and the error says what to do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../processes/mod.rs"]
mod processes;

use age::secrecy::ExposeSecret;
use processes::{command, json};
use serde_json::Value;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const ERRORS: [(&str, i32); 3] = [("EIO", 5), ("ENOSPC", 28), ("EINTR", 4)];

/// What comes between the harness and the C library, built once.
fn fault() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interrupted/fault.c");
        let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fault.so");
        let compiler = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .args([&built, &source])
            .arg("-ldl")
            .status()
            .expect("a C compiler is needed: install gcc");
        assert!(compiler.success());
        built
    })
}

/// What became of a command that met a fault at one point.
struct Met {
    /// The point lies within the command.
    hit: bool,
    /// Its answer, where it came to one.
    answer: Option<(i32, Value)>,
}

fn meet(home: &Path, args: &[&str], fault_is: &str, at: usize) -> Met {
    let hit = home.with_extension("hit");
    let output = command(home, &[&["--json"], args].concat())
        .env("LD_PRELOAD", fault())
        .envs([("FAULT", fault_is), ("FAULT_AT", &at.to_string())])
        .env("FAULT_HIT", &hit)
        .output()
        .unwrap();
    let was_hit = std::fs::remove_file(&hit).is_ok();
    let killed = output.status.signal() == Some(9);
    assert!(killed || output.status.code().is_some_and(|code| code < 100), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let answer = output.status.code().map(|code| {
        assert_eq!(text.lines().count(), 1, "{args:?} at {at}: {text}{:?}", output.stderr);
        (code, serde_json::from_str(&text).unwrap())
    });
    Met { hit: was_hit, answer }
}

/// A command meets a fault at each of its points, each time on a home of its own; `then` looks at
/// what became of it. How many points there were.
fn at_every_point(
    made: Option<&Path>,
    args: &[&str],
    fault: &str,
    then: impl Fn(&Path, &Met),
) -> usize {
    for at in 1.. {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        if let Some(made) = made {
            copied(made, &home);
        }
        let met = meet(&home, args, fault, at);
        if !met.hit {
            assert_eq!(met.answer.as_ref().map(|(code, _)| *code), Some(0), "beyond its end");
            return at - 1;
        }
        then(&home, &met);
    }
    0
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

fn code(answer: &(i32, Value)) -> &str {
    answer.1["error"]["code"].as_str().unwrap_or_default()
}

fn left(home: &Path) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(home) else { return Vec::new() };
    let mut names: Vec<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const INIT: &[&str] = &["init", "--name", "Ana"];

/// There is a phone here that works, or none, and then one can be made.
fn made_or_not(home: &Path, met: &Met) {
    let status = json(home, &["status"]);
    let there = status.0 == 0;
    assert!(there || code(&status) == "Missing", "{status:?}");
    if met.answer.as_ref().is_some_and(|answer| answer.0 == 0) {
        assert!(there, "it was answered");
    }
    let again = json(home, INIT);
    assert_eq!(there, code(&again) == "Exists", "{again:?}");
    assert_eq!(json(home, &["doctor"]).0, 0);
    assert_eq!(left(home), ["keys", "pair.db", "vault.db"]);
}

#[test]
fn an_init_that_is_killed_anywhere_is_whole_or_never_was() {
    let points = at_every_point(None, INIT, "kill", made_or_not);
    assert!(points > 50, "{points}");
    // Nor does it need anything between it and the next one.
    at_every_point(None, INIT, "kill", |home, _| {
        let again = json(home, INIT);
        assert!(again.0 == 0 || code(&again) == "Exists", "{again:?}");
        assert_eq!(json(home, &["status"]).0, 0);
        assert_eq!(left(home), ["keys", "pair.db", "vault.db"]);
    });
}

#[test]
fn a_phone_that_is_damaged_or_half_there_is_erased_too() {
    for spoil in ["pair.db", "vault.db"] {
        for damage in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            lived(folder.path());
            let file = folder.path().join(spoil);
            match damage {
                true => std::fs::write(&file, "no database").unwrap(),
                false => std::fs::remove_file(&file).unwrap(),
            }
            assert_ne!(json(folder.path(), &["status"]).0, 0);
            assert_eq!(json(folder.path(), &["erase", "--yes"]).0, 0);
            assert_eq!(left(folder.path()), [""; 0]);
            let nothing = json(folder.path(), &["erase", "--yes"]);
            assert_eq!(code(&nothing), "Missing");
            assert_eq!(json(folder.path(), INIT).0, 0);
        }
    }
}

#[test]
fn an_init_that_the_disk_fails_anywhere_is_whole_or_never_was_and_says_what_to_do() {
    for (name, errno) in ERRORS {
        let points = at_every_point(None, INIT, &errno.to_string(), |home, met| {
            let answer = met.answer.as_ref().unwrap();
            if answer.0 != 0 {
                let text = answer.1["error"]["text"].as_str().unwrap();
                assert!(!text.contains("os error"), "{name}: {text}");
            }
            made_or_not(home, met);
        });
        assert!(points > 50, "{name}: {points}");
    }
}

/// A full disk, a reader that has gone, a closed descriptor.
#[test]
fn an_answer_that_cannot_be_written_ends_the_command_and_undoes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    lived(folder.path());
    for (at, redirect) in [">/dev/full", ">&-", ">/dev/full 2>&1", ">&- 2>&-"].iter().enumerate() {
        for arguments in [vec!["status"], vec!["--json", "status"], vec!["--help"]] {
            let ran = shell(folder.path(), &arguments, redirect);
            assert!(ran.is_some_and(|code| code < 100), "{arguments:?} {redirect}: {ran:?}");
        }
        let page = format!("Page {at}.");
        shell(folder.path(), &["journal", "write", &page], redirect);
        assert!(json(folder.path(), &["journal", "search"]).1.to_string().contains(&page));
    }
}

/// The exit status of a command whose output goes elsewhere; `None` where it was killed.
fn shell(home: &Path, arguments: &[&str], redirect: &str) -> Option<i32> {
    let script = format!("exec timeout 20 \"$@\" {redirect}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, "sh"]).arg(processes::binary()).arg("--home").arg(home);
    let ran = shell.args(arguments).stdin(std::process::Stdio::null()).output().unwrap();
    let code = ran.status.code();
    assert_ne!(code, Some(124), "it hangs: {arguments:?} {redirect}");
    code
}

/// Ana's phone with a page in her journal.
fn lived(home: &Path) {
    assert_eq!(json(home, INIT).0, 0);
    assert_eq!(json(home, &["journal", "write", "A page."]).0, 0);
}

/// Whatever was left of it goes when it is asked for once more.
fn erased_in_the_end(home: &Path, _met: &Met) {
    let status = json(home, &["status"]);
    assert!(status.0 == 0 || code(&status) == "Missing", "{status:?}");
    let gone = left(home).is_empty();
    let again = json(home, &["erase", "--yes"]);
    assert!(again.0 == 0 || (gone && code(&again) == "Missing"), "{again:?}");
    assert_eq!(left(home), [""; 0]);
    assert_eq!(json(home, INIT).0, 0);
}

#[test]
fn an_erase_that_is_killed_or_failed_anywhere_is_finished_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    lived(folder.path());
    let erase = &["erase", "--yes"];
    let points = at_every_point(Some(folder.path()), erase, "kill", erased_in_the_end);
    assert!(points > 15, "{points}");
    for (_, errno) in ERRORS {
        at_every_point(Some(folder.path()), erase, &errno.to_string(), erased_in_the_end);
    }
}

#[test]
fn a_page_whose_writing_is_killed_or_failed_anywhere_is_there_or_was_not_answered() {
    let folder = tempfile::tempdir().unwrap();
    lived(folder.path());
    let write = &["journal", "write", "Another page."];
    let then = |home: &Path, met: &Met| {
        assert_eq!(json(home, &["doctor"]).0, 0);
        let (code, pages) = json(home, &["journal", "search"]);
        assert_eq!(code, 0);
        let pages = pages.to_string();
        assert!(pages.contains("A page."));
        if met.answer.as_ref().is_some_and(|answer| answer.0 == 0) {
            assert!(pages.contains("Another page."), "it was answered");
        }
    };
    for fault in faults() {
        at_every_point(Some(folder.path()), write, &fault, then);
    }
}

/// Ana's phone, and a backup of it for an age key; the arguments that read it.
struct BackedUp {
    folder: tempfile::TempDir,
    recipient: String,
    identity: String,
}

impl BackedUp {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identity = age::x25519::Identity::generate();
        let path = folder.path().join("identity");
        std::fs::write(&path, identity.to_string().expose_secret()).unwrap();
        let recipient = identity.to_public().to_string();
        let made = Self { folder, recipient, identity: path.to_str().unwrap().to_owned() };
        lived(&made.home());
        assert_eq!(json(&made.home(), &made.write(&made.file(&made.home()))).0, 0);
        made
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("ana")
    }

    fn file(&self, home: &Path) -> String {
        home.join("ana.age").to_str().unwrap().to_owned()
    }

    fn write<'a>(&'a self, file: &'a str) -> [&'a str; 5] {
        ["backup", "write", file, "--recipient", &self.recipient]
    }

    fn read<'a>(&'a self, how: &'a str, file: &'a str) -> [&'a str; 5] {
        ["backup", how, file, "--identity", &self.identity]
    }
}

fn faults() -> impl Iterator<Item = String> {
    ["kill".to_owned()].into_iter().chain(ERRORS.map(|(_, errno)| errno.to_string()))
}

#[test]
fn a_backup_whose_writing_is_killed_or_failed_anywhere_is_the_one_before_or_whole() {
    let ana = BackedUp::new();
    let before = std::fs::read(ana.file(&ana.home())).unwrap();
    for fault in faults() {
        for at in 1.. {
            let copy = tempfile::tempdir().unwrap();
            let home = copy.path().join("home");
            copied(&ana.home(), &home);
            let file = ana.file(&home);
            let met = meet(&home, &ana.write(&file), &fault, at);
            let written = met.answer.as_ref().is_some_and(|answer| answer.0 == 0);
            let new = std::fs::read(&file).unwrap() != before;
            assert!(new || !written, "it was answered");
            if new {
                assert_eq!(json(&home, &ana.read("check", &file)).0, 0, "{fault} at {at}");
            }
            if !met.hit {
                assert!(written && at > 4, "{at}");
                break;
            }
        }
    }
}

#[test]
fn a_restore_that_is_killed_or_failed_anywhere_is_whole_or_never_was() {
    let ana = BackedUp::new();
    let file = ana.file(&ana.home());
    let restore = ana.read("restore", &file);
    let then = |home: &Path, met: &Met| {
        let status = json(home, &["status"]);
        let there = status.0 == 0;
        assert!(there || code(&status) == "Missing", "{status:?}");
        assert!(there || met.answer.as_ref().is_none_or(|answer| answer.0 != 0), "it was answered");
        let again = json(home, &restore);
        assert_eq!(there, code(&again) == "Exists", "{again:?}");
        assert!(json(home, &["journal", "search"]).1.to_string().contains("A page."));
        assert_eq!(json(home, &["doctor"]).0, 0);
        assert_eq!(left(home), ["keys", "pair.db", "vault.db"]);
    };
    for fault in faults() {
        let points = at_every_point(None, &restore, &fault, then);
        assert!(points > 50, "{fault}: {points}");
    }
}
