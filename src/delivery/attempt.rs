//! One attempt: a callback as a POST to its webhook, and what came of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::http::header::{self, HttpDate};
use actix_web::web::Bytes;
use awc::error::PayloadError;
use awc::{Client, ClientResponse};
use futures_util::{Stream, StreamExt};
use standardwebhooks::Webhook as Signer;

use super::retry::Outcome;
use crate::egress::{refused, told};
use crate::project::Webhook;

/// So much of an answer's body is kept with the attempt.
const ANSWER_BYTES_MAX: usize = 1024;
/// So much of it is read, and for so long, for the sake of the connection.
const ANSWER_READ_MAX: usize = 64 << 10;
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What is posted: a callback or a batch of them.
pub struct Letter {
    pub endpoint: String,
    pub webhook_id: String,
    pub body: String,
    /// The values of `antiphon-sequence` and `antiphon-skipped`.
    pub sequence: String,
    pub skipped: Option<String>,
}

/// Posts the letter. The timeout spans everything up to the head of the answer; a 2xx ends it there. `now` is the time of
/// the attempt in milliseconds since 1970.
pub async fn post(client: Client, webhook: &Webhook, letter: Letter, now: u64) -> Outcome {
    let request = request(&client, webhook, &letter, now);
    let timeout = Duration::from_millis(webhook.timeout_ms);
    let endpoint = letter.endpoint;
    match tokio::time::timeout(timeout, request.send_body(letter.body)).await {
        Ok(Ok(response)) => outcome(response, now).await,
        Ok(Err(error)) => {
            if let Some(refused) = refused(&error) {
                tracing::warn!(endpoint, %refused, "a callback may not go to its webhook");
                return Outcome::Refused(refused.to_string());
            }
            Outcome::Failed(told(&error))
        }
        Err(_) => Outcome::Failed(format!("no answer within {} ms", webhook.timeout_ms)),
    }
}

fn request(client: &Client, webhook: &Webhook, letter: &Letter, now: u64) -> awc::ClientRequest {
    let timestamp = (now / 1000).to_string();
    let mut request = client
        .post(&webhook.url)
        .timeout(Duration::from_millis(webhook.timeout_ms))
        .no_decompress()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::USER_AGENT, concat!("antiphon/", env!("CARGO_PKG_VERSION"))))
        .insert_header(("webhook-id", letter.webhook_id.as_str()))
        .insert_header(("webhook-timestamp", timestamp.as_str()))
        .insert_header(("antiphon-sequence", letter.sequence.as_str()));
    if let Some(skipped) = &letter.skipped {
        request = request.insert_header(("antiphon-skipped", skipped.as_str()));
    }
    if let Some(signature) = signature(webhook, letter, now) {
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
fn signature(webhook: &Webhook, letter: &Letter, now: u64) -> Option<String> {
    let timestamp = i64::try_from(now / 1000).ok()?;
    let sign = |secret: &String| {
        Signer::new(secret).ok()?.sign(&letter.webhook_id, timestamp, letter.body.as_bytes()).ok()
    };
    let signatures: Vec<String> = webhook.signing_secrets.iter().filter_map(sign).collect();
    (!signatures.is_empty()).then(|| signatures.join(" "))
}

/// What the answer means. The rest of it is read so that the connection can be used again; whoever said 2xx is not
/// waited for.
async fn outcome<S>(response: ClientResponse<S>, now: u64) -> Outcome
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin + 'static,
{
    let status = response.status().as_u16();
    let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after_ms = retry_after.and_then(|value| asked(value, now));
    let answer = if response.status().is_success() {
        actix::spawn(beginning(response));
        String::new()
    } else {
        beginning(response).await
    };
    Outcome::Answered { status, retry_after_ms, answer }
}

/// The beginning of the answer's body, as far as it comes in time.
async fn beginning<S>(mut body: ClientResponse<S>) -> String
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    let mut read = 0;
    let mut kept = Vec::new();
    let all = async {
        while let Some(Ok(chunk)) = body.next().await {
            read += chunk.len();
            kept.extend_from_slice(&chunk[..chunk.len().min(ANSWER_BYTES_MAX - kept.len())]);
            if read > ANSWER_READ_MAX {
                break;
            }
        }
    };
    // Too late is no fault: the status has come.
    let _ = tokio::time::timeout(ANSWER_WITHIN, all).await;
    String::from_utf8_lossy(&kept).into_owned()
}

/// `Retry-After` as milliseconds from now: seconds, or a date.
fn asked(value: &str, now: u64) -> Option<u64> {
    if let Ok(seconds) = value.trim().parse::<u64>() {
        return seconds.checked_mul(1000);
    }
    let date: SystemTime = value.trim().parse::<HttpDate>().ok()?.into();
    let at = date.duration_since(UNIX_EPOCH).ok()?.as_millis();
    Some(u64::try_from(at).ok()?.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_taken_as_seconds_and_as_a_date() {
        assert_eq!(asked(" 120 ", 0), Some(120_000));
        assert_eq!(asked("Thu, 01 Jan 1970 00:02:00 GMT", 20_000), Some(100_000));
        assert_eq!(asked("Thu, 01 Jan 1970 00:00:01 GMT", 20_000), Some(0));
        assert_eq!(asked("soon", 0), None);
        assert_eq!(asked("-1", 0), None);
    }
}
