//! What a session's actor begins with: the rows of the session. One that cannot be read is set aside, so that
//! the session goes on, and so do all others.

use super::actor::{SessionActor, Waiting};
use super::pending::Pending;
use crate::clock;
use crate::model::{Note, NoteKind, Queued, Session, SessionId, SessionKey};
use crate::store::{Damage, Error, Store, Writes};

impl SessionActor {
    pub(super) fn load(&mut self) -> Result<(), Error> {
        let mut rows =
            Rows { store: self.shard.store(), key: &self.key, id: Some(&self.id), set_aside: Vec::new() };
        self.session = rows.session()?;
        let queued = rows.queued()?;
        let note = |text| Note { kind: NoteKind::Fault, place: String::new(), text };
        self.mishaps = rows.set_aside.into_iter().map(note).collect();
        let waiting = |(life, queued)| Waiting { life, queued, pending: Pending::new(&self.counter) };
        self.waiting = queued.into_iter().map(waiting).collect();
        Ok(())
    }
}

/// Whose queue this is, after a start, when there is only the key: its own rows say so.
pub(super) fn owner(store: &Store, key: &SessionKey) -> Result<Option<SessionId>, Error> {
    let mut rows = Rows { store, key, id: None, set_aside: Vec::new() };
    Ok(rows.queued()?.into_iter().next().map(|(_, first)| first.id))
}

/// The rows of one session.
struct Rows<'a> {
    store: &'a Store,
    key: &'a SessionKey,
    id: Option<&'a SessionId>,
    /// Why rows were set aside.
    set_aside: Vec<String>,
}

impl Rows<'_> {
    fn session(&mut self) -> Result<Option<Session>, Error> {
        match self.store.session(self.key) {
            Err(Error::Damaged(damage)) => {
                self.set_aside(&damage, |writes, key| writes.forget_session(key))?;
                Ok(None)
            }
            read => read,
        }
    }

    /// In the order they were accepted.
    fn queued(&mut self) -> Result<Vec<(u64, Queued)>, Error> {
        loop {
            match self.store.queued(self.key) {
                Err(Error::Damaged(damage)) => {
                    let Some((life, sequence)) = damage.place else { return Err(Error::Damaged(damage)) };
                    self.set_aside(&damage, |writes, key| writes.dequeue(key, life, sequence))?;
                }
                read => {
                    let mut queued = read?;
                    queued.sort_by_key(|(_, queued)| queued.sequence);
                    return Ok(queued);
                }
            }
        }
    }

    /// A row that cannot be read is kept for a person to look at, and the session goes on without it. This is so rare that
    /// the arbiter may wait for the disk.
    fn set_aside(
        &mut self,
        damage: &Damage,
        remove: impl FnOnce(&mut Writes, &SessionKey),
    ) -> Result<(), Error> {
        tracing::error!(session = %self.key, "{damage}");
        let mut writes = Writes::new();
        writes.quarantine(&damage.quarantined(self.key, self.id, clock::now()));
        remove(&mut writes, self.key);
        self.store.commit_blocking(writes)?;
        self.set_aside.push(damage.to_string());
        Ok(())
    }
}
