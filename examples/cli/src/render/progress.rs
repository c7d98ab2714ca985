//! How it goes.

use super::{utc, wrap};
use amends::{Milestone, MilestoneKind, PatternPoint, Trend, WeekCounts};

/// How it goes.
pub fn progress(
    weeks: &[WeekCounts],
    pattern: &[PatternPoint],
    trends: &[Trend],
    milestones: &[Milestone],
) -> String {
    let mut lines: Vec<String> =
        weeks.iter().map(|week| format!("{}  {}", week.week, week.words)).collect();
    if let Some(of) = weeks.last().and_then(|week| week.of_four_weeks) {
        lines.push(format!("In four weeks, {} of {} kept.", of.kept, of.of));
    }
    // Kept of each four weeks; a gap where there was nothing to keep.
    if pattern.iter().any(|point| point.kept.is_some()) {
        let kept = |point: &PatternPoint| point.kept.map_or("-".to_owned(), |n| n.to_string());
        let points: Vec<String> = pattern.iter().map(kept).collect();
        lines.push(wrap(&format!("Kept in the four weeks up to each: {}", points.join(" ")), ""));
    }
    for trend in trends {
        let steps: Vec<String> = trend
            .points
            .iter()
            .map(|point| format!("{}", f32::from(point.half_steps) / 2.0))
            .collect();
        lines.push(wrap(&format!("{}. {} {}", trend.item, trend.question, steps.join(" ")), ""));
    }
    lines.extend(milestones.iter().map(|milestone| {
        let what = match milestone.kind {
            MilestoneKind::FirstReview => "an agreement kept to its review",
            MilestoneKind::OpennessTapered => "openness came to its lightest step",
            MilestoneKind::TenthKept => "your tenth kept promise",
            MilestoneKind::MonthOfCheckIns => "four check-ins by both of you",
            _ => "something good",
        };
        format!("{}  {what}", utc(milestone.at))
    }));
    lines.join("\n")
}
