//! The first difference between a recording and its replay. To the user's eyes first: what was said counts before what was
//! waited for, that before what was noted, and what is kept counts at the end.

use serde::Serialize;

use super::{Kept, Recording, Replay, Replayed};
use crate::model::{Frame, Map, Note, NoteKind, Numbered, Pending, Position, Record};

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The turn that differs, counted from 1; the last one when only what is kept differs.
    pub turn: u64,
    #[serde(flatten)]
    pub what: What,
    /// What the replayed session waits for after this turn, or who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<String>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "what")]
pub enum What {
    Outputs {
        recorded: Vec<Numbered>,
        replayed: Vec<Numbered>,
    },
    /// Whether the flow goes on with the input later.
    Suspended {
        recorded: bool,
        replayed: bool,
    },
    Notes {
        recorded: Vec<Note>,
        replayed: Vec<Note>,
    },
    /// The turn could not be played.
    Event {
        why: String,
    },
    Context {
        recorded: Map,
        replayed: Map,
    },
    /// Where the flow stands after the last turn.
    Position {
        recorded: Box<Position>,
        replayed: Box<Position>,
    },
    /// Those that wait after the last turn.
    Reminders {
        recorded: Vec<Pending>,
        replayed: Vec<Pending>,
    },
}

/// None if the session comes out the same.
pub fn compare(recording: &Recording, replay: &Replay) -> Option<Difference> {
    let pairs = recording.records.iter().zip(&replay.turns);
    let mut differences = pairs.filter_map(|(recorded, replayed)| {
        let what = of_turn(recorded, &replayed.record, replay.changed)?;
        Some(Difference { turn: recorded.turn, what, then: replayed.then.clone() })
    });
    differences.next().or_else(|| at_the_end(recording, replay))
}

fn at_the_end(recording: &Recording, replay: &Replay) -> Option<Difference> {
    let then = replay.turns.last().and_then(|last: &Replayed| last.then.clone());
    let turn = replay.turns.len() as u64;
    if let Some(why) = &replay.stuck {
        return Some(Difference { turn: turn + 1, what: What::Event { why: why.clone() }, then: None });
    }
    let what = recording.kept.as_ref().and_then(|kept| of_kept(kept, replay))?;
    Some(Difference { turn, what, then })
}

fn of_kept(kept: &Kept, replay: &Replay) -> Option<What> {
    let (session, changed) = (&replay.session, replay.changed);
    if kept.context != session.context {
        return Some(What::Context { recorded: kept.context.clone(), replayed: session.context.clone() });
    }
    if !stands_alike(&kept.position, &session.position, changed) {
        let [recorded, replayed] =
            [&kept.position, &session.position].map(|position| position.clone().into());
        return Some(What::Position { recorded, replayed });
    }
    let [recorded, replayed] = [&kept.waits, &session.waits].map(|waits| reminders(waits));
    // The ids count all waits, of which a changed flow may have more.
    let same = |(recorded, replayed): (&Pending, &Pending)| {
        recorded.due_at == replayed.due_at && (changed || recorded.id == replayed.id)
    };
    let all_same = recorded.len() == replayed.len() && recorded.iter().zip(&replayed).all(same);
    (!all_same).then_some(What::Reminders { recorded, replayed })
}

/// Whatever the version is called. The steps of a changed flow may have moved: then places do not count.
fn stands_alike(recorded: &Position, replayed: &Position, changed: bool) -> bool {
    let (at, now_at) = (frames(recorded), frames(replayed));
    let places = changed || at == now_at;
    places
        && match (recorded, replayed) {
            (Position::Ask { failed, .. }, Position::Ask { failed: now_failed, .. }) => failed == now_failed,
            (Position::Handover { to, .. }, Position::Handover { to: now_to, .. }) => to == now_to,
            (recorded, replayed) => std::mem::discriminant(recorded) == std::mem::discriminant(replayed),
        }
}

fn frames(position: &Position) -> &[Frame] {
    match position {
        Position::Ask { frames, .. }
        | Position::Suspended { frames, .. }
        | Position::Listen { frames, .. }
        | Position::Handover { frames, .. } => frames,
        Position::Start | Position::Ended => &[],
    }
}

/// In the order in which they come.
fn reminders(waits: &[Pending]) -> Vec<Pending> {
    let mut reminders: Vec<Pending> = waits.iter().filter(|wait| wait.reminder).cloned().collect();
    reminders.sort_by_key(|wait| (wait.due_at, wait.id));
    reminders
}

fn of_turn(recorded: &Record, replayed: &Record, changed: bool) -> Option<What> {
    if recorded.outputs != replayed.outputs {
        let (recorded, replayed) = (recorded.outputs.clone(), replayed.outputs.clone());
        return Some(What::Outputs { recorded, replayed });
    }
    if recorded.suspended != replayed.suspended {
        return Some(What::Suspended { recorded: recorded.suspended, replayed: replayed.suspended });
    }
    let same = |(recorded, replayed): (&&Note, &&Note)| is_same(recorded, replayed, changed);
    let (recorded, replayed) = (notes(recorded), notes(replayed));
    if recorded.len() == replayed.len() && recorded.iter().zip(&replayed).all(same) {
        return None;
    }
    let owned = |notes: Vec<&Note>| notes.into_iter().cloned().collect();
    Some(What::Notes { recorded: owned(recorded), replayed: owned(replayed) })
}

/// Those of the flow. A fault without a place is what befell the server, such as a profile that could not be read; and
/// transformers are not run again.
fn notes(record: &Record) -> Vec<&Note> {
    let of_the_server = |note: &&Note| note.kind == NoteKind::Fault && note.place.is_empty();
    let of_the_flow = |note: &&Note| !of_the_server(note) && !note.place.starts_with("transformers/");
    record.notes.iter().filter(of_the_flow).collect()
}

fn is_same(recorded: &Note, replayed: &Note, changed: bool) -> bool {
    let place = changed || recorded.place == replayed.place;
    place && recorded.kind == replayed.kind && recorded.text == replayed.text
}
