//! `antiphon deliveries redeliver`: named deliveries, or all dead and blocked ones that a filter leaves, are tried again.

use std::collections::BTreeMap;

use antiphon::project::Project;
use clap::ArgGroup;

use super::list::nothing;
use super::server::{Listed, Order};
use super::{Filter, ask, id, told};
use crate::cli::server::{ServedByFlag, Server};
use crate::cli::words::count;
use crate::cli::{Error, print, table};

/// The start of its session's life, its place in it, and its id.
type Placed = (Option<u64>, Option<u64>, String);

/// Have callbacks tried again: named ones, or those that are dead or blocked
///
/// A dead one is owed again, before what its session owes otherwise; a blocked one gets its attempts anew; a named one that
/// waits for its next attempt goes at once.
#[derive(clap::Args)]
#[command(
    after_help = "Example: antiphon deliveries redeliver --endpoint support --since 12h",
    group = ArgGroup::new("which").required(true).multiple(true)
        .args(["ids", "endpoint", "user", "session", "since", "until", "all"])
)]
pub struct Args {
    /// The ids of the deliveries
    #[arg(
        value_name = "ID",
        value_parser = id,
        conflicts_with_all = ["endpoint", "user", "session", "since", "until", "all", "dry_run"]
    )]
    ids: Vec<String>,
    #[command(flatten)]
    filter: Filter,
    /// All that are dead or blocked
    #[arg(long, conflicts_with_all = ["endpoint", "user", "session", "since", "until"])]
    all: bool,
    /// Only list those that would go
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    served: ServedByFlag,
}

pub fn run(args: Args) -> Result<(), Error> {
    let (project, server) = args.served.reach()?;
    actix_web::rt::System::new().block_on(async {
        if args.ids.is_empty() {
            return many(&args, &project, &server).await;
        }
        let (report, ended) = ask::all(&server, Order::Redeliver, vec![args.ids], false).await;
        report.print();
        ended?;
        report.outcome()
    })
}

/// Lists before it asks: what dies again meanwhile is not taken a second time.
async fn many(args: &Args, project: &Project, server: &Server) -> Result<(), Error> {
    let (items, _) = server.deliveries(&["dead"], &args.filter.parameters(), usize::MAX).await?;
    let listed = Listed::read(&items)?;
    if listed.is_empty() {
        print::line(nothing(project, &args.filter));
        return Ok(());
    }
    if args.dry_run {
        table::print(&told::rows(&listed));
        print::line(format_args!("{} would go again", count(listed.len() as u64, "callback")));
        return Ok(());
    }
    let (sessions, unreadable) = by_session(listed);
    let (mut report, ended) = ask::all(server, Order::Redeliver, sessions, true).await;
    unreadable.into_iter().for_each(|(id, reason)| report.fail(id, reason));
    report.print();
    ended?;
    report.outcome()
}

/// The ids of each session in their order; and those that cannot be read, with the reasons.
fn by_session(listed: Vec<Listed>) -> (Vec<Vec<String>>, Vec<(String, String)>) {
    let mut sessions: BTreeMap<[Option<String>; 3], Vec<Placed>> = BTreeMap::new();
    let mut unreadable = Vec::new();
    for Listed { id, endpoint, user_id, session_id, started_at, sequence, error, .. } in listed {
        let Some(id) = id else { continue };
        match error {
            Some(error) => unreadable.push((id, error)),
            None => {
                let session = sessions.entry([endpoint, user_id, session_id]).or_default();
                session.push((started_at, sequence, id));
            }
        }
    }
    let in_order = |mut ids: Vec<Placed>| {
        ids.sort_unstable();
        ids.into_iter().map(|(_, _, id)| id).collect()
    };
    (sessions.into_values().map(in_order).collect(), unreadable)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn those_of_a_session_go_in_order_though_a_list_has_blocked_ones_before_dead_ones() {
        let item = |user: &str, life: u64, sequence: u64| {
            json!({ "id": format!("msg_{user}{life}{sequence}"), "endpoint": "shop", "userId": user, "sessionId": "1",
                    "startedAt": life, "sequence": sequence, "createdAt": 1, "state": "dead", "attempts": 1 })
        };
        let torn =
            json!({ "id": "msg_torn", "startedAt": 1, "sequence": 1, "state": "dead", "error": "torn" });
        let items = [item("bob", 2, 3), item("ann", 1, 1), torn, item("bob", 2, 1), item("bob", 1, 11)];
        let (sessions, unreadable) = by_session(Listed::read(&items).unwrap());
        assert_eq!(sessions, [vec!["msg_ann11"], vec!["msg_bob111", "msg_bob21", "msg_bob23"]]);
        assert_eq!(unreadable, [("msg_torn".to_owned(), "torn".to_owned())]);
    }
}
