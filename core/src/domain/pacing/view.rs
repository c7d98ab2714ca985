//! The limits and the space that hold.

use super::fold::{Pacing, PairLimits, Taken};
use super::record::{Contact, Feature};
use crate::domain::pair::{Side, Who};
use crate::id::{Position, WrittenId};
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
    pub mine: Option<WrittenId>,
    /// Whose it is.
    pub by: Who,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) positions: Vec<Position>,
}

/// Why there is little to be asked or offered just now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Silence {
    /// One of the two has left.
    pub left: bool,
    /// One of the two has space for themselves.
    pub space: bool,
}

/// What both have voted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BothLimits {
    /// The viewer's own vote.
    pub mine: PairLimits,
    /// The other's.
    pub partners: PairLimits,
    /// Days for which the partner's words are kept on this phone at most: the shorter of both.
    pub kept_here: Option<u16>,
}

/// For how many days words are kept on one phone at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keeping {
    /// Those of its own person.
    pub own: Option<u16>,
    /// Those of the other.
    pub partners: Option<u16>,
}

impl Keeping {
    /// The words of one of the two.
    pub fn of(self, mine: bool) -> Option<u16> {
        if mine { self.own } else { self.partners }
    }
}

impl Pacing {
    /// What both have voted, as one of them sees it.
    pub fn limits(&self, viewer: Side) -> BothLimits {
        let [mine, partners] = [viewer, viewer.other()].map(|side| self.votes[side].clone());
        let kept_here = self.keeping(viewer).partners;
        BothLimits { mine, partners, kept_here }
    }

    /// For how long words are kept on a person's phone (R15, K14): their own as they vote, the
    /// other's as long as the shorter of both votes.
    pub fn keeping(&self, viewer: Side) -> Keeping {
        let own = self.votes[viewer].retention_days;
        let partners = self.votes.iter().filter_map(|vote| vote.retention_days).min();
        Keeping { own, partners }
    }

    /// Whether one of the two takes no part in something.
    pub fn left_out(&self, feature: Feature) -> bool {
        self.votes.iter().any(|vote| vote.off.contains(&feature))
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
