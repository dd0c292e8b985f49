//! What goes out: the runs of `handleOutput`, one for each output of a turn, in order, and of
//! `handleExecutionFinished` behind them. `next` says what is to be run, `take` is told what came of it; who runs it, and
//! where, is no matter of this file.

use std::sync::Arc;

use serde_json::{Value, json};

use super::arrival::is_falsy;
use super::lanes::Run;
use super::notes::{Failed, of_run};
use super::{Change, check_kept};
use crate::model::{
    Called, DEPTH_MAX, Fate, Map, Note, NoteKind, Numbered, SessionId, Transformed, is_deeper,
};
use crate::project::{Endpoint, Transformers};
use crate::transformer::{Bounds, Hook, Job, Seed};

/// Requests of one turn that its record keeps: as many as one run may send at the most, and that of its input come on top.
const CALLED_MAX: usize = 100;

/// A turn that was decided, as far as transformers are concerned.
pub struct Given {
    pub endpoint: Arc<Endpoint>,
    pub id: SessionId,
    pub trace_id: String,
    pub outputs: Vec<Numbered>,
    /// A flow ran and is through with its input.
    pub finished: bool,
    pub storage: Map,
    pub now: u64,
    pub seed: Seed,
    pub bounds: Bounds,
    pub storage_bytes_max: usize,
}

pub struct Departures {
    given: Given,
    /// The storage as the last run left it.
    left: Map,
    /// The runs that are to be done, the next one last.
    todo: Vec<Todo>,
    departed: Departed,
    /// Requests that are not kept.
    more: usize,
}

#[derive(Clone, Copy)]
enum Todo {
    /// The output at this index.
    Output(usize),
    Finished,
}

/// What came of all of them.
#[derive(Debug, Default)]
pub struct Departed {
    pub transformed: Vec<Transformed>,
    pub called: Vec<Called>,
    pub notes: Vec<Note>,
    /// None: the storage is as it was.
    pub storage: Option<Change>,
}

impl Departures {
    /// None if there is nothing to run.
    pub fn new(given: Given) -> Option<Departures> {
        let transformers = given.endpoint.transformers.as_ref()?;
        let mut todo = Vec::new();
        if given.finished && transformers.has(Hook::ExecutionFinished) {
            todo.push(Todo::Finished);
        }
        if transformers.has(Hook::Output) {
            todo.extend((0..given.outputs.len()).rev().map(Todo::Output));
        }
        let left = given.storage.clone();
        let departed = Departed::default();
        (!todo.is_empty()).then_some(Departures { given, left, todo, departed, more: 0 })
    }

    /// Whether an endpoint has anything to run behind a turn.
    pub fn has_any(endpoint: &Endpoint) -> bool {
        let any = |transformers: &Transformers| {
            transformers.has(Hook::Output) || transformers.has(Hook::ExecutionFinished)
        };
        endpoint.transformers.as_ref().is_some_and(any)
    }

    /// The next run, until it was taken; with a word that tells it from the others of this turn.
    pub fn next(&self) -> Option<(Job, String)> {
        let todo = *self.todo.last()?;
        let Given { endpoint, id, now, seed, bounds, .. } = &self.given;
        let mut arguments = Map::from_iter([
            ("endpoint".to_owned(), endpoint.object.clone()),
            ("userId".to_owned(), id.user_id.clone().into()),
            ("sessionId".to_owned(), id.session_id.clone().into()),
        ]);
        let (hook, word) = match todo {
            Todo::Output(index) => {
                let numbered = &self.given.outputs[index];
                arguments.insert("output".to_owned(), self.output(numbered));
                arguments.insert("processedOutput".to_owned(), self.processed(numbered));
                (Hook::Output, format!("output {index}"))
            }
            Todo::Finished => (Hook::ExecutionFinished, "finished".to_owned()),
        };
        let job = Job {
            transformer: self.transformers().transformer.clone(),
            hook,
            arguments,
            raw_body: None,
            now: *now,
            seed: seed.with(&word),
            bounds: bounds.clone(),
            of: Some((id.user_id.clone(), id.session_id.clone())),
            storage: Some(self.left.clone()),
        };
        Some((job, word))
    }

    pub fn take(&mut self, Run { done, called }: Run) {
        let Some(todo) = self.todo.pop() else { return };
        let path = self.transformers().path();
        self.keep(called);
        self.departed.notes.extend(of_run(&path, &done.lines));
        let result = done.result.map_err(|failure| Failed::of(&path, &failure));
        let kept = done.storage;
        let fits = kept.as_ref().map_or(Ok(()), |kept| check_kept(kept, self.given.storage_bytes_max));
        let fits = fits.map_err(|text| Failed::wrong(&path, text));
        let result = result.and_then(|value| fits.map(|()| value));
        if let (Ok(_), Some(kept)) = (&result, kept) {
            self.left = kept.left;
        }
        match (todo, result) {
            (Todo::Output(index), Ok(value)) => self.sends(index, value),
            (Todo::Output(index), Err(failed)) => self.failed(index, &failed),
            (Todo::Finished, Ok(_)) => {}
            (Todo::Finished, Err(failed)) => {
                let note =
                    failed.note(Hook::ExecutionFinished.function(), "what it left undone stays undone");
                self.departed.notes.push(note);
            }
        }
    }

    /// Once `next` has nothing more.
    pub fn end(self) -> Departed {
        let path = self.transformers().path();
        let Departures { given, left, mut departed, more, .. } = self;
        if more > 0 {
            let text = format!("{more} more requests were left out");
            departed.notes.push(Note { kind: NoteKind::Warning, place: path, text });
        }
        if left != given.storage {
            departed.storage = Some(Change { found: given.storage, left });
        }
        departed
    }

    fn keep(&mut self, mut called: Vec<Called>) {
        let room = CALLED_MAX - self.departed.called.len();
        self.more += called.len().saturating_sub(room);
        called.truncate(room);
        self.departed.called.append(&mut called);
    }

    fn sends(&mut self, index: usize, value: Value) {
        let numbered = &self.given.outputs[index];
        if is_deeper(&value, DEPTH_MAX) {
            let text =
                format!("what it gave back has lists and objects more than {DEPTH_MAX} deep in one another");
            return self.failed(index, &Failed::wrong(&self.transformers().path(), text));
        }
        if is_falsy(&value) {
            self.becomes(index, Fate::Dropped);
        } else if value != self.processed(numbered) {
            self.becomes(index, Fate::Sent { value });
        }
    }

    fn failed(&mut self, index: usize, failed: &Failed) {
        let abort = self.transformers().abort_on_error;
        let then = match (abort, &self.given.endpoint.webhook) {
            (true, _) => "the output is a dead letter",
            (false, Some(_)) => "the output goes out as it was",
            (false, None) => "the output goes nowhere, because the endpoint has no webhook",
        };
        self.departed.notes.push(failed.note(Hook::Output.function(), then));
        if abort {
            let reason = format!("handleOutput failed: {}: {}", failed.place, failed.text);
            self.becomes(index, Fate::Buried { reason });
        }
    }

    fn becomes(&mut self, index: usize, fate: Fate) {
        let sequence = self.given.outputs[index].sequence;
        self.departed.transformed.push(Transformed { sequence, fate });
    }

    fn output(&self, Numbered { output, .. }: &Numbered) -> Value {
        json!({
            "text": output.text,
            "data": output.data,
            "traceId": self.given.trace_id,
            "disableSensitiveLogging": false,
            "source": output.source,
        })
    }

    /// In the shape of the body that is sent without a transformer.
    fn processed(&self, numbered: &Numbered) -> Value {
        let id = &self.given.id;
        json!({ "userId": id.user_id, "sessionId": id.session_id, "AIOutput": self.output(numbered) })
    }

    fn transformers(&self) -> &Transformers {
        self.given.endpoint.transformers.as_ref().expect("there are no departures without transformers")
    }
}
