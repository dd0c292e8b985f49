//! What the benchmarks share: servers as processes of their own, the load, the webhook, and the bare relay that they are
//! compared with. Each benchmark uses what it needs of it.

pub mod generator;
pub mod relay;
pub mod server;
pub mod webhook;
pub mod wire;

/// Of sorted nanoseconds, in milliseconds.
pub fn percentile(sorted: &[u64], part: f64) -> f64 {
    let index = (sorted.len() as f64 * part) as usize;
    sorted.get(index).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
}
