//! `antiphon init`: a new project folder. The door's token is drawn here, because the project draws no chance.

use std::path::PathBuf;

use antiphon::clock;
use antiphon::project;

use super::Error;

/// Make a new project folder
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon init shop")]
pub struct Args {
    /// The folder to make; it must be empty or not exist
    dir: PathBuf,
}

pub fn run(args: Args) -> Result<(), Error> {
    let token: String = (0..4).map(|_| format!("{:016x}", clock::seed())).collect();
    anstream::print!("{}", project::init(&args.dir, &token)?);
    Ok(())
}
