//! The pair: exactly two people.

use crate::id::{DocId, PairId, PersonId};
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

    /// The document that holds what concerns the pair itself.
    pub fn document(&self) -> DocId {
        DocId(self.id.0)
    }
}

/// Who is meant, seen from one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Who {
    /// The viewer.
    Me,
    /// The other one.
    Partner,
    /// Both of them.
    Both,
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
        assert_eq!(pair.index(PersonId([3; 16])), None);
    }
}
