//! What comes in: what `handleInput`, `handleInject` and `handleNotify` are given of a request, and what their result
//! means for it. Reference.md, section 4.

use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::lanes::Run;
use super::{Change, Failed, Posted, check_kept, of_run};
use crate::model::{Body, Map, Note, NoteKind, Source};
use crate::project::{Endpoint, Transformers};
use crate::transformer::{Bounds, Done, Hook, Job, Kept, Response, Seed};

/// Headers that HTTP/1.1 keeps between two neighbours (RFC 9110, section 7.6.1), and the length, which the server counts.
const OF_THE_CONNECTION: [&str; 10] = [
    "connection",
    "content-length",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What a run made of a request.
#[derive(Debug)]
pub enum Arrived {
    /// An input, and what its caller is answered if that is not as usual.
    Input {
        body: Body,
        response: Option<Response>,
    },
    /// Nothing runs.
    Dropped {
        response: Option<Response>,
    },
    Failed(Failed),
}

/// The function that such an input goes through, if the endpoint has it switched on.
pub fn hook(endpoint: &Endpoint, source: Source) -> Option<Hook> {
    let hook = match source {
        Source::User => Hook::Input,
        Source::Inject => Hook::Inject,
        Source::Notify => Hook::Notify,
        Source::Agent | Source::Timeout | Source::Returned => return None,
    };
    endpoint.transformers.as_ref().filter(|transformers| transformers.has(hook)).map(|_| hook)
}

/// The run for one request; none if the endpoint does not have this hook.
pub fn job(
    endpoint: &Endpoint,
    hook: Hook,
    posted: &Posted,
    (now, seed): (u64, Seed),
    bounds: Bounds,
) -> Option<Job> {
    let transformers = endpoint.transformers.as_ref().filter(|transformers| transformers.has(hook))?;
    let request = json!({
        "method": posted.method,
        "headers": posted.headers,
        "query": posted.query,
        "body": posted.body,
        "rawBody": posted.raw_body,
        "originalUrl": posted.original_url,
        "ip": posted.ip,
    });
    let arguments =
        Map::from_iter([("endpoint".to_owned(), endpoint.object.clone()), ("request".to_owned(), request)]);
    let transformer = transformers.transformer.clone();
    Some(Job { transformer, hook, arguments, now, seed, bounds, of: None, storage: None })
}

/// What a caller is answered whose input a transformer dropped.
pub fn dropped(trace_id: &str) -> Value {
    json!({ "traceId": trace_id, "dropped": true })
}

/// A request after its run.
#[derive(Debug)]
pub struct Arrival {
    pub what: Arrived,
    /// The storage that it changed. A run that failed changed nothing and answered nothing.
    pub kept: Option<Kept>,
    /// What happened in the run, but for how it failed.
    pub notes: Vec<Note>,
}

/// What the run means.
pub fn arrived(
    transformers: &Transformers,
    hook: Hook,
    posted: &Posted,
    run: Run,
    storage_bytes_max: usize,
) -> Arrival {
    let path = transformers.path();
    let mut notes = of_run(&path, &run);
    let kept = run.done.storage.clone();
    let what = kept
        .as_ref()
        .map_or(Ok(()), |kept| check_kept(kept, storage_bytes_max))
        .map_err(|text| Failed::wrong(&path, text))
        .and_then(|()| meaning(&path, hook, posted, run.done, &mut notes));
    match what {
        Ok(what) => Arrival { what, kept, notes },
        Err(failed) => Arrival { what: Arrived::Failed(failed), kept: None, notes },
    }
}

fn meaning(
    path: &str,
    hook: Hook,
    posted: &Posted,
    done: Done,
    notes: &mut Vec<Note>,
) -> Result<Arrived, Failed> {
    let failed = |text| Failed::wrong(path, text);
    let value = done.result.map_err(|failure| Failed::of(path, &failure))?;
    let response =
        done.response.map(|response| fitting(response, path, notes)).transpose().map_err(failed)?;
    let function = hook.function();
    match value {
        Value::Object(given) => {
            let body = Body::of(merged(posted, given)).map_err(|faults| {
                let faults = faults.iter().map(|fault| format!("{} {}", fault.field, fault.detail));
                let faults = faults.collect::<Vec<_>>().join("; ");
                failed(format!("what {function} gave back is no input: {faults}"))
            })?;
            Ok(Arrived::Input { body, response })
        }
        value if is_falsy(&value) => Ok(Arrived::Dropped { response }),
        value => Err(failed(format!(
            "{function} gave back {}; give back {{ userId, sessionId, text, data }}, or null to drop it",
            kind(&value)
        ))),
    }
}

/// The answer as it can be sent. Headers that belong to the connection, or are none, are left out.
fn fitting(mut response: Response, path: &str, notes: &mut Vec<Note>) -> Result<Response, String> {
    if !(200..=599).contains(&response.status) {
        return Err(format!("{} is no status of an answer; write one from 200 to 599", response.status));
    }
    response.headers.retain(|(name, value)| {
        let parsed = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
        let fits = parsed.is_some() && !OF_THE_CONNECTION.contains(&name.to_ascii_lowercase().as_str());
        if !fits {
            let text =
                format!("the header {name:?} of the answer is left out: the server sets it, or it is none");
            notes.push(Note { kind: NoteKind::Warning, place: path.to_owned(), text });
        }
        fits
    });
    Ok(response)
}

/// Fields that were not given back are those that were posted; null stands for none.
fn merged(posted: &Posted, given: Map) -> Map {
    let mut object = match &posted.body {
        Value::Object(object) => object.clone(),
        _ => Map::new(),
    };
    if given.contains_key("data") {
        object.remove("Daten");
    }
    object.extend(given);
    object
}

/// As JavaScript has it.
pub(super) fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Bool(true) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

impl From<&Kept> for Change {
    fn from(kept: &Kept) -> Change {
        Change { found: kept.found.clone(), left: kept.left.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &[(&str, &str)]) -> Response {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Response { status, headers: headers.iter().map(owned).collect(), body: String::new() }
    }

    #[test]
    fn headers_of_the_connection_and_what_is_no_header_are_left_out_and_told() {
        let mut notes = Vec::new();
        let given =
            response(200, &[("X-Mine", "1"), ("Transfer-Encoding", "chunked"), ("a b", "c"), ("d", "e\n")]);
        let fitting = fitting(given, "transformers/shop.js", &mut notes).unwrap();
        assert_eq!(fitting.headers, [("X-Mine".to_owned(), "1".to_owned())]);
        assert_eq!(notes.len(), 3, "{notes:?}");
    }

    #[test]
    fn an_answer_has_a_status_that_ends_an_exchange() {
        for status in [0, 100, 101, 199, 600, 999] {
            assert!(fitting(response(status, &[]), "", &mut Vec::new()).is_err(), "{status}");
        }
        assert!(fitting(response(599, &[]), "", &mut Vec::new()).is_ok());
    }

    #[test]
    fn falsy_is_what_javascript_calls_so() {
        for value in [json!(null), json!(false), json!(0), json!(-0.0), json!("")] {
            assert!(is_falsy(&value), "{value}");
        }
        for value in [json!(true), json!("0"), json!([]), json!({}), json!(1)] {
            assert!(!is_falsy(&value), "{value}");
        }
    }

    #[test]
    fn a_field_that_is_given_back_stands_in_the_place_of_the_one_that_was_posted() {
        let posted = Posted {
            method: "POST".to_owned(),
            headers: Map::new(),
            query: Map::new(),
            body: json!({ "userId": "u", "sessionId": "s", "text": "hi", "Daten": { "a": 1 } }),
            raw_body: String::new(),
            original_url: String::new(),
            ip: String::new(),
        };
        let merged = |given: Value| merged(&posted, given.as_object().unwrap().clone());
        assert_eq!(Value::from(merged(json!({}))), posted.body);
        let without = Body::of(merged(json!({ "data": null, "userId": "v" }))).unwrap();
        assert_eq!((without.user_id.as_str(), without.data), ("v", None));
        assert!(Body::of(merged(json!({ "data": null, "text": null }))).is_err(), "nothing is said any more");
    }
}
