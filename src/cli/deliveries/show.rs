//! `antiphon deliveries show`: one delivery with its attempts, what was answered, and its body.

use serde::Deserialize;

use super::server::Whole;
use super::{id, told};
use crate::cli::server::Served;
use crate::cli::{Error, print};

/// Show a callback with its attempts and its body, or a batch under way with its callbacks
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon deliveries show msg_AAEC")]
pub struct Args {
    /// The id of the delivery: its webhook-id
    #[arg(value_name = "ID", value_parser = id)]
    id: String,
    #[command(flatten)]
    served: Served,
    /// Print it as a JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<(), Error> {
    let (_, server) = args.served.reach()?;
    let whole = actix_web::rt::System::new().block_on(server.delivery(&args.id))?;
    if args.json {
        print::line(whole);
    } else {
        let whole = Whole::deserialize(whole).map_err(Error::Answer)?;
        told::page(&whole).iter().for_each(print::line);
    }
    Ok(())
}
