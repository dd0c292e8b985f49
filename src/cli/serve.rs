//! `antiphon serve`: the server, from its arguments to its end.

use std::path::PathBuf;

use super::{Error, settings};

/// Serve a project
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon serve data --listen 0.0.0.0:8080 --state /var/lib/antiphon")]
pub struct Args {
    /// The project folder
    #[arg(default_value = "data")]
    project: PathBuf,
    /// Where to listen; 127.0.0.1:8080 unless the project says otherwise
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The folder with all that must survive a restart; PROJECT/.state unless the project says otherwise
    #[arg(long, value_name = "DIR")]
    state: Option<String>,
}

pub fn run(args: Args) -> Result<(), Error> {
    let flags = [("--listen", "listen", args.listen.as_deref()), ("--state", "state", args.state.as_deref())];
    settings::load(&args.project, &flags)?;
    Err(Error::Serve("this build has no server yet".to_owned()))
}
