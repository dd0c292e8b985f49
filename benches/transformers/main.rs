//! What a transformer costs: `cargo bench --bench transformers`.
//!
//! An identity handleInput and an identity handleOutput are to cost at most 60 µs of a processor together, in a runtime from the
//! pool and with arguments of about 1 KB. Figures are the quickest of several rounds, because everything else on the machine
//! only adds to them. Prints a table in Markdown.

#[path = "../rounds/mod.rs"]
mod rounds;

use std::sync::Arc;
use std::time::Duration;

use antiphon::model::Map;
use antiphon::transformer::{Answer, Bounds, Hook, Job, Pool, Seed, Step, Transformer};
use rounds::measure;
use serde_json::{Value, json};

const RUNS: u32 = 2_000;
const NOW: u64 = 1_795_000_000_000;
const MEMORY_BYTES: usize = 64 << 20;

const IDENTITY: &str = "export default createWebhookTransformer({
    handleInput: async ({ endpoint, request, response }) => request.body,
    handleOutput: async ({ output, processedOutput }) => processedOutput,
});";

const SIGNED: &str = "export const handleInput = async ({ endpoint, request, response }) => {
    const expected = crypto.createHmac('sha256', endpoint.settings.secret).update(request.rawBody).digest('hex');
    const given = request.get('x-signature') ?? '';
    if (given.length !== expected.length || !crypto.timingSafeEqual(Buffer.from(given), Buffer.from(expected))) {
        response.sendStatus(401);
        return null;
    }
    return request.body;
};";

const STORED: &str = "export const handleInput = async ({ request }) => {
    const storage = await getSessionStorage(request.body.userId, request.body.sessionId);
    storage.count = (storage.count ?? 0) + 1;
    return request.body;
};";

fn main() {
    println!("| what | µs |\n|---|---:|");
    let input = identity(Hook::Input);
    let output = identity(Hook::Output);
    row("identity handleInput and handleOutput, together (aim: under 60)", input + output);
    row("identity handleInput", input);
    row("identity handleOutput", output);
    row("handleInput that checks a signature", measure_job(&job(SIGNED, Hook::Input)));
    row("handleInput that changes the session storage", measure_job(&job(STORED, Hook::Input)));
    row("a new runtime and its first run", first_run());
    row(
        "checking a file of 10 lines, evaluation included",
        measure(20, || drop(Transformer::new("a.js", SIGNED))),
    );
    println!("\n| what | KiB |\n|---|---:|");
    println!("| memory of a runtime that waits | {} |", runtime_bytes() >> 10);
}

fn identity(hook: Hook) -> Duration {
    measure_job(&job(IDENTITY, hook))
}

fn measure_job(job: &Job) -> Duration {
    let mut pool = Pool::new(MEMORY_BYTES);
    measure(RUNS, || run(&mut pool, job))
}

fn first_run() -> Duration {
    let job = job(IDENTITY, Hook::Input);
    measure(20, || run(&mut Pool::new(MEMORY_BYTES), &job))
}

fn run(pool: &mut Pool, job: &Job) {
    match pool.start_for_a_moment(job).expect("it is short") {
        Step::Done(done) => drop(done.result.expect("it gives its argument back")),
        Step::Waits(waiting) => drop(waiting.go_on(vec![Answer::Storage(Map::new())], pool)),
    }
}

/// Runs that wait own a runtime each: what the process grows by.
fn runtime_bytes() -> usize {
    let job = job(STORED, Hook::Input);
    let pool = &mut Pool::new(MEMORY_BYTES);
    let before = resident();
    let waiting: Vec<_> = (0..100).map(|_| pool.start_for_a_moment(&job)).collect();
    let grown = resident() - before;
    grown / waiting.len()
}

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or_default() * 4096
}

fn job(source: &str, hook: Hook) -> Job {
    let transformer = Transformer::new("bench.js", source).expect("it has no mistakes");
    let Value::Object(arguments) = arguments() else { unreachable!("it is an object") };
    let bounds = Bounds {
        computing_ms: 5_000,
        requests_max: 5,
        memory_bytes: MEMORY_BYTES,
        result_bytes_max: 1 << 20,
    };
    Job {
        transformer: Arc::new(transformer),
        hook,
        arguments,
        raw_body: Some(b"{}".as_slice().into()),
        now: NOW,
        seed: Seed::of(7, ""),
        bounds,
        of: None,
        storage: None,
    }
}

fn arguments() -> Value {
    let body = json!({ "userId": "ann", "sessionId": "s-1", "text": "where is my order?", "data": { "page": "/orders", "tags": ["a", "b"] } });
    let output = json!({ "text": "It is on its way.", "data": { "buttons": [{ "title": "Thanks", "payload": "thanks" }, { "title": "When?", "payload": "when" }] } });
    json!({
        "endpoint": { "name": "shop", "URLToken": "0123456789abcdef", "channel": "webhook", "active": true, "settings": { "secret": "s3cret" } },
        "request": {
            "method": "POST",
            "headers": {
                "content-type": "application/json", "user-agent": "shop/1.0", "accept": "*/*", "host": "bot.example.com",
                "x-signature": "4e2d4e5b2d4b3a2f4e2d4e5b2d4b3a2f4e2d4e5b2d4b3a2f4e2d4e5b2d4b3a2f"
            },
            "query": {},
            "rawBody": body.to_string(),
            "body": body,
            "originalUrl": "/0123456789abcdef",
            "ip": "10.0.0.1"
        },
        "output": output,
        "processedOutput": output,
        "userId": "ann",
        "sessionId": "s-1"
    })
}

fn row(name: &str, cost: Duration) {
    println!("| {name} | {:.1} |", cost.as_secs_f64() * 1e6);
}
