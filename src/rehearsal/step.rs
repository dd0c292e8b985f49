//! The steps of a test, from YAML: each a mapping with one key that says what happens, or what the bot is to say.

use regex::Regex;
use serde_json::Value;

use super::plan::{Act, Bot, Expected, Headers, Step, What, Words};
use super::read::object;
use super::{answers, request};
use crate::model::{Map, Source, Speaker, TEXT_CHARS_MAX, is_too_deep, span_ms};
use crate::project::conversation;
use crate::yaml::{Entry, Faults, Keys, Node, Value as Written, did_you_mean};

pub(super) fn read_all(node: &Node, faults: &mut Faults) -> Vec<Step> {
    let steps = node.list(faults).unwrap_or_default();
    if steps.is_empty() {
        faults.push(&node.place, "there are no steps; write what the user says: - user: \"…\"");
    }
    let mut read_steps: Vec<Step> = Vec::new();
    // A step with a fault may be one that is answered.
    let mut asked = false;
    for node in steps {
        let step = read(node, faults);
        if !asked && matches!(step, Some(Step { act: Act::Answered(_), .. })) {
            let text = "there is no caller here who could be answered; write it right behind user, inject, notify or request";
            faults.push(&node.place, text);
        }
        asked = step.as_ref().is_none_or(|step| step.act.is_answered());
        read_steps.extend(step);
    }
    read_steps
}

fn read(node: &Node, faults: &mut Faults) -> Option<Step> {
    let Written::Mapping(entries) = &node.value else {
        let text = format!("a step is a mapping such as user: \"…\" or bot: \"…\", got {}", node.describe());
        faults.push(&node.place, text);
        return None;
    };
    let [entry] = entries.as_slice() else {
        let (place, text) = match entries.get(1) {
            Some(second) => (&second.place, "a step has one key; begin the next step with \"- \""),
            None => (&node.place, "a step has one key, such as user: \"…\" or bot: \"…\""),
        };
        faults.push(place, text);
        return None;
    };
    Some(Step { place: node.place.clone(), act: act(entry, faults)? })
}

fn act(Entry { key, place, node }: &Entry, faults: &mut Faults) -> Option<Act> {
    match key.as_str() {
        "user" => post(Source::User, node, faults),
        "inject" => post(Source::Inject, node, faults),
        "notify" => post(Source::Notify, node, faults),
        "request" => request::request(node, faults).map(Act::Request),
        "answered" => request::answered(node, faults).map(Act::Answered),
        "agent" => speak(node, faults),
        "back" => back(node, faults),
        "wait" => wait(node, faults).map(Act::Wait),
        "bot" => bot(node, faults).map(Act::Bot),
        "fault" => node.as_str(faults).map(|text| Act::Fault(text.to_owned())),
        "expect" => expect(node, faults).map(Act::Expect),
        unknown => {
            let hint = did_you_mean(unknown, conversation::STEPS.iter().map(|step| step.name));
            faults.push(place, format!("unknown step \"{unknown}\"{hint}"));
            None
        }
    }
}

/// `user: "text"` or `user: { text, data, headers }`.
fn post(source: Source, node: &Node, faults: &mut Faults) -> Option<Act> {
    let mut headers = Headers::new();
    let (text, data) = match &node.value {
        Written::Mapping(_) => {
            let mut keys = node.keys(&conversation::POSTED_KEYS, faults)?;
            headers = keys.optional("headers").map(|node| answers::headers(node, faults)).unwrap_or_default();
            said(keys, faults)
        }
        _ => (node.as_str(faults)?.to_owned(), None),
    };
    check_said(node, &text, data.as_ref(), faults);
    Some(Act::Post { source, text, data, headers })
}

/// `agent: "text"` or `agent: { text, data }`.
fn speak(node: &Node, faults: &mut Faults) -> Option<Act> {
    let (text, data) = match &node.value {
        Written::Mapping(_) => said(node.keys(&conversation::SAID_KEYS, faults)?, faults),
        _ => (node.as_str(faults)?.to_owned(), None),
    };
    check_said(node, &text, data.as_ref(), faults);
    Some(Act::Speak { source: Source::Agent, text, data })
}

fn said(mut keys: Keys, faults: &mut Faults) -> (String, Option<Map>) {
    let text = keys.optional("text").and_then(|node| node.as_str(faults)).unwrap_or_default();
    let data = data(&mut keys, faults);
    keys.finish(faults);
    (text.to_owned(), data)
}

fn check_said(node: &Node, text: &str, data: Option<&Map>, faults: &mut Faults) {
    let chars = text.chars().count();
    if text.is_empty() && data.is_none() {
        faults.push(&node.place, "nothing is said here; write a text, or { text: \"…\", data: { … } }");
    } else if chars > TEXT_CHARS_MAX {
        let text = format!("the text has {chars} characters; a server takes {TEXT_CHARS_MAX} at the most");
        faults.push(&node.place, text);
    }
}

fn data(keys: &mut Keys, faults: &mut Faults) -> Option<Map> {
    let node = keys.optional("data")?;
    let data = object(node, faults)?;
    if is_too_deep(&data) {
        faults.push(&node.place, "the data is nested deeper than a server takes; make it flatter");
    }
    Some(data)
}

/// A number without a unit gets the same advice as any other text that is no span.
fn wait(node: &Node, faults: &mut Faults) -> Option<u64> {
    if matches!(node.value, Written::Number(_)) {
        let text = node.to_json().to_string();
        return span_ms(&text).map_err(|fault| faults.push(&node.place, fault)).ok();
    }
    node.valid(span_ms, faults)
}

fn back(node: &Node, faults: &mut Faults) -> Option<Act> {
    if node.as_bool(faults)? {
        return Some(Act::Speak { source: Source::Returned, text: String::new(), data: None });
    }
    faults.push(&node.place, "the agent gives the session back with `back: true`; leave the step out if not");
    None
}

/// `bot: "text"`, or what is known of the output.
fn bot(node: &Node, faults: &mut Faults) -> Option<Bot> {
    if !matches!(node.value, Written::Mapping(_)) {
        let words = Words::Text(node.as_str(faults)?.to_owned());
        return Some(Bot { words, data: None, source: None, sent: None });
    }
    let mut keys = node.keys(&conversation::OUTPUT, faults)?;
    let text = keys.optional("text").and_then(|node| node.as_str(faults)).map(str::to_owned);
    let pattern = keys.optional("match").and_then(|node| node.valid(pattern, faults));
    let one_of = keys.optional("oneOf").and_then(|node| texts(node, faults));
    let data = keys.optional("data").and_then(|node| object(node, faults));
    let source = keys.optional("source").and_then(|node| node.valid(speaker, faults));
    let sent = keys.optional("sent").map(Node::to_json);
    let given = [text.is_some(), pattern.is_some(), one_of.is_some()].iter().filter(|given| **given).count();
    if given > 1 {
        faults.push(keys.place(), "an output has one text: write one of text, match and oneOf");
    } else if node.entries(faults)?.is_empty() {
        faults
            .push(keys.place(), "nothing is said of this output; write its text, match, oneOf, data or sent");
    }
    keys.finish(faults);
    let words = [text.map(Words::Text), pattern.map(Words::Match), one_of.map(Words::OneOf)];
    Some(Bot { words: words.into_iter().flatten().next().unwrap_or(Words::Any), data, source, sent })
}

fn pattern(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| {
        let told = error.to_string();
        let reason = told.lines().last().unwrap_or_default().trim_start_matches("error: ");
        format!("this is no regular expression: {reason}; put \\ before a sign that means itself")
    })
}

fn texts(node: &Node, faults: &mut Faults) -> Option<Vec<String>> {
    let texts = node.list(faults)?;
    if texts.is_empty() {
        faults.push(&node.place, "one of no texts is none; write those that the bot may say");
    }
    Some(texts.iter().filter_map(|node| node.as_str(faults)).map(str::to_owned).collect())
}

fn speaker(text: &str) -> Result<Speaker, String> {
    match text {
        "bot" => Ok(Speaker::Bot),
        "agent" => Ok(Speaker::Agent),
        _ => Err(format!("expected bot or agent, got \"{text}\"")),
    }
}

fn expect(node: &Node, faults: &mut Faults) -> Option<Vec<Expected>> {
    let entries = node.entries(faults)?;
    if entries.is_empty() {
        faults.push(&node.place, "nothing is expected here; write context.NAME: VALUE");
    }
    Some(entries.iter().filter_map(|entry| expected(entry, faults)).collect())
}

/// `context.a.b`, `profile.x`, either as a whole, or `position`.
fn expected(Entry { key, place, node }: &Entry, faults: &mut Faults) -> Option<Expected> {
    let mut names = key.split('.').map(str::to_owned);
    let first = names.next().unwrap_or_default();
    let path: Vec<String> = names.collect();
    let what = match first.as_str() {
        _ if path.iter().any(String::is_empty) => {
            faults.push(place, format!("\"{key}\" has a dot too many; write it like context.order.total"));
            return None;
        }
        "context" => What::Context(path),
        "profile" => What::Profile(path),
        "position" if path.is_empty() => What::Position,
        _ => {
            let hint = did_you_mean(&first, ["context", "profile", "position"]);
            faults.push(place, format!("nothing is known of \"{key}\"{hint}"));
            return None;
        }
    };
    let value = match what {
        What::Position => Value::from(node.as_str(faults)?),
        What::Context(_) | What::Profile(_) => node.to_json(),
    };
    Some(Expected { place: place.clone(), name: key.clone(), what, value })
}
