//! Reminders.

use super::values::time;
use clap::Subcommand;
use jiff::civil::Time;

/// Reminders.
#[derive(Debug, Subcommand)]
pub enum RemindCommand {
    /// The reminders of the next two weeks, as an app gives them to the system.
    List,
    /// Your own wishes: show them, or change some.
    Wishes {
        /// Quiet hours, `22:00-07:00`.
        #[arg(long, value_parser = hours)]
        quiet: Option<(Time, Time)>,
        /// Nothing before this moment (RFC 3339), or `none`.
        #[arg(long, value_name = "TIME")]
        quiet_until: Option<String>,
        /// Questions, requests and asking for reassurance are shown together, once a day:
        /// `18:00`, or `none`.
        #[arg(long, value_name = "TIME", value_parser = digest)]
        digest: Option<Digest>,
        /// Minutes before a promise is due; 0 for no such reminder.
        #[arg(long, value_name = "MINUTES")]
        lead: Option<u32>,
        /// The evening note on days with promises: on or off.
        #[arg(long, value_parser = on_off)]
        evening: Option<bool>,
        /// The note for the check-in, `sunday 18:00`, or `none`.
        #[arg(long, value_name = "DAY TIME")]
        check_in: Option<String>,
        /// Whether milestones are told: on or off.
        #[arg(long, value_parser = on_off)]
        milestones: Option<bool>,
    },
}

/// When what is asked is shown: at this time each day, or as it comes.
#[derive(Debug, Clone, Copy)]
pub struct Digest(pub Option<Time>);

fn digest(text: &str) -> Result<Digest, String> {
    Ok(Digest(if text == "none" { None } else { Some(time(text)?) }))
}

fn hours(text: &str) -> Result<(Time, Time), String> {
    let (from, to) = text.split_once('-').ok_or("expected hours such as 22:00-07:00")?;
    Ok((time(from)?, time(to)?))
}

fn on_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("expected on or off".to_owned()),
    }
}

/// Reads `sunday 18:00`.
///
/// # Errors
/// What was expected.
pub fn weekly(text: &str) -> Result<(i8, Time), String> {
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let (day, at) = text.split_once(' ').ok_or("expected a day and a time, sunday 18:00")?;
    let day = names.iter().position(|name| *name == day.to_lowercase());
    Ok((day.ok_or("expected a day of the week")? as i8 + 1, time(at)?))
}
