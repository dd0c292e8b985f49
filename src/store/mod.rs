//! The store: the only code that knows sled. One tree, one thread that writes, one flush for all that waits.
//! It promises that what was answered is on the disk, whole, in the order it was committed, or the process has
//! ended. It never returns a damaged row as a value, and never reads more at a start than what is due.
//!
//! In reading order: `key` and `frame` say how a row is written; `writes` gathers what one commit does;
//! `client` and `queue` bring it to the `committer`; `read`, `deliveries` and `programs` read; `disk`, `sync` and `space` are the ground it stands on.

mod client;
mod committer;
mod deliveries;
mod disk;
mod error;
mod frame;
#[cfg(test)]
mod hold;
mod key;
mod programs;
mod queue;
mod read;
mod space;
mod sync;
#[cfg(test)]
mod tests;
mod writes;

use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use committer::Committer;
use disk::Disk;
use queue::{Answer, Queue};
use space::Space;

pub use client::Client;
pub use deliveries::{Page, Receipts};
pub use error::{Conflict, Damage, Error, Refused, Version};
pub use key::{Place, Row, day_of};
#[cfg(test)]
pub use read::rows_read;
pub use writes::Writes;

/// The exit code when the store fails, or an actor whose mailbox would swallow work: software error, as sysexits.h has it.
/// A supervisor starts the process again.
pub const EXIT_BROKEN: i32 = 70;

#[derive(Clone, Debug)]
pub struct Settings {
    pub path: PathBuf,
    /// sled's page cache; the process needs about 150 MB on top.
    pub cache_bytes: u64,
    /// Commits that may wait for the committer.
    pub queue_max: usize,
    /// Less free disk than either of these, and nothing is accepted any more.
    pub free_min_bytes: u64,
    pub free_min_percent: u8,
}

/// A handle; all clones are the same store. When the last one goes, the store closes.
#[derive(Clone)]
pub struct Store {
    open: Arc<Open>,
}

struct Open {
    disk: Arc<Disk>,
    queue: Arc<Queue>,
    committer: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens the folder or makes it, and proves that what is flushed reaches the disk.
    pub fn open(settings: Settings) -> Result<Store, Error> {
        let on_broken = || std::process::exit(EXIT_BROKEN);
        let disk = Disk::open(&settings.path, settings.cache_bytes, on_broken)?;
        Ok(Store::on(disk, settings))
    }

    fn on(disk: Disk, settings: Settings) -> Store {
        let disk = Arc::new(disk);
        let queue = Arc::new(Queue::new(settings.queue_max));
        let space = Space {
            path: settings.path,
            free_min_bytes: settings.free_min_bytes,
            free_min_percent: settings.free_min_percent,
        };
        let committer = Committer::start(disk.clone(), queue.clone(), space);
        Store { open: Arc::new(Open { disk, queue, committer: Mutex::new(Some(committer)) }) }
    }

    /// For the arbiter it is called on; its answers come back there.
    pub fn client(&self) -> Client {
        Client::new(self.open.queue.clone())
    }

    /// For start-up and tests: blocks this thread until the writes are flushed.
    pub fn commit_blocking(&self, writes: Writes) -> Result<(), Error> {
        let (answer, outcome) = sync_channel(1);
        self.open.queue.push(writes, Answer::Caller(answer))?;
        let ended = |_| Error::Broken { reason: "the committer has ended".into() };
        Ok(outcome.recv().map_err(ended)??)
    }

    /// Bytes of chance that this store alone has, the same after every start. What is derived with them nobody else can tell.
    pub fn secret(&self) -> &[u8] {
        &self.open.disk.secret
    }

    /// Whether new work may be taken in; costs next to nothing.
    pub fn accepting(&self) -> Result<(), Refused> {
        self.open.queue.accepting()
    }

    /// Refuses new work, commits what waits, flushes, and returns when that is done.
    pub fn close(&self) {
        self.open.close();
    }

    /// So many of the next commits of all clients are refused, as if the line were full.
    #[cfg(test)]
    pub fn refuse_next(&self, count: usize) {
        self.open.queue.refuses.store(count, std::sync::atomic::Ordering::Relaxed);
    }

    /// What is on its way to the disk.
    #[cfg(test)]
    pub fn flushes(&self) -> &Arc<hold::Hold> {
        &self.open.disk.hold
    }

    fn disk(&self) -> &Disk {
        &self.open.disk
    }

    fn queue(&self) -> &Queue {
        &self.open.queue
    }
}

impl Open {
    fn close(&self) {
        self.queue.close();
        let committer =
            self.committer.lock().expect("no thread panics while it waits for the committer").take();
        if let Some(committer) = committer {
            committer.join().expect("the committer catches its panics");
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close();
    }
}
