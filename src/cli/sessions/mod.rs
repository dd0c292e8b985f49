//! `antiphon sessions`: looking at the sessions of a running server, and running them again. One file for each of its commands;
//! `server` asks for what is known of a session.

mod judge;
mod list;
mod replay;
mod server;
mod show;
mod tell;

use clap::Subcommand;

use super::Error;
use super::server::Served;

/// Look at sessions of a running server, and run them again
#[derive(Subcommand)]
#[command(after_help = "Example: antiphon sessions list")]
pub enum Command {
    List(list::Args),
    Show(show::Args),
    Replay(replay::Args),
}

/// Where sessions are looked for.
#[derive(clap::Args)]
pub struct Where {
    /// The endpoint; if absent, all of them, and for one session the one that `antiphon chat` would choose
    #[arg(long, value_name = "NAME")]
    endpoint: Option<String>,
    #[command(flatten)]
    served: Served,
}

pub fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::List(args) => list::run(args),
        Command::Show(args) => show::run(args),
        Command::Replay(args) => replay::run(args),
    }
}
