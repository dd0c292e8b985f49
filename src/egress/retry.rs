//! What follows a try of a call: the one rule that decides whether there is another, and after how long. The call only obeys.

use std::time::Duration;

const WAIT_FIRST: Duration = Duration::from_millis(500);
/// A conversation waits for the answer: past ten seconds, saying that there is none is the better one.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// How one try went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// A whole answer came. `retry_after` is what its `Retry-After` asks for.
    Answered { status: u16, retry_after: Option<Duration> },
    /// No whole answer, and there may be one next time.
    Unanswered,
    /// Whatever is done, it ends like this.
    Hopeless,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Once more, after this time.
    Again(Duration),
    /// That was it.
    End,
}

/// `tries` are done, and `retries` more than the first are allowed.
pub fn next(tried: Tried, tries: u32, retries: u32) -> Next {
    let asked = match tried {
        Tried::Answered { status: 408 | 425 | 429 | 500 | 502 | 503 | 504, retry_after } => retry_after,
        Tried::Answered { .. } | Tried::Hopeless => return Next::End,
        Tried::Unanswered => None,
    };
    if tries > retries {
        return Next::End;
    }
    let doubled = WAIT_FIRST.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
    Next::Again(doubled.max(asked.unwrap_or_default()).min(WAIT_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, retry_after: Option<u64>) -> Tried {
        Tried::Answered { status, retry_after: retry_after.map(Duration::from_secs) }
    }

    fn again(ms: u64) -> Next {
        Next::Again(Duration::from_millis(ms))
    }

    #[test]
    fn an_answer_that_may_be_different_next_time_is_asked_for_again() {
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(next(answered(status, None), 1, 1), again(500), "{status}");
        }
        assert_eq!(next(Tried::Unanswered, 1, 1), again(500));
    }

    #[test]
    fn any_other_answer_and_what_is_hopeless_is_the_end() {
        for status in [200, 204, 301, 302, 400, 401, 404, 409, 410, 422, 501, 505] {
            assert_eq!(next(answered(status, Some(1)), 1, 9), Next::End, "{status}");
        }
        assert_eq!(next(Tried::Hopeless, 1, 9), Next::End);
    }

    #[test]
    fn there_are_so_many_tries_as_allowed_and_one() {
        assert_eq!(next(Tried::Unanswered, 1, 0), Next::End);
        assert_eq!(next(Tried::Unanswered, 2, 2), again(1_000));
        assert_eq!(next(Tried::Unanswered, 3, 2), Next::End);
        assert_eq!(next(answered(503, None), 3, 2), Next::End);
    }

    #[test]
    fn the_waits_double_up_to_ten_seconds() {
        let waits = [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000];
        for (tries, wait) in (1..).zip(waits) {
            assert_eq!(next(Tried::Unanswered, tries, 99), again(wait));
        }
        assert_eq!(next(Tried::Unanswered, u32::MAX - 1, u32::MAX), again(10_000));
    }

    #[test]
    fn retry_after_lengthens_a_wait_up_to_ten_seconds_and_never_shortens_it() {
        assert_eq!(next(answered(503, Some(7)), 1, 9), again(7_000));
        assert_eq!(next(answered(429, Some(3_600)), 1, 9), again(10_000));
        assert_eq!(next(answered(503, Some(0)), 3, 9), again(2_000));
    }
}
