//! A callback as it is printed: two or three lines for a person, or one line of JSON for a program.

use std::fmt::Write as _;

use actix_web::HttpRequest;
use serde_json::{Value, json};

use super::order::Mark;
use crate::cli::plain::{plain, words};
use crate::cli::style::{BOLD, DIM, GOOD, WRONG};

pub struct Callback {
    at: u64,
    pub webhook_id: String,
    pub sequence: Option<u64>,
    /// The body as JSON, or as text when it is none.
    body: Value,
}

impl Callback {
    pub fn read(request: &HttpRequest, body: &[u8], at: u64) -> Callback {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        Callback {
            at,
            webhook_id: header("webhook-id").unwrap_or_default().to_owned(),
            sequence: header("antiphon-sequence").and_then(|text| text.parse().ok()),
            body: serde_json::from_slice(body)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned())),
        }
    }

    /// Whose session it is, as it is printed and as order is counted.
    pub fn session(&self) -> String {
        let part = |name: &str| self.body[name].as_str().unwrap_or("?").to_owned();
        format!("{}/{}", part("userId"), part("sessionId"))
    }

    pub fn json(&self, mark: &Mark, signature: Option<&Result<(), String>>) -> Value {
        json!({
            "at": self.at,
            "webhookId": self.webhook_id,
            "sequence": self.sequence,
            "mark": mark_text(mark),
            "signature": signature.map(|outcome| outcome.as_ref().map_or_else(String::as_str, |()| "valid")),
            "body": self.body,
        })
    }

    pub fn lines(&self, mark: &Mark, signature: Option<&Result<(), String>>) -> String {
        let number = self.sequence.map_or_else(|| "-".to_owned(), |sequence| sequence.to_string());
        let mut lines = format!(
            "{DIM}{} {} #{number}{DIM:#} {BOLD}{}{BOLD:#}",
            time(self.at),
            plain(&self.webhook_id),
            plain(&self.session())
        );
        if *mark != Mark::New {
            let _ = write!(lines, " {WRONG}{}{WRONG:#}", mark_text(mark));
        }
        match signature {
            Some(Ok(())) => lines.push_str(&format!(" {GOOD}signature valid{GOOD:#}")),
            Some(Err(reason)) => {
                lines.push_str(&format!(" {WRONG}signature refused: {}{WRONG:#}", plain(reason)))
            }
            None => {}
        }
        lines + &self.words()
    }

    fn words(&self) -> String {
        let output = &self.body["AIOutput"];
        if !output.is_object() {
            return format!("\n  {}", words(&self.body.to_string()));
        }
        let mut lines = String::new();
        if let Some(text) = output["text"].as_str().filter(|text| !text.is_empty()) {
            lines += &format!("\n  {}", words(text).replace('\n', "\n  "));
        }
        if output["data"].as_object().is_some_and(|data| !data.is_empty()) {
            lines += &format!("\n  {DIM}{}{DIM:#}", words(&output["data"].to_string()));
        }
        lines
    }
}

fn mark_text(mark: &Mark) -> String {
    match mark {
        Mark::New => "new".to_owned(),
        Mark::Again => "again".to_owned(),
        Mark::Gap(first, last) if first == last => format!("gap: {first} is missing"),
        Mark::Gap(first, last) => format!("gap: {first} to {last} are missing"),
        Mark::Late => "late: a later one was here before".to_owned(),
    }
}

/// `14:03:59.120` in this machine's time zone.
fn time(at: u64) -> String {
    let at = jiff::Timestamp::from_millisecond(at as i64).unwrap_or_default();
    at.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%H:%M:%S%.3f").to_string()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn callback(body: &str) -> Callback {
        let request = TestRequest::default()
            .insert_header(("webhook-id", "msg_1"))
            .insert_header(("antiphon-sequence", "3"))
            .to_http_request();
        Callback::read(&request, body.as_bytes(), 0)
    }

    fn plain(lines: &str) -> String {
        let text = anstream::adapter::strip_str(lines).to_string();
        text.split_once(' ').expect("the time comes first").1.to_owned()
    }

    const BODY: &str = r#"{"userId":"u","sessionId":"s","AIOutput":{"text":"one\ntwo","data":{"a":1}}}"#;

    #[test]
    fn a_callback_shows_its_number_its_session_its_text_and_its_data() {
        let lines = callback(BODY).lines(&Mark::New, None);
        assert_eq!(plain(&lines), "msg_1 #3 u/s\n  one\n  two\n  {\"a\":1}");
    }

    #[test]
    fn a_gap_and_a_refused_signature_stand_in_the_first_line() {
        let lines = callback(BODY).lines(&Mark::Gap(1, 2), Some(&Err("signature invalid".to_owned())));
        let first = plain(&lines).lines().next().map(str::to_owned);
        let expected = "msg_1 #3 u/s gap: 1 to 2 are missing signature refused: signature invalid";
        assert_eq!(first.as_deref(), Some(expected));
    }

    #[test]
    fn a_body_that_is_no_callback_is_shown_as_it_came() {
        assert_eq!(plain(&callback("hello").lines(&Mark::New, None)), "msg_1 #3 ?/?\n  \"hello\"");
    }

    #[test]
    fn the_line_of_json_holds_everything() {
        let line = callback(BODY).json(&Mark::Again, Some(&Ok(())));
        assert_eq!(line["mark"], "again");
        assert_eq!(line["signature"], "valid");
        assert_eq!(line["body"]["AIOutput"]["text"], "one\ntwo");
    }
}
