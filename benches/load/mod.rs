//! What the benchmarks share: servers as processes of their own, the load, the webhook, and the bare relay that they are
//! compared with. Each benchmark uses what it needs of it.

pub mod generator;
pub mod relay;
pub mod server;
pub mod webhook;
pub mod wire;

use std::env;
use std::path::Path;
use std::time::Duration;

use antiphon::store::{Settings, Store, Writes};

/// How long each measurement is: `BENCH_SECONDS`, or so many.
pub fn span(seconds: u64) -> Duration {
    let wanted = env::var("BENCH_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(wanted.unwrap_or(seconds))
}

/// Sessions that are written with one commit.
const AT_ONCE: usize = 2_000;

/// Fills the store of a server that does not run with so many sessions; `write` writes what there is of one, by its number.
pub fn fill(state: &Path, sessions: usize, write: impl Fn(&mut Writes, usize)) {
    let settings = Settings {
        path: state.to_owned(),
        cache_bytes: 128 << 20,
        queue_max: 100,
        free_min_bytes: 0,
        free_min_percent: 0,
    };
    let store = Store::open(settings).expect("nobody else has it open");
    let numbers: Vec<usize> = (0..sessions).collect();
    for numbers in numbers.chunks(AT_ONCE) {
        let mut writes = Writes::new();
        numbers.iter().for_each(|number| write(&mut writes, *number));
        store.commit_blocking(writes).expect("there is room on the disk");
    }
    store.close();
}

/// Of sorted nanoseconds, in milliseconds.
pub fn percentile(sorted: &[u64], part: f64) -> f64 {
    let index = (sorted.len() as f64 * part) as usize;
    sorted.get(index).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
}
