//! How one occurrence went: the table of RULES.md, line by line (outcomes of an occurrence).

use super::record::{Felt, Told};
use super::view::PromiseView;
use crate::domain::tally::Tally;
use crate::limits;
use crate::time::Moment;
use serde::Serialize;

/// Everything that two people said of one occurrence, and by when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// When it was due.
    pub due: Moment,
    /// Until when it was on time: due and good will.
    pub deadline: Moment,
    /// It lies within a pause that was made before it was due.
    pub paused: bool,
    /// The promise was taken back before it was due.
    pub retracted: bool,
    /// The promisor's standing report.
    pub report: Option<Told>,
    /// The promisee's standing comment.
    pub comment: Option<Felt>,
    /// The promisee let the promisor off, or asked not to be promised this.
    pub released: bool,
    /// The promisee said yes to exactly the new due that stands, which was asked
    /// for before the old one.
    pub moved: bool,
    /// The promisor said so ahead: a heads-up or a new due, before it was due.
    pub noticed: bool,
    /// There is a note of repair.
    pub repaired: bool,
}

/// How it went: the first of these that holds. There is no other verdict, and no sum of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Outcome {
    /// It was paused.
    Paused,
    /// It was taken back before it was due.
    WithdrawnBefore,
    /// The two see it differently. Both texts, no verdict.
    SeenDifferently,
    /// Kept on time.
    Kept,
    /// To the promisee it felt like kept.
    KeptInSpirit,
    /// The promisee let the promisor off.
    Released,
    /// Both agreed to another time before it was due.
    Renegotiated,
    /// Kept late, and said so ahead.
    KeptLateWithNotice,
    /// Kept late.
    KeptLate,
    /// Partly.
    Partly,
    /// Missed.
    Missed,
    /// Due, and its author has not said yet how it went.
    AwaitingWord,
    /// A week later still no word. Never taken for missed.
    NoWord,
    /// Due, within its good will.
    Due,
    /// Not due yet.
    Upcoming,
}

/// The outcomes by the number under which they are counted at rest: new ones come at the end.
const NUMBERED: [Outcome; 15] = [
    Outcome::Paused,
    Outcome::WithdrawnBefore,
    Outcome::SeenDifferently,
    Outcome::Kept,
    Outcome::KeptInSpirit,
    Outcome::Released,
    Outcome::Renegotiated,
    Outcome::KeptLateWithNotice,
    Outcome::KeptLate,
    Outcome::Partly,
    Outcome::Missed,
    Outcome::AwaitingWord,
    Outcome::NoWord,
    Outcome::Due,
    Outcome::Upcoming,
];

impl Outcome {
    /// The outcome of this number.
    pub fn numbered(number: u8) -> Option<Self> {
        NUMBERED.get(usize::from(number)).copied()
    }

    /// Its number.
    pub fn number(self) -> u8 {
        match self {
            Outcome::Paused => 0,
            Outcome::WithdrawnBefore => 1,
            Outcome::SeenDifferently => 2,
            Outcome::Kept => 3,
            Outcome::KeptInSpirit => 4,
            Outcome::Released => 5,
            Outcome::Renegotiated => 6,
            Outcome::KeptLateWithNotice => 7,
            Outcome::KeptLate => 8,
            Outcome::Partly => 9,
            Outcome::Missed => 10,
            Outcome::AwaitingWord => 11,
            Outcome::NoWord => 12,
            Outcome::Due => 13,
            Outcome::Upcoming => 14,
        }
    }

    /// Whether it counts as kept.
    pub fn is_kept(self) -> bool {
        matches!(self, Outcome::Kept | Outcome::KeptInSpirit)
    }

    /// Whether it may still change by time alone.
    pub fn is_open(self) -> bool {
        matches!(self, Outcome::AwaitingWord | Outcome::Due | Outcome::Upcoming)
    }
}

/// What became of these promises so far, week by week.
pub fn tally<'a>(promises: impl IntoIterator<Item = &'a PromiseView>) -> Tally {
    let mut tally = Tally::default();
    for view in promises {
        for one in &view.occurrences {
            tally.count(view.by, one.week, one.outcome.number());
        }
    }
    tally
}

/// The first line of the table that matches. Pure; only the last three lines
/// look at the clock.
pub fn outcome(facts: &Facts, now: Moment) -> Outcome {
    let on_time = |at: Moment| at <= facts.deadline;
    match (facts.report, facts.comment) {
        _ if facts.paused => Outcome::Paused,
        _ if facts.retracted => Outcome::WithdrawnBefore,
        (Some(_), Some(Felt::SawItDifferently)) => Outcome::SeenDifferently,
        (Some(Told::Kept { at }), _) if on_time(at) => Outcome::Kept,
        (Some(Told::Partly | Told::Missed), Some(Felt::FeltLikeKept)) => Outcome::KeptInSpirit,
        _ if facts.released => Outcome::Released,
        _ if facts.moved => Outcome::Renegotiated,
        (Some(Told::Kept { .. }), _) if facts.noticed => Outcome::KeptLateWithNotice,
        (Some(Told::Kept { .. }), _) => Outcome::KeptLate,
        (Some(Told::Partly), _) => Outcome::Partly,
        (Some(Told::Missed), _) => Outcome::Missed,
        (None, _) if now > facts.deadline.plus(limits::REPORT_WINDOW) => Outcome::NoWord,
        (None, _) if now > facts.deadline => Outcome::AwaitingWord,
        (None, _) if now >= facts.due => Outcome::Due,
        (None, _) => Outcome::Upcoming,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUE: Moment = Moment(1_000_000);
    const LATE: Moment = Moment(1_010_000);

    fn facts() -> Facts {
        Facts { due: DUE, deadline: DUE.plus(1_800), ..Facts::default() }
    }

    #[test]
    fn an_outcome_is_counted_under_a_number_that_stays_its_own() {
        for (number, outcome) in (0_u8..).zip(NUMBERED) {
            assert_eq!((outcome.number(), Outcome::numbered(number)), (number, Some(outcome)));
        }
        assert_eq!(Outcome::numbered(15), None);
    }

    /// Every line of the table, and that it wins over the lines after it.
    #[test]
    fn the_table_of_outcomes_holds_line_by_line() {
        let late = Some(Told::Kept { at: LATE });
        let kept = Some(Told::Kept { at: DUE.plus(1_800) });
        let all = Facts {
            report: Some(Told::Missed),
            comment: Some(Felt::SawItDifferently),
            released: true,
            moved: true,
            noticed: true,
            ..facts()
        };
        let lines = [
            (Facts { paused: true, retracted: true, ..all.clone() }, Outcome::Paused),
            (Facts { retracted: true, ..all.clone() }, Outcome::WithdrawnBefore),
            (all.clone(), Outcome::SeenDifferently),
            (Facts { report: kept, comment: None, ..all.clone() }, Outcome::Kept),
            (Facts { comment: Some(Felt::FeltLikeKept), ..all.clone() }, Outcome::KeptInSpirit),
            (
                Facts {
                    report: Some(Told::Partly),
                    comment: Some(Felt::FeltLikeKept),
                    ..all.clone()
                },
                Outcome::KeptInSpirit,
            ),
            (Facts { comment: None, ..all.clone() }, Outcome::Released),
            (Facts { comment: None, released: false, ..all.clone() }, Outcome::Renegotiated),
            (Facts { report: late, noticed: true, ..facts() }, Outcome::KeptLateWithNotice),
            (Facts { report: late, ..facts() }, Outcome::KeptLate),
            (
                Facts { report: late, comment: Some(Felt::FeltLikeKept), ..facts() },
                Outcome::KeptLate,
            ),
            (Facts { report: Some(Told::Partly), ..facts() }, Outcome::Partly),
            (Facts { report: Some(Told::Missed), ..facts() }, Outcome::Missed),
            (
                Facts { report: Some(Told::Missed), comment: Some(Felt::Confirmed), ..facts() },
                Outcome::Missed,
            ),
        ];
        for (facts, expected) in lines {
            assert_eq!(outcome(&facts, LATE), expected, "{facts:?}");
        }
    }

    #[test]
    fn what_is_kept_and_what_time_alone_may_still_change() {
        use Outcome::*;
        let all = [
            Paused,
            WithdrawnBefore,
            SeenDifferently,
            Kept,
            KeptInSpirit,
            Released,
            Renegotiated,
            KeptLateWithNotice,
            KeptLate,
            Partly,
            Missed,
            AwaitingWord,
            NoWord,
            Due,
            Upcoming,
        ];
        let which =
            |is: fn(Outcome) -> bool| all.into_iter().filter(|one| is(*one)).collect::<Vec<_>>();
        assert_eq!(which(Outcome::is_kept), [Kept, KeptInSpirit]);
        assert_eq!(which(Outcome::is_open), [AwaitingWord, Due, Upcoming]);
    }

    #[test]
    fn without_a_word_time_alone_never_makes_it_missed() {
        let at = |now| outcome(&facts(), now);
        assert_eq!(at(DUE.plus(-1)), Outcome::Upcoming);
        assert_eq!(at(DUE), Outcome::Due);
        assert_eq!(at(DUE.plus(1_800)), Outcome::Due);
        assert_eq!(at(DUE.plus(1_801)), Outcome::AwaitingWord);
        assert_eq!(at(DUE.plus(1_800 + limits::REPORT_WINDOW)), Outcome::AwaitingWord);
        assert_eq!(at(DUE.plus(1_801 + limits::REPORT_WINDOW)), Outcome::NoWord);
        assert_eq!(at(Moment(i64::MAX)), Outcome::NoWord);
        let only_comment = Facts { comment: Some(Felt::SawItDifferently), ..facts() };
        assert_eq!(outcome(&only_comment, LATE), Outcome::AwaitingWord, "no report, no verdict");
    }
}
