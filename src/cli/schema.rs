//! `antiphon schema`: the JSON Schema of each kind of project file, for editors that complete and check.

use std::path::PathBuf;

use antiphon::project::{self, LoadError, documents};
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};

use super::{Error, print};

/// Print the JSON Schema of a kind of project file, for editors
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon schema flow")]
pub struct Args {
    /// The kind of file; without it, they are listed
    #[arg(value_parser = PossibleValuesParser::new(documents().map(|document| document.name)))]
    kind: Option<String>,
    /// Write all of them into this project, where its files name them
    #[arg(long, value_name = "PROJECT", conflicts_with = "kind")]
    write: Option<PathBuf>,
    /// Print the list as a JSON array
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<(), Error> {
    match (args.write, args.kind) {
        (Some(project), _) => write(project, args.json)?,
        (None, Some(kind)) => {
            let document = documents().into_iter().find(|document| document.name == kind);
            let document = document.expect("the grammar takes no other word");
            print::line(project::schema_text(document).trim_end());
        }
        (None, None) if args.json => print::line(Value::from_iter(documents().map(
            |document| json!({ "kind": document.name, "files": document.files, "about": document.doc }),
        ))),
        (None, None) => documents().into_iter().for_each(|document| {
            print::line(format_args!("{:<10}{}", document.name, document.files));
        }),
    }
    Ok(())
}

fn write(project: PathBuf, json: bool) -> Result<(), Error> {
    if !project.is_dir() {
        return Err(LoadError::NoFolder(project).into());
    }
    let written = project::write_schemas(&project)
        .map_err(|source| Error::Schemas { project: project.clone(), source })?;
    if json {
        print::line(json!(written));
    } else if written.is_empty() {
        print::line(format_args!("{}: the schemas are those of this version", project.display()));
    }
    if !json {
        written.iter().for_each(|path| print::line(path.display()));
    }
    Ok(())
}
