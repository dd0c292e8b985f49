//! The binary: arguments to a command, an error to a line or two on standard error, and an exit code.
//! 0 for success, 1 for a failure that the line explains, 2 (from clap) for wrong usage.

mod cli;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("antiphon: {error}");
            ExitCode::FAILURE
        }
    }
}
