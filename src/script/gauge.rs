//! What one runtime shares with the turn that uses it: the time and chance it may see, the steps it may use, and
//! what it says and logs. Plain cells, because QuickJS calls back into them while a script runs.

use std::cell::{Cell, RefCell};

use super::value::RESULT_BYTES_MAX;
use crate::model::Map;

/// Outputs of one code step. Nobody reads that many at once: it is a loop that went wrong.
const SAID_MAX: usize = 100;
/// Lines and characters a code step may log: what a person looks through to find a fault.
const LOGS_MAX: usize = 100;
const LOG_CHARS_MAX: usize = 1_000;

/// Loops and calls between two questions of QuickJS; as many rounds of a built-in loop cost a step too.
pub const WORK_OF_A_STEP: u64 = 10_000;

#[derive(Default)]
pub(super) struct Gauge {
    /// Milliseconds since 1970.
    pub(super) at: Cell<u64>,
    /// The state of the generator; one number for the whole turn.
    pub(super) chance: Cell<u64>,
    /// What the turn may still use.
    pub(super) steps: Cell<u64>,
    pace: Cell<Pace>,
    /// Work charged by built-in loops since the last whole step.
    owed: Cell<u64>,
    stopped: Cell<bool>,
    outbox: RefCell<Outbox>,
}

/// How the engine answers when QuickJS asks whether to go on.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum Pace {
    /// On: our own work, whose length is that of the values.
    #[default]
    Free,
    /// Stop at the first question.
    Short,
    /// On, for as long as the turn has steps; each question costs one.
    Counted,
}

#[derive(Default)]
pub(super) struct Outbox {
    pub(super) said: Vec<(String, Map)>,
    pub(super) logs: Vec<String>,
    said_bytes: usize,
}

impl Gauge {
    pub(super) fn set_pace(&self, pace: Pace) {
        self.pace.set(pace);
        self.owed.set(0);
        self.stopped.set(false);
    }

    /// Whether a script was stopped since the pace was set.
    pub(super) fn stopped(&self) -> bool {
        self.stopped.get()
    }

    /// QuickJS asks, about every ten thousand loops and calls: is it to stop?
    pub(super) fn interrupt(&self) -> bool {
        self.take_steps(1)
    }

    /// A built-in loop is about to go around `work` times: is it to stop instead?
    pub(super) fn charge(&self, work: f64) -> bool {
        let owed = self.owed.get().saturating_add(work as u64);
        self.owed.set(owed % WORK_OF_A_STEP);
        let steps = owed / WORK_OF_A_STEP;
        steps > 0 && self.take_steps(steps)
    }

    fn take_steps(&self, steps: u64) -> bool {
        let stop = match self.pace.get() {
            Pace::Free => false,
            Pace::Short => true,
            Pace::Counted => {
                let enough = self.steps.get() >= steps;
                self.steps.set(self.steps.get().saturating_sub(steps));
                !enough
            }
        };
        self.stopped.set(self.stopped.get() || stop);
        stop
    }

    /// Takes an output of the code step; gives back why not, or nothing.
    pub(super) fn say(&self, text: String, data: Option<String>) -> String {
        let mut outbox = self.outbox.borrow_mut();
        if outbox.said.len() >= SAID_MAX {
            return format!("say: a code step has at most {SAID_MAX} outputs");
        }
        let bytes = outbox.said_bytes + text.len() + data.as_ref().map_or(0, String::len);
        if bytes > RESULT_BYTES_MAX {
            return format!("say: the outputs of a code step have at most {RESULT_BYTES_MAX} bytes");
        }
        let Some(data) = object(data) else { return "say: data is nested too deeply".to_owned() };
        outbox.said_bytes = bytes;
        outbox.said.push((text, data));
        String::new()
    }

    pub(super) fn log(&self, line: &str) {
        let logs = &mut self.outbox.borrow_mut().logs;
        if logs.len() < LOGS_MAX {
            logs.push(line.chars().take(LOG_CHARS_MAX).collect());
        } else if logs.len() == LOGS_MAX {
            logs.push(format!("(the code step logged more; the first {LOGS_MAX} lines are kept)"));
        }
    }

    pub(super) fn take_outbox(&self) -> Outbox {
        self.outbox.take()
    }
}

/// The object that JavaScript wrote as JSON; none given is an empty one.
fn object(json: Option<String>) -> Option<Map> {
    let Some(json) = json else { return Some(Map::new()) };
    match super::value::parse(&json, RESULT_BYTES_MAX) {
        Ok(serde_json::Value::Object(members)) => Some(members),
        _ => None,
    }
}
