//! What is posted at the door of a test's endpoint: what its transformer makes of it, whether a server would take it, and
//! what its caller is answered.

use serde_json::{Value, json};

use super::plan::{Headers, Request};
use super::stage::{Stage, Trouble};
use crate::edge::{self, Arrival, Arrived, Posted, Wire};
use crate::model::{Body, JSON, Map, Note, NoteKind, Problem, Response, Source, Told};
use crate::transformer::{Hook, Kept};

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
    /// What its session is to remember, if the input is taken.
    kept: Option<Kept>,
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
        let Came { body, response, kept } = self.arrive(request)?;
        let usual = match body {
            None => Reply::json(200, &json!(Told::dropped(&self.next_trace_id()))),
            Some(body) if self.is_own((&body.user_id, &body.session_id)) => {
                self.admits(request.to)?;
                self.edges.keep(kept);
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

    /// What a transformer makes of a request whose input was taken, which is known otherwise.
    pub(super) fn arrived(&mut self, request: &Request) -> Result<(), Trouble> {
        let Came { kept, .. } = self.arrive(request)?;
        self.edges.keep(kept);
        Ok(())
    }

    /// Before anything is said. What a transformer asks for is answered, and what it keeps is kept, but for what goes with an
    /// input.
    fn arrive(&mut self, request: &Request) -> Result<Came, Trouble> {
        let hook = edge::hook(self.endpoint, request.to);
        if !is_taken(&request.method, hook.map(|(hook, _)| hook)) {
            return Err(Trouble::NotTaken(Problem::only_post()));
        }
        let Some(hook) = hook else { return as_it_came(request) };
        let posted = self.posted(request);
        let (at, bounds) = ((self.now(), self.edges.seed(0)), self.project.transformer_bounds());
        let job = edge::job(self.endpoint, hook, &posted, at, bounds);
        let run = self.edges.run(&job, &mut self.answers)?;
        let bytes_max = self.project.settings.limits.context_bytes;
        let Arrival { what, kept, called, notes } = edge::arrived(hook, &posted, run, bytes_max);
        let (hook, transformers) = hook;
        self.note(notes, &called);
        let goes_with_input = matches!(what, Arrived::Input { .. })
            && kept.as_ref().is_some_and(|kept| self.is_own((&kept.user_id, &kept.session_id)));
        let (kept, others) = if goes_with_input { (kept, None) } else { (None, kept) };
        self.edges.keep(others);
        match what {
            Arrived::Input { body, response } => Ok(Came { body: Some(body), response, kept }),
            Arrived::Dropped { response } => {
                let answer = response.as_ref().map(|response| format!(" and answered {}", response.status));
                let text = format!("{} dropped it{}", hook.function(), answer.unwrap_or_default());
                self.notes.push(Note { kind: NoteKind::Log, place: transformers.path(), text });
                Ok(Came { body: None, response, kept: None })
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

    fn is_own(&self, of: (&String, &String)) -> bool {
        (&self.id.user_id, &self.id.session_id) == of
    }
}

/// Only handleInput makes anything of a GET.
fn is_taken(method: &str, hook: Option<Hook>) -> bool {
    method == "POST" || hook == Some(Hook::Input)
}

fn as_it_came(Request { method, headers, body, .. }: &Request) -> Result<Came, Trouble> {
    let content_type = headers.get("content-type").map(String::as_str);
    let body = Body::as_it_came(method, content_type, body.as_bytes()).map_err(Trouble::NotTaken)?;
    Ok(Came { body: Some(body), response: None, kept: None })
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
