//! Talks that both plan.

use super::{short, utc, wrap};
use amends::{TalkState, TalkView, Turn, Who};

/// Talks.
pub fn talks(talks: &[TalkView]) -> String {
    if talks.is_empty() {
        return "There are no talks.".to_owned();
    }
    let one = |talk: &TalkView| {
        let state = match talk.state {
            TalkState::Proposed => "proposed",
            TalkState::Moved => "another time proposed",
            TalkState::Accepted => "agreed",
            TalkState::Started => "begun",
            TalkState::Paused => "paused",
            TalkState::Declined => "not agreed",
            TalkState::Lapsed => "lapsed unanswered",
            TalkState::Ended => "ended",
            _ => "unknown",
        };
        let waits = if talk.waits_for_me { ", waits for your answer" } else { "" };
        let topic = talk.topic.as_deref().unwrap_or("(the words are not here yet)");
        let head = format!("{}  {}, {state}{waits}", short(talk.id), utc(talk.begins));
        let mut lines = vec![head, wrap(topic, "    ")];
        let minutes = talk.minutes.map(|minutes| format!("{minutes} minutes"));
        let where_and_how_long: Vec<String> =
            talk.place.clone().into_iter().chain(minutes).collect();
        if !where_and_how_long.is_empty() {
            lines.push(wrap(&where_and_how_long.join(", "), "    "));
        }
        lines.extend(talk.rules.iter().map(|rule| wrap(rule, "    - ")));
        lines.extend(talk.resume_at.map(|at| {
            let who = if talk.paused_by == Some(Who::Me) { "I" } else { "my partner" };
            format!("    {who} paused it, to go on at {}", utc(at))
        }));
        lines.join("\n")
    };
    talks.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// What one noted for oneself.
pub fn noted(text: &str) -> String {
    if text.is_empty() { "You noted nothing.".to_owned() } else { wrap(text, "") }
}

/// Turns.
pub fn turns(turns: &[Turn]) -> String {
    let one = |turn: &Turn| {
        let who = if turn.speaks == Who::Me { "you speak" } else { "your partner speaks" };
        format!("{} to {}  {who}", utc(turn.from), utc(turn.to))
    };
    match turns {
        [] => "It is too short for a turn of each.".to_owned(),
        turns => turns.iter().map(one).collect::<Vec<_>>().join("\n"),
    }
}
