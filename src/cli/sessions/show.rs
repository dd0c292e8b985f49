//! `antiphon sessions show`: the state of a session, and then all its turns as a chat shows them.

use std::collections::HashSet;

use antiphon::model::{Record, SessionId};
use serde_json::{Value, json};

use super::Where;
use super::server::State;
use crate::cli::chat::show;
use crate::cli::plain::words;
use crate::cli::server::Server;
use crate::cli::style::{BOLD, DIM};
use crate::cli::words::{count, name, stands, time};
use crate::cli::{Error, print};

/// Show the state and the turns of a session
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon sessions show --user ann --session 1")]
pub struct Args {
    #[command(flatten)]
    place: Where,
    /// The user of the session
    #[arg(long, value_name = "ID")]
    user: String,
    /// The session
    #[arg(long, value_name = "ID")]
    session: String,
    /// Print state and transcript as one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<(), Error> {
    let server = Server::of_one(&args.place.served.project()?, &args.place)?;
    let endpoint = server.endpoint().to_owned();
    let id = SessionId { endpoint, user_id: args.user, session_id: args.session };
    let (state, turns) = actix_web::rt::System::new().block_on(async {
        let state = server.state(&id).await?;
        let turns = server.transcript(&id, &state.session).await?;
        Ok::<_, Error>((state, turns))
    })?;
    if args.json {
        print::line(json!({ "state": state, "transcript": turns }));
    } else {
        about(&id, &state).iter().for_each(print::line);
        conversation(&turns).iter().for_each(print::line);
    }
    Ok(())
}

fn about(id: &SessionId, state: &State) -> Vec<String> {
    let session = &state.session;
    let mut lines = vec![
        format!("{BOLD}{}{BOLD:#}", name(id)),
        format!("began {}, last active {}", time(session.started_at), time(session.last_active_at)),
        format!(
            "{}, {}, {}; the flow: {}",
            count(session.turns, "turn"),
            count(session.inputs, "input"),
            count(session.outputs, "output"),
            stands(&session.position)
        ),
    ];
    if !state.context.is_empty() {
        lines.push(format!("{DIM}context {}{DIM:#}", words(&Value::from(state.context.clone()).to_string())));
    }
    lines.push(String::new());
    lines
}

/// What was said and what happened; the words of an input once, though its flow went on several times.
pub fn conversation(turns: &[Record]) -> Vec<String> {
    let mut heard = HashSet::new();
    let mut lines = Vec::new();
    for turn in turns {
        let again = !heard.insert(turn.input.input_id.as_str());
        lines.extend(show::lines(turn, again));
        lines.extend(show::notes(turn));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(turn: u64, input: &str, said: &str) -> Record {
        let outputs = json!([{ "sequence": turn, "text": said, "source": "bot" }]);
        serde_json::from_value(json!({
            "turn": turn, "sequence": 1, "at": 1, "seed": 1, "outputs": outputs,
            "input": { "inputId": input, "traceId": "t", "source": "user", "text": input, "receivedAt": 1 },
        }))
        .unwrap()
    }

    #[test]
    fn the_words_of_an_input_stand_once_though_its_flow_went_on_later() {
        let turns = [turn(1, "hi", "one moment"), turn(2, "hi", "here it is"), turn(3, "bye", "so long")];
        let lines: Vec<String> =
            conversation(&turns).iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect();
        assert_eq!(lines, ["> hi", "one moment", "here it is", "> bye", "so long"]);
    }
}
