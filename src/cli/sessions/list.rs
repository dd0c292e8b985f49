//! `antiphon sessions list`: a table of the sessions that live.

use antiphon::clock;
use antiphon::model::span_ms;
use serde_json::json;

use super::Where;
use super::server::Listed;
use crate::cli::plain::plain;
use crate::cli::server::Server;
use crate::cli::words::{stands, time};
use crate::cli::{Error, print, table};

/// List the sessions that live
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon sessions list --endpoint support --since 7d")]
pub struct Args {
    #[command(flatten)]
    place: Where,
    /// Only those that were active in this time, such as 30m, 12h or 7d
    #[arg(long, value_name = "SPAN", value_parser = span_ms)]
    since: Option<u64>,
    /// Print the list as a JSON array
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<(), Error> {
    let (server, endpoints) = Server::find(&args.place.served.project()?, &args.place)?;
    let since = args.since.map(|ms| clock::now().saturating_sub(ms));
    let sessions = actix_web::rt::System::new().block_on(server.sessions(&endpoints, since, false))?;
    if args.json {
        print::line(json!(sessions));
    } else if sessions.is_empty() {
        print::line("no sessions");
    } else {
        table::print(&rows(&sessions));
    }
    Ok(())
}

fn rows(sessions: &[Listed]) -> Vec<String> {
    let mut rows = vec!["ENDPOINT\tUSER\tSESSION\tTURNS\tLAST ACTIVE\tTHE FLOW".to_owned()];
    for session in sessions {
        let Listed { endpoint, user_id, session_id, turns, last_active_at, position, .. } = session;
        let names = [endpoint, user_id, session_id].map(|name| plain(name)).join("\t");
        rows.push(format!("{names}\t{turns}\t{}\t{}", time(*last_active_at), stands(position)));
    }
    rows
}

#[cfg(test)]
mod tests {
    use antiphon::model::Position;

    use super::*;

    #[test]
    fn the_columns_line_up_whatever_stands_in_them() {
        let listed = |user: &str, turns| Listed {
            endpoint: "shop".to_owned(),
            user_id: user.to_owned(),
            session_id: "1".to_owned(),
            started_at: 0,
            last_active_at: 0,
            turns,
            inputs: 1,
            outputs: 1,
            position: Position::Start,
            ended: false,
        };
        let table = table::aligned(&rows(&[listed("ann", 7), listed("somebody with\ta tab", 1_000)]));
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 3, "{table}");
        let column = lines[0].find("TURNS").unwrap();
        assert_eq!(&lines[1][column..column + 2], "7 ", "{table}");
        assert_eq!(&lines[2][column..column + 4], "1000", "{table}");
        assert!(lines[2].contains("somebody with\\ta tab"), "{table}");
    }
}
