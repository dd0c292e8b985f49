//! What the delivery actor reads from the store: the callbacks of earlier runs, and those that did not fit into memory.
//! A row that cannot be read is set aside, so that the callbacks around it go on.

use actix::Context;

use super::actor::Delivery;
use super::lane::{FRESH_MAX, Lane, Stage};
use crate::clock;
use crate::model::SessionKey;
use crate::store::{Damage, Error, Writes};

impl Delivery {
    /// One lane for each session that has callbacks in the store.
    pub(super) fn recover(&mut self, ctx: &mut Context<Self>) -> Result<(), Error> {
        for (key, last) in self.store.sessions_with_callbacks(self.shard, self.shards)? {
            let mut lane = Lane::stored(last);
            match self.refill(&key, &mut lane).and_then(|()| self.take_up_attempts(&key, &mut lane)) {
                Ok(()) => self.put(ctx, key, lane),
                Err(error) => self.hold(key, lane, &error),
            }
        }
        Ok(())
    }

    /// Only the first callback of a session can have been tried before.
    fn take_up_attempts(&self, key: &SessionKey, lane: &mut Lane) -> Result<(), Error> {
        let Some((started_at, callback)) = lane.first() else { return Ok(()) };
        lane.attempts = match self.store.attempts(key, *started_at, callback.sequence) {
            Err(Error::Damaged(damage)) => {
                self.set_aside(key, damage, Writes::forget_attempts)?;
                None
            }
            read => read?,
        };
        if let Some(attempts) = &lane.attempts {
            lane.stage = Stage::Waiting(attempts.next_at);
        }
        Ok(())
    }

    /// A row that cannot be read is set aside; the callbacks around it go on.
    pub(super) fn refill(&self, key: &SessionKey, lane: &mut Lane) -> Result<(), Error> {
        let Some(after) = lane.wants() else { return Ok(()) };
        loop {
            match self.store.callbacks(key, after, FRESH_MAX) {
                Err(Error::Damaged(damage)) => self.set_aside(key, damage, forget_callback)?,
                read => {
                    lane.refill(read?);
                    return Ok(());
                }
            }
        }
    }

    /// Kept for a person to look at, and removed. This is so rare that the arbiter may wait for the disk.
    fn set_aside(
        &self,
        key: &SessionKey,
        damage: Box<Damage>,
        remove: fn(&mut Writes, &SessionKey, u64, u64),
    ) -> Result<(), Error> {
        let Some((started_at, sequence)) = damage.place else { return Err(Error::Damaged(damage)) };
        tracing::error!(session = %key, "{damage}");
        let mut writes = Writes::new();
        writes.quarantine(&damage.quarantined(key, None, clock::now()));
        remove(&mut writes, key, started_at, sequence);
        self.store.commit_blocking(writes)
    }

    /// The store cannot be read: what is owed stays where it is until the next start.
    pub(super) fn hold(&mut self, key: SessionKey, mut lane: Lane, error: &Error) {
        tracing::error!(session = %key, %error, "callbacks wait for the next start: they cannot be read");
        lane.stage = Stage::Held;
        self.lanes.insert(key, lane);
    }
}

/// With the attempts at it: nothing would lead to them any more.
fn forget_callback(writes: &mut Writes, key: &SessionKey, started_at: u64, sequence: u64) {
    writes.delivered(key, started_at, sequence);
    writes.forget_attempts(key, started_at, sequence);
}
