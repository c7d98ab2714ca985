//! From the records of ledgers to the intentions that stand.

use super::record::Act;
use crate::domain::action::Action;
use crate::domain::capability::Records;
use crate::domain::checkin::{Period, kept};
use crate::domain::ledger::{DailyCap, Month, ledger};
use crate::domain::pair::{Pair, Side};
use crate::domain::words::{in_order, thanked, withdrawn};
use crate::id::{DocId, Position};
use crate::time::Moment;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// An intention for a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intention {
    /// Its record.
    pub id: Position,
    /// Who said it.
    pub by: Side,
    /// The local day.
    pub day: Date,
    /// When it was said.
    pub at: Moment,
    /// Until when its words are kept.
    pub until: Moment,
    /// Whether the other said thank you.
    pub thanked: bool,
    /// The ledger that it stands in.
    pub ledger: DocId,
}

/// Folds the records of ledgers: one intention for each person and day, the later one
/// stands. Each must stand in its author's ledger of the month of its day.
pub(super) fn fold(pair: &Pair, of: &Records<'_>, more: &[Records<'_>]) -> Vec<Intention> {
    let all = std::iter::once(of).chain(more);
    let records = in_order(all.flat_map(|records| records.held));
    let (withdrawn, thanked) = (withdrawn(&records), thanked(&records));
    let mut cap = DailyCap::default();
    let mut intentions: BTreeMap<(Side, Date), Intention> = BTreeMap::new();
    for held in &records {
        let Some(by) = pair.side(held.author) else { continue };
        if !cap.admits(held) {
            continue;
        }
        let Action::Intention(Act::Say { day, until }) = held.record.action else { continue };
        let at = held.record.at.moment;
        let here = ledger(pair.id, held.author, Month::of_date(day));
        if held.record.target == here && kept(at, until) && Period::Day(day).covers(at) {
            let thanked = thanked.contains(&held.id);
            let one = Intention { id: held.id, by, day, at, until, thanked, ledger: here };
            intentions.insert((by, day), one);
        }
    }
    // One that was taken back does not bring the one before it back.
    intentions.retain(|_, one| !withdrawn.contains_key(&one.id));
    let mut intentions: Vec<Intention> = intentions.into_values().collect();
    intentions.sort_by_key(|one| (one.day, one.at, one.id));
    intentions
}
