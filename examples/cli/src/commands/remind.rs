//! Reminders.

use crate::args::remind::{RemindCommand, weekly};
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::Space;
use amends::time::Moment;
use serde_json::json;

pub async fn run(
    command: RemindCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let RemindCommand::Wishes { quiet, quiet_until, digest, lead, evening, check_in, milestones } =
        command
    else {
        let reminders = space.progress().reminders().await?;
        let words = render::remind::reminders(&reminders, &space.zone());
        terminal.ok(json!({"reminders": reminders}), &words);
        return Ok(());
    };
    let before = space.wishes().await?;
    let mut wishes = before.clone();
    if let Some((from, to)) = quiet {
        (wishes.quiet_from, wishes.quiet_to) = (from, to);
    }
    if let Some(text) = quiet_until {
        wishes.quiet_until = match text.as_str() {
            "none" => None,
            text => Some(Moment::parse(text).ok_or_else(|| {
                Failure::usage("expected a time such as 2026-03-02T18:30:00+01:00".to_owned())
            })?),
        };
    }
    if let Some(digest) = digest {
        wishes.digest = digest.0;
    }
    if let Some(minutes) = lead {
        wishes.promise_lead = (minutes > 0).then_some(minutes.saturating_mul(60));
    }
    if let Some(text) = check_in {
        wishes.check_in = match text.as_str() {
            "none" => None,
            text => Some(weekly(text).map_err(Failure::usage)?),
        };
    }
    wishes.evening_note = evening.unwrap_or(wishes.evening_note);
    wishes.milestones = milestones.unwrap_or(wishes.milestones);
    if wishes != before {
        space.set_wishes(wishes.clone()).await?;
    }
    terminal.ok(json!(wishes), &render::remind::wishes(&wishes));
    Ok(())
}
