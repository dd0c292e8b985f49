//! Has something done with many deliveries, a few at a time and each session's in order, and tells what came of it.

use futures_util::{StreamExt, stream};
use indicatif::HumanCount;

use super::server::{Asked, Order};
use crate::cli::plain::plain;
use crate::cli::progress::Progress;
use crate::cli::server::Server;
use crate::cli::style::{DIM, WRONG};
use crate::cli::{Error, print};

/// Sessions that are worked on at the same time: each asks for one thing after another.
const AT_ONCE: usize = 8;
/// Failures that are shown; more than that nobody reads.
const SHOWN_MAX: usize = 20;
/// How the refusal of a delivery begins that is not there.
const GONE: &str = "404 unknown-delivery";
/// How that of every delivery begins, if the key is wrong.
const NO_KEY: &str = "401 unauthorized";

pub struct Report {
    order: Order,
    done: u64,
    under_way: u64,
    /// They were in the list, and delivered when they were asked for.
    gone: u64,
    /// With the reasons.
    failed: Vec<(String, String)>,
}

/// `sessions` holds the ids of each; `listed` says that they were in a list a moment ago, so that one that is gone is no
/// failure. An error that all of them would have ends it: the server cannot be reached, or the key is wrong. What was done
/// until then is in the report.
pub async fn all(
    server: &Server,
    order: Order,
    sessions: Vec<Vec<String>>,
    listed: bool,
) -> (Report, Result<(), Error>) {
    let mut report = Report::new(order);
    let mut progress = Progress::new(sessions.iter().map(|ids| ids.len() as u64).sum(), "deliveries");
    let ask = |id: String| async move { (server.order(&id, order).await, id) };
    let one_by_one = |ids: Vec<String>| Box::pin(stream::iter(ids).then(ask));
    let mut answers = stream::iter(sessions).map(one_by_one).flatten_unordered(AT_ONCE);
    while let Some((answer, id)) = answers.next().await {
        if let Err(error) = report.take(id, answer, listed) {
            progress.end();
            return (report, Err(error));
        }
        progress.step();
    }
    progress.end();
    (report, Ok(()))
}

impl Report {
    pub fn new(order: Order) -> Report {
        Report { order, done: 0, under_way: 0, gone: 0, failed: Vec::new() }
    }

    pub fn fail(&mut self, id: String, reason: String) {
        self.failed.push((id, reason));
    }

    fn take(&mut self, id: String, answer: Result<Asked, Error>, listed: bool) -> Result<(), Error> {
        match (answer, self.order) {
            (Ok(Asked::Done), _) => self.done += 1,
            // It goes anyway.
            (Ok(Asked::UnderWay), Order::Redeliver) => self.under_way += 1,
            (Ok(Asked::UnderWay), Order::Bury) => self.fail(id, UNDER_WAY.to_owned()),
            (Err(Error::Refused(problem)), _) if listed && problem.starts_with(GONE) => self.gone += 1,
            (Err(Error::Refused(problem)), _) if !problem.starts_with(NO_KEY) => self.fail(id, problem),
            (Err(other), _) => return Err(other),
        }
        Ok(())
    }

    pub fn print(&self) {
        let not = self.not_done();
        for (id, reason) in self.failed.iter().take(SHOWN_MAX) {
            print::line(format_args!("{}: {WRONG}not {not}: {}{WRONG:#}", plain(id), plain(reason)));
        }
        if self.failed.len() > SHOWN_MAX {
            let more = (self.failed.len() - SHOWN_MAX) as u64;
            print::line(format_args!("{DIM}and {} more{DIM:#}", HumanCount(more)));
        }
        print::line(self.summary());
    }

    /// `1,190 go again, 3 were under way, 2 failed`
    fn summary(&self) -> String {
        let several = |count: u64, one: &'static str, more: &'static str| if count == 1 { one } else { more };
        let done = match self.order {
            Order::Redeliver => several(self.done, "goes again", "go again"),
            Order::Bury => "given up",
        };
        let parts = [
            (self.done, done),
            (self.under_way, several(self.under_way, "was under way", "were under way")),
            (self.gone, "gone"),
            (self.failed.len() as u64, "failed"),
        ];
        let parts = parts.iter().filter(|(number, _)| *number > 0);
        let parts: Vec<String> =
            parts.map(|(number, what)| format!("{} {what}", HumanCount(*number))).collect();
        if parts.is_empty() { format!("nothing was {}", self.not_done()) } else { parts.join(", ") }
    }

    pub fn outcome(&self) -> Result<(), Error> {
        match self.failed.len() {
            0 => Ok(()),
            count => Err(Error::Deliveries { count, what: self.not_done() }),
        }
    }

    fn not_done(&self) -> &'static str {
        match self.order {
            Order::Redeliver => "redelivered",
            Order::Bury => "given up",
        }
    }
}

const UNDER_WAY: &str = "it is on its way at this moment, or its turn has not come; try again a little later";

#[cfg(test)]
mod tests {
    use super::*;

    fn report(order: Order, answers: Vec<Result<Asked, Error>>, listed: bool) -> Report {
        let mut report = Report::new(order);
        for answer in answers {
            report.take("msg_a".to_owned(), answer, listed).unwrap();
        }
        report
    }

    fn refused(problem: &str) -> Result<Asked, Error> {
        Err(Error::Refused(problem.to_owned()))
    }

    #[test]
    fn the_summary_counts_what_came_of_it() {
        let told = |order, answers, listed| report(order, answers, listed).summary();
        let done = || Ok(Asked::Done);
        assert_eq!(told(Order::Redeliver, vec![done()], false), "1 goes again");
        let several = vec![done(), done(), Ok(Asked::UnderWay), refused("503 overloaded: later")];
        assert_eq!(told(Order::Redeliver, several, true), "2 go again, 1 was under way, 1 failed");
        assert_eq!(told(Order::Bury, vec![done(), Ok(Asked::UnderWay)], false), "1 given up, 1 failed");
        assert_eq!(told(Order::Redeliver, vec![], true), "nothing was redelivered");
    }

    #[test]
    fn one_that_is_gone_is_a_failure_only_for_who_named_it() {
        let gone = || vec![refused("404 unknown-delivery: it was delivered")];
        let listed = report(Order::Redeliver, gone(), true);
        assert_eq!(listed.summary(), "1 gone");
        assert!(listed.outcome().is_ok());
        let named = report(Order::Redeliver, gone(), false).outcome().unwrap_err();
        assert_eq!(named.to_string(), "1 delivery was not redelivered; the lines above say why");
    }

    #[test]
    fn a_server_that_is_gone_or_takes_no_order_of_this_caller_ends_it() {
        let lost = Error::NoAnswer { server: "http://host".to_owned(), reason: "refused".to_owned() };
        let no_key = Error::Refused("401 unauthorized: send the key".to_owned());
        for error in [lost, no_key] {
            assert!(Report::new(Order::Bury).take("msg_a".to_owned(), Err(error), true).is_err());
        }
    }
}
