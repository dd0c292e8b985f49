//! What the tests over real sockets stand on: the built binary as a child process, a webhook whose answers a test
//! chooses, and users who talk. Nothing here waits by the clock: it waits for what must happen, and after a minute
//! without it panics with all it knows.

mod chance;
mod engine;
mod log;
mod order;
mod project;
mod receiver;
mod session;
mod store;
mod wire;

use std::fmt::Debug;
use std::time::{Duration, Instant};

pub use chance::Chance;
pub use engine::{Engine, antiphon};
pub use order::told;
pub use project::{Project, retries, to};
pub use receiver::{Callback, Receiver, Reply, texts};
pub use session::Session;
pub use store::{change_row, leave_work, quiet, session_id, store, tear_row};
pub use wire::{Answer, Connection, JSON};

/// A debug build on a busy machine does anything that these tests wait for in a fraction of it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks until it is so: what is written or counted comes a moment after what a test can wait for. What was seen then.
pub fn seen_when<T: Debug>(look: impl Fn() -> T, is_so: impl Fn(&T) -> bool) -> T {
    let since = Instant::now();
    loop {
        let seen = look();
        if is_so(&seen) {
            return seen;
        }
        assert!(since.elapsed() < PATIENCE, "it never was so: {seen:#?}");
    }
}
