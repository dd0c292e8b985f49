//! The transformers of a test's endpoint: run here and now, their requests answered by the test, their storage kept as
//! long as the conversation.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answers::{self, Answers};
use super::heard::Heard;
use super::stage::{Stage, Trouble};
use crate::edge::{self, Arrival, Arrived, Departures, Given, Posted, Run, Runner};
use crate::model::{Call, CallResult, Map, Note, NoteKind, SessionId, Source};
use crate::transformer::{Answer, Ask, AtMost, Hook, Job, Kept, Request, Step};
use crate::turn::Turn;

/// Made with the first run.
#[derive(Default)]
pub(super) struct Edges {
    runner: Option<Runner>,
    /// By user and session.
    storages: BTreeMap<(String, String), Map>,
}

impl Edges {
    fn run(&mut self, job: &Job, answers: &mut Answers) -> Result<Run, Trouble> {
        let memory_bytes = job.bounds.memory_bytes;
        let runner = self.runner.get_or_insert_with(|| Runner::new(memory_bytes));
        let mut called = Vec::new();
        let mut step = runner.start(job, AtMost::Bounds);
        loop {
            match step {
                Some(Step::Done(done)) => return Ok(Run { done, called }),
                Some(Step::Waits(waiting)) => {
                    let mut all = Vec::new();
                    for ask in waiting.asks() {
                        let answer = answer(ask, &self.storages, answers, job)?;
                        called.extend(edge::called(ask, &answer));
                        all.push(answer);
                    }
                    step = Some(runner.go_on(waiting, all));
                }
                None => return Err(Trouble::Endless),
            }
        }
    }

    fn keep(&mut self, kept: Option<Kept>) {
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
) -> Result<Answer, Trouble> {
    let request = match ask {
        Ask::Storage { user_id, session_id } => {
            let storage = storages.get(&(user_id.clone(), session_id.clone()));
            return Ok(Answer::Storage(storage.cloned().unwrap_or_default()));
        }
        Ask::Request(request) => request,
    };
    let call = call(request);
    let unanswered = || Trouble::Unanswered {
        file: format!("transformers/{}", job.transformer.file()),
        call: answers::key(&call),
    };
    Ok(match answers.next(&call).ok_or_else(unanswered)? {
        CallResult::Answered { status, headers, text } => Answer::Answered { status, headers, text },
        CallResult::Failed { reason } => Answer::Failed(reason),
    })
}

fn call(Request { method, url, headers, body, timeout_ms }: &Request) -> Call {
    let headers = headers.clone().into_iter().collect();
    let (method, url, body) = (method.clone(), url.clone(), body.clone());
    Call { method, url, headers, body, timeout_ms: timeout_ms.unwrap_or_default(), retries: 0 }
}

impl Stage<'_> {
    /// What somebody says, as the flow gets to hear it; none if a transformer drops it.
    pub(super) fn arrive(
        &mut self,
        source: Source,
        text: &str,
        data: Option<Map>,
    ) -> Result<Option<(String, Option<Map>)>, Trouble> {
        let as_it_is = (text.to_owned(), data.clone());
        let hook = edge::hook(self.endpoint, source);
        let Some((hook, transformers)) = hook.zip(self.endpoint.transformers.as_ref()) else {
            return Ok(Some(as_it_is));
        };
        let posted = self.posted(hook, text, data.as_ref());
        let bounds = self.project.transformer_bounds();
        let seed = self.inputs;
        let Some(job) = edge::job(self.endpoint, hook, &posted, (self.now(), seed), bounds) else {
            return Ok(Some(as_it_is));
        };
        let run = self.edges.run(&job, &mut self.answers)?;
        let bytes_max = self.project.settings.limits.context_bytes;
        let Arrival { what, kept, notes } = edge::arrived(transformers, hook, &posted, run, bytes_max);
        self.notes.extend(notes);
        self.edges.keep(kept);
        let log = |text| Note { kind: NoteKind::Log, place: transformers.path(), text };
        match what {
            Arrived::Input { body, .. } if !self.is_own(&body.user_id, &body.session_id) => {
                Err(Trouble::OtherSession { user: body.user_id, session: body.session_id })
            }
            Arrived::Input { body, .. } => Ok(Some((body.text, body.data))),
            Arrived::Dropped { response } => {
                let answer = response.map(|response| format!(" and answered {}", response.status));
                let text = format!("{} dropped it{}", hook.function(), answer.unwrap_or_default());
                self.notes.push(log(text));
                Ok(None)
            }
            Arrived::Failed(failed) if transformers.abort_on_error => {
                let text = failed.note(hook.function(), "and the server would refuse this (502)").text;
                Err(Trouble::Refused { place: failed.place, text })
            }
            Arrived::Failed(failed) => {
                self.notes.push(failed.note(hook.function(), "what was posted goes on as it came"));
                Ok(Some(as_it_is))
            }
        }
    }

    fn is_own(&self, user: &str, session: &str) -> bool {
        (self.id.user_id.as_str(), self.id.session_id.as_str()) == (user, session)
    }

    fn posted(&self, hook: Hook, text: &str, data: Option<&Map>) -> Posted {
        let mut body = json!({ "userId": self.id.user_id, "sessionId": self.id.session_id, "text": text });
        if let Some(data) = data {
            body["data"] = Value::Object(data.clone());
        }
        let way = match hook {
            Hook::Inject => "/inject",
            Hook::Notify => "/notify",
            Hook::Input | Hook::Output | Hook::ExecutionFinished => "",
        };
        Posted {
            method: "POST".to_owned(),
            headers: Map::from_iter([("content-type".to_owned(), "application/json".into())]),
            query: Map::new(),
            raw_body: body.to_string(),
            body,
            original_url: format!("{way}/{}", self.endpoint.url_token),
            ip: "127.0.0.1".to_owned(),
        }
    }

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
            seed,
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
        self.notes.extend(departed.notes);
        if let Some(change) = departed.storage {
            let key = (self.id.user_id.clone(), self.id.session_id.clone());
            self.edges.storages.insert(key, change.left);
        }
        Ok(())
    }
}
