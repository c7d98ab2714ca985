//! Hints and cards.

use super::wrap;
use amends::{ClauseView, Pack, WritingHint};

/// Hints on a text, each with the words that it means.
pub fn hints(text: &str, hints: &[WritingHint]) -> String {
    let one = |hint: &WritingHint| {
        let length = hint.end.saturating_sub(hint.start) as usize;
        let words: String = text.chars().skip(hint.start as usize).take(length).collect();
        let head = if words.is_empty() { String::new() } else { format!("\"{words}\": ") };
        wrap(&format!("{head}{}", hint.say), "  ")
    };
    match hints {
        [] => "Nothing was noticed. A hint misses much.".to_owned(),
        hints => hints.iter().map(one).collect::<Vec<_>>().join("\n"),
    }
}

/// What who would be bound by a sentence of the other's is told of it, and nobody else (R25).
pub fn card(clause: &ClauseView) -> Option<String> {
    let pack = Pack::of("en")?;
    let say = pack.card(clause)?;
    Some(wrap(&format!("For you alone: {say}"), "       "))
}

/// The cards of a deck.
pub fn cards(cards: &[String]) -> String {
    cards.iter().map(|card| wrap(card, "  ")).collect::<Vec<_>>().join("\n")
}
