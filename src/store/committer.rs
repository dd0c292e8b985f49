//! The one thread that writes. It takes all that waits, makes one batch of it, flushes it once, and only then
//! answers. What queued up during a flush is the next group; under load it is given a moment to grow.

use std::collections::HashMap;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use sled::{Batch, IVec};
use tokio::sync::mpsc::UnboundedSender;

use super::disk::{self, Disk};
use super::error::{Conflict, Error};
use super::frame::{self, Framed, Head};
use super::key;
use super::queue::{Answer, Entry, Outcome, Queue, Taken};
use super::space::Space;
use super::writes::{Change, Writes};
use crate::clock;

/// The free space is looked at this often, and not at each group.
const LOOK_EVERY_MS: u64 = 1000;

pub(super) struct Committer {
    disk: Arc<Disk>,
    queue: Arc<Queue>,
    space: Space,
    full: bool,
    looked_at: u64,
}

impl Committer {
    /// Works until the queue is closed and empty. Any failure of the disk ends the process.
    pub(super) fn start(disk: Arc<Disk>, queue: Arc<Queue>, space: Space) -> JoinHandle<()> {
        let mut committer = Committer { disk, queue, space, full: false, looked_at: 0 };
        committer.look_at_space(clock::now());
        thread::Builder::new()
            .name("committer".into())
            .spawn(|| committer.run())
            .expect("a process that has just begun may start a thread")
    }

    fn run(mut self) {
        let ended = catch_unwind(AssertUnwindSafe(|| self.work()));
        if let Err(panic) = &ended {
            self.disk.broken(disk::text_of(&**panic));
        }
        // Only tests come here with a broken disk: whoever waits hears that there will be no answer.
        self.queue.close();
        self.queue.take(&mut Vec::new());
    }

    fn work(&mut self) -> Result<(), Error> {
        let mut group = Vec::new();
        loop {
            match self.queue.take(&mut group) {
                Taken::Group => {
                    let outcomes = commit(&self.disk, &mut group)?;
                    answer(&mut group, outcomes);
                }
                Taken::Nothing => {}
                Taken::Closed => return self.disk.flush(),
            }
            self.look_at_space(clock::now());
        }
    }

    fn look_at_space(&mut self, now: u64) {
        if now.abs_diff(self.looked_at) < LOOK_EVERY_MS {
            return;
        }
        self.looked_at = now;
        let full = self.space.is_full();
        if full != mem::replace(&mut self.full, full) {
            self.queue.set_disk_full(full);
            self.space.tell(full);
        }
    }
}

/// All entries in one batch, except those whose expectations do not hold.
pub(super) fn commit(disk: &Disk, entries: &mut [Entry]) -> Result<Vec<Outcome>, Error> {
    let mut group = Group { disk, batch: Batch::default(), heads: HashMap::new(), empty: true };
    let mut outcomes = Vec::with_capacity(entries.len());
    for entry in entries {
        outcomes.push(group.add(mem::take(&mut entry.writes))?);
    }
    if !group.empty {
        disk.commit(group.batch)?;
    }
    Ok(outcomes)
}

/// A batch in the making, and what it will have changed.
struct Group<'a> {
    disk: &'a Disk,
    batch: Batch,
    /// Rows as they will be after the batch; those not here are as the tree has them.
    heads: HashMap<IVec, Option<Head>>,
    empty: bool,
}

impl Group<'_> {
    fn add(&mut self, writes: Writes) -> Result<Outcome, Error> {
        for (key, expected) in &writes.expected {
            let session = key::session(key);
            let head = self.head(&session)?;
            self.heads.insert(session, head);
            let found = head.and_then(|head| head.version);
            if found != *expected {
                return Ok(Err(Conflict { key: *key, expected: *expected, found }));
            }
        }
        for change in writes.changes {
            self.empty = false;
            match change {
                Change::Put { key, value, replaces } => self.put(key, value, replaces)?,
                Change::Remove { key } => self.remove(key)?,
            }
        }
        Ok(Ok(()))
    }

    fn put(&mut self, key: IVec, value: Framed, replaces: bool) -> Result<(), Error> {
        let chunks = value.chunks.len() as u16;
        if replaces {
            self.remove_chunks(&key, chunks)?;
        }
        for (number, chunk) in (1..).zip(value.chunks) {
            self.batch.insert(key::chunk(&key, number), chunk);
        }
        // A short row that replaces none leaves nothing behind when it goes: no need to remember it.
        if replaces || chunks > 0 {
            self.heads.insert(key.clone(), frame::head(&key, &value.first));
        }
        self.batch.insert(key, value.first);
        Ok(())
    }

    fn remove(&mut self, key: IVec) -> Result<(), Error> {
        self.remove_chunks(&key, 0)?;
        self.batch.remove(&key);
        self.heads.insert(key, None);
        Ok(())
    }

    /// The chunks of the row as it was, past those that the new value will overwrite.
    fn remove_chunks(&mut self, key: &IVec, kept: u16) -> Result<(), Error> {
        let had = self.head(key)?.map_or(0, |head| head.chunks);
        for number in kept + 1..=had {
            self.batch.remove(key::chunk(key, number));
        }
        Ok(())
    }

    fn head(&self, key: &IVec) -> Result<Option<Head>, Error> {
        if let Some(head) = self.heads.get(key) {
            return Ok(*head);
        }
        Ok(self.disk.get(key)?.and_then(|first| frame::head(key, &first)))
    }
}

/// One message for each client, with its outcomes in the order it committed.
fn answer(group: &mut Vec<Entry>, outcomes: Vec<Outcome>) {
    let mut clients: Vec<(usize, UnboundedSender<Vec<Outcome>>, Vec<Outcome>)> = Vec::new();
    for (entry, outcome) in group.drain(..).zip(outcomes) {
        match entry.answer {
            Answer::Nobody => {}
            // Who does not wait any more needs no answer.
            Answer::Caller(to) => drop(to.send(outcome)),
            Answer::Client { id, to } => match clients.iter_mut().find(|client| client.0 == id) {
                Some(client) => client.2.push(outcome),
                None => clients.push((id, to, vec![outcome])),
            },
        }
    }
    for (_, to, outcomes) in clients {
        drop(to.send(outcomes));
    }
}
