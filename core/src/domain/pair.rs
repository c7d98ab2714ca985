//! The pair: exactly two people, and whether they are still one (§5.6.2).

use super::record::{Action, Held};
use crate::id::{DocId, LogId, PairId, PersonId};
use crate::limits::LOG_GENERATIONS;
use crate::log::log_id;
use crate::time::Moment;
use serde::Serialize;

/// Exactly two people (R37).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The pair's id.
    pub id: PairId,
    /// Its members, in the order of their ids.
    members: [PersonId; 2],
}

impl Pair {
    /// The pair of two different people; `None` if they are one.
    pub fn new(id: PairId, a: PersonId, b: PersonId) -> Option<Self> {
        (a != b).then(|| Self { id, members: [a.min(b), a.max(b)] })
    }

    /// The two people, in the order of their ids.
    pub fn members(&self) -> [PersonId; 2] {
        self.members
    }

    /// The other one.
    pub fn other(&self, person: PersonId) -> PersonId {
        if person == self.members[0] { self.members[1] } else { self.members[0] }
    }

    /// 0 or 1; `None` for a stranger.
    pub fn index(&self, person: PersonId) -> Option<usize> {
        self.members.iter().position(|member| *member == person)
    }

    /// Whose log it is; `None` for a stranger's.
    pub fn author(&self, log: LogId) -> Option<PersonId> {
        self.members
            .into_iter()
            .find(|person| (0..LOG_GENERATIONS).any(|g| log_id(self.id, *person, g) == log))
    }

    /// The document that holds what concerns the pair itself.
    pub fn document(&self) -> DocId {
        DocId(self.id.0)
    }
}

/// Who is meant, seen from one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The viewer.
    Me,
    /// The other one.
    Partner,
    /// Both of them.
    Both,
}

/// How the two people stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PairState {
    /// When it ended, as stated by whoever left; who that was is not said.
    pub left_at: Option<Moment>,
}

/// Folds the records of the pair's document. `Leave` is absorbing (M7, I2).
pub fn fold(records: &[Held]) -> PairState {
    let left = records.iter().filter(|held| matches!(held.record.action, Action::PairLeave));
    PairState { left_at: left.map(|held| held.record.at.moment).min() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn r37_a_pair_is_two_different_people_and_knows_no_third() {
        let (ana, ben) = (PersonId([2; 16]), PersonId([1; 16]));
        assert_eq!(Pair::new(PairId([0; 16]), ana, ana), None);
        let pair = Pair::new(PairId([0; 16]), ana, ben).unwrap();
        assert_eq!(pair, Pair::new(PairId([0; 16]), ben, ana).unwrap());
        assert_eq!(pair.other(ana), ben);
        assert_eq!(pair.author(log_id(pair.id, ben, 63)), Some(ben));
        assert_eq!(pair.author(log_id(pair.id, PersonId([3; 16]), 0)), None);
    }
}
