//! Conversation tests: a conversation played without a server, in virtual time, and held against what a file of `tests/`
//! says of it. The same test gives the same result, always: there is no clock, no network, no store and no chance.
//!
//! `read` makes tests from files, `stage` is the conversation, `door` what comes into it, `run` plays a test on it, `record` writes a test from what a
//! real session said.

mod answers;
mod compare;
mod door;
mod edges;
mod heard;
mod plan;
mod read;
mod record;
mod request;
mod run;
mod stage;
mod step;
mod talk;
#[cfg(test)]
mod tests;
mod write;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub use plan::Test;
pub use read::{Tests, read};
pub use record::{Recording, record};
pub use run::{Failure, Line, Mark};

use crate::project::Project;
use crate::script::Sandbox;

/// Runs all tests on so many threads. What became of each, in their order; none: it passed.
pub fn run_all(tests: &[&Test], project: &Project, threads: usize) -> Vec<Option<Failure>> {
    let next = AtomicUsize::new(0);
    let mut failures = vec![None; tests.len()];
    thread::scope(|scope| {
        let work = || work(tests, project, &next);
        let workers: Vec<_> = (0..threads.clamp(1, tests.len().max(1))).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            for (index, failure) in worker.join().expect("the panics of turns are caught") {
                failures[index] = Some(failure);
            }
        }
    });
    failures
}

/// One thread: takes the next test until there is none. Gives those that did not pass.
fn work(tests: &[&Test], project: &Project, next: &AtomicUsize) -> Vec<(usize, Failure)> {
    let memory_bytes = project.settings.limits.script_memory_bytes;
    let mut sandbox = Sandbox::new(memory_bytes);
    let mut failures = Vec::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(test) = tests.get(index) else { return failures };
        let result = catch_unwind(AssertUnwindSafe(|| run::run(test, project, &mut sandbox)));
        let result = result.unwrap_or_else(|_| {
            sandbox = Sandbox::new(memory_bytes);
            Err(panicked(test))
        });
        failures.extend(result.err().map(|failure| (index, failure)));
    }
}

fn panicked(test: &Test) -> Failure {
    let text = "a turn panicked: that is a mistake of Antiphon, not of the flow; please report it".to_owned();
    Failure { place: test.place.clone(), text, talk: Vec::new() }
}
