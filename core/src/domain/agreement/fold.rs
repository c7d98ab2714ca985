//! From the records of one document to the state of one agreement.

use super::authorship::{Authors, adopted, asks, written_by_whom_it_binds};
use super::causal::{before, clock_suspect, suspended};
use super::record::Act;
use super::revision::{Clause, Obligor};
use super::state::{
    Agreed, Closing, Counts, DraftState, Folded, Marks, OfferState, RevisionState, unanswered,
};
use crate::domain::action::Action;
use crate::domain::capability::Records;
use crate::domain::consent::{self, Kind, Operation};
use crate::domain::pair::{Pair, Side};
use crate::domain::record::Held;
use crate::id::{LogId, RevisionHash};
use crate::limits;
use crate::text;
use crate::time::Moment;
use std::collections::{BTreeMap, HashMap};

/// Withdrawals of one kind from one text, by one log, without a choice of it in
/// between, that count.
const REPEATED_WITHDRAWALS: usize = 8;

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
        strict: Vec::new(),
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
    if !binds_only_me
        || !revision.well_formed(pair, at)
        || revision.span_from(at) > limits::SENSITIVE_SPAN
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
                let span = revision.span_from(held.record.at.moment);
                let asks = asks(revision, &authors, Some(held), Some(held.author));
                let strict = strict(&folded.revisions, &choices, Some(held));
                let kept = revision.clauses.iter().any(|clause| strict.contains(&clause));
                if (kept || !asks.is_empty()) && span > limits::SENSITIVE_SPAN {
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
            Action::Agreement(Act::Consent { revision, adopts }) => {
                let Some(index) = known.get(revision).copied() else { continue };
                if counts.consents >= limits::CONSENTS || !answerable(&choices, index, held) {
                    continue;
                }
                let revision = &folded.revisions[index].revision;
                let asks = asks(revision, &authors, Some(held), None);
                let at = held.record.at.moment;
                if adopted(revision, &asks, adopts, held.author, at).is_err() {
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
                let asks = asks(revision, &authors, Some(held), None);
                let mut marks = Marks { asks, ..Marks::default() };
                let given = choices.iter().filter(|c| c.revision == index && before(c.held, held));
                given.for_each(|choice| marks.take(choice.held));
                marks.carry(revision, &strict(&folded.revisions, &choices, Some(held)));
                let cooling = marks.any(revision) && cooling(&choices, index, held);
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
        state.marks.asks = asks(&state.revision, &authors, None, None);
        for clause in &state.revision.clauses {
            let wrote = authors.get(clause).map_or(&[][..], Vec::as_slice);
            // Who proposes it again having heard of it has not written it.
            let first = wrote.iter().filter(|held| !before(wrote[0], held));
            let sides: Vec<Side> = first.filter_map(|held| pair.side(held.author)).collect();
            let written = Side::BOTH.map(|side| sides.contains(&side));
            state.marks.written.insert(clause.id.clone(), written);
        }
    }
    choices
}

/// The sentences that counted consents call sensitive: all of them, or those before a record.
fn strict<'a>(
    revisions: &'a [RevisionState],
    choices: &[Choice<'_>],
    at: Option<&Held>,
) -> Vec<&'a Clause> {
    let mut strict: Vec<&Clause> = Vec::new();
    for choice in choices.iter().filter(|choice| at.is_none_or(|at| before(choice.held, at))) {
        let Action::Agreement(Act::Consent { adopts, .. }) = &choice.held.record.action else {
            continue;
        };
        let clauses = &revisions[choice.revision].revision.clauses;
        for one in adopts.iter().filter(|one| one.sensitive()) {
            let named = clauses.iter().find(|clause| clause.id == one.clause);
            strict.extend(named.filter(|clause| !strict.contains(clause)));
        }
    }
    strict
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
            state.marks.take(choice.held);
        } else if outcome.ratified_with[at] && !state.ratified {
            let withdrawn = choices.iter().any(|other| {
                other.revision == choice.revision
                    && matches!(other.operation.kind, Kind::Withdraw { .. })
            });
            state.overtaken[choice.person] |= !withdrawn;
        }
    }
    // What was said of a sentence stays with it in every text that holds it.
    let said = strict(&folded.revisions, choices, None).into_iter().cloned().collect();
    folded.strict = said;
    for state in &mut folded.revisions {
        state.marks.carry(&state.revision, &folded.strict.iter().collect::<Vec<_>>());
    }
}

/// Decides which revisions are still on the table, and how the others left it.
fn close(folded: &mut Folded, choices: &[Choice<'_>]) {
    let newest: Vec<usize> = newest_ratified(&folded.revisions);
    for index in 0..folded.revisions.len() {
        let of = || choices.iter().filter(move |choice| choice.revision == index);
        let withdrawals =
            || of().filter(|choice| matches!(choice.operation.kind, Kind::Withdraw { .. }));
        let again = |after: &Choice<'_>| {
            of().any(|choice| {
                choice.operation.kind == Kind::Propose && before(after.held, choice.held)
            })
        };
        let declined = withdrawals()
            .filter(|w| matches!(w.held.record.action, Action::Agreement(Act::Decline { .. })))
            .filter(|w| !again(w));
        let cooled = || {
            withdrawals()
                .filter(|w| w.operation.kind == Kind::Withdraw { cooling: true })
                .filter(|w| !again(w))
        };
        // Who took their yes back is told so, whoever of the two was the last to do it.
        let took_back = Side::BOTH.map(|side| cooled().any(|w| w.person == side));
        let mut closed: Option<(Moment, Closing)> = declined
            .map(|w| (w.held.record.at.moment, Closing::Declined))
            .chain(cooled().map(|w| (w.held.record.at.moment, Closing::CooledOff(took_back))))
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
        state.closed = if took_back != [false; 2] { closed } else { stopped };
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
