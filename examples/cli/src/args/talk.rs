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
    /// End it.
    End {
        /// The talk.
        id: Reference,
    },
    /// The talks.
    List,
}
