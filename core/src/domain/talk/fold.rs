//! From the records of one document to the state of one talk.

use super::record::Act;
use crate::domain::action::Action;
use crate::domain::capability::Records;
use crate::domain::ledger::own_document;
use crate::domain::pair::{Pair, Side};
use crate::domain::record::Held;
use crate::domain::words::{in_order, standing};
use crate::id::Position;
use crate::limits;
use crate::time::Moment;

/// The state of one talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// The record with its topic.
    pub topic: Position,
    /// The record that proposed the window which stands.
    pub window: Position,
    /// When that begins.
    pub begins: Moment,
    /// Who proposed it.
    pub by: Side,
    /// Whether another window stood before.
    pub moved: bool,
    /// Whether the other said yes to this window.
    pub accepted: bool,
    /// How long it is meant to be, in minutes.
    pub minutes: Option<u16>,
    /// Whether it was begun, once both had said yes.
    pub started: bool,
    /// The pause that holds: nobody who had seen it has gone on.
    pub pause: Option<Pause>,
    /// Whether somebody said no since.
    pub declined: bool,
    /// Whether somebody ended it.
    pub ended: bool,
    /// Whether a newer version wrote something here.
    pub needs_update: bool,
}

/// A pause, and when its author proposes to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Who asked for it.
    pub by: Side,
    /// When to go on, as they propose; nothing enforces it.
    pub to: Moment,
}

/// Folds the records of a document; `None` where there is no talk in it.
pub(super) fn fold(pair: &Pair, of: &Records<'_>) -> Option<Talk> {
    let records = in_order(of.held);
    let of_kind = |wanted: fn(&Act) -> bool| -> Vec<&Held> {
        // One who writes much must not crowd out what the other says; a no and an
        // end are never crowded out.
        let mut counts = [0_usize; 2];
        let counts = |held: &&&Held| match &held.record.action {
            Action::Talk(act @ (Act::Decline | Act::End)) => wanted(act),
            Action::Talk(act) if wanted(act) => pair.side(held.author).is_some_and(|by| {
                counts[by] += 1;
                counts[by] <= limits::TALK_RECORDS
            }),
            _ => false,
        };
        records.iter().filter(counts).copied().collect()
    };
    let windows = of_kind(|act| matches!(act, Act::Propose { .. }));
    // The talk is made by the one whose salt its document has.
    let makes = |held: &&&Held| match held.record.action {
        Action::Talk(Act::Propose { salt: Some(salt), .. }) => {
            own_document(pair.id, held.author, &salt) == of.doc
        }
        _ => false,
    };
    let first = *windows.iter().find(makes)?;
    // Across both persons: the last that nobody had seen more after, by stated time.
    let window = standing(&windows)?;
    let Action::Talk(Act::Propose { begins, minutes, .. }) = window.record.action else {
        return None;
    };
    let named = |held: &&Held| matches!(held.record.action, Action::Talk(Act::Accept { of }) if of == window.id);
    let accepts = of_kind(|act| matches!(act, Act::Accept { .. }));
    // Only what both had said yes to can be begun or paused: by who knew of that yes.
    let yeses: Vec<&Held> = accepts
        .iter()
        .filter(|held| named(held) && held.author != window.author)
        .copied()
        .collect();
    let of_this = |held: &&Held| yeses.iter().any(|yes| held.past.contains(yes.id));
    let mut starts = of_kind(|act| matches!(act, Act::Start));
    starts.retain(of_this);
    let mut pauses = of_kind(|act| matches!(act, Act::Pause { .. }));
    pauses.retain(of_this);
    // Pausing beats going on without having heard of it.
    let holds = |held: &&&Held| !starts.iter().any(|start| start.past.contains(held.id));
    let pause = pauses.iter().filter(holds).filter_map(|held| match held.record.action {
        Action::Talk(Act::Pause { to }) if in_bounds(held.record.at.moment, to) => {
            Some((held.record.at.moment, held.id, Pause { by: pair.side(held.author)?, to }))
        }
        _ => None,
    });
    let pause = pause.max_by_key(|(at, id, _)| (*at, *id)).map(|(.., pause)| pause);
    // A no to an earlier window does not outlive a new one.
    let declines = of_kind(|act| matches!(act, Act::Decline));
    Some(Talk {
        topic: first.id,
        window: window.id,
        begins,
        minutes: minutes.filter(|minutes| (1..=limits::TALK_MINUTES).contains(minutes)),
        started: !starts.is_empty(),
        pause,
        by: pair.side(window.author)?,
        moved: windows.len() > 1,
        accepted: !yeses.is_empty(),
        declined: declines.iter().any(|held| !window.past.contains(held.id)),
        needs_update: !of.newer.is_empty(),
        ended: !of_kind(|act| matches!(act, Act::End)).is_empty(),
    })
}

/// Whether a pause that is asked for at that moment may last so long.
pub(super) fn in_bounds(at: Moment, to: Moment) -> bool {
    at < to && to.since(at) <= limits::TALK_PAUSE
}
