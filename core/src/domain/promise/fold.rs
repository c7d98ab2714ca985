//! The state of a promise: a pure fold over its records, in any order.

use super::outcome::{Facts, outcome};
use super::record::{Act, Felt, Told};
use crate::domain::action::Action;
use crate::domain::capability::Records;
use crate::domain::ledger::own_document;
use crate::domain::pair::{Pair, Side};
use crate::domain::record::Held;
use crate::domain::recurrence::{Due, Occurrence};
use crate::domain::words::{in_order, standing, withdrawn};
use crate::id::{DocId, LogId, OccurrenceId, Past, Position};
use crate::limits;
use crate::time::Moment;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How a promise was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its record.
    pub id: Position,
    /// The promisor, as an index into [`Pair::members`].
    pub by: Side,
    /// When, as stated.
    pub at: Moment,
    /// When it is due.
    pub due: Due,
    /// The zone of its local times.
    pub zone: String,
    /// Its good will in seconds.
    pub grace: Option<u32>,
    /// The agreement that it belongs to.
    pub link: Option<DocId>,
}

/// A new due that was asked for before the old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its record.
    pub id: Position,
    /// The new due.
    pub occurrence: Occurrence,
    /// What the promisee said: yes, or no.
    pub answer: Option<bool>,
}

/// One report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// Its record.
    pub id: Position,
    /// When it was told, as stated.
    pub at: Moment,
    /// What.
    pub told: Told,
    /// Whether it has words.
    pub words: bool,
}

/// Something that was said of an occurrence beside a report: a heads-up, a comment, a repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Its record.
    pub id: Position,
    /// When it was said, as stated.
    pub at: Moment,
    /// Of a comment: how it felt.
    pub felt: Option<Felt>,
    /// Of a heads-up: when it is expected.
    pub expected: Option<Moment>,
    /// Whether it has words.
    pub words: bool,
}

/// One occurrence and everything that was said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OccurrenceState {
    /// When it is due.
    pub occurrence: Occurrence,
    /// What it was moved from.
    pub moved_from: Option<OccurrenceId>,
    /// What its outcome follows from.
    pub facts: Facts,
    /// The new due that stands.
    pub asked: Option<Asked>,
    /// When it is expected, as a heads-up said.
    pub expected: Option<Moment>,
    /// By how many seconds before it was due it was first said that it is paused, or taken back.
    pub said_ahead: Option<i64>,
    /// Every report, oldest first: what was told otherwise later stands beside what the other
    /// has read (R36).
    pub reports: Vec<Reported>,
    /// Every heads-up, comment and repair, each oldest first, for the same reason.
    pub remarks: [Vec<Remark>; 3],
    /// The records whose words stand, where they have some: heads-up, report,
    /// comment, repair.
    pub words: [Option<Position>; 4],
}

/// The state of a promise. Everything but `basis` is a function of the records alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// Its document.
    pub doc: DocId,
    /// How far the document goes in each log.
    pub basis: Past,
    /// How it was made; `None` while nothing that counts says so.
    pub made: Option<Made>,
    /// Every occurrence, in the order of their dues.
    pub occurrences: Vec<OccurrenceState>,
    /// Since when it is taken back.
    pub retracted: Option<Moment>,
    /// Since when the promisee does not want to be promised this.
    pub declined: Option<Moment>,
    /// Whether something here is not understood.
    pub needs_update: bool,
    /// Records whose words their authors took back.
    pub withdrawn: BTreeMap<Position, Moment>,
}

/// What was said of one occurrence, before it is weighed.
#[derive(Default)]
struct Said<'a> {
    heads_ups: Vec<&'a Held>,
    asked: Vec<&'a Held>,
    released: bool,
    reports: Vec<&'a Held>,
    comments: Vec<&'a Held>,
    repairs: Vec<&'a Held>,
}

/// Folds the records of one promise. Total: what does not count is passed over (I10).
pub(super) fn fold(pair: &Pair, of: &Records<'_>) -> Folded {
    let doc = of.doc;
    let mut folded = Folded {
        doc,
        basis: of.basis.clone(),
        needs_update: !of.newer.is_empty(),
        made: None,
        occurrences: Vec::new(),
        retracted: None,
        declined: None,
        withdrawn: BTreeMap::new(),
    };
    let records = in_order(of.held);
    let acts = || {
        records.iter().filter_map(|held| match &held.record.action {
            Action::Promise(act) => Some((*held, act)),
            _ => None,
        })
    };
    // Only its maker's record can have made this document, and only the first.
    let first = acts().find(|(held, act)| match act {
        Act::Make { salt, .. } => own_document(pair.id, held.author, salt) == doc,
        _ => false,
    });
    let made = first.and_then(|(held, act)| {
        let Act::Make { due, zone, grace, link, .. } = act else { return None };
        let (at, by) = (held.record.at.moment, pair.side(held.author)?);
        if grace.is_some_and(|grace| grace > limits::GRACE_MAX) {
            return None;
        }
        let mut occurrences = due.occurrences(doc, zone, *grace).ok()?;
        occurrences.retain(|one| one.due > at);
        let last = occurrences.last()?.due;
        let (due, zone) = (due.clone(), zone.clone());
        (last <= at.plus(limits::PROMISE_SPAN)).then_some((
            Made { id: held.id, by, at, due, zone, grace: *grace, link: *link },
            occurrences,
        ))
    });
    let Some((made, occurrences)) = made else { return folded };
    let mut said: HashMap<OccurrenceId, Said<'_>> = HashMap::new();
    let mut answers: BTreeMap<Position, Vec<&Held>> = BTreeMap::new();
    let mut pauses: Vec<(Moment, Moment, Moment)> = Vec::new();
    let mut counts: HashMap<LogId, usize> = HashMap::new();
    folded.withdrawn = withdrawn(&records);
    for (held, act) in acts() {
        let Some(author) = pair.side(held.author) else { continue };
        let mine = author == made.by;
        let at = held.record.at.moment;
        match act {
            Act::Retract if mine => {
                folded.retracted = Some(folded.retracted.map_or(at, |known| known.min(at)));
                continue;
            }
            Act::Decline if !mine => {
                folded.declined = Some(folded.declined.map_or(at, |known| known.min(at)));
                continue;
            }
            _ => {}
        }
        let count = counts.entry(held.id.log).or_default();
        *count += 1;
        if *count > limits::PROMISE_RECORDS {
            continue;
        }
        let about = act.occurrence().map(|id| said.entry(id).or_default());
        match (act, about) {
            (Act::Pause { from, until }, _)
                if mine && from < until && pauses.len() < limits::PROMISE_PAUSES =>
            {
                pauses.push((at, *from, *until));
            }
            (Act::AcceptNew { of } | Act::KeepOld { of }, _) if !mine => {
                answers.entry(*of).or_default().push(held);
            }
            (Act::HeadsUp { .. }, Some(said)) if mine => said.heads_ups.push(held),
            (Act::Renegotiate { .. }, Some(said)) if mine => said.asked.push(held),
            (Act::Report { .. }, Some(said)) if mine => said.reports.push(held),
            (Act::Repair { .. }, Some(said)) if mine => said.repairs.push(held),
            (Act::Release { .. }, Some(said)) if !mine => said.released = true,
            (Act::Comment { .. }, Some(said)) if !mine => said.comments.push(held),
            _ => {}
        }
    }
    let mut known: BTreeSet<OccurrenceId> = occurrences.iter().map(|one| one.id).collect();
    let mut waiting: Vec<(Occurrence, Option<OccurrenceId>, usize)> =
        occurrences.into_iter().rev().map(|one| (one, None, 0)).collect();
    while let Some((occurrence, moved_from, moves)) = waiting.pop() {
        let said = said.remove(&occurrence.id).unwrap_or_default();
        let mut state =
            weigh(doc, &made, &folded, &pauses, &answers, &known, occurrence, moved_from, said);
        state.facts.moved &= moves < limits::RENEGOTIATIONS;
        // Whether it was moved does not depend on the clock: a new time opens.
        let moved = outcome(&state.facts, Moment(i64::MIN)) == super::Outcome::Renegotiated;
        if let Some(asked) = state.asked.as_ref().filter(|_| moved) {
            known.insert(asked.occurrence.id);
            waiting.push((asked.occurrence.clone(), Some(state.occurrence.id), moves + 1));
        }
        folded.occurrences.push(state);
    }
    folded.occurrences.sort_by(|a, b| {
        (a.occurrence.due, &a.occurrence.local).cmp(&(b.occurrence.due, &b.occurrence.local))
    });
    folded.made = Some(made);
    folded
}

#[expect(clippy::too_many_arguments, reason = "one occurrence in the light of the whole promise")]
fn weigh(
    doc: DocId,
    made: &Made,
    folded: &Folded,
    pauses: &[(Moment, Moment, Moment)],
    answers: &BTreeMap<Position, Vec<&Held>>,
    known: &BTreeSet<OccurrenceId>,
    occurrence: Occurrence,
    moved_from: Option<OccurrenceId>,
    said: Said<'_>,
) -> OccurrenceState {
    let due = occurrence.due;
    let before = |held: &&&Held| held.record.at.moment < due;
    let in_pause =
        |(at, from, until): &(Moment, Moment, Moment)| *at < due && *from <= due && due <= *until;
    let heads_up = standing(&said.heads_ups);
    let report = standing(&said.reports);
    let comment = standing(&said.comments);
    let repair = standing(&said.repairs);
    let in_time: Vec<&Held> = said.asked.iter().filter(before).copied().collect();
    let asked = standing(&in_time).and_then(|held| {
        let Action::Promise(Act::Renegotiate { due: new, .. }) = &held.record.action else {
            return None;
        };
        let new = new.occurrences(doc, &made.zone, made.grace).ok()?.pop()?;
        let fits = new.due > held.record.at.moment
            && new.due <= made.at.plus(limits::PROMISE_SPAN)
            && !known.contains(&new.id);
        let answer = answers.get(&held.id).and_then(|all| standing(all));
        let answer =
            answer.map(|held| matches!(held.record.action, Action::Promise(Act::AcceptNew { .. })));
        fits.then_some(Asked { id: held.id, occurrence: new, answer })
    });
    let told_by = |held: &Held| match &held.record.action {
        Action::Promise(Act::Report { told: Told::Kept { at }, .. })
            if *at > held.record.at.moment.plus(limits::CLOCK_TOLERANCE) =>
        {
            None
        }
        Action::Promise(Act::Report { told, .. }) => Some(*told),
        _ => None,
    };
    let told = report.and_then(told_by);
    let reported = |held: &&Held| {
        let (at, words) = (held.record.at.moment, held.record.body.is_some());
        Some(Reported { id: held.id, at, told: told_by(held)?, words })
    };
    let remark = |held: &&Held| {
        let (felt, expected) = match &held.record.action {
            Action::Promise(Act::Comment { felt, .. }) => (Some(*felt), None),
            Action::Promise(Act::HeadsUp { expected, .. }) => (None, *expected),
            _ => (None, None),
        };
        let (at, words) = (held.record.at.moment, held.record.body.is_some());
        Remark { id: held.id, at, felt, expected, words }
    };
    let paused_at = pauses.iter().filter(|pause| in_pause(pause)).map(|(at, ..)| *at).min();
    let said_at = paused_at.or(folded.retracted.filter(|at| *at < due));
    let felt = comment.and_then(|held| match &held.record.action {
        Action::Promise(Act::Comment { felt, .. }) => Some(*felt),
        _ => None,
    });
    let expected = heads_up.and_then(|held| match &held.record.action {
        Action::Promise(Act::HeadsUp { expected, .. }) => *expected,
        _ => None,
    });
    let facts = Facts {
        due,
        deadline: occurrence.deadline,
        paused: paused_at.is_some(),
        retracted: folded.retracted.is_some_and(|at| at < due),
        report: told,
        comment: felt as Option<Felt>,
        released: said.released || folded.declined.is_some_and(|at| at < due),
        moved: asked.as_ref().is_some_and(|asked| asked.answer == Some(true)),
        noticed: said.heads_ups.iter().any(|held| before(&held)) || !in_time.is_empty(),
        repaired: repair.is_some(),
    };
    let with_words = |held: &&&Held| held.record.body.is_some();
    let words = [heads_up, report, comment, repair]
        .map(|held| held.as_ref().filter(with_words).map(|held| held.id));
    OccurrenceState {
        occurrence,
        moved_from,
        facts,
        asked,
        expected,
        said_ahead: said_at.map(|at| due.since(at)),
        reports: said.reports.iter().filter_map(reported).collect(),
        remarks: [&said.heads_ups, &said.comments, &said.repairs]
            .map(|all| all.iter().map(remark).collect()),
        words,
    }
}
