//! What is kept of the attempts at a callback.

use super::retry::Outcome;
use crate::model::{Attempt, Attempts};

/// All attempts are kept: there are never more than a webhook may have waits. The latest answer is kept as it was read; of
/// those before, so many characters tell whether they were the same.
const EARLIER_ANSWER_CHARS: usize = 256;
/// Of those before these, no answer is kept: what is written again with each attempt, and for each member of a batch, stays
/// small.
const ANSWERS_MAX: usize = 20;

pub(super) fn attempt(at: u64, now: u64, outcome: &Outcome) -> Attempt {
    let answer = match outcome {
        Outcome::Answered { answer, .. } => answer.clone(),
        Outcome::TimedOut(_) | Outcome::Failed(_) | Outcome::Refused(_) => String::new(),
    };
    Attempt { at, took_ms: now.saturating_sub(at), outcome: outcome.told(), answer }
}

/// One more failed; it is tried again at `next_at`.
pub(super) fn again(before: Option<Attempts>, last: Attempt, next_at: u64) -> Attempts {
    Attempts { next_at, all: all(before, Some(last)), blocked: None }
}

/// The last one failed; it is not tried again until a person says so.
pub(super) fn blocked(before: Option<Attempts>, last: Attempt, reason: String) -> Attempts {
    let at = last.at;
    Attempts { blocked: Some(reason), ..again(before, last, at) }
}

pub(super) fn all(before: Option<Attempts>, last: Option<Attempt>) -> Vec<Attempt> {
    let mut attempts = before.map(|attempts| attempts.all).unwrap_or_default();
    if let Some(last) = last {
        if let Some(earlier) = attempts.last_mut()
            && let Some((end, _)) = earlier.answer.char_indices().nth(EARLIER_ANSWER_CHARS)
        {
            earlier.answer.truncate(end);
        }
        attempts.push(last);
    }
    let early = attempts.len().saturating_sub(ANSWERS_MAX);
    attempts[..early].iter_mut().for_each(|attempt| attempt.answer.clear());
    attempts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(at: u64, answer: &str) -> Attempt {
        let outcome = Outcome::Answered { status: 503, retry_after_ms: None, answer: answer.to_owned() };
        attempt(at, at + 7, &outcome)
    }

    #[test]
    fn the_latest_answer_is_kept_whole_and_those_before_in_their_beginnings() {
        let long = "ä".repeat(3_000);
        let first = again(None, failed(1, &long), 9);
        assert_eq!((first.all.len(), first.all[0].answer.len(), first.all[0].took_ms), (1, 6_000, 7));
        let second = again(Some(first), failed(2, "short"), 9);
        let answers: Vec<_> = second.all.iter().map(|attempt| attempt.answer.chars().count()).collect();
        assert_eq!(answers, [256, 5]);
    }

    #[test]
    fn all_attempts_are_kept_and_the_answers_of_the_last_twenty() {
        let attempts = (0..100).fold(None, |before, at| Some(again(before, failed(at, "no"), 9)));
        let answers: Vec<bool> = attempts.unwrap().all.iter().map(|one| !one.answer.is_empty()).collect();
        assert_eq!(answers, [[false; 80].as_slice(), &[true; 20]].concat());
    }

    #[test]
    fn what_is_blocked_keeps_its_attempts_and_the_reason() {
        let before = again(None, failed(1, "no"), 9);
        let Attempts { all, blocked, .. } = blocked(Some(before), failed(2, ""), "enough".to_owned());
        let at: Vec<u64> = all.iter().map(|attempt| attempt.at).collect();
        assert_eq!((at, blocked.as_deref()), (vec![1, 2], Some("enough")));
    }
}
