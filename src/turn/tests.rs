//! Turns as text: each case is a flow and a conversation. `cases/*.txt` hold them; this file only plays them.
//!
//! `=== name` begins a case, `flow NAME` a flow, `talk` the conversation. There, `> text` is an input (`> {…}` one of data,
//! `inject text` one by another system), `< text` an output (`\n` for a line break in it) and `<< {…}` its data, `fault`,
//! `warning` and `log` a note that holds this text, `locale TAG` the endpoint's language from here on, `context {…}`,
//! `profile {…}` and `position NAME` what is kept afterwards. Outputs and notes have to be all of them, in order. So have
//! the waits that begin: `calls GET URL BODY`, `waits MS`, `reminder MS {text, data}`. They are over with
//! `answered STATUS BODY`, `unanswered REASON`, `time`, `reminds`; a human agent gives the session back with `returned`.
//! `waiting N` is how many are left.

mod examples;
mod random;

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::*;
use crate::flow::{self, language::FLOW};
use crate::model::{Awaited, CallResult, NoteKind, SessionId, Source};
use crate::script;
use crate::yaml::{Faults, trial};

const CASES: [(&str, &str); 6] = [
    ("asks", include_str!("cases/asks.txt")),
    ("bounds", include_str!("cases/bounds.txt")),
    ("memory", include_str!("cases/memory.txt")),
    ("say", include_str!("cases/say.txt")),
    ("steps", include_str!("cases/steps.txt")),
    ("waits", include_str!("cases/waits.txt")),
];

const NOW: u64 = 1_700_000_000_000;

#[test]
fn every_conversation_goes_as_it_is_written() {
    let mut failures = Vec::new();
    for (file, text) in CASES {
        for case in text.split("\n=== ").skip(1) {
            let (name, body) = case.split_once('\n').expect("a case has a name and a body");
            if let Err(failure) = play(body) {
                failures.push(format!("cases/{file}.txt, {name}: {failure}"));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn the_same_turn_comes_out_the_same_in_a_fresh_and_in_a_used_sandbox() {
    let flow = r#"
- set: { context.dice: "{{ Math.random() }}", context.at: "{{ new Date().toISOString() }}" }
- say: { oneOf: [one, two, three] }
- code: "context.more = [1, 2, 3].map(() => Math.random()); say(String(Math.random()))"
"#;
    let program = compile(&[("main".to_owned(), flow.to_owned())]).expect("the flow is valid");
    let (session, door) = (Session::new(id(), NOW), door());
    let input = input(Source::User, "hi", 1);
    let mut used = Sandbox::new(MEMORY);
    let mut turns = Vec::new();
    for _ in 0..3 {
        for sandbox in [&mut used, &mut Sandbox::new(MEMORY)] {
            turns.push(format!(
                "{:?}",
                step(event(&program, &door, &session, Map::new(), &input, 1), sandbox)
            ));
        }
    }
    turns.dedup();
    assert_eq!(turns.len(), 1, "{turns:#?}");
}

#[test]
fn a_notify_becomes_an_output_and_leaves_the_flow_where_it_is() {
    let mut session = Session::new(id(), NOW);
    session.inputs = 4;
    session.outputs = 2;
    let notify = input(Source::Notify, "your parcel is here", 5);
    let turn = speak(&session, &notify, Speaker::Bot, 5, NOW + 1);
    assert_eq!((turn.session.inputs, turn.session.outputs, turn.session.turns), (5, 3, 1));
    assert_eq!(turn.session.position, session.position);
    assert_eq!((turn.outputs[0].sequence, turn.outputs[0].output.text.as_str()), (3, "your parcel is here"));
}

/// More than a hundred of them would be a long case.
#[test]
fn a_session_has_a_bound_of_reminders() {
    let flow = "- each: { in: \"Array.from({ length: 101 }, (_, n) => n)\", as: n, do: [{ remind: { after: 1h, text: \"{{ n }}\" } }] }";
    let program = compile(&[("main".to_owned(), flow.to_owned())]).expect("the flow is valid");
    let (session, door, said) = (Session::new(id(), NOW), door(), input(Source::User, "go", 1));
    let turn = step(event(&program, &door, &session, Map::new(), &said, 1), &mut Sandbox::new(MEMORY));
    assert_eq!((turn.started.len(), turn.session.waits.len()), (100, 100));
    assert!(turn.notes[0].text.contains("100 reminders at a time"), "{:?}", turn.notes);
}

/// The version that it waited in cannot be had: another program runs.
#[test]
fn a_flow_that_finds_itself_in_another_program_starts_anew_and_waits_for_nothing() {
    let programs = ["- wait: 2s\n- say: old", "- say: \"new {{ input.text }}\""];
    let [old, new] =
        programs.map(|flow| compile(&[("main".to_owned(), flow.to_owned())]).expect("it is valid"));
    let (session, door, said) = (Session::new(id(), NOW), door(), input(Source::User, "go", 1));
    let sandbox = &mut Sandbox::new(MEMORY);
    let waiting = step(event(&old, &door, &session, Map::new(), &said, 1), sandbox).session;
    let woken = Woken { wait: 1, answer: None };
    let event = event(&new, &door, &waiting, Map::new(), &said, 1);
    let turn = step(Event { woken: Some(&woken), ..event }, sandbox);
    assert_eq!(turn.outputs[0].output.text, "new go");
    assert_eq!((turn.session.position, turn.session.waits, turn.ended.len()), (Position::Start, vec![], 1));
}

const MEMORY: usize = 32 << 20;

/// A conversation under way.
struct Play {
    program: Program,
    door: Door,
    session: Session,
    profile: Map,
    sandbox: Sandbox,
    outputs: VecDeque<Output>,
    notes: VecDeque<Note>,
    last: Option<Output>,
    /// Waits that the last turn began and the case has not named.
    started: VecDeque<Wait>,
    /// All that ever began.
    waits: Vec<Wait>,
}

fn play(body: &str) -> Result<(), String> {
    let (flows, talk) = body.split_once("\ntalk\n").ok_or("there is no line `talk`")?;
    let mut named: Vec<(String, String)> = Vec::new();
    for line in flows.lines() {
        match (line.strip_prefix("flow "), named.last_mut()) {
            (Some(name), _) => named.push((name.to_owned(), String::new())),
            (None, Some((_, text))) => text.push_str(&format!("{line}\n")),
            (None, None) => return Err("the first line is `flow NAME`".to_owned()),
        }
    }
    let mut play = Play::new(compile(&named)?);
    for line in talk.lines().filter(|line| !line.is_empty()) {
        play.line(line).map_err(|failure| format!("at `{line}`: {failure}"))?;
    }
    play.nothing_left().map_err(|failure| format!("at the end: {failure}"))
}

fn compile(flows: &[(String, String)]) -> Result<Program, String> {
    let mut faults = Faults::default();
    let check: flow::Check = &|kind, source, locals| {
        script::check(kind, source, locals).map_err(|error| flow::SyntaxError {
            line: error.line,
            column: error.column,
            text: error.text,
        })
    };
    let mut parsed = BTreeMap::new();
    for (name, text) in flows {
        parsed.insert(name.clone(), flow::parse(name, text, &|_| None, check, &mut faults));
    }
    flow::link(&parsed, &mut faults);
    let program = flow::compile(&flows[0].0, &parsed);
    let refused = flows.iter().find_map(|(_, text)| trial::refused(&FLOW, text));
    assert!(!faults.is_empty() || refused.is_none(), "the schema refuses what the parser takes: {refused:?}");
    program.filter(|_| faults.is_empty()).ok_or_else(|| {
        let faults = faults.sorted();
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    })
}

impl Play {
    fn new(program: Program) -> Play {
        Play {
            program,
            door: door(),
            session: Session::new(id(), NOW),
            profile: Map::new(),
            sandbox: Sandbox::new(MEMORY),
            outputs: VecDeque::new(),
            notes: VecDeque::new(),
            last: None,
            started: VecDeque::new(),
            waits: Vec::new(),
        }
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            ">" => self.says(Source::User, rest),
            "inject" => self.says(Source::Inject, rest),
            "<" => self.hears(rest),
            "<<" => {
                let data = self.last.as_ref().map(|output| Value::Object(output.data.clone()));
                same(&data.unwrap_or_default(), rest)
            }
            "fault" => self.notes(NoteKind::Fault, rest),
            "warning" => self.notes(NoteKind::Warning, rest),
            "log" => self.notes(NoteKind::Log, rest),
            "locale" => {
                self.door.locale = rest.to_owned();
                Ok(())
            }
            "context" => same(&Value::Object(self.session.context.clone()), rest),
            "profile" => same(&Value::Object(self.profile.clone()), rest),
            "position" => {
                let at = match self.session.position {
                    Position::Start => "start",
                    Position::Ask { .. } => "ask",
                    Position::Suspended { .. } => "suspended",
                    Position::Listen { .. } => "listen",
                    Position::Handover { .. } => "handover",
                    Position::Ended => "ended",
                };
                if at == rest { Ok(()) } else { Err(format!("it is {at}")) }
            }
            "calls" | "waits" | "reminder" => self.begins(line),
            "answered" => {
                let (status, text) = rest.split_once(' ').unwrap_or((rest, ""));
                let status = status.parse().map_err(|_| "a status is a number")?;
                let headers = BTreeMap::from([("x-from".to_owned(), "test".to_owned())]);
                self.wakes(Some(CallResult::Answered { status, headers, text: text.to_owned() }))
            }
            "unanswered" => self.wakes(Some(CallResult::Failed { reason: rest.to_owned() })),
            "time" => self.wakes(None),
            "reminds" => self.reminds(),
            "returned" => self.says(Source::Returned, rest),
            "waiting" => {
                let waits = self.session.waits.len();
                if waits.to_string() == rest { Ok(()) } else { Err(format!("there are {waits}")) }
            }
            other => Err(format!("{other:?} is no word of a case")),
        }
    }

    fn says(&mut self, source: Source, text: &str) -> Result<(), String> {
        let sequence = self.session.inputs + 1;
        self.turn(input(source, text, sequence), sequence, None)
    }

    /// The wait that the position is about is over.
    fn wakes(&mut self, answer: Option<CallResult>) -> Result<(), String> {
        let wait = self.session.position.wait().ok_or("nothing is waited for")?;
        let (input, sequence) = match &self.session.position {
            Position::Suspended { carried, .. } => (carried.input.clone(), carried.sequence),
            _ => (input(Source::Timeout, "", self.session.inputs), self.session.inputs),
        };
        self.turn(input, sequence, Some(Woken { wait, answer }))
    }

    fn reminds(&mut self) -> Result<(), String> {
        let wait = self.session.waits.iter().find(|wait| wait.reminder).ok_or("there is no reminder")?.id;
        let what = self.waits.iter().find(|known| known.id == wait).map(|wait| wait.what.clone());
        let Some(Awaited::Reminder { text, data }) = what else { return Err("it never began".to_owned()) };
        let sequence = self.session.inputs + 1;
        let input = Input { text, data, ..input(Source::Inject, "", sequence) };
        self.turn(input, sequence, Some(Woken { wait, answer: None }))
    }

    fn begins(&mut self, line: &str) -> Result<(), String> {
        let wait = self.started.pop_front().ok_or("nothing began")?;
        let ms = wait.due_at - NOW;
        let said = match wait.what {
            Awaited::Time => format!("waits {ms}"),
            Awaited::Reminder { text, data } => {
                format!("reminder {ms} {}", json!({ "data": data, "text": text }))
            }
            Awaited::Call(call) => {
                format!("calls {} {} {}", call.method, call.url, call.body.unwrap_or_default())
            }
        };
        if said.trim_end() == line { Ok(()) } else { Err(format!("it is `{said}`")) }
    }

    fn turn(&mut self, input: Input, sequence: u64, woken: Option<Woken>) -> Result<(), String> {
        self.nothing_left()?;
        let mut event =
            event(&self.program, &self.door, &self.session, self.profile.clone(), &input, sequence);
        event.woken = woken.as_ref();
        let turn = step(event, &mut self.sandbox);
        same_waits(&self.session, &turn)?;
        self.waits.extend(turn.started.iter().cloned());
        self.started = turn.started.into();
        self.outputs = turn.outputs.into_iter().map(|numbered| numbered.output).collect();
        self.notes = turn.notes.into();
        self.session = turn.session;
        if let Some(profile) = turn.profile {
            self.profile = profile;
        }
        Ok(())
    }

    fn hears(&mut self, text: &str) -> Result<(), String> {
        let output = self.outputs.pop_front().ok_or("nothing was said")?;
        let said = output.text.replace('\n', "\\n");
        self.last = Some(output);
        if said == text { Ok(()) } else { Err(format!("it said {said:?}")) }
    }

    fn notes(&mut self, kind: NoteKind, text: &str) -> Result<(), String> {
        let note = self.notes.pop_front().ok_or("there is no note")?;
        let whole = format!("{}: {}", note.place, note.text);
        if note.kind == kind && whole.contains(text) {
            Ok(())
        } else {
            Err(format!("it is {:?} {whole}", note.kind))
        }
    }

    fn nothing_left(&self) -> Result<(), String> {
        if self.outputs.is_empty() && self.notes.is_empty() && self.started.is_empty() {
            return Ok(());
        }
        Err(format!("there is also {:?} {:?} {:?}", self.outputs, self.notes, self.started))
    }
}

/// What the state says of waits and what the turn orders are one.
fn same_waits(before: &Session, turn: &Turn) -> Result<(), String> {
    let mut expected = before.waits.clone();
    expected.retain(|wait| !turn.ended.contains(wait));
    expected.extend(turn.started.iter().map(Wait::pending));
    let known = |wait: &Pending| expected.contains(wait);
    let same = expected.len() == turn.session.waits.len() && turn.session.waits.iter().all(known);
    let position = turn.session.position.wait();
    let held = position.is_none_or(|id| turn.session.waits.iter().any(|wait| wait.id == id));
    if same && held { Ok(()) } else { Err(format!("the waits disagree: {turn:?}")) }
}

fn same(is: &Value, expected: &str) -> Result<(), String> {
    let expected: Value = serde_json::from_str(expected).map_err(|error| error.to_string())?;
    if *is == expected { Ok(()) } else { Err(format!("it is {is}")) }
}

fn id() -> SessionId {
    SessionId { endpoint: "shop".to_owned(), user_id: "u".to_owned(), session_id: "s".to_owned() }
}

fn door() -> Door {
    Door {
        name: "shop".to_owned(),
        url_token: "token".to_owned(),
        flow: "main".to_owned(),
        locale: "en-US".to_owned(),
        timezone: "Europe/Berlin".to_owned(),
    }
}

fn input(source: Source, text: &str, sequence: u64) -> Input {
    let data = text.starts_with('{').then(|| serde_json::from_str(text).expect("the data of a case is JSON"));
    Input {
        input_id: format!("input {sequence}"),
        trace_id: format!("trace {sequence}"),
        source,
        text: if data.is_some() { String::new() } else { text.to_owned() },
        data,
        received_at: NOW,
    }
}

fn event<'a>(
    program: &'a Program,
    door: &'a Door,
    session: &'a Session,
    profile: Map,
    input: &'a Input,
    sequence: u64,
) -> Event<'a> {
    static BOUNDS: Bounds = Bounds {
        steps_max: 1_000,
        goto_max: 4,
        context_bytes_max: 4_096,
        script_steps_max: 2_000_000,
        copied_bytes_max: 20_000,
    };
    let now = NOW + sequence;
    Event { program, door, bounds: &BOUNDS, session, profile, input, woken: None, sequence, now, seed: 7 }
}
