//! `antiphon deliveries bury`: gives up callbacks that wait, so that their sessions go on with the next.

use super::server::Order;
use super::{ask, id};
use crate::cli::Error;
use crate::cli::server::ServedByFlag;

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
    #[command(flatten)]
    served: ServedByFlag,
}

pub fn run(args: Args) -> Result<(), Error> {
    let (_, server) = args.served.reach()?;
    let asked = ask::all(&server, Order::Bury, vec![args.ids], false);
    let (report, ended) = actix_web::rt::System::new().block_on(asked);
    report.print();
    ended?;
    report.outcome()
}
