//! One attempt: a callback as a POST to its webhook, and what came of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::http::header::{self, HttpDate};
use actix_web::web::Bytes;
use awc::error::{PayloadError, SendRequestError};
use awc::http::Method;
use awc::{ClientRequest, ClientResponse};
use futures_util::{FutureExt, Stream, StreamExt};

use super::retry::Outcome;
use super::signature;
use crate::egress::{Client, exchange, refused, timed_out, told};
use crate::project::Webhook;

/// So much of an answer's body is kept with the attempt.
const ANSWER_BYTES_MAX: usize = 4 << 10;
/// So much of it is read, so that the connection can be used again.
const ANSWER_READ_MAX: usize = 64 << 10;
/// So long that of a 2xx is read, which nobody waits for.
const REST_WITHIN: Duration = Duration::from_secs(5);

/// What is posted: a callback or a batch of them.
pub struct Letter {
    pub endpoint: String,
    pub webhook_id: String,
    pub body: String,
    /// The values of `antiphon-started-at`, `antiphon-sequence` and `antiphon-skipped`.
    pub started_at: String,
    pub sequence: String,
    pub skipped: Option<String>,
}

/// Posts the letter. The timeout spans everything up to the end of the answer; a 2xx ends it with its head, and an answer
/// whose body is late counts with what came of it. `now` is the time of the attempt in milliseconds since 1970.
pub async fn post(client: Client, webhook: &Webhook, letter: Letter, now: u64) -> Outcome {
    let request = request(&client, webhook, &letter, now);
    let ends_at = tokio::time::Instant::now() + Duration::from_millis(webhook.timeout_ms);
    let body = Some(Bytes::from(letter.body));
    match tokio::time::timeout_at(ends_at, exchange(&client, request, body)).await {
        Ok(Ok(response)) => answered(response, ends_at, now).await,
        Ok(Err(error)) => failed(&error, &letter.endpoint),
        Err(_) => Outcome::TimedOut(format!("no answer within {} ms", webhook.timeout_ms)),
    }
}

fn request(client: &Client, webhook: &Webhook, letter: &Letter, now: u64) -> ClientRequest {
    let at_seconds = now / 1000;
    let mut request = client
        .request(Method::POST, &webhook.url)
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::USER_AGENT, concat!("antiphon/", env!("CARGO_PKG_VERSION"))))
        .insert_header(("webhook-id", letter.webhook_id.as_str()))
        .insert_header(("webhook-timestamp", at_seconds))
        .insert_header(("antiphon-started-at", letter.started_at.as_str()))
        .insert_header(("antiphon-sequence", letter.sequence.as_str()));
    if let Some(skipped) = &letter.skipped {
        request = request.insert_header(("antiphon-skipped", skipped.as_str()));
    }
    let signature = signature::of(&webhook.signers, &letter.webhook_id, at_seconds, &letter.body);
    if let Some(signature) = signature {
        request = request.insert_header(("webhook-signature", signature));
    }
    if webhook.user.is_some() || webhook.password.is_some() {
        let (user, password) = (webhook.user.as_deref(), webhook.password.as_deref());
        request = request.basic_auth(user.unwrap_or_default(), password.unwrap_or_default());
    }
    request
}

fn failed(error: &SendRequestError, endpoint: &str) -> Outcome {
    match refused(error) {
        Some(refused) => {
            tracing::warn!(endpoint, %refused, "a callback may not go to its webhook");
            Outcome::Refused(refused.to_string())
        }
        None if timed_out(error) => Outcome::TimedOut(told(error)),
        None => Outcome::Failed(told(error)),
    }
}

/// What the answer means. Whoever said 2xx is not waited for: what is there of the body is taken, and the rest read aside.
async fn answered<S>(mut response: ClientResponse<S>, ends_at: tokio::time::Instant, now: u64) -> Outcome
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin + 'static,
{
    let status = response.status().as_u16();
    let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after_ms = retry_after.and_then(|value| asked(value, now));
    let mut beginning = Beginning::default();
    if !response.status().is_success() {
        // Too late is no fault: the status has come.
        let _ = tokio::time::timeout_at(ends_at, beginning.read(&mut response)).await;
    } else if beginning.read(&mut response).now_or_never().is_none() {
        let mut rest = Beginning { read: beginning.read, kept: Vec::new() };
        let aside = async move { rest.read(&mut response).await };
        actix::spawn(async { drop(tokio::time::timeout(REST_WITHIN, aside).await) });
    }
    let answer = String::from_utf8_lossy(&beginning.kept).into_owned();
    Outcome::Answered { status, retry_after_ms, answer }
}

/// The body of an answer, as far as it was read.
#[derive(Default)]
struct Beginning {
    read: usize,
    kept: Vec<u8>,
}

impl Beginning {
    /// Reads on to the end of the body, or to the bound.
    async fn read<S>(&mut self, body: &mut ClientResponse<S>)
    where
        S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    {
        while let Some(Ok(chunk)) = body.next().await {
            self.read += chunk.len();
            let room = ANSWER_BYTES_MAX.saturating_sub(self.kept.len());
            self.kept.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if self.read > ANSWER_READ_MAX {
                return;
            }
        }
    }
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
    use std::io::{self, BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::thread::{self, JoinHandle};

    use super::*;
    use crate::egress::{Clients, Guard};

    #[test]
    fn retry_after_is_taken_as_seconds_and_as_a_date() {
        assert_eq!(asked(" 120 ", 0), Some(120_000));
        assert_eq!(asked("Thu, 01 Jan 1970 00:02:00 GMT", 20_000), Some(100_000));
        assert_eq!(asked("Thu, 01 Jan 1970 00:00:01 GMT", 20_000), Some(0));
        assert_eq!(asked("soon", 0), None);
        assert_eq!(asked("-1", 0), None);
    }

    /// Answers one request with this and keeps the line open until the client hangs up. Gives the request.
    fn answering(answer: Vec<u8>) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            let mut request = String::new();
            while !request.ends_with("\r\n\r\n") {
                lines.read_line(&mut request).unwrap();
            }
            // The client may hang up in the middle of the answer, and does so in the end.
            let _ = stream.write_all(&answer);
            let _ = io::copy(&mut lines, &mut io::sink());
            request
        });
        (address, server)
    }

    async fn posted(address: &str, webhook: &str) -> Outcome {
        let webhook = Webhook::of(&format!("url: 'http://{address}/in'\n{webhook}"));
        let guard = Guard::new(&["127.0.0.1".to_owned()]);
        let client = Clients::new(Arc::new(guard), 0).client(0);
        let [endpoint, webhook_id, body, number] = ["shop", "msg_1", "{}", "7"].map(str::to_owned);
        let (started_at, sequence) = (number.clone(), number);
        let letter = Letter { endpoint, webhook_id, body, started_at, sequence, skipped: None };
        post(client, &webhook, letter, 1_614_265_330_000).await
    }

    /// The beginning of an answer that promises more than it holds.
    fn unfinished(status: u16, body: &str) -> Vec<u8> {
        format!("HTTP/1.1 {status} Told\r\ncontent-length: 99999999\r\nretry-after: 7\r\n\r\n{body}")
            .into_bytes()
    }

    #[actix_web::test]
    async fn an_answer_whose_body_is_late_counts_with_what_came_of_it_when_the_time_is_over() {
        let (address, server) = answering(unfinished(503, "busy"));
        let outcome = posted(&address, "timeoutMs: 300").await;
        let busy = Outcome::Answered { status: 503, retry_after_ms: Some(7_000), answer: "busy".to_owned() };
        assert_eq!(outcome, busy);
        server.join().unwrap();
    }

    #[actix_web::test]
    async fn a_2xx_is_not_waited_for_and_what_came_with_its_head_is_kept() {
        let (address, _server) = answering(unfinished(202, "taken"));
        let outcome = posted(&address, "timeoutMs: 600000").await;
        let Outcome::Answered { status: 202, answer, .. } = &outcome else { panic!("{outcome:?}") };
        assert!("taken".starts_with(answer), "{answer}");
    }

    #[actix_web::test]
    async fn of_an_endless_answer_64_kib_are_read_and_4_kept() {
        let (address, server) = answering(unfinished(500, &"é".repeat(10 << 20)));
        let outcome = posted(&address, "timeoutMs: 600000").await;
        let Outcome::Answered { status: 500, answer, .. } = &outcome else { panic!("{outcome:?}") };
        assert_eq!(*answer, "é".repeat(2 << 10));
        server.join().unwrap();
    }

    #[actix_web::test]
    async fn silence_is_a_timeout_and_nobody_there_a_failed_connection() {
        let (address, _server) = answering(Vec::new());
        let late = posted(&address, "timeoutMs: 100").await;
        assert_eq!(late, Outcome::TimedOut("no answer within 100 ms".to_owned()));
        // Whoever binds port 0 gets another one.
        let outcome = posted("127.0.0.1:0", "").await;
        assert!(
            matches!(&outcome, Outcome::Failed(told) if told.starts_with("no connection: ")),
            "{outcome:?}"
        );
        let outcome = posted("127.0.0.2:9", "").await;
        assert!(matches!(&outcome, Outcome::Refused(told) if told.contains("egress.allow")), "{outcome:?}");
    }

    #[actix_web::test]
    async fn user_and_password_of_the_address_are_sent_as_basic_authentication_only() {
        let (address, server) = answering(b"HTTP/1.1 204 Told\r\nconnection: close\r\n\r\n".to_vec());
        posted(&format!("alice:pass%3Aword@{address}"), "").await;
        let request = server.join().unwrap();
        assert!(request.contains("\r\nauthorization: Basic YWxpY2U6cGFzczp3b3Jk\r\n"), "{request}");
        assert!(!request.contains("alice"), "{request}");
    }

    #[actix_web::test]
    async fn a_callback_is_signed_with_every_secret() {
        let (address, server) = answering(b"HTTP/1.1 204 Told\r\nconnection: close\r\n\r\n".to_vec());
        let secrets = "signingSecret: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, \
                       whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=]";
        posted(&address, secrets).await;
        let request = server.join().unwrap();
        assert!(request.contains("\r\nwebhook-timestamp: 1614265330\r\n"), "{request}");
        let signatures = request.lines().find_map(|line| line.strip_prefix("webhook-signature: "));
        let kinds: Vec<_> =
            signatures.unwrap().split(' ').map(|one| one.split(',').next().unwrap()).collect();
        assert_eq!(kinds, ["v1", "v1a"]);
    }
}
