//! The writing guard: needs no space, and leaves no trace in one (R21).

use crate::error::{AmendsError, ArgumentKind};
use amends::{ClauseView, Deck, Pack, Purpose, WritingHint};
use std::sync::Arc;

/// The phrases, advice and cards of one language, for hints on one's own words while one writes
/// them (F05, F14, F15) and decks of cards (F26, F28). All of it is advice: no call refuses a
/// text for it, nothing of it is kept, and the other never learns of it (R21).
#[derive(Debug, uniffi::Object)]
pub struct LanguagePack(Pack);

/// The pack that comes with the library for a language tag, `en` or `en-GB`; none for a language
/// that it does not have: show no hints then, or bring one ([`LanguagePack::read`]).
#[uniffi::export]
pub fn language_pack(lang: String) -> Option<Arc<LanguagePack>> {
    Pack::of(&lang).map(|pack| Arc::new(LanguagePack(pack)))
}

#[uniffi::export]
impl LanguagePack {
    /// A pack that the app brings, as JSON in the form of the library's own
    /// (`core/src/domain/guard/en.json`).
    ///
    /// # Errors
    /// `Invalid`, which says what is wrong with it.
    #[uniffi::constructor]
    pub fn read(json: String) -> Result<Arc<Self>, AmendsError> {
        let pack = Pack::read(&json).map_err(|error| {
            let what = "the language pack has not the form of the library's own";
            AmendsError::invalid_because(ArgumentKind::Pack, what, &error.to_string())
        })?;
        Ok(Arc::new(Self(pack)))
    }

    /// Its language.
    pub fn lang(&self) -> String {
        self.0.lang().to_owned()
    }

    /// Hints on a text, in the order of its words; where they stand is counted in Unicode
    /// scalar values.
    pub fn hints(&self, text: String, purpose: Purpose) -> Vec<WritingHint> {
        amends::writing_hints(&text, purpose, &self.0)
    }

    /// The cards of a deck.
    pub fn cards(&self, deck: Deck) -> Vec<String> {
        self.0.cards(deck).to_vec()
    }

    /// What a person is told, and nobody else, of a sentence that the other wrote and that would
    /// bind them (R25): show it with every text that waits for their yes or cools off. None of
    /// what they wrote themselves, or what binds only the other.
    pub fn card(&self, clause: ClauseView) -> Option<String> {
        self.0.card(&clause).map(str::to_owned)
    }

    /// One sentence that owns it, from a deed and what it left the other with (F14); none while
    /// either is empty.
    pub fn scaffold(&self, deed: String, feeling: String) -> Option<String> {
        self.0.scaffold(&deed, &feeling)
    }
}
