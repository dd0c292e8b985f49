//! `antiphon deliveries`: looking at the callbacks of a running server, and having them tried again or given up. One file for
//! each of its commands; `server` asks for what is known of a delivery, `told` writes it as people read it, `ask` has
//! something done with many.

mod ask;
mod bury;
mod list;
mod redeliver;
mod server;
mod show;
mod told;

use antiphon::clock;
use antiphon::model::span_ms;
use clap::Subcommand;

use super::Error;

/// Look at callbacks of a running server, and have them tried again or given up
#[derive(Subcommand)]
#[command(after_help = "Example: antiphon deliveries dead")]
pub enum Command {
    List(list::Args),
    Show(show::Args),
    Dead(list::DeadArgs),
    Redeliver(redeliver::Args),
    Bury(bury::Args),
}

/// Which deliveries; if nothing is named, all of them.
#[derive(clap::Args)]
pub struct Filter {
    /// Only those of this endpoint
    #[arg(long, value_name = "NAME")]
    endpoint: Option<String>,
    /// Only those of this user
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Only those of the sessions of this name
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Only those whose turn ran in this time, such as 30m, 12h or 7d
    #[arg(long, value_name = "SPAN", value_parser = span_ms)]
    since: Option<u64>,
    /// Only those whose turn ran longer ago than this
    #[arg(long, value_name = "SPAN", value_parser = span_ms)]
    until: Option<u64>,
}

impl Filter {
    /// As the server takes it.
    fn parameters(&self) -> Vec<(&'static str, Option<String>)> {
        let now = clock::now();
        let ago = |span: Option<u64>| span.map(|ms| now.saturating_sub(ms).to_string());
        vec![
            ("endpoint", self.endpoint.clone()),
            ("user", self.user.clone()),
            ("session", self.session.clone()),
            ("since", ago(self.since)),
            ("until", ago(self.until)),
        ]
    }
}

pub fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::List(args) => list::run(args),
        Command::Show(args) => show::run(args),
        Command::Dead(args) => list::run_dead(args),
        Command::Redeliver(args) => redeliver::run(args),
        Command::Bury(args) => bury::run(args),
    }
}

/// The id of a delivery, as an argument has it.
fn id(text: &str) -> Result<String, String> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if is_plain && (text.starts_with("msg_") || text.starts_with("batch_")) {
        return Ok(text.to_owned());
    }
    Err("it is no id of a delivery, which begins with msg_ or batch_; `antiphon deliveries list` shows them"
        .to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn parse(words: &str) -> Result<(), String> {
        let words = format!("antiphon deliveries {words}");
        Cli::try_parse_from(words.split_whitespace()).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn an_id_is_that_of_a_callback_or_a_batch() {
        assert!(id("msg_Ab-_9").is_ok() && id("batch_0f").is_ok());
        for wrong in ["", "data", "msg", "msg_a/b", "msg_..%2f", "Msg_a"] {
            assert!(id(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_is_redelivered_by_accident() {
        for good in
            ["msg_a msg_b", "--endpoint shop --since 1h", "--session 1 --dry-run", "--all", "--until 5m"]
        {
            assert_eq!(parse(&format!("redeliver {good}")), Ok(()), "{good}");
        }
        for (bad, told) in [
            ("", "<ID|--endpoint <NAME>|"),
            ("--dry-run", "--all>"),
            ("data", "begins with msg_ or batch_"),
            ("msg_a --all", "cannot be used with"),
            ("msg_a --user ann", "cannot be used with"),
            ("msg_a --dry-run", "cannot be used with"),
            ("--all --endpoint shop", "cannot be used with"),
            ("--since soon", "write one such as 30s, 10m, 2h or 3d"),
        ] {
            let said = parse(&format!("redeliver {bad}")).expect_err(bad);
            assert!(said.contains(told), "{bad}: {said}");
        }
    }

    #[test]
    fn a_list_takes_states_and_a_burial_takes_ids() {
        assert_eq!(parse("list --state dead,blocked --state owed --limit 5"), Ok(()));
        assert!(parse("list --state ded").is_err_and(|said| said.contains("'dead'")));
        assert!(parse("list --limit 0").is_err());
        assert!(parse("dead --state dead").is_err());
        assert!(parse("bury").is_err_and(|said| said.contains("<ID>")));
        assert_eq!(parse("bury msg_a msg_b --project shop"), Ok(()));
    }
}
