//! Words of a text, and phrases that are looked for in them.

/// A word, as it is compared, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// In small letters; empty for the end of a sentence, which no phrase goes across.
    pub(super) text: String,
    /// In Unicode scalar values from the beginning of the text.
    pub(super) start: u32,
    /// Behind its last.
    pub(super) end: u32,
}

/// How many words a `*` may stand for.
const GAP: usize = 3;

/// The words of a text: letters, digits and apostrophes, whichever sign is typed for one.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut open = false;
    for (at, c) in (0_u32..).zip(text.chars()) {
        let c = if matches!(c, '\u{2019}' | '\u{2018}' | '\u{02BC}') { '\'' } else { c };
        if c.is_alphanumeric() || c == '\'' {
            if !open {
                words.push(Word { text: String::new(), start: at, end: at });
            }
            if let Some(word) = words.last_mut() {
                word.text.extend(c.to_lowercase());
                word.end = at + 1;
            }
            open = true;
            continue;
        }
        open = false;
        if matches!(c, '.' | '!' | '?' | ';' | '\n') {
            words.push(Word { text: String::new(), start: at, end: at + 1 });
        }
    }
    words.into_iter().filter(|word| word.text != "'").collect()
}

/// Words in a row; `None` stands for up to three that may be anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase(Vec<Option<String>>);

impl Phrase {
    /// From a pack; `None` where it has no word, or would begin or end anywhere.
    pub(super) fn read(text: &str) -> Option<Self> {
        let part = |part: &str| match part {
            "*" => Some(None),
            word => match words(word).as_slice() {
                [one] if !one.text.is_empty() => Some(Some(one.text.clone())),
                _ => None,
            },
        };
        let parts: Vec<Option<String>> =
            text.split_whitespace().map(part).collect::<Option<_>>()?;
        let bounded = parts.first()?.is_some() && parts.last()?.is_some();
        bounded.then_some(Self(parts))
    }

    /// Where it stands in a text.
    pub(super) fn found<'a>(
        &'a self,
        words: &'a [Word],
    ) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
        (0..words.len()).filter_map(move |start| ends(&self.0, words, start).map(|end| start..end))
    }
}

/// Behind the last word of a phrase that begins there.
fn ends(parts: &[Option<String>], words: &[Word], at: usize) -> Option<usize> {
    let Some((part, rest)) = parts.split_first() else { return Some(at) };
    match part {
        Some(word) => (words.get(at)?.text == *word).then(|| ends(rest, words, at + 1)).flatten(),
        None => (0..=GAP)
            .take_while(|gap| {
                words[at..].iter().take(*gap).filter(|word| !word.text.is_empty()).count() == *gap
            })
            .find_map(|gap| ends(rest, words, at + gap)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_where_they_stand_and_so_does_the_end_of_a_sentence() {
        let of = |text| -> Vec<(String, u32, u32)> {
            words(text).into_iter().map(|word| (word.text, word.start, word.end)).collect()
        };
        let at = |text: &str, start, end| (text.to_owned(), start, end);
        assert_eq!(
            of("It's so. No"),
            [at("it's", 0, 4), at("so", 5, 7), at("", 7, 8), at("no", 9, 11)]
        );
        assert_eq!(of("' - "), []);
    }

    #[test]
    fn a_phrase_is_words_in_a_row_and_neither_begins_nor_ends_anywhere() {
        for text in ["", ".", "you .", "* you", "you *", "so-so"] {
            assert_eq!(Phrase::read(text), None, "{text}");
        }
        assert!(Phrase::read("you * me").is_some());
    }
}
