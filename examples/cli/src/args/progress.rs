//! How it goes.

use crate::reference::Reference;
use clap::Args;

/// How it goes.
#[derive(Debug, Args)]
pub struct ProgressArgs {
    /// How many weeks.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=60))]
    pub weeks: u8,
    /// Your partner's promises instead of yours.
    #[arg(long)]
    pub partner: bool,
    /// Which questions' trends.
    #[arg(long, default_value = "week")]
    pub template: Reference,
}
