//! Help while writing.

use super::values::one_of;
use amends::{Deck, Purpose};
use clap::Subcommand;

/// Help while writing.
#[derive(Debug, Subcommand)]
pub enum WriteCommand {
    /// Hints on a text. They are for you only: nothing of them is kept.
    Hints {
        /// The text.
        text: String,
        /// What it is for: own-part, impact, promise, limit, ask, or asked (you are asked
        /// for it).
        #[arg(long = "for", value_parser = purpose, default_value = "own-part")]
        purpose: Purpose,
    },
    /// Cards to look at before you speak.
    Cards {
        /// Which: accepting, before-a-talk, opening, safety, support, fear, closeness, listening
        /// or mistakes.
        #[arg(value_parser = deck)]
        deck: Deck,
    },
    /// One sentence that owns it, of a deed and what it left the other with.
    Own {
        /// What you did: "hid the second account from you".
        deed: String,
        /// What it left the other with: "alone with the doubt".
        feeling: String,
    },
}

const PURPOSES: [(&str, Purpose); 6] = [
    ("own-part", Purpose::OwnPart),
    ("impact", Purpose::Impact),
    ("promise", Purpose::Promise),
    ("limit", Purpose::Limit),
    ("ask", Purpose::Ask),
    ("asked", Purpose::Asked),
];

const DECKS: [(&str, Deck); 9] = [
    ("accepting", Deck::Accepting),
    ("before-a-talk", Deck::BeforeATalk),
    ("opening", Deck::Opening),
    ("safety", Deck::Safety),
    ("support", Deck::Support),
    ("fear", Deck::Fear),
    ("closeness", Deck::Closeness),
    ("listening", Deck::Listening),
    ("mistakes", Deck::Mistakes),
];

fn purpose(text: &str) -> Result<Purpose, String> {
    named(&PURPOSES, text)
}

fn deck(text: &str) -> Result<Deck, String> {
    named(&DECKS, text)
}

fn named<T: Copy>(all: &[(&'static str, T)], text: &str) -> Result<T, String> {
    let found = all.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    one_of(all.iter().map(|(name, _)| *name), found)
}
