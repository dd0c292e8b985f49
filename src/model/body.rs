//! What is posted as an input: the fields of contract, section 3, each checked, with every fault named at once.

use serde::Serialize;
use serde_json::Value;

use super::{DEPTH_MAX, Kind, Map, Problem, is_too_deep};

/// Of a name, and of a text, in characters: contract, section 3.
pub const NAME_CHARS_MAX: usize = 256;
pub const TEXT_CHARS_MAX: usize = 10_000;

/// Content-Types of bodies.
pub const JSON: &str = "application/json";
pub const FORM: &str = "application/x-www-form-urlencoded";

/// What was posted.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    pub user_id: String,
    pub session_id: String,
    pub text: String,
    pub data: Option<Map>,
}

/// A field that is not as it should be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldError {
    pub field: String,
    pub detail: String,
}

/// Whether an input is taken from a body of this Content-Type.
pub fn expect_json(content_type: Option<&str>) -> Result<(), Problem> {
    if content_type.is_some_and(|given| is_of_type(given, JSON)) {
        return Ok(());
    }
    Err(Problem::new(Kind::UnsupportedMediaType, "send the body as Content-Type: application/json"))
}

/// Whether a user or a session can be called so.
pub fn is_name(text: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&text.chars().count())
}

/// Whether a Content-Type is this one, parameters aside.
pub fn is_of_type(given: &str, wanted: &str) -> bool {
    given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
}

impl Body {
    /// Of a request that nothing was made of.
    pub fn as_it_came(method: &str, content_type: Option<&str>, bytes: &[u8]) -> Result<Body, Problem> {
        if method != "POST" {
            return Err(Problem::only_post());
        }
        expect_json(content_type)?;
        Body::parse(bytes)
    }

    /// Of a whole body as it was posted.
    pub fn parse(bytes: &[u8]) -> Result<Body, Problem> {
        Body::of(Body::object(bytes)?).map_err(Problem::fields)
    }

    /// Its fields, not yet checked.
    pub fn object(bytes: &[u8]) -> Result<Map, Problem> {
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|error| Problem::new(Kind::InvalidInput, format!("the body is not JSON: {error}")))?;
        match value {
            Value::Object(object) => Ok(object),
            _ => Err(Problem::new(Kind::InvalidInput, "the body is not a JSON object")),
        }
    }

    /// Checks every field and names all that are wrong. Others are ignored, and null counts as absent.
    pub fn of(object: Map) -> Result<Body, Vec<FieldError>> {
        check(object)
    }
}

fn check(mut object: Map) -> Result<Body, Vec<FieldError>> {
    object.retain(|_, value| !value.is_null());
    let mut faults = Vec::new();
    let body = Body {
        user_id: name(&mut object, "userId", &mut faults),
        session_id: name(&mut object, "sessionId", &mut faults),
        text: text(&mut object, &mut faults),
        data: data(&mut object, &mut faults),
    };
    if faults.is_empty() && body.text.is_empty() && body.data.is_none() {
        faults.push(fault("text", "text (not empty) or data is required"));
    }
    if faults.is_empty() { Ok(body) } else { Err(faults) }
}

fn name(object: &mut Map, field: &str, faults: &mut Vec<FieldError>) -> String {
    let wrong = format!("is required: a string of 1 to {NAME_CHARS_MAX} characters");
    match object.remove(field) {
        Some(Value::String(name)) if is_name(&name) => name,
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
            faults.push(fault(field, &format!("is a string, not {}", kind_of(&other))));
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
            faults.push(fault(field, &format!("is an object, not {}", kind_of(&other))));
            None
        }
    }
}

fn fault(field: &str, detail: &str) -> FieldError {
    FieldError { field: field.to_owned(), detail: detail.to_owned() }
}

/// In words for whoever wrote it.
pub fn kind_of(value: &Value) -> &'static str {
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

    fn checked(body: Value) -> Result<Body, Vec<FieldError>> {
        Body::of(body.as_object().expect("the test gives an object").clone())
    }

    fn taken(body: Value) -> Body {
        checked(body).expect("this body is valid")
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
        let mut deep = json!([]);
        for _ in 0..DEPTH_MAX {
            deep = json!([deep]);
        }
        let refused = checked(json!({ "userId": "u", "sessionId": "s", "data": { "a": deep } })).unwrap_err();
        assert!(refused[0].detail.contains("deep"), "{refused:?}");
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        let body = taken(json!({ "userId": "ü".repeat(256), "sessionId": "s", "text": "ä".repeat(10_000) }));
        assert_eq!(body.user_id.chars().count(), 256);
    }
}
