//! The state of one agreement: its texts and who has agreed to them.

use super::record::Act;
use super::revision::{Clause, Revision};
use crate::domain::action::Action;
use crate::domain::capability::NotUnderstood;
use crate::domain::pair::Side;
use crate::domain::record::{Held, Record};
use crate::id::{DocId, LogId, Past, Position, RevisionHash};
use crate::limits;
use crate::time::Moment;
use std::collections::{BTreeMap, BTreeSet};

/// One person's effective yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// When they state to have given it.
    pub at: Moment,
    /// The later of that and when this phone first held it.
    pub held: Moment,
}

/// How a revision left the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Who proposed it took it back.
    Withdrawn,
    /// A yes was taken back while cooling off (R33): by which of the two, both perhaps.
    CooledOff([bool; 2]),
    /// The other one said no.
    Declined,
}

/// One revision and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionState {
    /// Its hash.
    pub hash: RevisionHash,
    /// The exact terms.
    pub revision: Revision,
    /// Who proposed it.
    pub proposed_by: [bool; 2],
    /// When it was last proposed.
    pub proposed_at: Moment,
    /// For each person, their earliest effective yes.
    pub agreed: [Option<Agreed>; 2],
    /// Whether both agreed.
    pub ratified: bool,
    /// The indexes of its ancestors.
    pub ancestors: Vec<usize>,
    /// Whether it is still to be answered (lapsing apart).
    pub on_table: bool,
    /// How it was closed, and when.
    pub closed: Option<(Moment, Closing)>,
    /// For each person: they saw it ratified when they said yes, and it is not.
    pub overtaken: [bool; 2],
    /// What is said of its sentences beside their own labels.
    pub marks: Marks,
}

/// What is said of the sentences of a text beside their own labels (R5), by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Its asks: clauses that bind one person alone, who did not write them.
    pub asks: Vec<String>,
    /// Of these, those that who is asked has adopted as nothing sensitive.
    pub plain: BTreeSet<String>,
    /// Clauses that one of the two calls sensitive for themselves.
    pub marked: BTreeSet<String>,
    /// Of each clause, which of the two wrote it: proposed the first text that holds exactly it.
    pub written: BTreeMap<String, [bool; 2]>,
}

impl Marks {
    /// Takes over what a consent says; what is sensitive by one of them is.
    pub(super) fn take(&mut self, consent: &Held) {
        let Action::Agreement(Act::Consent { adopts, .. }) = &consent.record.action else {
            return;
        };
        for one in adopts {
            let of = if one.sensitive() { &mut self.marked } else { &mut self.plain };
            of.insert(one.clause.clone());
        }
    }

    /// Takes over what was said of the same sentences in other texts, where nobody has said
    /// otherwise of this one.
    pub(super) fn carry(&mut self, revision: &Revision, strict: &[&Clause]) {
        let same = |clause: &&Clause| strict.contains(clause) && !self.plain.contains(&clause.id);
        let ids: Vec<String> =
            revision.clauses.iter().filter(same).map(|clause| clause.id.clone()).collect();
        self.marked.extend(ids);
    }

    fn sensitive(&self, revision: &Revision, clause: &Clause) -> bool {
        revision.clause_sensitive(clause)
            || (self.asks.contains(&clause.id) && !self.plain.contains(&clause.id))
            || self.marked.contains(&clause.id)
    }

    /// Whether any clause of a text is sensitive with them.
    pub(super) fn any(&self, revision: &Revision) -> bool {
        revision.clauses.iter().any(|clause| self.sensitive(revision, clause))
    }
}

impl RevisionState {
    /// Whether a clause of it is sensitive: by its category, by the kind of the agreement,
    /// because it is an ask that who is asked has not adopted otherwise, or because one of the
    /// two says so. The label that its proposer chose never makes it less (R5).
    pub fn clause_sensitive(&self, clause: &Clause) -> bool {
        self.marks.sensitive(&self.revision, clause)
    }

    /// Whether cooling-off and the 90-day cap hold for the whole of it.
    pub fn sensitive(&self) -> bool {
        self.marks.any(&self.revision)
    }

    /// When the later yes of both was given, as stated; `None` where one of them is not here.
    pub(super) fn agreed_at(&self) -> Option<Moment> {
        let [Some(a), Some(b)] = self.agreed else { return None };
        Some(a.at.max(b.at))
    }

    /// Until when it cools off on this phone: 24 hours after it first held both
    /// consents, at least 24 hours after the later stated one (R33).
    pub fn cools_until(&self) -> Option<Moment> {
        self.cools_from(|agreed| agreed.held)
    }

    /// The same for what ended then: a yes that this phone holds only since after the end counts
    /// from when it was stated. A phone that took another's place held none before.
    pub(super) fn cools_until_before(&self, ended: Moment) -> Option<Moment> {
        self.cools_from(|agreed| if agreed.held >= ended { agreed.at } else { agreed.held })
    }

    fn cools_from(&self, from: impl Fn(Agreed) -> Moment) -> Option<Moment> {
        let [Some(a), Some(b)] = self.agreed else { return None };
        self.sensitive().then(|| from(a).max(from(b)).plus(limits::COOLING_OFF))
    }

    /// Whether its time is over.
    pub(super) fn is_over(&self, now: Moment) -> bool {
        now >= self.revision.ends_at()
    }

    /// When it lapses unless both agree.
    pub fn lapses_at(&self) -> Moment {
        self.proposed_at.plus(limits::PROPOSAL_LAPSE)
    }
}

/// A one-sided offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferState {
    /// Who made it.
    pub by: Side,
    /// Its hash.
    pub hash: RevisionHash,
    /// The exact terms.
    pub revision: Revision,
    /// The later of when it was made and when this phone first held it.
    pub held: Moment,
    /// When it was declined or taken back, and how.
    pub closed: Option<(Moment, Closing)>,
}

/// A working draft that was opened to both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftState {
    /// The record that opened it.
    pub id: Position,
    /// Who opened it.
    pub opened_by: Side,
    /// Whether a revision has been proposed since.
    pub closed: bool,
}

/// The state of one agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// Its document.
    pub doc: DocId,
    /// How far the document goes in each log: what a view of it was made from.
    pub basis: Past,
    /// When and by whom its first record was written.
    pub begun: Option<(Moment, Side)>,
    /// Every counted revision, in causal order.
    pub revisions: Vec<RevisionState>,
    /// The one-sided offer, if it is one.
    pub offer: Option<OfferState>,
    /// Its working drafts, in causal order.
    pub drafts: Vec<DraftState>,
    /// When it ended, if it did (absorbing).
    pub ended_at: Option<Moment>,
    /// For each person, whether they pause it.
    pub suspended: [bool; 2],
    /// Whether a record here belongs to a newer version; consent-like ones make
    /// the agreement fail closed.
    pub not_understood: Vec<NotUnderstood>,
    /// For each person, whether a record of theirs states a time well before
    /// something it had seen.
    pub clock_suspect: [bool; 2],
    /// Sentences that one of the two has called sensitive with a yes, to whatever text: who
    /// renews or proposes them again does not make them less (R5).
    pub strict: Vec<Clause>,
    /// How many counted proposals, consents, drafts and splices each log holds.
    pub counts: BTreeMap<LogId, Counts>,
}

/// What counts towards the caps, per log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Whose log.
    pub person: Side,
    /// Proposals.
    pub proposals: usize,
    /// Consents.
    pub consents: usize,
    /// Working drafts opened.
    pub drafts: usize,
    /// Changes to working drafts.
    pub splices: usize,
}

impl Counts {
    pub(super) fn of(person: Side) -> Self {
        Self { person, proposals: 0, consents: 0, drafts: 0, splices: 0 }
    }
}

pub(super) fn unanswered(hash: RevisionHash, revision: &Revision) -> RevisionState {
    RevisionState {
        hash,
        revision: revision.clone(),
        proposed_by: [false; 2],
        proposed_at: Moment(i64::MIN),
        agreed: [None; 2],
        ratified: false,
        ancestors: Vec::new(),
        on_table: false,
        closed: None,
        overtaken: [false; 2],
        marks: Marks::default(),
    }
}

impl Folded {
    /// While a recovered log waits for what it had seen, its documents wait too. One's own
    /// `End` and `Suspend` count all the same (log invariant 8).
    pub(super) fn take_waiting(&mut self, me: Side, waiting: &[Record]) {
        for record in waiting {
            let Action::Agreement(act) = &record.action else { continue };
            let at = record.at.moment;
            self.begun = self.begun.or(Some((at, me)));
            match act {
                Act::End => self.ended_at = self.ended_at.or(Some(at)),
                Act::Suspend => self.suspended[me] = true,
                _ => {}
            }
        }
    }

    /// The working draft that both may type in, if one is open.
    pub(super) fn open_draft(&self) -> Option<Position> {
        self.drafts.iter().rev().find(|draft| !draft.closed).map(|draft| draft.id)
    }

    /// Whether anything of an agreement is here.
    pub fn something(&self) -> bool {
        self.begun.is_some() || !self.not_understood.is_empty()
    }

    /// Whether there is something to be listed: words that once stood, or an end.
    pub fn listed(&self) -> bool {
        !self.revisions.is_empty()
            || !self.drafts.is_empty()
            || self.offer.is_some()
            || self.ended_at.is_some()
            || !self.not_understood.is_empty()
    }
}
