//! What it means to a session that a wait is over: the flow goes on behind it, a question ends, a reminder becomes an
//! input, or nothing, because the session went on without it.

use crate::model::{Awaited, Input, Owed, Position, Session, Source};

pub enum Meaning {
    /// The session went on without it, or is another life by now.
    Over,
    /// The flow goes on, about this input: the one it stopped in, or the end of a question's time.
    GoesOn { input: Input, sequence: u64 },
    /// An input that takes its place among the others.
    Reminds(Input),
}

/// `id` makes the ids of an input that nobody posted.
pub fn meaning(session: Option<&Session>, owed: &Owed, now: u64, id: impl Fn() -> String) -> Meaning {
    let Some(session) = session.filter(|session| session.started_at == owed.started_at) else {
        return Meaning::Over;
    };
    let woken = owed.wait.id;
    if !session.waits.iter().any(|wait| wait.id == woken) {
        return Meaning::Over;
    }
    let input = |source, text, data| {
        let (input_id, trace_id) = (id(), id());
        Input { input_id, trace_id, source, text, data, received_at: now }
    };
    match (&session.position, &owed.wait.what) {
        (_, Awaited::Reminder { text, data }) => {
            Meaning::Reminds(input(Source::Inject, text.clone(), data.clone()))
        }
        (Position::Suspended { wait, carried, .. }, _) if *wait == woken => {
            Meaning::GoesOn { input: carried.input.clone(), sequence: carried.sequence }
        }
        (Position::Ask { timeout, .. }, _) if *timeout == Some(woken) => {
            let input = input(Source::Timeout, String::new(), None);
            Meaning::GoesOn { input, sequence: session.inputs }
        }
        // A reminder whose words cannot be read any more: the session waits for it no longer.
        _ => Meaning::GoesOn { input: input(Source::Timeout, String::new(), None), sequence: session.inputs },
    }
}
