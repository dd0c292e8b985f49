//! `antiphon test`: plays the conversation tests of a project, or writes one from a session of a running server.

mod record;
mod show;

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use antiphon::rehearsal::{self, Test, Tests};
use antiphon::yaml::Fault;
use clap::error::ErrorKind;

use super::door::Which;
use super::{Error, settings};
use show::Report;

/// Run the conversation tests of a project
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon test data order")]
pub struct Args {
    /// The project folder
    #[arg(default_value = "data")]
    project: PathBuf,
    /// Run only those with this in their name
    filter: Option<String>,
    /// Print what came of each test as one JSON object
    #[arg(long)]
    json: bool,
    /// Write a test from this session of the running server instead
    #[arg(long, value_name = "SESSION", requires = "user", conflicts_with_all = ["filter", "json"])]
    record: Option<String>,
    /// The user of that session
    #[arg(long, value_name = "ID", requires = "record")]
    user: Option<String>,
    /// The file to write, tests/NAME.yaml in the project; if absent, to standard output
    #[arg(long, value_name = "FILE", requires = "record", value_parser = record::file)]
    to: Option<String>,
    #[command(flatten)]
    which: Which,
}

pub fn run(args: Args) -> Result<(), Error> {
    match (&args.record, &args.user) {
        (Some(session), Some(user)) => {
            record::run(&args.project, &args.which, (user, session), args.to.as_deref())
        }
        _ if args.which.is_given() => {
            let text = "--endpoint, --url and --webhook-key say which session to --record\n";
            clap::Error::raw(ErrorKind::MissingRequiredArgument, text).exit()
        }
        _ => test(args),
    }
}

fn test(args: Args) -> Result<(), Error> {
    let began = Instant::now();
    let project = settings::load(&args.project, &[])?;
    let filter = args.filter.unwrap_or_default();
    let Tests { tests, faults } = rehearsal::read(&args.project, &settings::env);
    let names: Vec<&str> = tests.iter().map(|test| test.name.as_str()).collect();
    let faults: Vec<_> = faults.into_iter().filter(|fault| name(fault).contains(&filter)).collect();
    let chosen: Vec<&Test> = tests.iter().filter(|test| test.name.contains(&filter)).collect();
    if chosen.is_empty() && faults.is_empty() {
        return Err(none(&args.project, &filter, &names));
    }
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let failures = rehearsal::run_all(&chosen, &project, threads);
    let report = Report { tests: &chosen, failures, faults, took: began.elapsed() };
    if args.json {
        report.print_json();
    } else {
        report.print();
    }
    match report.failed() {
        0 => Ok(()),
        count => Err(Error::TestsFailed(count)),
    }
}

/// `order` of a fault in `tests/order.yaml`.
fn name(fault: &Fault) -> &str {
    let file = fault.place.file.as_str();
    file.trim_start_matches("tests/").trim_end_matches(".yaml")
}

fn none(project: &Path, filter: &str, names: &[&str]) -> Error {
    if names.is_empty() {
        return Error::NoTests(project.to_owned());
    }
    Error::NoSuchTest { filter: filter.to_owned(), known: names.join(", ") }
}
