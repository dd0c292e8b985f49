//! What follows an attempt: the one rule that decides whether a callback is tried again, and when.
//! The actor only obeys.

use crate::metrics::Outcome as Counted;

/// A receiver may ask to be left alone for this long at the most, in milliseconds.
const RETRY_AFTER_MAX_MS: u64 = 3_600_000;

/// How one attempt went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The webhook answered. `retry_after_ms` is what its `Retry-After` asks for; `answer` the beginning of its body.
    Answered { status: u16, retry_after_ms: Option<u64>, answer: String },
    /// No answer in time.
    TimedOut(String),
    /// No answer: the connection failed, or broke.
    Failed(String),
    /// It never left: the guard does not let it go to that address.
    Refused(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Answered 2xx: it is done.
    Delivered,
    /// Again at this time, milliseconds since 1970.
    Again(u64),
    /// Never again, for this reason: the webhook says that it is gone for good.
    Dead(String),
    /// The attempts are used up, with this as the reason; `onExhausted` says what follows.
    Exhausted(String),
}

impl Outcome {
    /// In a word, for the list of attempts.
    pub fn told(&self) -> String {
        match self {
            Outcome::Answered { status, .. } => status.to_string(),
            Outcome::TimedOut(reason) | Outcome::Failed(reason) | Outcome::Refused(reason) => reason.clone(),
        }
    }

    /// As it is counted.
    pub fn counted(&self) -> Counted {
        match self {
            Outcome::Answered { status, .. } => Counted::of_status(*status),
            Outcome::TimedOut(_) => Counted::Timeout,
            Outcome::Failed(_) => Counted::Connection,
            Outcome::Refused(_) => Counted::RefusedByGuard,
        }
    }

    /// Whether it counts as a failure of the host: it is not there, or it cannot cope. What it has against one callback does not.
    pub fn speaks_against_host(&self) -> bool {
        match self {
            Outcome::Answered { status, .. } => matches!(status, 408 | 429 | 500..),
            Outcome::TimedOut(_) | Outcome::Failed(_) => true,
            Outcome::Refused(_) => false,
        }
    }
}

/// `attempt` counts from 1 and is the one that just ended; `schedule` holds the waits after the 1st, 2nd, … one in
/// milliseconds; `jitter` is drawn evenly from 0 to 1 and moves the wait by up to 20 % either way. Contract, section 4.
pub fn next(outcome: &Outcome, attempt: usize, schedule: &[u64], now: u64, jitter: f64) -> Next {
    let retry_after = match outcome {
        Outcome::Answered { status: 200..=299, .. } => return Next::Delivered,
        Outcome::Answered { status: 410, .. } => {
            return Next::Dead("the webhook answered 410 Gone".to_owned());
        }
        Outcome::Answered { retry_after_ms, .. } => *retry_after_ms,
        Outcome::TimedOut(_) | Outcome::Failed(_) | Outcome::Refused(_) => None,
    };
    let Some(wait) = schedule.get(attempt - 1) else {
        return Next::Exhausted(match attempt {
            1 => format!("1 attempt: {}", outcome.told()),
            _ => format!("{attempt} attempts, the last one: {}", outcome.told()),
        });
    };
    let spread = (*wait as f64 * (0.8 + 0.4 * jitter)) as u64;
    Next::Again(now + spread.max(retry_after.unwrap_or(0).min(RETRY_AFTER_MAX_MS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: [u64; 2] = [1_000, 5_000];

    fn answered(status: u16) -> Outcome {
        Outcome::Answered { status, retry_after_ms: None, answer: String::new() }
    }

    #[test]
    fn any_2xx_ends_a_delivery() {
        for status in [200, 202, 204, 299] {
            assert_eq!(next(&answered(status), 1, &SCHEDULE, 0, 0.5), Next::Delivered);
        }
    }

    #[test]
    fn everything_else_is_tried_again_as_the_schedule_says() {
        for outcome in [answered(500), answered(302), answered(404), Outcome::Failed("timeout".to_owned())] {
            assert_eq!(next(&outcome, 1, &SCHEDULE, 10, 0.5), Next::Again(1_010));
            assert_eq!(next(&outcome, 2, &SCHEDULE, 10, 0.5), Next::Again(5_010));
            assert!(matches!(next(&outcome, 3, &SCHEDULE, 10, 0.5), Next::Exhausted(_)));
        }
    }

    #[test]
    fn a_host_is_to_blame_when_it_does_not_answer_or_cannot_cope() {
        for (status, failed) in
            [(200, false), (302, false), (400, false), (404, false), (408, true), (429, true), (503, true)]
        {
            assert_eq!(answered(status).speaks_against_host(), failed, "{status}");
        }
        assert!(Outcome::Failed("no answer in time".to_owned()).speaks_against_host());
        assert!(!Outcome::Refused("not public".to_owned()).speaks_against_host());
    }

    #[test]
    fn jitter_moves_a_wait_by_a_fifth_either_way() {
        assert_eq!(next(&answered(500), 1, &SCHEDULE, 0, 0.0), Next::Again(800));
        assert_eq!(next(&answered(500), 1, &SCHEDULE, 0, 1.0), Next::Again(1_200));
    }

    #[test]
    fn gone_is_dead_at_once_and_after_the_last_attempt() {
        for attempt in [1, 3] {
            assert!(matches!(next(&answered(410), attempt, &SCHEDULE, 0, 0.5), Next::Dead(_)));
        }
    }

    #[test]
    fn retry_after_lengthens_a_wait_up_to_an_hour_and_never_shortens_it() {
        let asked = |ms| Outcome::Answered { status: 503, retry_after_ms: Some(ms), answer: String::new() };
        assert_eq!(next(&asked(60_000), 1, &SCHEDULE, 0, 0.5), Next::Again(60_000));
        assert_eq!(next(&asked(9_999_999), 1, &SCHEDULE, 0, 0.5), Next::Again(3_600_000));
        assert_eq!(next(&asked(1), 1, &SCHEDULE, 0, 0.5), Next::Again(1_000));
    }

    #[test]
    fn what_used_up_its_attempts_tells_how_the_last_one_went() {
        let outcome = Outcome::Failed("connection refused".to_owned());
        let last = |attempt, schedule| next(&outcome, attempt, schedule, 0, 0.5);
        assert_eq!(last(1, &[]), Next::Exhausted("1 attempt: connection refused".to_owned()));
        assert_eq!(last(2, &[1]), Next::Exhausted("2 attempts, the last one: connection refused".to_owned()));
    }
}
