//! Whether the pair is still one (RULES.md, life of a pair).

use super::record::{Action, Held};
use crate::time::Moment;
use serde::Serialize;

/// How the two people stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PairState {
    /// When it ended, as stated by whoever left; who that was is not said.
    pub left_at: Option<Moment>,
}

/// Folds the records of the pair's document. `Leave` is absorbing (M7, I2).
pub fn fold(records: &[Held]) -> PairState {
    let left = records.iter().filter(|held| matches!(held.record.action, Action::PairLeave));
    PairState { left_at: left.map(|held| held.record.at.moment).min() }
}
