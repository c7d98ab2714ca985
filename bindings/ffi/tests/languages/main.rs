//! What is written in Kotlin and in Swift, with their own compilers: the tests of the
//! bindings, and the stories on phones of both languages. Where a compiler is missing it
//! says so, and in CI it fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod released;
mod stories;
mod surface;
mod version;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Both build the same library.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn bindings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs it to its end, or says what is missing; `false` where it was skipped.
fn passes(command: &mut Command, missing: Option<&str>) -> bool {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(what) = missing {
        assert!(std::env::var_os("CI").is_none(), "{what}, and CI must not skip this");
        drop(writeln!(std::io::stderr(), "bindings: SKIPPED, {what}"));
        return false;
    }
    // What this run has built already is not built again.
    let output = command.env("AMENDS_BUILD", "--workspace --all-targets").output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
    true
}

fn has(program: &str, asks: &str) -> bool {
    Command::new(program).arg(asks).output().is_ok_and(|output| output.status.success())
}

fn without_kotlin() -> Option<&'static str> {
    (!has("mvn", "--version"))
        .then_some("Maven and Java 17 are missing (packages maven and default-jdk-headless)")
}

fn without_swift() -> Option<&'static str> {
    let toolchain = bindings().join("swift/toolchain");
    let there = has("swift", "--version") || has(toolchain.to_str().unwrap(), "ready");
    (!there)
        .then_some("Swift 6 is missing (on Debian 12, as root: bindings/swift/toolchain install)")
}

/// The harness in this language.
fn program(language: &str) -> PathBuf {
    bindings().join("../examples").join(language).join("amends")
}

/// Builds the harness in this language; `false` where its compiler is missing.
fn built(language: &str) -> bool {
    let missing = if language == "swift" { without_swift() } else { without_kotlin() };
    passes(Command::new(program(language)).arg("build"), missing)
}

#[test]
fn the_tests_of_the_kotlin_module_pass_and_the_android_pieces_compile() {
    let mut maven = Command::new("mvn");
    passes(maven.args(["-q", "-B", "test"]).current_dir(bindings()), without_kotlin());
}

#[test]
fn the_tests_of_the_swift_package_pass() {
    passes(&mut Command::new(bindings().join("swift/test")), without_swift());
}
