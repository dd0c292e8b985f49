//! One event against one session: the decision of what is said and what is kept.
//!
//! A turn is a function: the same program, state, input, time and seed give the same turn. It does not wait, fail,
//! log, or read clock, chance, files or network. A fault in a flow is a value in the turn.

mod answer;
mod language;
pub mod life;
mod memory;
mod objects;
mod position;
mod render;
mod run;
mod say;
mod steps;
#[cfg(test)]
mod tests;
mod wait;
pub mod wake;

use crate::flow::Program;
use crate::model::{
    Input, Map, Note, Numbered, Output, Pending, Position, Session, Source, Speaker, Wait, Woken,
};
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
    /// The wait that is over, if the turn begins with one. A flow that goes on behind it is still about the input before it.
    pub woken: Option<&'a Woken>,
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
    /// What is waited for from now on; all of it stands in the session too.
    pub started: Vec<Wait>,
    /// What the session waited for before this turn and does not any more.
    pub ended: Vec<Pending>,
    /// The scripts ran into their bound: with a larger one the turn may come out differently.
    pub ran_out: bool,
}

/// Runs one event through the session's flow: from where the flow waits, or from the first step.
pub fn step(event: Event, sandbox: &mut Sandbox) -> Turn {
    if is_heard_by_agent(event.session, event.input) {
        return listen(&event);
    }
    sandbox.begin(event.now, event.seed, (event.bounds.script_steps_max / WORK_OF_A_STEP).max(1));
    run::run(event, sandbox)
}

/// Whether a human agent has the session and hears this input instead of the flow.
pub fn is_heard_by_agent(session: &Session, input: &Input) -> bool {
    matches!(session.position, Position::Handover { .. })
        && matches!(input.source, Source::User | Source::Inject)
}

/// Who the user hears when this input becomes an output as it is, without a flow; none for an input that a flow works on.
pub fn speaker(input: &Input) -> Option<Speaker> {
    match input.source {
        Source::Notify => Some(Speaker::Bot),
        Source::Agent => Some(Speaker::Agent),
        Source::User | Source::Inject | Source::Timeout | Source::Returned => None,
    }
}

/// Another system, or a human agent, speaks to the user: no flow runs, the input becomes an output.
pub fn speak(session: &Session, input: &Input, source: Speaker, sequence: u64, now: u64) -> Turn {
    let output = Output { text: input.text.clone(), data: input.data.clone().unwrap_or_default(), source };
    let mut turn = quiet(session, advance(session, sequence, now));
    turn.session.outputs += 1;
    turn.outputs = vec![Numbered { sequence: turn.session.outputs, output }];
    turn
}

/// A turn that says nothing and only tells what went wrong: for an input that is set aside. The flow starts anew with the
/// next one, unless a human agent has the session, and what it waited for is over; only reminders stay, but for the one that this is about.
pub fn set_aside(session: &Session, woken: Option<&Woken>, sequence: u64, now: u64, note: Note) -> Turn {
    let mut next = advance(session, sequence, now);
    if !matches!(next.position, Position::Handover { .. }) {
        next.position = Position::Start;
    }
    next.waits.retain(|wait| wait.reminder && woken.is_none_or(|woken| woken.wait != wait.id));
    Turn { notes: vec![note], ..quiet(session, next) }
}

/// A human agent has the session: what is said is kept for them, and no flow runs.
fn listen(event: &Event) -> Turn {
    let mut next = advance(event.session, event.sequence, event.now);
    if let Some(woken) = event.woken {
        next.waits.retain(|wait| wait.id != woken.wait);
    }
    quiet(event.session, next)
}

/// A turn without outputs that leads from one state to another.
fn quiet(before: &Session, session: Session) -> Turn {
    Turn {
        ended: ended(before, &session),
        session,
        outputs: Vec::new(),
        profile: None,
        notes: Vec::new(),
        started: Vec::new(),
        ran_out: false,
    }
}

/// What was waited for and is not any more.
fn ended(before: &Session, after: &Session) -> Vec<Pending> {
    before.waits.iter().filter(|wait| !after.waits.contains(wait)).copied().collect()
}

/// The state with its counters moved on by one turn.
fn advance(session: &Session, sequence: u64, now: u64) -> Session {
    let mut next = session.clone();
    next.turns += 1;
    next.inputs = next.inputs.max(sequence);
    next.last_active_at = next.last_active_at.max(now);
    next
}
