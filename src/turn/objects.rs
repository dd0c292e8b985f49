//! The objects that scripts see, as reference.md section 3 names their members.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::forced_intent;
use super::{Door, Event};
use crate::model::{Input, Map, Session, Source};
use crate::script::Scope;

/// `result` is the answer to the question that waited.
pub(super) fn scope(event: &Event, result: Option<&Value>) -> Scope {
    let mut input = input(event.input, event.session, event.door, event.sequence, event.now);
    if let Some(result) = result {
        input.insert("result".to_owned(), result.clone());
    }
    if event.input.source == Source::Returned {
        input.insert("handover".to_owned(), json!({ "status": "completed" }));
    }
    let session = session(event.session, event.door, event.sequence);
    Scope::new(input, session, endpoint(event.door), event.session.context.clone(), event.profile.clone())
}

/// `input`: new for each event.
fn input(input: &Input, session: &Session, door: &Door, sequence: u64, now: u64) -> Map {
    object(json!({
        "text": input.text,
        "data": input.data.clone().unwrap_or_default(),
        "intent": forced_intent(&input.text),
        "source": source(input.source),
        "inputId": input.input_id,
        "traceId": input.trace_id,
        "userId": session.id.user_id,
        "sessionId": session.id.session_id,
        "URLToken": door.url_token,
        "channel": "webhook",
        "language": locale(session, door),
        "flowName": door.flow,
        "currentTime": written(now),
        "execution": sequence,
    }))
}

fn session(session: &Session, door: &Door, sequence: u64) -> Map {
    object(json!({
        "userId": session.id.user_id,
        "sessionId": session.id.session_id,
        "locale": locale(session, door),
        "timezone": session.timezone.as_ref().unwrap_or(&door.timezone),
        "startedAt": written(session.started_at),
        "execution": sequence,
    }))
}

/// What the flow chose for the session, else that of the endpoint.
fn locale<'a>(session: &'a Session, door: &'a Door) -> &'a String {
    session.locale.as_ref().unwrap_or(&door.locale)
}

fn endpoint(door: &Door) -> Map {
    object(json!({
        "name": door.name,
        "URLToken": door.url_token,
        "flow": door.flow,
        "locale": door.locale,
        "timezone": door.timezone,
    }))
}

fn source(source: Source) -> &'static str {
    match source {
        Source::User => "user",
        Source::Inject => "inject",
        Source::Notify => "notify",
        Source::Agent => "agent",
        Source::Timeout => "timeout",
        Source::Returned => "returned",
    }
}

/// ISO 8601 in UTC with milliseconds, as JavaScript's `Date.parse` reads it.
fn written(at: u64) -> String {
    let instant = i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    format!("{:.3}", instant.unwrap_or(Timestamp::MAX))
}

fn object(value: Value) -> Map {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
