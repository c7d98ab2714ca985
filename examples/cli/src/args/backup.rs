//! Backups.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Backups.
#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Write a backup: both logs with their words, and what you keep for yourself.
    ///
    /// It replaces the file once the new one is whole. Words that run out are not in it. It is an
    /// age file: whoever has what opens it reads everything.
    Write {
        /// The file.
        file: PathBuf,
        /// Leave out what you keep for yourself.
        #[arg(long)]
        without_private: bool,
        /// Seal it for this age key (age1…, as age-keygen writes it) instead of a passphrase.
        #[arg(long, value_name = "KEY")]
        recipient: Option<String>,
    },
    /// Read a backup to its end, and say what it holds.
    ///
    /// To see all of it: restore it into another --home, look around, and erase that one.
    Check {
        /// The file.
        file: PathBuf,
        /// What opens it.
        #[command(flatten)]
        opener: Opener,
    },
    /// Make a new home of a backup, in place of a phone that was lost.
    ///
    /// Then, both people in one place: on the other phone `amends pair replace`, here
    /// `amends pair join CODE`. Until then it shows what it holds and exchanges nothing.
    Restore {
        /// The file.
        file: PathBuf,
        /// What opens it.
        #[command(flatten)]
        opener: Opener,
        /// Protect the new home's keys with a passphrase (from AMENDS_PASSPHRASE or asked for)
        /// instead of a file that only you can read.
        #[arg(long)]
        passphrase: bool,
    },
}

/// What opens a backup: the passphrase from AMENDS_BACKUP_PASSPHRASE or asked for, or an age key.
#[derive(Debug, Args)]
pub struct Opener {
    /// A file with the secret half of the age key that it is sealed for, as age-keygen writes it.
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
}
