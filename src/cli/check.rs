//! `antiphon check`: every fault of a project, one line each, as an editor can jump to it.

use std::path::{Path, PathBuf};

use antiphon::model::Place;
use antiphon::project::{LoadError, has_stale_schemas};
use antiphon::rehearsal;
use antiphon::yaml::Fault;
use serde_json::{Value, json};

use super::{Error, print, settings};

/// Validate a project
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon check data")]
pub struct Args {
    /// The project folder
    #[arg(default_value = "data")]
    project: PathBuf,
    /// Print the faults as a JSON array
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<(), Error> {
    let mut faults = match settings::load(&args.project, &[]) {
        Ok(_) => Vec::new(),
        Err(Error::Load(LoadError::Faults(faults))) => faults,
        Err(error) => return Err(error),
    };
    // No server looks at the tests, so they are no part of what is loaded.
    faults.extend(rehearsal::read(&args.project, &settings::env).faults);
    faults.sort();
    if args.json {
        print::line(Value::from_iter(faults.iter().map(json)));
    } else {
        faults.iter().for_each(print::line);
    }
    if !faults.is_empty() {
        return Err(Error::Faults { count: faults.len(), project: args.project });
    }
    if !args.json {
        print::line(format_args!("{}: no faults", args.project.display()));
        tell_of_schemas(&args.project);
    }
    Ok(())
}

/// No fault: editors know less than they could, that is all.
fn tell_of_schemas(project: &Path) {
    if has_stale_schemas(project) {
        let folder = project.display();
        anstream::eprintln!(
            "{folder}/.schemas is of another version of Antiphon; `antiphon schema --write {folder}` renews it"
        );
    }
}

fn json(fault: &Fault) -> Value {
    let Place { file, line, column } = &fault.place;
    json!({ "file": file, "line": line, "column": column, "text": fault.text })
}
