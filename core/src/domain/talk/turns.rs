//! Turns of a talk, as data for a shell: who speaks when, and when a chime sounds (F24,
//! F34). Nothing here knows whether anybody kept to it, who spoke longer, or whether a
//! phone was touched.

use crate::domain::pair::Who;
use crate::time::Moment;
use serde::Serialize;

/// One turn. While it lasts one speaks and the other listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Turn {
    /// Who speaks.
    pub speaks: Who,
    /// From when.
    pub from: Moment,
    /// Until when: a soft chime, and nothing more.
    pub to: Moment,
}

/// The turns of a talk that begins at `from`: each of `minutes`, one after the other, as
/// many pairs of turns as fit into `length` minutes, so that both have the same. None where
/// not even one for each fits.
///
/// ```
/// use amends::{Who, time::Moment, turns};
/// let turns = turns(Moment(0), 45, 10, Who::Me);
/// assert_eq!(turns.len(), 4);
/// assert_eq!((turns[1].speaks, turns[1].from), (Who::Partner, Moment(600)));
/// ```
pub fn turns(from: Moment, length: u16, minutes: u16, first: Who) -> Vec<Turn> {
    let (length, each) = (i64::from(length) * 60, i64::from(minutes.max(1)) * 60);
    let second = if first == Who::Me { Who::Partner } else { Who::Me };
    let turn = |nth: i64| Turn {
        speaks: if nth % 2 == 0 { first } else { second },
        from: from.plus(nth * each),
        to: from.plus((nth + 1) * each),
    };
    (0..length / (2 * each) * 2).map(turn).collect()
}
