//! What a turn calls: evaluate an expression, execute a code step, within the turn's bounds.
//! Decides when a run is to be repeated from a known state, so that its result does not depend on what the
//! runtime went through before. Makes the runtime when the first script needs it, and anew after it ran out.

use std::rc::Rc;

use serde_json::Value;

use super::{
    engine::{Engine, Job, Run},
    gauge::{Gauge, Pace},
    path::{self, Answer},
    scope::Scope,
};
use crate::model::{Map, Script};

/// A place to run scripts in. One for each thread, for all its sessions.
pub struct Sandbox {
    memory_bytes: usize,
    gauge: Rc<Gauge>,
    engine: Option<Engine>,
}

/// What a code step did. What it said, logged and changed before a fault is kept.
#[derive(Debug, Default)]
pub struct Executed {
    pub said: Vec<(String, Map)>,
    pub logs: Vec<String>,
    pub fault: Option<Fault>,
}

/// Why a script did not come to its end, or its value could not be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("{0}")]
    Thrown(String),
    #[error(
        "the scripts of this turn used up their steps: look for a loop that does not end, or raise the limit"
    )]
    OutOfSteps,
    #[error(
        "the script used up its memory: look for a list or text that grows in a loop, or raise the limit"
    )]
    OutOfMemory,
    #[error("this cannot be kept as JSON: {0}")]
    NotJson(String),
}

impl Sandbox {
    /// `memory_bytes`: what JavaScript may hold at once, compiled scripts and handed objects included.
    pub fn new(memory_bytes: usize) -> Sandbox {
        Sandbox { memory_bytes, gauge: Rc::default(), engine: None }
    }

    /// A new turn: `at` is what `Date` says, in milliseconds since 1970; `seed` gives its chance; `steps`, of about
    /// ten thousand loops and calls each, are shared by all its scripts.
    pub fn begin(&mut self, at: u64, seed: u64, steps: u64) {
        self.gauge.at.set(at);
        self.gauge.chance.set(seed);
        self.gauge.steps.set(steps);
        if let Some(engine) = &mut self.engine {
            engine.forget();
        }
    }

    /// The value of an expression; undefined is null. It cannot change what it reads: that throws.
    pub fn evaluate(
        &mut self,
        script: &Script,
        scope: &Scope,
        locals: &[(String, Value)],
    ) -> Result<Value, Fault> {
        match path::answer(script, scope) {
            Answer::Value(value) => return Ok(value),
            Answer::Thrown(text) => return Err(Fault::Thrown(text)),
            Answer::Unknown => {}
        }
        let job = Job { script, scope, locals };
        let run = self.run(&|engine, pace| engine.evaluate(job, pace));
        run.fault.map_or(Ok(run.result), Err)
    }

    /// Runs a code step. `context` and `profile` are as the step left them, even if it ended in a fault; one that
    /// is no JSON any more keeps what it was.
    pub fn execute(&mut self, script: &Script, scope: &mut Scope, locals: &[(String, Value)]) -> Executed {
        let job = Job { script, scope, locals };
        let run = self.run(&|engine, pace| engine.execute(job, pace));
        for (index, map) in run.result {
            if scope.object(index) != &map {
                *scope.object_mut(index) = map;
            }
        }
        let outbox = self.gauge.take_outbox();
        Executed { said: outbox.said, logs: outbox.logs, fault: run.fault }
    }

    /// How much memory is left depends on what earlier scripts left behind: running out of it only counts in a
    /// new runtime. A runtime that ran out of something is not used again.
    fn run<T>(&mut self, run: &dyn Fn(&mut Engine, Pace) -> Run<T>) -> Run<T> {
        let used = self.engine.is_some();
        let before = (self.gauge.chance.get(), self.gauge.steps.get());
        let mut done = self.attempt(before, run);
        if used && done.fault == Some(Fault::OutOfMemory) {
            self.engine = None;
            done = self.attempt(before, run);
        }
        if matches!(done.fault, Some(Fault::OutOfMemory | Fault::OutOfSteps)) {
            self.engine = None;
        }
        done
    }

    /// QuickJS looks at the bounds every ten thousand loops and calls, wherever it is in that count. Most scripts
    /// end before it looks once and are free. One that does not is stopped there and run again, with the count at
    /// its beginning.
    fn attempt<T>(&mut self, before: (u64, u64), run: &dyn Fn(&mut Engine, Pace) -> Run<T>) -> Run<T> {
        let engine = self.engine.get_or_insert_with(|| Engine::new(self.memory_bytes, &self.gauge));
        let mut done = None;
        for pace in [Pace::Short, Pace::Counted] {
            self.gauge.chance.set(before.0);
            self.gauge.steps.set(before.1);
            self.gauge.take_outbox();
            let tried = run(engine, pace);
            let stopped = tried.fault == Some(Fault::OutOfSteps);
            done = Some(tried);
            if !stopped {
                break;
            }
        }
        done.expect("the first pace ran")
    }
}
