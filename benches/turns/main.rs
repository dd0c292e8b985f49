//! What a durable turn costs: Antiphon beside a bare relay that only parses, answers 202 and posts on. Same machine, same
//! run, same load generator and webhook, which live in this process; each server is a process of its own.
//!
//!     cargo bench --bench turns
//!
//! prints a table in Markdown. `BENCH_SECONDS` is the length of each measurement, 20 without it.

#[path = "../load/mod.rs"]
#[allow(dead_code)] // The other benchmarks use the rest.
mod load;
mod stored;

use std::env;
use std::time::{Duration, Instant};

use load::generator::Load;
use load::server::{Folder, Server};
use load::webhook::Webhook;
use load::{percentile, relay, span};

const SECONDS: u64 = 20;
/// Before anything is measured: connections, caches and the allocator settle.
const WARM_UP: Duration = Duration::from_secs(3);
const QUIET_SESSIONS: [usize; 2] = [1_000, 100_000];

fn main() {
    if let Some(webhook) = env::var_os(relay::WEBHOOK) {
        return relay::serve(&webhook.to_string_lossy());
    }
    let bench = Bench { webhook: Webhook::start(), span: span(SECONDS) };
    println!("| server | turns/s | load for the latency | POST to callback p50 | p99 | resident |");
    println!("|---|---|---|---|---|---|");
    let relay = bench.row("bare relay", &Server::relay(&bench.webhook.url()), None);
    let say = "- say: \"{{ input.text }}\"\n";
    let turns = bench.antiphon("antiphon, one `say`", say, Some(relay / 2.0));
    let code = format!("- code: \"context.n = (context.n ?? 0) + 1\"\n{say}");
    bench.antiphon("antiphon, `code` and `say`", &code, None);
    println!("\nantiphon does {:.2} of the relay's turns, each of them on the disk.\n", turns / relay);
    println!("| quiet sessions stored | process started to first 202 |\n|---|---|");
    for sessions in QUIET_SESSIONS {
        println!("| {sessions} | {:.0} ms |", stored::start_ms(sessions));
    }
}

struct Bench {
    webhook: Webhook,
    span: Duration,
}

impl Bench {
    fn antiphon(&self, name: &str, flow: &str, load: Option<f64>) -> f64 {
        let folder = Folder::new(&self.webhook.url(), flow);
        self.row(name, &Server::antiphon(&folder), load)
    }

    /// As many turns a second as the server can do; then the latency at half of them, and at another load if one is given
    /// that it can bear.
    fn row(&self, name: &str, server: &Server, load: Option<f64>) -> f64 {
        let turns = self.measure(server, None).turns;
        let bearable = load.filter(|load| *load < turns);
        for (load, kind) in [(Some(turns / 2.0), "half of its own"), (bearable, "half of the relay's")] {
            let Some(load) = load else { continue };
            let Measured { p50_ms, p99_ms, .. } = self.measure(server, Some(load));
            let resident = server.resident_mib();
            println!(
                "| {name} | {turns:.0} | {load:.0}/s, {kind} | {p50_ms:.1} ms | {p99_ms:.1} ms | {resident} MiB |"
            );
        }
        turns
    }

    fn measure(&self, server: &Server, posts_per_second: Option<f64>) -> Measured {
        let load = Load { address: server.address, path: server.path.clone(), posts_per_second };
        let running = load.start(self.webhook.origin, WARM_UP + self.span);
        std::thread::sleep(WARM_UP);
        self.webhook.take_latencies();
        let since = Instant::now();
        std::thread::sleep(self.span);
        let mut latencies = self.webhook.take_latencies();
        let turns = latencies.len() as f64 / since.elapsed().as_secs_f64();
        let posted = running.join().expect("the load generator does not panic");
        self.webhook.wait_for(posted);
        latencies.sort_unstable();
        Measured { turns, p50_ms: percentile(&latencies, 0.5), p99_ms: percentile(&latencies, 0.99) }
    }
}

struct Measured {
    turns: f64,
    p50_ms: f64,
    p99_ms: f64,
}
