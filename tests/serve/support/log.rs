//! What the server writes to standard error, kept as it comes and over all its starts.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use super::PATIENCE;

#[derive(Default)]
pub struct Log {
    text: Mutex<String>,
    grown: Condvar,
}

impl Log {
    /// The thread ends when all that was written is kept.
    pub fn follow(self: &Arc<Log>, stderr: impl Read + Send + 'static) -> JoinHandle<()> {
        let (log, mut stderr) = (self.clone(), BufReader::new(stderr));
        thread::spawn(move || {
            let mut line = Vec::new();
            while stderr.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                log.lock().push_str(&String::from_utf8_lossy(&line));
                log.grown.notify_all();
                line.clear();
            }
        })
    }

    pub fn text(&self) -> String {
        self.lock().clone()
    }

    pub fn wait_for(&self, text: &str) {
        let lacks = |log: &mut String| !log.contains(text);
        let waited = self.grown.wait_timeout_while(self.lock(), PATIENCE, lacks);
        // The lock is free again before anything panics: whoever panics shows the log.
        let timed_out = waited.expect("nobody panics with this lock").1.timed_out();
        assert!(!timed_out, "\"{text}\" never was in the log:\n{}", self.text());
    }

    fn lock(&self) -> MutexGuard<'_, String> {
        self.text.lock().expect("nobody panics with this lock")
    }
}
