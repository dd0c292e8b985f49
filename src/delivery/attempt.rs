//! One attempt: a callback as a POST to its webhook, and what came of it.

use std::time::Duration;

use actix_web::http::header;
use awc::Client;
use awc::error::{ConnectError, SendRequestError};
use futures_util::StreamExt;
use standardwebhooks::Webhook as Signer;

use super::retry::Outcome;
use crate::model::Callback;
use crate::project::Webhook;

/// So much of an answer's body is kept with the attempt.
const ANSWER_BYTES_MAX: usize = 1024;

/// A client for all webhooks of one arbiter. Its own bound of connections is off, because it would be one for
/// all hosts: a webhook that hangs would hold up the others. The bound for each endpoint is in front of it.
pub fn client() -> Client {
    let connector = awc::Connector::new().limit(0);
    Client::builder().connector(connector).disable_redirects().no_default_headers().finish()
}

/// Posts the callback. The timeout spans everything, the reading of the answer too. `now` is the time of the attempt in
/// milliseconds since 1970.
pub async fn post(
    client: Client,
    webhook: &Webhook,
    callback: Callback,
    webhook_id: String,
    now: u64,
) -> Outcome {
    let request = request(&client, webhook, &callback, &webhook_id, now);
    let timeout = Duration::from_millis(webhook.timeout_ms);
    match tokio::time::timeout(timeout, exchange(request, callback.body)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Outcome::Failed(told(&error)),
        Err(_) => Outcome::Failed(format!("no answer within {} ms", webhook.timeout_ms)),
    }
}

fn request(
    client: &Client,
    webhook: &Webhook,
    callback: &Callback,
    id: &str,
    now: u64,
) -> awc::ClientRequest {
    let timestamp = (now / 1000).to_string();
    let mut request = client
        .post(&webhook.url)
        .timeout(Duration::from_millis(webhook.timeout_ms))
        .no_decompress()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::USER_AGENT, concat!("antiphon/", env!("CARGO_PKG_VERSION"))))
        .insert_header(("webhook-id", id))
        .insert_header(("webhook-timestamp", timestamp.as_str()))
        .insert_header(("antiphon-sequence", callback.sequence));
    if let Some(signature) = signature(webhook, callback, id, now) {
        request = request.insert_header(("webhook-signature", signature));
    }
    if webhook.user.is_some() || webhook.password.is_some() {
        let (user, password) = (webhook.user.as_deref(), webhook.password.as_deref());
        request = request.basic_auth(user.unwrap_or_default(), password.unwrap_or_default());
    }
    request
}

/// Standard Webhooks v1: one signature for each secret, so that a receiver can change its own. The secrets were checked
/// when the project was loaded; one that signs nothing is left out.
fn signature(webhook: &Webhook, callback: &Callback, id: &str, now: u64) -> Option<String> {
    let timestamp = i64::try_from(now / 1000).ok()?;
    let sign = |secret: &String| Signer::new(secret).ok()?.sign(id, timestamp, callback.body.as_bytes()).ok();
    let signatures: Vec<String> = webhook.signing_secrets.iter().filter_map(sign).collect();
    (!signatures.is_empty()).then(|| signatures.join(" "))
}

async fn exchange(request: awc::ClientRequest, body: String) -> Result<Outcome, SendRequestError> {
    let mut response = request.send_body(body).await?;
    let status = response.status().as_u16();
    let retry_after_ms =
        response.headers().get(header::RETRY_AFTER).and_then(|value| asked(value.to_str().ok()?));
    let mut answer = Vec::new();
    while let Some(chunk) = response.next().await {
        let Ok(chunk) = chunk else { break };
        answer.extend_from_slice(&chunk[..chunk.len().min(ANSWER_BYTES_MAX - answer.len())]);
        if answer.len() >= ANSWER_BYTES_MAX {
            break;
        }
    }
    Ok(Outcome::Answered { status, retry_after_ms, answer: String::from_utf8_lossy(&answer).into_owned() })
}

/// `Retry-After` in seconds, the form that webhooks use; a date is not taken.
fn asked(value: &str) -> Option<u64> {
    value.trim().parse::<u64>().ok()?.checked_mul(1000)
}

/// What went wrong, in words without the address: that may hold a secret.
fn told(error: &SendRequestError) -> String {
    match error {
        SendRequestError::Timeout | SendRequestError::Connect(ConnectError::Timeout) => {
            "no answer in time".to_owned()
        }
        SendRequestError::Connect(ConnectError::Resolver(error)) => {
            format!("the host has no address: {error}")
        }
        SendRequestError::Connect(error) => format!("no connection: {error}"),
        other => format!("the exchange broke off: {other}"),
    }
}
