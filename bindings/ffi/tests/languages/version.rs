//! A library whose interface is another one is refused, as far as UniFFI notices: its own
//! version, and a checksum of each function. That a field of a value differs it does not.

use super::{bindings, built, program};
use std::path::Path;
use std::process::{Command, Stdio};

/// A library that is the real one in everything but what this function says.
fn other(folder: &Path, function: &str) {
    std::fs::create_dir_all(folder).unwrap();
    let (source, library) = (folder.join("shim.c"), folder.join("libamends_ffi.so"));
    std::fs::write(&source, format!("unsigned {function}(void) {{ return 7; }}\n")).unwrap();
    let real = bindings().join("../target/debug/libamends_ffi.so").canonicalize().unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-Wl,--no-as-needed", "-o"])
        .args([&library, &source, &real])
        .status()
        .unwrap();
    assert!(compiled.success());
}

/// What the harness in this language says when it begins with that library.
fn refused(language: &str, folder: &Path) -> String {
    let mut harness = Command::new(program(language))
        .arg("serve")
        .env("AMENDS_LIBRARY", folder.canonicalize().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let home = folder.join(language);
    let asked = serde_json::json!({
        "call": 1, "home": home, "now": "2026-03-02T18:00:00Z", "args": ["init", "--name", "Ana"],
    });
    let mut input = harness.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, format!("{asked}\n").as_bytes()).unwrap();
    drop(input);
    let ended = harness.wait_with_output().unwrap();
    assert!(!ended.status.success(), "{language} took it");
    assert!(!home.join("pair.db").exists(), "{language} has written");
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

#[test]
#[cfg(target_os = "linux")]
fn a_library_of_another_version_is_refused_in_words() {
    // Below the project, where both toolchains reach it.
    let folder = tempfile::tempdir_in(bindings().join("../target")).unwrap();
    let (version, function) = (folder.path().join("version"), folder.path().join("function"));
    for language in ["kotlin", "swift"] {
        if !built(language) {
            continue;
        }
        other(&version, "ffi_amends_ffi_uniffi_contract_version");
        let text = refused(language, &version);
        assert!(text.contains("contract version mismatch"), "{language}: {text}");
        other(&function, "uniffi_amends_ffi_checksum_constructor_space_open");
        let text = refused(language, &function);
        assert!(text.contains("API checksum mismatch"), "{language}: {text}");
    }
}
