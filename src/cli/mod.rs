//! The command line: one file a command, and here what they are called.
//! Nothing in this folder decides anything that another program could want; it takes arguments and prints.

mod chat;
mod check;
mod deliveries;
mod door;
mod help;
mod init;
mod inject;
mod listen;
mod plain;
mod post;
mod print;
mod progress;
mod schema;
mod serve;
mod server;
mod sessions;
mod settings;
mod style;
mod table;
mod test;
mod words;

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
    Test(test::Args),
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
    #[command(subcommand)]
    Sessions(sessions::Command),
    #[command(subcommand)]
    Deliveries(deliveries::Command),
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
    #[error("{}; the lines above say where and why", count_failed(.0))]
    TestsFailed(usize),
    #[error(
        "{} has no tests; write {}, such as\n{{ endpoint: NAME, steps: [{{ user: \"Hi\" }}, {{ bot: \"Hello!\" }}] }}",
        .0.display(), .0.join("tests/NAME.yaml").display()
    )]
    NoTests(PathBuf),
    #[error("no test has \"{filter}\" in its name; there are {known}")]
    NoSuchTest { filter: String, known: String },
    #[error(
        "the recorded test does not pass as it is: {place}: {text}\nA flow that shows ids, or one that was edited since, answers otherwise. Where transformers run, comments in it say what was not kept."
    )]
    Recorded { place: String, text: String },
    #[error("{} is there already; name another file with --to", .0.display())]
    TestExists(PathBuf),
    #[error("{} could not be written: {source}", .path.display())]
    TestNotWritten { path: PathBuf, source: io::Error },
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
    #[error(
        "the id \"{0}\" cannot stand in an address, so the server cannot be asked for that session; use ids other than \".\" and \"..\""
    )]
    Unaddressable(String),
    #[error("the server refused: {0}")]
    Refused(String),
    #[error(
        "the server sent a turn this command cannot read: {0}; use the `antiphon` of the server's version"
    )]
    Turn(serde_json::Error),
    #[error(
        "the server sent an answer this command cannot read: {0}; use the `antiphon` of the server's version"
    )]
    Answer(serde_json::Error),
    #[error("the project in {} has no endpoint \"{name}\"; name one that it has with --endpoint", .folder.display())]
    NotInChanged { name: String, folder: PathBuf },
    #[error("{}", not_the_same(*.differ, *.failed))]
    Replay { differ: usize, failed: usize },
    #[error("{}; the lines above say why", not_asked(*.count, .what))]
    Deliveries { count: usize, what: &'static str },
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
        Command::Test(args) => test::run(args),
        Command::Chat(args) => chat::run(args),
        Command::Listen(args) => Ok(listen::run(args)?),
        Command::Inject(args) => inject::run(post::Path::Inject, args),
        Command::Notify(args) => inject::run(post::Path::Notify, args),
        Command::Sessions(command) => sessions::run(command),
        Command::Deliveries(command) => deliveries::run(command),
        Command::Schema(args) => schema::run(args),
        Command::Help(args) => help::run(args),
    }
}

fn not_the_same(differ: usize, failed: usize) -> String {
    let differs =
        if differ == 1 { "1 session differs".to_owned() } else { format!("{differ} sessions differ") };
    match failed {
        0 => differs,
        1 => format!("{differs}, 1 session was not replayed"),
        _ => format!("{differs}, {failed} sessions were not replayed"),
    }
}

fn not_asked(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 delivery was not {what}")
    } else {
        format!("{count} deliveries were not {what}")
    }
}

fn count_failed(count: &usize) -> String {
    if *count == 1 { "1 test failed".to_owned() } else { format!("{count} tests failed") }
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

    /// Every command and every command of a command, without the help that clap adds to those.
    fn commands(of: &mut clap::Command) -> Vec<clap::Command> {
        let mut all = Vec::new();
        let is_ours =
            |command: &&mut clap::Command| command.get_name() != "help" || command.get_after_help().is_some();
        for command in of.get_subcommands_mut().filter(is_ours) {
            all.push(command.clone());
            all.extend(commands(command));
        }
        all
    }

    #[test]
    fn the_grammar_holds_and_every_command_has_one_example() {
        let mut cli = Cli::command();
        cli.clone().debug_assert();
        for mut command in commands(&mut cli) {
            let help = command.render_long_help().to_string();
            assert_eq!(help.matches("Example: antiphon ").count(), 1, "{help}");
        }
    }

    #[test]
    fn every_example_of_the_help_is_right_usage() {
        for command in commands(&mut Cli::command()) {
            let help = command.get_after_help().expect("there is an example").to_string();
            let words = help.trim_start_matches("Example: ").split_whitespace();
            let joined = words.collect::<Vec<_>>().join(" ").replace("'We close at six.'", "closed");
            let words = joined.split(' ').map(|word| word.trim_matches('\''));
            Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{help}: {error}"));
        }
    }

    #[test]
    fn what_is_to_be_replayed_is_one_session_or_a_time() {
        let parse = |words: &str| {
            let words = format!("antiphon sessions replay {words}");
            Cli::try_parse_from(words.split_whitespace()).map_err(|error| error.to_string())
        };
        for good in ["--since 7d", "--user ann --session 1", "--since 1h --project new data --json"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for (bad, told) in [
            ("", "--user <ID>"),
            ("--user ann", "--session <ID>"),
            ("--session 1", "--user <ID>"),
            ("--user ann --session 1 --since 7d", "cannot be used with"),
            ("--since soon", "write one such as 30s, 10m, 2h or 3d"),
            ("--since 7d --url ftp://host", "begins with http"),
        ] {
            let said = parse(bad).err().unwrap_or_else(|| panic!("{bad} is taken"));
            assert!(said.contains(told), "{bad}: {said}");
        }
    }
}
