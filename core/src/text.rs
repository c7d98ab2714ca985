//! Texts: normalised when they are written, bounded always.

use crate::limits::{NAME_SCALARS, TAG_BYTES, TEXT_SCALARS};
use unicode_normalization::UnicodeNormalization;

/// Why a text may not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextError {
    /// It says nothing.
    Empty,
    /// More than 8,000 Unicode scalar values, 64 for a name.
    TooLong,
    /// It holds a control or direction character, see [`forbidden`].
    Forbidden,
}

/// Whether a character could make a text look unlike what it says, or is no
/// text at all. Control characters but tab and line feed; embeddings, overrides
/// and isolates of the bidirectional algorithm (UAX #9), with which a text can
/// be shown in another order than it is hashed in. The plain marks U+200E,
/// U+200F and U+061C stay: Arabic and Hebrew need them.
fn forbidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn within(text: &str, limit: usize) -> bool {
    text.chars().nth(limit).is_none()
}

fn written(text: &str, limit: usize) -> Result<String, TextError> {
    // Normalising can only be worth its time on what is near the limit.
    if text.len() > limit * 4 * 4 {
        return Err(TextError::TooLong);
    }
    let text: String = text.trim().nfc().collect();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if !within(&text, limit) {
        return Err(TextError::TooLong);
    }
    if text.chars().any(forbidden) {
        return Err(TextError::Forbidden);
    }
    Ok(text)
}

/// A text as it is written down: trimmed, in Unicode NFC.
///
/// # Errors
/// `TextEmpty`, `TextTooLong` (over 8,000 scalar values), `TextForbidden`.
pub fn text(text: &str) -> Result<String, TextError> {
    written(text, TEXT_SCALARS)
}

/// A person's name as it is written down: one line of at most 64 scalar values, in which nothing
/// is hidden that would make it another than it looks.
///
/// # Errors
/// As [`text`].
pub fn name(name: &str) -> Result<String, TextError> {
    let name = written(name, NAME_SCALARS)?;
    let hides = name.chars().any(invisible) || !joiners_join(&name);
    if hides || name.contains(['\n', '\t']) { Err(TextError::Forbidden) } else { Ok(name) }
}

/// Whether a character shows nothing (of Unicode's `Default_Ignorable_Code_Point`, but for the
/// marks and joiners that scripts need, and what chooses between forms), or looks like a space
/// and is none.
fn invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether each joiner and non-joiner (U+200D, U+200C) stands where scripts and emoji use them:
/// between two characters beyond ASCII.
fn joiners_join(text: &str) -> bool {
    let joins = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let around = |c: &char| !c.is_ascii() && !c.is_whitespace() && !joins(*c);
    let chars: Vec<char> = text.chars().collect();
    chars.iter().enumerate().filter(|(_, c)| joins(**c)).all(|(at, _)| {
        at.checked_sub(1).and_then(|at| chars.get(at)).is_some_and(around)
            && chars.get(at + 1).is_some_and(around)
    })
}

/// A part of a working draft: like [`text`], but it may be empty and keeps its
/// spaces.
///
/// # Errors
/// `TextTooLong`, `TextForbidden`.
pub fn fragment(text: &str) -> Result<String, TextError> {
    if text.len() > TEXT_SCALARS * 4 * 4 {
        return Err(TextError::TooLong);
    }
    let text: String = text.nfc().collect();
    if !within(&text, TEXT_SCALARS) {
        return Err(TextError::TooLong);
    }
    if text.chars().any(forbidden) {
        return Err(TextError::Forbidden);
    }
    Ok(text)
}

/// Whether a received text counts. It is never normalised again: that would
/// change what was hashed.
pub fn counts(text: &str) -> bool {
    !text.is_empty() && fragment_counts(text)
}

/// Whether a received part of a working draft counts.
pub fn fragment_counts(text: &str) -> bool {
    within(text, TEXT_SCALARS) && !text.chars().any(forbidden)
}

/// Whether `tag` has the form of a language tag or a zone name.
pub fn tag_counts(tag: &str) -> bool {
    !tag.is_empty()
        && tag.len() <= TAG_BYTES
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_/+".contains(&b))
}

/// One change of a text, in Unicode scalar values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// Where.
    pub start: usize,
    /// How many to take out.
    pub delete: usize,
    /// What to put in.
    pub insert: String,
}

/// The one splice that makes `new` of `old`; `None` if they are equal.
pub fn difference(old: &str, new: &str) -> Option<Splice> {
    let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - start;
    let tail =
        old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let delete = old.len() - start - tail;
    let insert: String = new[start..new.len() - tail].iter().collect();
    (delete > 0 || !insert.is_empty()).then_some(Splice { start, delete, insert })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn texts_are_normalised_once_and_bounded_in_scalar_values() {
        assert_eq!(text(" Cafe\u{301} ").unwrap(), "Café");
        assert!(text(&"é".repeat(8_000)).is_ok());
        assert_eq!(text(&"é".repeat(8_001)).unwrap_err(), TextError::TooLong);
        assert_eq!(text(" \n").unwrap_err(), TextError::Empty);
        assert!(counts(&"é".repeat(8_000)) && !counts(&"é".repeat(8_001)));
        assert!(counts("Cafe\u{301}"), "received text is never normalised again");
    }

    #[test]
    fn direction_overrides_are_refused_and_direction_marks_stay() {
        for hidden in ["\u{202e}", "\u{2066}", "\0", "\u{7}", "\u{feff}"] {
            let words = format!("I will {hidden}call");
            assert_eq!(text(&words).unwrap_err(), TextError::Forbidden);
            assert!(!counts(&words));
        }
        assert!(text("\u{200f}שלום").is_ok());
    }

    #[test]
    fn names_are_one_short_line() {
        assert_eq!(name(" Ana ").unwrap(), "Ana");
        assert!(name("A\nna").is_err());
        assert!(name(&"a".repeat(65)).is_err());
    }

    #[test]
    fn nothing_is_hidden_in_a_name() {
        let hidden = ["\u{200b}", "\u{200c}", "\u{200d}", "\u{2060}", "\u{ad}", "\u{3164}"];
        for hidden in hidden.into_iter().chain(["\u{e0041}", "\u{2800}", "\u{180e}"]) {
            for name in [format!("A{hidden}na"), format!("Ana{hidden}"), hidden.to_owned()] {
                assert!(super::name(&name).is_err(), "{name:?}");
            }
        }
        // What scripts and emoji need stays.
        let shown = [
            "می\u{200c}نا",
            "क्\u{200d}ष",
            "👩\u{200d}🚀",
            "Ana ❤\u{fe0f}",
            "\u{200f}שרה",
            "O'Neill",
        ];
        for name in shown {
            assert_eq!(super::name(name).unwrap(), name);
        }
        assert!(super::name("می\u{200c}\u{200c}نا").is_err(), "one is enough");
    }
}
