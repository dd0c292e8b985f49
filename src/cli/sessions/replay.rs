//! `antiphon sessions replay`: recorded sessions run again, in the programs they ran in or in a changed project, and the first
//! difference of each is shown.

use std::path::PathBuf;

use antiphon::clock;
use antiphon::model::{SessionId, span_ms};
use antiphon::replay::{Difference, Recording};
use futures_util::{StreamExt, stream};
use indicatif::HumanCount;
use serde_json::{Value, json};

use super::Where;
use super::judge::{Judge, Verdict};
use super::server::Listed;
use super::tell;
use crate::cli::plain::words;
use crate::cli::progress::Progress;
use crate::cli::server::Server;
use crate::cli::style::{DIM, WRONG};
use crate::cli::words::{count, name};
use crate::cli::{Error, print, settings};

/// Run recorded sessions again and show the first difference
///
/// Without --project each turn runs in the program that it ran in, and must come out to the byte. With it, the sessions run
/// through the flows of that project: what would this change have said? Nobody is called: what was answered once is taken from
/// the recording. Settings and variables are those of this command, so run it where the server's are set.
///
/// Sessions that ended or expired are played too, each in its last life; earlier lives are not. Programs are those of the
/// recording; the endpoint's locale and time zone and the limits are those of the project now, so an edit of them can show as
/// a difference. A timeout or reminder that a changed flow lets come later than recorded is played at the recorded time.
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon sessions replay --since 7d --project changed")]
pub struct Args {
    #[command(flatten)]
    place: Where,
    /// The user of one session
    #[arg(
        long,
        value_name = "ID",
        requires = "session",
        conflicts_with = "since",
        required_unless_present = "since"
    )]
    user: Option<String>,
    /// The session
    #[arg(long, value_name = "ID", requires = "user")]
    session: Option<String>,
    /// All sessions that were active in this time, such as 30m, 12h or 7d
    #[arg(long, value_name = "SPAN", value_parser = span_ms)]
    since: Option<u64>,
    /// The folder of a changed project, whose flows the sessions run through
    #[arg(long = "project", value_name = "NEW")]
    changed: Option<PathBuf>,
    /// Print counts and all differences as one JSON object
    #[arg(long)]
    json: bool,
}

/// Differences that are shown; more than that nobody reads, and --json has them all.
const SHOWN_MAX: usize = 20;
/// Recordings that are fetched ahead.
const AHEAD: usize = 8;
/// How the refusal of a session begins that is not there.
const GONE: &str = "404 unknown-session";

pub fn run(args: Args) -> Result<(), Error> {
    let project = args.place.served.project()?;
    let (server, endpoints) = match &args.user {
        Some(_) => {
            let server = Server::of_one(&project, &args.place)?;
            let endpoints = vec![server.endpoint().to_owned()];
            (server, endpoints)
        }
        None => Server::find(&project, &args.place)?,
    };
    let judge = match &args.changed {
        Some(folder) => Judge::of_changed(settings::load(folder, &[])?, folder.clone(), &endpoints)?,
        None => Judge::of_recorded(project),
    };
    let report = actix_web::rt::System::new().block_on(async {
        let ids = wanted(&args, &server, &endpoints).await?;
        replay_all(&server, judge, ids, args.since.is_some()).await
    })?;
    report.print(args.json);
    report.outcome()
}

async fn wanted(args: &Args, server: &Server, endpoints: &[String]) -> Result<Vec<SessionId>, Error> {
    if let (Some(user), Some(session)) = (&args.user, &args.session) {
        let (endpoint, user_id, session_id) = (endpoints[0].clone(), user.clone(), session.clone());
        return Ok(vec![SessionId { endpoint, user_id, session_id }]);
    }
    let since = args.since.map(|ms| clock::now().saturating_sub(ms));
    Ok(server.sessions(endpoints, since, true).await?.iter().map(Listed::id).collect())
}

async fn replay_all(
    server: &Server,
    mut judge: Judge,
    ids: Vec<SessionId>,
    listed: bool,
) -> Result<Report, Error> {
    let mut progress = Progress::new(ids.len() as u64, "sessions");
    let fetch = |id: SessionId| async move { (id.clone(), server.recording(id).await) };
    let mut recordings = stream::iter(ids).map(fetch).buffered(AHEAD);
    let mut report = Report::default();
    while let Some((id, recording)) = recordings.next().await {
        match recording {
            Ok(recording) => {
                let verdict = judge.judge(server, &recording).await?;
                report.take(recording, verdict);
            }
            // It was in the list.
            Err(Error::Refused(problem)) if listed && problem.starts_with(GONE) => report.gone += 1,
            Err(Error::Refused(problem)) => report.failed.push((id, problem)),
            Err(error @ Error::Unaddressable(_)) => report.failed.push((id, error.to_string())),
            Err(other) => return Err(other),
        }
        progress.step();
    }
    progress.end();
    Ok(report)
}

#[derive(Default)]
struct Report {
    same: u64,
    differ: Vec<(SessionId, Difference)>,
    /// The first differences, as they are shown.
    told: Vec<Vec<String>>,
    failed: Vec<(SessionId, String)>,
    /// They were in the list and nowhere when they were asked for.
    gone: u64,
}

impl Report {
    fn take(&mut self, recording: Recording, verdict: Verdict) {
        match verdict {
            Verdict::Same => self.same += 1,
            Verdict::Differs(difference) => {
                if self.told.len() < SHOWN_MAX {
                    self.told.push(tell::lines(&recording, &difference));
                }
                self.differ.push((recording.id, difference));
            }
            Verdict::Failed(reason) => self.failed.push((recording.id, reason)),
        }
    }

    fn sessions(&self) -> u64 {
        self.same + (self.differ.len() + self.failed.len()) as u64 + self.gone
    }

    fn print(&self, json: bool) {
        if json {
            return print::line(self.json());
        }
        for told in &self.told {
            told.iter().for_each(print::line);
            print::line("");
        }
        if let Some(more) = more(self.differ.len()) {
            print::line(format_args!("{more}\n"));
        }
        for (id, reason) in self.failed.iter().take(SHOWN_MAX) {
            print::line(format_args!("{}: {WRONG}not replayed: {}{WRONG:#}", name(id), words(reason)));
        }
        more(self.failed.len()).iter().for_each(print::line);
        print::line(self.summary());
    }

    /// `1,204 sessions: 1,190 the same, 14 differ`
    fn summary(&self) -> String {
        let parts = [
            (self.same, "the same"),
            (self.differ.len() as u64, if self.differ.len() == 1 { "differs" } else { "differ" }),
            (self.failed.len() as u64, "not replayed"),
            (self.gone, "gone"),
        ];
        let parts = parts.iter().filter(|(number, _)| *number > 0);
        let parts: Vec<String> =
            parts.map(|(number, what)| format!("{} {what}", HumanCount(*number))).collect();
        if parts.is_empty() {
            return "no sessions".to_owned();
        }
        format!("{}: {}", count(self.sessions(), "session"), parts.join(", "))
    }

    fn json(&self) -> Value {
        let differences: Vec<Value> =
            self.differ.iter().map(|(id, difference)| about(id, "difference", json!(difference))).collect();
        let failures: Vec<Value> =
            self.failed.iter().map(|(id, reason)| about(id, "reason", json!(reason))).collect();
        json!({
            "sessions": self.sessions(),
            "same": self.same,
            "differ": differences.len(),
            "notReplayed": failures.len(),
            "gone": self.gone,
            "differences": differences,
            "failures": failures,
        })
    }

    fn outcome(&self) -> Result<(), Error> {
        if self.differ.is_empty() && self.failed.is_empty() {
            return Ok(());
        }
        Err(Error::Replay { differ: self.differ.len(), failed: self.failed.len() })
    }
}

/// What is told of those that are not shown.
fn more(number: usize) -> Option<String> {
    let more = number.checked_sub(SHOWN_MAX).filter(|more| *more > 0)?;
    Some(format!("{DIM}and {} more; --json has them all{DIM:#}", HumanCount(more as u64)))
}

/// Something about a session, with its names.
fn about(id: &SessionId, what: &str, value: Value) -> Value {
    json!({ "endpoint": id.endpoint, "userId": id.user_id, "sessionId": id.session_id, what: value })
}

#[cfg(test)]
mod tests {
    use antiphon::replay::What;

    use super::*;

    fn id(number: usize) -> SessionId {
        let [endpoint, user_id, session_id] = ["shop", "ann", &number.to_string()].map(str::to_owned);
        SessionId { endpoint, user_id, session_id }
    }

    fn report(same: u64, differ: usize, failed: usize) -> Report {
        let difference = |n| {
            let what = What::Event { why: "none".to_owned() };
            (id(n), Difference { turn: 1, what, then: None })
        };
        let failure = |n| (id(n), "gone".to_owned());
        let (differ, failed) = ((0..differ).map(difference).collect(), (0..failed).map(failure).collect());
        Report { same, differ, told: Vec::new(), failed, gone: 0 }
    }

    #[test]
    fn the_summary_counts_what_there_is() {
        assert_eq!(report(1_190, 14, 0).summary(), "1,204 sessions: 1,190 the same, 14 differ");
        assert_eq!(report(0, 1, 2).summary(), "3 sessions: 1 differs, 2 not replayed");
        assert_eq!(report(1, 0, 0).summary(), "1 session: 1 the same");
        assert_eq!(report(0, 0, 0).summary(), "no sessions");
    }

    #[test]
    fn a_difference_or_a_session_that_was_not_replayed_is_a_failure() {
        assert!(report(3, 0, 0).outcome().is_ok());
        let with_gone = Report { gone: 2, ..report(3, 0, 0) };
        assert!(with_gone.outcome().is_ok());
        assert_eq!(with_gone.summary(), "5 sessions: 3 the same, 2 gone");
        assert!(report(3, 1, 0).outcome().is_err());
        let failed = report(3, 0, 1).outcome().unwrap_err().to_string();
        assert_eq!(failed, "0 sessions differ, 1 session was not replayed");
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        assert_eq!(more(SHOWN_MAX), None);
        let told = more(SHOWN_MAX + 1_204).unwrap();
        assert_eq!(anstream::adapter::strip_str(&told).to_string(), "and 1,204 more; --json has them all");
    }

    #[test]
    fn the_json_names_every_session_that_differs() {
        let json = report(1, 25, 1).json();
        assert_eq!((&json["sessions"], &json["differ"]), (&json!(27), &json!(25)));
        assert_eq!(json["differences"][24]["sessionId"], "24");
        assert_eq!(
            json["differences"][0]["difference"],
            json!({ "turn": 1, "what": "event", "why": "none" })
        );
        assert_eq!(json["failures"][0]["reason"], "gone");
    }
}
