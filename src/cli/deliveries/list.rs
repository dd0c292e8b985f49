//! `antiphon deliveries list` and `dead`: tables of deliveries.

use antiphon::project::Project;
use serde_json::json;

use super::Filter;
use super::server::Listed;
use super::told;
use crate::cli::server::Served;
use crate::cli::style::DIM;
use crate::cli::{Error, print, table};

/// List callbacks: those owed, then those given up, then those delivered
#[derive(clap::Args)]
#[command(
    after_help = "Example: antiphon deliveries list --endpoint support --state retrying,dead --since 1h"
)]
pub struct Args {
    #[command(flatten)]
    list: Shared,
    /// Only those in this state; several as a list
    #[arg(long, value_delimiter = ',', value_parser = ["owed", "retrying", "blocked", "dead", "delivered"])]
    state: Vec<String>,
}

/// List the callbacks that wait for a person: dead ones, and those that block their session
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon deliveries dead --since 12h")]
pub struct DeadArgs {
    #[command(flatten)]
    list: Shared,
}

/// What both lists take.
#[derive(clap::Args)]
struct Shared {
    #[command(flatten)]
    filter: Filter,
    /// So many at the most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    #[command(flatten)]
    served: Served,
    /// Print the list as a JSON array
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<(), Error> {
    let states = (!args.state.is_empty()).then(|| args.state.join(","));
    show(&args.list, &[], &[("state", states)])
}

pub fn run_dead(args: DeadArgs) -> Result<(), Error> {
    show(&args.list, &["dead"], &[])
}

fn show(args: &Shared, list: &[&str], more: &[(&'static str, Option<String>)]) -> Result<(), Error> {
    let (project, server) = args.served.reach()?;
    let which = [&args.filter.parameters(), more].concat();
    let max = args.limit as usize;
    let (items, more) = actix_web::rt::System::new().block_on(server.deliveries(list, &which, max))?;
    if args.json {
        print::line(json!(items));
    } else if items.is_empty() {
        print::line(nothing(&project, &args.filter));
    } else {
        table::print(&told::rows(&Listed::read(&items)?));
    }
    if more {
        anstream::eprintln!("{DIM}there may be more; --limit shows more than {max}{DIM:#}");
    }
    Ok(())
}

/// Deliveries can outlive their endpoint, so a name that the project has not is no mistake until nothing is found.
pub fn nothing(project: &Project, filter: &Filter) -> String {
    let unknown = filter.endpoint.as_ref().filter(|name| !project.endpoints.contains_key(*name));
    match unknown {
        None => "no deliveries".to_owned(),
        Some(name) => {
            let known: Vec<&str> = project.endpoints.keys().map(String::as_str).collect();
            format!(
                "no deliveries; there is no endpoint {name:?} in the project, it has {}",
                known.join(", ")
            )
        }
    }
}
