//! The line of writes between the threads that want something committed and the one thread that commits.
//! First in, first out; bounded; closed once. It wakes the committer only when that sleeps.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::SyncSender;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::error::{Conflict, Refused};
use super::writes::Writes;

/// Deferred writes that no other commit takes along go after this time.
const LINGER: Duration = Duration::from_millis(20);
/// Groups of this size and more are gathered, for this time at the most.
const BUSY: usize = 4;
const GATHER: Duration = Duration::from_millis(1);
/// How long the committer sleeps at most: it looks at the free space of the disk in between.
const IDLE: Duration = Duration::from_secs(1);

pub(super) type Outcome = Result<(), Conflict>;

#[derive(Debug)]
pub(super) struct Queue {
    line: Mutex<Line>,
    ready: Condvar,
    max: usize,
    /// Of the line, for looks without the lock: writes that somebody waits for, and the end.
    waiting: AtomicUsize,
    closing: AtomicBool,
    disk_full: AtomicBool,
    /// How many of the next commits of clients are refused, as if the line were full.
    #[cfg(test)]
    pub(super) refuses: AtomicUsize,
}

/// A place in the line: what is put there is not refused any more, and the line does not end before it.
#[derive(Debug)]
pub(super) struct Room<'a> {
    queue: &'a Queue,
    used: bool,
}

#[derive(Debug, Default)]
struct Line {
    entries: Vec<Entry>,
    /// Entries that somebody waits for.
    waiting: usize,
    /// Places that are promised and not used yet.
    reserved: usize,
    closing: bool,
    /// The committer sleeps and nobody woke it yet.
    asleep: bool,
    /// Of the last group, entries that somebody waited for.
    last: usize,
    /// The committer sleeps until so many entries wait; 0 if it does not.
    wanted: usize,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub writes: Writes,
    pub answer: Answer,
}

/// Who hears about it after the flush.
#[derive(Debug)]
pub(super) enum Answer {
    Nobody,
    Client { id: usize, to: UnboundedSender<Vec<Outcome>> },
    Caller(SyncSender<Outcome>),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Group,
    Nothing,
    Closed,
}

impl Queue {
    pub(super) fn new(max: usize) -> Queue {
        Queue {
            line: Mutex::default(),
            ready: Condvar::new(),
            max,
            waiting: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            disk_full: AtomicBool::new(false),
            #[cfg(test)]
            refuses: AtomicUsize::new(0),
        }
    }

    /// Adds writes that somebody waits for.
    pub(super) fn push(&self, writes: Writes, answer: Answer) -> Result<(), Refused> {
        self.room()?.put(writes, answer);
        Ok(())
    }

    /// For one who has to know before that the writes will be taken. To be used at once: the end waits for it.
    pub(super) fn room(&self) -> Result<Room<'_>, Refused> {
        let mut line = self.lock();
        if line.closing {
            return Err(Refused::Closing);
        }
        if line.waiting + line.reserved >= self.max {
            return Err(Refused::Overloaded);
        }
        line.reserved += 1;
        Ok(Room { queue: self, used: false })
    }

    /// Adds writes that nobody waits for. They keep their place in the line; those next to each other become one.
    pub(super) fn defer(&self, writes: Writes) {
        let mut line = self.lock();
        match line.entries.last_mut() {
            // Expectations hold or fail for a whole entry, so only writes without any become one.
            Some(Entry { writes: last, answer: Answer::Nobody })
                if last.expected.is_empty() && writes.expected.is_empty() =>
            {
                last.merge(writes);
            }
            Some(_) => line.entries.push(Entry { writes, answer: Answer::Nobody }),
            None => {
                line.entries.push(Entry { writes, answer: Answer::Nobody });
                self.wake(line);
            }
        }
    }

    /// Moves all that waits into `group`, which is empty; sleeps until there is something.
    pub(super) fn take(&self, group: &mut Vec<Entry>) -> Taken {
        let mut line = self.gather(self.lock());
        while line.waiting == 0 && !line.is_over() {
            let deferred = !line.entries.is_empty();
            line.asleep = true;
            let (woken, slept) = self
                .ready
                .wait_timeout(line, if deferred { LINGER } else { IDLE })
                .expect("no thread panics while it holds the line");
            line = woken;
            line.asleep = false;
            if deferred {
                break;
            }
            if slept.timed_out() && line.entries.is_empty() {
                return Taken::Nothing;
            }
        }
        line.last = line.waiting;
        line.waiting = 0;
        self.waiting.store(0, Relaxed);
        mem::swap(&mut line.entries, group);
        if group.is_empty() { Taken::Closed } else { Taken::Group }
    }

    /// Under load a flush costs more than the writes in it, so they are given a moment to gather: until twice as many
    /// wait as came with the last group. Those that write a few at a time never wait.
    fn gather<'a>(&self, mut line: MutexGuard<'a, Line>) -> MutexGuard<'a, Line> {
        line.wanted = 2 * line.last;
        if line.last < BUSY || line.waiting >= line.wanted || line.closing {
            line.wanted = 0;
            return line;
        }
        let few = |line: &mut Line| line.waiting < line.wanted && !line.closing;
        let gathered = self.ready.wait_timeout_while(line, GATHER, few);
        let (mut line, _) = gathered.expect("no thread panics while it holds the line");
        line.wanted = 0;
        line
    }

    /// From now on nothing is taken in; what waits can still be taken out.
    pub(super) fn close(&self) {
        let mut line = self.lock();
        line.closing = true;
        self.closing.store(true, Relaxed);
        self.wake(line);
    }

    pub(super) fn set_disk_full(&self, full: bool) {
        self.disk_full.store(full, Relaxed);
    }

    pub(super) fn accepting(&self) -> Result<(), Refused> {
        if self.closing.load(Relaxed) {
            return Err(Refused::Closing);
        }
        if self.disk_full.load(Relaxed) {
            return Err(Refused::DiskFull);
        }
        if self.waiting.load(Relaxed) >= self.max {
            return Err(Refused::Overloaded);
        }
        Ok(())
    }

    /// A wake-up is a system call: only for a sleeper, and only once.
    fn wake(&self, mut line: MutexGuard<'_, Line>) {
        if mem::take(&mut line.asleep) {
            drop(line);
            self.ready.notify_one();
        }
    }

    #[cfg(test)]
    pub(super) fn refuses_next(&self) -> bool {
        self.refuses.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().expect("no thread panics while it holds the line")
    }
}

impl Room<'_> {
    pub(super) fn put(mut self, writes: Writes, answer: Answer) {
        self.used = true;
        let queue = self.queue;
        let mut line = queue.lock();
        line.reserved -= 1;
        line.entries.push(Entry { writes, answer });
        line.waiting += 1;
        queue.waiting.store(line.waiting, Relaxed);
        if line.waiting == line.wanted {
            queue.ready.notify_one();
        }
        queue.wake(line);
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        if !self.used {
            let mut line = self.queue.lock();
            line.reserved -= 1;
            self.queue.wake(line);
        }
    }
}

impl Line {
    /// Nothing comes any more.
    fn is_over(&self) -> bool {
        self.closing && self.reserved == 0
    }
}
