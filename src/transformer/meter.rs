//! What one runtime shares with the run in it: the time and chance it may see, what it may still compute, and what it
//! asked for and logged. Plain cells, because QuickJS calls back into them while JavaScript runs.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use super::chance::Keyed;
use super::job::{Ask, Job, Level, Line, Request};
use crate::{model::Map, script::WORK_OF_A_STEP};

/// Questions of QuickJS that make a moment, about ten thousand loops and calls each: some milliseconds.
const MOMENT_STEPS: u64 = 16;
/// What a round of a built-in loop is taken to last. A list with holes is that slow; a loop over a length that is only
/// claimed (`{ length: 2 ** 53 }`) is not begun.
const ROUND_NS: u64 = 20;
/// Lines and characters a run may log: what a person looks through to find a fault.
const LINES_MAX: usize = 100;
const LINE_CHARS_MAX: usize = 1_000;

/// A document of XML may be as long as this share of a run's memory. What is made of it is several times its length, and the reader
/// has a copy that QuickJS does not count.
const DOCUMENT_SHARE: usize = 8;

/// How the text begins that tells of too many requests; a failure is told by it.
pub(super) const TOO_MANY: &str = "a run can make at most";

#[derive(Default)]
pub(super) struct Meter {
    /// Milliseconds since 1970, as the run is to see them.
    pub(super) now: Cell<u64>,
    /// The state of the generator of `Math.random`.
    pub(super) chance: Cell<u64>,
    keyed: RefCell<Keyed>,
    pace: Cell<Pace>,
    /// Work charged by built-in loops since the last whole step.
    owed: Cell<u64>,
    steps: Cell<u64>,
    /// Computed in the slices before this one.
    before: Cell<Duration>,
    began: Cell<Option<Instant>>,
    stopped: Cell<bool>,
    requests_max: Cell<usize>,
    /// Of the body of a request.
    bytes_max: Cell<usize>,
    /// Of a document of XML, in characters.
    document_max: Cell<usize>,
    /// The session's storage, if it was known before the run.
    storage: RefCell<Option<Map>>,
    outbox: RefCell<Outbox>,
}

/// How to answer when QuickJS asks whether to go on.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum Pace {
    /// On: our own work.
    #[default]
    Free,
    /// For a moment, counted in steps.
    Moment,
    /// Until the run has computed for this long.
    Until(Duration),
}

#[derive(Default)]
struct Outbox {
    asks: Vec<Ask>,
    requests: usize,
    refused: bool,
    lines: Vec<Line>,
}

impl Meter {
    /// A new run, whose pace is Free until its first slice.
    pub(super) fn begin(&self, job: &Job, memory_bytes: usize) {
        self.now.set(job.now);
        self.chance.set(job.seed.of_random());
        self.keyed.replace(Keyed::new(&job.seed));
        self.requests_max.set(job.bounds.requests_max);
        self.bytes_max.set(job.bounds.result_bytes_max);
        self.document_max.set(memory_bytes / DOCUMENT_SHARE);
        self.storage.replace(job.of.as_ref().and(job.storage.clone()));
        self.pace.set(Pace::Free);
        self.owed.set(0);
        self.steps.set(0);
        self.before.set(Duration::ZERO);
        self.began.set(None);
        self.stopped.set(false);
        self.outbox.take();
    }

    /// From here on JavaScript is the user's.
    pub(super) fn open(&self, pace: Pace) {
        self.pace.set(pace);
        self.began.set(match pace {
            Pace::Free | Pace::Moment => None,
            Pace::Until(_) => Some(Instant::now()),
        });
    }

    /// From here on it is ours.
    pub(super) fn close(&self) {
        self.before.set(self.computed());
        self.began.set(None);
        self.pace.set(Pace::Free);
    }

    fn computed(&self) -> Duration {
        self.before.get() + self.began.get().map_or(Duration::ZERO, |began| began.elapsed())
    }

    /// Whether the run was stopped.
    pub(super) fn stopped(&self) -> bool {
        self.stopped.get()
    }

    /// QuickJS asks, about every ten thousand loops and calls: is it to stop?
    pub(super) fn interrupt(&self) -> bool {
        self.take(1, Duration::ZERO)
    }

    /// A built-in loop is about to go around `work` times, without a question: is it to stop instead?
    pub(super) fn charge(&self, work: f64) -> bool {
        let work = work as u64;
        let owed = self.owed.get().saturating_add(work);
        self.owed.set(owed % WORK_OF_A_STEP);
        let steps = owed / WORK_OF_A_STEP;
        steps > 0 && self.take(steps, Duration::from_nanos(work.saturating_mul(ROUND_NS)))
    }

    fn take(&self, steps: u64, ahead: Duration) -> bool {
        self.steps.set(self.steps.get().saturating_add(steps));
        let stop = match self.pace.get() {
            Pace::Free => false,
            Pace::Moment => self.steps.get() > MOMENT_STEPS,
            Pace::Until(limit) => self.stopped.get() || self.computed().saturating_add(ahead) > limit,
        };
        self.stopped.set(self.stopped.get() || stop);
        stop
    }

    pub(super) fn document_max(&self) -> usize {
        self.document_max.get()
    }

    /// Bytes that can be a secret.
    pub(super) fn draw(&self, bytes: usize) -> Vec<u8> {
        self.keyed.borrow_mut().draw(bytes)
    }

    pub(super) fn storage(&self) -> Option<Map> {
        self.storage.borrow().clone()
    }

    /// Takes a request; or says why not.
    pub(super) fn request(&self, request: Request) -> Result<(), String> {
        let mut outbox = self.outbox.borrow_mut();
        let (length, most) = (request.body.as_ref().map_or(0, String::len), self.bytes_max.get());
        if length > most {
            return Err(format!("the body has {length} bytes, at most {most} are sent"));
        }
        if outbox.requests >= self.requests_max.get() {
            outbox.refused = true;
            return Err(format!("{TOO_MANY} {} requests", self.requests_max.get()));
        }
        outbox.requests += 1;
        outbox.asks.push(Ask::Request(request));
        Ok(())
    }

    pub(super) fn ask_storage(&self, user_id: String, session_id: String) {
        self.outbox.borrow_mut().asks.push(Ask::Storage { user_id, session_id });
    }

    pub(super) fn take_asks(&self) -> Vec<Ask> {
        std::mem::take(&mut self.outbox.borrow_mut().asks)
    }

    pub(super) fn requests(&self) -> usize {
        self.outbox.borrow().requests
    }

    /// Whether a request was refused because there were too many.
    pub(super) fn refused(&self) -> bool {
        self.outbox.borrow().refused
    }

    pub(super) fn log(&self, level: Level, text: &str) {
        let lines = &mut self.outbox.borrow_mut().lines;
        if lines.len() < LINES_MAX {
            lines.push(Line { level, text: text.chars().take(LINE_CHARS_MAX).collect() });
        } else if lines.len() == LINES_MAX {
            let text = format!("(the transformer logged more; the first {LINES_MAX} lines are kept)");
            lines.push(Line { level: Level::Warn, text });
        }
    }

    pub(super) fn take_lines(&self) -> Vec<Line> {
        std::mem::take(&mut self.outbox.borrow_mut().lines)
    }
}
