//! What is said of a release: one version everywhere, and few lines to a first promise.

use super::bindings;
use std::path::PathBuf;

fn text(path: &str) -> String {
    std::fs::read_to_string(bindings().join(path)).unwrap()
}

#[test]
fn every_pom_has_the_version_of_the_library() {
    let version = env!("CARGO_PKG_VERSION");
    let poms = ["pom.xml", "kotlin/pom.xml", "kotlin-testing/pom.xml", "kotlin-natives/pom.xml"];
    let others = ["android/pom.xml", "android/aar/pom.xml", "../examples/kotlin/pom.xml"];
    let poms = poms.into_iter().chain(others);
    for pom in poms {
        // The first version is its own, or its parent's.
        let text = text(pom);
        let first = text.split("<version>").nth(1).and_then(|rest| rest.split('<').next());
        assert_eq!(first, Some(version), "{pom}");
    }
    let consumer = text("../examples/first-promise/kotlin/pom.xml");
    assert!(consumer.contains(&format!("<amends.version>{version}<")));
    let gradle = text("android/build.gradle.kts");
    assert!(gradle.contains(&format!("version = \"{version}\"")));
    // 5.17.0 crashes on Android as it starts.
    let asked_by = |pom: &str| {
        let text = text(pom);
        let jna = text.split("<artifactId>jna</artifactId>").nth(1).unwrap();
        jna.split("<version>").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned()
    };
    let jna = asked_by("kotlin/pom.xml");
    assert_eq!(asked_by("android/aar/pom.xml"), jna);
    assert!(gradle.contains(&format!("net.java.dev.jna:jna:{jna}@aar")), "{jna}");
    assert!(text("android/README.md").contains(&format!("net.java.dev.jna:jna:{jna}@aar")));
}

/// The lines of a program from its first phone to the end, without empty ones.
fn lines(path: PathBuf, from: &str) -> usize {
    let text = std::fs::read_to_string(path).unwrap();
    let body = text.lines().skip_while(|line| !line.starts_with(from));
    body.filter(|line| !line.trim().is_empty()).count()
}

#[test]
fn a_first_promise_reaches_the_second_phone_in_fifteen_lines() {
    let programs = bindings().join("../examples/first-promise");
    let kotlin = lines(programs.join("kotlin/src/main/kotlin/FirstPromise.kt"), "fun main");
    // Its first line and its last are not the program's.
    assert!((10..=17).contains(&kotlin), "{kotlin}");
    let swift = programs.join("swift/Sources/first-promise/main.swift");
    let swift = lines(swift, "func phone");
    assert!((10..=15).contains(&swift), "{swift}");
}
