//! `antiphon inject` and `antiphon notify`: outside data starts a turn of a live session, outside words reach
//! its user. One try; a script that must be sure posts again with a key of its own.

use std::path::PathBuf;

use antiphon::model::Map;
use serde_json::json;

use super::Error;
use super::door::{Door, Which};
use super::post::{Path, Poster};
use super::print;

#[derive(clap::Args)]
#[group(required = true, multiple = true, args = ["text", "data"])]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// The user of the session
    #[arg(long, value_name = "ID")]
    user: String,
    /// The session; it must exist
    #[arg(long, value_name = "ID")]
    session: String,
    /// The words
    #[arg(long)]
    text: Option<String>,
    /// A JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    data: Option<Map>,
    /// Two posts with the same key are one input
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// The project folder of the server
    #[arg(default_value = "data")]
    project: PathBuf,
    /// Print the server's answer as it came
    #[arg(long)]
    json: bool,
}

pub fn run(path: Path, args: Args) -> Result<(), Error> {
    let door = Door::find(&args.project, &args.which)?;
    let body =
        json!({ "userId": args.user, "sessionId": args.session, "text": args.text, "data": args.data });
    let key = args.idempotency_key.as_deref();
    let post = async { Poster::new(door).post(path, &body, key).await };
    let reply = actix_web::rt::System::new().block_on(post)?;
    if let Some(problem) = reply.problem() {
        return Err(Error::Refused(problem));
    }
    match reply.accepted().filter(|_| !args.json) {
        Some(accepted) => {
            let (number, trace) = (accepted.sequence, accepted.trace_id);
            print::line(format_args!("accepted as input {number} of the session (trace {trace})"));
        }
        None => print::line(&reply.body),
    }
    Ok(())
}

fn object(text: &str) -> Result<Map, String> {
    serde_json::from_str(text)
        .map_err(|error| format!("{error}; write a JSON object such as {{\"event\":\"paid\"}}"))
}
