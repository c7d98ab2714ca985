//! What happened, told by one.

use crate::reference::Reference;
use clap::Subcommand;

/// Accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Tell what happened, in your own words; or tell an account of yours anew.
    Tell {
        /// The words.
        text: String,
        /// The account that is told anew.
        #[arg(long)]
        id: Option<Reference>,
    },
    /// Ask about your partner's account.
    Ask {
        /// The account.
        id: Reference,
        /// The words.
        text: String,
    },
    /// Answer a question about yours. None is owed.
    Answer {
        /// The account.
        id: Reference,
        /// The question.
        question: Reference,
        /// The words.
        text: String,
    },
    /// Take back words of yours: a telling, a question or an answer. They go on both
    /// phones.
    TakeBack {
        /// The account.
        id: Reference,
        /// The words, by the id beside them.
        words: Reference,
    },
    /// The accounts, every telling and every question.
    List,
}
