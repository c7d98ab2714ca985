//! `amends`, the command-line harness: one home directory is one phone.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(amends_cli::main(std::env::args_os()))
}
