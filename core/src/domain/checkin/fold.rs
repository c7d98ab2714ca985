//! The check-ins of two ledgers: a pure fold over their records.

use super::record::Act;
use super::seal::Bound;
use super::template::{Period, TemplateId};
use crate::domain::action::Action;
use crate::domain::ledger::{DailyCap, Month, ledger};
use crate::domain::pair::{Pair, Side};
use crate::domain::record::Held;
use crate::domain::words::{in_order, withdrawn};
use crate::id::{Commitment, Position};
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

/// What one person did in one period of a check-in.
#[derive(Debug, Clone, Copy, Default)]
pub struct PeriodSide {
    /// The seal that stands.
    pub seal: Option<SealFolded>,
    /// The answers that were shared without the other's.
    pub shared: Option<Position>,
    /// When answers that the other had seen were taken back.
    pub taken_back: Option<Moment>,
}

/// The check-ins of some ledgers.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    /// By template and period, for each of the two.
    pub periods: BTreeMap<(TemplateId, Period), [PeriodSide; 2]>,
}

type Sealed<'a> = (&'a Held, Commitment);

/// Whether words that are kept for a while are kept for a while that counts.
pub fn kept(at: Moment, until: Moment) -> bool {
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
    let mut folded = Folded::default();
    let mut cancelled: BTreeMap<Position, Position> = BTreeMap::new();
    let mut openings: BTreeMap<Position, Vec<&Held>> = BTreeMap::new();
    let mut seals: BTreeMap<(TemplateId, Period), [Vec<Sealed<'_>>; 2]> = BTreeMap::new();
    let mut cap = DailyCap::default();
    let authors: HashMap<Position, Side> =
        records.iter().filter_map(|held| Some((held.id, pair.side(held.author)?))).collect();
    for held in &records {
        let Some(by) = pair.side(held.author) else { continue };
        if !cap.admits(held) {
            continue;
        }
        let Action::CheckIn(act) = &held.record.action else { continue };
        let at = held.record.at.moment;
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
                if here(period.first()) && kept(at, *until) =>
            {
                let side = &mut folded.periods.entry((*template, *period)).or_default()[by];
                match withdrawn.get(&held.id) {
                    None => side.shared = Some(held.id),
                    Some(at) => side.taken_back = Some(*at),
                }
            }
            _ => {}
        }
    }
    for ((template, period), of_both) in &seals {
        let sides = folded.periods.entry((*template, *period)).or_default();
        for by in Side::BOTH {
            let (mine, theirs) = (&of_both[by], &of_both[by.other()]);
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
                // It stays open, without its words.
                let opened = opening(held, theirs).map(|held| held.id);
                let taken_back = opened.and_then(|id| withdrawn.get(&id).copied());
                sides[by].taken_back = sides[by].taken_back.max(taken_back);
                sides[by].seal = Some(SealFolded { id: held.id, commit: *commit, bound, opened });
            }
        }
    }
    folded
}
