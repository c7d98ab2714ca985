//! Check-ins and intentions.

use super::{short, whose, wrap};
use amends::IntentionView;
use amends::{Answers, CheckInState, CheckInView, Template};

/// Questions.
pub fn templates(templates: &[Template]) -> String {
    let one = |template: &Template| {
        let title = if template.title.is_empty() { "The week" } else { &template.title };
        let id = if template.title.is_empty() { "week".to_owned() } else { short(template.id) };
        let mut lines = vec![format!("{id}  {title}, {}", template.cadence.code())];
        if template.suggested {
            lines[0].push_str(", suggested by your partner");
        }
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
        if view.taken_back {
            lines.push("    You took your answers back.".to_owned());
        }
        if view.partners_taken_back {
            lines.push("    Your partner took their answers back.".to_owned());
        }
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
