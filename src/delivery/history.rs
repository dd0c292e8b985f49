//! What is kept of the attempts at a callback, and the dead letter they may end in.

use super::retry::Outcome;
use crate::model::{Attempt, Attempts, Callback, DeadLetter, SessionId};

/// So many attempts are kept with a callback; the first of them make room.
const KEPT_MAX: usize = 20;

/// One more failed; it is tried again at `next_at`.
pub(super) fn again(before: Option<Attempts>, at: u64, outcome: &Outcome, next_at: u64) -> Attempts {
    let (count, last) = before.map_or((0, Vec::new()), |attempts| (attempts.count, attempts.last));
    Attempts { count: count + 1, next_at, last: keep(last, attempt(at, outcome)) }
}

pub(super) fn attempt(at: u64, outcome: &Outcome) -> Attempt {
    let answer = match outcome {
        Outcome::Answered { answer, .. } => answer.clone(),
        Outcome::Failed(_) => String::new(),
    };
    Attempt { at, outcome: outcome.told(), answer }
}

fn keep(mut attempts: Vec<Attempt>, last: Attempt) -> Vec<Attempt> {
    attempts.push(last);
    let surplus = attempts.len().saturating_sub(KEPT_MAX);
    attempts.drain(..surplus);
    attempts
}

/// The callback is given up, with all that was tried.
pub(super) fn dead_letter(
    callback: Callback,
    before: Option<Attempts>,
    last: Attempt,
    reason: String,
    at: u64,
) -> DeadLetter {
    let attempts = keep(before.map(|attempts| attempts.last).unwrap_or_default(), last);
    DeadLetter { id: addressee(&callback), callback, reason, attempts, at }
}

/// Whose callback it is: the body says so.
fn addressee(callback: &Callback) -> SessionId {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Names {
        user_id: String,
        session_id: String,
    }
    let names: Names = serde_json::from_str(&callback.body).expect("we wrote the body, with both names");
    SessionId { endpoint: callback.endpoint.clone(), user_id: names.user_id, session_id: names.session_id }
}
