//! Language packs: the phrases, advice and cards of one language. The library brings English;
//! a host may bring others, as JSON in the form of `en.json`.

use super::phrase::Phrase;
use super::{Concern, Purpose, writing_hints};
use crate::domain::agreement::ClauseView;
use crate::domain::pair::Who;
use crate::limits;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const ENGLISH: &str = include_str!("en.json");

/// A deck of phrases or questions (F26, F28), to be looked at in private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Deck {
    /// Accepting a feeling without agreeing to every fact (F26).
    Accepting,
    /// Looking at oneself before a talk (F26).
    BeforeATalk,
    /// A first sentence that owns it (F16).
    Opening,
    /// Open questions: what would feel safe (F28).
    Safety,
    /// What helps.
    Support,
    /// What worries.
    Fear,
    /// What is close, and what is welcome.
    Closeness,
    /// How to listen (F28).
    Listening,
    /// What one might catch oneself at (F77).
    Mistakes,
}

impl Deck {
    /// Every deck.
    pub const ALL: [Deck; 9] = [
        Deck::Accepting,
        Deck::BeforeATalk,
        Deck::Opening,
        Deck::Safety,
        Deck::Support,
        Deck::Fear,
        Deck::Closeness,
        Deck::Listening,
        Deck::Mistakes,
    ];
}

/// Why a pack was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// It is longer than a pack may be.
    #[error("a language pack has at most {} bytes", limits::PACK_BYTES)]
    TooLong,
    /// It is not JSON in the form of a pack.
    #[error("not a language pack: {0}")]
    Form(String),
    /// A phrase has no word, or begins or ends with `*`.
    #[error("\"{0}\" is no phrase: words, and a * between two of them")]
    Phrase(String),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    lang: String,
    hints: BTreeMap<Concern, Said>,
    asked: String,
    free: String,
    ask_when: String,
    ask_who: String,
    when: Vec<String>,
    first_person: Vec<String>,
    scaffold: [String; 3],
    cards: BTreeMap<Deck, Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    say: String,
    phrases: Vec<String>,
}

/// The phrases, advice and cards of one language.
#[derive(Debug, Clone)]
pub struct Pack {
    hints: BTreeMap<Concern, (String, Vec<Phrase>)>,
    written: Written,
}

impl Pack {
    /// The pack that comes with the library for a language tag (BCP 47): `en` for English of
    /// any region; `None` where there is none, and a host brings its own or shows no hints.
    pub fn of(lang: &str) -> Option<Self> {
        let language = lang.split(['-', '_']).next()?;
        language.eq_ignore_ascii_case("en").then(|| Self::read(ENGLISH).ok()).flatten()
    }

    /// A pack that a host brings.
    ///
    /// # Errors
    /// [`PackError`].
    pub fn read(json: &str) -> Result<Self, PackError> {
        if json.len() > limits::PACK_BYTES {
            return Err(PackError::TooLong);
        }
        let mut written: Written =
            serde_json::from_str(json).map_err(|error| PackError::Form(error.to_string()))?;
        let phrase = |text: String| Phrase::read(&text).ok_or(PackError::Phrase(text));
        let hint = |(concern, said): (Concern, Said)| {
            let phrases = said.phrases.into_iter().map(phrase).collect::<Result<_, _>>()?;
            Ok((concern, (said.say, phrases)))
        };
        // From here on the phrases are what is looked for.
        let hints = std::mem::take(&mut written.hints).into_iter().map(hint);
        Ok(Self { hints: hints.collect::<Result<_, PackError>>()?, written })
    }

    /// Its language, as it says itself.
    pub fn lang(&self) -> &str {
        &self.written.lang
    }

    /// The cards of a deck; none where the pack has none.
    pub fn cards(&self, deck: Deck) -> &[String] {
        self.written.cards.get(&deck).map_or(&[], Vec::as_slice)
    }

    /// One sentence that owns it, from a deed and what it left the other with (F14); `None`
    /// while either is empty: it cannot be offered unfilled.
    ///
    /// ```
    /// let pack = amends::Pack::of("en").unwrap();
    /// let filled = pack.scaffold("hid the second account from you", "alone with the doubt");
    /// assert_eq!(
    ///     filled.unwrap(),
    ///     "I hid the second account from you. It left you alone with the doubt. This is mine."
    /// );
    /// assert_eq!(pack.scaffold("hid it", " "), None);
    /// ```
    pub fn scaffold(&self, deed: &str, feeling: &str) -> Option<String> {
        let [deed, feeling] = [deed, feeling].map(|part| part.trim().trim_end_matches('.'));
        let [me, left, mine] = &self.written.scaffold;
        let filled = !deed.is_empty() && !feeling.is_empty();
        filled.then(|| format!("{me} {deed}. {left} {feeling}. {mine}"))
    }

    pub(super) fn phrases(&self, concern: Concern) -> Option<(&str, &[Phrase])> {
        self.hints.get(&concern).map(|(say, phrases)| (say.as_str(), phrases.as_slice()))
    }

    /// What who is asked for something is told, whatever phrase was found (R25).
    pub(super) fn asked(&self) -> &str {
        &self.written.asked
    }

    /// What a person is told, and nobody else, of a sentence that the other wrote and that would
    /// bind them (R25), before they say yes to it: the card where words or category say that it
    /// may be about their people, work, money, care, faith, papers or ways; otherwise that they
    /// are free to say no. Words miss much, so that of what is missed they are told that all
    /// the same. `None` of what they wrote themselves or what binds only the other.
    pub fn card(&self, clause: &ClauseView) -> Option<&str> {
        use crate::domain::agreement::Category::{
            Documents, Faith, Health, Money, Movement, ThirdPartyContact,
        };
        if clause.by != Who::Partner || clause.binds == Who::Partner {
            return None;
        }
        let touches = matches!(
            clause.category,
            Documents | Faith | Health | Money | Movement | ThirdPartyContact
        );
        let noticed = touches || !writing_hints(&clause.text, Purpose::Asked, self).is_empty();
        Some(if noticed { self.asked() } else { self.free() })
    }

    /// What who is asked for anything is told.
    pub(super) fn free(&self) -> &str {
        &self.written.free
    }

    pub(super) fn first_person(&self) -> &[String] {
        &self.written.first_person
    }

    pub(super) fn times(&self) -> &[String] {
        &self.written.when
    }

    pub(super) fn ask_who(&self) -> &str {
        &self.written.ask_who
    }

    pub(super) fn ask_when(&self) -> &str {
        &self.written.ask_when
    }
}
