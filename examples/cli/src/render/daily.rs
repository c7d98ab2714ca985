//! The daily practice as words for a terminal of 80 columns.

use super::{short, wrap};
use amends::AccountView;
use amends::IntentionView;
use amends::Note;
use amends::Who;
use amends::{Answers, CheckInState, CheckInView, Template};
use amends::{Contact, PairLimits, SpaceView};
use amends::{
    Felt, Hint, OccurrenceView, Outcome, PromiseNote as Words, PromiseState, PromiseView,
};
use amends::{Milestone, MilestoneKind, PatternPoint, Trend, WeekCounts};
use amends::{PostState, PostView, Want};
use amends::{Reminder, Wishes};
use amends::{TalkState, TalkView};

fn whose(who: Who) -> &'static str {
    match who {
        Who::Me => "mine",
        Who::Partner => "my partner's",
        Who::Both => "ours",
    }
}

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

fn occurrence(one: &OccurrenceView, view: &PromiseView) -> String {
    let mut head = format!("    {}  {}", one.local, outcome(one.outcome));
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
        said("report", one.report_words.as_ref()),
        felt.map(str::to_owned),
        said("comment", one.comment_words.as_ref()),
        said("repair", one.repair_words.as_ref()),
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

/// Posts.
pub fn posts(posts: &[PostView]) -> String {
    if posts.is_empty() {
        return "Nothing is told at the moment.".to_owned();
    }
    let one = |post: &PostView| {
        let head = format!(
            "{}  {}, {}, until {}",
            short(post.id),
            whose(post.by),
            post.kind.code(),
            super::utc(post.until)
        );
        let wish = post.want.map(|want| match want {
            Want::Listen => "    Wish: only listen.",
            Want::Talk => "    Wish: talk.",
            Want::Counsellor => "    Wish: talk with a counsellor.",
        });
        let text = match (post.state, &post.text) {
            (PostState::Withdrawn, _) => "(taken back)",
            (_, Some(text)) => text,
            (_, None) => "(the words are not here yet)",
        };
        let mut lines = vec![head];
        lines.extend(wish.map(str::to_owned));
        lines.push(wrap(text, "    "));
        lines.extend(post.amount.as_ref().map(|amount| format!("    amount: {amount}")));
        lines.extend(post.happened.as_ref().map(|when| format!("    happened: {when}")));
        lines.extend(post.corrections.iter().map(|correction| {
            let text = correction.text.as_deref().unwrap_or("(not here yet)");
            wrap(&format!("later: {text}"), "    ")
        }));
        if post.thanked {
            lines.push("    (thank you)".to_owned());
        }
        lines.join("\n")
    };
    posts.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Notes of the journal.
pub fn notes(notes: &[Note]) -> String {
    if notes.is_empty() {
        return "There are no such notes.".to_owned();
    }
    let one = |note: &Note| {
        let content = &note.note.content;
        let when = super::utc(note.written);
        let mut lines = vec![format!("{}  {}, {when}", short(note.id), content.kind())];
        let texts = content.texts().into_iter().filter(|text| !text.is_empty());
        lines.extend(texts.map(|text| wrap(text, "    ")));
        let feeling = |feeling: &amends::Feeling| match feeling.intensity {
            Some(step) => format!("{} {step}/5", feeling.name),
            None => feeling.name.clone(),
        };
        if !note.note.feelings.is_empty() {
            let all: Vec<String> = note.note.feelings.iter().map(feeling).collect();
            lines.push(wrap(&format!("felt: {}", all.join(", ")), "    "));
        }
        lines.join("\n")
    };
    notes.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Questions.
pub fn templates(templates: &[Template]) -> String {
    let one = |template: &Template| {
        let title = if template.title.is_empty() { "The week" } else { &template.title };
        let id = if template.title.is_empty() { "week".to_owned() } else { short(template.id) };
        let mut lines = vec![format!("{id}  {title}, {}", template.cadence.code())];
        let items = template.items.iter().enumerate();
        lines.extend(items.map(|(at, item)| wrap(&format!("{}. {item}", at + 1), "    ")));
        lines.join("\n")
    };
    templates.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Check-ins.
pub fn check_ins(views: &[CheckInView], templates: &[Template]) -> String {
    if views.is_empty() {
        return "There is no check-in.".to_owned();
    }
    let one = |view: &CheckInView| {
        let asked = templates.iter().find(|template| template.id == view.template);
        let id = match asked.is_some_and(|template| template.title.is_empty()) {
            true => "week".to_owned(),
            false => short(view.template),
        };
        let state = match view.state {
            CheckInState::Open => "open",
            CheckInState::Draft => "your draft",
            CheckInState::Sealed if view.choose => "over: share alone, or keep private",
            CheckInState::Sealed => "sealed",
            CheckInState::Revealed => "open on both sides",
            CheckInState::CouldNotOpen => "could not be opened",
            CheckInState::SharedAlone => "you shared yours",
            CheckInState::KeptPrivate => "kept private",
            CheckInState::Skipped => "skipped",
            CheckInState::Over => "over",
            _ => "unknown",
        };
        let mut lines = vec![format!("{}  {id}  {state}", view.period)];
        let mut add = |who: &str, answers: &Option<Answers>| {
            for (item, answer) in answers.iter().flatten() {
                let question = asked.and_then(|t| t.items.get(usize::from(*item) - 1));
                let question = question.map(String::as_str).unwrap_or_default();
                let step = answer.scale.map(|step| format!(" {step} of 4")).unwrap_or_default();
                let words = answer.words.as_deref().map(|w| format!(" {w}")).unwrap_or_default();
                lines.push(wrap(&format!("{who} {item}. {question}{step}{words}"), "    "));
            }
        };
        add("I:", &view.mine);
        add("my partner:", &view.partners);
        lines.join("\n")
    };
    views.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Intentions.
pub fn intentions(all: &[IntentionView]) -> String {
    if all.is_empty() {
        return "Nobody said an intention.".to_owned();
    }
    let one = |one: &IntentionView| {
        let thanks = if one.thanked { " (thank you)" } else { "" };
        let text = one.text.as_deref().unwrap_or("(the words are not here yet)");
        let head = format!("{}  {}, {}{thanks}", short(one.id), one.day, whose(one.by));
        format!("{head}\n{}", wrap(text, "    "))
    };
    all.iter().map(one).collect::<Vec<_>>().join("\n")
}

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
        format!("{}  {what}", super::utc(milestone.at))
    }));
    lines.join("\n")
}

/// Reminders.
pub fn reminders(reminders: &[Reminder], zone: &str) -> String {
    if reminders.is_empty() {
        return "There are no reminders.".to_owned();
    }
    let one = |reminder: &Reminder| format!("{}  {}", reminder.at.local(zone), reminder.text);
    let mut lines: Vec<String> = reminders.iter().take(8).map(one).collect();
    if reminders.len() > lines.len() {
        lines.push(format!("and {} more in the next two weeks", reminders.len() - lines.len()));
    }
    lines.join("\n")
}

/// Wishes for reminders.
pub fn wishes(wishes: &Wishes) -> String {
    let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let hour = |time: &jiff::civil::Time| time.strftime("%H:%M").to_string();
    let mut lines =
        vec![format!("Quiet from {} to {}.", hour(&wishes.quiet_from), hour(&wishes.quiet_to))];
    lines.extend(wishes.quiet_until.map(|at| format!("Nothing before {}.", super::utc(at))));
    lines.push(match wishes.promise_lead {
        Some(lead) => format!("{} minutes before a promise is due.", lead / 60),
        None => "Nothing before a promise is due.".to_owned(),
    });
    lines.push(format!("Evening note: {}.", if wishes.evening_note { "on" } else { "off" }));
    lines.push(match &wishes.check_in {
        Some((day, time)) => {
            let day = days.get(*day as usize - 1).copied().unwrap_or_default();
            format!("Check-in: {day} {}.", hour(time))
        }
        None => "No note for the check-in.".to_owned(),
    });
    lines.join("\n")
}

/// Talks.
pub fn talks(talks: &[TalkView]) -> String {
    if talks.is_empty() {
        return "There are no talks.".to_owned();
    }
    let one = |talk: &TalkView| {
        let state = match talk.state {
            TalkState::Proposed => "proposed",
            TalkState::Moved => "another time proposed",
            TalkState::Accepted => "agreed",
            TalkState::Declined => "not agreed",
            TalkState::Lapsed => "lapsed unanswered",
            TalkState::Ended => "ended",
            _ => "unknown",
        };
        let waits = if talk.waits_for_me { ", waits for your answer" } else { "" };
        let topic = talk.topic.as_deref().unwrap_or("(the words are not here yet)");
        let head = format!("{}  {}, {state}{waits}", short(talk.id), super::utc(talk.begins));
        format!("{head}\n{}", wrap(topic, "    "))
    };
    talks.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Accounts.
pub fn accounts(accounts: &[AccountView]) -> String {
    if accounts.is_empty() {
        return "There are no accounts.".to_owned();
    }
    let one = |account: &AccountView| {
        let mut lines = vec![format!("{}  {}", short(account.id), whose(account.by))];
        for (at, telling) in account.tellings.iter().enumerate() {
            let text = telling.text.as_deref().unwrap_or("(taken back, or not here yet)");
            let later = if at > 0 { "told anew: " } else { "" };
            lines.push(wrap(&format!("{later}{text} [{}]", short(telling.id)), "    "));
        }
        for question in &account.questions {
            let earlier = if question.on_earlier { " (asked on earlier words)" } else { "" };
            let text = question.text.as_deref().unwrap_or("(taken back, or not here yet)");
            lines.push(wrap(&format!("{}  {text}{earlier}", short(question.id)), "    ? "));
            if let (Some(answer), Some(id)) = (&question.answer, question.answer_id) {
                lines.push(wrap(&format!("{answer} [{}]", short(id)), "    ! "));
            }
        }
        lines.join("\n")
    };
    accounts.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// The limits that hold.
pub fn limits(holds: &PairLimits) -> String {
    let mut lines = vec![match holds.retention_days {
        Some(days) => format!("Words are kept for {days} days at most."),
        None => "Words are kept as long as each says.".to_owned(),
    }];
    lines.extend(holds.off.iter().map(|feature| format!("Switched off: {}.", feature.code())));
    lines.join("\n")
}

/// The space that somebody has.
pub fn space(now: Option<&SpaceView>) -> String {
    let Some(now) = now else { return "Nobody has taken space.".to_owned() };
    let whose = match now.by {
        Who::Me => "You have",
        Who::Partner => "Your partner has",
        Who::Both => "You both have",
    };
    let contact = match now.contact {
        Contact::None => "no contact",
        Contact::Logistics => "logistics only",
        Contact::Gentle => "gentle contact",
    };
    let until = now.until.map(|at| format!(" until {}", super::utc(at))).unwrap_or_default();
    format!("{whose} space: {contact}{until}.")
}
