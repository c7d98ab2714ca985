//! Practices: promises that recur.

use super::promise::PromiseWords;
use super::values::{date, moment, time};
use crate::reference::Reference;
use amends::time::Moment;
use clap::Subcommand;
use jiff::civil::{Date, Time};

/// Practices: promises with a rule.
#[derive(Debug, Subcommand)]
pub enum PracticeCommand {
    /// Promise something again and again, for a year at most.
    ///
    /// Example: amends practice make "I call when I leave work" --rule
    /// "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20260601" --time 18:30
    Make {
        /// What you will do.
        action: String,
        /// On which days: an RRULE with FREQ=DAILY, WEEKLY or MONTHLY and an end.
        #[arg(long)]
        rule: String,
        /// At this local time; at any time of the day otherwise.
        #[arg(long, value_name = "HH:MM", value_parser = time)]
        time: Option<Time>,
        /// The first day that may be one; today otherwise.
        #[arg(long, value_name = "DATE", value_parser = date)]
        start: Option<Date>,
        /// What may stand beside it.
        #[command(flatten)]
        words: PromiseWords,
    },
    /// List the practices.
    List,
    /// Pause a practice of yours; what is due meanwhile is not due.
    Pause {
        /// The practice; all promises of yours otherwise.
        id: Option<Reference>,
        /// From when (RFC 3339); now otherwise.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        from: Option<Moment>,
        /// Until when (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        until: Moment,
    },
}
