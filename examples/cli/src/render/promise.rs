//! Promises, and practices among them.

use super::{short, whose, wrap};
use amends::Who;
use amends::{
    Felt, Hint, OccurrenceView, Outcome, PromiseNote as Words, PromiseState, PromiseView,
    RemarkView, ReportView, Told,
};

/// Something to think about before promising.
pub fn hint(hint: Hint) -> &'static str {
    match hint {
        Hint::ManyOpen => "(You have five open promises. Fewer are easier to keep.)",
        Hint::Vague => "(Would somebody else know what exactly you will do?)",
        _ => "(There is a hint that this app does not know.)",
    }
}

/// An outcome in words.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Paused => "paused",
        Outcome::WithdrawnBefore => "taken back before",
        Outcome::SeenDifferently => "seen differently",
        Outcome::Kept => "kept",
        Outcome::KeptInSpirit => "kept in spirit",
        Outcome::Released => "let off",
        Outcome::Renegotiated => "moved, by both",
        Outcome::KeptLateWithNotice => "kept late, with notice",
        Outcome::KeptLate => "kept late",
        Outcome::Partly => "partly",
        Outcome::Missed => "missed",
        Outcome::AwaitingWord => "waits for a word",
        Outcome::NoWord => "no word",
        Outcome::Due => "due now",
        Outcome::Upcoming => "to come",
        _ => "unknown",
    }
}

fn state(view: &PromiseView) -> &'static str {
    match view.state {
        PromiseState::Open => "open",
        PromiseState::Over => "over",
        PromiseState::Retracted => "taken back",
        PromiseState::Declined => "not wanted",
        PromiseState::NeedsUpdate => "needs an update of this app",
        _ => "unknown",
    }
}

fn promise_line(view: &PromiseView) -> String {
    let action = view.action.as_deref().unwrap_or("(the words are not here yet)");
    let next = view.next().map(|one| format!(", next {}", one.local)).unwrap_or_default();
    let asked = if view.waits_for_me { ", waits for your answer" } else { "" };
    let head = format!("{}  {}, {}{next}{asked}", short(view.id), whose(view.by), state(view));
    format!("{head}\n{}", wrap(action, "    "))
}

/// A list of promises.
pub fn promises(views: &[PromiseView]) -> String {
    if views.is_empty() {
        return "There are no promises here.".to_owned();
    }
    views.iter().map(promise_line).collect::<Vec<_>>().join("\n")
}

fn said(who: &str, note: Option<&Words>) -> Option<String> {
    let note = note?;
    let text = match (&note.text, note.withdrawn) {
        (Some(text), _) => format!("{who}: {text} [{}]", short(note.id)),
        (None, true) => format!("{who}: (taken back)"),
        (None, false) => return None,
    };
    Some(wrap(&text, "        "))
}

/// What was told before the report that stands.
fn earlier(one: &OccurrenceView) -> Option<String> {
    let (_, before) = one.reports.split_last()?;
    let line = |report: &ReportView| {
        let told = match report.told {
            Told::Kept { .. } => "kept",
            Told::Partly => "partly",
            Told::Missed => "missed",
        };
        let words = report.words.as_ref().and_then(|note| note.text.as_deref());
        let words = words.map(|words| format!(": {words}")).unwrap_or_default();
        wrap(&format!("told before: {told}{words}"), "        ")
    };
    (!before.is_empty()).then(|| before.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// What was said before the remark that stands.
fn earlier_remarks(remarks: &[RemarkView]) -> Option<String> {
    let (_, before) = remarks.split_last()?;
    let words = before.iter().filter_map(|one| one.words.as_ref());
    let lines: Vec<String> = words.filter_map(|note| said("said before", Some(note))).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// A length of time, in its largest whole unit.
fn span(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn occurrence(one: &OccurrenceView, view: &PromiseView) -> String {
    let mut head = format!("    {}  {}", one.local, outcome(one.outcome));
    if let Some(seconds) = one.said_ahead {
        head.push_str(&format!(", said {} before", span(seconds)));
    }
    if one.repaired {
        head.push_str(", with a repair");
    }
    if let Some(asked) = &one.asked {
        let answer = match asked.accepted {
            Some(true) => "yes",
            Some(false) => "the old time stays",
            None => "not answered",
        };
        head.push_str(&format!("\n        asked to move to {}: {answer}", asked.local));
    }
    if let Some(expected) = one.expected {
        head.push_str(&format!("\n        expected at {}", expected.local(&view.zone)));
    }
    if let Some(report) = one.reports.last().filter(|report| report.told_later) {
        head.push_str(&format!("\n        told on {}", report.at.local(&view.zone)));
    }
    let felt = one.comment.map(|felt| match (felt, view.by == Who::Me) {
        (Felt::Confirmed, true) => "        the other confirms it",
        (Felt::FeltLikeKept, true) => "        to the other it felt like kept",
        (Felt::SawItDifferently, true) => "        the other saw it differently",
        (Felt::Confirmed, false) => "        you confirmed it",
        (Felt::FeltLikeKept, false) => "        to you it felt like kept",
        (Felt::SawItDifferently, false) => "        you saw it differently",
    });
    let lines = [
        Some(head),
        said("ahead", one.heads_up_words.as_ref()),
        earlier_remarks(&one.heads_ups),
        said("report", one.report_words.as_ref()),
        earlier(one),
        felt.map(str::to_owned),
        said("comment", one.comment_words.as_ref()),
        earlier_remarks(&one.comments),
        said("repair", one.repair_words.as_ref()),
        earlier_remarks(&one.repairs),
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// One promise: what was, what is next, and no more of what is to come.
pub fn promise(view: &PromiseView) -> String {
    let mut lines = vec![promise_line(view)];
    if let (Some(cue), Some(response)) = (&view.cue, &view.response) {
        lines.push(wrap(&format!("If {cue}, then {response}."), "    "));
    }
    lines.extend(view.note.as_ref().map(|note| wrap(note, "    ")));
    if let Some(rule) = &view.rule {
        lines.push(format!("    {rule} ({})", view.zone));
    }
    let coming = |one: &&OccurrenceView| one.outcome == Outcome::Upcoming;
    let (ahead, past): (Vec<_>, Vec<_>) = view.occurrences.iter().partition(coming);
    lines.extend(past.iter().rev().take(10).rev().map(|one| occurrence(one, view)));
    lines.extend(ahead.first().map(|one| occurrence(one, view)));
    if ahead.len() > 1 {
        lines.push(format!("    and {} more times", ahead.len() - 1));
    }
    lines.join("\n")
}
