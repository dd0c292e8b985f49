//! A test file from what a real session said. The inputs are played on a stage beside the recording, so that the pauses
//! between them are those after which something came due, and each call is found with its answer.

use std::sync::Arc;

use super::answers::Recorded;
use super::heard::Heard;
use super::plan::{Headers, Setting};
use super::stage::Stage;
use super::write::{self, Lines};
use super::{Failure, read, run, talk};
use crate::edge;
use crate::model::{Note, NoteKind, Record, SessionId};
use crate::project::{Endpoint, File, Project};
use crate::script::Sandbox;
use crate::yaml::Faults;

/// A test file, and what is wrong with it if it does not pass as it is.
#[derive(Debug)]
pub struct Recording {
    pub text: String,
    pub failure: Option<Failure>,
}

/// How exactly a recording is kept.
#[derive(Clone, Copy)]
struct Manner {
    /// With the seeds of its turns: for flows that draw.
    seeds: bool,
    /// With every pause, not only those after which something came due: for flows that look at the clock.
    pauses: bool,
}

/// From the plainest to the most exact: the first that passes is taken.
const MANNERS: [Manner; 3] = [
    Manner { seeds: false, pauses: false },
    Manner { seeds: true, pauses: false },
    Manner { seeds: true, pauses: true },
];

/// The test of this session: `records` are all its turns, in order. `path` is how the file will be called in reports.
pub fn record(id: &SessionId, records: &[Record], project: &Project, path: &str) -> Recording {
    let mut last = None;
    for manner in MANNERS {
        let mut recorder =
            Recorder { manner, id, records, lines: Lines::default(), played: vec![false; records.len()] };
        let text = recorder.write(id, project);
        let failure = check(&text, path, project);
        let passes = failure.is_none();
        last = Some(Recording { text, failure });
        if passes {
            break;
        }
    }
    last.expect("there is more than one manner")
}

/// Reads the test and runs it.
fn check(text: &str, path: &str, project: &Project) -> Option<Failure> {
    let file = File { name: path.to_owned(), path: path.to_owned(), text: Some(text.to_owned()) };
    let endpoints: Vec<String> = project.endpoints.keys().cloned().collect();
    let mut faults = Faults::default();
    let test = read::read_file(&file, &endpoints, &|_| None, &mut faults);
    if let Some(fault) = faults.sorted().into_iter().next() {
        return Some(Failure { place: fault.place, text: fault.text, talk: Vec::new() });
    }
    let mut sandbox = Sandbox::new(project.settings.limits.script_memory_bytes);
    run::run(&test?, project, &mut sandbox).err()
}

struct Recorder<'a> {
    manner: Manner,
    id: &'a SessionId,
    records: &'a [Record],
    lines: Lines,
    /// Inputs that are written already, because they came while the flow waited.
    played: Vec<bool>,
}

impl Recorder<'_> {
    fn write(&mut self, id: &SessionId, project: &Project) -> String {
        let setting = self.setting(id);
        let mut sandbox = Sandbox::new(project.settings.limits.script_memory_bytes);
        let transformer = self.transformer(project.endpoints.get(&id.endpoint));
        let mut head = write::head(&setting, transformer.as_deref());
        if let Some(mut stage) = Stage::open(&setting, project, &mut sandbox) {
            stage.answers.expect(self.answers());
            for index in 0..self.records.len() {
                self.stimulus(index, &mut stage);
                self.outcome(index);
            }
            self.lines.answers(stage.answers.recorded());
        }
        head += &self.lines.text;
        head
    }

    /// The file that makes inputs of what is posted, if one has to do with any of these.
    fn transformer(&self, endpoint: Option<&Arc<Endpoint>>) -> Option<String> {
        let endpoint = endpoint?;
        let hook = self.records.iter().find_map(|record| edge::hook(endpoint, record.input.source));
        hook.map(|(_, transformers)| transformers.path())
    }

    fn answers(&self) -> Recorded {
        let answers = self.records.iter().filter_map(|record| record.woken.as_ref()?.answer.clone());
        let called = self.records.iter().flat_map(|record| &record.called);
        Recorded { answers: answers.collect(), called: called.cloned().collect(), ..Recorded::default() }
    }

    fn setting(&self, id: &SessionId) -> Setting {
        let ran = |record: &&Record| record.program.is_some();
        let seeds = self.records.iter().filter(ran).map(|record| record.seed);
        Setting {
            endpoint: id.endpoint.clone(),
            user: id.user_id.clone(),
            session: id.session_id.clone(),
            locale: None,
            now: self.records.first().map_or(0, |record| record.at),
            profile: self.records.iter().find_map(|record| record.profile.clone()).unwrap_or_default(),
            seeds: if self.manner.seeds { seeds.collect() } else { Vec::new() },
            answers: Default::default(),
        }
    }

    /// What made the turn happen: somebody spoke, time passed, or the answer to a call came, which takes no step.
    fn stimulus(&mut self, index: usize, stage: &mut Stage) {
        let record = &self.records[index];
        match &record.woken {
            None => self.speak(index, stage),
            Some(woken) if woken.answer.is_some() => {}
            Some(woken) => {
                self.speak_meanwhile(index, stage);
                if let Some(due_at) = stage.due_at(woken.wait) {
                    self.pause_until(due_at, stage);
                }
            }
        }
    }

    /// The inputs that came while the flow waited for this time to pass.
    fn speak_meanwhile(&mut self, until: usize, stage: &mut Stage) {
        let at = self.records[until].at;
        for index in until + 1..self.records.len() {
            let came = self.records[index].woken.is_none() && self.records[index].input.received_at < at;
            if came && stage.is_suspended() {
                self.speak(index, stage);
            }
        }
    }

    fn speak(&mut self, index: usize, stage: &mut Stage) {
        if std::mem::replace(&mut self.played[index], true) {
            return;
        }
        let input = &self.records[index].input;
        if self.manner.pauses {
            self.pause_until(input.received_at, stage);
        }
        self.lines.spoken(input);
        // What goes otherwise than in the recording is seen when the test is run.
        // The transformer runs for the calls that it makes in that test too; what it made of the request is the input.
        let request = stage.usual(input.source, &input.text, input.data.as_ref(), &Headers::new());
        let _ = stage.arrived(&request);
        let _ = stage.speak(input.source, input.text.clone(), input.data.clone());
    }

    fn pause_until(&mut self, at: u64, stage: &mut Stage) {
        let ms = at.saturating_sub(stage.now());
        if ms > 0 {
            self.lines.step(&format!("wait: {}", talk::span(ms)));
            let _ = stage.pass(ms);
        }
    }

    /// What came of the turn. A fault without a place is the server's and comes of no flow.
    fn outcome(&mut self, index: usize) {
        let record = &self.records[index];
        let trace_id = &record.input.trace_id;
        for heard in Heard::all(&record.outputs, &record.transformed, self.id, trace_id) {
            self.lines.said(&heard);
        }
        let fault = |note: &&Note| note.kind == NoteKind::Fault && !note.place.is_empty();
        for note in record.notes.iter().filter(fault) {
            self.lines.step(&format!("fault: {}", write::quoted(&note.text)));
        }
    }
}
