//! One door: where it is, which flow stands behind it, and the rules of its sessions.
//! Reading one reports every fault in it; an endpoint that was read with faults is never used.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::door::{AUTH, ENDPOINT, SESSION};
use super::transformers::{self, Files, Transformers};
use super::webhook::{self, Webhook};
use super::{later, value};
use crate::config;
use crate::flow::Program;
use crate::model::{DEPTH_MAX, Map, is_too_deep};
use crate::turn::Door;
use crate::yaml::{self, Faults, Node, Value, did_you_mean, not_available};

/// Its rules, and what they lead to: all of one version, so that whoever holds it can run a turn.
pub struct Endpoint {
    rules: Rules,
    /// What its flows may know of it.
    pub door: Arc<Door>,
    /// What its transformers see of it: `endpoint`.
    pub object: serde_json::Value,
    /// The flow that its sessions start.
    pub program: Arc<Program>,
}

/// What its file says.
#[derive(PartialEq)]
pub struct Rules {
    pub name: String,
    pub url_token: String,
    pub enabled: bool,
    /// The name of the flow that its sessions start.
    pub flow: String,
    pub locale: String,
    /// A name of the IANA database.
    pub timezone: String,
    pub auth: Auth,
    /// None: outputs are kept in the transcript only.
    pub webhook: Option<Arc<Webhook>>,
    pub session: SessionRules,
    /// None: nothing is switched on.
    pub transformers: Option<Transformers>,
    /// For its transformers; secrets may be in it.
    pub settings: Map,
}

/// Who may post.
#[derive(PartialEq)]
pub struct Auth {
    /// SHA-256 digests of the keys; when there are any, a caller must send one of them.
    pub webhook_keys: Vec<[u8; 32]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRules {
    /// Quiet this long, the state is dropped.
    pub expire_ms: u64,
    /// Inputs waiting.
    pub queue_max: usize,
    pub overlap: Overlap,
}

/// What happens to an input that comes while another of its session runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    Queue,
    Reject,
}

/// What an endpoint may refer to, and what was read before it.
pub(super) struct Surroundings<'a> {
    pub flows: &'a [String],
    pub transformers: &'a Files,
    /// The endpoint that has each token.
    pub tokens: HashMap<String, String>,
}

const MINUTE_MS: u64 = 60_000;
const EXPIRE_MINUTES: u64 = 7 * 24 * 60;
const QUEUE: usize = 100;

impl Default for SessionRules {
    fn default() -> SessionRules {
        SessionRules { expire_ms: EXPIRE_MINUTES * MINUTE_MS, queue_max: QUEUE, overlap: Overlap::Queue }
    }
}

impl SessionRules {
    /// Whether one more input may wait behind this many.
    pub fn has_room(&self, ahead: usize) -> bool {
        match (ahead, self.overlap) {
            (0, _) => true,
            (_, Overlap::Reject) => false,
            (all, Overlap::Queue) => all <= self.queue_max,
        }
    }
}

/// The token opens the door, so it is not shown.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("name", &self.name).field("flow", &self.flow).finish_non_exhaustive()
    }
}

impl Endpoint {
    pub(super) fn new(rules: Rules, program: Arc<Program>) -> Endpoint {
        let door = Door {
            name: rules.name.clone(),
            url_token: rules.url_token.clone(),
            flow: rules.flow.clone(),
            locale: rules.locale.clone(),
            timezone: rules.timezone.clone(),
        };
        Endpoint { object: transformers::object(&rules), rules, door: Arc::new(door), program }
    }

    /// Whether the files say the same of both; their programs may be of two versions.
    pub(super) fn has_the_rules_of(&self, other: &Endpoint) -> bool {
        self.rules == other.rules
    }
}

impl Deref for Endpoint {
    type Target = Rules;

    fn deref(&self) -> &Rules {
        &self.rules
    }
}

impl Rules {
    /// Reads every key, so that all faults are found; what is faulty gets a value that nobody sees.
    pub(super) fn read(
        name: &str,
        node: &Node,
        around: &mut Surroundings,
        faults: &mut Faults,
    ) -> Option<Rules> {
        let mut keys = node.keys(&ENDPOINT, faults)?;
        let rules = Rules {
            name: name.to_owned(),
            url_token: token(name, keys.required("urlToken", faults), around, faults).unwrap_or_default(),
            enabled: keys.optional("enabled").and_then(|node| node.as_bool(faults)).unwrap_or(true),
            flow: flow(keys.required("flow", faults), around, faults).unwrap_or_default(),
            locale: value::text(keys.optional("locale"), yaml::locale, faults).unwrap_or("en-US".to_owned()),
            timezone: value::text(keys.optional("timezone"), yaml::timezone, faults)
                .unwrap_or("UTC".to_owned()),
            auth: auth(keys.optional("auth"), faults),
            webhook: keys.optional("webhook").and_then(|node| webhook::read(node, faults)).map(Arc::new),
            session: session_rules(keys.optional("session"), faults),
            transformers: keys
                .optional("transformers")
                .and_then(|node| around.transformers.take(node, faults)),
            settings: keys.optional("settings").map(|node| settings(node, faults)).unwrap_or_default(),
        };
        later::refuse(&mut keys, faults);
        keys.finish(faults);
        Some(rules)
    }
}

/// The token, and a fault if another endpoint has it.
fn token(name: &str, node: Option<&Node>, around: &mut Surroundings, faults: &mut Faults) -> Option<String> {
    let node = node?;
    let token = value::text(Some(node), value::url_token, faults)?;
    if let Some(other) = around.tokens.insert(token.clone(), name.to_owned()) {
        faults.push(&node.place, format!("the endpoint \"{other}\" has the same urlToken; make another one"));
    }
    Some(token)
}

fn flow(node: Option<&Node>, around: &Surroundings, faults: &mut Faults) -> Option<String> {
    let node = node?;
    let flow = node.as_str(faults)?.to_owned();
    if !around.flows.contains(&flow) {
        let hint = did_you_mean(&flow, around.flows.iter().map(String::as_str));
        faults.push(&node.place, format!("there is no flow \"{flow}\" (no flows/{flow}.yaml){hint}"));
    }
    Some(flow)
}

fn auth(node: Option<&Node>, faults: &mut Faults) -> Auth {
    let mut webhook_keys = Vec::new();
    if let Some(mut keys) = node.and_then(|node| node.keys(&AUTH, faults)) {
        let listed = keys.optional("webhookKeys").and_then(|node| node.list(faults)).unwrap_or_default();
        webhook_keys =
            listed.iter().filter_map(|node| value::text(Some(node), config::digest, faults)).collect();
        keys.finish(faults);
    }
    Auth { webhook_keys }
}

fn session_rules(node: Option<&Node>, faults: &mut Faults) -> SessionRules {
    let mut rules = SessionRules::default();
    let Some(mut keys) = node.and_then(|node| node.keys(&SESSION, faults)) else { return rules };
    let minutes = keys.whole("expireMinutes", faults);
    rules.expire_ms = minutes.map_or(rules.expire_ms, |minutes| minutes * MINUTE_MS);
    let queue = keys.whole("queueMax", faults);
    rules.queue_max = queue.map_or(rules.queue_max, |queue| queue as usize);
    if let Some(node) = keys.optional("overlap") {
        rules.overlap = overlap(node, faults).unwrap_or(rules.overlap);
    }
    keys.finish(faults);
    rules
}

fn settings(node: &Node, faults: &mut Faults) -> Map {
    let entries = node.entries(faults).unwrap_or_default();
    let settings: Map = entries.iter().map(|entry| (entry.key.clone(), entry.node.to_json())).collect();
    if is_too_deep(&settings) {
        let text =
            format!("lists and mappings lie more than {DEPTH_MAX} deep in one another; make it flatter");
        faults.push(&node.place, text);
    }
    settings
}

fn overlap(node: &Node, faults: &mut Faults) -> Option<Overlap> {
    let text = match &node.value {
        Value::Mapping(entries) if entries.iter().any(|entry| entry.key == "mergeMs") => "mergeMs",
        _ => node.as_str(faults)?,
    };
    let fault = match text {
        "queue" => return Some(Overlap::Queue),
        "reject" => return Some(Overlap::Reject),
        "latest" | "mergeMs" => not_available(&format!("the overlap \"{text}\""), "write queue or reject"),
        _ => format!("unknown overlap \"{text}\"; write queue or reject"),
    };
    faults.push(&node.place, fault);
    None
}
