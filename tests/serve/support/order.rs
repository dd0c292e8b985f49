//! Whether a webhook heard every session in order. A crash may make the engine say something again that was taken
//! before; it is then the same callback, by its `webhook-id` and to the byte.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::Callback;

/// What one life of a session told, doubles removed: one entry for each `antiphon-sequence` from 1 on.
#[derive(Debug, Default)]
pub struct Told {
    /// `antiphon-started-at`: which life.
    started_at: u64,
    pub traces: Vec<String>,
    pub texts: Vec<String>,
    pub doubles: usize,
}

/// By user and session, of sessions that had one life. Panics at a gap, at something late, and at a double that is not the same.
pub fn told(callbacks: &[Callback]) -> BTreeMap<(String, String), Told> {
    let mut sessions: BTreeMap<(String, String), Told> = BTreeMap::new();
    let mut bodies: HashMap<&str, &Callback> = HashMap::new();
    let mut ids: HashMap<(String, String, u64), &str> = HashMap::new();
    for callback in callbacks {
        let id = callback.header("webhook-id");
        let first = bodies.entry(id).or_insert(callback);
        assert_eq!(first.body, callback.body, "one webhook-id, two bodies");
        for (started_at, sequence, body) in outputs(callback) {
            let (user, session) = (name(&body, "userId"), name(&body, "sessionId"));
            let known = *ids.entry((user.clone(), session.clone(), sequence)).or_insert(id);
            assert_eq!(known, id, "output {sequence} of {user}/{session} came under two webhook-ids");
            let first = Told { started_at, ..Told::default() };
            let told = sessions.entry((user, session)).or_insert(first);
            assert_eq!(told.started_at, started_at, "its session began anew: {body}");
            told.hear(sequence, &body);
        }
    }
    sessions
}

/// The outputs in it, each with the start of its life and its place in that: one, or those of a batch.
fn outputs(callback: &Callback) -> Vec<(u64, u64, Value)> {
    let outputs = match callback.json() {
        Value::Array(outputs) => outputs,
        output => vec![output],
    };
    let [lives, sequences] = ["antiphon-started-at", "antiphon-sequence"].map(|name| {
        let numbers = callback.header(name).split(',').map(|text| text.parse().expect("it is a number"));
        let numbers: Vec<u64> = numbers.collect();
        assert_eq!(numbers.len(), outputs.len(), "one {name} for each output: {callback:?}");
        numbers
    });
    let numbered = lives.into_iter().zip(sequences).zip(outputs);
    numbered.map(|((life, sequence), output)| (life, sequence, output)).collect()
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
