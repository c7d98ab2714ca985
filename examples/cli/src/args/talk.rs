//! Talks that both plan.

use super::values::moment;
use crate::reference::Reference;
use amends::time::Moment;
use clap::Subcommand;

/// Talks.
#[derive(Debug, Subcommand)]
pub enum TalkCommand {
    /// Propose a talk: what about, and when.
    Propose {
        /// What about.
        topic: String,
        /// When it begins (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        at: Moment,
        /// How long, in minutes.
        #[arg(long)]
        minutes: Option<u16>,
        /// Where: private, quiet, neutral.
        #[arg(long)]
        place: Option<String>,
        /// A ground rule, such as "one speaks, the other listens"; say it again for more.
        #[arg(long = "rule", value_name = "RULE")]
        rules: Vec<String>,
    },
    /// Propose another time; the other must say yes to it.
    Move {
        /// The talk.
        id: Reference,
        /// When it begins (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        at: Moment,
    },
    /// Say yes to the time that stands.
    Accept {
        /// The talk.
        id: Reference,
    },
    /// Say no. No reason is asked.
    Decline {
        /// The talk.
        id: Reference,
    },
    /// Begin it, or go on after a pause.
    Start {
        /// The talk.
        id: Reference,
    },
    /// Pause it at once, and say when you propose to go on, within a day.
    Pause {
        /// The talk.
        id: Reference,
        /// When to go on (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        until: Moment,
    },
    /// Note something for yourself before it: a first sentence that owns it, say. Without
    /// words: what you noted.
    Prepare {
        /// The talk.
        id: Reference,
        /// The words; "" removes them.
        text: Option<String>,
    },
    /// Turns of the same length for both, as a timer can show them. Nothing measures who
    /// spoke.
    Turns {
        /// The talk.
        id: Reference,
        /// Minutes of one turn.
        #[arg(long, default_value_t = 10)]
        minutes: u16,
    },
    /// End it.
    End {
        /// The talk.
        id: Reference,
    },
    /// The talks.
    List,
}
