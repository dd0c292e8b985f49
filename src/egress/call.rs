//! One call to another system with all its tries, as an `http` step orders it.
//!
//! It ends with a whole answer or with the reason why there is none, within the time and size it is allowed. What comes of
//! it holds no part of the URL, and a redirect is an answer like any other.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::web::Bytes;
use awc::error::{PayloadError, SendRequestError};
use awc::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use awc::http::{Method, StatusCode};
use awc::{ClientRequest, ClientResponse};
use futures_util::{Stream, StreamExt};
use percent_encoding::percent_decode_str;
use url::Url;

use super::client::{Client, exchange, refused, told};
use super::retry::{self, Next, Tried};
use crate::model::{Call, CallResult};

/// More is not for a flow: what `into` keeps has the bound of the context, which is a fault of the turn past it.
const ANSWER_BYTES_MAX: usize = 256 << 10;
/// So much of an answer's headers is kept, names and values.
const HEADER_BYTES_MAX: usize = 16 << 10;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    text: String,
}

/// Why a try brought no answer.
enum Failure {
    Unanswered(String),
    Hopeless(String),
}

/// `id` is the same whenever this call is made, also after a crash: the other system can tell by it what it did already.
pub async fn call(client: &Client, call: &Call, id: &str) -> CallResult {
    let mut tries = 0;
    loop {
        let outcome = attempt(client, call, id).await;
        tries += 1;
        match retry::next(tried(&outcome), tries, call.retries) {
            Next::Again(wait) => tokio::time::sleep(wait).await,
            Next::End => return result(outcome),
        }
    }
}

/// The timeout spans all of it: the name, the connection, and the answer to its last byte.
async fn attempt(client: &Client, call: &Call, id: &str) -> Result<Answer, Failure> {
    let timeout = Duration::from_millis(call.timeout_ms);
    let request = request(client, call, id).map_err(Failure::Hopeless)?;
    let body = call.body.clone().map(Bytes::from);
    let whole = async {
        let response = exchange(client, request, body).await.map_err(|error| failure(&error))?;
        answer(response, call.method == "HEAD").await
    };
    let late = |_| Failure::Unanswered(format!("no whole answer within {} ms", call.timeout_ms));
    tokio::time::timeout(timeout, whole).await.map_err(late)?
}

/// The errors are for whoever wrote the flow; they show no value, which may be a secret.
fn request(client: &Client, call: &Call, id: &str) -> Result<ClientRequest, String> {
    let (url, credentials) = address(&call.url)?;
    let method = Method::from_bytes(call.method.as_bytes());
    let method = method.map_err(|_| format!("\"{}\" is no method; write one such as POST", call.method))?;
    let mut request = client.request(method, url.as_str());
    for (name, value) in &call.headers {
        request = request.append_header(header(name, value)?);
    }
    if let Some((user, password)) = credentials
        && !request.headers().contains_key(header::AUTHORIZATION)
    {
        request = request.basic_auth(user, password);
    }
    let id = header(IDEMPOTENCY_KEY.as_str(), id)?;
    let agent = concat!("antiphon/", env!("CARGO_PKG_VERSION"));
    Ok(request.insert_header_if_none(id).insert_header_if_none((header::USER_AGENT, agent)))
}

/// The URL without user and password, and these two.
fn address(url: &str) -> Result<(Url, Option<(String, String)>), String> {
    let mut url = Url::parse(url).map_err(|error| format!("the URL of the call cannot be read: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("the URL of the call has to begin with http:// or https://".to_owned());
    }
    let credentials = take_credentials(&mut url);
    Ok((url, credentials))
}

/// User and password of a URL with a host: they become Basic authentication, and are in it no more, so that no log has them.
pub fn take_credentials(url: &mut Url) -> Option<(String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (user, password) = (decoded(url.username()), url.password().map(decoded));
    let given = !user.is_empty() || password.is_some();
    url.set_username("").and_then(|()| url.set_password(None)).expect("a URL of http has a host");
    given.then(|| (user, password.unwrap_or_default()))
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parsed = HeaderName::from_bytes(name.as_bytes());
    let parsed =
        parsed.map_err(|_| format!("\"{name}\" is no name of a header; write one such as X-Order"))?;
    let value = HeaderValue::from_bytes(value.as_bytes());
    let value = value
        .map_err(|_| format!("the value of the header {name} has a line break or the like; leave it out"))?;
    Ok((parsed, value))
}

/// The guard says the same next time.
fn failure(error: &SendRequestError) -> Failure {
    let reason = told(error);
    if refused(error).is_some() { Failure::Hopeless(reason) } else { Failure::Unanswered(reason) }
}

async fn answer<S>(mut response: ClientResponse<S>, head_only: bool) -> Result<Answer, Failure>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    let mut body = Vec::new();
    while let Some(chunk) = response.next().await {
        let chunk = chunk.map_err(|error| Failure::Unanswered(format!("the answer broke off: {error}")))?;
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            let text = format!("the answer is larger than {ANSWER_BYTES_MAX} bytes; ask for less of it");
            return Err(Failure::Hopeless(text));
        }
        body.extend_from_slice(&chunk);
    }
    let (status, length) = (response.status(), body.len());
    if let Some(promised) = promised(response.headers()).filter(|promised| length < *promised)
        && !(head_only || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED)
    {
        return Err(Failure::Unanswered(format!("the answer broke off after {length} of {promised} bytes")));
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status: status.as_u16(), headers: headers(response.headers()), text })
}

/// awc takes a line that is cut for the end of the answer. Only the promised length shows it; without one nothing does.
fn promised(headers: &HeaderMap) -> Option<usize> {
    let chunked = headers.contains_key(header::TRANSFER_ENCODING);
    let length = headers.get(header::CONTENT_LENGTH).filter(|_| !chunked)?;
    length.to_str().ok()?.parse().ok()
}

/// In the order of their names, so that the same ones are kept of the same answer.
fn headers(all: &HeaderMap) -> BTreeMap<String, String> {
    let mut all: Vec<_> = all.iter().collect();
    all.sort_by_key(|(name, _)| name.as_str());
    let mut room = HEADER_BYTES_MAX;
    let mut kept = BTreeMap::<String, String>::new();
    for (name, value) in all {
        let value = String::from_utf8_lossy(value.as_bytes());
        let Some(left) = room.checked_sub(name.as_str().len() + value.len()) else { continue };
        room = left;
        let joined = kept.entry(name.as_str().to_owned());
        joined.and_modify(|before| *before += &format!(", {value}")).or_insert_with(|| value.into_owned());
    }
    kept
}

fn tried(outcome: &Result<Answer, Failure>) -> Tried {
    match outcome {
        Ok(Answer { status, headers, .. }) => {
            let seconds =
                headers.get(header::RETRY_AFTER.as_str()).and_then(|value| value.trim().parse().ok());
            Tried::Answered { status: *status, retry_after: seconds.map(Duration::from_secs) }
        }
        Err(Failure::Hopeless(_)) => Tried::Hopeless,
        Err(Failure::Unanswered(_)) => Tried::Unanswered,
    }
}

fn result(outcome: Result<Answer, Failure>) -> CallResult {
    match outcome {
        Ok(Answer { status, headers, text }) => CallResult::Answered { status, headers, text },
        Err(Failure::Unanswered(reason) | Failure::Hopeless(reason)) => CallResult::Failed { reason },
    }
}
