//! How it goes: small counts in words, per person and per week (F91, F93; RULES.md, derived views).
//!
//! There is no score, no streak, no rank and no number that is made of both
//! persons (R16, R22, I13). What was paused leaves a gap, not a fall; a promise
//! is as large as it is.

use crate::domain::agreement::AgreementView;
use crate::domain::agreement::reached::{Reached, reached};
use crate::domain::checkin::{Cadence, CheckInState, CheckInView, Template};
use crate::domain::pair::Who;
use crate::domain::promise::{Outcome, PromiseView};
use crate::domain::recurrence::IsoWeek;
use crate::domain::shared::BreachView;
use crate::domain::tally::Tally;
use crate::time::{DAY, Moment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of one person's promises that were due in one week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct WeekCounts {
    /// The week of the local due dates.
    pub week: IsoWeek,
    /// Kept, in the letter or in spirit.
    pub kept: u32,
    /// Kept late, and said so ahead.
    pub late_with_notice: u32,
    /// Kept late.
    pub late: u32,
    /// Partly.
    pub partly: u32,
    /// Missed.
    pub missed: u32,
    /// Moved before they were due, by both.
    pub renegotiated: u32,
    /// Let off by the other.
    pub released: u32,
    /// Seen differently by the two.
    pub seen_differently: u32,
    /// Nothing was said.
    pub no_word: u32,
    /// Paused.
    pub paused: u32,
    /// Due, and its author has not said yet how it went.
    pub awaiting: u32,
    /// Taken back before it was due.
    pub withdrawn: u32,
    /// The same in words, in English.
    pub words: String,
    /// Kept, of those that were kept, late, partly or missed in the four weeks
    /// up to this one; only where these are five or more, and none is without a word.
    pub of_four_weeks: Option<KeptOf>,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct KeptOf {
    /// So many were kept.
    pub kept: u32,
    /// Of so many.
    pub of: u32,
}

/// The pattern line: moving counts over four weeks. A week in which everything
/// was paused, or nothing was due in all four, is a gap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct PatternPoint {
    /// The last of the four weeks.
    pub week: IsoWeek,
    /// Kept; `None` for a gap.
    pub kept: Option<u32>,
    /// Late or partly, with notice or without.
    pub late: Option<u32>,
    /// Missed.
    pub missed: Option<u32>,
}

impl WeekCounts {
    fn new(week: IsoWeek) -> Self {
        Self {
            week,
            kept: 0,
            late_with_notice: 0,
            late: 0,
            partly: 0,
            missed: 0,
            renegotiated: 0,
            released: 0,
            seen_differently: 0,
            no_word: 0,
            paused: 0,
            awaiting: 0,
            withdrawn: 0,
            words: String::new(),
            of_four_weeks: None,
        }
    }

    fn add(&mut self, outcome: Outcome, count: u32) {
        match outcome {
            Outcome::Kept | Outcome::KeptInSpirit => self.kept += count,
            Outcome::KeptLateWithNotice => self.late_with_notice += count,
            Outcome::KeptLate => self.late += count,
            Outcome::Partly => self.partly += count,
            Outcome::Missed => self.missed += count,
            Outcome::Renegotiated => self.renegotiated += count,
            Outcome::Released => self.released += count,
            Outcome::SeenDifferently => self.seen_differently += count,
            Outcome::NoWord => self.no_word += count,
            Outcome::Paused => self.paused += count,
            Outcome::AwaitingWord => self.awaiting += count,
            Outcome::WithdrawnBefore => self.withdrawn += count,
            Outcome::Due | Outcome::Upcoming => {}
        }
    }

    /// Those that say something of keeping.
    pub fn told(&self) -> u32 {
        self.kept + self.late_with_notice + self.late + self.partly + self.missed
    }

    /// The counts in words: "9 of 11 kept, 1 moved in time". Where some of four weeks are
    /// without a word, silence would make the part that was kept look larger: "10 kept, 5
    /// without a word".
    fn in_words(&self, silent: bool) -> String {
        let told = self.told();
        let mut parts = Vec::new();
        if told > 0 {
            let of = if silent { String::new() } else { format!(" of {told}") };
            parts.push(format!("{}{of} kept", self.kept));
        }
        let counts = [
            (self.late_with_notice, "late with notice"),
            (self.late, "late"),
            (self.partly, "partly"),
            (self.missed, "missed"),
            (self.no_word, "without a word"),
            (self.renegotiated, "moved in time"),
            (self.released, "let off"),
            (self.seen_differently, "seen differently"),
            (self.awaiting, "waiting for a word"),
            (self.withdrawn, "taken back"),
            (self.paused, "paused"),
        ];
        let named = counts.into_iter().filter(|(count, _)| *count > 0);
        parts.extend(named.map(|(count, name)| format!("{count} {name}")));
        if parts.is_empty() { "nothing was due".to_owned() } else { parts.join(", ") }
    }
}

/// One person's follow-through, for each of `weeks` weeks up to `last`.
pub fn follow_through(tally: &Tally, by: Who, last: IsoWeek, weeks: u8) -> Vec<WeekCounts> {
    // Three weeks more, for the first moving counts.
    let first = i32::from(weeks) + 2;
    let all = (-first..=0).filter_map(|at| last.plus(at));
    let mut counts: BTreeMap<IsoWeek, WeekCounts> =
        all.map(|week| (week, WeekCounts::new(week))).collect();
    for (week, outcome, count) in tally.by(by) {
        if let (Some(week), Some(outcome)) = (counts.get_mut(&week), Outcome::numbered(outcome)) {
            week.add(outcome, count);
        }
    }
    let mut list: Vec<WeekCounts> = counts.into_values().collect();
    for at in 3..list.len() {
        let four = &list[at - 3..=at];
        let (kept, of) = (four.iter().map(|w| w.kept).sum(), four.iter().map(|w| w.told()).sum());
        let silent = four.iter().any(|week| week.no_word > 0);
        list[at].of_four_weeks = (of >= 5 && !silent).then_some(KeptOf { kept, of });
        list[at].words = list[at].in_words(silent);
    }
    list.drain(..3.min(list.len()));
    list
}

/// One person's pattern line, for each of `weeks` weeks up to `last`.
pub fn pattern_line(tally: &Tally, by: Who, last: IsoWeek, weeks: u8) -> Vec<PatternPoint> {
    let all = follow_through(tally, by, last, weeks.saturating_add(3));
    let point = |four: &[WeekCounts]| {
        let now = &four[four.len() - 1];
        let only_paused = now.told() == 0 && now.paused > 0;
        let gap = only_paused || four.iter().all(|week| week.told() == 0);
        let sum = |of: fn(&WeekCounts) -> u32| (!gap).then(|| four.iter().map(of).sum());
        PatternPoint {
            week: now.week,
            kept: sum(|week| week.kept),
            late: sum(|week| week.late_with_notice + week.late + week.partly),
            missed: sum(|week| week.missed),
        }
    };
    all.windows(4).map(point).collect()
}

/// One question's trend for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Trend {
    /// The number of the question, from 1. Questions are never added up.
    pub item: u8,
    /// Its words.
    pub question: String,
    /// Whose answers.
    pub of: Who,
    /// The points, oldest first.
    pub points: Vec<TrendPoint>,
}

/// The middle of at least three answers up to a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct TrendPoint {
    /// The last week that it looks at.
    pub week: IsoWeek,
    /// The median, in halves of a step: 0 to 8.
    pub half_steps: u8,
}

/// The check-in trend of one person: for each question and each of the last 12
/// weeks, the median of the answers of that week (daily questions) or of the
/// four weeks up to it, where there are three or more. My own answers always
/// count; the partner's only where they are open.
pub fn trends(template: &Template, views: &[CheckInView], of: Who, last: IsoWeek) -> Vec<Trend> {
    let window = match template.cadence {
        Cadence::Daily => 1,
        Cadence::Weekly => 4,
        Cadence::Monthly => 13,
    };
    let answers = |view: &'_ CheckInView| match of {
        Who::Partner => view.partners.clone(),
        _ => view.mine.clone(),
    };
    let mut trends = Vec::new();
    for (at, question) in template.items.iter().enumerate() {
        let item = at as u8 + 1;
        let given: Vec<(IsoWeek, u8)> = views
            .iter()
            .filter_map(|view| {
                let week = IsoWeek::of(view.period.first()?);
                Some((week, answers(view)?.get(&item)?.scale?))
            })
            .collect();
        let point = |week: IsoWeek| {
            let from = week.plus(1 - window)?;
            let mut steps: Vec<u8> = given
                .iter()
                .filter(|(at, _)| from <= *at && *at <= week)
                .map(|(_, step)| *step)
                .collect();
            steps.sort_unstable();
            let middle = steps.len() / 2;
            let half_steps = match steps.len() {
                0..=2 => return None,
                odd if odd % 2 == 1 => 2 * steps[middle],
                _ => steps[middle - 1] + steps[middle],
            };
            Some(TrendPoint { week, half_steps })
        };
        let points: Vec<TrendPoint> =
            (-11..=0).filter_map(|at| last.plus(at)).filter_map(point).collect();
        if !points.is_empty() {
            trends.push(Trend { item, question: question.clone(), of, points });
        }
    }
    trends
}

/// Something good that happened (F91; RULES.md, derived views). There are no bad ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum MilestoneKind {
    /// Both told their account of one breach.
    TwoAccounts,
    /// The first statement that both agreed to.
    JointStatement,
    /// The first agreement that was kept to its review.
    FirstReview,
    /// An openness agreement came to its last, lightest step.
    OpennessTapered,
    /// My tenth kept promise.
    TenthKept,
    /// Four check-ins by both.
    MonthOfCheckIns,
}

/// A milestone and when it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Milestone {
    /// What.
    pub kind: MilestoneKind,
    /// When it is told: at most one a week.
    pub at: Moment,
}

/// What milestones look at.
#[derive(Debug, Clone, Copy)]
pub struct MilestoneInput<'a> {
    /// The agreements that are not long over.
    pub agreements: &'a [AgreementView],
    /// What those reached that are. Of each the week is known, and stands at its end.
    pub agreed: &'a Tally,
    /// The promises that are not long over.
    pub promises: &'a [PromiseView],
    /// What those came to that are. Of each the week is known, and stands at its end.
    pub long_over: &'a Tally,
    /// When weeks ended for which both checked in: the first four are enough.
    pub check_ins: &'a [Moment],
    /// What was named as a breach.
    pub breaches: &'a [BreachView],
    /// What was told already: it stays told, whatever came after.
    pub told: &'a [Milestone],
    /// When nothing is celebrated: while somebody has space, and for two days
    /// after something hard was told. Until when, if it has ended.
    pub silent: &'a [(Moment, Option<Moment>)],
}

/// When the weeks ended for which both checked in.
pub fn weeks_of_both(views: &[CheckInView]) -> Vec<Moment> {
    let both = views.iter().filter(|view| view.state == CheckInState::Revealed);
    both.filter(|view| view.period.cadence() == Cadence::Weekly)
        .filter_map(|view| view.ends)
        .collect()
}

/// The milestones told until `now`, oldest first: at most one a week, none while it
/// is silent.
pub fn milestones(input: MilestoneInput<'_>, now: Moment) -> Vec<Milestone> {
    use MilestoneKind::{
        FirstReview, JointStatement, MonthOfCheckIns, OpennessTapered, TenthKept, TwoAccounts,
    };
    let first = |what: Reached| {
        let live = input.agreements.iter().flat_map(reached);
        let live = live.filter(|(one, _)| *one == what).map(|(_, at)| at);
        let over = input.agreed.by(Who::Both).filter(|(_, one, _)| *one == what.number());
        live.chain(over.filter_map(|(week, ..)| week.ends())).min()
    };
    let mut kept: Vec<Moment> = input
        .promises
        .iter()
        .filter(|view| view.by == Who::Me)
        .flat_map(|view| &view.occurrences)
        .filter(|one| one.outcome.is_kept())
        .map(|one| one.due)
        .collect();
    for (week, outcome, count) in input.long_over.by(Who::Me) {
        let counts = Outcome::numbered(outcome).is_some_and(Outcome::is_kept);
        let end = week.ends().filter(|_| counts);
        // More than ten make no difference.
        end.iter().for_each(|end| kept.extend(std::iter::repeat_n(*end, count.min(10) as usize)));
    }
    kept.sort_unstable();
    let mut both = input.check_ins.to_vec();
    both.sort_unstable();
    let second = |breach: &BreachView| {
        let of = |who: Who| breach.accounts.iter().find(|one| one.by == who).map(|one| one.at);
        Some(of(Who::Me)?.max(of(Who::Partner)?))
    };
    let accounts = input.breaches.iter().filter_map(second).min();
    let mut found: Vec<(Moment, MilestoneKind)> = [
        (accounts, TwoAccounts),
        (first(Reached::Statement), JointStatement),
        (first(Reached::Review), FirstReview),
        (first(Reached::LastStep), OpennessTapered),
        (kept.get(9).copied(), TenthKept),
        (both.get(3).copied(), MonthOfCheckIns),
    ]
    .into_iter()
    .filter_map(|(at, kind)| Some((at.filter(|at| *at <= now)?, kind)))
    .collect();
    found.sort_unstable();
    let mut told: Vec<Milestone> = input.told.to_vec();
    told.sort_unstable_by_key(|one| one.at);
    found.retain(|(_, kind)| !told.iter().any(|one| one.kind == *kind));
    for (at, kind) in found {
        let free = told.last().map_or(at, |last| last.at.plus(7 * DAY));
        let Some(at) = after_silence(at.max(free), input.silent) else { break };
        told.push(Milestone { kind, at });
    }
    told.retain(|one| one.at <= now);
    told
}

/// The first moment from `at` on at which it is not silent; `None` for never yet.
fn after_silence(mut at: Moment, silent: &[(Moment, Option<Moment>)]) -> Option<Moment> {
    let mut spans = silent.to_vec();
    spans.sort_unstable();
    for (from, until) in spans {
        if from <= at && until.is_none_or(|until| at < until) {
            at = until?;
        }
    }
    Some(at)
}
