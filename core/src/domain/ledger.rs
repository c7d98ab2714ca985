//! Ledgers: one document per person and month for what is no aggregate of its
//! own (openness posts, check-ins, daily intentions).

use super::action::Action;
use super::record::Held;
use crate::id::{DocId, LogId, PairId, PersonId};
use crate::limits;
use crate::time::Moment;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// A month of the UTC calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    /// The year.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

impl Month {
    /// The month of a moment, in UTC.
    pub fn of(moment: Moment) -> Self {
        let date = jiff::Timestamp::from_second(moment.0)
            .map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date())
            .unwrap_or(if moment.0 < 0 { Date::MIN } else { Date::MAX });
        Self::of_date(date)
    }

    /// The month of a date.
    pub fn of_date(date: Date) -> Self {
        Self { year: date.year(), month: date.month() }
    }
}

/// The ledger of a person for a month.
pub fn ledger(pair: PairId, person: PersonId, month: Month) -> DocId {
    let digest = Sha256::new()
        .chain_update(b"amends/ledger/v1")
        .chain_update(pair.0)
        .chain_update(person.0)
        .chain_update(format!("{:04}-{:02}", month.year, month.month))
        .finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    DocId(id)
}

/// A document of one person's own: its id is made from its maker and a salt that
/// the making record repeats, so that nobody can make anything in its place.
pub fn own_document(pair: PairId, person: PersonId, salt: &[u8; 16]) -> DocId {
    let digest = Sha256::new()
        .chain_update(b"amends/own-document/v1")
        .chain_update(pair.0)
        .chain_update(person.0)
        .chain_update(salt)
        .finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    DocId(id)
}

/// Of check-ins and intentions, each log's first 500 in a ledger count.
#[derive(Default)]
pub(super) struct DailyCap(HashMap<(LogId, DocId), usize>);

impl DailyCap {
    /// Counts a record, of those of one ledger in order. Whether it counts.
    pub(super) fn admits(&mut self, held: &Held) -> bool {
        if !matches!(held.record.action, Action::CheckIn(_) | Action::Intention(_)) {
            return true;
        }
        let count = self.0.entry((held.id.log, held.record.target)).or_default();
        *count += 1;
        *count <= limits::CHECK_INS_PER_MONTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_utc_and_every_moment_has_one() {
        assert_eq!(Month::of(Moment(1_772_474_400)), Month { year: 2026, month: 3 });
        assert_eq!(Month::of(Moment(-1)), Month { year: 1969, month: 12 });
        assert_eq!(Month::of(Moment(i64::MAX)).year, 9999);
        assert_eq!(Month::of(Moment(i64::MIN)).year, -9999);
    }
}
