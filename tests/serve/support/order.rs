//! Whether a webhook heard every session in order. A crash may make the engine say something again that was taken
//! before; it is then the same callback, by its `webhook-id` and to the byte.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::Callback;

/// What one session told, doubles removed: one entry for each `antiphon-sequence` from 1 on.
#[derive(Debug, Default)]
pub struct Told {
    pub traces: Vec<String>,
    pub texts: Vec<String>,
    pub doubles: usize,
}

/// By user and session. Panics at a gap, at something late, and at a double that is not the same.
pub fn told(callbacks: &[Callback]) -> BTreeMap<(String, String), Told> {
    let mut sessions: BTreeMap<(String, String), Told> = BTreeMap::new();
    let mut bodies: HashMap<&str, &Callback> = HashMap::new();
    let mut ids: HashMap<(String, String, u64), &str> = HashMap::new();
    for callback in callbacks {
        let id = callback.header("webhook-id");
        let first = bodies.entry(id).or_insert(callback);
        assert_eq!(first.body, callback.body, "one webhook-id, two bodies");
        for (sequence, body) in outputs(callback) {
            let (user, session) = (name(&body, "userId"), name(&body, "sessionId"));
            let known = *ids.entry((user.clone(), session.clone(), sequence)).or_insert(id);
            assert_eq!(known, id, "output {sequence} of {user}/{session} came under two webhook-ids");
            sessions.entry((user, session)).or_default().hear(sequence, &body);
        }
    }
    sessions
}

/// The outputs in it, each with its place in its session: one, or those of a batch.
fn outputs(callback: &Callback) -> Vec<(u64, Value)> {
    let outputs = match callback.json() {
        Value::Array(outputs) => outputs,
        output => vec![output],
    };
    let sequences = callback.header("antiphon-sequence").split(',');
    let sequences: Vec<u64> = sequences.map(|text| text.parse().expect("a sequence is a number")).collect();
    assert_eq!(sequences.len(), outputs.len(), "one sequence for each output: {callback:?}");
    sequences.into_iter().zip(outputs).collect()
}

impl Told {
    fn hear(&mut self, sequence: u64, body: &Value) {
        let next = self.texts.len() as u64 + 1;
        assert!(sequence <= next, "output {sequence} came before {next}: {body}");
        if sequence < next {
            self.doubles += 1;
            return;
        }
        self.traces.push(name(&body["AIOutput"], "traceId"));
        self.texts.push(name(&body["AIOutput"], "text"));
    }
}

fn name(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_else(|| panic!("no {field}: {body}")).to_owned()
}
