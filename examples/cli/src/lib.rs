//! The harness `amends`: the library's first user. One home directory is one
//! phone; two terminals are two people.
//!
//! - [`args`]: what can be said on the command line;
//! - [`terminal`]: what goes out, as words or as JSON, and the exit status;
//! - [`phone`]: opening a home;
//! - [`reference`]: naming one thing by its id;
//! - [`commands`]: what each command does;
//! - [`scenario`]: stories told in JSON, played on two phones;
//! - [`demo`]: a twelve-week story.

pub mod args;
pub mod commands;
pub mod demo;
pub mod phone;
pub mod reference;
pub mod render;
pub mod scenario;
pub mod terminal;

use clap::{CommandFactory, FromArgMatches};
use std::ffi::OsString;
use terminal::{Failure, Terminal};

/// Runs the harness and gives back the exit status.
pub fn main(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let json = args.iter().any(|arg| arg == "--json");
    let mut terminal = Terminal::process(json);
    let cli = match parse(args) {
        Ok(cli) => cli,
        Err(error) => {
            if !error.use_stderr() || !json {
                // Help and version go to stdout, mistakes to stderr.
                let printed = error.print();
                return if printed.is_ok() && !error.use_stderr() { 0 } else { 2 };
            }
            return terminal.fail(&Failure::usage(error.to_string()));
        }
    };
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return terminal.fail(&Failure::storage(error.to_string())),
        };
    let outcome = runtime.block_on(commands::run(cli, &mut terminal));
    // A prompt that still waits for a line must not keep the process.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => 0,
        Err(failure) => terminal.fail(&failure),
    }
}

/// Reads the command line.
///
/// # Errors
/// What clap has to say, help included.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<args::Cli, clap::Error> {
    let matches = args::Cli::command().try_get_matches_from(args)?;
    args::Cli::from_arg_matches(&matches)
}
