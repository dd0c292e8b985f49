//! A request at a door whose endpoint has a transformer for it: what the transformer sees of it, and what becomes of
//! the request after that. The transformer comes before every check of the body, and its own answer after the commit.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use tokio::sync::oneshot;

use super::body;
use super::front::Front;
use super::input::{self, Said, deliver, fingerprint, idempotency, not_accepted};
use super::problem::Problem;
use crate::clock;
use crate::edge::{self, Arrival, Arrived, Order, Posted, Run, Wire};
use crate::model::{Body, Note, SessionId, Source};
use crate::project::Endpoint;
use crate::session::{Brought, Idempotency, Refusal, Remember};
use crate::transformer::{Hook, Kept, Response};

/// What one request is about, on its way.
struct Way<'a> {
    front: &'a Front,
    endpoint: &'a Arc<Endpoint>,
    source: Source,
    hook: Hook,
    trace_id: &'a str,
    once: Option<Idempotency>,
}

pub(super) async fn post(
    front: &Front,
    endpoint: &Arc<Endpoint>,
    (source, hook): (Source, Hook),
    request: &HttpRequest,
    bytes: &Bytes,
    trace_id: &str,
) -> Result<HttpResponse, Problem> {
    let Some(transformers) = &endpoint.transformers else { return Err(Refusal::Overloaded.into()) };
    // Of what was posted: what a transformer makes of it may be another thing each time.
    let asked = || [request.method().as_str(), request.query_string()].join(" ").into_bytes();
    let once = idempotency(request.headers(), || {
        fingerprint(&[&asked(), json!(source).to_string().as_bytes(), bytes].join(&b'\n'))
    })?;
    let _inside = front.gate.enter()?;
    front.engine.store.accepting().map_err(Refusal::from)?;
    let posted = posted(request, bytes);
    let way = Way { front, endpoint, source, hook, trace_id, once };
    let run = way.run(&posted).await?;
    let bytes_max = front.engine.project().settings.limits.context_bytes;
    let Arrival { what, kept, mut notes } = edge::arrived(transformers, hook, &posted, run, bytes_max);
    match what {
        Arrived::Input { body, response } => {
            let usual = way.deliver(body, notes, kept).await?;
            Ok(response.map_or(usual, answered))
        }
        Arrived::Dropped { response } => {
            way.log(&notes);
            way.remember(kept).await?;
            let dropped = || HttpResponse::Ok().json(edge::dropped(trace_id));
            Ok(response.map_or_else(dropped, answered))
        }
        Arrived::Failed(failed) if transformers.abort_on_error => {
            notes.push(failed.note(hook.function(), "nothing was accepted"));
            way.log(&notes);
            Err(edge::problem())
        }
        Arrived::Failed(failed) => {
            notes.push(failed.note(hook.function(), "what was posted goes on as it came"));
            let body = body::expect_json(request).and_then(|()| Body::parse(bytes));
            let body = body.inspect_err(|_| way.log(&notes))?;
            way.deliver(body, notes, None).await
        }
    }
}

impl Way<'_> {
    /// Here if it ends in a moment, else in a lane.
    async fn run(&self, posted: &Posted) -> Result<Run, Refusal> {
        let project = self.front.engine.project();
        let bounds = project.transformer_bounds();
        let job = edge::job(self.endpoint, self.hook, posted, (clock::now(), clock::key().into()), bounds);
        let job = job.ok_or(Refusal::Overloaded)?;
        if let Some(done) = edge::at_once(&job) {
            return Ok(Run::of(done));
        }
        // A caller that got no answer posts again with the same key, and its requests have the same one again.
        let words = self.once.as_ref().map_or([self.trace_id, ""], |once| [&once.key, &once.fingerprint]);
        let mut about = vec![self.endpoint.name.clone(), self.hook.function().to_owned()];
        about.extend(words.map(str::to_owned));
        let recall = self.front.engine.recall(&self.endpoint.name);
        let order = Order { job, about, recall, wait_ms: project.settings.limits.transformer_wait_ms };
        self.front.engine.lanes.run_if_room(order).await.ok_or(Refusal::Overloaded)
    }

    async fn deliver(
        &self,
        body: Body,
        notes: Vec<Note>,
        kept: Option<Kept>,
    ) -> Result<HttpResponse, Problem> {
        let is_own = |kept: &Kept| kept.user_id == body.user_id && kept.session_id == body.session_id;
        let storage = kept.as_ref().filter(|kept| is_own(kept)).map(Into::into);
        if storage.is_none() {
            self.remember(kept).await?;
        }
        let brought = Brought { notes: notes.clone(), storage };
        let said = Said { source: self.source, body, once: self.once.clone(), brought };
        let accepted = deliver(self.front, self.endpoint.clone(), said, self.trace_id).await;
        // With an input that was not accepted they come into no transcript.
        Ok(input::accepted(accepted.inspect_err(|_| self.log(&notes))?))
    }

    /// What a run left in the storage of a session that has no input from it.
    async fn remember(&self, kept: Option<Kept>) -> Result<(), Problem> {
        let Some(kept) = kept else { return Ok(()) };
        let change = (&kept).into();
        let (endpoint, user_id, session_id) = (self.endpoint.name.clone(), kept.user_id, kept.session_id);
        let id = SessionId { endpoint, user_id, session_id };
        let shard = self.front.engine.shard_of(&id.key()).ok_or(Refusal::Overloaded)?;
        let (reply, answer) = oneshot::channel();
        let sent = shard.switchboard.try_send(Remember { id, change, reply });
        sent.map_err(|_| Refusal::Overloaded)?;
        Ok(answer.await.unwrap_or_else(|_| Err(not_accepted(self.front)))?)
    }

    fn log(&self, notes: &[Note]) {
        let console = self.front.engine.project().settings.log.console;
        notes.iter().for_each(|note| edge::log(note, &self.endpoint.name, self.trace_id, console));
    }
}

fn posted(request: &HttpRequest, bytes: &Bytes) -> Posted {
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Posted::of(Wire {
        method: request.method().as_str(),
        url: request.uri().path_and_query().map_or(request.path(), |asked| asked.as_str()),
        headers: headers.collect(),
        bytes,
        ip: request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default(),
    })
}

fn answered(response: Response) -> HttpResponse {
    let status = StatusCode::from_u16(response.status).expect("the edge takes only statuses from 200 to 599");
    let mut answer = HttpResponse::build(status);
    for (name, value) in response.headers {
        answer.append_header((name, value));
    }
    answer.body(response.body)
}
