//! How long words are kept, and what one takes no part in.

use super::values::one_of;
use amends::Feature;
use clap::Subcommand;

/// How long words are kept, and what you take no part in. Each sets their own.
#[derive(Debug, Subcommand)]
pub enum LimitsCommand {
    /// What each of you has set.
    Show,
    /// Set yours. What is left out is not limited by you.
    Set {
        /// Days for which the words of posts, check-ins and intentions are kept at
        /// most: yours on both phones, your partner's on yours.
        #[arg(long, value_name = "DAYS")]
        retention: Option<u16>,
        /// What you take no part in: promises, openness or check-ins. You are asked and
        /// shown nothing of it; your partner may go on.
        #[arg(long = "off", value_name = "FEATURE", value_parser = feature)]
        off: Vec<Feature>,
    },
}

fn feature(text: &str) -> Result<Feature, String> {
    one_of(Feature::ALL.into_iter().map(Feature::code), Feature::from_code(text))
}
