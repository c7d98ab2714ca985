//! Space, for a while.

use super::values::{moment, one_of};
use amends::Contact;
use amends::time::Moment;
use clap::Subcommand;

/// Space.
#[derive(Debug, Subcommand)]
pub enum SpaceCommand {
    /// The space that one of you has, if any.
    Show,
    /// Take space, at once. Nobody is asked.
    Begin {
        /// Until when (RFC 3339); until you end it otherwise.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        until: Option<Moment>,
        /// What contact is fine: none, logistics or gentle.
        #[arg(long, value_parser = contact, default_value = "logistics")]
        contact: Contact,
    },
    /// End your own space early.
    End,
}

fn contact(text: &str) -> Result<Contact, String> {
    one_of(["none", "logistics", "gentle"].into_iter(), Contact::from_code(text))
}
