//! What became of things, counted: by whose, by week and by outcome. What is long over is
//! counted once and kept so (`engine/settled.rs`); counts of years are sums of such.

use super::pair::Who;
use super::recurrence::IsoWeek;
use crate::cbor::Value;
use std::collections::BTreeMap;

/// How often each outcome was one person's in one week, or both's where they came to it by one
/// act of both. An outcome is a number that its capability gives it. Those of two persons are
/// never added up (I13).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<(Who, IsoWeek, u8), u32>);

impl Tally {
    /// Nothing counted.
    #[cfg(test)]
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// One more.
    pub fn count(&mut self, by: Who, week: IsoWeek, outcome: u8) {
        *self.0.entry((by, week, outcome)).or_default() += 1;
    }

    /// One person's: how often each outcome was in which week.
    pub fn by(&self, who: Who) -> impl Iterator<Item = (IsoWeek, u8, u32)> + '_ {
        let of = move |((by, week, outcome), count): (&(Who, IsoWeek, u8), &u32)| {
            (*by == who).then_some((*week, *outcome, *count))
        };
        self.0.iter().filter_map(of)
    }

    /// With these counted as well.
    pub fn add(&mut self, other: &Tally) {
        for (of, count) in &other.0 {
            let known = self.0.entry(*of).or_default();
            *known = known.saturating_add(*count);
        }
    }

    /// Without these. What comes to nothing is not kept.
    pub fn take_away(&mut self, other: &Tally) {
        for (of, count) in &other.0 {
            if let Some(known) = self.0.get_mut(of) {
                *known = known.saturating_sub(*count);
            }
        }
        self.0.retain(|_, count| *count > 0);
    }

    /// By the year that the weeks belong to.
    pub fn years(&self) -> BTreeMap<i16, Tally> {
        let mut years: BTreeMap<i16, Tally> = BTreeMap::new();
        for (of, count) in &self.0 {
            years.entry(of.1.year).or_default().0.insert(*of, *count);
        }
        years
    }

    /// As it is kept at rest.
    pub fn to_value(&self) -> Value {
        let line = |((by, week, outcome), count): (&(Who, IsoWeek, u8), &u32)| {
            let whose = match by {
                Who::Me => Value::Bool(true),
                Who::Partner => Value::Bool(false),
                Who::Both => Value::Null,
            };
            let numbers =
                [week.year.into(), week.week.into(), (*outcome).into(), i64::from(*count)];
            Value::Array([whose].into_iter().chain(numbers.map(Value::Int)).collect())
        };
        Value::Array(self.0.iter().map(line).collect())
    }

    /// What [`Tally::to_value`] gave; `None` for anything else.
    pub fn from_value(value: &Value) -> Option<Self> {
        let line = |line: &Value| {
            let [whose, year, week, outcome, count] = line.array()? else {
                return None;
            };
            let year = year.int()?.try_into().ok()?;
            let week = IsoWeek { year, week: week.int()?.try_into().ok()? };
            let by = match whose {
                Value::Bool(true) => Who::Me,
                Value::Bool(false) => Who::Partner,
                Value::Null => Who::Both,
                _ => return None,
            };
            let outcome = outcome.uint()?.try_into().ok()?;
            Some(((by, week, outcome), count.uint()?.try_into().ok()?))
        };
        Some(Self(value.array()?.iter().map(line).collect::<Option<_>>()?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn week(text: &str) -> IsoWeek {
        text.parse().unwrap()
    }

    fn tally(counts: &[(Who, &str, u8, u32)]) -> Tally {
        let mut tally = Tally::default();
        for (by, at, outcome, count) in counts {
            (0..*count).for_each(|_| tally.count(*by, week(at), *outcome));
        }
        tally
    }

    #[test]
    fn i13_what_one_person_came_to_is_never_added_to_the_others() {
        let all = tally(&[(Who::Me, "2026-W10", 3, 2), (Who::Partner, "2026-W10", 3, 5)]);
        let of = |who| all.by(who).collect::<Vec<_>>();
        assert_eq!(of(Who::Me), [(week("2026-W10"), 3, 2)]);
        assert_eq!(of(Who::Partner), [(week("2026-W10"), 3, 5)]);
        assert_eq!(of(Who::Both), []);
    }

    #[test]
    fn what_is_taken_away_again_leaves_what_was_there_before() {
        let before = tally(&[(Who::Me, "2025-W52", 0, 1), (Who::Partner, "2026-W01", 4, 2)]);
        let more = tally(&[(Who::Me, "2025-W52", 0, 2), (Who::Me, "2026-W02", 1, 1)]);
        let mut sum = before.clone();
        sum.add(&more);
        let both = tally(&[
            (Who::Me, "2025-W52", 0, 3),
            (Who::Partner, "2026-W01", 4, 2),
            (Who::Me, "2026-W02", 1, 1),
        ]);
        assert_eq!(sum, both);
        sum.take_away(&more);
        assert_eq!(sum, before);
        sum.take_away(&tally(&[(Who::Me, "2025-W52", 0, 9), (Who::Me, "2030-W01", 0, 1)]));
        assert_eq!(sum, tally(&[(Who::Partner, "2026-W01", 4, 2)]), "never less than nothing");
    }

    #[test]
    fn each_week_stands_in_the_year_that_it_belongs_to_and_the_years_are_the_whole() {
        // The last of December 2025 is in the first week of 2026.
        let all = tally(&[(Who::Me, "2025-W52", 0, 1), (Who::Me, "2026-W01", 0, 2)]);
        let years = all.years();
        assert_eq!(years.keys().copied().collect::<Vec<_>>(), [2025, 2026]);
        assert_eq!(years[&2026], tally(&[(Who::Me, "2026-W01", 0, 2)]));
        let mut sum = Tally::default();
        years.values().for_each(|year| sum.add(year));
        assert_eq!(sum, all);
    }

    #[test]
    fn at_rest_it_is_what_it_was_and_nothing_else_is_taken_for_one() {
        let all = tally(&[
            (Who::Me, "2025-W52", 12, 300),
            (Who::Partner, "2026-W01", 0, 1),
            (Who::Both, "2026-W02", 1, 2),
        ]);
        let value = all.to_value();
        assert_eq!(Tally::from_value(&value), Some(all));
        let of = |line: Vec<Value>| Tally::from_value(&Value::Array(vec![Value::Array(line)]));
        let line = |outcome: i64, count: i64| {
            vec![
                Value::Bool(true),
                Value::Int(2026),
                Value::Int(1),
                Value::Int(outcome),
                Value::Int(count),
            ]
        };
        assert!(of(line(255, 1)).is_some() && of(line(256, 1)).is_none());
        assert!(of(line(0, -1)).is_none() && of(line(0, 1 << 32)).is_none());
        assert!(
            of(line(0, 1)[..4].to_vec()).is_none() && Tally::from_value(&Value::Null).is_none()
        );
    }
}
