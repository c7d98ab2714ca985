//! From the records of the pair's document to the pace of the two.

use super::record::{Act, Contact, Feature};
use crate::domain::action::Action;
use crate::domain::pair::{Pair, Side};
use crate::domain::record::Held;
use crate::domain::words::{in_order, standing};
use crate::id::Position;
use crate::limits;
use crate::time::Moment;
use serde::Serialize;
use std::collections::BTreeSet;

/// One person's vote on limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PairLimits {
    /// Days for which words are kept at most: one's own on both phones, the other's on one's
    /// own phone (R15, K14).
    pub retention_days: Option<u16>,
    /// What that person takes no part in (K15).
    pub off: BTreeSet<Feature>,
}

/// A space that somebody took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) id: Position,
    pub(super) by: Side,
    pub(super) from: Moment,
    pub(super) until: Option<Moment>,
    pub(super) contact: Contact,
}

/// What the pair's document says of pace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pacing {
    pub(super) votes: [PairLimits; 2],
    pub(super) spaces: Vec<Taken>,
}

/// Folds the records of the pair's document.
pub(super) fn fold(pair: &Pair, records: &[Held]) -> Pacing {
    let mut pacing = Pacing::default();
    let records = in_order(records);
    let mut votes: [Vec<&Held>; 2] = [Vec::new(), Vec::new()];
    for held in &records {
        let (Action::Pacing(act), Some(by)) = (&held.record.action, pair.side(held.author)) else {
            continue;
        };
        match act {
            Act::SetLimits { .. } => votes[by].push(held),
            Act::BeginSpace { until, contact } => {
                let from = held.record.at.moment;
                let mine = pacing.spaces.iter().filter(|space| space.by == by).count();
                if mine < limits::SPACES && until.is_none_or(|until| until > from) {
                    let taken = Taken { id: held.id, by, from, until: *until, contact: *contact };
                    pacing.spaces.push(taken);
                }
            }
            Act::EndSpace { .. } => {}
        }
    }
    // An end counts whether it comes first or last in this order.
    for held in &records {
        let Action::Pacing(Act::EndSpace { of }) = &held.record.action else { continue };
        let by = pair.side(held.author);
        let at = held.record.at.moment;
        let own = pacing.spaces.iter_mut().filter(|s| s.id == *of && Some(s.by) == by);
        own.for_each(|space| space.until = Some(space.until.map_or(at, |until| until.min(at))));
    }
    for (vote, records) in pacing.votes.iter_mut().zip(&votes) {
        if let Some(Action::Pacing(Act::SetLimits { retention, off })) =
            standing(records).map(|held| &held.record.action)
        {
            vote.retention_days = *retention;
            vote.off = off.iter().copied().collect();
        }
    }
    pacing
}
