//! What is told of oneself.

use super::values::{moment, one_of};
use crate::reference::Reference;
use amends::time::Moment;
use amends::{PostKind as Kind, Want};
use clap::Subcommand;

/// Openness.
#[derive(Debug, Subcommand)]
pub enum OpennessCommand {
    /// Tell something of yourself, by hand and for a while.
    Post {
        /// whereabouts, plan, heads-up, day, feeling, worry, intention, contact,
        /// money, decision, disclosure, change or showed.
        #[arg(value_parser = kind)]
        kind: Kind,
        /// The words. Of third persons initials are enough.
        text: String,
        /// Until when it lives (RFC 3339); 1 to 30 days by its kind otherwise.
        #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "days")]
        until: Option<Moment>,
        /// For how many days it lives, 90 at most.
        #[arg(long)]
        days: Option<u16>,
        /// What you wish: listen, talk or counsellor. It is shown first.
        #[arg(long, value_parser = want)]
        want: Option<Want>,
        /// An amount of money, in words.
        #[arg(long)]
        amount: Option<String>,
        /// When it happened, in words.
        #[arg(long)]
        happened: Option<String>,
        /// The agreement in which it was agreed to.
        #[arg(long, value_name = "AGREEMENT")]
        under: Option<Reference>,
    },
    /// What both tell, as long as it lives.
    List,
    /// Add a later truth beside a post of yours.
    Correct {
        /// The post.
        id: Reference,
        /// The words.
        text: String,
    },
    /// Take a post of yours back: its words go on both phones.
    Withdraw {
        /// The post.
        id: Reference,
    },
    /// Say thank you for a post of your partner's.
    Thank {
        /// The post.
        id: Reference,
    },
}

pub(super) fn kind(text: &str) -> Result<Kind, String> {
    one_of(Kind::ALL.iter().map(|kind| kind.code()), Kind::from_code(text))
}

fn want(text: &str) -> Result<Want, String> {
    one_of(["listen", "talk", "counsellor"].into_iter(), Want::from_code(text))
}
