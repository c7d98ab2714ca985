//! The check-ins of two ledgers: a pure fold over their records.

use super::record::Act;
use super::seal::Bound;
use super::template::{Period, TemplateId};
use crate::domain::ledger::{Month, ledger};
use crate::domain::pair::Pair;
use crate::domain::record::{Action, Held};
use crate::domain::words::{in_order, thanked, withdrawn};
use crate::id::{Commitment, DocId, LogId, Position};
use crate::limits;
use crate::time::Moment;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};

/// A seal that stands.
#[derive(Debug, Clone, Copy)]
pub struct SealFolded {
    /// Its record.
    pub id: Position,
    /// The commitment.
    pub commit: Commitment,
    /// What it is bound to.
    pub bound: Bound,
    /// The record that opened it, once both seals were held.
    pub opened: Option<Position>,
}

/// What one person did in one period.
#[derive(Debug, Clone, Copy, Default)]
pub struct Side {
    /// The seal that stands.
    pub seal: Option<SealFolded>,
    /// The answers that were shared without the other's.
    pub shared: Option<Position>,
}

/// An intention for a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentionFolded {
    /// Its record.
    pub id: Position,
    /// Its author, as an index into [`Pair::members`].
    pub by: usize,
    /// The local day.
    pub day: Date,
    /// When it was said.
    pub at: Moment,
    /// Until when its words are kept.
    pub until: Moment,
    /// Whether the other said thank you.
    pub thanked: bool,
}

/// The check-ins and intentions of some ledgers.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    /// By template and period, for each of the two.
    pub periods: BTreeMap<(TemplateId, Period), [Side; 2]>,
    /// The intentions, one for each person and day: the later one stands.
    pub intentions: Vec<IntentionFolded>,
}

type Sealed<'a> = (&'a Held, Commitment);

fn kept(at: Moment, until: Moment) -> bool {
    until > at && until <= at.plus(limits::CHECK_IN_RETENTION)
}

/// Folds the records of both persons' ledgers. Each record must stand in its
/// author's ledger of the month in which its period begins.
///
/// An opening counts once, and only if its author then held a seal of the other
/// for the same period; so nobody can look first and answer then.
pub fn fold(pair: &Pair, ledgers: &[&[Held]]) -> Folded {
    let records = in_order(ledgers.iter().flat_map(|records| records.iter()));
    let withdrawn = withdrawn(&records);
    let thanked = thanked(&records);
    let mut folded = Folded::default();
    let mut cancelled: BTreeMap<Position, Position> = BTreeMap::new();
    let mut openings: BTreeMap<Position, Vec<&Held>> = BTreeMap::new();
    let mut seals: BTreeMap<(TemplateId, Period), [Vec<Sealed<'_>>; 2]> = BTreeMap::new();
    let mut intentions: BTreeMap<(usize, Date), IntentionFolded> = BTreeMap::new();
    let mut counts: HashMap<(LogId, DocId), usize> = HashMap::new();
    let authors: HashMap<Position, usize> =
        records.iter().filter_map(|held| Some((held.id, pair.index(held.author)?))).collect();
    for held in &records {
        let Action::CheckIn(act) = &held.record.action else { continue };
        let Some(by) = pair.index(held.author) else { continue };
        let at = held.record.at.moment;
        let count = counts.entry((held.id.log, held.record.target)).or_default();
        *count += 1;
        if *count > limits::CHECK_INS_PER_MONTH {
            continue;
        }
        let here = |first: Option<Date>| {
            first.is_some_and(|first| {
                held.record.target == ledger(pair.id, held.author, Month::of_date(first))
            })
        };
        match act {
            Act::Seal { template, period, commit } if here(period.first()) && period.covers(at) => {
                seals.entry((*template, *period)).or_default()[by].push((held, *commit));
            }
            Act::Cancel { of } if authors.get(of) == Some(&by) => {
                cancelled.entry(*of).or_insert(held.id);
            }
            Act::Open { of, until } if authors.get(of) == Some(&by) && kept(at, *until) => {
                openings.entry(*of).or_default().push(held);
            }
            Act::ShareAlone { template, period, until }
                if here(period.first())
                    && kept(at, *until)
                    && !withdrawn.contains_key(&held.id) =>
            {
                folded.periods.entry((*template, *period)).or_default()[by].shared = Some(held.id);
            }
            Act::Intention { day, until }
                if here(Some(*day)) && kept(at, *until) && Period::Day(*day).covers(at) =>
            {
                let thanked = thanked.contains(&held.id);
                let (id, day, until) = (held.id, *day, *until);
                intentions.insert((by, day), IntentionFolded { id, by, day, at, until, thanked });
            }
            _ => {}
        }
    }
    for ((template, period), of_both) in &seals {
        let sides = folded.periods.entry((*template, *period)).or_default();
        for by in 0..2 {
            let (mine, theirs) = (&of_both[by], &of_both[1 - by]);
            // An opening counts only if it saw a seal of the other.
            let opening = |seal: &Held, others: &[Sealed<'_>]| {
                let saw = |opening: &&&Held| {
                    others.iter().any(|(held, _)| opening.past.contains(held.id))
                };
                openings.get(&seal.id)?.iter().find(saw).copied()
            };
            // Whoever has seen the other's answers cannot seal any more.
            let opened_before = |held: &Held| {
                theirs.iter().any(|(other, _)| {
                    let all = openings.get(&other.id);
                    all.is_some_and(|all| all.iter().any(|open| held.past.contains(open.id)))
                })
            };
            let mine: Vec<Sealed<'_>> =
                mine.iter().filter(|(held, _)| !opened_before(held)).copied().collect();
            let opened = mine.iter().find(|(held, _)| opening(held, theirs).is_some());
            // What the other opened on cannot be taken back any more, unless they
            // had heard that it was: nobody looks first and answers then.
            let opened_on = mine.iter().find(|(held, _)| {
                let known = cancelled.get(&held.id);
                let blind = |opening: &Held| {
                    opening.past.contains(held.id)
                        && !known.is_some_and(|cancel| opening.past.contains(*cancel))
                };
                theirs.iter().any(|(other, _)| opening(other, &mine).is_some_and(blind))
            });
            let last = || mine.iter().rfind(|(held, _)| !cancelled.contains_key(&held.id));
            if let Some((held, commit)) = opened_on.or(opened).or_else(last) {
                let bound = Bound {
                    pair: pair.id,
                    person: held.author,
                    log: held.id.log,
                    template: *template,
                    period: *period,
                };
                let opened = opening(held, theirs).map(|held| held.id);
                let opened = opened.filter(|id| !withdrawn.contains_key(id));
                sides[by].seal = Some(SealFolded { id: held.id, commit: *commit, bound, opened });
            }
        }
    }
    // One that was taken back does not bring the one before it back.
    intentions.retain(|_, one| !withdrawn.contains_key(&one.id));
    folded.intentions = intentions.into_values().collect();
    folded.intentions.sort_by_key(|one| (one.day, one.at, one.id));
    folded
}
