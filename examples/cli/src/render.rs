//! Views as words for a terminal of 80 columns.

pub mod checkin;
pub mod journal;
pub mod limits;
pub mod openness;
pub mod progress;
pub mod promise;
pub mod remind;
pub mod share;
pub mod space;
pub mod talk;
pub mod telling;
pub mod write;

use amends::AgreementState;
use amends::Who;
use amends::{AgreementNotice as Notice, AgreementView, ClauseView, RevisionView};
use amends::{DoctorReport, PairingState, Remedy, SetAside, Status, StatusNotice, VerifiedLog};
use amends::{NextDue, Why};
use serde_json::{Value, json};

/// How many characters of an id are shown.
const SHORT: usize = 8;
/// Lines are shorter than the 80 columns of a terminal, so that they can be quoted.
const COLUMNS: usize = 73;

/// A moment as people read it.
pub fn utc(at: amends::time::Moment) -> String {
    format!("{} UTC", at.local("UTC"))
}

/// The first characters of an id, enough to name it.
pub fn short(id: impl std::fmt::Display) -> String {
    id.to_string().chars().take(SHORT).collect()
}

/// Breaks words into lines of at most 78 columns, each after `indent`.
pub fn wrap(words: &str, indent: &str) -> String {
    let mut lines = Vec::new();
    for paragraph in words.split('\n') {
        let mut line = indent.to_owned();
        for word in paragraph.split(' ') {
            let used = line.chars().count();
            if used > indent.chars().count() && used + 1 + word.chars().count() > COLUMNS {
                lines.push(std::mem::replace(&mut line, indent.to_owned()));
            } else if used > indent.chars().count() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// A state in words.
pub fn state(state: AgreementState) -> &'static str {
    match state {
        AgreementState::Drafting => "being drafted",
        AgreementState::Proposed => "proposed",
        AgreementState::Forked => "two texts on the table",
        AgreementState::Declined => "not agreed",
        AgreementState::Withdrawn => "taken back",
        AgreementState::NotAgreed => "not agreed",
        AgreementState::Lapsed => "lapsed unanswered",
        AgreementState::CoolingOff => "agreed, cooling off",
        AgreementState::Scheduled => "agreed, starts later",
        AgreementState::Active => "in force",
        AgreementState::Suspended => "paused",
        AgreementState::Expired => "expired",
        AgreementState::Ended => "ended",
        AgreementState::NeedsUpdate => "needs an update of this app",
        _ => "unknown",
    }
}

fn who(who: Who) -> &'static str {
    match who {
        Who::Me => "I",
        Who::Partner => "my partner",
        Who::Both => "both of us",
    }
}

fn whose(who: Who) -> &'static str {
    match who {
        Who::Me => "mine",
        Who::Partner => "my partner's",
        Who::Both => "ours",
    }
}

fn clause(clause: &ClauseView, open: bool) -> String {
    let mut about = who(clause.binds).to_owned();
    if clause.sensitive {
        about.push_str(&format!(", {}", clause.category.code().replace('_', " ")));
    }
    if clause.ask {
        about.push_str(match clause.binds {
            Who::Me => ", asked of me",
            _ => ", asked",
        });
    }
    if let Some(cadence) = clause.now.as_ref().or(clause.cadence.as_ref()) {
        about.push_str(&format!(", {cadence}"));
    }
    let text = wrap(&format!("{}. {} ({about})", clause.id, clause.text), "    ");
    [Some(text), open.then(|| write::card(clause)).flatten()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n")
}

/// A text; where it is still to be agreed to or cools off, with the cards for who reads it.
fn revision(title: &str, text: &RevisionView, open: bool) -> String {
    let mut lines =
        vec![format!("  {title} [{}], until {}", short(text.hash), utc(text.expires_at))];
    lines.extend(text.clauses.iter().map(|one| clause(one, open)));
    let drops = |gone: &ClauseView| wrap(&format!("no longer: {}", gone.text), "    - ");
    lines.extend(text.removes.iter().map(drops));
    let agreed = match (text.agreed_at, text.i_agreed) {
        (Some(at), _) => format!("you both agreed, {}", utc(at)),
        (None, true) => "I agreed".to_owned(),
        (None, false) if text.proposed_by != Who::Partner => {
            "my yes does not stand: another text came meanwhile".to_owned()
        }
        (None, false) => "I have not agreed".to_owned(),
    };
    lines.push(format!("    -- {agreed}"));
    lines.join("\n")
}

/// One agreement, whole.
pub fn agreement(view: &AgreementView) -> String {
    let mut state_words = state(view.state).to_owned();
    if view.suspended_by_me && view.state == AgreementState::Suspended {
        state_words.push_str(" by me");
    }
    let title = match view.offer_by {
        Some(Who::Me) => "my offer",
        Some(_) => "my partner's offer",
        None => "agreement",
    };
    let mut lines = vec![format!("{} {}: {state_words}", title, short(view.id))];
    if let Some(current) = &view.current {
        lines.push(revision("text", current, false));
    }
    if let Some(cooling) = &view.cooling {
        let until = view.cools_until.map(utc).unwrap_or_default();
        lines.push(revision(&format!("takes effect {until}:"), cooling, true));
    }
    let title = if view.current.is_some() { "amendment" } else { "proposal" };
    lines.extend(view.on_table.iter().map(|open| {
        let by = match open.proposed_by {
            Who::Me => "mine",
            Who::Partner => "my partner's",
            Who::Both => "both of ours",
        };
        revision(&format!("{title}, {by}"), open, true)
    }));
    if let Some(draft) = &view.draft {
        lines.push("  working draft:".to_owned());
        lines.push(wrap(&draft.text, "    "));
    }
    if view.waits_for_me {
        lines.push(format!(
            "  waits for my answer: amends agreement consent {} --seen {}",
            short(view.id),
            view.token()
        ));
    }
    if view.review_due {
        lines.push("  it is time to look at this again".to_owned());
    }
    if view.expiring {
        lines.push("  expires within a week".to_owned());
    }
    lines.extend(view.notices.iter().map(|notice| {
        wrap(
            match notice {
                Notice::TextChangedWhileAnswering => {
                    "the text changed while you were answering: look at it again"
                }
                Notice::NeedsUpdate => "a newer version wrote something here: update this app",
                Notice::ClockSuspect => "a time stated here does not fit what its author had seen",
                _ => "there is something new here: update this app",
            },
            "  ! ",
        )
    }));
    lines.join("\n")
}

/// One line for a list.
pub fn agreement_line(view: &AgreementView) -> String {
    let text = view.current.as_ref().or(view.cooling.as_ref()).or(view.on_table.first());
    let words = match (text, &view.draft) {
        (Some(text), _) => text.clauses.first().map(|clause| clause.text.clone()),
        (None, Some(draft)) => Some(draft.text.clone()),
        (None, None) => None,
    };
    let line =
        format!("{}  {:<22}  {}", short(view.id), state(view.state), words.unwrap_or_default());
    let line = line.replace('\n', " / ");
    match line.char_indices().nth(COLUMNS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.trim_end().to_owned(),
    }
}

/// An agreement as JSON, with its view's token.
pub fn agreement_json(view: &AgreementView) -> Value {
    let mut value = json!(view);
    if let Value::Object(fields) = &mut value {
        fields.insert("view".to_owned(), json!(view.token()));
    }
    value
}

/// What is next.
pub fn next(items: &[NextDue]) -> String {
    if items.is_empty() {
        return "Nothing waits for you.".to_owned();
    }
    let line = |item: &NextDue| {
        let why = match item.why {
            Why::PromiseDue => "you promised this",
            Why::WordOpen => "waits for your word on how it went",
            Why::CheckIn => "your check-in",
            Why::WaitsForMe => "waits for your yes or no",
            Why::ReviewDue => "it is time to look at it again",
            Why::Expiring => "expires soon",
            Why::TalkToday => "you talk today",
            Why::Amends => "your amends: a step of them",
            _ => "has something new",
        };
        let by = item.by.map(|by| format!(" (by {})", utc(by))).unwrap_or_default();
        let agreement = item.agreement.map(short);
        let id = agreement.or(item.promise.map(short)).or(item.talk.map(short));
        let id = id.unwrap_or_else(|| "checkin ".to_owned());
        format!("{id}  {why}{by}")
    };
    items.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What was set aside.
pub fn set_aside(aside: &[SetAside]) -> String {
    if aside.is_empty() {
        return "Nothing is set aside.".to_owned();
    }
    let line = |one: &SetAside| {
        let how = if one.repeatable { "" } else { " (only to look at: say it anew)" };
        let words = one.words.join(" / ");
        wrap(
            &format!("{} of {}{how}: {words}", one.kind, utc(one.at)),
            &format!("{:>3}  ", one.number),
        )
    };
    let mut lines: Vec<String> = aside.iter().map(line).collect();
    lines.push(
        "Say one again: amends recover again N. Let it go: amends recover drop N.".to_owned(),
    );
    lines.join("\n")
}

/// Who is paired with whom.
pub fn status(status: &Status) -> String {
    let mut lines = vec![format!("You are {}.", status.name)];
    lines.push(match status.pairing {
        PairingState::Unpaired => {
            "Not paired yet: amends pair show, or amends pair join CODE".to_owned()
        }
        PairingState::Pending => "A pairing waits for its first exchange: amends sync".to_owned(),
        PairingState::Paired => {
            format!("Paired with {}.", status.partner.clone().unwrap_or_default())
        }
        PairingState::Restored => format!(
            "Made of a backup, and not paired with {} again yet. Both in one place: there\n\
             amends pair replace, here amends pair join CODE.",
            status.partner.clone().unwrap_or_default()
        ),
        PairingState::Left => format!(
            "The pair with {} ended on {}.",
            status.partner.clone().unwrap_or_default(),
            status.left_at.map(utc).unwrap_or_default()
        ),
    });
    if status.held {
        lines.push("Exchange is held: amends sync --release".to_owned());
    }
    lines.extend(status.notices.iter().map(|notice| {
        wrap(match notice {
            StatusNotice::OtherLogChanged => "The other phone's log is no longer what this phone holds of it. This phone keeps its copy and takes in nothing more of it. If the other phone was restored from an older state, the next exchange puts it right; if it was replaced: amends pair replace.",
            StatusNotice::OtherPhoneHoldsMore => "The other phone says that it holds more of your words than this phone. If this phone was restored from an older state, the next exchange brings them back.",
            StatusNotice::SomethingSetAside => "Something that you wrote was set aside when this phone got back what it had lost: amends recover shows it.",
            StatusNotice::WordsOnTheirWayBack => "This phone has not got back yet what you had shared. Until it has, you can take back, end and pause here, and say nothing new: amends sync with the other phone. If that phone cannot give it back: amends leave, amends erase, and pair anew.",
            StatusNotice::WaitsForReconfirmation => "This phone was restored, or its clock is set back. What was in force is paused here until you resume it, one by one.",
            StatusNotice::SomethingDamaged => "Something cannot be read: amends doctor says what.",
            StatusNotice::WrittenByNewerVersion => {
                "Something here was written by a newer version: update this one to see it."
            }
            _ => "There is something new here: update this app.",
        }, "! ")
    }));
    lines.join("\n")
}

/// What a check found.
pub fn doctor(report: &DoctorReport) -> String {
    let mut lines = vec![format!(
        "{} entries chained, {} documents derived again, {} private items opened.",
        report.entries, report.documents, report.private_items
    )];
    if report.findings.is_empty() {
        lines.push("Nothing is damaged.".to_owned());
    }
    lines.extend(report.findings.iter().map(|finding| {
        let remedy = match finding.remedy {
            Remedy::Rebuild => "can be rebuilt: amends doctor --rebuild",
            Remedy::AskPartner => "the other phone has it",
            Remedy::Backup => "a backup may have it: amends backup restore, into another --home",
        };
        wrap(&format!("damaged: {} ({remedy})", finding.what), "")
    }));
    lines.join("\n")
}

/// The heads of both logs.
pub fn logs(logs: &[VerifiedLog]) -> String {
    let line = |log: &VerifiedLog| {
        let whose = if log.own { "mine" } else { "my partner's" };
        let at = log.checkpoint;
        format!("{whose}: {} entries, head\n    {}", at.length, at.head)
    };
    logs.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_next_says_of_each_why_and_by_which_name_it_is_found() {
        let next_of = |why, talk, agreement| {
            let (promise, check_in, by) = (None, None, None);
            next(&[NextDue { why, agreement, promise, talk, check_in, by }])
        };
        let id = "0123456789abcdef0123456789abcdef";
        let talk = Some(id.parse().unwrap());
        assert_eq!(next_of(Why::TalkToday, talk, None), "01234567  you talk today");
        assert_eq!(next_of(Why::WaitsForMe, talk, None), "01234567  waits for your yes or no");
        let amends = "01234567  your amends: a step of them";
        assert_eq!(next_of(Why::Amends, None, Some(id.parse().unwrap())), amends);
        assert_eq!(next_of(Why::CheckIn, None, None), "checkin   your check-in");
    }
}
