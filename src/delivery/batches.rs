//! Who goes together in the batches under way, of all shards: in memory, so that whoever looks at a few callbacks need not read
//! every batch there is. A batch is here from when the disk has it until it has ended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::parcel::Parcel;
use crate::model::{Number, SessionKey};

#[derive(Default)]
pub struct Batches(Mutex<Held>);

#[derive(Default)]
struct Held {
    by_id: HashMap<String, Arc<Together>>,
    /// A session has no more than one under way.
    by_session: HashMap<SessionKey, Arc<Together>>,
}

/// One batch.
#[derive(Debug, PartialEq)]
pub struct Together {
    pub webhook_id: String,
    /// In its order; never empty. The attempts at all of them are kept with the first one.
    pub members: Vec<Number>,
}

impl Batches {
    /// The batch that a callback is in.
    pub fn of(&self, number: &Number) -> Option<Arc<Together>> {
        let together = self.lock().by_session.get(&number.session).cloned();
        together.filter(|together| together.members.contains(number))
    }

    pub fn named(&self, webhook_id: &str) -> Option<Arc<Together>> {
        self.lock().by_id.get(webhook_id).cloned()
    }

    pub(super) fn add(&self, parcel: &Parcel) {
        let Some(batch) = &parcel.batch else { return };
        let (webhook_id, members) = (batch.webhook_id.clone(), parcel.numbers().members);
        self.insert(Together { webhook_id, members });
    }

    pub fn insert(&self, together: Together) {
        let together = Arc::new(together);
        let mut held = self.lock();
        for number in &together.members {
            held.by_session.insert(number.session, together.clone());
        }
        held.by_id.insert(together.webhook_id.clone(), together);
    }

    pub(super) fn remove(&self, parcel: &Parcel) {
        let Some(batch) = &parcel.batch else { return };
        let mut held = self.lock();
        for (session, _) in parcel.sessions() {
            // The next batch of the session may be under way by now.
            if held.by_session.get(&session).is_some_and(|other| other.webhook_id == batch.webhook_id) {
                held.by_session.remove(&session);
            }
        }
        held.by_id.remove(&batch.webhook_id);
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
