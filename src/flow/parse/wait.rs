//! The steps that wait: `http`, `wait`, `remind`, `handover`, and the time that a question gives.

use super::{Kind, Node, Parser, Value};
use crate::flow::language;
use crate::flow::program::{Body, Handover, Http, Remind, Span, Template};
use crate::flow::step::Step;
use crate::model::span_ms;
use crate::yaml::{Keys, did_you_mean};

/// The key of each method, and what is sent for it.
const METHODS: [(&str, &str); 6] = [
    ("get", "GET"),
    ("post", "POST"),
    ("put", "PUT"),
    ("patch", "PATCH"),
    ("delete", "DELETE"),
    ("head", "HEAD"),
];
/// As the reference system has it, milliseconds.
const TIMEOUT_MS: u64 = 8_000;
/// A person waits for the answer; longer work comes back by an inject.
const TIMEOUT_MS_MAX: u64 = 60_000;

impl Parser<'_> {
    pub(super) fn http(&mut self, node: &Node) -> Kind {
        let Some(mut keys) = node.keys(&language::CALL, self.faults) else { return Kind::Broken(Vec::new()) };
        let target = self.method(node, &mut keys);
        let headers = self.headers(keys.optional("headers"));
        let body = self.body(&mut keys);
        let timeout_ms =
            keys.optional("timeout").and_then(|node| self.timeout_ms(node)).unwrap_or(TIMEOUT_MS);
        let retries = keys.whole("retries", self.faults);
        let into = keys.optional("into").and_then(|node| self.target_in(node));
        let on_error = self.block(keys.optional("onError"));
        keys.finish(self.faults);
        let Some((method, url)) = target else { return Kind::Broken(on_error) };
        let retries = retries.unwrap_or(0) as u32;
        let http = Http { method, url, headers, body, timeout_ms, retries, into, answered: 0 };
        Kind::Http { http: Box::new(http), on_error }
    }

    fn method(&mut self, node: &Node, keys: &mut Keys) -> Option<(&'static str, Template)> {
        let given = METHODS.map(|(key, method)| keys.optional(key).map(|node| (key, method, node)));
        let mut given = given.into_iter().flatten();
        let Some((first, method, url)) = given.next() else {
            self.faults.push(
                &node.place,
                "the address is missing; add \"get: https://…\", or post, put, patch, delete, head",
            );
            return None;
        };
        if let Some((second, _, other)) = given.next() {
            let text = format!("one call has one method: \"{second}\" stands beside \"{first}\"; remove one");
            self.faults.push(&other.place, text);
            return None;
        }
        let template = self.template(url)?;
        if let Template::Text(text) = &template
            && !text.starts_with("http://")
            && !text.starts_with("https://")
        {
            self.faults.push(
                &url.place,
                "an address begins with http:// or https://, such as https://shop.example/orders",
            );
            return None;
        }
        Some((method, template))
    }

    fn headers(&mut self, node: Option<&Node>) -> Vec<(String, Template)> {
        let entries = node.and_then(|node| node.entries(self.faults)).unwrap_or_default();
        let mut headers = Vec::new();
        for entry in entries {
            if !is_header(&entry.key) {
                let text = format!(
                    "{:?} cannot name a header; write letters, digits and \"-\", such as X-Api-Key",
                    entry.key
                );
                self.faults.push(&entry.place, text);
            }
            if let Some(value) = self.template(&entry.node) {
                headers.push((entry.key.clone(), value));
            }
        }
        headers
    }

    fn body(&mut self, keys: &mut Keys) -> Body {
        match (keys.optional("json"), keys.optional("body")) {
            (Some(_), Some(body)) => {
                self.faults.push(&body.place, "json and body exclude each other; keep one of them");
                Body::None
            }
            (Some(json), None) => self.tree(json).map_or(Body::None, Body::Json),
            (None, Some(body)) => self.template(body).map_or(Body::None, Body::Text),
            (None, None) => Body::None,
        }
    }

    fn timeout_ms(&mut self, node: &Node) -> Option<u64> {
        let text = node.as_str(self.faults)?;
        let fault = match span_ms(text) {
            Ok(ms) if (1..=TIMEOUT_MS_MAX).contains(&ms) => return Some(ms),
            Ok(_) => {
                format!("a call may take up to {} s, got {text}; write one such as 5s", TIMEOUT_MS_MAX / 1000)
            }
            Err(fault) => fault,
        };
        self.faults.push(&node.place, fault);
        None
    }

    /// `2s`, or `input`.
    pub(super) fn wait(&mut self, node: &Node) -> Option<Kind> {
        match &node.value {
            Value::Text(text) if text.text.trim() == "input" => Some(Kind::Listen),
            _ => self.span(node).map(Kind::Wait),
        }
    }

    /// `10m`, or a text with `{{ … }}` that becomes one.
    pub(super) fn span(&mut self, node: &Node) -> Option<Span> {
        if let Value::Number(number) = &node.value {
            let text =
                format!("a span of time needs its unit; write {number}s, {number}m, {number}h or {number}d");
            self.faults.push(&node.place, text);
            return None;
        }
        match self.template(node)? {
            Template::Text(text) => match span_ms(&text) {
                Ok(ms) => Some(Span::Fixed(ms)),
                Err(fault) => {
                    self.faults.push(&node.place, fault);
                    None
                }
            },
            template => Some(Span::Template(template)),
        }
    }

    /// `{after, text, data}`, or `cancel`.
    pub(super) fn remind(&mut self, node: &Node) -> Option<Kind> {
        if !matches!(node.value, Value::Mapping(_)) {
            let word = node.as_str(self.faults)?;
            if word == "cancel" {
                return Some(Kind::CancelReminders);
            }
            let hint = did_you_mean(word, ["cancel"]);
            self.faults.push(
                &node.place,
                format!("a reminder is {{ after: 2d, text: … }} or cancel, got \"{word}\"{hint}"),
            );
            return None;
        }
        let mut keys = node.keys(&language::REMINDER, self.faults)?;
        let after = keys.required("after", self.faults).and_then(|node| self.span(node));
        let (text, data) = (keys.optional("text"), keys.optional("data"));
        keys.finish(self.faults);
        if text.is_none() && data.is_none() {
            self.faults.push(&node.place, "a reminder brings something; add text or data");
            return None;
        }
        let text = text.map(|node| self.template(node));
        let data = data.map(|node| self.data(node));
        Some(Kind::Remind(Box::new(Remind {
            after: after?,
            text: text.unwrap_or(None),
            data: data.unwrap_or(None),
        })))
    }

    /// `{to, message, onBack}`, or only the name of who takes over.
    pub(super) fn handover(&mut self, node: &Node) -> Option<Kind> {
        if !matches!(node.value, Value::Mapping(_)) {
            let to = self.template(node)?;
            let handover = Handover { to: Some(to), say: None };
            return Some(Kind::Handover { handover: Box::new(handover), on_back: Vec::new() });
        }
        let mut keys = node.keys(&language::HANDOVER_KEYS, self.faults)?;
        let to = keys.optional("to").and_then(|node| self.template(node));
        let say = keys.optional("message").and_then(|node| self.say(node));
        let on_back = self.block(keys.optional("onBack"));
        keys.finish(self.faults);
        Some(Kind::Handover { handover: Box::new(Handover { to, say }), on_back })
    }

    /// `{after, do}` of a question.
    pub(super) fn timeout(&mut self, node: &Node) -> Option<(Span, Vec<Step>)> {
        let mut keys = node.keys(&language::TIMEOUT, self.faults)?;
        let after = keys.required("after", self.faults).and_then(|node| self.span(node));
        let steps = self.block(keys.optional("do"));
        keys.finish(self.faults);
        Some((after?, steps))
    }
}

/// A token of RFC 9110.
fn is_header(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
