//! What is counted of one endpoint: its inputs, the attempts at its callbacks, its dead letters.
//! Every series is there from the first look, at zero: a rise from nothing would be no rise.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Label;
use crate::model::Source;

/// Bounds in seconds, from a webhook on the same machine to one that takes all the time most senders give.
const SECONDS: [f64; 15] =
    [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// How an attempt ended, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    /// The address may not be called.
    RefusedByGuard,
    /// There was no answer in time.
    Timeout,
    /// There was no connection, or it broke.
    Connection,
    Status3xx,
    Status4xx,
    Status5xx,
    /// A number that is no final status.
    StatusOther,
}

/// The series of all endpoints.
pub(super) struct Families {
    attempts: Family<[Label; 2], Counter>,
    seconds: Family<[Label; 1], Histogram>,
    inputs: Family<[Label; 2], Counter>,
    buried: Family<[Label; 1], Counter>,
}

/// The series of one endpoint.
pub struct Endpoint {
    attempts: [Counter; Outcome::ALL.len()],
    seconds: Histogram,
    inputs: [Counter; SOURCES.len()],
    buried: Counter,
}

/// Whose inputs a caller can post; the others come from the server itself and are not counted.
const SOURCES: [&str; 5] = ["user", "inject", "notify", "agent", "returned"];

impl Outcome {
    const ALL: [Outcome; 8] = [
        Outcome::Delivered,
        Outcome::RefusedByGuard,
        Outcome::Timeout,
        Outcome::Connection,
        Outcome::Status3xx,
        Outcome::Status4xx,
        Outcome::Status5xx,
        Outcome::StatusOther,
    ];

    pub fn of_status(status: u16) -> Outcome {
        match status {
            200..=299 => Outcome::Delivered,
            300..=399 => Outcome::Status3xx,
            400..=499 => Outcome::Status4xx,
            500..=599 => Outcome::Status5xx,
            _ => Outcome::StatusOther,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Outcome::Delivered => "delivered",
            Outcome::RefusedByGuard => "refused_by_guard",
            Outcome::Timeout => "timeout",
            Outcome::Connection => "connection",
            Outcome::Status3xx => "status_3xx",
            Outcome::Status4xx => "status_4xx",
            Outcome::Status5xx => "status_5xx",
            Outcome::StatusOther => "status_other",
        }
    }
}

impl Families {
    pub(super) fn registered(registry: &mut Registry) -> Families {
        let attempts = Family::default();
        let seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        let (inputs, buried) = (Family::default(), Family::default());
        registry.register("attempts", "Attempts at callbacks that ended, by outcome", attempts.clone());
        registry.register("attempt_seconds", "How long attempts at callbacks took", seconds.clone());
        registry.register("inputs", "Inputs that were accepted, doubles included", inputs.clone());
        registry.register("dead_letters", "Callbacks that were given up", buried.clone());
        Families { attempts, seconds, inputs, buried }
    }

    pub(super) fn endpoint(&self, name: &str) -> Endpoint {
        let of = || ("endpoint", name.to_owned());
        let attempts = Outcome::ALL.map(|outcome| [of(), ("outcome", outcome.label().to_owned())]);
        let inputs = SOURCES.map(|source| [of(), ("source", source.to_owned())]);
        Endpoint {
            attempts: attempts.map(|labels| self.attempts.get_or_create_owned(&labels)),
            seconds: self.seconds.get_or_create_owned(&[of()]),
            inputs: inputs.map(|labels| self.inputs.get_or_create_owned(&labels)),
            buried: self.buried.get_or_create_owned(&[of()]),
        }
    }
}

impl Endpoint {
    pub fn attempt(&self, outcome: Outcome, took: Duration) {
        self.attempts[outcome as usize].inc();
        self.seconds.observe(took.as_secs_f64());
    }

    pub fn buried(&self) {
        self.buried.inc();
    }

    pub fn input(&self, source: Source) {
        let place = match source {
            Source::User => 0,
            Source::Inject => 1,
            Source::Notify => 2,
            Source::Agent => 3,
            Source::Returned => 4,
            Source::Timeout => return,
        };
        self.inputs[place].inc();
    }
}

fn histogram() -> Histogram {
    Histogram::new(SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_a_place_of_its_own() {
        for (place, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, place);
        }
    }

    #[test]
    fn a_status_is_counted_by_its_class() {
        for (status, outcome) in [
            (200, Outcome::Delivered),
            (299, Outcome::Delivered),
            (302, Outcome::Status3xx),
            (410, Outcome::Status4xx),
            (429, Outcome::Status4xx),
            (503, Outcome::Status5xx),
            (101, Outcome::StatusOther),
            (999, Outcome::StatusOther),
        ] {
            assert_eq!(Outcome::of_status(status), outcome, "{status}");
        }
    }
}
