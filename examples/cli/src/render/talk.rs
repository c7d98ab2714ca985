//! Talks that both plan.

use super::{short, utc, wrap};
use amends::{TalkState, TalkView};

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
            TalkState::Declined => "not agreed",
            TalkState::Lapsed => "lapsed unanswered",
            TalkState::Ended => "ended",
            _ => "unknown",
        };
        let waits = if talk.waits_for_me { ", waits for your answer" } else { "" };
        let topic = talk.topic.as_deref().unwrap_or("(the words are not here yet)");
        let head = format!("{}  {}, {state}{waits}", short(talk.id), utc(talk.begins));
        format!("{head}\n{}", wrap(topic, "    "))
    };
    talks.iter().map(one).collect::<Vec<_>>().join("\n")
}
