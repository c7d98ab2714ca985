//! What one shares.

use clap::Subcommand;

/// What you share.
#[derive(Debug, Subcommand)]
pub enum ShareCommand {
    /// Everything that binds you, until when, and what stopping does with it.
    Show,
    /// Stop all of it, at once, without any network.
    StopAll,
}
