//! The steps about a request at a door, from YAML: what is sent, and what its caller gets.

use url::form_urlencoded::Serializer;

use super::answers;
use super::plan::{Answered, Request};
use crate::model::{FORM, JSON, Source};
use crate::project::conversation;
use crate::yaml::{Faults, Keys, Node, Value as Written};

pub(super) fn request(node: &Node, faults: &mut Faults) -> Option<Request> {
    let mut keys = node.keys(&conversation::REQUEST_KEYS, faults)?;
    let to = keys.optional("to").and_then(|node| node.valid(door, faults));
    let method = keys.optional("method").and_then(|node| node.valid(method, faults));
    let mut headers = keys.optional("headers").map(|node| answers::headers(node, faults)).unwrap_or_default();
    let query = keys.optional("query").map(|node| fields(node, faults));
    let body = body(&mut keys, faults);
    keys.finish(faults);
    let (body, content_type) = body.unwrap_or_default();
    if let Some(content_type) = content_type {
        headers.entry("content-type".to_owned()).or_insert_with(|| content_type.to_owned());
    }
    Some(Request {
        to: to.unwrap_or(Source::User),
        method: method.unwrap_or_else(|| "POST".to_owned()),
        headers,
        query: query.unwrap_or_default(),
        body,
    })
}

fn door(text: &str) -> Result<Source, String> {
    match text {
        "input" => Ok(Source::User),
        "inject" => Ok(Source::Inject),
        "notify" => Ok(Source::Notify),
        _ => Err(format!("expected input, inject or notify, got \"{text}\"")),
    }
}

fn method(text: &str) -> Result<String, String> {
    match text {
        "GET" | "POST" => Ok(text.to_owned()),
        _ => Err(format!("expected GET or POST, got \"{text}\"; a door takes no other method")),
    }
}

/// With the Content-Type that it has if the headers name none.
fn body(keys: &mut Keys, faults: &mut Faults) -> Option<(String, Option<&'static str>)> {
    let (body, form) = (keys.optional("body"), keys.optional("form"));
    if body.is_some() && form.is_some() {
        faults.push(keys.place(), "a request has one body: write body or form");
    }
    if let Some(form) = form {
        return Some((fields(form, faults), Some(FORM)));
    }
    let body = body?;
    match &body.value {
        Written::Mapping(_) | Written::List(_) => Some((body.to_json().to_string(), Some(JSON))),
        _ => Some((body.as_str(faults)?.to_owned(), None)),
    }
}

/// As a form or a query has them; a list is one name several times.
fn fields(node: &Node, faults: &mut Faults) -> String {
    let mut written = Serializer::new(String::new());
    for entry in node.entries(faults).unwrap_or_default() {
        let all = match &entry.node.value {
            Written::List(nodes) => nodes.as_slice(),
            _ => std::slice::from_ref(&entry.node),
        };
        written.extend_pairs(all.iter().filter_map(|node| Some((&entry.key, node.as_str(faults)?))));
    }
    written.finish()
}

/// `answered: 401`, or what is known of the answer.
pub(super) fn answered(node: &Node, faults: &mut Faults) -> Option<Answered> {
    const STATUS: std::ops::RangeInclusive<u64> = 200..=599;
    if !matches!(node.value, Written::Mapping(_)) {
        let status = node.as_u64(STATUS, faults)?;
        return Some(Answered { status: Some(status as u16), headers: Default::default(), body: None });
    }
    let mut keys = node.keys(&conversation::ANSWERED_KEYS, faults)?;
    let status = keys.whole("status", faults);
    let headers = keys.optional("headers").map(|node| answers::headers(node, faults));
    let body = keys.optional("body").map(Node::to_json);
    if node.entries(faults)?.is_empty() {
        faults.push(keys.place(), "nothing is said of this answer; write its status, headers or body");
    }
    keys.finish(faults);
    let status = status.map(|status| status as u16);
    Some(Answered { status, headers: headers.unwrap_or_default(), body })
}
