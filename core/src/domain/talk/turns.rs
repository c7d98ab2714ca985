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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f24_f34_both_have_turns_of_the_same_length_and_none_where_one_would_have_more() {
        for (length, minutes, expected) in [(45, 10, 4), (19, 10, 0), (20, 10, 2), (60, 0, 60)] {
            let turns = turns(Moment(0), length, minutes, Who::Partner);
            assert_eq!(turns.len(), expected, "{length} {minutes}");
            let of = |who| turns.iter().filter(|turn| turn.speaks == who).count();
            assert_eq!(of(Who::Me), of(Who::Partner));
            assert!(turns.windows(2).all(|pair| pair[0].to == pair[1].from));
            assert!(turns.first().is_none_or(|turn| turn.speaks == Who::Partner));
        }
    }
}
