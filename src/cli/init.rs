//! `antiphon init`: a new project folder. The door's token is drawn here, because the project draws no chance.

use std::path::PathBuf;

use antiphon::clock;
use antiphon::project;

use super::{Error, print};

/// Make a new project folder
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon init shop")]
pub struct Args {
    /// The folder to make; it must be empty or not exist
    dir: PathBuf,
}

pub fn run(args: Args) -> Result<(), Error> {
    print::line(project::init(&args.dir, &clock::secret())?.trim_end());
    Ok(())
}
