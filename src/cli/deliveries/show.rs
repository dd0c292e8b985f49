//! `antiphon deliveries show`: one delivery with its attempts, what was answered, and its body.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::server::Whole;
use super::{id, told};
use crate::cli::server::Server;
use crate::cli::{Error, door, print, settings};

/// Show a callback with its attempts and its body, or a batch under way with its callbacks
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon deliveries show msg_AAEC")]
pub struct Args {
    /// The id of the delivery: its webhook-id
    #[arg(value_name = "ID", value_parser = id)]
    id: String,
    /// Where the server is; if absent, at the address of the project's settings
    #[arg(long, value_name = "BASE", value_parser = door::server)]
    url: Option<Url>,
    /// The project folder of the server
    #[arg(default_value = "data")]
    project: PathBuf,
    /// Print it as a JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<(), Error> {
    let server = Server::of(&settings::load(&args.project, &[])?, args.url)?;
    let whole = actix_web::rt::System::new().block_on(server.delivery(&args.id))?;
    if args.json {
        print::line(whole);
    } else {
        let whole = Whole::deserialize(whole).map_err(Error::Answer)?;
        told::page(&whole).iter().for_each(print::line);
    }
    Ok(())
}
