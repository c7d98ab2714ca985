//! What the causal past alone says of an agreement: who pauses it, and whose clock may be
//! wrong.

use super::record::Act;
use crate::domain::action::Action;
use crate::domain::pair::Side;
use crate::domain::record::Held;
use crate::id::LogId;
use crate::limits;
use crate::time::Moment;
use std::collections::BTreeMap;

/// `Suspend` ∥ `Resume` by the same person is suspended (K5): a resume lifts
/// only the pauses that it had seen.
pub(super) fn suspended(ordered: &[(&Held, Side)]) -> [bool; 2] {
    let mut suspended = [false; 2];
    for who in Side::BOTH {
        // For each log, up to where the person's resumes have lifted its pauses.
        let mut lifted: BTreeMap<LogId, (u64, u8)> = BTreeMap::new();
        for (held, _) in ordered
            .iter()
            .filter(|(h, w)| *w == who && h.record.action == Action::Agreement(Act::Resume))
        {
            let past = held.past.0.iter().map(|(log, length)| (*log, (*length, 0)));
            for (log, to) in past.chain([(held.id.log, (held.id.index, held.id.place))]) {
                let known = lifted.entry(log).or_default();
                *known = (*known).max(to);
            }
        }
        suspended[who] = ordered.iter().any(|(held, w)| {
            let lifted = lifted.get(&held.id.log).copied().unwrap_or_default();
            *w == who
                && held.record.action == Action::Agreement(Act::Suspend)
                && (held.id.index, held.id.place) >= lifted
        });
    }
    suspended
}

/// Whether `a` happened before `b`, places within one entry included.
pub(super) fn before(a: &Held, b: &Held) -> bool {
    b.past.contains(a.id)
        || (a.id.log == b.id.log && a.id.index == b.id.index && a.id.place < b.id.place)
}

pub(super) fn clock_suspect(ordered: &[(&Held, Side)]) -> [bool; 2] {
    let mut suspect = [false; 2];
    let mut latest: BTreeMap<LogId, Vec<(u64, Moment)>> = BTreeMap::new();
    for (held, who) in ordered {
        let stated = held.record.at.moment;
        let seen = latest.iter().filter_map(|(log, stated)| {
            let seen = stated.partition_point(|(index, _)| *index < held.past.length(*log));
            Some(stated.get(seen.checked_sub(1)?)?.1)
        });
        if seen.max().is_some_and(|seen| seen.since(stated) > limits::CLOCK_TOLERANCE) {
            suspect[*who] = true;
        }
        let own = latest.entry(held.id.log).or_default();
        let highest = own.last().map_or(stated, |(_, before)| stated.max(*before));
        own.push((held.id.index, highest));
    }
    suspect
}
