//! Posting to a server and reading what it answers, one try at a time. Whether to try again is the caller's.

use std::time::Duration;

use actix_web::web::Bytes;
use awc::ClientResponse;
use awc::error::PayloadError;
use awc::http::header;
use futures_util::Stream;
use serde::Deserialize;
use serde_json::Value;

use super::Error;
use super::door::Door;

/// What is posted to a door.
#[derive(Clone, Copy)]
pub enum Path {
    Input,
    Inject,
    Notify,
}

pub struct Poster {
    pub door: Door,
    client: awc::Client,
}

pub struct Reply {
    pub status: u16,
    pub body: String,
    pub retry_after: Option<Duration>,
}

/// The answer to an input that cannot be lost any more.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    pub input_id: String,
    pub trace_id: String,
    pub sequence: u64,
}

/// Longer than a busy server takes to commit; after it nothing is known and the post may be repeated.
const TIMEOUT: Duration = Duration::from_secs(30);

impl Poster {
    pub fn new(door: Door) -> Poster {
        let client = awc::Client::builder().disable_redirects().timeout(TIMEOUT).finish();
        Poster { door, client }
    }

    /// Fails if nothing answers at the server's address, whatever it answers.
    pub async fn is_there(&self) -> Result<(), Error> {
        let url = self.door.url(&["healthz"]);
        self.client.get(url.as_str()).send().await.map_err(|error| no_answer(&url, &error))?;
        Ok(())
    }

    pub async fn post(&self, path: Path, body: &Value, key: Option<&str>) -> Result<Reply, Error> {
        let token = self.door.url_token.as_str();
        let url = match path {
            Path::Input => self.door.url(&[token]),
            Path::Inject => self.door.url(&["inject", token]),
            Path::Notify => self.door.url(&["notify", token]),
        };
        let mut request = self.client.post(url.as_str());
        if let Some(key) = key {
            request = request.insert_header(("Idempotency-Key", key));
        }
        if let Some(key) = &self.door.webhook_key {
            request = request.insert_header(("X-Webhook-Key", key.as_str()));
        }
        let response = request.send_json(body).await.map_err(|error| no_answer(&self.door.base, &error))?;
        Reply::read(response).await.map_err(|error| no_answer(&self.door.base, &error))
    }
}

/// The address without the token: it is a secret.
pub(super) fn no_answer(url: &url::Url, error: &dyn std::fmt::Display) -> Error {
    let server = url.origin().ascii_serialization();
    Error::NoAnswer { server, reason: error.to_string() }
}

impl Reply {
    pub async fn read<S>(mut response: ClientResponse<S>) -> Result<Reply, PayloadError>
    where
        S: Stream<Item = Result<Bytes, PayloadError>>,
    {
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let seconds = retry_after.and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
        let body = response.body().await?;
        Ok(Reply {
            status: response.status().as_u16(),
            body: String::from_utf8_lossy(&body).into_owned(),
            retry_after: seconds.map(Duration::from_secs),
        })
    }

    /// None for a refusal, and for an input that a transformer dropped or answered itself.
    pub fn accepted(&self) -> Option<Accepted> {
        if self.status >= 300 { None } else { serde_json::from_str(&self.body).ok() }
    }

    /// The same post may be answered otherwise later.
    pub fn is_for_now(&self) -> bool {
        matches!(self.status, 429 | 503)
    }

    /// A refusal in one line: `404 unknown-session: there is no such session (trace 0193…)`.
    pub fn problem(&self) -> Option<String> {
        if self.status < 300 {
            return None;
        }
        let Ok(problem) = serde_json::from_str::<Value>(&self.body) else {
            let start: String = self.body.chars().take(200).collect();
            return Some(format!("the server answered {} {}", self.status, start.replace('\n', " ")));
        };
        let kind = problem["type"].as_str().and_then(|kind| kind.rsplit([':', '/']).next());
        let detail = problem["detail"].as_str().or(problem["title"].as_str()).unwrap_or_default();
        let mut line = format!("{} {}: {detail}", self.status, kind.unwrap_or_default());
        for error in problem["errors"].as_array().into_iter().flatten() {
            let part = |name: &str| error[name].as_str().unwrap_or_default();
            line += &format!("; {}: {}", part("field"), part("detail"));
        }
        match problem["traceId"].as_str() {
            Some(trace) => Some(format!("{line} (trace {trace})")),
            None => Some(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, body: body.to_owned(), retry_after: None }
    }

    #[test]
    fn an_accepted_input_has_its_number() {
        let accepted = reply(202, r#"{"traceId":"t","inputId":"i","sequence":7}"#).accepted();
        assert_eq!(accepted.map(|accepted| accepted.sequence), Some(7));
    }

    #[test]
    fn a_dropped_input_is_neither_accepted_nor_a_problem() {
        let dropped = reply(200, r#"{"traceId":"t","dropped":true}"#);
        assert!(dropped.accepted().is_none() && dropped.problem().is_none());
    }

    #[test]
    fn a_problem_is_one_line_with_its_fields() {
        let body = r#"{"type":"urn:antiphon:error:invalid-input","title":"Invalid input","status":400,
            "detail":"mend these fields: userId","traceId":"t1","errors":[{"field":"userId","detail":"is required"}]}"#;
        let expected = "400 invalid-input: mend these fields: userId; userId: is required (trace t1)";
        assert_eq!(reply(400, body).problem().as_deref(), Some(expected));
    }

    #[test]
    fn an_answer_that_is_no_problem_document_is_shown_as_it_came() {
        let line = reply(502, "Bad\nGateway").problem();
        assert_eq!(line.as_deref(), Some("the server answered 502 Bad Gateway"));
    }

    #[test]
    fn only_busy_and_unavailable_are_worth_another_try() {
        let again = [200, 202, 400, 409, 429, 500, 502, 503].map(|status| reply(status, "").is_for_now());
        assert_eq!(again, [false, false, false, false, true, false, false, true]);
    }
}
