//! `antiphon chat`: a terminal conversation with a running server. Each line is posted until it is answered,
//! and what the server commits is shown as it comes. With its input from a pipe it waits for the outputs of
//! each line before it posts the next, and ends with the last.

mod events;
pub(super) mod show;

use std::collections::HashSet;
use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use antiphon::clock;
use antiphon::model::Record;
use futures_util::future::{Either, select};
use serde_json::json;
use tokio::sync::mpsc;

use super::Error;
use super::door::{Door, Which, id};
use super::post::{Path, Poster, Reply};
use super::print;
use super::style::DIM;
use events::Session;

/// Talk to a running server
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon chat --endpoint support --user ann")]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// The user who speaks
    #[arg(long, value_name = "ID", default_value = "me", value_parser = id)]
    user: String,
    /// The session to go on with; a new one if absent
    #[arg(long, value_name = "ID", value_parser = id)]
    session: Option<String>,
    /// The project folder of the server
    #[arg(default_value = "data")]
    project: PathBuf,
    /// Print each turn as one line of JSON
    #[arg(long)]
    json: bool,
}

struct Chat {
    poster: Poster,
    session: Session,
    lines: mpsc::Receiver<String>,
    turns: mpsc::Receiver<Result<Record, Error>>,
    /// The inputs of this chat; what others said is shown with their words.
    own: HashSet<String>,
    /// The first turn of this chat was there; before it stands what was said in an earlier one.
    began: bool,
    terminal: bool,
    json: bool,
}

/// The waits between two tries of a post double from the first to the last.
const RETRY_MIN: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(5);
/// Turns that were read from the server and not yet shown.
const TURNS_AHEAD: usize = 64;

pub fn run(args: Args) -> Result<(), Error> {
    let door = Door::find(&args.project, &args.which)?;
    actix_web::rt::System::new().block_on(async {
        let poster = Poster::new(door);
        poster.is_there().await?;
        Chat::start(poster, args)?.converse().await
    })
}

impl Chat {
    fn start(poster: Poster, args: Args) -> Result<Chat, Error> {
        let admin_key = poster.door.admin_key()?;
        let id = args.session.unwrap_or_else(clock::id);
        let terminal = io::stdin().is_terminal();
        if terminal {
            let endpoint = &poster.door.endpoint;
            anstream::eprintln!(
                "{DIM}You are {} at {endpoint}, session {id}. Ctrl-D ends.{DIM:#}",
                args.user
            );
        }
        let session = Session { user: args.user, id };
        let (sender, turns) = mpsc::channel(TURNS_AHEAD);
        let url = session.events_url(&poster.door);
        actix_web::rt::spawn(events::follow(url, admin_key, sender));
        let (lines, own, json) = (read_lines(), HashSet::new(), args.json);
        Ok(Chat { poster, session, lines, turns, own, began: false, terminal, json })
    }

    async fn converse(mut self) -> Result<(), Error> {
        loop {
            let next = {
                let (line, turn) = (pin!(self.lines.recv()), pin!(self.turns.recv()));
                match select(line, turn).await {
                    Either::Left((line, _)) => Either::Left(line),
                    Either::Right((turn, _)) => Either::Right(turn),
                }
            };
            match next {
                Either::Left(None) | Either::Right(None) => return Ok(()),
                Either::Left(Some(line)) => self.say(line.trim()).await?,
                Either::Right(Some(turn)) => self.show(&turn?),
            }
        }
    }

    async fn say(&mut self, text: &str) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        let reply = self.post(text).await;
        let Some(accepted) = reply.accepted() else {
            return self.unheard(&reply);
        };
        self.own.insert(accepted.input_id.clone());
        while !self.terminal {
            let Some(turn) = self.turns.recv().await.transpose()? else { break };
            self.show(&turn);
            if turn.input.input_id == accepted.input_id && !turn.suspended {
                break;
            }
        }
        Ok(())
    }

    /// The input was refused, or a transformer dropped it or answered itself. A person may go on; a script ends.
    fn unheard(&self, reply: &Reply) -> Result<(), Error> {
        match reply.problem() {
            Some(problem) if !self.terminal => return Err(Error::Refused(problem)),
            Some(problem) => anstream::eprintln!("{DIM}{problem}{DIM:#}"),
            None => anstream::eprintln!("{DIM}{}{DIM:#}", reply.body),
        }
        Ok(())
    }

    /// Posts until there is an answer that stays the same when the post is repeated. The key lets the
    /// server see that it is one input, however often it comes.
    async fn post(&self, text: &str) -> Reply {
        let body = json!({ "userId": self.session.user, "sessionId": self.session.id, "text": text });
        let key = clock::id();
        let mut wait = RETRY_MIN;
        let mut told = String::new();
        loop {
            let (why, at_least) = match self.poster.post(Path::Input, &body, Some(&key)).await {
                Ok(reply) if !reply.is_for_now() => return reply,
                Ok(reply) => (reply.problem().unwrap_or_default(), reply.retry_after.unwrap_or_default()),
                Err(error) => (error.to_string(), Duration::ZERO),
            };
            let reason = why.lines().next().unwrap_or_default();
            if reason != told {
                anstream::eprintln!("{DIM}{reason}; trying again until there is an answer{DIM:#}");
                reason.clone_into(&mut told);
            }
            actix_web::rt::time::sleep(wait.max(at_least)).await;
            wait = (wait * 2).min(RETRY_MAX);
        }
    }

    /// A script is not shown what was said before it, so that its output does not depend on that.
    fn show(&mut self, turn: &Record) {
        let own = self.own.contains(&turn.input.input_id);
        self.began |= own;
        if !self.terminal && !self.began {
            return;
        }
        if self.json {
            let line = serde_json::to_string(turn).expect("a record is plain data");
            return print::line(line);
        }
        // What goes on behind a wait is still about the same words.
        self.own.insert(turn.input.input_id.clone());
        for line in show::lines(turn, own) {
            print::line(line);
        }
        for line in show::notes(turn) {
            anstream::eprintln!("{line}");
        }
    }
}

/// A thread of its own, because reading a terminal cannot be given up; it ends with the process.
fn read_lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    lines
}
