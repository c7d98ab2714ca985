//! Follow-through, the pattern line and trends: counts in words, per person.

use super::*;
use crate::domain::checkin::{Cadence, Template};
use crate::domain::overview::progress::{
    KeptOf, PatternPoint, TrendPoint, WeekCounts, follow_through, pattern_line, trends,
};
use crate::domain::promise::tally;

const LAST: &str = "2026-W10";

/// Something due so many weeks before now.
fn before(weeks: i64, outcome: Outcome) -> OccurrenceView {
    due(outcome, NOW.plus(-7 * weeks * DAY))
}

fn counted(occurrences: Vec<OccurrenceView>, weeks: u8) -> Vec<WeekCounts> {
    follow_through(&tally(&[promise(1, Who::Me, occurrences)]), Who::Me, week(LAST), weeks)
}

fn in_words(outcomes: &[(Outcome, usize)]) -> String {
    let all = outcomes.iter().flat_map(|(outcome, count)| vec![before(0, *outcome); *count]);
    counted(all.collect(), 1).remove(0).words
}

#[test]
fn f93_every_outcome_is_counted_in_its_own_words() {
    use Outcome::*;
    assert_eq!(in_words(&[]), "nothing was due");
    assert_eq!(in_words(&[(Due, 1), (Upcoming, 2)]), "nothing was due", "not yet");
    assert_eq!(in_words(&[(Released, 2)]), "2 let off");
    assert_eq!(in_words(&[(Kept, 2), (KeptInSpirit, 3)]), "5 of 5 kept");
    let each = [
        (Kept, 1),
        (KeptLateWithNotice, 2),
        (KeptLate, 3),
        (Partly, 4),
        (Missed, 5),
        (Renegotiated, 6),
        (Released, 7),
        (SeenDifferently, 8),
        (AwaitingWord, 9),
        (WithdrawnBefore, 10),
        (Paused, 11),
    ];
    assert_eq!(
        in_words(&each),
        "1 of 15 kept, 2 late with notice, 3 late, 4 partly, 5 missed, 6 moved in time, 7 let \
         off, 8 seen differently, 9 waiting for a word, 10 taken back, 11 paused"
    );
    assert_eq!(in_words(&[(NoWord, 5), (Kept, 10)]), "10 kept, 5 without a word");
}

#[test]
fn f93_each_week_stands_by_itself_for_one_person_and_the_weeks_asked_for() {
    let hers = vec![before(0, Outcome::Kept), before(2, Outcome::Missed)];
    let ours =
        [promise(1, Who::Me, hers), promise(2, Who::Partner, vec![before(1, Outcome::Kept)])];
    let ours = tally(&ours);
    let weeks = follow_through(&ours, Who::Me, week(LAST), 3);
    let seen: Vec<(String, u32, u32)> =
        weeks.iter().map(|one| (one.week.to_string(), one.kept, one.missed)).collect();
    let week = |name: &str, kept, missed| (name.to_owned(), kept, missed);
    assert_eq!(seen, [week("2026-W08", 0, 1), week("2026-W09", 0, 0), week(LAST, 1, 0)]);
    let theirs = follow_through(&ours, Who::Partner, super::week(LAST), 2);
    assert_eq!(theirs.iter().map(|one| one.kept).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(follow_through(&ours, Who::Me, super::week(LAST), 0), []);
}

#[test]
fn f93_four_weeks_count_together_from_five_told_and_never_over_silence() {
    let of_four = |occurrences| counted(occurrences, 1).remove(0).of_four_weeks;
    let mut all = vec![before(0, Outcome::Kept), before(1, Outcome::KeptLate)];
    all.extend([before(2, Outcome::Partly), before(3, Outcome::Kept)]);
    assert_eq!(of_four(all.clone()), None, "four are too few");
    all.push(before(4, Outcome::Kept));
    assert_eq!(of_four(all.clone()), None, "that is the fifth week");
    all.push(before(3, Outcome::Missed));
    assert_eq!(of_four(all.clone()), Some(KeptOf { kept: 2, of: 5 }));
    all.push(before(3, Outcome::NoWord));
    assert_eq!(of_four(all.clone()), None, "silence would make what was kept look larger");
    let first = counted(all, 4).remove(0);
    assert_eq!(first.words, "1 kept, 1 missed, 1 without a word");
    assert_eq!(first.week, week("2026-W07"));
}

fn line(occurrences: Vec<OccurrenceView>, weeks: u8) -> Vec<PatternPoint> {
    pattern_line(&tally(&[promise(1, Who::Me, occurrences)]), Who::Me, week(LAST), weeks)
}

#[test]
fn f93_a_point_of_the_pattern_line_counts_four_weeks() {
    use Outcome::*;
    let mut all = vec![before(0, Kept), before(1, KeptLate), before(1, KeptLateWithNotice)];
    all.extend([before(2, Partly), before(2, Missed), before(2, Missed), before(3, Kept)]);
    all.extend([before(3, Kept), before(4, Missed), before(1, Released)]);
    let last = line(all.clone(), 1).remove(0);
    let week = week(LAST);
    let point = PatternPoint { week, kept: Some(3), late: Some(3), missed: Some(2) };
    assert_eq!(last, point);
    let weeks = line(all, 2);
    assert_eq!(weeks.len(), 2);
    assert_eq!((weeks[0].kept, weeks[0].late, weeks[0].missed), (Some(2), Some(3), Some(3)));
}

#[test]
fn f93_a_paused_week_and_four_empty_ones_leave_a_gap_not_a_fall() {
    use Outcome::*;
    let gap = |occurrences| line(occurrences, 1).remove(0).kept.is_none();
    assert!(gap(vec![before(0, Paused), before(1, Kept)]), "all of it was paused");
    assert!(!gap(vec![before(0, Paused), before(0, Missed)]), "not all of it");
    assert!(!gap(vec![before(1, Kept)]), "nothing was due");
    assert!(!gap(vec![before(1, Paused), before(2, Kept)]), "another week was paused");
    assert!(gap(vec![]) && gap(vec![before(1, Released)]) && gap(vec![before(4, Kept)]));
}

fn weekly(text: &str, mine: Option<Answers>) -> CheckInView {
    let view = check_in(TemplateId::Week, Period::Week(week(text)), CheckInState::Revealed);
    CheckInView { mine, ..view }
}

fn template(cadence: Cadence) -> Template {
    let items = vec!["I felt at ease.".into(), "I felt heard.".into()];
    let (id, by) = (TemplateId::Week, Who::Both);
    Template { id, by, title: String::new(), cadence, items, suggested: false }
}

fn points(cadence: Cadence, views: &[CheckInView], last: &str) -> Vec<(String, u8)> {
    let trends = trends(&template(cadence), views, Who::Me, week(last));
    let points = trends.into_iter().flat_map(|trend| trend.points);
    points.map(|TrendPoint { week, half_steps }| (week.to_string(), half_steps)).collect()
}

#[test]
fn f93_a_trend_is_the_middle_of_three_answers_or_more_of_four_weeks() {
    let weeks = ["2026-W06", "2026-W07", "2026-W08", "2026-W09", "2026-W10"];
    let steps = [4, 0, 1, 3, 4];
    let views: Vec<CheckInView> =
        weeks.iter().zip(steps).map(|(week, step)| weekly(week, answer(step))).collect();
    let point = |week: &str, half_steps| (week.to_owned(), half_steps);
    // 4 0 1 · 4 0 1 3 · 0 1 3 4, each in order, and its middle in halves of a step.
    let three = [point("2026-W08", 2), point("2026-W09", 4), point("2026-W10", 4)];
    assert_eq!(points(Cadence::Weekly, &views, "2026-W10"), three);
    let later = [&three[..], &[point("2026-W11", 6)]].concat();
    assert_eq!(points(Cadence::Weekly, &views, "2026-W11"), later, "1 3 4");
    assert_eq!(points(Cadence::Weekly, &views, "2026-W20").len(), 3, "12 weeks at most");
    assert_eq!(points(Cadence::Weekly, &views[..2], "2026-W10"), []);
    assert_eq!(points(Cadence::Daily, &views, "2026-W10"), [], "one a week, and none of seven");
    assert_eq!(points(Cadence::Monthly, &views, "2026-W10").last().unwrap().1, 6, "all five");
}

#[test]
fn f93_days_of_one_week_count_together_and_a_skipped_question_not_at_all() {
    let daily = |day, mine| {
        let period = Period::Day(date(2026, 3, day));
        CheckInView { mine, ..check_in(TemplateId::Week, period, CheckInState::Revealed) }
    };
    let skipped = Some(Answers::from([(1, Answer { scale: None, words: Some("No.".into()) })]));
    let mut views = vec![daily(2, answer(4)), daily(3, answer(2)), daily(4, skipped)];
    assert_eq!(points(Cadence::Daily, &views, LAST), [], "two");
    views.extend([daily(9, answer(0)), daily(5, None)]);
    assert_eq!(points(Cadence::Daily, &views, LAST), [], "and one of the week after");
    views.push(daily(8, answer(3)));
    assert_eq!(points(Cadence::Daily, &views, LAST), [(LAST.to_owned(), 6)], "2 3 4");
}

#[test]
fn r16_a_trend_is_of_one_person_and_one_question() {
    let both = |week| {
        let theirs = Answers::from([(2, Answer { scale: Some(1), words: None })]);
        CheckInView { partners: Some(theirs), ..weekly(week, answer(4)) }
    };
    let views = ["2026-W08", "2026-W09", "2026-W10"].map(both);
    let of = |who| {
        let trends = trends(&template(Cadence::Weekly), &views, who, week(LAST));
        let told = |one: super::super::Trend| (one.item, one.question, one.of, one.points.len());
        trends.into_iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(of(Who::Me), [(1, "I felt at ease.".to_owned(), Who::Me, 1)]);
    assert_eq!(of(Who::Partner), [(2, "I felt heard.".to_owned(), Who::Partner, 1)]);
}
