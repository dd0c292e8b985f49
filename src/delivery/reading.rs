//! What the delivery actor reads from the store: the callbacks of earlier runs, and those that did not fit into memory.
//! A row that cannot be read is set aside, so that the callbacks around it go on.

use std::collections::{HashMap, HashSet};

use actix::Context;

use super::actor::Delivery;
use super::lane::{FRESH_MAX, Lane, Stage, Wants};
use super::parcel::Parcel;
use crate::clock;
use crate::model::{Attempts, Batch, Callback, Number, SessionKey};
use crate::store::{Damage, Error, Writes};

/// Dead letters that were owed again before a batch of their session ended: a person asked for each of them.
const AGAIN_MAX: usize = 10_000;

/// The batches of earlier runs, as far as they are about one shard.
#[derive(Default)]
struct Batches {
    /// Those this shard sends, by their first callbacks.
    ours: Vec<(Number, Batch)>,
    /// The first and the last callback of each session of this shard that is in a batch of any shard.
    packed: HashMap<SessionKey, (Number, Number)>,
    /// The first callback of every batch: attempts at it are those at the batch.
    first: HashSet<Number>,
}

impl Delivery {
    /// One lane for each session that has callbacks in the store, one parcel for each batch.
    pub(super) fn recover(&mut self, ctx: &mut Context<Self>) -> Result<(), Error> {
        let batches = self.batches()?;
        self.owed = self.store.count_callbacks(self.shard, self.shards)?;
        for (key, last) in self.store.sessions_with_callbacks(self.shard, self.shards)? {
            match self.recovered(&key, last, &batches) {
                Ok(lane) => self.put(ctx, key, lane),
                Err(error) => {
                    self.lanes.insert(key, Lane::stored(last, []));
                    self.hold(key, &error);
                }
            }
        }
        for (first, batch) in batches.ours {
            if let Err(error) = self.recover_batch(ctx, &first, &batch) {
                tracing::error!(session = %first.session, %error, "a batch waits for the next start: it cannot be read");
            }
        }
        Ok(())
    }

    fn recovered(&self, key: &SessionKey, last: Number, batches: &Batches) -> Result<Lane, Error> {
        let mut tried = self.store.tried(key)?;
        tried.retain(|number| !batches.first.contains(number));
        let lane = Lane::stored(last, tried);
        let Some((first, last)) = batches.packed.get(key) else { return Ok(lane) };
        let mut before = Vec::new();
        let mut after = None;
        while let Some((number, _)) = self.store.callbacks(key, after.as_ref(), 1)?.pop() {
            if number >= *first || before.len() == AGAIN_MAX {
                break;
            }
            before.push(number);
            after = Some(number);
        }
        Ok(lane.packed(*last, before, Stage::Elsewhere))
    }

    fn batches(&self) -> Result<Batches, Error> {
        let mut found = Batches::default();
        for (first, batch) in self.store.batches()? {
            let batch = match batch {
                Err(Error::Damaged(damage)) if first.session.shard(self.shards) == self.shard => {
                    self.set_aside(&first, &damage, Writes::forget_batch)?;
                    continue;
                }
                Err(Error::Damaged(_)) => continue,
                read => read?,
            };
            found.first.insert(first);
            for number in &batch.members {
                if number.session.shard(self.shards) == self.shard {
                    found.packed.entry(number.session).or_insert((*number, *number)).1 = *number;
                }
            }
            if first.session.shard(self.shards) == self.shard {
                found.ours.push((first, batch));
            }
        }
        Ok(found)
    }

    /// A batch goes again as it was; a member that cannot be read is set aside, and the rest is another batch.
    fn recover_batch(&mut self, ctx: &mut Context<Self>, first: &Number, batch: &Batch) -> Result<(), Error> {
        let mut members: Vec<(Number, Callback)> = Vec::new();
        for number in &batch.members {
            members.extend(self.read_callback(number)?.map(|callback| (*number, callback)));
        }
        if members.is_empty() {
            let mut writes = Writes::new();
            writes.forget_batch(first);
            writes.forget_attempts(first);
            self.commits.defer(writes);
            return Ok(());
        }
        let whole = members.len() == batch.members.len();
        let parcel = if whole {
            Parcel::stored(members, batch, self.read_attempts(first)?)
        } else {
            let mut writes = Writes::new();
            writes.forget_batch(first);
            writes.forget_attempts(first);
            self.store.commit_blocking(writes)?;
            Parcel::batch(members)
        };
        let (sessions, stage) = (parcel.sessions(), parcel.stage);
        let id = self.add(parcel);
        for (key, _) in sessions {
            if let Some(lane) = self.lanes.get_mut(&key) {
                lane.stage = Stage::Packed(id);
            }
        }
        self.file(ctx, id, stage);
        Ok(())
    }

    pub(super) fn read_attempts(&self, number: &Number) -> Result<Option<Attempts>, Error> {
        match self.store.attempts(number) {
            Err(Error::Damaged(damage)) => {
                self.set_aside(number, &damage, Writes::forget_attempts)?;
                Ok(None)
            }
            read => read,
        }
    }

    pub(super) fn read_callback(&self, number: &Number) -> Result<Option<Callback>, Error> {
        match self.store.callback(number) {
            Err(Error::Damaged(damage)) => {
                self.set_aside(number, &damage, forget_callback)?;
                Ok(None)
            }
            read => read,
        }
    }

    /// A row that cannot be read is set aside; the callbacks around it go on.
    pub(super) fn refill(&self, key: &SessionKey, lane: &mut Lane) -> Result<(), Error> {
        loop {
            match lane.wants() {
                Wants::Nothing => return Ok(()),
                Wants::Again(number) => lane.refill_again(number, self.read_callback(&number)?),
                Wants::After(after) => match self.store.callbacks(key, after.as_ref(), FRESH_MAX) {
                    Err(Error::Damaged(damage)) => {
                        let Some((started_at, sequence)) = damage.place else {
                            return Err(Error::Damaged(damage));
                        };
                        let number = Number { session: *key, started_at, sequence };
                        self.set_aside(&number, &damage, forget_callback)?;
                    }
                    read => lane.refill(read?),
                },
            }
        }
    }

    /// Kept for a person to look at, and removed. This is so rare that the arbiter may wait for the disk.
    fn set_aside(
        &self,
        number: &Number,
        damage: &Damage,
        remove: fn(&mut Writes, &Number),
    ) -> Result<(), Error> {
        tracing::error!(session = %number.session, "{damage}");
        let mut writes = Writes::new();
        writes.quarantine(&damage.quarantined(&number.session, None, clock::now()));
        remove(&mut writes, number);
        self.store.commit_blocking(writes)
    }

    /// The store cannot be read: what is owed stays where it is until the next start.
    pub(super) fn hold(&mut self, key: SessionKey, error: &Error) {
        tracing::error!(session = %key, %error, "callbacks wait for the next start: they cannot be read");
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.stage = Stage::Held;
        }
    }
}

/// With the attempts at it: nothing would lead to them any more.
fn forget_callback(writes: &mut Writes, number: &Number) {
    writes.delivered(number);
    writes.forget_attempts(number);
}
