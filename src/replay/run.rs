//! The way through a recording: one record after the other, each on the state that the one before it left.

use super::event::{self, Event};
use super::profile::Profile;
use super::{Error, Flows, Recording, Replay, Replayed, Stage};
use crate::flow::Program;
use crate::model::{Map, Note, NoteKind, Position, Record, Session, Wait};
use crate::script::Sandbox;
use crate::turn::{self, Turn};

/// Runs the session again.
pub fn run(
    recording: &Recording,
    flows: Flows,
    stage: &Stage,
    sandbox: &mut Sandbox,
) -> Result<Replay, Error> {
    check(&recording.records)?;
    let session = Session::new(recording.id.clone(), recording.started_at);
    let mut run = Run { flows, stage, sandbox, session, waits: Vec::new(), profile: Profile::default() };
    let mut turns = Vec::new();
    let mut stuck = None;
    for at in 0..recording.records.len() {
        match run.event(&recording.records, at) {
            Ok(event) => turns.push(run.turn(&recording.records[at], event)?),
            Err(why) => {
                stuck = Some(why);
                break;
            }
        }
    }
    let changed = matches!(flows, Flows::Changed(_));
    Ok(Replay { turns, session: run.session, stuck, changed })
}

/// Every turn is needed: the state that one leaves is what the next begins with.
fn check(records: &[Record]) -> Result<(), Error> {
    for (expected, record) in (1..).zip(records) {
        if record.turn != expected {
            return Err(match expected {
                1 => Error::NoBeginning { first: record.turn },
                missing => Error::Gap { missing },
            });
        }
    }
    Ok(())
}

struct Run<'a> {
    flows: Flows<'a>,
    stage: &'a Stage,
    sandbox: &'a mut Sandbox,
    session: Session,
    /// What the session waits for, whole; the state keeps only the ids.
    waits: Vec<Wait>,
    profile: Profile,
}

/// A turn, and what it was made from.
struct Played<'a> {
    turn: Turn,
    program: Option<&'a Program>,
    profile: Option<Map>,
}

impl<'a> Run<'a> {
    fn event(&self, records: &[Record], at: usize) -> Result<Event, String> {
        match self.flows {
            Flows::Recorded(_) => Ok(Event::of(&records[at])),
            Flows::Changed(_) => event::find(&self.session, &self.waits, records, at),
        }
    }

    fn turn(&mut self, record: &Record, event: Event) -> Result<Replayed, Error> {
        let Played { turn, program, profile } = self.play(record, &event)?;
        self.session = turn.session;
        self.waits.extend(turn.started);
        let session = &self.session;
        self.waits.retain(|wait| session.waits.iter().any(|pending| pending.id == wait.id));
        if let (Some(found), Some(left)) = (&profile, &turn.profile) {
            self.profile.changed(found, left);
        }
        let record = Record {
            turn: session.turns,
            sequence: event.sequence,
            program: program.map(|program| program.hash.clone()),
            profile,
            input: event.input,
            woken: event.woken,
            suspended: session.is_suspended(),
            outputs: turn.outputs,
            // What transformers made of them is no part of the turn.
            transformed: Vec::new(),
            called: Vec::new(),
            notes: turn.notes,
            ..*record
        };
        Ok(Replayed { record, then: self.then() })
    }

    fn play(&mut self, record: &Record, event: &Event) -> Result<Played<'a>, Error> {
        let without = |turn| Ok(Played { turn, program: None, profile: None });
        let program: &'a Program = match (self.flows, &record.program) {
            // What was set aside, the change may have mended.
            (Flows::Changed(program), None) if turn::speaker(&event.input).is_none() => program,
            (_, None) => return without(without_program(&self.session, record, event)),
            (Flows::Changed(program), Some(_)) => program,
            (Flows::Recorded(programs), Some(hash)) => {
                let missing = || Error::NoProgram { turn: record.turn, program: hash.clone() };
                programs.get(hash).ok_or_else(missing)?
            }
        };
        let profile = self.found(record, program);
        let turn = turn::step(
            turn::Event {
                program,
                door: &self.stage.door,
                bounds: &self.stage.bounds,
                session: &self.session,
                profile: profile.clone().unwrap_or_default(),
                input: &event.input,
                woken: event.woken.as_ref(),
                sequence: event.sequence,
                now: record.at,
                seed: record.seed,
            },
            self.sandbox,
        );
        Ok(Played { turn, program: Some(program), profile })
    }

    /// The profile as this turn finds it, if its program uses one.
    fn found(&self, record: &Record, program: &Program) -> Option<Map> {
        let recorded = record.profile.clone().unwrap_or_default();
        program.uses_profile.then(|| match self.flows {
            Flows::Recorded(_) => recorded,
            Flows::Changed(_) => self.profile.over(recorded),
        })
    }

    fn then(&self) -> Option<String> {
        match &self.session.position {
            Position::Suspended { wait, .. } => {
                let wait = self.waits.iter().find(|known| known.id == *wait)?;
                Some(format!("the flow waits for {}", event::told(wait, self.session.last_active_at)))
            }
            Position::Handover { to, .. } => Some(format!("a human agent has the session: {to:?}")),
            Position::Ended => Some("the session is over".to_owned()),
            Position::Start | Position::Ask { .. } | Position::Listen { .. } => None,
        }
    }
}

/// Words of another system or an agent are one output; what has none was set aside.
fn without_program(session: &Session, record: &Record, event: &Event) -> Turn {
    let (sequence, now) = (event.sequence, record.at);
    match turn::speaker(&event.input) {
        Some(speaker) if !record.outputs.is_empty() => {
            turn::speak(session, &event.input, speaker, sequence, now)
        }
        Some(_) | None => {
            let unknown = || Note { kind: NoteKind::Fault, place: String::new(), text: String::new() };
            let note = record.notes.first().cloned().unwrap_or_else(unknown);
            turn::set_aside(session, event.woken.as_ref(), sequence, now, note)
        }
    }
}
