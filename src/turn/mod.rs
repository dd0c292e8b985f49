//! One event against one session: the decision of what is said and what is kept.
//!
//! A turn is a function: the same program, state, input, time and seed give the same turn. It does not wait, fail,
//! log, or read clock, chance, files or network. A fault in a flow is a value in the turn.

mod answer;
mod language;
mod memory;
mod objects;
mod position;
mod render;
mod run;
mod say;
mod steps;
#[cfg(test)]
mod tests;

use crate::flow::Program;
use crate::model::{Input, Map, Note, Numbered, Output, Position, Session, Speaker};
use crate::script::{Sandbox, WORK_OF_A_STEP};

/// All that a turn is made from. The sandbox is a tool, not a source: it gives the same answers in any state.
pub struct Event<'a> {
    pub program: &'a Program,
    pub door: &'a Door,
    pub bounds: &'a Bounds,
    pub session: &'a Session,
    /// The memory of the user as the turn finds it.
    pub profile: Map,
    pub input: &'a Input,
    /// The input's place in the session.
    pub sequence: u64,
    /// Milliseconds since 1970.
    pub now: u64,
    pub seed: u64,
}

/// What a flow may know of the endpoint it runs at: the object `endpoint` of scripts.
#[derive(Clone, Debug)]
pub struct Door {
    pub name: String,
    pub url_token: String,
    pub flow: String,
    pub locale: String,
    pub timezone: String,
}

/// How far one turn may go.
#[derive(Clone, Debug)]
pub struct Bounds {
    pub steps_max: u64,
    /// Runs of the same `goto` step in one turn.
    pub goto_max: u64,
    /// Size of the context, and of the profile, as JSON.
    pub context_bytes_max: usize,
    /// Loops and calls of JavaScript, all scripts of the turn together; counted in ten thousands.
    pub script_steps_max: u64,
    /// Bytes of context and profile that steps may copy, all steps of the turn together.
    pub copied_bytes_max: u64,
}

/// What a turn decided. Nothing of it has happened until it is committed.
#[derive(Debug)]
pub struct Turn {
    pub session: Session,
    pub outputs: Vec<Numbered>,
    /// The user's memory, if the turn changed it.
    pub profile: Option<Map>,
    pub notes: Vec<Note>,
    /// The scripts ran into their bound: with a larger one the turn may come out differently.
    pub ran_out: bool,
}

/// Runs one input through the session's flow: from the question that waits, or from the first step.
pub fn step(event: Event, sandbox: &mut Sandbox) -> Turn {
    sandbox.begin(event.now, event.seed, (event.bounds.script_steps_max / WORK_OF_A_STEP).max(1));
    run::run(event, sandbox)
}

/// Another system speaks to the user: no flow runs, the input becomes an output.
pub fn notify(session: &Session, input: &Input, sequence: u64, now: u64) -> Turn {
    let data = input.data.clone().unwrap_or_default();
    let output = Output { text: input.text.clone(), data, source: Speaker::Bot };
    let mut session = advance(session, sequence, now);
    session.outputs += 1;
    let outputs = vec![Numbered { sequence: session.outputs, output }];
    Turn { session, outputs, profile: None, notes: Vec::new(), ran_out: false }
}

/// A turn that says nothing and only tells what went wrong: for an input that is set aside.
pub fn set_aside(session: &Session, sequence: u64, now: u64, note: Note) -> Turn {
    let mut session = advance(session, sequence, now);
    session.position = Position::Start;
    Turn { session, outputs: Vec::new(), profile: None, notes: vec![note], ran_out: false }
}

/// The state with its counters moved on by one turn.
fn advance(session: &Session, sequence: u64, now: u64) -> Session {
    let mut next = session.clone();
    next.turns += 1;
    next.inputs = next.inputs.max(sequence);
    next.last_active_at = next.last_active_at.max(now);
    next
}
