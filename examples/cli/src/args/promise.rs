//! Promises.

use super::values::{date, local, moment, one_of};
use crate::reference::Reference;
use amends::Felt;
use amends::time::Moment;
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::{Date, DateTime};

/// Promises.
#[derive(Debug, Subcommand)]
pub enum PromiseCommand {
    /// Promise something: what, and when. It takes effect at once.
    Make(MakeArgs),
    /// List the promises of both that are not long over.
    List {
        /// Every promise that ever was.
        #[arg(long)]
        all: bool,
    },
    /// Show one promise and how each time went.
    Show {
        /// The promise; the first characters of its id are enough.
        id: Reference,
    },
    /// Say ahead that it will be later, or otherwise.
    HeadsUp {
        /// The promise.
        id: Reference,
        /// Which time of it, `2026-03-02T18:30`; the next one otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
        /// When it is expected now (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        expected: Option<Moment>,
        /// Words.
        #[arg(long)]
        say: Option<String>,
    },
    /// Ask for another time, before it is due.
    Renegotiate {
        /// The promise.
        id: Reference,
        /// Which time of it; the next one otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
        /// The new time.
        #[command(flatten)]
        new: SingleDue,
    },
    /// Say yes to the new time.
    Accept {
        /// The promise.
        id: Reference,
        /// Which time of it was asked to move; the one that waits otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
    },
    /// Stay with the old time.
    KeepOld {
        /// The promise.
        id: Reference,
        /// Which time of it was asked to move; the one that waits otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
    },
    /// Let the other off.
    Release {
        /// The promise.
        id: Reference,
        /// Which time of it; the next one otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
    },
    /// Report how it went. Only the one who promised can.
    Report {
        /// The promise.
        id: Reference,
        /// How it went.
        #[arg(value_enum)]
        told: ToldArg,
        /// Which time of it; the last one that was due otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
        /// When it was kept (RFC 3339); otherwise when it was due, on the day of it, and now on
        /// any other.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        at: Option<Moment>,
        /// Words.
        #[arg(long)]
        say: Option<String>,
    },
    /// Say how it felt. Only the one to whom it was promised can.
    Comment {
        /// The promise.
        id: Reference,
        /// confirmed, felt-like-kept or differently.
        #[arg(value_parser = felt)]
        felt: Felt,
        /// Which time of it; the last one that was due otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
        /// Words.
        #[arg(long)]
        say: Option<String>,
    },
    /// Say after a miss what happened and what changes.
    Repair {
        /// The promise.
        id: Reference,
        /// The words.
        #[arg(long)]
        say: String,
        /// Which time of it; the last one that was due otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
        /// A new promise that comes out of it.
        #[arg(long, value_name = "PROMISE")]
        promise: Option<Reference>,
    },
    /// Take a promise of yours back. What was due before stays as it went.
    Retract {
        /// The promise.
        id: Reference,
    },
    /// "Please do not promise me this."
    Decline {
        /// The promise.
        id: Reference,
    },
    /// Take back words of yours that stand beside a promise.
    WithdrawWords {
        /// The promise.
        id: Reference,
        /// The words, as `promise show` names them.
        note: Reference,
    },
}

/// One new time.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct SingleDue {
    /// At this moment (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub at: Option<Moment>,
    /// At this local time, `2026-03-02T18:30`.
    #[arg(long, value_name = "LOCAL", value_parser = local)]
    pub local: Option<DateTime>,
    /// On this day, `2026-03-02`.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub on: Option<Date>,
}

/// What is promised.
#[derive(Debug, Args)]
pub struct MakeArgs {
    /// What you will do.
    pub action: String,
    /// At this moment (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment, group = "when")]
    pub at: Option<Moment>,
    /// At this local time, `2026-03-02T18:30`.
    #[arg(long, value_name = "LOCAL", value_parser = local, group = "when")]
    pub local: Option<DateTime>,
    /// At any time of this day, `2026-03-02`.
    #[arg(long, value_name = "DATE", value_parser = date, group = "when")]
    pub on: Option<Date>,
    /// Between this local time and `--to`.
    #[arg(long, value_name = "LOCAL", value_parser = local, group = "when", requires = "to")]
    pub from: Option<DateTime>,
    /// See `--from`.
    #[arg(long, value_name = "LOCAL", value_parser = local, requires = "from")]
    pub to: Option<DateTime>,
    #[command(flatten)]
    rest: PromiseWords,
}

impl MakeArgs {
    /// The words around it.
    pub fn words(&self) -> &PromiseWords {
        &self.rest
    }
}

/// What may stand beside any promise.
#[derive(Debug, Args)]
pub struct PromiseWords {
    /// IANA zone of local times; this phone's otherwise.
    #[arg(long)]
    pub zone: Option<String>,
    /// Minutes of good will; 30 after a time of day, otherwise to the day's end.
    #[arg(long, value_name = "MINUTES")]
    pub grace: Option<u32>,
    /// If this happens …
    #[arg(long = "if", value_name = "CUE", requires = "then")]
    pub cue: Option<String>,
    /// … then you do this.
    #[arg(long, value_name = "RESPONSE", requires = "cue")]
    pub then: Option<String>,
    /// Further words.
    #[arg(long)]
    pub note: Option<String>,
    /// The agreement that it belongs to.
    #[arg(long, value_name = "AGREEMENT")]
    pub agreement: Option<Reference>,
}

/// What is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ToldArg {
    /// Kept.
    Kept,
    /// Partly.
    Partly,
    /// Missed.
    Missed,
}

fn felt(text: &str) -> Result<Felt, String> {
    let found = match text {
        "confirmed" => Some(Felt::Confirmed),
        "felt-like-kept" => Some(Felt::FeltLikeKept),
        "differently" => Some(Felt::SawItDifferently),
        _ => None,
    };
    one_of(["confirmed", "felt-like-kept", "differently"].into_iter(), found)
}
