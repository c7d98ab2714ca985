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

/// A person's name as it is written down: one line of at most 64 scalar values.
///
/// # Errors
/// As [`text`].
pub fn name(name: &str) -> Result<String, TextError> {
    let name = written(name, NAME_SCALARS)?;
    if name.contains(['\n', '\t']) { Err(TextError::Forbidden) } else { Ok(name) }
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
}
