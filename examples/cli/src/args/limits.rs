//! Limits that both keep.

use super::values::one_of;
use amends::Feature;
use clap::Subcommand;

/// Limits that both keep; the most protective of both votes holds.
#[derive(Debug, Subcommand)]
pub enum LimitsCommand {
    /// What holds.
    Show,
    /// Set your vote. What is left out is not limited by you.
    Set {
        /// Days for which the words of posts, check-ins and intentions are kept at
        /// most, on both phones.
        #[arg(long, value_name = "DAYS")]
        retention: Option<u16>,
        /// What is switched off for both: promises, openness or check-ins.
        #[arg(long = "off", value_name = "FEATURE", value_parser = feature)]
        off: Vec<Feature>,
    },
}

fn feature(text: &str) -> Result<Feature, String> {
    one_of(Feature::ALL.into_iter().map(Feature::code), Feature::from_code(text))
}
