//! What the two languages see changes only on purpose.

use super::{bindings, passes};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the generated sources offer, a declaration a line, without what they need
/// themselves.
fn surface(sources: &Path, offers: impl Fn(&str) -> bool) -> String {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![sources.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|ending| ending.to_str()) {
                Some("kt" | "swift") => files.push(path),
                None if path.is_dir() => folders.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    let mut lines = String::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for line in text.lines().filter(|line| offers(line.trim_start())) {
            let own = ["Ffi", "uniffi", "Uniffi", "UNIFFI", "fileprivate", "internal ", "private "];
            if !own.iter().any(|word| line.contains(word)) {
                lines.push_str(line.trim_end());
                lines.push('\n');
            }
        }
    }
    assert!(lines.lines().count() > 500, "hardly anything is offered");
    lines
}

/// Compares with what was offered before; `AMENDS_UPDATE_SURFACE=1` takes it as it is.
fn unchanged(language: &str, now: &str) {
    let kept = bindings().join("surface").join(format!("{language}.txt"));
    if std::env::var_os("AMENDS_UPDATE_SURFACE").is_some() {
        std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
        std::fs::write(&kept, now).unwrap();
    }
    let before = std::fs::read_to_string(&kept).unwrap_or_default();
    let gone = before.lines().find(|line| !now.lines().any(|other| other == *line));
    let new = now.lines().find(|line| !before.lines().any(|other| other == *line));
    assert!(
        before == now,
        "what {language} sees has changed (gone: {gone:?}, new: {new:?}): where that is meant, \
         run this test with AMENDS_UPDATE_SURFACE=1 and say it in CHANGELOG.md"
    );
}

#[test]
fn what_kotlin_sees_changes_only_on_purpose() {
    passes(Command::new(bindings().join("generate")).arg("kotlin"), None);
    let offers = |line: &str| {
        // A comment may end on the line on which a declaration begins.
        let line = line.strip_prefix("*/").unwrap_or(line).trim_start();
        let line =
            line.strip_prefix("@Throws(AmendsException::class)").unwrap_or(line).trim_start();
        let declares = ["fun ", "suspend fun ", "override fun ", "override suspend fun ", "val "];
        let types = [
            "data class ",
            "sealed class ",
            "enum class ",
            "public interface ",
            "object ",
            "class ",
            "open class ",
            "public typealias ",
        ];
        let entry = line.trim_end_matches([',', ';']);
        let inside = line.contains("Handle") || line.contains("RustBuffer");
        !inside
            && ((line.contains('`') && declares.iter().any(|start| line.starts_with(start)))
                || types.iter().any(|start| line.starts_with(start))
                || (entry.len() < line.len()
                    && entry
                        .chars()
                        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')))
    };
    let now = surface(&bindings().join("../target/bindings/kotlin"), offers);
    for known in ["STALE_VIEW", "class Refused", "fun `feelings`", "typealias Moment", "`listen`"] {
        assert!(now.contains(known), "{known} is not in what Kotlin sees");
    }
    unchanged("kotlin", &now);
}

#[test]
fn what_swift_sees_changes_only_on_purpose() {
    passes(Command::new(bindings().join("generate")).arg("swift"), None);
    let offers = |line: &str| {
        ["public ", "open ", "case ", "enum "].iter().any(|start| line.starts_with(start))
            && !["lift(", "lower(", "_lift", "_lower", " read(from", " write(_", "NoHandle"]
                .iter()
                .any(|inside| line.contains(inside))
            // Not the branches of a switch.
            && !line.starts_with("case .")
            && !line.as_bytes().get(5).is_some_and(u8::is_ascii_digit)
            && !line.ends_with(": return")
    };
    unchanged("swift", &surface(&bindings().join("swift/Generated/AmendsBindings"), offers));
}
