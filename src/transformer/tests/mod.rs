//! What transformers can do, what is told of what they do wrong, and that nothing they do is seen by another.
//! Each test has its own pool; none looks at a clock.

mod bounds;
mod forms;
mod globals;
mod hostile;
#[cfg(target_os = "linux")]
mod memory;
mod results;
mod runs;
mod xml;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::model::Map;

/// 2026-11-24T02:37:07.123Z
const NOW: u64 = 1_795_487_827_123;
const MEMORY_BYTES: usize = 16 << 20;

fn bounds() -> Bounds {
    Bounds { computing_ms: 2_000, requests_max: 5, memory_bytes: MEMORY_BYTES, result_bytes_max: 1 << 20 }
}

fn pool() -> Pool {
    Pool::new(MEMORY_BYTES)
}

fn file(name: &str, text: &str) -> Arc<Transformer> {
    match Transformer::new(name, text) {
        Ok(made) => Arc::new(made),
        Err(mistakes) => panic!("{mistakes:?} in {text}"),
    }
}

fn map(value: Value) -> Map {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

/// A job as an HTTP request starts it.
fn job(transformer: &Arc<Transformer>, hook: Hook) -> Job {
    let arguments = json!({
        "endpoint": { "name": "shop", "settings": { "secret": "s3cret" } },
        "request": {
            "method": "POST",
            "headers": { "content-type": "application/json", "x-signature": "abc" },
            "query": { "a": "1" },
            "body": { "userId": "ann", "sessionId": "s1", "text": "héllo 😀" },
            "rawBody": "\u{fffd}{}",
            "originalUrl": "/token?a=1",
            "ip": "10.0.0.1"
        },
        "output": { "text": "hi" },
        "processedOutput": { "text": "hi" },
        "userId": "ann",
        "sessionId": "s1"
    });
    Job {
        transformer: transformer.clone(),
        hook,
        arguments: map(arguments),
        raw_body: Some(b"\xfc{}".as_slice().into()),
        now: NOW,
        seed: Seed::of(7, ""),
        bounds: bounds(),
        of: None,
        storage: None,
    }
}

/// A file whose handleInput has this body.
fn input(body: &str) -> Job {
    let text =
        format!("export const handleInput = async ({{ endpoint, request, response }}) => {{\n{body}\n}};");
    job(&file("shop.js", &text), Hook::Input)
}

fn start(pool: &mut Pool, job: &Job) -> Step {
    pool.start(job)
}

fn done(step: Step) -> Done {
    match step {
        Step::Done(done) => done,
        Step::Waits(waiting) => panic!("it waits for {:?}", waiting.asks()),
    }
}

fn waits(step: Step) -> Waiting {
    match step {
        Step::Waits(waiting) => waiting,
        Step::Done(done) => panic!("it is done: {done:?}"),
    }
}

/// What the body of a handleInput gives back.
fn value(body: &str) -> Value {
    done(start(&mut pool(), &input(body))).result.unwrap_or_else(|failure| panic!("{body}: {failure:?}"))
}

fn failure(body: &str) -> Failure {
    done(start(&mut pool(), &input(body))).result.expect_err(body)
}

fn answered(status: u16, text: &str) -> Answer {
    Answer::Answered { status, headers: BTreeMap::new(), text: text.to_owned() }
}
