//! Transformers, seen from outside: what they make of inputs and outputs, what happens when they fail, wait or loop, and that
//! a kill in the middle of one changes nothing.

mod inputs;
mod outputs;
mod readme;
mod repeats;
mod requests;

use serde_json::Value;

use crate::support::{Project, Receiver, Session, to};

/// An endpoint `shop` whose webhook is this receiver, with these hooks of a file.
pub fn shop(receiver: &Receiver, flow: &str, hooks: &str, script: &str) -> Project {
    let more = format!("{}\ntransformers: {{ file: shop.js, {hooks} }}", to(receiver, ""));
    Project::new(flow).script("shop.js", script).endpoint("shop", &more)
}

pub const ECHO: &str = "- say: \"{{ input.text }}\"\n";

/// The requests of its transformers.
pub fn called(session: &Session) -> Vec<Value> {
    session.transcript().iter().filter_map(|turn| turn["called"].as_array()).flatten().cloned().collect()
}

/// Kind, place and text of all of them.
pub fn notes(session: &Session) -> Vec<(String, String, String)> {
    let of = |note: &Value, name: &str| note[name].as_str().unwrap_or_default().to_owned();
    let transcript = session.transcript();
    let notes = transcript.iter().filter_map(|turn| turn["notes"].as_array()).flatten();
    notes.map(|note| (of(note, "kind"), of(note, "place"), of(note, "text"))).collect()
}
