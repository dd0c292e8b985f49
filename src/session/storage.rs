//! What the transformers of sessions remember. It is written with the commit of whatever changed it, and forgotten when
//! it was not used for as long as a session is kept.
//!
//! Runs of one session before the flow may be under way beside each other, and beside one behind it: they are not made to wait,
//! as each would then wait for the requests of all before it, within its own bound. Each finds what was decided last, and
//! what it leaves is merged by members of the top level: those it changed are taken whole, all others as they are then.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use actix::Message;
use tokio::sync::oneshot;

use super::actor::SessionActor;
use super::ahead::{self, Ahead};
use super::engine::Engine;
use super::post::{Idempotency, Refusal};
use super::shard::Shard;
use crate::clock;
use crate::edge::{Change, Recall, Recalled};
use crate::model::{Map, NAME_CHARS_MAX, Seen, SessionId, SessionKey, Stored, Told, Within, is_name};
use crate::store::{Error, Writes};

/// Rows that one sweep looks at: well under a millisecond, so that nobody waits for it.
const SWEPT_AT_ONCE: usize = 100;

/// Asks for the storage of a session. What is told is flushed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Recollect {
    pub id: SessionId,
    pub reply: oneshot::Sender<Recalled>,
}

/// What a run leaves that no input came of: in the storage of a session, and what its caller is told, for when the request
/// comes again. Answered when that is flushed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Remember {
    pub endpoint: String,
    pub changed: Option<(SessionId, Change)>,
    pub once: Option<(Idempotency, Told)>,
    pub reply: oneshot::Sender<Result<(), Refusal>>,
}

#[derive(Default)]
pub(super) struct Storages {
    ahead: Ahead<SessionKey>,
    /// The last one that was swept.
    swept: Cell<Option<SessionKey>>,
}

impl Engine {
    /// How runs at this endpoint ask for the storage of a session.
    pub fn recall(self: &Arc<Engine>, endpoint: &str) -> Recall {
        let (engine, endpoint) = (self.clone(), endpoint.to_owned());
        Arc::new(move |user_id, session_id| {
            let (reply, recalled) = oneshot::channel();
            let (user_id, session_id) = (user_id.to_owned(), session_id.to_owned());
            let id = SessionId { endpoint: endpoint.clone(), user_id, session_id };
            match engine.shard_of(&id.key()) {
                Some(shard) if is_name(&id.user_id) && is_name(&id.session_id) => {
                    // Not taken: the reply is dropped, which tells as much.
                    let _ = shard.switchboard.try_send(Recollect { id, reply });
                }
                Some(_) => {
                    let text = format!("a userId and a sessionId have 1 to {NAME_CHARS_MAX} characters");
                    let _ = reply.send(Err(text));
                }
                None => {}
            }
            recalled
        })
    }
}

impl Shard {
    /// As decided last; empty if there is none. Using it keeps it: its time is renewed when a quarter of it is over.
    pub(super) fn storage(&self, key: &SessionKey, now: u64, expire_ms: u64) -> Result<Map, Error> {
        if let Some(values) = self.storages.ahead.get(key) {
            return Ok(values);
        }
        let Some(stored) = self.store().storage(key)?.filter(|stored| now < stored.expires_at) else {
            return Ok(Map::new());
        };
        if stored.expires_at.saturating_sub(now) < expire_ms / 4 * 3 {
            let mut writes = Writes::new();
            writes.storage(key, &Stored { expires_at: now.saturating_add(expire_ms), ..stored.clone() });
            self.commits.defer(writes);
        }
        Ok(stored.values)
    }

    /// Writes the change over what the storage is now, and gives what that comes to.
    pub(super) fn write_storage(
        &self,
        writes: &mut Writes,
        key: &SessionKey,
        change: &Change,
        expire_ms: u64,
    ) -> Map {
        let now = clock::now();
        let before = self.storage(key, now, expire_ms).unwrap_or_default();
        let values = ahead::merge(&change.found, &change.left, before);
        if values.is_empty() {
            writes.forget_storage(key);
        } else {
            writes
                .storage(key, &Stored { expires_at: now.saturating_add(expire_ms), values: values.clone() });
        }
        values
    }

    /// The commit that holds it was taken.
    pub(super) fn storage_decided(&self, key: &SessionKey, storage: Option<Map>) {
        if let Some(values) = storage {
            self.storages.ahead.decided(*key, values);
        }
    }

    /// Flushed or dropped.
    pub(super) fn end_of_storage(&self, key: &SessionKey, changed: bool) {
        if changed {
            self.storages.ahead.ended(key);
        }
    }

    pub(super) fn recollect(&self, Recollect { id, reply }: Recollect) {
        let storage = self.storage(&id.key(), clock::now(), self.expire_ms(&id));
        let recalled = storage.map_err(|error| {
            tracing::error!(session = %id.key(), %error, "the storage of a session cannot be read");
            "the session storage cannot be read; the log of the server tells more".to_owned()
        });
        // Whoever asked may have gone away.
        self.commits.barrier(move || drop(reply.send(recalled)));
    }

    pub(super) fn remember(self: &Rc<Shard>, Remember { endpoint, changed, once, reply }: Remember) {
        let mut writes = Writes::new();
        let stored = changed.map(|(id, change)| {
            let key = id.key();
            (key, self.write_storage(&mut writes, &key, &change, self.expire_ms(&id)))
        });
        let known = once.map(|(Idempotency { key, fingerprint, known }, told)| {
            let seen = Seen { fingerprint, told, at: clock::now() };
            writes.seen(&Within::Endpoint(endpoint.clone()), &key, &seen);
            known
        });
        let (shard, changed) = (self.clone(), stored.as_ref().map(|(key, _)| *key));
        let sent = self.commits.commit(writes, move |flushed| {
            drop(known);
            changed.iter().for_each(|key| shard.end_of_storage(key, true));
            // Whoever asked may have gone away.
            let _ = reply.send(flushed.map_err(|_| Refusal::Overloaded));
        });
        match sent {
            Ok(()) => stored.into_iter().for_each(|(key, values)| self.storage_decided(&key, Some(values))),
            Err(refused) => tracing::warn!(endpoint, %refused, "what a transformer left was not written"),
        }
    }

    fn expire_ms(&self, id: &SessionId) -> u64 {
        self.engine.endpoint(&id.endpoint).map_or(u64::MAX, |endpoint| endpoint.session.expire_ms)
    }

    /// Forgets some of those whose time is over, where the last sweep ended.
    pub(super) fn sweep_storages(&self, now: u64) {
        let after = self.storages.swept.take();
        let read = match self.store().storages((self.index, self.count), after.as_ref(), SWEPT_AT_ONCE) {
            Ok(read) => read,
            Err(error) => return tracing::warn!(%error, "old storages of sessions were not removed"),
        };
        self.storages.swept.set(read.last().filter(|_| read.len() == SWEPT_AT_ONCE).map(|(key, _)| *key));
        let mut writes = Writes::new();
        let mut any = false;
        for (key, stored) in read {
            let over = matches!(stored, Ok(Some(stored)) if stored.expires_at <= now);
            // One that is changed just now is written behind this.
            if over && self.storages.ahead.get(&key).is_none() {
                writes.forget_storage(&key);
                any = true;
            }
        }
        if any {
            self.commits.defer(writes);
        }
    }
}

impl SessionActor {
    /// Writes what transformers changed; what the storage is then, if they changed anything.
    pub(super) fn write_storage(&self, writes: &mut Writes, change: Option<Change>) -> Option<Map> {
        let expire_ms = self.endpoint.session.expire_ms;
        Some(self.shard.write_storage(writes, &self.key, &change?, expire_ms))
    }
}
