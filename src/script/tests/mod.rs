//! What scripts give, what they cannot reach, and that nothing they do is seen by another.
//! Each test has its own sandbox; none looks at a clock.

mod code;
mod expressions;
mod hostile;
mod sameness;

use serde_json::{Value, json};

use super::{Executed, Fault, Sandbox, Scope};
use crate::model::{Map, Place, Script, ScriptKind};

/// 2026-11-24T02:37:07.123Z
const AT: u64 = 1_795_487_827_123;
const SEED: u64 = 7;
const STEPS: u64 = 50;
const MEMORY_BYTES: usize = 8 << 20;

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new(MEMORY_BYTES);
    sandbox.begin(AT, SEED, STEPS);
    sandbox
}

fn expression(source: &str) -> Script {
    Script::new(ScriptKind::Expression, source, &[], Place::default())
}

fn code(source: &str) -> Script {
    Script::new(ScriptKind::Code, source, &[], Place::default())
}

fn map(value: Value) -> Map {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

fn scope() -> Scope {
    let input = map(json!({ "text": "héllo 😀", "data": { "list": [1, 2, 3], "none": null } }));
    let session = map(json!({ "sessionId": "s1" }));
    let endpoint = map(json!({ "name": "shop" }));
    let context = map(json!({ "n": 1, "order": { "id": "42", "total": 1.5 } }));
    let profile = map(json!({ "email": "a@example.org" }));
    Scope::new(input, session, endpoint, context, profile)
}

fn value(source: &str) -> Value {
    result(source).unwrap_or_else(|fault| panic!("{source}: {fault}"))
}

fn result(source: &str) -> Result<Value, Fault> {
    sandbox().evaluate(&expression(source), &scope(), &[])
}

fn thrown(source: &str) -> String {
    match result(source) {
        Err(Fault::Thrown(text)) => text,
        other => panic!("{source} gave {other:?}"),
    }
}

/// Runs a code step over `scope()`; gives what it did and the context it left.
fn run(source: &str) -> (Executed, Value) {
    let mut scope = scope();
    let done = sandbox().execute(&code(source), &mut scope, &[]);
    (done, Value::Object(scope.into_memory().0))
}
