//! A posted input: from a request to the session's shard, and its answer when it cannot be lost any more.

use std::sync::Arc;

use actix_web::http::header::HeaderMap;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::front::{Front, is_one_of};
use super::problem::{Kind, Problem};
use super::{body, transformed};
use crate::clock;
use crate::edge;
use crate::model::{Body, FieldError, Input, SessionId, Source, hex};
use crate::project::Endpoint;
use crate::session::{Accepted, Brought, Idempotency, Known, Post, Refusal};

const KEY_CHARS_MAX: usize = 255;

pub async fn user(
    front: Data<Front>,
    token: Path<String>,
    request: HttpRequest,
    body: Payload,
) -> HttpResponse {
    at_token(&front, &token, Source::User, &request, body).await
}

pub async fn inject(
    front: Data<Front>,
    token: Path<String>,
    request: HttpRequest,
    body: Payload,
) -> HttpResponse {
    at_token(&front, &token, Source::Inject, &request, body).await
}

pub async fn notify(
    front: Data<Front>,
    token: Path<String>,
    request: HttpRequest,
    body: Payload,
) -> HttpResponse {
    at_token(&front, &token, Source::Notify, &request, body).await
}

pub async fn inject_v2(front: Data<Front>, request: HttpRequest, body: Payload) -> HttpResponse {
    with_key(&front, Source::Inject, &request, body).await
}

pub async fn notify_v2(front: Data<Front>, request: HttpRequest, body: Payload) -> HttpResponse {
    with_key(&front, Source::Notify, &request, body).await
}

/// What a GET at a door comes to: only a transformer can make anything of it.
pub async fn asked(
    front: Data<Front>,
    token: Path<String>,
    request: HttpRequest,
    body: Payload,
) -> HttpResponse {
    let endpoint = front.engine.project().by_token(&token).cloned();
    if endpoint.is_some_and(|endpoint| edge::hook(&endpoint, Source::User).is_some()) {
        return at_token(&front, &token, Source::User, &request, body).await;
    }
    super::only_post(request).await
}

async fn at_token(
    front: &Front,
    token: &str,
    source: Source,
    request: &HttpRequest,
    body: Payload,
) -> HttpResponse {
    let trace_id = clock::id();
    let answered = async {
        let endpoint = door(front, token)?;
        authorize(&endpoint, request.headers())?;
        let max = front.engine.project().settings.limits.body_bytes;
        if let Some(hook) = edge::hook(&endpoint, source) {
            let bytes = body::read_any(body, max).await?;
            return transformed::post(front, &endpoint, (source, hook), request, &bytes, &trace_id).await;
        }
        let body = Body::parse(&body::read(request, body, max).await?)?;
        post(front, endpoint, source, body, request.headers(), &trace_id).await.map(accepted)
    };
    answered.await.unwrap_or_else(|problem: Problem| problem.traced(&trace_id).respond())
}

/// The older form: the token stands in the body, a key of the server authorises.
async fn with_key(front: &Front, source: Source, request: &HttpRequest, body: Payload) -> HttpResponse {
    let trace_id = clock::id();
    let answered = async {
        front.admit(header(request.headers(), "X-API-Key"))?;
        let bytes = body::read(request, body, front.engine.project().settings.limits.body_bytes).await?;
        let object = Body::object(&bytes)?;
        let required =
            || FieldError { field: "URLToken".to_owned(), detail: "is required: a string".to_owned() };
        let token = object.get("URLToken").and_then(Value::as_str);
        let endpoint = door(front, token.ok_or_else(|| Problem::fields(vec![required()]))?)?;
        if let Some(hook) = edge::hook(&endpoint, source) {
            return transformed::post(front, &endpoint, (source, hook), request, &bytes, &trace_id).await;
        }
        let body = Body::of(object).map_err(Problem::fields)?;
        post(front, endpoint, source, body, request.headers(), &trace_id).await.map(accepted)
    };
    answered.await.unwrap_or_else(|problem: Problem| problem.traced(&trace_id).respond())
}

fn door(front: &Front, token: &str) -> Result<Arc<Endpoint>, Problem> {
    let unknown = || Problem::new(Kind::UnknownEndpoint, "no endpoint has this URL token; check the URL");
    let endpoint = front.engine.project().by_token(token).cloned().ok_or_else(unknown)?;
    if endpoint.enabled {
        return Ok(endpoint);
    }
    Err(Problem::new(Kind::EndpointDisabled, "this endpoint takes nothing until it is enabled"))
}

fn authorize(endpoint: &Endpoint, headers: &HeaderMap) -> Result<(), Problem> {
    let keys = &endpoint.auth.webhook_keys;
    if keys.is_empty() || header(headers, "X-Webhook-Key").is_some_and(|key| is_one_of(key, keys)) {
        return Ok(());
    }
    Err(Problem::new(Kind::Unauthorized, "send a key of this endpoint in the header X-Webhook-Key"))
}

/// Hands the input to its session and waits until it is flushed.
pub(super) async fn post(
    front: &Front,
    endpoint: Arc<Endpoint>,
    source: Source,
    body: Body,
    headers: &HeaderMap,
    trace_id: &str,
) -> Result<Accepted, Problem> {
    let fingerprint = || fingerprint(json!([source, body.text, body.data]).to_string().as_bytes());
    let once = idempotency(headers, fingerprint)?;
    let _inside = front.gate.enter()?;
    let said = Said { source, body, once, brought: Brought::default() };
    deliver(front, endpoint, said, trace_id).await
}

/// An input, checked.
pub(super) struct Said {
    pub source: Source,
    pub body: Body,
    pub once: Option<Idempotency>,
    pub brought: Brought,
}

/// For one that is counted already.
pub(super) async fn deliver(
    front: &Front,
    endpoint: Arc<Endpoint>,
    Said { source, body, once, brought }: Said,
    trace_id: &str,
) -> Result<Accepted, Problem> {
    front.engine.store.accepting().map_err(Refusal::from)?;
    let (name, received_at) = (endpoint.name.clone(), clock::now());
    let counted = front.engine.metrics.endpoint(&name);
    let id = SessionId { endpoint: name, user_id: body.user_id, session_id: body.session_id };
    let (input_id, trace_id) = (clock::id(), trace_id.to_owned());
    let input = Input { input_id, trace_id, source, text: body.text, data: body.data, received_at };
    let shard = front.engine.shard_of(&id.key()).ok_or(Refusal::Overloaded)?;
    let (reply, answer) = oneshot::channel();
    let post = Post { id, endpoint, input, once, brought, reply };
    shard.switchboard.try_send(post).map_err(|_| Refusal::Overloaded)?;
    let accepted = answer.await.unwrap_or_else(|_| Err(not_accepted(front)))?;
    counted.input(source);
    Ok(accepted)
}

/// Without an answer it was not accepted; the store may say why.
pub(super) fn not_accepted(front: &Front) -> Refusal {
    front.engine.store.accepting().map_or_else(Refusal::from, |()| Refusal::Overloaded)
}

/// The caller's key, with a hash of all that makes this input what it is.
pub(super) fn idempotency(
    headers: &HeaderMap,
    fingerprint: impl FnOnce() -> String,
) -> Result<Option<Idempotency>, Problem> {
    let Some(value) = headers.get("Idempotency-Key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if !(1..=KEY_CHARS_MAX).contains(&key.len()) {
        let detail = format!("is a text of 1 to {KEY_CHARS_MAX} ASCII characters");
        return Err(Problem::fields(vec![FieldError { field: "Idempotency-Key".to_owned(), detail }]));
    }
    let (key, fingerprint) = (key.to_owned(), fingerprint());
    Ok(Some(Idempotency { key, fingerprint, known: Known::InSession }))
}

pub(super) fn fingerprint(said: &[u8]) -> String {
    hex(&Sha256::digest(said)[..16])
}

pub(super) fn accepted(accepted: Accepted) -> HttpResponse {
    HttpResponse::Accepted().json(accepted)
}

pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
