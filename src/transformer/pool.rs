//! The runtimes of one thread, ready for the next run. A runtime comes back only from a run that ended cleanly; one
//! that was stopped, ran out of memory or left something to compute is thrown away.

use super::{
    engine::Engine,
    job::{AtMost, FailureKind, Job, Step},
    meter::Pace,
    run::Run,
};

/// Runtimes kept while no run has them, below a MiB each. More are in use only while runs wait for answers.
const IDLE_MAX: usize = 4;

pub struct Pool {
    idle: Vec<Engine>,
    memory_bytes: usize,
}

impl Pool {
    /// `memory_bytes`: what JavaScript may hold at once in any run, compiled files included.
    pub fn new(memory_bytes: usize) -> Pool {
        Pool { idle: Vec::new(), memory_bytes }
    }

    /// Runs until it is done, waits, or has computed for as long as `at_most` allows. None: it needs longer than
    /// a moment; start it again elsewhere, with `AtMost::Bounds`. Nothing was sent, and nothing of it is left.
    pub fn start(&mut self, job: &Job, at_most: AtMost) -> Option<Step> {
        let engine = self.idle.pop().unwrap_or_else(Engine::new);
        let used = engine.used;
        let step = self.run(engine, job, at_most)?;
        if used && out_of_memory(&step) {
            // How much is left depends on what earlier runs left behind: only in a new runtime it counts.
            return self.run(Engine::new(), job, at_most);
        }
        Some(step)
    }

    fn run(&mut self, engine: Engine, job: &Job, at_most: AtMost) -> Option<Step> {
        let memory_bytes = self.memory_bytes.min(job.bounds.memory_bytes);
        let run = Run::begin(engine, job, Pace::of(at_most, &job.bounds), memory_bytes);
        run.drive(self)
    }

    pub(super) fn put(&mut self, engine: Engine) {
        if self.idle.len() < IDLE_MAX {
            self.idle.push(engine);
        }
    }
}

fn out_of_memory(step: &Step) -> bool {
    match step {
        Step::Done(done) => {
            done.result.as_ref().err().is_some_and(|failure| failure.kind == FailureKind::OutOfMemory)
        }
        Step::Waits(_) => false,
    }
}
