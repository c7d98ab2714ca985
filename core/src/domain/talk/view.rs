//! What one person sees of a talk.

use super::fold::Talk;
use crate::domain::capability::Viewing;
use crate::domain::pair::Who;
use crate::domain::words::text_of;
use crate::id::{Position, TalkId};
use crate::limits;
use crate::text;
use crate::time::Moment;
use serde::Serialize;

/// How a talk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum TalkState {
    /// A window waits for a yes.
    Proposed,
    /// Another window was proposed, and waits for a yes.
    Moved,
    /// Both said yes to this window.
    Accepted,
    /// Begun.
    Started,
    /// Paused by one of the two, who says when they propose to go on (F27).
    Paused,
    /// Somebody said no.
    Declined,
    /// The window passed without a yes.
    Lapsed,
    /// Ended.
    Ended,
}

/// A talk as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct TalkView {
    /// Its document.
    pub id: TalkId,
    /// How it stands.
    pub state: TalkState,
    /// What it is about; `None` while the words are not here.
    pub topic: Option<String>,
    /// When it begins.
    pub begins: Moment,
    /// How long it is meant to be, in minutes.
    pub minutes: Option<u16>,
    /// Where.
    pub place: Option<String>,
    /// Ground rules.
    pub rules: Vec<String>,
    /// Who paused it.
    pub paused_by: Option<Who>,
    /// When they propose to go on. Nothing enforces it; either can end the talk kindly.
    pub resume_at: Option<Moment>,
    /// Who proposed this window.
    pub by: Who,
    /// It waits for the viewer's yes or no.
    pub waits_for_me: bool,
    /// A newer version wrote something here that this one does not show.
    pub needs_update: bool,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) window: Position,
}

impl TalkView {
    /// Whether both have said yes to it, and nobody no.
    pub(super) fn agreed(&self) -> bool {
        use TalkState::{Accepted, Paused, Started};
        matches!(self.state, Accepted | Started | Paused)
    }
}

/// Projects a talk for one viewer at one moment.
pub(super) fn project(talk: &Talk, viewing: Viewing<'_>) -> TalkView {
    let state = match (talk.ended, talk.declined, talk.accepted) {
        (true, ..) => TalkState::Ended,
        (_, true, _) => TalkState::Declined,
        (.., true) if talk.pause.is_some() => TalkState::Paused,
        (.., true) if talk.started => TalkState::Started,
        (.., true) => TalkState::Accepted,
        _ if viewing.now >= talk.begins => TalkState::Lapsed,
        _ if talk.moved => TalkState::Moved,
        _ => TalkState::Proposed,
    };
    let pause = talk.pause.filter(|_| state == TalkState::Paused);
    let body = (viewing.bodies)(talk.topic);
    let word = |key: &str| body.as_ref().and_then(|body| text_of(body, key));
    let rules = body.as_ref().and_then(|body| body.get("rules")?.array());
    let rules = rules.into_iter().flatten().take(limits::TALK_RULES);
    let waits = matches!(state, TalkState::Proposed | TalkState::Moved);
    TalkView {
        id: viewing.doc.into(),
        state,
        topic: word("text"),
        begins: talk.begins,
        minutes: talk.minutes,
        place: word("place").filter(|place| place.chars().count() <= limits::NAME_SCALARS),
        rules: rules.filter_map(|rule| shown_text(rule.text()?)).collect(),
        paused_by: pause.map(|pause| pause.by.seen_by(viewing.side)),
        resume_at: pause.map(|pause| pause.to),
        by: talk.by.seen_by(viewing.side),
        waits_for_me: waits && talk.by != viewing.side,
        needs_update: talk.needs_update,
        window: talk.window,
    }
}

fn shown_text(words: &str) -> Option<String> {
    text::counts(words).then(|| words.to_owned())
}
