//! What comes in: what `handleInput`, `handleInject` and `handleNotify` are given of a request, and what their result
//! means for it. Reference.md, section 4.

use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::lanes::Run;
use super::{Change, Failed, Posted, check_kept, of_run};
use crate::model::{Body, Called, Map, Note, NoteKind, Problem, Response, Source, kind_of};
use crate::project::{Endpoint, Transformers};
use crate::transformer::{Bounds, Done, Hook, Job, Kept, Seed};

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

/// Statuses whose answer ends with its headers (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5): a body would be taken for the
/// beginning of the next answer.
const WITHOUT_A_BODY: [u16; 3] = [204, 205, 304];

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

/// The function that such an input goes through, and where it is, if the endpoint has it switched on.
pub fn hook(endpoint: &Endpoint, source: Source) -> Option<(Hook, &Transformers)> {
    let hook = match source {
        Source::User => Hook::Input,
        Source::Inject => Hook::Inject,
        Source::Notify => Hook::Notify,
        Source::Agent | Source::Timeout | Source::Returned => return None,
    };
    let transformers = endpoint.transformers.as_ref().filter(|transformers| transformers.has(hook))?;
    Some((hook, transformers))
}

/// The run for one request.
pub fn job(
    endpoint: &Endpoint,
    (hook, transformers): (Hook, &Transformers),
    posted: &Posted,
    (now, seed): (u64, Seed),
    bounds: Bounds,
) -> Job {
    let request = json!({
        "method": posted.method,
        "headers": posted.headers,
        "query": posted.query,
        "body": posted.body,
        "rawBody": String::from_utf8_lossy(&posted.raw_body),
        "originalUrl": posted.original_url,
        "ip": posted.ip,
    });
    let arguments =
        Map::from_iter([("endpoint".to_owned(), endpoint.object.clone()), ("request".to_owned(), request)]);
    let transformer = transformers.transformer.clone();
    let raw_body = Some(posted.raw_body.clone());
    Job { transformer, hook, arguments, raw_body, now, seed, bounds, of: None, storage: None }
}

/// A request after its run.
#[derive(Debug)]
pub struct Arrival {
    pub what: Arrived,
    /// The storage that it changed. A run that failed changed nothing and answered nothing.
    pub kept: Option<Kept>,
    pub called: Vec<Called>,
    /// What happened in the run, but for how it failed.
    pub notes: Vec<Note>,
}

/// What the run means.
pub fn arrived(
    (hook, transformers): (Hook, &Transformers),
    posted: &Posted,
    Run { done, called }: Run,
    storage_bytes_max: usize,
) -> Arrival {
    let path = transformers.path();
    let mut notes = of_run(&path, &done.lines);
    let kept = done.storage.clone();
    let what = kept
        .as_ref()
        .map_or(Ok(()), |kept| check_kept(kept, storage_bytes_max))
        .map_err(|text| Failed::wrong(&path, text))
        .and_then(|()| meaning(&path, hook, posted, done, &mut notes));
    match what {
        Ok(what) => Arrival { what, kept, called, notes },
        Err(failed) => Arrival { what: Arrived::Failed(failed), kept: None, called, notes },
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
    let response = done.response.map(|response| fitting(response, path, notes));
    let function = hook.function();
    match value {
        Value::Object(given) => {
            let body = Body::of(merged(posted, given)).map_err(|faults| {
                let faults = Problem::fields(faults).told();
                failed(format!("what {function} gave back is no input: {faults}"))
            })?;
            Ok(Arrived::Input { body, response })
        }
        value if is_falsy(&value) => Ok(Arrived::Dropped { response }),
        value => Err(failed(format!(
            "{function} gave back {}; give back {{ userId, sessionId, text, data }}, or null to drop it",
            kind_of(&value)
        ))),
    }
}

/// The answer as it can be sent. Headers that belong to the connection, or are none, are left out; so is a body where none
/// may be, in silence: `sendStatus` writes the name of the status there.
fn fitting(mut response: Response, path: &str, notes: &mut Vec<Note>) -> Response {
    if WITHOUT_A_BODY.contains(&response.status) {
        response.body.clear();
        response.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
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
    response
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
        let fitting = fitting(given, "transformers/shop.js", &mut notes);
        assert_eq!(fitting.headers, [("X-Mine".to_owned(), "1".to_owned())]);
        assert_eq!(notes.len(), 3, "{notes:?}");
    }

    #[test]
    fn an_answer_that_ends_with_its_headers_has_no_body_and_nobody_complains() {
        for status in [204, 205, 304] {
            let mut notes = Vec::new();
            let given = Response {
                body: "the name of the status".to_owned(),
                ..response(status, &[("Content-Type", "text/plain"), ("X-Mine", "1")])
            };
            let fitting = fitting(given, "", &mut notes);
            assert_eq!((fitting.body.as_str(), notes.len()), ("", 0), "{status}");
            assert_eq!(fitting.headers, [("X-Mine".to_owned(), "1".to_owned())], "{status}");
        }
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
            raw_body: [].into(),
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
