//! A posted input: from a request to the session's shard, and its answer when it cannot be lost any more.

use std::sync::Arc;

use actix_web::http::header::HeaderMap;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::body::{self, Body};
use super::front::{Front, is_one_of};
use super::problem::{FieldError, Kind, Problem};
use crate::clock;
use crate::model::{Input, SessionId, Source, hex};
use crate::project::Endpoint;
use crate::session::{Accepted, Idempotency, Post, Refusal};

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

async fn at_token(
    front: &Front,
    token: &str,
    source: Source,
    request: &HttpRequest,
    body: Payload,
) -> HttpResponse {
    let trace_id = clock::id();
    let accepted = async {
        let endpoint = door(front, token)?;
        authorize(&endpoint, request.headers())?;
        let body = read(front, request, body).await?;
        post(front, endpoint, source, body, request.headers(), &trace_id).await
    };
    respond(accepted.await, &trace_id)
}

/// The older form: the token stands in the body, a key of the server authorises.
async fn with_key(front: &Front, source: Source, request: &HttpRequest, body: Payload) -> HttpResponse {
    let trace_id = clock::id();
    let accepted = async {
        front.admit(header(request.headers(), "X-API-Key"))?;
        let body = read(front, request, body).await?;
        let required =
            || FieldError { field: "URLToken".to_owned(), detail: "is required: a string".to_owned() };
        let token = body.url_token.as_deref().ok_or_else(|| Problem::fields(vec![required()]))?;
        let endpoint = door(front, token)?;
        post(front, endpoint, source, body, request.headers(), &trace_id).await
    };
    respond(accepted.await, &trace_id)
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

async fn read(front: &Front, request: &HttpRequest, payload: Payload) -> Result<Body, Problem> {
    let max = front.engine.project().settings.limits.body_bytes;
    body::parse(&body::read(request, payload, max).await?)
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
    let once = idempotency(headers, source, &body)?;
    let _inside = front.gate.enter()?;
    front.engine.store.accepting().map_err(Refusal::from)?;
    let (name, received_at) = (endpoint.name.clone(), clock::now());
    let counted = front.engine.metrics.endpoint(&name);
    let id = SessionId { endpoint: name, user_id: body.user_id, session_id: body.session_id };
    let (input_id, trace_id) = (clock::id(), trace_id.to_owned());
    let input = Input { input_id, trace_id, source, text: body.text, data: body.data, received_at };
    let shard = front.engine.shard_of(&id.key()).ok_or(Refusal::Overloaded)?;
    let (reply, answer) = oneshot::channel();
    shard.switchboard.try_send(Post { id, endpoint, input, once, reply }).map_err(|_| Refusal::Overloaded)?;
    // Without an answer it was not accepted; the store may say why.
    let why = |_| Err(front.engine.store.accepting().map_or_else(Refusal::from, |()| Refusal::Overloaded));
    let accepted = answer.await.unwrap_or_else(why)?;
    counted.input(source);
    Ok(accepted)
}

/// The caller's key, with a hash of all that makes this input what it is.
fn idempotency(headers: &HeaderMap, source: Source, body: &Body) -> Result<Option<Idempotency>, Problem> {
    let Some(value) = headers.get("Idempotency-Key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if !(1..=KEY_CHARS_MAX).contains(&key.len()) {
        let detail = format!("is a text of 1 to {KEY_CHARS_MAX} ASCII characters");
        return Err(Problem::fields(vec![FieldError { field: "Idempotency-Key".to_owned(), detail }]));
    }
    let said = json!([source, body.text, body.data]).to_string();
    let digest = Sha256::digest(said.as_bytes());
    let fingerprint = hex(&digest[..16]);
    Ok(Some(Idempotency { key: key.to_owned(), fingerprint }))
}

pub(super) fn respond(accepted: Result<Accepted, Problem>, trace_id: &str) -> HttpResponse {
    match accepted {
        Ok(accepted) => HttpResponse::Accepted().json(accepted),
        Err(problem) => problem.traced(trace_id).respond(),
    }
}

pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
