//! What a callback costs, and what a webhook that hangs costs others. Callbacks lie in the store when the server starts, and
//! the time is that from the first to the last one taken. Beside it the bare relay of the same run: it parses a post,
//! answers 202 and posts on, with nothing kept.
//!
//!     cargo bench --bench deliveries
//!
//! prints tables in Markdown. `BENCH_SECONDS` is the length of each measurement under load, 10 without it.

#[path = "../load/mod.rs"]
#[allow(dead_code)] // The other benchmarks use the rest.
mod load;
mod owed;
mod sinks;

use std::env;
use std::thread;
use std::time::{Duration, Instant};

use load::generator::Load;
use load::server::{Folder, Server, cpu_seconds, token};
use load::webhook::Webhook;
use load::{percentile, relay, span};
use sinks::Sinks;

const SECONDS: u64 = 10;
const WARM_UP: Duration = Duration::from_secs(2);
const CALLBACKS: usize = 100_000;
const HOSTS: usize = 50;
const ECHO: &str = "- say: \"{{ input.text }}\"\n";
/// Posts a second in the measurement of what a webhook that hangs costs others.
const FAIR_RATE: f64 = 1_000.0;

fn main() {
    if let Some(webhook) = env::var_os(relay::WEBHOOK) {
        return relay::serve(&webhook.to_string_lossy());
    }
    let span = span(SECONDS);
    println!("| what | callbacks/s | of the relay's turns | CPU per callback |");
    println!("|---|---|---|---|");
    let relayed = relayed(span);
    println!("| bare relay, one host | {relayed:.0} | 1.00 | |");
    for (hosts, batch) in [(1, 1), (HOSTS, 1), (1, 50), (HOSTS, 50)] {
        let (rate, micros) = drained(hosts, batch);
        let how = if batch == 1 { "single".to_owned() } else { format!("batches of {batch}") };
        println!("| {how}, hosts: {hosts} | {rate:.0} | {:.2} | {micros:.0} µs |", rate / relayed);
    }
    println!("\n| {FAIR_RATE:.0} posts/s at one endpoint | POST to callback p50 | p99 |");
    println!("|---|---|---|");
    let alone = beside(false, span);
    let hanging = beside(true, span);
    println!(
        "\nBeside a webhook that hangs the 99th percentile is {:.2} of what it is alone.",
        hanging / alone
    );
}

/// Turns a second of the relay.
fn relayed(span: Duration) -> f64 {
    let webhook = Webhook::start();
    let server = Server::relay(&webhook.url());
    measured(&server, &webhook, server.path.clone(), None, span).len() as f64 / span.as_secs_f64()
}

/// Callbacks a second, and microseconds of computing for each.
fn drained(hosts: usize, batch: usize) -> (f64, f64) {
    let sinks = Sinks::start(hosts);
    let rules = format!("concurrency: 64, batch: {{ max: {batch}, lingerMs: 5 }}");
    let endpoints: Vec<(String, String)> = sinks
        .urls()
        .enumerate()
        .map(|(host, url)| (format!("host-{host}"), format!("url: \"{url}\", {rules}")))
        .collect();
    let folder = Folder::with(&endpoints, ECHO);
    owed::fill(&folder.state(), hosts, CALLBACKS);
    let server = Server::antiphon(&folder);
    let took = sinks.wait_for(CALLBACKS);
    (CALLBACKS as f64 / took.as_secs_f64(), cpu_seconds(&server) * 1e6 / CALLBACKS as f64)
}

/// The 99th percentile of one endpoint in milliseconds, alone or beside one whose webhook hangs and that is posted to as often.
fn beside(hanging: bool, span: Duration) -> f64 {
    let webhook = Webhook::start();
    let stuck = Sinks::hanging();
    let stuck_url = stuck.urls().next().expect("there is one");
    let endpoints = [
        ("shop".to_owned(), format!("url: \"{}\"", webhook.url())),
        ("stuck".to_owned(), format!("url: \"{stuck_url}\"")),
    ];
    let folder = Folder::with(&endpoints, ECHO);
    let server = Server::antiphon(&folder);
    let path = |endpoint: &str| format!("/{}", token(endpoint));
    let other = hanging.then(|| {
        let load = Load { address: server.address, path: path("stuck"), posts_per_second: Some(FAIR_RATE) };
        load.start(webhook.origin, WARM_UP + span)
    });
    let mut latencies = measured(&server, &webhook, path("shop"), Some(FAIR_RATE), span);
    if let Some(other) = other {
        other.join().expect("the load generator does not panic");
    }
    latencies.sort_unstable();
    let (p50, p99) = (percentile(&latencies, 0.5), percentile(&latencies, 0.99));
    let what = if hanging { "beside one that hangs" } else { "alone" };
    println!("| {what} | {p50:.1} ms | {p99:.1} ms |");
    p99
}

/// How long each callback of a time under load was under way, in nanoseconds.
fn measured(server: &Server, webhook: &Webhook, path: String, rate: Option<f64>, span: Duration) -> Vec<u64> {
    let load = Load { address: server.address, path, posts_per_second: rate };
    let running = load.start(webhook.origin, WARM_UP + span);
    thread::sleep(WARM_UP);
    webhook.take_latencies();
    let until = Instant::now() + span;
    thread::sleep(until.saturating_duration_since(Instant::now()));
    let latencies = webhook.take_latencies();
    let posted = running.join().expect("the load generator does not panic");
    webhook.wait_for(posted);
    latencies
}
