//! The command line: one file a command, and here what they are called.
//! Nothing in this folder decides anything that another program could want; it takes arguments and prints.

mod listen;
mod style;

use clap::{Parser, Subcommand};

/// A conversation engine that never drops, doubles or disorders a turn.
#[derive(Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Listen(listen::Args),
}

/// Why a command failed, and what to do. One or two lines.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Listen(#[from] listen::Error),
}

pub fn run(cli: Cli) -> Result<(), Error> {
    match cli.command {
        Command::Listen(args) => listen::run(args)?,
    }
    Ok(())
}
