//! Runs on the thread that asks for them. A panic in one ends that run, not the thread, and takes the runtimes with it,
//! because nobody knows what state they are in.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::lately::Lately;
use crate::transformer::{Answer, Done, Failure, FailureKind, Job, Line, Pool, Step, Waiting};

/// The runtimes of one thread.
pub struct Runner {
    pool: Pool,
    memory_bytes: usize,
}

/// What the run comes to, if it ends in a moment and asks for nothing. Else nothing has happened: it is to start anew in a
/// lane. The runtimes are those of this thread. Not tried at all if such runs lately needed more.
pub fn at_once(job: &Job) -> Option<Done> {
    thread_local!(static HERE: RefCell<Option<(Runner, Lately)>> = const { RefCell::new(None) });
    HERE.with_borrow_mut(|here| {
        let new = || (Runner::new(job.bounds.memory_bytes), Lately::default());
        let (runner, lately) = here.get_or_insert_with(new);
        if !lately.tries(job) {
            return None;
        }
        let done = runner.in_a_moment(job);
        if done.is_some() {
            lately.was_done(job)
        } else {
            lately.needed_more(job)
        }
        done
    })
}

impl Runner {
    pub fn new(memory_bytes: usize) -> Runner {
        Runner { pool: Pool::new(memory_bytes), memory_bytes }
    }

    pub fn start(&mut self, job: &Job) -> Step {
        self.fit(job);
        match catch_unwind(AssertUnwindSafe(|| self.pool.start(job))) {
            Ok(step) => step,
            Err(_) => self.panicked(),
        }
    }

    /// None: it needs longer, or asks for something.
    fn in_a_moment(&mut self, job: &Job) -> Option<Done> {
        self.fit(job);
        let step = match catch_unwind(AssertUnwindSafe(|| self.pool.start_for_a_moment(job))) {
            Ok(step) => step?,
            Err(_) => self.panicked(),
        };
        match step {
            Step::Done(done) => Some(done),
            Step::Waits(waiting) => {
                drop(self.leave(waiting));
                None
            }
        }
    }

    /// The setting may be another one since.
    fn fit(&mut self, job: &Job) {
        if self.memory_bytes != job.bounds.memory_bytes {
            *self = Runner::new(job.bounds.memory_bytes);
        }
    }

    pub fn go_on(&mut self, waiting: Waiting, answers: Vec<Answer>) -> Step {
        match catch_unwind(AssertUnwindSafe(|| waiting.go_on(answers, &mut self.pool))) {
            Ok(step) => step,
            Err(_) => self.panicked(),
        }
    }

    /// Ends a run that nobody goes on with, and gives what it wrote.
    pub fn leave(&mut self, waiting: Waiting) -> Vec<Line> {
        catch_unwind(AssertUnwindSafe(|| waiting.drop_run(&mut self.pool))).unwrap_or_else(|_| {
            *self = Runner::new(self.memory_bytes);
            Vec::new()
        })
    }

    fn panicked(&mut self) -> Step {
        *self = Runner::new(self.memory_bytes);
        let text =
            "the run panicked: that is a mistake of Antiphon, not of the transformer; please report it";
        Step::Done(failed(FailureKind::Thrown, text))
    }
}

/// A run that came to nothing else.
pub(super) fn failed(kind: FailureKind, text: impl Into<String>) -> Done {
    let failure = Failure { text: text.into(), line: None, kind };
    Done { result: Err(failure), response: None, storage: None, lines: Vec::new(), requests: 0 }
}
