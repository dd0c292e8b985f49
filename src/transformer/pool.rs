//! The runtimes of one thread, ready for the next run. A runtime comes back only from a run that ended cleanly; one
//! that was stopped, ran out of memory or left something to compute is thrown away.

use super::{
    engine::Engine,
    job::{FailureKind, Job, Step},
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

    /// Runs until it is done, waits, or has computed for as long as its bounds allow.
    pub fn start(&mut self, job: &Job) -> Step {
        let (run, used) = self.begin(job, Pace::within(&job.bounds));
        let step = run.drive_on(self);
        if used && out_of_memory(&step) {
            return self.anew(job, Pace::within(&job.bounds)).drive_on(self);
        }
        step
    }

    /// The same, if that is done in a few milliseconds, counted in work, not by a clock. None: it needs longer; start it again
    /// elsewhere. Nothing was sent, and nothing of it is left.
    pub fn start_for_a_moment(&mut self, job: &Job) -> Option<Step> {
        let (run, used) = self.begin(job, Pace::Moment);
        let step = run.drive(self)?;
        if used && out_of_memory(&step) {
            return self.anew(job, Pace::Moment).drive(self);
        }
        Some(step)
    }

    /// And whether its runtime had a run before.
    fn begin(&mut self, job: &Job, pace: Pace) -> (Run, bool) {
        match self.idle.pop() {
            Some(engine) => {
                let used = engine.used;
                (Run::begin(engine, job, pace, self.memory_bytes(job)), used)
            }
            None => (self.anew(job, pace), false),
        }
    }

    /// In a new runtime: how much memory is left in another depends on what earlier runs left behind.
    fn anew(&self, job: &Job, pace: Pace) -> Run {
        Run::begin(Engine::new(), job, pace, self.memory_bytes(job))
    }

    fn memory_bytes(&self, job: &Job) -> usize {
        self.memory_bytes.min(job.bounds.memory_bytes)
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
