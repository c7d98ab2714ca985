//! A library of another version says so, instead of misreading what it is given.

use super::{bindings, built, program};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A library that is the real one in everything but the version of its interface.
fn another_version(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("shim.c"), folder.join("libamends_ffi.so"));
    let version = "unsigned ffi_amends_ffi_uniffi_contract_version(void) { return 7; }\n";
    std::fs::write(&source, version).unwrap();
    let real = bindings().join("../target/debug/libamends_ffi.so").canonicalize().unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-Wl,--no-as-needed", "-o"])
        .args([&library, &source, &real])
        .status()
        .unwrap();
    assert!(compiled.success());
    library
}

#[test]
#[cfg(target_os = "linux")]
fn a_library_of_another_version_is_refused_in_words() {
    // Below the project, where both toolchains reach it.
    let folder = tempfile::tempdir_in(bindings().join("../target")).unwrap();
    for language in ["kotlin", "swift"] {
        if !built(language) {
            continue;
        }
        another_version(folder.path());
        let mut harness = Command::new(program(language))
            .arg("serve")
            .env("AMENDS_LIBRARY", folder.path().canonicalize().unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let home = folder.path().join(language);
        let asked = serde_json::json!({
            "call": 1, "home": home, "now": "2026-03-02T18:00:00Z",
            "args": ["init", "--name", "Ana"],
        });
        let mut input = harness.stdin.take().unwrap();
        std::io::Write::write_all(&mut input, format!("{asked}\n").as_bytes()).unwrap();
        drop(input);
        let ended = harness.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success(), "{language} took it");
        assert!(text.contains("contract version mismatch"), "{language}: {text}");
        assert!(!home.join("pair.db").exists(), "{language} has written");
    }
}
