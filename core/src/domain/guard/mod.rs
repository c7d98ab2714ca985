//! The writing guard: hints on one's own words while one writes them (F05, F14, F15), a card for
//! who is asked for something that would cut them off (R25), and decks of phrases and questions
//! (F26, F28).
//!
//! All of it is advice (R21). It is a pure function of a text and a language pack; nothing is
//! refused for a hint, no record and no file can hold one, and whoever reads the text never
//! learns that there was one. A pack knows phrases, not people: it misses much, and finds what
//! is harmless.

mod pack;
mod phrase;

pub use pack::{Deck, Pack, PackError};

use phrase::Word;
use serde::{Deserialize, Serialize};

/// What a text is written for: which hints help there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Purpose {
    /// One's own part, or an acknowledgement (F04, F12).
    OwnPart,
    /// What it did to me: no hints, it is to be said in any tone (F06).
    Impact,
    /// A promise (F71).
    Promise,
    /// A limit of one's own (F49).
    Limit,
    /// Something that one asks of the other (R5, F33).
    Ask,
    /// A clause that one is asked to adopt, read by who is asked (R25).
    Asked,
}

/// What a hint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Concern {
    /// Makes it smaller.
    Minimising,
    /// "If": leaves open whether it happened.
    Conditional,
    /// Sorry for the other's feeling, not for one's deed (F15).
    SoundingSorry,
    /// Hands one's part to somebody else.
    Blaming,
    /// A reason that reads as an excuse.
    Excusing,
    /// A sentence in which nobody does it.
    NobodyDidIt,
    /// Asks the other to be done with it.
    Rushing,
    /// Pulls at love or guilt.
    Pressing,
    /// Says what the other must not do (F49).
    Forbidding,
    /// Cannot be told kept from missed.
    Vague,
    /// Would limit somebody's people, work, money, care, faith, papers or ways (R25).
    CuttingOff,
    /// Names no deed in the first person (F14).
    AskWho,
    /// Names no time (F14).
    AskWhen,
}

impl Purpose {
    /// Which phrases are looked for.
    fn concerns(self) -> &'static [Concern] {
        use Concern::*;
        match self {
            Purpose::OwnPart => &[
                Minimising,
                Conditional,
                SoundingSorry,
                Blaming,
                Excusing,
                NobodyDidIt,
                Rushing,
                Pressing,
            ],
            Purpose::Impact => &[],
            Purpose::Promise => &[Vague, Pressing],
            Purpose::Limit => &[Forbidding, Pressing],
            Purpose::Ask => &[Forbidding, Pressing, Rushing],
            Purpose::Asked => &[Forbidding, Pressing, CuttingOff],
        }
    }
}

/// A hint on some words of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct WritingHint {
    /// What it is about.
    pub concern: Concern,
    /// The first of the words, in Unicode scalar values from the beginning of the text.
    pub start: u32,
    /// Behind the last of them; as `start` where the hint is about the whole text.
    pub end: u32,
    /// One sentence of advice, in the pack's language.
    pub say: String,
}

/// Hints on a text, in the order of its words: at most one for each phrase that is found. Pure,
/// silent and without effect (R21).
///
/// ```
/// use amends::{Concern, Pack, Purpose, writing_hints};
/// let pack = Pack::of("en").unwrap();
/// let hints = writing_hints("I'm sorry you felt alone on Sunday.", Purpose::OwnPart, &pack);
/// assert_eq!(hints[0].concern, Concern::SoundingSorry);
/// let clear = "I hid the second account from you since March.";
/// assert!(writing_hints(clear, Purpose::OwnPart, &pack).is_empty());
/// ```
pub fn writing_hints(text: &str, purpose: Purpose, pack: &Pack) -> Vec<WritingHint> {
    let words = phrase::words(text);
    let mut hints = Vec::new();
    for concern in purpose.concerns() {
        let Some((say, phrases)) = pack.phrases(*concern) else { continue };
        for found in phrases.iter().flat_map(|phrase| phrase.found(&words)) {
            let (start, end) = (words[found.start].start, words[found.end - 1].end);
            // Who is asked is told of what is theirs, and never how it should have been put.
            let say = if purpose == Purpose::Asked { pack.asked() } else { say };
            hints.push(WritingHint { concern: *concern, start, end, say: say.to_owned() });
        }
    }
    if purpose == Purpose::OwnPart && !words.is_empty() {
        hints.extend(unspecific(&words, pack));
    }
    hints.sort_by_key(|hint| (hint.start, hint.end, hint.concern));
    hints.dedup_by_key(|hint| (hint.start, hint.concern));
    hints
}

/// A text that names neither who nor when (F14).
fn unspecific(words: &[Word], pack: &Pack) -> impl Iterator<Item = WritingHint> {
    let any = |known: &[String]| words.iter().any(|word| known.contains(&word.text));
    let digits = words.iter().any(|word| word.text.contains(|c: char| c.is_ascii_digit()));
    let about_all =
        |concern, say: &str| WritingHint { concern, start: 0, end: 0, say: say.to_owned() };
    let who = (!any(pack.first_person())).then(|| about_all(Concern::AskWho, pack.ask_who()));
    let when = !any(pack.times()) && !digits;
    let when = when.then(|| about_all(Concern::AskWhen, pack.ask_when()));
    who.into_iter().chain(when)
}

#[cfg(test)]
mod tests;
