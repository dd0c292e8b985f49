//! What the dispatch actor reads from the store: the places of what is due soon, and what lies at a place when its time
//! has come. A row that cannot be read is set aside, so that its session goes on.

use actix::{AsyncContext, Context};

use super::actor::{Dispatch, Started};
use crate::clock;
use crate::model::{Awaited, Owed, Wait};
use crate::store::{Damage, Error, Place, Writes};

/// So far ahead is read, milliseconds; what is due later stays on the disk.
const AHEAD_MS: u64 = 60_000;
/// Places read at once, and places on the agenda past which no more are read: some MiB.
const PAGE_MAX: usize = 10_000;
const HELD_MAX: usize = 100_000;
/// Until the next look when there was more than could be read.
const READ_ON_MS: u64 = 100;

impl Dispatch {
    /// What is read may not be flushed yet: it comes onto the agenda when it is.
    pub(super) fn read_on(&mut self, ctx: &mut Context<Self>, now: u64) {
        self.read_again_at = now + READ_ON_MS;
        if self.held() >= HELD_MAX {
            return;
        }
        let until = now + AHEAD_MS;
        let mut places = match self.store.due(self.read_to.as_ref(), until, PAGE_MAX) {
            Ok(places) => places,
            Err(error) => return tracing::error!(%error, "sessions wait: what is due cannot be read"),
        };
        let more = places.len() == PAGE_MAX;
        self.read_to = match places.last() {
            Some(last) if more => Some(*last),
            _ => Some(Place::first_at(until)),
        };
        if !more {
            self.read_again_at = now + AHEAD_MS / 2;
        }
        places.retain(|place| place.session.shard(self.shard.1) == self.shard.0);
        let me = ctx.address();
        self.commits.barrier(move || me.do_send(Started(places)));
    }

    /// What lies at a place; none if it was called off.
    pub(super) fn read(&self, place: &Place) -> Result<Option<Owed>, Error> {
        match self.store.owed(place) {
            Err(Error::Damaged(damage)) => self.set_aside(place, &damage),
            read => read,
        }
    }

    /// The row is kept for a person to look at. The session is told only that its wait is over: then it begins anew where it
    /// cannot go on. This is so rare that the arbiter may wait for the disk.
    fn set_aside(&self, place: &Place, damage: &Damage) -> Result<Option<Owed>, Error> {
        tracing::error!(session = %place.session, "{damage}");
        let session = match self.store.session(&place.session) {
            Ok(session) => session,
            // Its actor sets that aside too.
            Err(Error::Damaged(_)) => None,
            Err(error) => return Err(error),
        };
        let id = session.map(|session| session.id);
        let mut writes = Writes::new();
        writes.quarantine(&damage.quarantined(&place.session, id.as_ref(), clock::now()));
        writes.forget_wait(place);
        let wait = Wait { id: place.wait, due_at: place.due_at, what: Awaited::Time };
        let owed = id.map(|id| Owed { id, started_at: place.started_at, wait, tries: 0 });
        owed.iter().for_each(|owed| writes.owe(owed));
        self.store.commit_blocking(writes)?;
        Ok(owed)
    }
}
