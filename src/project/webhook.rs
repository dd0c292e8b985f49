//! Where an endpoint's outputs go, and how often they are tried.

use std::fmt;
use std::slice;

use super::door::{BATCH, RATE_MAX, RATE_MIN, RETRY_SECONDS_MAX, WEBHOOK};
use super::signer::Signer;
use super::value::{self, Address};
use crate::yaml::{Faults, Node, Value};

#[derive(PartialEq)]
pub struct Webhook {
    /// `http` or `https`, with a host, without user and password.
    pub url: String,
    /// Basic authentication, when there is a user.
    pub user: Option<String>,
    pub password: Option<String>,
    /// Several during a change of secrets.
    pub signers: Vec<Signer>,
    /// An attempt that takes longer has failed.
    pub timeout_ms: u64,
    /// The waits before the 2nd, 3rd, … attempt.
    pub retry_after: Vec<u64>,
    pub on_exhausted: OnExhausted,
    /// Callbacks of the endpoint in flight at once.
    pub concurrency: usize,
    /// None: as many as the room for them lets through.
    pub rate_per_second: Option<f64>,
    pub batch: BatchRules,
}

/// When callbacks go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRules {
    /// 1: each goes by itself, as an object and not as a list of one.
    pub max: usize,
    /// The first one waits so long for others.
    pub linger_ms: u64,
}

/// What happens to a session's further callbacks when the attempts at one are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExhausted {
    /// They go on.
    Skip,
    /// They wait for a person.
    Block,
}

const TIMEOUT_MS: u64 = 15_000;
const RETRY_AFTER_MS: [u64; 6] = [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000];
/// Waits. Every attempt is kept with the callback, and written again with each further one: some 40 KiB in the end.
const RETRIES_MAX: usize = 100;
const CONCURRENCY: usize = 64;

/// The password and the secrets are not shown.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("url", &self.url).finish_non_exhaustive()
    }
}

/// None for an empty `url`, which says in the reference system too that there is no webhook, and lets
/// `${WEBHOOK:-}` switch it on.
pub(super) fn read(node: &Node, faults: &mut Faults) -> Option<Webhook> {
    let mut keys = node.keys(&WEBHOOK, faults)?;
    let url = keys.required("url", faults);
    let empty = url.and_then(text_of).is_some_and(str::is_empty);
    let address = value::text(url.filter(|_| !empty), value::webhook_url, faults);
    let address = address.unwrap_or(Address { url: String::new(), credentials: None });
    let concurrency = keys.whole("concurrency", faults);
    let mut webhook = Webhook {
        url: address.url,
        user: value::text(keys.optional("user"), value::user, faults).filter(|user| !user.is_empty()),
        password: password(keys.optional("password"), faults),
        signers: signers(keys.optional("signingSecret"), faults),
        timeout_ms: keys.whole("timeoutMs", faults).unwrap_or(TIMEOUT_MS),
        retry_after: keys
            .optional("retryAfterSeconds")
            .and_then(|node| retry_after(node, faults))
            .unwrap_or(RETRY_AFTER_MS.to_vec()),
        on_exhausted: on_exhausted(keys.optional("onExhausted"), faults),
        concurrency: concurrency.map_or(CONCURRENCY, |n| n as usize),
        rate_per_second: keys.optional("ratePerSecond").and_then(|node| rate(node, faults)),
        batch: batch(keys.optional("batch"), faults),
    };
    if webhook.user.is_none() && webhook.password.is_some() {
        faults.push(keys.place(), "a password without a user; write `user` too, or leave the password out");
    }
    if let Some((user, password)) = address.credentials {
        if webhook.user.is_some() {
            faults.push(keys.place(), "a user in the address and `user` as well; write one of them");
        }
        webhook.user = Some(user);
        webhook.password = Some(password).filter(|password| !password.is_empty());
    }
    keys.finish(faults);
    (!empty).then_some(webhook)
}

fn text_of(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => Some(&text.text),
        _ => None,
    }
}

fn password(node: Option<&Node>, faults: &mut Faults) -> Option<String> {
    let node = node?;
    if matches!(node.value, Value::Number(_) | Value::Bool(_)) {
        // The usual fault would repeat the password.
        faults.push(&node.place, "a password is text; put it in quotes");
        return None;
    }
    node.as_str(faults).filter(|password| !password.is_empty()).map(str::to_owned)
}

/// One secret, or a list of them.
fn signers(node: Option<&Node>, faults: &mut Faults) -> Vec<Signer> {
    let nodes = match node {
        None => return Vec::new(),
        Some(Node { value: Value::List(nodes), .. }) => nodes.as_slice(),
        Some(node) => slice::from_ref(node),
    };
    nodes.iter().filter_map(|node| value::text(Some(node), value::signing_secret, faults)).collect()
}

fn retry_after(node: &Node, faults: &mut Faults) -> Option<Vec<u64>> {
    let waits = node.list(faults)?;
    if waits.len() > RETRIES_MAX {
        faults.push(&node.place, format!("{} waits, {RETRIES_MAX} are allowed; leave some out", waits.len()));
    }
    waits.iter().map(|node| wait_ms(node, faults)).collect()
}

fn wait_ms(node: &Node, faults: &mut Faults) -> Option<u64> {
    let seconds = number(node).filter(|seconds| (0.0..=RETRY_SECONDS_MAX).contains(seconds));
    if seconds.is_none() {
        let text = format!("expected seconds from 0 to {RETRY_SECONDS_MAX}, got {}", node.describe());
        faults.push(&node.place, text + "; write a number such as 30 or 0.5");
    }
    seconds.map(|seconds| (seconds * 1000.0).round() as u64)
}

fn on_exhausted(node: Option<&Node>, faults: &mut Faults) -> OnExhausted {
    let Some((node, text)) = node.and_then(|node| Some((node, node.as_str(faults)?))) else {
        return OnExhausted::Skip;
    };
    match text {
        "skip" => OnExhausted::Skip,
        "block" => OnExhausted::Block,
        _ => {
            faults.push(&node.place, format!("expected skip or block, got \"{text}\""));
            OnExhausted::Skip
        }
    }
}

fn rate(node: &Node, faults: &mut Faults) -> Option<f64> {
    let rate = number(node).filter(|rate| (RATE_MIN..=RATE_MAX).contains(rate));
    if rate.is_none() {
        let text =
            format!("expected callbacks a second from {RATE_MIN} to {RATE_MAX}, got {}", node.describe());
        faults.push(&node.place, text + "; write a number such as 20 or 0.5");
    }
    rate
}

fn batch(node: Option<&Node>, faults: &mut Faults) -> BatchRules {
    let mut rules = BatchRules { max: 1, linger_ms: 0 };
    let Some(mut keys) = node.and_then(|node| node.keys(&BATCH, faults)) else { return rules };
    rules.max = keys.whole("max", faults).map_or(rules.max, |max| max as usize);
    rules.linger_ms = keys.whole("lingerMs", faults).unwrap_or(rules.linger_ms);
    keys.finish(faults);
    rules
}

fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Number(number) => number.as_f64(),
        Value::Text(text) if text.replaced => text.text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
impl Webhook {
    /// As an endpoint's file has it below `webhook:`.
    pub(crate) fn of(text: &str) -> Webhook {
        let mut faults = Faults::default();
        let node = crate::yaml::read("x.yaml", text, &|_| None, &mut faults).expect("YAML");
        let webhook = read(&node, &mut faults).expect("a webhook");
        assert!(faults.is_empty(), "{text}");
        webhook
    }
}
