//! When two people have agreed to one exact text (R4; RULES.md, consent).
//!
//! A consent document is a set of *operations* on *revisions*: propose, consent,
//! withdraw. A person's proposal of a revision, or consent to it, is
//! **effective** iff it is
//!
//! - (a) *exact*: the revision's proposal lies in its causal past (or is it);
//! - (b) *standing*: the same person did not, later or concurrently, withdraw
//!   from that revision or choose another one, unless it had been ratified in
//!   the past of that;
//! - (c) *informed*: every proposal of another revision that is no ancestor was
//!   seen, or was made when this one had been ratified;
//! - (d) *forward only*: what had been ratified before it is an ancestor.
//!
//! A revision is **ratified** when both have an effective consent to it. The
//! definition refers to itself, on ever smaller causal pasts: whether something
//! was ratified *in the past of* an operation. [`fold`] therefore goes through
//! the operations in causal order, once, and keeps for each choice only the
//! first operation of each lane that undoes it. Time is quadratic in the number
//! of choices and linear in that of withdrawals; nothing recurses.

use super::pair::Side;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Proposes the revision, and by that consents to it.
    Propose,
    /// Consents to the revision.
    Consent,
    /// Takes back a consent or a proposal, or declines.
    Withdraw {
        /// Counts although the revision had been ratified before: it is made
        /// while cooling off.
        cooling: bool,
    },
}

/// One operation. Revisions and lanes are small numbers here; a lane is one log,
/// within which operations are ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Whose it is.
    pub person: Side,
    /// The log it stands in.
    pub lane: usize,
    /// What it does.
    pub kind: Kind,
    /// The revision it is about.
    pub revision: usize,
    /// Its causal past: how many operations of each lane. Closed, and its own
    /// lane counts exactly the operations before it.
    pub past: Vec<usize>,
}

/// A set of revisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revisions(Vec<u64>);

impl Revisions {
    fn none(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    /// Whether `revision` is in the set.
    pub fn contains(&self, revision: usize) -> bool {
        self.0.get(revision / 64).is_some_and(|word| word >> (revision % 64) & 1 == 1)
    }

    fn insert(&mut self, revision: usize) -> bool {
        let new = !self.contains(revision);
        self.0[revision / 64] |= 1 << (revision % 64);
        new
    }

    /// The revisions in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len() * 64).filter(|revision| self.contains(*revision))
    }

    fn within(&self, other: &Self, and: usize) -> bool {
        self.iter().all(|revision| revision == and || other.contains(revision))
    }
}

/// What a history of operations comes to.
#[derive(Debug, Clone, Default)]
// Some of it is only compared with the reference.
#[cfg_attr(not(feature = "sim"), allow(dead_code))]
pub struct Outcome {
    /// Every revision that both agreed to.
    pub ratified: Revisions,
    /// The ratified revisions that are no ancestor of another ratified one: at
    /// most one (I17).
    pub newest: Vec<usize>,
    /// For each operation, whether it is an effective consent.
    pub effective: Vec<bool>,
    /// For each operation, what was ratified in its causal past.
    pub ratified_before: Vec<Revisions>,
    /// For each operation that is a consent, whether its revision was ratified
    /// in its causal past and itself: what its author saw when they gave it.
    pub ratified_with: Vec<bool>,
    /// For each revision, its ancestors.
    pub ancestors: Vec<Revisions>,
}

struct Folding<'a> {
    operations: &'a [Operation],
    /// Position of each operation within its lane.
    in_lane: Vec<usize>,
    ancestors: Vec<Revisions>,
    before: Vec<Revisions>,
    /// Choices (proposals and consents) that are exact and go forward.
    sound: Vec<bool>,
    /// For each operation and lane: the first operation of that lane to undo it.
    undone_at: Vec<Vec<usize>>,
}

/// Folds `operations`, which must be in an order that puts nothing before its
/// own past; `parents` are those of each revision. Operations of an unknown
/// revision or lane have no effect.
pub fn fold(operations: &[Operation], parents: &[Vec<usize>]) -> Outcome {
    let lanes = operations.iter().map(|op| op.lane + 1).max().unwrap_or(0);
    let mut lengths = vec![0; lanes];
    let in_lane = operations
        .iter()
        .map(|op| {
            lengths[op.lane] += 1;
            lengths[op.lane] - 1
        })
        .collect();
    let mut folding = Folding {
        operations,
        in_lane,
        ancestors: ancestors(parents),
        before: Vec::with_capacity(operations.len()),
        sound: vec![false; operations.len()],
        undone_at: vec![vec![usize::MAX; lanes]; operations.len()],
    };
    for at in 0..operations.len() {
        folding.step(at);
    }
    let ratified = folding.ratified_within(&lengths, operations.len());
    let newest = ratified
        .iter()
        .filter(|r| !ratified.iter().any(|other| folding.ancestors[other].contains(*r)))
        .collect();
    let ratified_with = (0..operations.len())
        .map(|at| {
            let op = &operations[at];
            let mut past = op.past.clone();
            past.resize(lanes, 0);
            past[op.lane] = past[op.lane].max(folding.in_lane[at] + 1);
            folding.is_choice(at) && folding.ratified_within(&past, at + 1).contains(op.revision)
        })
        .collect();
    Outcome {
        effective: (0..operations.len()).map(|at| folding.effective(at, &lengths)).collect(),
        ratified,
        newest,
        ratified_before: folding.before,
        ratified_with,
        ancestors: folding.ancestors,
    }
}

impl Folding<'_> {
    fn is_choice(&self, at: usize) -> bool {
        !matches!(self.operations[at].kind, Kind::Withdraw { .. })
    }

    fn step(&mut self, at: usize) {
        let op = &self.operations[at];
        if op.revision >= self.ancestors.len() {
            self.before.push(Revisions::none(self.ancestors.len()));
            return;
        }
        self.before.push(self.ratified_within(&op.past, at));
        for earlier in 0..at {
            self.undo(at, earlier);
        }
        if self.is_choice(at) {
            let exact = op.kind == Kind::Propose
                || (0..at).any(|p| {
                    let proposal = &self.operations[p];
                    proposal.kind == Kind::Propose
                        && proposal.revision == op.revision
                        && self.sees(at, p)
                });
            self.sound[at] =
                exact && self.before[at].within(&self.ancestors[op.revision], op.revision);
            for earlier in 0..at {
                self.undo(earlier, at);
            }
        }
    }

    /// Notes that `by` undoes `choice`, if it does.
    fn undo(&mut self, by: usize, choice: usize) {
        if !self.is_choice(choice) || self.sees(choice, by) {
            return;
        }
        let (w, c) = (&self.operations[by], &self.operations[choice]);
        if c.revision >= self.ancestors.len() || w.revision >= self.ancestors.len() {
            return;
        }
        let mine = w.person == c.person;
        let other = w.revision != c.revision;
        let undoes = match w.kind {
            Kind::Withdraw { .. } => mine && !other,
            Kind::Consent => mine && other,
            Kind::Propose => other && (mine || !self.ancestors[c.revision].contains(w.revision)),
        };
        let cooling = matches!(w.kind, Kind::Withdraw { cooling: true });
        if undoes && (cooling || !self.before[by].contains(c.revision)) {
            let first = &mut self.undone_at[choice][w.lane];
            *first = (*first).min(self.in_lane[by]);
        }
    }

    /// Whether `earlier` lies in the causal past of `at`.
    fn sees(&self, at: usize, earlier: usize) -> bool {
        let lane = self.operations[earlier].lane;
        self.operations[at].past.get(lane).is_some_and(|length| self.in_lane[earlier] < *length)
    }

    fn effective(&self, at: usize, within: &[usize]) -> bool {
        let nothing = 0;
        self.sound[at]
            && self.undone_at[at]
                .iter()
                .enumerate()
                .all(|(lane, first)| first >= within.get(lane).unwrap_or(&nothing))
    }

    /// What is ratified among the operations that `within` counts, all of which
    /// stand before `end`.
    fn ratified_within(&self, within: &[usize], end: usize) -> Revisions {
        let count = self.ancestors.len();
        let mut agreed = [Revisions::none(count), Revisions::none(count)];
        for at in 0..end {
            let op = &self.operations[at];
            if within.get(op.lane).is_some_and(|length| self.in_lane[at] < *length)
                && self.effective(at, within)
            {
                agreed[op.person].insert(op.revision);
            }
        }
        let [a, b] = agreed;
        Revisions(a.0.iter().zip(&b.0).map(|(a, b)| a & b).collect())
    }
}

/// The ancestors of each revision, walked without recursion; a revision is not
/// its own ancestor even if (impossibly, with hashes) it were in a circle.
fn ancestors(parents: &[Vec<usize>]) -> Vec<Revisions> {
    (0..parents.len())
        .map(|revision| {
            let mut found = Revisions::none(parents.len());
            let mut next = parents[revision].clone();
            while let Some(parent) = next.pop() {
                if parent < parents.len() && parent != revision && found.insert(parent) {
                    next.extend(&parents[parent]);
                }
            }
            found
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(lane: usize, kind: Kind, revision: usize, past: [usize; 2]) -> Operation {
        Operation { person: Side::BOTH[lane], lane, kind, revision, past: past.to_vec() }
    }

    #[test]
    fn a_set_tells_what_is_in_it_and_what_is_new_however_many_there_are() {
        let mut set = Revisions::none(200);
        for revision in [3, 64, 131, 199] {
            assert!(set.insert(revision) && !set.insert(revision));
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), [3, 64, 131, 199]);
    }

    #[test]
    fn r04_a_yes_to_a_text_that_its_author_had_not_seen_does_not_count() {
        let (propose, consent) = (Kind::Propose, Kind::Consent);
        let unseen = [operation(0, propose, 0, [0, 0]), operation(1, consent, 0, [0, 0])];
        assert_eq!(fold(&unseen, &[vec![]]).effective, [true, false]);
        let another = [
            operation(0, propose, 0, [0, 0]),
            operation(0, propose, 1, [1, 0]),
            operation(1, consent, 1, [1, 0]),
        ];
        assert!(!fold(&another, &[vec![], vec![0]]).effective[2], "it had seen the one before");
        let seen = [operation(0, propose, 0, [0, 0]), operation(1, consent, 0, [1, 0])];
        assert_eq!(fold(&seen, &[vec![]]).newest, [0]);
    }

    #[test]
    fn an_operation_on_a_text_that_is_not_known_undoes_nothing() {
        let all = [
            operation(0, Kind::Propose, 9, [0, 0]),
            operation(1, Kind::Propose, 0, [0, 0]),
            operation(0, Kind::Consent, 0, [1, 1]),
        ];
        assert_eq!(fold(&all, &[vec![]]).newest, [0]);
    }

    #[test]
    fn ancestors_are_those_that_are_known_and_never_itself() {
        let of = |parents: &[Vec<usize>]| -> Vec<Vec<usize>> {
            ancestors(parents).iter().map(|set| set.iter().collect()).collect()
        };
        assert_eq!(of(&[vec![], vec![0], vec![1, 0]]), [vec![], vec![0], vec![0, 1]]);
        assert_eq!(of(&[vec![1]]), [vec![0; 0]], "no such text");
        assert_eq!(of(&[vec![1], vec![0]]), [vec![1], vec![0]], "a circle ends");
    }
}
