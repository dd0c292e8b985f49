//! Where a flow waits, as paths of steps that outlive the turn, and the way back into the program.

use serde_json::Value;

use super::answer::Asked;
use super::run::{Active, End, Run};
use super::steps::too_large;
use super::{Event, answer, memory};
use crate::flow::{Ask, Op, Program};
use crate::model::{Frame, Map, Position};

/// Where a turn begins.
pub(super) enum Entry<'a> {
    /// At the first step.
    First,
    /// At the first step, because the step that waited is not in the program.
    Lost(String),
    /// At a question; `value` is what a valid answer is kept as.
    Question { frames: Vec<Active>, at: usize, ask: &'a Ask, failed: u32, value: Option<Value> },
}

pub(super) fn entry<'a>(event: &Event<'a>) -> Entry<'a> {
    let Position::Ask { frames, failed, .. } = &event.session.position else { return Entry::First };
    match restore(event.program, frames) {
        Some((frames, at, ask)) => {
            let value = answer::read(&ask.expect, event.input, &asked(event));
            Entry::Question { frames, at, ask, failed: *failed, value }
        }
        None => Entry::Lost(frames.last().map_or_else(String::new, |frame| frame.path.clone())),
    }
}

/// Where and when the question is answered; what the flow chose for the session wins over the endpoint.
fn asked<'a>(event: &Event<'a>) -> Asked<'a> {
    let (session, door) = (event.session, event.door);
    let locale = session.locale.as_deref().unwrap_or(&door.locale);
    let timezone = session.timezone.as_deref().unwrap_or(&door.timezone);
    Asked { locale, timezone, now: event.now }
}

impl Entry<'_> {
    /// The answer that was given, if a question waited and it was a valid one.
    pub(super) fn value(&self) -> Option<&Value> {
        match self {
            Entry::Question { value, .. } => value.as_ref(),
            Entry::First | Entry::Lost(_) => None,
        }
    }
}

/// The frames of a question and its step, if every step they name is still there.
fn restore<'a>(program: &'a Program, frames: &[Frame]) -> Option<(Vec<Active>, usize, &'a Ask)> {
    let active = frames.iter().map(|frame| activate(program, frame)).collect::<Option<Vec<_>>>()?;
    let (asking, callers) = active.split_last()?;
    let runs = |caller: &Active| matches!(program.ops[caller.at], Op::Run { .. });
    let at = asking.at;
    match &program.ops[at] {
        Op::Ask(ask) if callers.iter().all(runs) => Some((active, at, ask)),
        _ => None,
    }
}

fn activate(program: &Program, frame: &Frame) -> Option<Active> {
    let each =
        |path: &str| program.index_of.get(path).is_some_and(|at| matches!(program.ops[*at], Op::Each { .. }));
    if !frame.loops.iter().all(|inner| each(&inner.path)) {
        return None;
    }
    Some(Active { at: *program.index_of.get(&frame.path)?, loops: frame.loops.clone() })
}

impl Run<'_> {
    /// The lists of the loops around a question are kept with it, so they have the bound of the context.
    pub(super) fn within_memory(&self, end: End) -> End {
        let End::Asks { at, .. } = end else { return end };
        let loops = self.frames.iter().flat_map(|frame| &frame.loops);
        let mut kept = Map::new();
        for (index, inner) in loops.enumerate() {
            kept.insert(index.to_string(), Value::Array(inner.items.clone()));
        }
        let (size, max) = (memory::size(&kept), self.event.bounds.context_bytes_max);
        if size <= max {
            end
        } else {
            End::fault(self.place(at), too_large("the list of the each step", size, max))
        }
    }

    pub(super) fn asks(&mut self, at: usize, failed: u32) -> Position {
        self.frame().at = at;
        let paths = &self.event.program.paths;
        let frames = self.frames.drain(..);
        let frames =
            frames.map(|frame| Frame { path: paths[frame.at].clone(), loops: frame.loops }).collect();
        Position::Ask { program: self.event.program.hash.clone(), frames, failed }
    }
}
