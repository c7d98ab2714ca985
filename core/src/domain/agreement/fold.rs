//! From the records of one document to the state of one agreement.

use super::authorship::{Authors, asks, written_by_whom_it_binds};
use super::causal::{before, clock_suspect, suspended};
use super::record::Act;
use super::revision::{Clause, Obligor, Revision};
use crate::domain::action::Action;
use crate::domain::capability::{NotUnderstood, Records};
use crate::domain::consent::{self, Kind, Operation};
use crate::domain::pair::{Pair, Side};
use crate::domain::record::{Held, Record};
use crate::id::{DocId, LogId, Past, Position, RevisionHash};
use crate::limits;
use crate::text;
use crate::time::Moment;
use std::collections::{BTreeMap, HashMap};

/// Withdrawals of one kind from one text, by one log, without a choice of it in
/// between, that count.
const REPEATED_WITHDRAWALS: usize = 8;

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
    /// One of the two took their yes back while cooling off (R33).
    CooledOff(Side),
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
    /// The ids of its asks (R5): clauses that bind one person alone, who did not write them.
    pub asks: Vec<String>,
}

impl RevisionState {
    /// Whether a clause of it is sensitive: by its category, by the kind of the agreement, or
    /// because it is an ask. The label that its proposer chose never makes it less (R5).
    pub fn clause_sensitive(&self, clause: &Clause) -> bool {
        self.revision.clause_sensitive(clause) || self.asks.contains(&clause.id)
    }

    /// Whether cooling-off and the 90-day cap hold for the whole of it.
    pub fn sensitive(&self) -> bool {
        self.revision.sensitive() || !self.asks.is_empty()
    }

    /// Until when it cools off on this phone: 24 hours after it first held both
    /// consents, at least 24 hours after the later stated one (R33).
    pub fn cools_until(&self) -> Option<Moment> {
        let [Some(a), Some(b)] = self.agreed else { return None };
        self.sensitive().then(|| a.held.max(b.held).plus(limits::COOLING_OFF))
    }

    /// Whether its time is over.
    pub(super) fn is_over(&self, now: Moment) -> bool {
        now >= self.revision.expires_at
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

/// A record that takes part in the consent fold.
struct Choice<'a> {
    held: &'a Held,
    person: Side,
    revision: usize,
    operation: Operation,
}

/// Folds the records of one document, in whatever order they are given (I1). Only what is
/// done with an agreement makes one, or changes it.
pub fn fold(pair: &Pair, me: Side, of: &Records<'_>) -> Folded {
    let mut ordered: Vec<(&Held, Side)> = of
        .held
        .iter()
        .filter(|held| matches!(held.record.action, Action::Agreement(_)))
        .filter_map(|held| Some((held, pair.side(held.author)?)))
        .filter(|(held, _)| held.record.target == of.doc)
        .collect();
    // A causal past grows along happens-before, so its size is a causal order.
    ordered.sort_by_key(|(held, _)| (held.past.0.values().sum::<u64>(), held.id));
    ordered.dedup_by_key(|(held, _)| held.id);

    let mut folded = Folded {
        doc: of.doc,
        basis: of.basis.clone(),
        begun: ordered.first().map(|(held, who)| (held.record.at.moment, *who)),
        suspended: suspended(&ordered),
        not_understood: of.newer.to_vec(),
        clock_suspect: clock_suspect(&ordered),
        revisions: Vec::new(),
        offer: None,
        drafts: Vec::new(),
        ended_at: None,
        counts: BTreeMap::new(),
    };
    for (held, _) in &ordered {
        if held.record.action == Action::Agreement(Act::End) {
            let at = held.record.at.moment;
            folded.ended_at = Some(folded.ended_at.map_or(at, |before| before.min(at)));
        }
    }
    fold_offer(pair, &mut folded, &ordered);
    let choices = count(pair, &mut folded, &ordered);
    ratify(&mut folded, &choices);
    close(&mut folded, &choices);
    folded.drafts = drafts(&ordered, &choices, &mut folded.counts);
    folded.take_waiting(me, of.waiting);
    folded
}

impl Folded {
    /// While a recovered log waits for what it had seen, its documents wait too. One's own
    /// `End` and `Suspend` count all the same (log invariant 8).
    fn take_waiting(&mut self, me: Side, waiting: &[Record]) {
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

fn fold_offer(pair: &Pair, folded: &mut Folded, ordered: &[(&Held, Side)]) {
    // An offer is the whole of its document: it counts only as its first word.
    let first = ordered.iter().find_map(|(held, who)| match &held.record.action {
        Action::Agreement(Act::Offer { revision })
            if !ordered.iter().any(|(other, _)| before(other, held)) =>
        {
            Some((*held, *who, revision))
        }
        _ => None,
    });
    let Some((held, by, revision)) = first else { return };
    let at = held.record.at.moment;
    let binds_only_me =
        revision.clauses.iter().all(|clause| clause.obligor == Obligor::Person(held.author));
    let starts = revision.starts.unwrap_or(at).max(at);
    if !binds_only_me
        || !revision.well_formed(pair, at)
        || revision.expires_at.since(starts) > limits::SENSITIVE_SPAN
    {
        return;
    }
    let hash = revision.hash(folded.doc);
    let closed = ordered
        .iter()
        .filter_map(|(held, who)| match held.record.action {
            Action::Agreement(Act::Decline { revision }) if revision == hash && *who != by => {
                Some((held.record.at.moment, Closing::Declined))
            }
            Action::Agreement(Act::WithdrawProposal { revision })
                if revision == hash && *who == by =>
            {
                Some((held.record.at.moment, Closing::Withdrawn))
            }
            _ => None,
        })
        .min_by_key(|(at, _)| *at);
    folded.offer = Some(OfferState {
        by,
        hash,
        revision: revision.clone(),
        held: at.max(held.received),
        closed,
    });
}

/// Decides which records count, and puts them in the terms of the consent fold.
fn count<'a>(pair: &Pair, folded: &mut Folded, ordered: &[(&'a Held, Side)]) -> Vec<Choice<'a>> {
    let mut lanes: BTreeMap<LogId, usize> = BTreeMap::new();
    for (held, _) in ordered {
        let next = lanes.len();
        lanes.entry(held.id.log).or_insert(next);
    }
    let mut in_lane: Vec<Vec<u64>> = vec![Vec::new(); lanes.len()];
    let mut known: HashMap<RevisionHash, usize> = HashMap::new();
    let mut authors: Authors<'_> = HashMap::new();
    let mut repeated: HashMap<(LogId, usize, (&str, bool)), usize> = HashMap::new();
    let mut choices: Vec<Choice<'a>> = Vec::new();
    for (held, person) in ordered {
        let counts = folded.counts.entry(held.id.log).or_insert_with(|| Counts::of(*person));
        let (kind, revision) = match &held.record.action {
            Action::Agreement(Act::Propose { revision }) => {
                if counts.proposals >= limits::PROPOSALS
                    || !revision.well_formed(pair, held.record.at.moment)
                    || !written_by_whom_it_binds(revision, held, &authors)
                {
                    continue;
                }
                let starts = revision.starts.unwrap_or(held.record.at.moment);
                let span = revision.expires_at.since(starts.max(held.record.at.moment));
                let asks = asks(revision, &authors, Some(held), Some(held.author));
                if !asks.is_empty() && span > limits::SENSITIVE_SPAN {
                    continue;
                }
                counts.proposals += 1;
                for clause in &revision.clauses {
                    authors.entry(clause).or_default().push(held);
                }
                let hash = revision.hash(folded.doc);
                let index = *known.entry(hash).or_insert_with(|| {
                    folded.revisions.push(unanswered(hash, revision));
                    folded.revisions.len() - 1
                });
                let state = &mut folded.revisions[index];
                state.proposed_by[*person] = true;
                state.proposed_at = state.proposed_at.max(held.record.at.moment);
                (Kind::Propose, index)
            }
            Action::Agreement(Act::Consent { revision }) => {
                let Some(index) = known.get(revision).copied() else { continue };
                if counts.consents >= limits::CONSENTS || !answerable(&choices, index, held) {
                    continue;
                }
                counts.consents += 1;
                (Kind::Consent, index)
            }
            Action::Agreement(Act::WithdrawConsent { revision, .. })
            | Action::Agreement(Act::WithdrawProposal { revision })
            | Action::Agreement(Act::Decline { revision }) => {
                let Some(index) = known.get(revision).copied() else { continue };
                let revision = &folded.revisions[index].revision;
                let sensitive =
                    revision.sensitive() || !asks(revision, &authors, Some(held), None).is_empty();
                let cooling = sensitive && cooling(&choices, index, held);
                // One after the other, of one kind, without a choice in between,
                // they add nothing; what they cost is kept linear.
                let kind = (held.record.action.kind(), cooling);
                let repeated = repeated.entry((held.id.log, index, kind)).or_insert(0);
                *repeated += 1;
                if *repeated > REPEATED_WITHDRAWALS {
                    continue;
                }
                (Kind::Withdraw { cooling }, index)
            }
            _ => continue,
        };
        if !matches!(kind, Kind::Withdraw { .. }) {
            repeated.retain(|(log, r, _), _| *log != held.id.log || *r != revision);
        }
        let lane = lanes[&held.id.log];
        let mut past = vec![0; lanes.len()];
        for (log, other) in &lanes {
            let seen = held.past.length(*log);
            past[*other] = in_lane[*other].partition_point(|index| *index < seen);
        }
        past[lane] = in_lane[lane].len();
        in_lane[lane].push(held.id.index);
        let operation = Operation { person: *person, lane, kind, revision, past };
        choices.push(Choice { held, person: *person, revision, operation });
    }
    for state in &mut folded.revisions {
        state.asks = asks(&state.revision, &authors, None, None);
    }
    choices
}

fn unanswered(hash: RevisionHash, revision: &Revision) -> RevisionState {
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
        asks: Vec::new(),
    }
}

/// Whether a consent answers a proposal that stands in its causal past: one that
/// its proposer has not taken back and nobody has declined since, made at most
/// 30 days before. What was declined or taken back must be proposed again.
fn answerable(choices: &[Choice<'_>], revision: usize, consent: &Held) -> bool {
    let of = || {
        choices.iter().filter(|choice| choice.revision == revision && before(choice.held, consent))
    };
    let closed = |proposal: &Choice<'_>| {
        of().any(|other| {
            let closes = match other.held.record.action {
                Action::Agreement(Act::Decline { .. }) => true,
                Action::Agreement(Act::WithdrawProposal { .. }) => other.person == proposal.person,
                _ => false,
            };
            closes && before(proposal.held, other.held)
        })
    };
    of().filter(|choice| choice.operation.kind == Kind::Propose).any(|proposal| {
        let lapses = proposal.held.record.at.moment.plus(limits::PROPOSAL_LAPSE);
        consent.record.at.moment <= lapses && !closed(proposal)
    })
}

/// Whether a withdrawal states a time before cooling-off was over, as far as its
/// author's phone could know (R33). Its author cannot state a time before what
/// they stated earlier here, nor to have held both consents more than 30 days
/// after they were given.
fn cooling(choices: &[Choice<'_>], revision: usize, withdrawal: &Held) -> bool {
    let seen = choices.iter().filter(|choice| {
        choice.revision == revision
            && !matches!(choice.operation.kind, Kind::Withdraw { .. })
            && before(choice.held, withdrawal)
    });
    let Some(given) = seen.map(|choice| choice.held.record.at.moment).max() else { return false };
    let held = match withdrawal.record.action {
        Action::Agreement(Act::WithdrawConsent { held: Some(held), .. }) => held,
        _ => given,
    };
    let from = held.min(given.plus(limits::PROPOSAL_LAPSE)).max(given);
    let earlier = choices.iter().filter(|choice| {
        choice.held.author == withdrawal.author && before(choice.held, withdrawal)
    });
    let at = earlier.map(|choice| choice.held.record.at.moment).max();
    let at = withdrawal.record.at.moment.max(at.unwrap_or(Moment(i64::MIN)));
    at < from.plus(limits::COOLING_OFF)
}

fn ratify(folded: &mut Folded, choices: &[Choice<'_>]) {
    let by_hash: HashMap<RevisionHash, usize> =
        folded.revisions.iter().enumerate().map(|(index, state)| (state.hash, index)).collect();
    let parents: Vec<Vec<usize>> = folded
        .revisions
        .iter()
        .map(|state| {
            state.revision.parents.iter().filter_map(|hash| by_hash.get(hash).copied()).collect()
        })
        .collect();
    let operations: Vec<Operation> = choices.iter().map(|c| c.operation.clone()).collect();
    let outcome = consent::fold(&operations, &parents);
    for (index, state) in folded.revisions.iter_mut().enumerate() {
        state.ratified = outcome.ratified.contains(index);
        state.ancestors = outcome.ancestors[index].iter().collect();
    }
    for (at, choice) in choices.iter().enumerate() {
        let state = &mut folded.revisions[choice.revision];
        if outcome.effective[at] {
            let stated = choice.held.record.at.moment;
            let agreed = Agreed { at: stated, held: stated.max(choice.held.received) };
            let earliest = &mut state.agreed[choice.person];
            if earliest.is_none_or(|before| agreed.held < before.held) {
                *earliest = Some(agreed);
            }
        } else if outcome.ratified_with[at] && !state.ratified {
            let withdrawn = choices.iter().any(|other| {
                other.revision == choice.revision
                    && matches!(other.operation.kind, Kind::Withdraw { .. })
            });
            state.overtaken[choice.person] |= !withdrawn;
        }
    }
}

/// Decides which revisions are still on the table, and how the others left it.
fn close(folded: &mut Folded, choices: &[Choice<'_>]) {
    let newest: Vec<usize> = newest_ratified(&folded.revisions);
    for index in 0..folded.revisions.len() {
        let of = || choices.iter().filter(move |choice| choice.revision == index);
        let withdrawals =
            || of().filter(|choice| matches!(choice.operation.kind, Kind::Withdraw { .. }));
        let again = |after: &Choice<'_>, who: Option<Side>, kinds: &[Kind]| {
            of().any(|choice| {
                kinds.contains(&choice.operation.kind)
                    && who.is_none_or(|who| choice.person == who)
                    && before(after.held, choice.held)
            })
        };
        let declined = withdrawals()
            .filter(|w| matches!(w.held.record.action, Action::Agreement(Act::Decline { .. })))
            .filter(|w| !again(w, None, &[Kind::Propose]));
        let cooled = withdrawals()
            .filter(|w| w.operation.kind == Kind::Withdraw { cooling: true })
            .filter(|w| !again(w, None, &[Kind::Propose]));
        let mut closed: Option<(Moment, Closing)> = declined
            .map(|w| (w.held.record.at.moment, Closing::Declined))
            .chain(cooled.map(|w| (w.held.record.at.moment, Closing::CooledOff(w.person))))
            .max_by_key(|(at, _)| *at);
        let mut standing = false;
        for proposal in of().filter(|choice| choice.operation.kind == Kind::Propose) {
            let taken_back = withdrawals()
                .filter(|w| w.person == proposal.person && !before(w.held, proposal.held))
                .filter(|w| {
                    matches!(w.held.record.action, Action::Agreement(Act::WithdrawProposal { .. }))
                })
                .map(|w| w.held.record.at.moment)
                .max();
            let replaced = choices.iter().any(|other| {
                other.person == proposal.person
                    && other.revision != index
                    && other.operation.kind == Kind::Propose
                    && before(proposal.held, other.held)
            });
            match taken_back {
                Some(at) if closed.is_none_or(|(before, _)| before < at) => {
                    closed = Some((at, Closing::Withdrawn));
                }
                Some(_) => {}
                None => standing |= !replaced,
            }
        }
        let goes_beyond = newest.iter().all(|r| folded.revisions[index].ancestors.contains(r));
        let state = &mut folded.revisions[index];
        let stopped = closed.filter(|(_, how)| *how == Closing::Declined || !standing);
        let cooled_off = withdrawals().any(|w| {
            w.operation.kind == Kind::Withdraw { cooling: true }
                && !again(w, None, &[Kind::Propose])
        });
        state.closed = if cooled_off { closed } else { stopped };
        state.on_table = standing && !state.ratified && state.closed.is_none() && goes_beyond;
    }
    // Only what nobody has gone beyond is to be answered.
    let open: Vec<usize> =
        (0..folded.revisions.len()).filter(|r| folded.revisions[*r].on_table).collect();
    for r in &open {
        let gone_beyond = open.iter().any(|other| folded.revisions[*other].ancestors.contains(r));
        folded.revisions[*r].on_table = !gone_beyond;
    }
}

/// The ratified revisions that are no ancestor of another ratified one (I17: at most one).
pub fn newest_ratified(revisions: &[RevisionState]) -> Vec<usize> {
    let ratified = || revisions.iter().enumerate().filter(|(_, state)| state.ratified);
    ratified()
        .filter(|(r, _)| !ratified().any(|(_, other)| other.ancestors.contains(r)))
        .map(|(r, _)| r)
        .collect()
}

fn drafts(
    ordered: &[(&Held, Side)],
    choices: &[Choice<'_>],
    counts: &mut BTreeMap<LogId, Counts>,
) -> Vec<DraftState> {
    let mut drafts = Vec::new();
    for (held, who) in ordered {
        let counts = counts.entry(held.id.log).or_insert_with(|| Counts::of(*who));
        match &held.record.action {
            Action::Agreement(Act::OpenDraft { text })
                if counts.drafts < limits::DRAFTS && text::fragment_counts(text) =>
            {
                counts.drafts += 1;
                let closed = choices.iter().any(|choice| {
                    choice.operation.kind == Kind::Propose && before(held, choice.held)
                });
                drafts.push(DraftState { id: held.id, opened_by: *who, closed });
            }
            Action::Agreement(Act::Splice { .. }) => counts.splices += 1,
            _ => {}
        }
    }
    drafts
}
