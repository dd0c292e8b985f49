//! A request at a door whose endpoint has a transformer for it: what the transformer sees of it, and what becomes of the
//! request after that. A request that came before with the same key is answered before the transformer, which comes before
//! every check of the body; its own answer comes after the commit.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use tokio::sync::oneshot;

use super::front::Front;
use super::input::{self, Said, deliver, fingerprint, header, idempotency, not_accepted};
use super::problem::Problem;
use crate::clock;
use crate::edge::{self, Arrival, Arrived, Order, Posted, Run, Wire, Words};
use crate::model::{Body, Called, Note, Response, Seen, SessionId, SessionKey, Source, Told, Within, chance};
use crate::project::{Endpoint, Transformers};
use crate::session::{Brought, Idempotency, Known, Refusal, Remember};
use crate::transformer::{Hook, Kept};

/// Rows of no session are written by the first shard.
const OF_NO_SESSION: SessionKey = SessionKey([0; 24]);

/// What one request is about, on its way.
struct Way<'a> {
    front: &'a Front,
    endpoint: &'a Arc<Endpoint>,
    source: Source,
    hook: (Hook, &'a Transformers),
    trace_id: &'a str,
    once: Option<Idempotency>,
}

pub(super) async fn post(
    front: &Front,
    endpoint: &Arc<Endpoint>,
    (source, hook): (Source, (Hook, &Transformers)),
    request: &HttpRequest,
    bytes: &Bytes,
    trace_id: &str,
) -> Result<HttpResponse, Problem> {
    let mut once = idempotency(request.headers(), || fingerprint(&asked(request, source, bytes)))?;
    let _inside = front.gate.enter()?;
    front.engine.store.accepting().map_err(Refusal::from)?;
    if let Some(once) = &mut once
        && let Some(told) = told_before(front, endpoint, once).await?
    {
        return Ok(answer(told));
    }
    let posted = posted(request, bytes);
    let way = Way { front, endpoint, source, hook, trace_id, once };
    let run = way.run(&posted).await?;
    let bytes_max = front.engine.project().settings.limits.context_bytes;
    let Arrival { what, kept, called, mut notes } = edge::arrived(hook, &posted, run, bytes_max);
    let (hook, transformers) = hook;
    match what {
        Arrived::Input { body, response } => way.deliver(body, (called, notes), (kept, response)).await,
        Arrived::Dropped { response } => {
            way.log(&called, &notes);
            way.dropped(kept, response).await
        }
        Arrived::Failed(failed) if transformers.abort_on_error => {
            notes.push(failed.note(hook.function(), "nothing was accepted"));
            way.log(&called, &notes);
            Err(edge::problem())
        }
        Arrived::Failed(failed) => {
            notes.push(failed.note(hook.function(), "what was posted goes on as it came"));
            let content_type = header(request.headers(), "Content-Type");
            let body = Body::as_it_came(request.method().as_str(), content_type, bytes);
            let body = body.inspect_err(|_| way.log(&called, &notes))?;
            way.deliver(body, (called, notes), (None, None)).await
        }
    }
}

/// What makes this request what it is. Not what a transformer makes of it, which may be another thing each time, and of the
/// headers only the one that says how to read the body: others, like signatures, may be new with each attempt.
fn asked(request: &HttpRequest, source: Source, bytes: &Bytes) -> Vec<u8> {
    let content_type = header(request.headers(), "Content-Type").unwrap_or_default();
    let asked = [request.method().as_str(), request.query_string(), content_type].join(" ");
    [asked.as_bytes(), json!(source).to_string().as_bytes(), bytes].join(&b'\n')
}

/// What the caller with this key was told, once nobody else is under way with it. If it was told nothing yet, the key is held
/// from now on.
async fn told_before(
    front: &Front,
    endpoint: &Endpoint,
    once: &mut Idempotency,
) -> Result<Option<Told>, Problem> {
    let held = front.engine.keys.hold(&endpoint.name, &once.key).await;
    let within = Within::Endpoint(endpoint.name.clone());
    let Some(Seen { told, fingerprint, .. }) = front.engine.store.seen(&within, &once.key, clock::now())?
    else {
        once.known = Known::AtEndpoint(held);
        return Ok(None);
    };
    if fingerprint == once.fingerprint { Ok(Some(told)) } else { Err(Refusal::KeyReused.into()) }
}

impl Way<'_> {
    /// Here if it ends in a moment, else in a lane.
    async fn run(&self, posted: &Posted) -> Result<Run, Refusal> {
        let project = self.front.engine.project();
        let bounds = project.transformer_bounds();
        let about = self.about();
        let words: Vec<&str> = about.iter().map(String::as_str).collect();
        let seed = chance(self.front.engine.store.secret(), &words);
        let job = edge::job(self.endpoint, self.hook, posted, (clock::now(), seed.into()), bounds);
        if let Some(done) = edge::at_once(&job) {
            return Ok(Run::of(done));
        }
        let recall = self.front.engine.recall(&self.endpoint.name);
        let (endpoint, wait_ms) = (self.endpoint.name.clone(), project.settings.limits.transformer_wait_ms);
        let order = Order { job, endpoint, about, recall, wait_ms };
        self.front.engine.lanes.run_if_room(order).await.ok_or(Refusal::Overloaded)
    }

    /// A caller that got no answer posts again with the same key: then its requests have the same one again, and what they draw
    /// by chance is the same.
    fn about(&self) -> Vec<String> {
        let words = self.once.as_ref().map_or([self.trace_id, ""], |once| [&once.key, &once.fingerprint]);
        let whose = [&self.endpoint.name, self.hook.0.function()];
        whose.into_iter().chain(words).map(str::to_owned).collect()
    }

    async fn deliver(
        mut self,
        body: Body,
        (called, notes): (Vec<Called>, Vec<Note>),
        (kept, response): (Option<Kept>, Option<Response>),
    ) -> Result<HttpResponse, Problem> {
        let is_own = |kept: &Kept| kept.user_id == body.user_id && kept.session_id == body.session_id;
        let storage = kept.as_ref().filter(|kept| is_own(kept)).map(Into::into);
        if storage.is_none() {
            self.remember(kept, None).await?;
        }
        let brought =
            Brought { called: called.clone(), notes: notes.clone(), storage, response: response.clone() };
        let said = Said { source: self.source, body, once: self.once.take(), brought };
        let accepted = deliver(self.front, self.endpoint.clone(), said, self.trace_id).await;
        // With an input that was not accepted they come into no transcript.
        let accepted = accepted.inspect_err(|_| self.log(&called, &notes))?;
        Ok(answer(response.map_or(Told::Accepted(accepted), Told::Itself)))
    }

    /// Nothing runs, neither now nor when it is posted again. Only a refusal is not kept: else whoever has no right to post
    /// here could spend the key of somebody who has, and whoever mended what was wrong would need another key.
    async fn dropped(
        mut self,
        kept: Option<Kept>,
        response: Option<Response>,
    ) -> Result<HttpResponse, Problem> {
        let told = response.map_or_else(|| Told::dropped(self.trace_id), Told::Itself);
        let once = self.once.take().filter(|_| !told.is_refusal());
        self.remember(kept, once.map(|once| (once, told.clone()))).await?;
        Ok(answer(told))
    }

    /// What a run left in the storage of a session that has no input from it, and what its caller is told.
    async fn remember(&self, kept: Option<Kept>, once: Option<(Idempotency, Told)>) -> Result<(), Problem> {
        if kept.is_none() && once.is_none() {
            return Ok(());
        }
        let endpoint = self.endpoint.name.clone();
        let changed = kept.map(|kept| {
            let change = (&kept).into();
            let (user_id, session_id) = (kept.user_id, kept.session_id);
            (SessionId { endpoint: endpoint.clone(), user_id, session_id }, change)
        });
        let key = changed.as_ref().map_or(OF_NO_SESSION, |(id, _)| id.key());
        let shard = self.front.engine.shard_of(&key).ok_or(Refusal::Overloaded)?;
        let (reply, answer) = oneshot::channel();
        let sent = shard.switchboard.try_send(Remember { endpoint, changed, once, reply });
        sent.map_err(|_| Refusal::Overloaded)?;
        Ok(answer.await.unwrap_or_else(|_| Err(not_accepted(self.front)))?)
    }

    fn log(&self, called: &[Called], notes: &[Note]) {
        let console = self.front.engine.project().settings.log.console;
        let words = if console { Words::InLog } else { Words::Nowhere };
        let path = self.endpoint.transformers.as_ref().map(Transformers::path).unwrap_or_default();
        let told: Vec<Note> = called.iter().map(|called| edge::told(&path, called)).collect();
        for note in told.iter().chain(notes) {
            edge::log(note, &self.endpoint.name, self.trace_id, words);
        }
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

fn answer(told: Told) -> HttpResponse {
    match told {
        Told::Accepted(accepted) => input::accepted(accepted),
        Told::Itself(response) => answered(response),
        Told::Dropped { .. } => HttpResponse::Ok().json(told),
    }
}

fn answered(response: Response) -> HttpResponse {
    let status =
        StatusCode::from_u16(response.status).expect("the sandbox takes only statuses from 200 to 599");
    let mut answer = HttpResponse::build(status);
    for (name, value) in response.headers {
        answer.append_header((name, value));
    }
    answer.body(response.body)
}
