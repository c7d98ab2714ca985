//! What one tells and the other may answer.

use super::{short, utc, whose, wrap};
use amends::{
    BreachState, BreachView, Form, ItemDraft, ItemPart, ItemState, ItemView, NextStep, Reply, Role,
    Section, Wish,
};
use amends::{Pack, Purpose, writing_hints};

/// What was told.
pub fn told(items: &[ItemView]) -> String {
    if items.is_empty() {
        return "Nothing was told.".to_owned();
    }
    items.iter().map(item).collect::<Vec<_>>().join("\n")
}

fn item(item: &ItemView) -> String {
    let name = item.form.code().replace('_', " ");
    let mut head = format!("{}  {}, {name}", short(item.id), whose(item.by));
    if let Some(about) = item.about {
        let earlier = if item.on_earlier { ", as it was told earlier" } else { "" };
        head.push_str(&format!(", about {}{earlier}", short(about)));
    }
    head.push_str(match item.state {
        ItemState::Replaced => ", replaced by a newer one",
        ItemState::Lapsed => ", waits no more",
        ItemState::EnoughForNow => ", enough for now",
        _ => "",
    });
    let mut lines = vec![head];
    // The wish stands before the words (F31).
    lines.extend(item.wish.map(|wish| format!("    wish: {}", wished(wish))));
    if let Some(at) = item.taken_back {
        let on = |at: amends::time::Moment| utc(at).chars().take(10).collect::<String>();
        lines.push(format!("    told on {}, taken back on {}", on(item.at), on(at)));
    }
    lines.extend(item.role.map(|role| format!("    own part: {}", part_in(role))));
    for (at, telling) in item.tellings.iter().enumerate() {
        if telling.parts.is_empty() && telling.taken_back.is_none() && item.taken_back.is_none() {
            lines.push("    (the words are not here yet)".to_owned());
        }
        if at > 0 {
            lines.push(format!("    told anew on {} [{}]", utc(telling.at), short(telling.id)));
        }
        lines.extend(parts(&telling.parts));
    }
    if item.folded {
        lines.push("    (there is an explanation: it unfolds when it is asked for)".to_owned());
    }
    for answer in &item.answers {
        let later = match (answer.stands, answer.on_earlier) {
            (false, _) => " (something later stands)",
            (true, true) => " (to what was told before)",
            (true, false) => "",
        };
        let until = answer.until.map(|at| format!(" until {}", utc(at))).unwrap_or_default();
        let said = format!("{}: {}{until}{later}", whose(answer.by), answered(answer.reply));
        lines.push(wrap(&format!("{said} [{}]", short(answer.id)), "    > "));
        lines.extend(answer.text.iter().map(|text| wrap(text, "      ")));
        if answer.taken_back.is_some() {
            lines.push("      (its words were taken back)".to_owned());
        }
    }
    if item.waits_for_me {
        lines.push("    waits for you; \"not now\" and \"no\" are answers too".to_owned());
    }
    lines.join("\n")
}

fn parts(parts: &[ItemPart]) -> Vec<String> {
    let line = |part: &ItemPart| -> Vec<String> {
        let name = part.section.code().replace('_', " ");
        let said = |text: &String| match part.section {
            Section::Text => wrap(text, "    "),
            Section::Kinds | Section::Pattern | Section::Touches => {
                wrap(&format!("{name}: {}", text.replace('_', " ")), "    ")
            }
            Section::Understood => "    Have I understood? (yes, partly, not yet)".to_owned(),
            _ => wrap(&format!("{name}: {text}"), "    "),
        };
        part.texts.iter().map(said).collect()
    };
    parts.iter().flat_map(line).collect()
}

fn wished(wish: Wish) -> &'static str {
    match wish {
        Wish::Listen => "just listen",
        Wish::Talk => "talk about it",
        Wish::Nothing => "nothing",
    }
}

fn part_in(role: Role) -> &'static str {
    match role {
        Role::Acted => "I acted",
        Role::Hurt => "I was hurt",
        Role::Both => "both",
    }
}

fn answered(reply: Reply) -> &'static str {
    match reply {
        Reply::Heard => "I hear you",
        Reply::Talk => "I would like to talk",
        Reply::Received => "received",
        Reply::NotReady => "not ready",
        Reply::NoWords => "no words yet",
        Reply::AskWhy => "asks why",
        Reply::Here => "answers",
        Reply::InPerson => "in person",
        Reply::Counsellor => "with the counsellor",
        Reply::NotNow => "not now",
        Reply::Declined => "no",
        Reply::Enough => "enough for now",
        Reply::Again => "open again",
        Reply::Yes => "yes, that is it",
        Reply::Partly => "partly",
        Reply::NotYet => "not yet",
        Reply::Rest => "let it rest",
        Reply::Reopen => "take it up again",
        Reply::Archive => "put it away",
        Reply::Unarchive => "have it at hand again",
        Reply::Differently => "we see it differently",
        Reply::Together => "no longer seen differently",
        Reply::Acted => "I acted",
        Reply::WasHurt => "I was hurt",
        Reply::BothParts => "both",
    }
}

/// Breaches, each with its accounts.
pub fn breaches(breaches: &[BreachView]) -> String {
    if breaches.is_empty() {
        return "Nothing was named as a breach.".to_owned();
    }
    let one = |breach: &BreachView| {
        let state = match breach.state {
            BreachState::Named => "named",
            BreachState::TwoAccounts => "two accounts",
            BreachState::JointStatement => "a statement of both",
            BreachState::SeenDifferently => "you see it differently, and that may last",
            BreachState::Archived => "put away by both",
            _ => "newer than this version",
        };
        let rests = if breach.resting { ", rests" } else { "" };
        let mut lines = vec![item(&breach.named), format!("    {state}{rests}")];
        lines.extend(breach.accounts.iter().map(item));
        lines.extend(breach.acknowledgements.iter().map(item));
        lines.extend(breach.next_steps.iter().map(|step| format!("    {}", next_step(*step))));
        lines.join("\n")
    };
    breaches.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn next_step(step: NextStep) -> &'static str {
    match step {
        NextStep::Talk => "you can propose a talk: talk propose",
        NextStep::PauseAgreements => "you can pause what binds you: agreement suspend",
        NextStep::Counsellor => "you can take it to a counsellor, alone or together",
        NextStep::Leave => "you can leave: leave",
    }
}

/// Hints on an acknowledgement that one keeps for oneself (F05, F15). An account has none: it
/// may be told by who was hurt (F06).
pub fn hints(draft: &ItemDraft) -> String {
    let Some(pack) = Pack::of("en") else { return String::new() };
    let parts = draft.item.parts.iter().filter(|part| part.section == Section::WhatIDid);
    let found: Vec<String> = parts
        .flat_map(|part| &part.texts)
        .map(|text| (text, writing_hints(text, Purpose::OwnPart, &pack)))
        .filter(|(_, hints)| !hints.is_empty())
        .map(|(text, hints)| super::write::hints(text, &hints))
        .collect();
    match found.is_empty() {
        true => String::new(),
        false => format!("\nFor you alone, and only if it helps:\n{}", found.join("\n")),
    }
}

/// What one keeps to oneself.
pub fn drafts(drafts: &[ItemDraft]) -> String {
    if drafts.is_empty() {
        return "You keep no drafts.".to_owned();
    }
    let one = |draft: &ItemDraft| {
        let form: Form = draft.item.form;
        let head = format!("{}  {}, kept to yourself", short(draft.id), form.code());
        [vec![head], parts(&draft.item.parts)].concat().join("\n")
    };
    drafts.iter().map(one).collect::<Vec<_>>().join("\n")
}
