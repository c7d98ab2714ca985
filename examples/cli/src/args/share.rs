//! What one shares.

use clap::Subcommand;

/// What you share.
#[derive(Debug, Subcommand)]
pub enum ShareCommand {
    /// Everything sensitive that binds you, until when.
    Show,
    /// Stop all of it, at once, without any network.
    StopAll,
}
