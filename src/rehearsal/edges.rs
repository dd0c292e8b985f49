//! The transformers of a test's endpoint: run here and now, their requests answered by the test, their storage kept as
//! long as the conversation.

use std::collections::BTreeMap;

use super::answers::{self, Answers};
use super::heard::Heard;
use super::stage::{Stage, Trouble};
use crate::edge::{self, Departures, Given, Run, Runner};
use crate::model::{Called, Map, Note, SessionId};
use crate::project::Transformers;
use crate::transformer::{Answer, Ask, Job, Kept, Seed, Step};
use crate::turn::Turn;

/// Made with the first run.
#[derive(Default)]
pub(super) struct Edges {
    runner: Option<Runner>,
    /// By user and session.
    storages: BTreeMap<(String, String), Map>,
    /// How often chance was asked for.
    seeded: u64,
}

impl Edges {
    pub(super) fn run(&mut self, job: &Job, answers: &mut Answers) -> Result<Run, Trouble> {
        let memory_bytes = job.bounds.memory_bytes;
        let runner = self.runner.get_or_insert_with(|| Runner::new(memory_bytes));
        let mut called = Vec::new();
        let mut step = runner.start(job);
        loop {
            match step {
                Step::Done(done) => return Ok(Run { done, called }),
                Step::Waits(waiting) => {
                    let mut all = Vec::new();
                    for ask in waiting.asks() {
                        all.push(answer(ask, &self.storages, answers, job, &mut called)?);
                    }
                    step = runner.go_on(waiting, all);
                }
            }
        }
    }

    /// For the next run: the same in each rehearsal, and never the same twice in one.
    pub(super) fn seed(&mut self, of_turn: u64) -> Seed {
        self.seeded += 1;
        Seed::of(of_turn, &format!("run {}", self.seeded))
    }

    pub(super) fn keep(&mut self, kept: Option<Kept>) {
        if let Some(Kept { user_id, session_id, left, .. }) = kept {
            self.storages.insert((user_id, session_id), left);
        }
    }

    fn storage(&self, id: &SessionId) -> Map {
        let key = (id.user_id.clone(), id.session_id.clone());
        self.storages.get(&key).cloned().unwrap_or_default()
    }
}

fn answer(
    ask: &Ask,
    storages: &BTreeMap<(String, String), Map>,
    answers: &mut Answers,
    job: &Job,
    called: &mut Vec<Called>,
) -> Result<Answer, Trouble> {
    let request = match ask {
        Ask::Storage { user_id, session_id } => {
            let storage = storages.get(&(user_id.clone(), session_id.clone()));
            return Ok(Answer::Storage(storage.cloned().unwrap_or_default()));
        }
        Ask::Request(request) => request,
    };
    let call = request.to_call(request.timeout_ms.unwrap_or_default());
    let file = format!("transformers/{}", job.transformer.file());
    let answer = answers.next_of(&file, &call);
    let unanswered = || Trouble::Unanswered { file, call: answers::key(&call) };
    let answer = answer.ok_or_else(unanswered)?;
    called.push(edge::called(job.hook, request, edge::outcome(&answer)));
    Ok(answer.into())
}

impl Stage<'_> {
    /// What goes out of a turn.
    pub(super) fn depart(
        &mut self,
        turn: &Turn,
        trace_id: &str,
        (seed, finished): (u64, bool),
    ) -> Result<(), Trouble> {
        let given = Given {
            endpoint: self.endpoint.clone(),
            id: self.id.clone(),
            trace_id: trace_id.to_owned(),
            outputs: turn.outputs.clone(),
            finished,
            storage: self.edges.storage(&self.id),
            now: self.now(),
            seed: self.edges.seed(seed),
            bounds: self.project.transformer_bounds(),
            storage_bytes_max: self.project.settings.limits.context_bytes,
        };
        let mut departed = Default::default();
        if let Some(mut departures) = Departures::new(given) {
            while let Some((job, _)) = departures.next() {
                departures.take(self.edges.run(&job, &mut self.answers)?);
            }
            departed = departures.end();
        }
        let heard = Heard::all(&turn.outputs, &departed.transformed, &self.id, trace_id);
        self.outputs.extend(heard);
        self.note(departed.notes, &departed.called);
        if let Some(change) = departed.storage {
            let key = (self.id.user_id.clone(), self.id.session_id.clone());
            self.edges.storages.insert(key, change.left);
        }
        Ok(())
    }

    /// What happened in a run, and whom it called.
    pub(super) fn note(&mut self, notes: Vec<Note>, called: &[Called]) {
        let path = self.endpoint.transformers.as_ref().map(Transformers::path).unwrap_or_default();
        self.notes.extend(notes);
        self.notes.extend(called.iter().map(|called| edge::told(&path, called)));
    }
}
