//! Conversations that are taped as the session's actor records them, then played again: in the program they ran in, and in a
//! changed one. Here is the tape; the stories are beside it.

mod changed;
mod recorded;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::*;
use crate::model::{
    Awaited, CallResult, Input, Note, NoteKind, Position, ProgramSource, Source, Wait, Woken,
};
use crate::project;
use crate::script::Sandbox;
use crate::turn::{self, Turn};

const NOW: u64 = 1_700_000_000_000;
const SECOND: u64 = 1_000;
const MEMORY: usize = 32 << 20;

/// A session under way, with all that is recorded of it.
struct Tape {
    program: Arc<Program>,
    programs: Programs,
    session: Session,
    profile: Map,
    now: u64,
    records: Vec<Record>,
    waits: Vec<Wait>,
    sandbox: Sandbox,
    lost: bool,
}

impl Tape {
    fn of(flow: &str) -> Tape {
        let program = compile(flow);
        Tape {
            programs: HashMap::from([(program.hash.clone(), program.clone())]),
            program,
            session: Session::new(id(), NOW),
            profile: Map::new(),
            now: NOW,
            records: Vec::new(),
            waits: Vec::new(),
            sandbox: Sandbox::new(MEMORY),
            lost: false,
        }
    }

    /// From now on the flow is started in this version.
    fn edit(&mut self, flow: &str) {
        self.program = compile(flow);
        self.programs.insert(self.program.hash.clone(), self.program.clone());
    }

    fn later(&mut self, ms: u64) -> &mut Tape {
        self.now += ms;
        self
    }

    fn says(&mut self, text: &str) -> &mut Tape {
        self.hears(Source::User, text)
    }

    /// Somebody speaks into the session.
    fn hears(&mut self, source: Source, text: &str) -> &mut Tape {
        let input = self.input(source, text);
        let sequence = self.session.inputs + 1;
        let Some(speaker) = turn::speaker(&input) else { return self.runs(input, sequence, None) };
        let turn = turn::speak(&self.session, &input, speaker, sequence, self.now);
        self.keep(turn, (input, sequence, None), None, 0)
    }

    /// What the flow waits for in the middle of an input is over.
    fn wakes(&mut self, answer: Option<CallResult>) -> &mut Tape {
        let Position::Suspended { wait, carried, .. } = self.session.position.clone() else {
            panic!("the flow waits for nothing: {:?}", self.session.position);
        };
        self.runs(carried.input, carried.sequence, Some(Woken { wait, answer }))
    }

    /// Versions before this one cannot be had any more.
    fn lose_versions(&mut self) -> &mut Tape {
        self.lost = true;
        self
    }

    fn answered(&mut self, status: u16, text: &str) -> &mut Tape {
        let text = text.to_owned();
        self.wakes(Some(CallResult::Answered { status, headers: BTreeMap::new(), text }))
    }

    fn times_out(&mut self) -> &mut Tape {
        let wait = self.session.position.wait().expect("the question has an end");
        let input = self.input(Source::Timeout, "");
        self.runs(input, self.session.inputs, Some(Woken { wait, answer: None }))
    }

    fn reminds(&mut self) -> &mut Tape {
        let wait = self.waits.iter().find(|wait| wait.pending().reminder).expect("there is a reminder");
        let Awaited::Reminder { text, data } = wait.what.clone() else { panic!("{wait:?}") };
        let woken = Some(Woken { wait: wait.id, answer: None });
        let input = Input { data, ..self.input(Source::Inject, &text) };
        self.runs(input, self.session.inputs + 1, woken)
    }

    /// The turn of this input panicked twice.
    fn set_aside(&mut self, text: &str) -> &mut Tape {
        let (input, sequence) = (self.input(Source::User, text), self.session.inputs + 1);
        let note = fault("the input was set aside: its turn failed twice");
        let turn = turn::set_aside(&self.session, None, sequence, self.now, note);
        self.keep(turn, (input, sequence, None), None, 0)
    }

    fn input(&self, source: Source, text: &str) -> Input {
        let number = self.records.len();
        Input {
            input_id: format!("input {number}"),
            trace_id: format!("trace {number}"),
            source,
            text: text.to_owned(),
            data: None,
            received_at: self.now,
        }
    }

    fn runs(&mut self, input: Input, sequence: u64, woken: Option<Woken>) -> &mut Tape {
        let stands_in = self.session.position.program().and_then(|hash| self.programs.get(hash));
        let program = stands_in.filter(|_| !self.lost).unwrap_or(&self.program).clone();
        let stage = stage();
        let seed = 7 * self.now + sequence;
        let event = turn::Event {
            program: &program,
            door: &stage.door,
            bounds: &stage.bounds,
            session: &self.session,
            profile: self.profile.clone(),
            input: &input,
            woken: woken.as_ref(),
            sequence,
            now: self.now,
            seed,
        };
        let turn = turn::step(event, &mut self.sandbox);
        self.keep(turn, (input, sequence, woken), Some(&program), seed)
    }

    fn keep(
        &mut self,
        turn: Turn,
        (input, sequence, woken): (Input, u64, Option<Woken>),
        program: Option<&Program>,
        seed: u64,
    ) -> &mut Tape {
        let found = self.profile.clone();
        self.session = turn.session;
        self.waits.extend(turn.started);
        self.waits.retain(|wait| self.session.waits.iter().any(|pending| pending.id == wait.id));
        self.profile = turn.profile.unwrap_or(found.clone());
        self.records.push(Record {
            turn: self.session.turns,
            sequence,
            at: self.now,
            seed,
            program: program.map(|program| program.hash.clone()),
            profile: program.filter(|program| program.uses_profile).map(|_| found),
            input,
            woken,
            suspended: self.session.is_suspended(),
            outputs: turn.outputs,
            transformed: Vec::new(),
            called: Vec::new(),
            notes: turn.notes,
        });
        self
    }

    fn recording(&self) -> Recording {
        Recording {
            id: id(),
            started_at: NOW,
            // As it comes over the wire.
            records: through_json(&self.records),
            kept: Some(Kept {
                context: self.session.context.clone(),
                position: self.session.position.clone(),
                waits: self.session.waits.clone(),
            }),
        }
    }

    /// In the programs it ran in it comes out the same, to the byte.
    fn is_the_same(&self) {
        let recording = self.recording();
        let replay = play(&recording, Flows::Recorded(&self.programs)).expect("all of it is there");
        assert_eq!(compare(&recording, &replay), None);
        let replayed: Vec<&Record> = replay.turns.iter().map(|turn| &turn.record).collect();
        assert_eq!(
            serde_json::to_string(&replayed).expect("records are plain data"),
            serde_json::to_string(&self.records).expect("records are plain data")
        );
        assert_eq!(replay.session, self.session);
    }

    /// The first difference in this flow.
    fn in_flow(&self, flow: &str) -> Option<Difference> {
        let (recording, program) = (self.recording(), compile(flow));
        let replay = play(&recording, Flows::Changed(&program)).expect("all of it is there");
        compare(&recording, &replay)
    }
}

fn through_json(records: &[Record]) -> Vec<Record> {
    let text = serde_json::to_string(records).expect("records are plain data");
    serde_json::from_str(&text).expect("they were just written")
}

fn play(recording: &Recording, flows: Flows) -> Result<Replay, Error> {
    run(recording, flows, &stage(), &mut Sandbox::new(MEMORY))
}

fn compile(flow: &str) -> Arc<Program> {
    let sources = BTreeMap::from([("main".to_owned(), flow.to_owned())]);
    let source = ProgramSource { flow: "main".to_owned(), sources };
    Arc::new(project::recompile(&source, &|_| None).unwrap_or_else(|faults| panic!("{flow}: {faults:?}")))
}

fn fault(text: &str) -> Note {
    Note { kind: NoteKind::Fault, place: String::new(), text: text.to_owned() }
}

fn id() -> SessionId {
    SessionId { endpoint: "shop".to_owned(), user_id: "u".to_owned(), session_id: "s".to_owned() }
}

fn stage() -> Stage {
    let [name, url_token, flow, locale, timezone] =
        ["shop", "token", "main", "en-US", "Europe/Berlin"].map(str::to_owned);
    Stage {
        door: Arc::new(Door { name, url_token, flow, locale, timezone }),
        bounds: Arc::new(Bounds {
            steps_max: 100,
            goto_max: 4,
            context_bytes_max: 4_096,
            script_steps_max: 2_000_000,
            copied_bytes_max: 100_000,
        }),
    }
}
