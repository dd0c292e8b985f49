//! What other systems answer in a test: by method and address, in the order they are asked; or, while a session is
//! recorded, what they answered then.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::edge;
use crate::model::{Call, CallResult, Called, JSON, METHODS};
use crate::project::conversation;
use crate::yaml::{self, Entry, Faults, Node, Value as Written};

const STATUS: u64 = 200;

/// The answers of a test, and how many of each were used.
pub(super) struct Answers<'a> {
    answers: &'a BTreeMap<String, Vec<CallResult>>,
    used: HashMap<String, usize>,
    recorded: Option<Recorded>,
}

/// What the calls of a real session were answered.
#[derive(Default)]
pub(super) struct Recorded {
    /// Those of its flow, in their order; whichever it makes gets the next of them.
    pub answers: VecDeque<CallResult>,
    /// Those of its transformers. A transcript has no more of them.
    pub called: Vec<Called>,
    /// Which call got which answer.
    pub told: BTreeMap<String, Vec<CallResult>>,
    /// The calls that got an answer of which only the status is known, each with the transformer that made it.
    pub unknown: BTreeMap<String, String>,
}

impl<'a> Answers<'a> {
    pub(super) fn new(answers: &'a BTreeMap<String, Vec<CallResult>>) -> Answers<'a> {
        Answers { answers, used: HashMap::new(), recorded: None }
    }

    pub(super) fn expect(&mut self, recorded: Recorded) {
        self.recorded = Some(recorded);
    }

    pub(super) fn recorded(&self) -> Option<&Recorded> {
        self.recorded.as_ref()
    }

    /// To a call of the flow; none if there is no answer for it.
    pub(super) fn next(&mut self, call: &Call) -> Option<CallResult> {
        match &mut self.recorded {
            Some(recorded) => recorded.next(call),
            None => self.written(call),
        }
    }

    /// To a call of this transformer.
    pub(super) fn next_of(&mut self, transformer: &str, call: &Call) -> Option<CallResult> {
        match &mut self.recorded {
            Some(recorded) => Some(recorded.next_of(transformer, call)),
            None => self.written(call),
        }
    }

    /// The last one that a test has for a call stays.
    fn written(&mut self, call: &Call) -> Option<CallResult> {
        let key = key(call);
        let answers = self.answers.get(&key)?;
        let used = self.used.entry(key).or_default();
        let answer = answers.get(*used).or_else(|| answers.last());
        *used += 1;
        answer.cloned()
    }
}

impl Recorded {
    fn next(&mut self, call: &Call) -> Option<CallResult> {
        let answer = self.answers.pop_front()?;
        self.told.entry(key(call)).or_default().push(answer.clone());
        Some(answer)
    }

    /// As much as is known: why there was none, or its status.
    fn next_of(&mut self, transformer: &str, call: &Call) -> CallResult {
        let key = key(call);
        let host = edge::host(&call.url);
        let found = self.called.iter().position(|called| called.method == call.method && called.host == host);
        let outcome = found.map(|at| self.called.remove(at).outcome);
        let answer = match outcome.map(|outcome| outcome.parse().map_err(|_| outcome)) {
            Some(Err(reason)) => CallResult::Failed { reason },
            known => {
                self.unknown.insert(key.clone(), transformer.to_owned());
                let status = known.and_then(Result::ok).unwrap_or(STATUS as u16);
                CallResult::Answered { status, headers: BTreeMap::new(), text: String::new() }
            }
        };
        self.told.entry(key).or_default().push(answer.clone());
        answer
    }
}

/// What a call is found by.
pub(super) fn key(call: &Call) -> String {
    format!("{} {}", call.method, call.url)
}

/// Addresses are written with `${NAME}`, as in flows, though they are keys here.
pub(super) fn read(
    node: &Node,
    env: &dyn Fn(&str) -> Option<String>,
    faults: &mut Faults,
) -> BTreeMap<String, Vec<CallResult>> {
    let mut all = BTreeMap::new();
    for entry in node.entries(faults).unwrap_or_default() {
        match yaml::replace(&entry.key, env) {
            Ok(key) => drop(all.insert(key.clone(), read_one(&key, entry, faults))),
            Err(fault) => faults.push(&entry.place, fault),
        }
    }
    all
}

fn read_one(key: &str, Entry { place, node, .. }: &Entry, faults: &mut Faults) -> Vec<CallResult> {
    let known = key.split_once(' ').filter(|(method, url)| METHODS.contains(method) && url.contains("://"));
    if known.is_none() {
        let text = format!(
            "\"{key}\" is no call; write its method and address: \"GET https://shop.example/orders/7\""
        );
        faults.push(place, text);
    }
    match &node.value {
        Written::List(nodes) if !nodes.is_empty() => {
            nodes.iter().filter_map(|node| answer(node, faults)).collect()
        }
        Written::List(_) => {
            faults.push(&node.place, "a call needs at least one answer; write { status: 200, json: { … } }");
            Vec::new()
        }
        _ => answer(node, faults).into_iter().collect(),
    }
}

/// `{ status, headers, json | text }` or `{ fails: "reason" }`.
fn answer(node: &Node, faults: &mut Faults) -> Option<CallResult> {
    if node.entries(faults)?.iter().any(|entry| entry.key == "fails") {
        return failed(node, faults);
    }
    let mut keys = node.keys(&conversation::ANSWER, faults)?;
    let status = keys.whole("status", faults).unwrap_or(STATUS);
    let mut headers = keys.optional("headers").map(|node| headers(node, faults)).unwrap_or_default();
    let text = keys.optional("text").and_then(|node| node.as_str(faults));
    let json = keys.optional("json");
    if text.is_some() && json.is_some() {
        faults.push(keys.place(), "an answer has one body: write json or text");
    }
    keys.finish(faults);
    let text = match json {
        None => text.unwrap_or_default().to_owned(),
        Some(json) => {
            headers.entry("content-type".to_owned()).or_insert_with(|| JSON.to_owned());
            json.to_json().to_string()
        }
    };
    Some(CallResult::Answered { status: status as u16, headers, text })
}

fn failed(node: &Node, faults: &mut Faults) -> Option<CallResult> {
    let mut keys = node.keys(&conversation::FAILED, faults)?;
    let reason = keys.required("fails", faults).and_then(|node| node.as_str(faults)).map(str::to_owned);
    keys.finish(faults);
    Some(CallResult::Failed { reason: reason? })
}

/// Names in small letters, as a flow sees them.
pub(super) fn headers(node: &Node, faults: &mut Faults) -> BTreeMap<String, String> {
    let entries = node.entries(faults).unwrap_or_default();
    let header = |entry: &Entry| Some((entry.key.to_lowercase(), entry.node.as_str(faults)?.to_owned()));
    entries.iter().filter_map(header).collect()
}
