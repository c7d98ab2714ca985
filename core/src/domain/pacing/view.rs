//! The limits and the space that hold.

use super::fold::{Pacing, PairLimits, Taken};
use super::record::Contact;
use crate::domain::pair::{Side, Who};
use crate::id::{ItemId, Position};
use crate::time::Moment;
use serde::Serialize;

/// Space as one person sees it at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct SpaceView {
    /// The strictest of what both took.
    pub contact: Contact,
    /// Until when this holds; until it is ended otherwise. Another may follow.
    pub until: Option<Moment>,
    /// The viewer's own, to be ended early.
    pub mine: Option<ItemId>,
    /// Whose it is.
    pub by: Who,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) positions: Vec<Position>,
}

impl Pacing {
    /// The limits that hold: the most protective of both votes.
    pub fn limits(&self) -> PairLimits {
        let days = self.votes.iter().filter_map(|vote| vote.retention_days);
        PairLimits {
            retention_days: days.min(),
            off: self.votes.iter().flat_map(|vote| vote.off.iter().copied()).collect(),
        }
    }

    /// Until when the viewer's own space lasts, if they have one; `Some(None)` for
    /// one without an end.
    pub fn own_space(&self, viewer: Side, now: Moment) -> Option<Option<Moment>> {
        let mine = self.spaces.iter().filter(|space| {
            space.by == viewer && space.from <= now && space.until.is_none_or(|until| now < until)
        });
        let ends: Vec<Option<Moment>> = mine.map(|space| space.until).collect();
        let last = ends.iter().copied().max()?;
        Some(if ends.contains(&None) { None } else { last })
    }

    /// When somebody had space: from when, until when.
    pub fn spaces(&self) -> impl Iterator<Item = (Moment, Option<Moment>)> + '_ {
        self.spaces.iter().map(|space| (space.from, space.until))
    }

    /// One's own vote.
    pub fn vote(&self, viewer: Side) -> PairLimits {
        self.votes[viewer].clone()
    }

    /// The space that holds at `now`, if somebody took one.
    pub fn space(&self, viewer: Side, now: Moment) -> Option<SpaceView> {
        let lasting: Vec<&Taken> = self
            .spaces
            .iter()
            .filter(|space| space.from <= now && space.until.is_none_or(|until| now < until))
            .collect();
        let contact = lasting.iter().map(|space| space.contact).min()?;
        let strictest = lasting.iter().filter(|space| space.contact == contact);
        let open = strictest.clone().any(|space| space.until.is_none());
        let until = strictest.clone().filter_map(|space| space.until).max().filter(|_| !open);
        let own: Vec<&&Taken> = lasting.iter().filter(|space| space.by == viewer).collect();
        let by = match (
            strictest.clone().any(|s| s.by == viewer),
            strictest.clone().any(|s| s.by != viewer),
        ) {
            (true, true) => Who::Both,
            (true, false) => Who::Me,
            _ => Who::Partner,
        };
        Some(SpaceView {
            contact,
            until,
            mine: own.first().map(|space| space.id.item()),
            by,
            positions: own.iter().map(|space| space.id).collect(),
        })
    }
}
