//! The command line: one file a command, and here what they are called.
//! Nothing in this folder decides anything that another program could want; it takes arguments and prints.

mod chat;
mod check;
mod door;
mod help;
mod init;
mod inject;
mod listen;
mod post;
mod print;
mod schema;
mod serve;
mod settings;
mod style;

use std::io;
use std::path::PathBuf;

use antiphon::{config, project};
use clap::{Parser, Subcommand};

/// A conversation engine that never drops, doubles or disorders a turn.
#[derive(Parser)]
#[command(version, propagate_version = true, disable_help_subcommand = true, after_help = help::TOPICS_LINE)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Args),
    Init(init::Args),
    Check(check::Args),
    Chat(chat::Args),
    Listen(listen::Args),
    /// Speak into a live session as if its user had
    #[command(
        after_help = "Example: antiphon inject --user ann --session 1 --data '{\"event\":\"paid\",\"total\":40}'"
    )]
    Inject(inject::Args),
    /// Speak to the user of a live session; no flow runs
    #[command(after_help = "Example: antiphon notify --user ann --session 1 --text 'We close at six.'")]
    Notify(inject::Args),
    Schema(schema::Args),
    Help(help::Args),
}

/// Why a command failed, and what to do. One or two lines.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}", load_failed(.0))]
    Load(#[from] project::LoadError),
    #[error(transparent)]
    Settings(#[from] config::Error),
    #[error(transparent)]
    Init(#[from] project::InitError),
    #[error("{} has {count} {}; each line says what to write instead", .project.display(), if *.count == 1 { "fault" } else { "faults" })]
    Faults { count: usize, project: PathBuf },
    #[error("there is no endpoint \"{name}\" in the project; it has {known}")]
    UnknownEndpoint { name: String, known: String },
    #[error(
        "no endpoint of the project is enabled ({0}); set `enabled: true` in one, or name one with --endpoint"
    )]
    NoEndpoint(String),
    #[error("no admin key in {}: {source}\nThe first `antiphon serve` writes it; or set ANTIPHON_ADMIN_KEY.", .path.display())]
    AdminKey { path: PathBuf, source: io::Error },
    #[error(
        "no answer from {server}: {reason}\nStart it with `antiphon serve`, or say where it is with --url."
    )]
    NoAnswer { server: String, reason: String },
    #[error("the server refused: {0}")]
    Refused(String),
    #[error(
        "the server sent a turn this command cannot read: {0}; use the `antiphon` of the server's version"
    )]
    Turn(serde_json::Error),
    #[error("the schemas could not be written into {}: {source}; see that the folder can be written to", .project.display())]
    Schemas { project: PathBuf, source: io::Error },
    #[error(transparent)]
    Listen(#[from] listen::Error),
    #[error("{0}")]
    Serve(String),
}

pub fn run(cli: Cli) -> Result<(), Error> {
    match cli.command {
        Command::Serve(args) => serve::run(args),
        Command::Init(args) => init::run(args),
        Command::Check(args) => check::run(args),
        Command::Chat(args) => chat::run(args),
        Command::Listen(args) => Ok(listen::run(args)?),
        Command::Inject(args) => inject::run(post::Path::Inject, args),
        Command::Notify(args) => inject::run(post::Path::Notify, args),
        Command::Schema(args) => schema::run(args),
        Command::Help(args) => help::run(args),
    }
}

fn load_failed(error: &project::LoadError) -> String {
    match error {
        project::LoadError::Faults(faults) => match faults.as_slice() {
            [first] => first.to_string(),
            [first, ..] => format!("{first}\nand {} more; `antiphon check` shows them all", faults.len() - 1),
            [] => "the project has faults; `antiphon check` shows them".to_owned(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_grammar_holds_and_every_command_has_one_example() {
        let mut cli = Cli::command();
        cli.clone().debug_assert();
        for command in cli.get_subcommands_mut() {
            let help = command.render_long_help().to_string();
            assert_eq!(help.matches("Example: antiphon ").count(), 1, "{help}");
        }
    }

    #[test]
    fn every_example_of_the_help_is_right_usage() {
        let cli = Cli::command();
        for command in cli.get_subcommands() {
            let help = command.get_after_help().expect("there is an example").to_string();
            let words = help.trim_start_matches("Example: ").split_whitespace();
            let joined = words.collect::<Vec<_>>().join(" ").replace("'We close at six.'", "closed");
            let words = joined.split(' ').map(|word| word.trim_matches('\''));
            Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{help}: {error}"));
        }
    }
}
