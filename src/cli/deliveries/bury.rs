//! `antiphon deliveries bury`: gives up callbacks that wait, so that their sessions go on with the next.

use std::path::PathBuf;

use url::Url;

use super::server::Order;
use super::{ask, id};
use crate::cli::server::Server;
use crate::cli::{Error, door, settings};

/// Give up callbacks that are blocked or wait for their next attempt
///
/// Each becomes a dead letter, and its session goes on with the next callback. Those that go in the same batch are given up
/// with it.
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon deliveries bury msg_AAEC")]
pub struct Args {
    /// The ids of the deliveries
    #[arg(value_name = "ID", value_parser = id, required = true)]
    ids: Vec<String>,
    /// Where the server is; if absent, at the address of the project's settings
    #[arg(long, value_name = "BASE", value_parser = door::server)]
    url: Option<Url>,
    /// The project folder of the server
    #[arg(long, value_name = "FOLDER", default_value = "data")]
    project: PathBuf,
}

pub fn run(args: Args) -> Result<(), Error> {
    let server = Server::of(&settings::load(&args.project, &[])?, args.url)?;
    let asked = ask::all(&server, Order::Bury, vec![args.ids], false);
    let (report, ended) = actix_web::rt::System::new().block_on(asked);
    report.print();
    ended?;
    report.outcome()
}
