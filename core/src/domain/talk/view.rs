//! What one person sees of a talk.

use super::fold::Talk;
use crate::domain::capability::Viewing;
use crate::domain::pair::Who;
use crate::domain::words::text_of;
use crate::id::{DocId, Position};
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
    pub id: DocId,
    /// How it stands.
    pub state: TalkState,
    /// What it is about; `None` while the words are not here.
    pub topic: Option<String>,
    /// When it begins.
    pub begins: Moment,
    /// Who proposed this window.
    pub by: Who,
    /// It waits for the viewer's yes or no.
    pub waits_for_me: bool,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) window: Position,
}

/// Projects a talk for one viewer at one moment.
pub(super) fn project(talk: &Talk, viewing: Viewing<'_>) -> TalkView {
    let state = match (talk.ended, talk.declined, talk.accepted) {
        (true, ..) => TalkState::Ended,
        (_, true, _) => TalkState::Declined,
        (.., true) => TalkState::Accepted,
        _ if viewing.now >= talk.begins => TalkState::Lapsed,
        _ if talk.moved => TalkState::Moved,
        _ => TalkState::Proposed,
    };
    let waits = matches!(state, TalkState::Proposed | TalkState::Moved);
    TalkView {
        id: viewing.doc,
        state,
        topic: (viewing.bodies)(talk.topic).and_then(|body| text_of(&body, "text")),
        begins: talk.begins,
        by: talk.by.seen_by(viewing.side),
        waits_for_me: waits && talk.by != viewing.side,
        window: talk.window,
    }
}
