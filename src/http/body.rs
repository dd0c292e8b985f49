//! The body of a posted input: read within its bound, checked field by field, with every fault named at once.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use serde_json::Value;

use super::problem::{FieldError, Kind, Problem};
use crate::model::{DEPTH_MAX, Map, is_too_deep};

/// Of a name, and of a text, in characters: contract, section 3.
const NAME_CHARS_MAX: usize = 256;
const TEXT_CHARS_MAX: usize = 10_000;
/// For a body to arrive. A caller that is slower holds a connection for nothing.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// What was posted.
#[derive(Debug, PartialEq)]
pub struct Body {
    pub user_id: String,
    pub session_id: String,
    pub text: String,
    pub data: Option<Map>,
    /// Only in the older form of inject and notify.
    pub url_token: Option<String>,
}

/// The bytes of a JSON body of at most `max`.
pub async fn read(request: &HttpRequest, payload: Payload, max: usize) -> Result<Bytes, Problem> {
    if !is_json(request) {
        let detail = "send the body as Content-Type: application/json";
        return Err(Problem::new(Kind::UnsupportedMediaType, detail));
    }
    let late =
        |_| Problem::new(Kind::InvalidInput, format!("the body did not arrive within {BODY_WITHIN:?}"));
    tokio::time::timeout(BODY_WITHIN, collect(payload, max)).await.map_err(late)?
}

async fn collect(mut payload: Payload, max: usize) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk
            .map_err(|error| Problem::new(Kind::InvalidInput, format!("the body broke off: {error}")))?;
        if body.len() + chunk.len() > max {
            let detail = format!("a body may have {max} bytes at the most (limits.bodyBytes)");
            return Err(Problem::new(Kind::TooLarge, detail));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn is_json(request: &HttpRequest) -> bool {
    let header = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = header.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// Checks every field and names all that are wrong.
pub fn parse(bytes: &[u8]) -> Result<Body, Problem> {
    check(object(bytes)?)
}

/// A body without the names of user and session; they were given elsewhere.
pub fn parse_words(bytes: &[u8], user_id: String, session_id: String) -> Result<Body, Problem> {
    let mut object = object(bytes)?;
    object.insert("userId".to_owned(), user_id.into());
    object.insert("sessionId".to_owned(), session_id.into());
    check(object)
}

fn object(bytes: &[u8]) -> Result<Map, Problem> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(Kind::InvalidInput, format!("the body is not JSON: {error}")))?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Problem::new(Kind::InvalidInput, "the body is not a JSON object")),
    }
}

fn check(mut object: Map) -> Result<Body, Problem> {
    object.retain(|_, value| !value.is_null());
    let mut faults = Vec::new();
    let body = Body {
        user_id: name(&mut object, "userId", &mut faults),
        session_id: name(&mut object, "sessionId", &mut faults),
        text: text(&mut object, &mut faults),
        data: data(&mut object, &mut faults),
        url_token: object.remove("URLToken").and_then(|token| token.as_str().map(str::to_owned)),
    };
    if faults.is_empty() && body.text.is_empty() && body.data.is_none() {
        faults.push(fault("text", "text (not empty) or data is required"));
    }
    if faults.is_empty() { Ok(body) } else { Err(Problem::fields(faults)) }
}

fn name(object: &mut Map, field: &str, faults: &mut Vec<FieldError>) -> String {
    let wrong = format!("is required: a string of 1 to {NAME_CHARS_MAX} characters");
    match object.remove(field) {
        Some(Value::String(name)) if (1..=NAME_CHARS_MAX).contains(&name.chars().count()) => name,
        Some(_) | None => {
            faults.push(fault(field, &wrong));
            String::new()
        }
    }
}

fn text(object: &mut Map, faults: &mut Vec<FieldError>) -> String {
    let text = string(object, "text", faults).unwrap_or_default();
    let chars = text.chars().count();
    if chars > TEXT_CHARS_MAX {
        faults.push(fault("text", &format!("has {chars} characters; {TEXT_CHARS_MAX} are allowed")));
    }
    text
}

fn string(object: &mut Map, field: &str, faults: &mut Vec<FieldError>) -> Option<String> {
    match object.remove(field)? {
        Value::String(text) => Some(text),
        other => {
            faults.push(fault(field, &format!("is a string, not {}", kind(&other))));
            None
        }
    }
}

/// `Daten` stands in a published translation of the reference's page.
fn data(object: &mut Map, faults: &mut Vec<FieldError>) -> Option<Map> {
    let (field, value) = match object.remove("data") {
        Some(value) => ("data", value),
        None => ("Daten", object.remove("Daten")?),
    };
    match value {
        Value::Object(data) if is_too_deep(&data) => {
            let detail = format!("has lists and objects more than {DEPTH_MAX} deep in one another");
            faults.push(fault(field, &detail));
            None
        }
        Value::Object(data) => Some(data),
        other => {
            faults.push(fault(field, &format!("is an object, not {}", kind(&other))));
            None
        }
    }
}

fn fault(field: &str, detail: &str) -> FieldError {
    FieldError { field: field.to_owned(), detail: detail.to_owned() }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(body: Value) -> Body {
        parse(body.to_string().as_bytes()).expect("this body is valid")
    }

    #[test]
    fn null_counts_as_absent() {
        let body = taken(json!({ "userId": "u", "sessionId": "s", "text": "hi", "data": null, "more": [1] }));
        assert_eq!((body.text.as_str(), body.data), ("hi", None));
    }

    #[test]
    fn data_may_be_called_daten_and_may_be_empty() {
        let body = taken(json!({ "userId": "u", "sessionId": "s", "Daten": { "a": 1 } }));
        assert_eq!(body.data, json!({ "a": 1 }).as_object().cloned());
        assert_eq!(taken(json!({ "userId": "u", "sessionId": "s", "data": {} })).data, Some(Map::new()));
    }

    #[test]
    fn data_that_is_too_deep_to_be_kept_is_refused() {
        let deep = format!(
            r#"{{"userId":"u","sessionId":"s","data":{{"a":{}{}}}}}"#,
            "[".repeat(64),
            "]".repeat(64)
        );
        let refused = parse(deep.as_bytes()).unwrap_err();
        assert!(format!("{refused:?}").contains("deep"), "{refused:?}");
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        let body = taken(json!({ "userId": "ü".repeat(256), "sessionId": "s", "text": "ä".repeat(10_000) }));
        assert_eq!(body.user_id.chars().count(), 256);
    }
}
