//! The harness as processes, for tests: command lines, homes, lines of JSON.

#![allow(dead_code, reason = "each test takes what it needs")]

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

pub fn binary() -> PathBuf {
    env!("CARGO_BIN_EXE_amends").into()
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.arg("--home").arg(home).args(args).stdin(Stdio::null()).env_remove("AMENDS_HOME");
    command
}

pub fn run(home: &Path, args: &[&str]) -> Output {
    command(home, args).output().unwrap()
}

/// The one JSON object that a command prints, and its exit status.
pub fn json(home: &Path, args: &[&str]) -> (i32, Value) {
    let output = run(home, &[&["--json"], args].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "{args:?}: {text}");
    (output.status.code().unwrap(), serde_json::from_str(&text).unwrap())
}

/// A command under way whose lines are read one by one.
pub struct Running(pub Child, Option<BufReader<ChildStdout>>);

impl Running {
    pub fn start(home: &Path, args: &[&str], says: Option<&str>) -> Self {
        Self::spawn(command(home, &[&["--json"], args].concat()), says)
    }

    /// Starts a prepared command.
    pub fn spawn(mut command: Command, says: Option<&str>) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if let Some(says) = says {
            writeln!(child.stdin.take().unwrap(), "{says}").unwrap();
        }
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self(child, Some(lines))
    }

    /// What it says, to be read elsewhere.
    pub fn take_lines(&mut self) -> BufReader<ChildStdout> {
        self.1.take().unwrap()
    }

    pub fn line(&mut self) -> Value {
        let mut line = String::new();
        self.1.as_mut().unwrap().read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?} is no JSON"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A date for which something can be promised today.
pub fn soon() -> String {
    jiff::Zoned::now().date().saturating_add(jiff::Span::new().days(9)).to_string()
}

/// Two homes are paired: one shows a code (`show`, or `replace`), the other joins, both say yes.
pub fn pair(one: &Path, shows: &str, other: &Path) {
    let mut show = Running::start(one, &["pair", shows, "--listen", "127.0.0.1:0"], Some("yes"));
    let shown = show.line();
    let (code, address) = (shown["ok"]["code"].clone(), shown["ok"]["address"].clone());
    let args = ["pair", "join", code.as_str().unwrap(), "--peer", address.as_str().unwrap()];
    let mut join = Running::start(other, &args, Some("yes"));
    let (one, other) = (join.line(), show.line());
    assert_eq!(one["ok"]["code"], other["ok"]["code"], "both show the same short code");
    assert_eq!(join.line()["ok"]["event"], "paired");
    assert_eq!(show.line()["ok"]["event"], "paired");
    assert!(show.0.wait().unwrap().success() && join.0.wait().unwrap().success());
}

/// Exchanges until both are in step.
pub fn exchange(one: &Path, other: &Path) {
    let mut listens = Running::start(one, &["sync", "--listen", "127.0.0.1:0"], None);
    let address = listens.line()["ok"]["address"].as_str().unwrap().to_owned();
    assert_eq!(run(other, &["sync", "--peer", &address]).status.code(), Some(0));
    assert!(listens.0.wait().unwrap().success());
}

pub struct Two {
    pub folder: tempfile::TempDir,
}

impl Two {
    pub fn new() -> Self {
        let two = Self { folder: tempfile::tempdir().unwrap() };
        assert_eq!(json(&two.ana(), &["init", "--name", "Ana"]).0, 0);
        assert_eq!(json(&two.ben(), &["init", "--name", "Ben"]).0, 0);
        two
    }
    pub fn ana(&self) -> PathBuf {
        self.folder.path().join("ana")
    }
    pub fn ben(&self) -> PathBuf {
        self.folder.path().join("ben")
    }
    pub fn paired() -> Self {
        let two = Self::new();
        pair(&two.ana(), "show", &two.ben());
        two
    }
}
