//! Reminders.

use super::utc;
use amends::{Reminder, Wishes};

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
    lines.extend(wishes.quiet_until.map(|at| format!("Nothing before {}.", utc(at))));
    lines.extend(wishes.digest.map(|at| format!("What is asked is shown at {}.", hour(&at))));
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
