//! A disk that a test makes slow: batches wait in front of it until the test lets them go.

use std::sync::{Condvar, Mutex, MutexGuard};

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

impl Hold {
    pub fn hold(&self) {
        self.lock().holds = true;
    }

    pub fn let_go(&self) {
        self.lock().holds = false;
        self.changed.notify_all();
    }

    /// Waits until a batch is held.
    pub fn wait(&self) {
        let free = |state: &mut State| !(state.holds && state.waits);
        drop(self.changed.wait_while(self.lock(), free).expect("nobody panics with this lock"));
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
