//! Documentation in the words of the language that it is read in. It is written once, in Rust:
//! what it calls by Rust's names is called by the reader's here, and the numbers of rules and
//! features, which are of use to who reads the core, are left out.

use heck::{ToLowerCamelCase, ToShoutySnakeCase};
use std::collections::BTreeSet;

/// The language of a source.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Kotlin.
    Kotlin,
    /// Swift.
    Swift,
}

/// What stands before the name of a type: that is written as in Rust.
const TYPES: &[&str] = &["class ", "object ", "interface ", "struct ", "enum ", "protocol "];

/// The names of all that the sources define as cases.
pub struct Words {
    language: Language,
    /// Cases without a value, as the language writes them.
    flat: BTreeSet<String>,
    /// Cases that are written as in Rust.
    kept: BTreeSet<String>,
}

impl Words {
    /// Those of these sources.
    pub fn of(language: Language, sources: &[String]) -> Self {
        let (mut flat, mut kept) = (BTreeSet::new(), BTreeSet::new());
        for line in sources.iter().flat_map(|source| source.lines()).map(str::trim) {
            kept.extend(TYPES.iter().filter_map(|keyword| after(line, keyword)));
            match language {
                Language::Kotlin => {
                    let name = line.trim_end_matches([',', ';']);
                    if name != line && !name.is_empty() && name.bytes().all(shouted) {
                        flat.insert(name.to_owned());
                    }
                }
                Language::Swift => {
                    if let Some(name) = after(line, "case ") {
                        let of_rust = name.starts_with(|first: char| first.is_ascii_uppercase());
                        if of_rust { &mut kept } else { &mut flat }.insert(name);
                    }
                }
            }
        }
        Self { language, flat, kept }
    }

    /// The source with its documentation in the reader's words.
    pub fn told(&self, source: &str) -> String {
        let mut told = String::with_capacity(source.len());
        let mut block = String::new();
        for line in source.split_inclusive('\n') {
            let start = line.trim_start();
            if start.starts_with("///") || (start.starts_with('*') && !start.starts_with("*/")) {
                block.push_str(line);
                continue;
            }
            told.push_str(&self.block(&std::mem::take(&mut block)));
            told.push_str(line);
        }
        told + &self.block(&block)
    }

    fn block(&self, block: &str) -> String {
        let block = without_numbers(&without_code(block)).replace("[`", "`").replace("`]", "`");
        let words = block.split('`').enumerate();
        let word = |(at, word): (usize, &str)| match at % 2 {
            1 => self.word(word).unwrap_or_else(|| word.to_owned()),
            _ => word.to_owned(),
        };
        words.map(word).collect::<Vec<_>>().join("`")
    }

    /// What stands between two backticks; nothing where it stays as it is.
    fn word(&self, word: &str) -> Option<String> {
        if !word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte)) {
            return None;
        }
        let path = word.strip_prefix("crate::").unwrap_or(word);
        if let Some((owner, name)) = path.split_once("::") {
            // The one object that has another name there.
            let owner = if owner == "Progress" { "ProgressViews" } else { owner };
            return Some(format!("{owner}.{}", self.word(name).unwrap_or_else(|| name.to_owned())));
        }
        if path.contains('_') && !path.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Some(path.to_lower_camel_case());
        }
        let kotlin = self.language == Language::Kotlin;
        if path == "None" {
            return Some(if kotlin { "null" } else { "nil" }.to_owned());
        }
        if self.kept.contains(path) || !path.starts_with(|first: char| first.is_ascii_uppercase()) {
            return None;
        }
        let (case, dot) = match kotlin {
            true => (path.to_shouty_snake_case(), ""),
            false => (path.to_lower_camel_case(), "."),
        };
        self.flat.contains(&case).then(|| format!("{dot}{case}"))
    }
}

/// Without examples, which are Rust's.
fn without_code(block: &str) -> String {
    let mut inside = false;
    let kept = |line: &&str| {
        let fence = line.contains("```");
        inside ^= fence;
        !inside && !fence
    };
    block.split_inclusive('\n').filter(kept).collect()
}

fn shouted(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}

/// The name that follows a keyword, where nothing but other keywords stand before it.
fn after(line: &str, keyword: &str) -> Option<String> {
    let (before, rest) = line.split_once(keyword)?;
    if !before.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ') {
        return None;
    }
    let rest = rest.trim_start_matches('`');
    let end = rest.find(|one: char| !one.is_ascii_alphanumeric()).unwrap_or(rest.len());
    (end > 0).then(|| rest[..end].to_owned())
}

/// Without the likes of `(R9, F26)`, and of `(RULES.md, consent)`.
fn without_numbers(block: &str) -> String {
    let mut rest = block;
    let mut kept = String::with_capacity(block.len());
    while let Some(open) = rest.find('(') {
        let Some(close) = rest[open..].find(')').map(|close| open + close) else { break };
        let mut inside = rest[open + 1..close]
            .split(|one: char| !one.is_ascii_alphanumeric())
            .filter(|one| !one.is_empty())
            .peekable();
        let before = rest[..open].trim_end_matches([' ', '\n', '*', '/']);
        let of_rules = rest[open..close].contains("RULES.md");
        let numbers = inside.peek().is_some() && inside.all(is_number);
        if !before.is_empty() && (of_rules || numbers) {
            kept.push_str(before);
        } else {
            kept.push_str(&rest[..=close]);
        }
        rest = &rest[close + 1..];
    }
    kept + rest
}

/// The number of a rule, a feature, a conflict or an invariant.
fn is_number(word: &str) -> bool {
    word.strip_prefix(['R', 'F', 'K', 'I', 'C']).is_some_and(|digits| {
        (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rust_calls_by_its_names_is_called_by_those_of_the_reader() {
        let kotlin = "enum class Code {\n    STALE_VIEW,\n    NOT_FOUND;\n}\nclass Closed(\n";
        let kotlin = Words::of(Language::Kotlin, &[kotlin.to_owned()]);
        let swift = "case staleView\ncase Closed(\n    case notFound\n";
        let swift = Words::of(Language::Swift, &[swift.to_owned()]);
        let said = " * `StaleView`, `Closed`, `None`, `stop_all`, [`crate::Space::hold_sync`],\n";
        let in_kotlin = " * `STALE_VIEW`, `Closed`, `null`, `stopAll`, `Space.holdSync`,\n";
        assert_eq!(kotlin.told(said), in_kotlin);
        let in_swift = " * `.staleView`, `Closed`, `nil`, `stopAll`, `Space.holdSync`,\n";
        assert_eq!(swift.told(said), in_swift);
        // A type stays, though a case has its name, and a case that is a keyword is found.
        let both = "public interface Mailbox {\n    MAILBOX,\n    PROTOCOL,\n".to_owned();
        let both = Words::of(Language::Kotlin, &[both]);
        assert_eq!(both.told(" * `Mailbox`, `Protocol`\n"), " * `Mailbox`, `PROTOCOL`\n");
        let keyword = Words::of(Language::Swift, &["case `protocol`\n".to_owned()]);
        assert_eq!(keyword.told("/// `Protocol`\n"), "/// `.protocol`\n");
        let other = " * `Progress::today`, `UNTIL`, `a b::c`, `Unknown`\n";
        assert_eq!(swift.told(other), " * `ProgressViews.today`, `UNTIL`, `a b::c`, `Unknown`\n");
    }

    #[test]
    fn the_numbers_of_rules_are_left_out_and_nothing_else_is() {
        let words = Words::of(Language::Swift, &[]);
        let said = "/**\n * It ends (R9,\n * F26).\n * (R5)\n * A few (R9 says) more (f()).\n */\n";
        let told = "/**\n * It ends.\n * A few (R9 says) more (f()).\n */\n";
        assert_eq!(words.told(said), told);
        let example = " * What it is (C1; RULES.md, x).\n * ```\n * use amends::Form;\n * ```\n";
        assert_eq!(words.told(example), " * What it is.\n");
        let code = "let a = f(R9) // `stop_all`\n";
        assert_eq!(words.told(code), code);
    }
}
