//! A disk that a test makes slow: batches wait in front of it until the test lets them go.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// For a batch to come. No test waits that long unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub struct Hold {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    holds: bool,
    /// A batch stands in front of the disk.
    waits: bool,
}

/// Lets all go when it is dropped, also by a test that fails.
pub struct Held(Arc<Hold>);

impl Hold {
    pub fn hold(self: &Arc<Hold>) -> Held {
        self.lock().holds = true;
        Held(self.clone())
    }

    /// A batch on its way to the disk.
    pub(super) fn pass(&self) {
        let mut state = self.lock();
        state.waits = true;
        self.changed.notify_all();
        let held = |state: &mut State| state.holds;
        state = self.changed.wait_while(state, held).expect("nobody panics with this lock");
        state.waits = false;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with this lock")
    }
}

impl Held {
    /// Waits until a batch is held.
    pub fn wait(&self) {
        let free = |state: &mut State| !state.waits;
        let waited = self.0.changed.wait_timeout_while(self.0.lock(), PATIENCE, free);
        assert!(!waited.expect("nobody panics with this lock").1.timed_out(), "no batch came");
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.lock().holds = false;
        self.0.changed.notify_all();
    }
}
