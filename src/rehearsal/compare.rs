//! Whether something is as a test says it is; if not, what it is instead, in a few words.

use std::collections::BTreeSet;

use serde_json::Value;

use super::door::Reply;
use super::heard::Heard;
use super::plan::{Answered, Bot, Expected, Words};
use super::talk;
use crate::model::{Map, Position, Speaker};

/// None if the output is the one that is expected.
pub(super) fn output(expected: &Bot, heard: &Heard) -> Option<String> {
    let said = talk::quoted(heard);
    if let Some(parted) = expected.sent.as_ref().and_then(|wanted| difference(&heard.sent, wanted)) {
        return Some(format!("what is sent is{}", parted.told()));
    }
    let Some(output) = &heard.output else {
        let known = expected.sent.is_some() && expected.is_of_any_words();
        return (!known)
            .then(|| format!("what is sent is {said}, which is no AIOutput; write bot: {{ sent: … }}"));
    };
    let text = &output.text;
    let wrong_text = match &expected.words {
        Words::Any => false,
        Words::Text(wanted) => wanted != text,
        Words::Match(pattern) => !pattern.is_match(text),
        Words::OneOf(texts) => !texts.contains(text),
    };
    if wrong_text {
        return Some(format!("the bot said {said}, expected {}", talk::expected(expected)));
    }
    let other =
        |wanted: &Map| difference(&Value::Object(output.data.clone()), &Value::Object(wanted.clone()));
    if let Some(Difference { path, found, wanted }) = expected.data.as_ref().and_then(other) {
        return Some(format!("the bot said {said}, but data{path} is {found}, expected {wanted}"));
    }
    if expected.source.is_some_and(|source| source != output.source) {
        return Some(match output.source {
            Speaker::Bot => format!("the bot said {said}, expected it from an agent"),
            Speaker::Agent => format!("an agent said {said}, expected it from the bot"),
        });
    }
    None
}

/// None if the answer is the one that is expected.
pub(super) fn reply(Answered { status, headers, body }: &Answered, reply: &Reply) -> Option<String> {
    if let Some(wanted) = status
        && *wanted != reply.status
    {
        return Some(format!("the caller is answered {}, expected {wanted}", reply.status));
    }
    for (name, wanted) in headers {
        match reply.headers.get(name) {
            Some(found) if found == wanted => {}
            Some(found) => {
                return Some(format!("the header {name} of the answer is {found:?}, expected {wanted:?}"));
            }
            None => return Some(format!("the answer has no header {name}, expected {wanted:?}")),
        }
    }
    reply_body(body.as_ref()?, &reply.body)
}

fn reply_body(wanted: &Value, found: &str) -> Option<String> {
    if let Value::String(wanted) = wanted {
        return (wanted != found)
            .then(|| format!("the body of the answer is {found:?}, expected {wanted:?}"));
    }
    let Ok(json) = serde_json::from_str::<Value>(found) else {
        return Some(format!("the body of the answer is {found:?}, which is no JSON, expected {wanted}"));
    };
    let parted = parted(&json, wanted, Members::Wanted)?;
    Some(format!("the body of the answer is{}", parted.told()))
}

/// None if this stands at the path; null also stands for nothing.
pub(super) fn memory(memory: Option<&Map>, expected: &Expected, path: &[String]) -> Option<String> {
    let whole = Value::Object(memory.cloned().unwrap_or_default());
    let found = path.iter().try_fold(&whole, |value, name| match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        value => value.get(name),
    });
    let Difference { path, found, wanted } = difference(found.unwrap_or(&Value::Null), &expected.value)?;
    Some(format!("{}{path} is {found}, expected {wanted}", expected.name))
}

/// None if the flow stands there: a word for a state, the path of a step, or its id.
pub(super) fn position(position: &Position, expected: &str) -> Option<String> {
    let (state, frames) = match position {
        Position::Start => ("start", None),
        Position::Ended => ("ended", None),
        Position::Handover { frames, .. } => ("handover", Some(frames)),
        Position::Ask { frames, .. }
        | Position::Suspended { frames, .. }
        | Position::Listen { frames, .. } => ("", Some(frames)),
    };
    let path = frames.and_then(|frames| frames.last()).map_or(state, |frame| frame.path.as_str());
    let id = path.split_once('/').map_or(path, |(_, id)| id);
    let known = [state, path, id].contains(&expected) && !expected.is_empty();
    let shown =
        if state == "handover" { format!("\"handover\" at \"{path}\"") } else { format!("\"{path}\"") };
    (!known).then(|| format!("position is {shown}, expected \"{expected}\""))
}

const NOTHING: &Value = &Value::Null;

/// Where two values part, below both of them: `.items.0.name`.
struct Difference {
    path: String,
    found: Value,
    wanted: Value,
}

impl Difference {
    /// Behind what it is about, and "is".
    fn told(&self) -> String {
        let Difference { path, found, wanted } = self;
        let place = if path.is_empty() { String::new() } else { format!(" at {path}") };
        format!("{place} {found}, expected {wanted}")
    }
}

/// Which members of objects are compared.
#[derive(Clone, Copy)]
enum Members {
    All,
    /// There may be others.
    Wanted,
}

fn difference(found: &Value, wanted: &Value) -> Option<Difference> {
    parted(found, wanted, Members::All)
}

/// The first place where they part. 40 and 40.0 are one number, as they are for a flow; null is as good as nothing.
fn parted(found: &Value, wanted: &Value, compared: Members) -> Option<Difference> {
    let members: Vec<(String, &Value, &Value)> = match (found, wanted) {
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => return None,
        (Value::Object(found), Value::Object(wanted)) => {
            let names: BTreeSet<&String> = match compared {
                Members::All => found.keys().chain(wanted.keys()).collect(),
                Members::Wanted => wanted.keys().collect(),
            };
            let member = |name: &String| {
                (name.clone(), found.get(name).unwrap_or(NOTHING), wanted.get(name).unwrap_or(NOTHING))
            };
            names.into_iter().map(member).collect()
        }
        (Value::Array(found), Value::Array(wanted)) if found.len() == wanted.len() => {
            let item = |(at, (found, wanted)): (usize, _)| (at.to_string(), found, wanted);
            found.iter().zip(wanted).enumerate().map(item).collect()
        }
        _ if found == wanted => return None,
        _ => return Some(Difference { path: String::new(), found: found.clone(), wanted: wanted.clone() }),
    };
    let below = |(name, found, wanted): (String, &Value, &Value)| {
        let Difference { path, found, wanted } = parted(found, wanted, compared)?;
        Some(Difference { path: format!(".{name}{path}"), found, wanted })
    };
    members.into_iter().find_map(below)
}
