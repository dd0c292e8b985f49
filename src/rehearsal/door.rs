//! What is posted at the door of a test's endpoint: what its transformer makes of it, whether a server would take it, and
//! what its caller is answered.

use serde_json::{Value, json};

use super::plan::{Headers, Request};
use super::request::JSON;
use super::stage::{Stage, Trouble};
use crate::edge::{self, Arrival, Arrived, Posted, Wire};
use crate::model::{Body, Map, Note, NoteKind, Problem, Source, expect_json};
use crate::transformer::{Hook, Response};

/// What a caller is answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Headers,
    pub body: String,
}

/// What becomes of a request.
pub(super) struct Came {
    /// None: nothing runs.
    body: Option<Body>,
    /// What its caller is answered if that is not as usual.
    response: Option<Response>,
}

impl Stage<'_> {
    /// The request with which somebody says this.
    pub fn usual(&self, to: Source, text: &str, data: Option<&Map>, headers: &Headers) -> Request {
        let mut body = json!({ "userId": self.id.user_id, "sessionId": self.id.session_id, "text": text });
        if let Some(data) = data {
            body["data"] = Value::Object(data.clone());
        }
        let mut headers = headers.clone();
        headers.entry("content-type".to_owned()).or_insert_with(|| JSON.to_owned());
        Request { to, method: "POST".to_owned(), headers, query: String::new(), body: body.to_string() }
    }

    /// A request comes in, and all that follows of it at this moment happens.
    pub fn post(&mut self, request: &Request) -> Result<Reply, Trouble> {
        let Came { body, response } = self.arrive(request)?;
        let usual = match body {
            None => Reply::json(200, &edge::dropped(&self.next_trace_id())),
            Some(body) if self.is_own(&body) => {
                Reply::json(202, &json!(self.speak(request.to, body.text, body.data)?))
            }
            Some(body) => {
                return Err(Trouble::OtherSession { user: body.user_id, session: body.session_id });
            }
        };
        Ok(response.map_or(usual, Reply::from))
    }

    /// What the caller is answered of whom nothing is taken.
    pub fn refused(&self, problem: Problem) -> Reply {
        let headers = problem.headers().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let status = problem.status();
        Reply { status, headers, body: problem.traced(&self.next_trace_id()).body() }
    }

    /// Before anything is said. What a transformer asks for is answered, and what it keeps is kept.
    pub(super) fn arrive(&mut self, request: &Request) -> Result<Came, Trouble> {
        let hook = edge::hook(self.endpoint, request.to);
        if !is_taken(&request.method, hook) {
            return Err(Trouble::NotTaken(Problem::only_post()));
        }
        let Some((hook, transformers)) = hook.zip(self.endpoint.transformers.as_ref()) else {
            return as_it_came(request);
        };
        let posted = self.posted(request);
        let at = (self.now(), self.edges.seed(0));
        let bounds = self.project.transformer_bounds();
        let Some(job) = edge::job(self.endpoint, hook, &posted, at, bounds) else {
            return as_it_came(request);
        };
        let run = self.edges.run(&job, &mut self.answers)?;
        let bytes_max = self.project.settings.limits.context_bytes;
        let Arrival { what, kept, notes } = edge::arrived(transformers, hook, &posted, run, bytes_max);
        self.notes.extend(notes);
        self.edges.keep(kept);
        match what {
            Arrived::Input { body, response } => Ok(Came { body: Some(body), response }),
            Arrived::Dropped { response } => {
                let answer = response.as_ref().map(|response| format!(" and answered {}", response.status));
                let text = format!("{} dropped it{}", hook.function(), answer.unwrap_or_default());
                self.notes.push(Note { kind: NoteKind::Log, place: transformers.path(), text });
                Ok(Came { body: None, response })
            }
            Arrived::Failed(failed) if transformers.abort_on_error => {
                let text = failed.note(hook.function(), "and the server would refuse this (502)").text;
                Err(Trouble::Refused { place: failed.place, text })
            }
            Arrived::Failed(failed) => {
                self.notes.push(failed.note(hook.function(), "what was posted goes on as it came"));
                as_it_came(request)
            }
        }
    }

    fn posted(&self, Request { to, method, headers, query, body }: &Request) -> Posted {
        let way = match to {
            Source::Inject => "/inject",
            Source::Notify => "/notify",
            Source::User | Source::Agent | Source::Timeout | Source::Returned => "",
        };
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        Posted::of(Wire {
            method,
            url: &format!("{way}/{}{query}", self.endpoint.url_token),
            headers: headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect(),
            bytes: body.as_bytes(),
            ip: "127.0.0.1".to_owned(),
        })
    }

    fn is_own(&self, body: &Body) -> bool {
        (&self.id.user_id, &self.id.session_id) == (&body.user_id, &body.session_id)
    }
}

/// Only handleInput makes anything of a GET.
fn is_taken(method: &str, hook: Option<Hook>) -> bool {
    method == "POST" || hook == Some(Hook::Input)
}

fn as_it_came(Request { headers, body, .. }: &Request) -> Result<Came, Trouble> {
    let body = expect_json(headers.get("content-type").map(String::as_str))
        .and_then(|()| Body::parse(body.as_bytes()))
        .map_err(Trouble::NotTaken)?;
    Ok(Came { body: Some(body), response: None })
}

impl Reply {
    fn json(status: u16, body: &Value) -> Reply {
        let headers = Headers::from([("content-type".to_owned(), JSON.to_owned())]);
        Reply { status, headers, body: body.to_string() }
    }
}

impl From<Response> for Reply {
    fn from(Response { status, headers, body }: Response) -> Reply {
        let small = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
        Reply { status, headers: headers.into_iter().map(small).collect(), body }
    }
}
