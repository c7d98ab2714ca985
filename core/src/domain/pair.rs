//! The pair: exactly two people, and whether they still are one (RULES.md, life of a pair).

use super::action::Action;
use super::capability::{self, Capability, Class, Context, Kind, Merge, Records, Viewing, Words};
use super::record::Draft;
use super::refusal::Refusal;
use crate::cbor::Value;
use crate::id::{DocId, PairId, PersonId};
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

    /// Which of the two this is; `None` for a stranger.
    pub fn side(&self, person: PersonId) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| self.members[*side] == person)
    }

    /// The document that holds what concerns the pair itself.
    pub fn document(&self) -> DocId {
        DocId(self.id.0)
    }
}

/// One of the two, in the order of their ids: what a fold keeps for each of them stands in
/// an array, which a side indexes. A stranger has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The one whose id comes first.
    First,
    /// The other one.
    Second,
}

impl Side {
    /// Both of them.
    pub const BOTH: [Side; 2] = [Side::First, Side::Second];

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Side::First => Side::Second,
            Side::Second => Side::First,
        }
    }

    /// Its place in an array of two.
    pub(crate) fn at(self) -> usize {
        match self {
            Side::First => 0,
            Side::Second => 1,
        }
    }

    /// Who this is, seen from `viewer`.
    pub fn seen_by(self, viewer: Side) -> Who {
        if self == viewer { Who::Me } else { Who::Partner }
    }
}

impl<T> std::ops::Index<Side> for [T; 2] {
    type Output = T;
    fn index(&self, side: Side) -> &T {
        &self[side.at()]
    }
}

impl<T> std::ops::IndexMut<Side> for [T; 2] {
    fn index_mut(&mut self, side: Side) -> &mut T {
        &mut self[side.at()]
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

impl Who {
    /// Of which of the two something is, seen from `viewer`: one of them at least.
    pub(crate) fn of(theirs: [bool; 2], viewer: Side) -> Who {
        match (theirs[viewer], theirs[viewer.other()]) {
            (true, true) => Who::Both,
            (true, false) => Who::Me,
            (false, _) => Who::Partner,
        }
    }
}

/// What concerns the pair itself, as records of its own document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Opens a log; its body holds the author's chosen name.
    Open,
    /// Leaves the pair.
    Leave,
}

impl capability::Act for Act {
    const KINDS: &'static [Kind] = &[
        Kind::of("pair.open", Class::Pair, Merge::Lifecycle).words(Words::Always),
        Kind::of("pair.leave", Class::Pair, Merge::Lifecycle).takes_back(),
    ];

    fn kind(&self) -> &'static str {
        match self {
            Act::Open => "pair.open",
            Act::Leave => "pair.leave",
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    fn read(kind: &str, _value: &Value) -> Option<Self> {
        match kind {
            "pair.open" => Some(Act::Open),
            "pair.leave" => Some(Act::Leave),
            _ => None,
        }
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        vec![Act::Open, Act::Leave]
    }
}

/// How the two people stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PairState {
    /// When it ended, as stated by whoever left; who that was is not said.
    pub left_at: Option<Moment>,
}

/// Whether the pair is still one, as a [`Capability`] of its own document.
pub struct Lifecycle;

/// Leaving the pair: nobody is asked (R14).
pub struct Leave;

impl Capability for Lifecycle {
    type State = PairState;
    type Command = Leave;
    type View = ();

    const CLASS: Class = Class::Pair;

    /// `Leave` is absorbing (M7, I2), and one's own counts even while a recovered log waits.
    fn fold(_pair: &Pair, _side: Side, of: &Records<'_>, _more: &[Records<'_>]) -> PairState {
        let written = of.held.iter().map(|held| &held.record).chain(of.waiting);
        let left = written.filter(|record| record.action == Action::Pair(Act::Leave));
        PairState { left_at: left.map(|record| record.at.moment).min() }
    }

    fn project(_state: &PairState, _viewing: Viewing<'_>) -> Option<()> {
        None
    }

    fn decide(
        _state: &PairState,
        _view: Option<&()>,
        _command: &Leave,
        context: Context<'_>,
    ) -> Result<Vec<Draft>, Refusal> {
        context.together()?;
        let target = context.pair.document();
        Ok(vec![Draft { target, action: Act::Leave.into(), body: None }])
    }
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
        assert_eq!(pair.side(PersonId([3; 16])), None, "a stranger is neither of them");
    }

    #[test]
    fn i2_whoever_leaves_the_pair_has_ended_and_the_first_to_leave_says_when() {
        use crate::domain::testing::{ANA, BEGIN, BEN, Written, decided, pair};
        let doc = pair().document();
        let mut written = Written::default();
        written.write(ANA, 0, doc, Act::Open.into());
        assert_eq!(written.state::<Lifecycle>(doc, BEN).left_at, None);
        written.write(BEN, 9, doc, Act::Leave.into());
        written.write(ANA, 5, doc, Act::Leave.into());
        assert_eq!(written.state::<Lifecycle>(doc, ANA).left_at, Some(BEGIN.plus(5)));
        let state = PairState::default();
        let drafts = decided::<Lifecycle>(&pair(), &state, None, &Leave, BEN, BEGIN).unwrap();
        assert_eq!((drafts.len(), &drafts[0].action), (1, &Act::Leave.into()));
        assert_eq!(drafts[0].target, doc);
    }
}
