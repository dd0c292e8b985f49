//! Where a flow waits, as paths of steps that outlive the turn, and the way back into the program.

use serde_json::Value;

use super::answer::Asked;
use super::run::{Active, End, Run};
use super::steps::too_large;
use super::{Event, answer, memory};
use crate::flow::{Ask, Http, Op, Program};
use crate::model::{Awaited, CallResult, Carried, Frame, Map, Position, Source, Spent, Wait};

/// Where a turn begins.
pub(super) enum Entry<'a> {
    /// At the first step.
    First,
    /// At the first step, because the step that waited is not in the program, or nowhere if nobody said anything.
    Lost(String),
    /// Nowhere: what it is about is over.
    Stale,
    /// At a step that waited; what happens there says the last member.
    Step { frames: Vec<Active>, at: usize, what: Happened<'a> },
}

/// What a step that waited was waiting for.
pub(super) enum Happened<'a> {
    /// A question was answered; `value` is what a valid answer is kept as.
    Answer { ask: &'a Ask, failed: u32, value: Option<Value> },
    /// The time that a question gives is over.
    TimedOut { target: usize },
    /// A call ended.
    Call { http: &'a Http, result: &'a CallResult },
    /// Time passed, an input came, or a human agent gave the session back.
    GoOn,
}

pub(super) fn entry<'a>(event: &Event<'a>) -> Entry<'a> {
    let position = &event.session.position;
    let here = event.woken.filter(|woken| position.wait() == Some(woken.wait));
    let elsewhere = event.woken.is_some() && here.is_none();
    let given_back = event.input.source == Source::Returned && event.woken.is_none();
    if elsewhere && !is_reminder(event) || given_back && !matches!(position, Position::Handover { .. }) {
        return Entry::Stale;
    }
    let frames = match position {
        Position::Start | Position::Ended => return Entry::First,
        Position::Suspended { .. } if here.is_none() => return Entry::Stale,
        Position::Handover { .. } if !given_back => return Entry::Stale,
        Position::Ask { frames, .. }
        | Position::Suspended { frames, .. }
        | Position::Listen { frames, .. }
        | Position::Handover { frames, .. } => frames,
    };
    let lost = || Entry::Lost(frames.last().map_or_else(String::new, |frame| frame.path.clone()));
    // The version that it waits in could not be had: this is another.
    let same = position.program() == Some(&event.program.hash);
    let Some((frames, at)) = restore(event.program, frames).filter(|_| same) else { return lost() };
    match happened(event, &event.program.ops[at], here.is_some()) {
        Some(what) => Entry::Step { frames, at, what },
        None => lost(),
    }
}

/// A reminder that is still waited for, with what it brings.
fn is_reminder(event: &Event) -> bool {
    let woken = |id| event.woken.is_some_and(|woken| woken.wait == id);
    event.input.source == Source::Inject
        && event.session.waits.iter().any(|wait| wait.reminder && woken(wait.id))
}

/// Whether what runs follows from a reminder, also behind waits in between.
pub(super) fn is_reminded(event: &Event) -> bool {
    let carried = match &event.session.position {
        Position::Suspended { wait, carried, .. } if event.woken.is_some_and(|woken| woken.wait == *wait) => {
            carried.reminded
        }
        _ => false,
    };
    carried || is_reminder(event)
}

/// None if the step is not of the kind that the position is about.
fn happened<'a>(event: &Event<'a>, op: &'a Op, woken: bool) -> Option<Happened<'a>> {
    match (&event.session.position, op) {
        (Position::Ask { .. }, Op::Ask(ask)) if woken => {
            Some(Happened::TimedOut { target: ask.timeout.as_ref()?.target })
        }
        (Position::Ask { failed, .. }, Op::Ask(ask)) => {
            let value = answer::read(&ask.expect, event.input, &asked(event));
            Some(Happened::Answer { ask, failed: *failed, value })
        }
        (Position::Suspended { .. }, Op::Http(http)) => {
            Some(Happened::Call { http, result: event.woken?.answer.as_ref()? })
        }
        (Position::Suspended { .. }, Op::Wait(_))
        | (Position::Listen { .. }, Op::Listen)
        | (Position::Handover { .. }, Op::Handover(_)) => Some(Happened::GoOn),
        _ => None,
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
    /// `input.result`: the answer that was given, now or before a wait.
    pub(super) fn result<'v>(&'v self, event: &'v Event) -> Option<&'v Value> {
        match (self, &event.session.position) {
            (Entry::Step { what: Happened::Answer { value, .. }, .. }, _) => value.as_ref(),
            (Entry::Step { .. }, Position::Suspended { carried, .. }) => carried.result.as_ref(),
            (Entry::First | Entry::Lost(_) | Entry::Stale | Entry::Step { .. }, _) => None,
        }
    }

    /// What was used up before a wait in the middle of an input.
    pub(super) fn spent(&self, event: &Event) -> Spent {
        match (self, &event.session.position) {
            (Entry::Step { .. }, Position::Suspended { carried, .. }) => carried.spent.clone(),
            (Entry::Step { what: Happened::TimedOut { .. }, .. }, Position::Ask { spent, .. }) => {
                spent.clone()
            }
            _ => Spent::default(),
        }
    }
}

/// The frames of a step that waited and its index, if every step they name is still there.
fn restore(program: &Program, frames: &[Frame]) -> Option<(Vec<Active>, usize)> {
    let active = frames.iter().map(|frame| activate(program, frame)).collect::<Option<Vec<_>>>()?;
    let (waiting, callers) = active.split_last()?;
    let runs = |caller: &Active| matches!(program.ops[caller.at], Op::Run { .. });
    let at = waiting.at;
    callers.iter().all(runs).then_some((active, at))
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
    /// The lists of the loops around a step that waits are kept with it, so they have the bound of the context.
    pub(super) fn within_memory(&self, end: End) -> End {
        let at = match &end {
            End::Asks { at, .. }
            | End::Waits { at, .. }
            | End::Listens { at }
            | End::HandsOver { at, .. } => *at,
            End::Done | End::Over | End::Fault { .. } | End::Nothing => return end,
        };
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

    /// The position that the turn ends in. What it waits for is written down.
    pub(super) fn position(&mut self, end: End) -> Position {
        let program = self.event.program.hash.clone();
        match end {
            End::Nothing => self.session.position.clone(),
            End::Done => Position::Start,
            End::Over => Position::Ended,
            End::Fault { place, text, .. } => {
                self.fault(&place, text);
                Position::Start
            }
            End::Asks { at, failed, timeout } => {
                let timeout = timeout.map(|due| self.start(due.0, due.1));
                let spent = if timeout.is_some() { self.spent.clone() } else { Spent::default() };
                Position::Ask { program, frames: self.paths(at), failed, timeout, spent }
            }
            End::Waits { at, wait } => {
                let (input, sequence) = (self.event.input.clone(), self.event.sequence);
                let (result, spent) = (self.scope.input().get("result").cloned(), self.spent.clone());
                let reminded = is_reminded(&self.event);
                let carried = Box::new(Carried { input, sequence, result, spent, reminded });
                Position::Suspended {
                    program,
                    frames: self.paths(at),
                    wait: self.start(wait.0, wait.1),
                    carried,
                }
            }
            End::Listens { at } => Position::Listen { program, frames: self.paths(at) },
            End::HandsOver { at, to } => Position::Handover { program, frames: self.paths(at), to },
        }
    }

    /// From now on the session waits for this; its id.
    pub(super) fn start(&mut self, due_at: u64, what: Awaited) -> u64 {
        self.session.waited += 1;
        let wait = Wait { id: self.session.waited, due_at, what };
        self.session.waits.push(wait.pending());
        self.started.push(wait);
        self.session.waited
    }

    fn paths(&mut self, at: usize) -> Vec<Frame> {
        self.frame().at = at;
        let paths = &self.event.program.paths;
        let frames = self.frames.drain(..);
        frames.map(|frame| Frame { path: paths[frame.at].clone(), loops: frame.loops }).collect()
    }
}
