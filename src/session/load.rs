//! What a session's actor begins with: the rows of the session. One that cannot be read is set aside, so that
//! the session goes on.

use super::actor::{SessionActor, Waiting};
use super::pending::Pending;
use crate::clock;
use crate::model::{Note, NoteKind, Quarantined, Queued, SessionKey, hex};
use crate::store::{Damage, Error, Writes};

impl SessionActor {
    pub(super) fn load(&mut self) -> Result<(), Error> {
        self.session = match self.shard.store().session(&self.key) {
            Err(Error::Damaged(damage)) => {
                self.set_row_aside(&damage, |writes, key| writes.forget_session(key))?;
                None
            }
            read => read?,
        };
        let queued = self.queued()?;
        let waiting = |(life, queued)| Waiting { life, queued, pending: Pending::new(&self.counter) };
        self.waiting = queued.into_iter().map(waiting).collect();
        Ok(())
    }

    fn queued(&mut self) -> Result<Vec<(u64, Queued)>, Error> {
        loop {
            match self.shard.store().queued(&self.key) {
                Err(Error::Damaged(damage)) => {
                    let (life, sequence) = damage.place.unwrap_or_default();
                    self.set_row_aside(&damage, |writes, key| writes.dequeue(key, life, sequence))?;
                }
                read => return read,
            }
        }
    }

    /// A row that cannot be read is kept for a person to look at, and the session goes on without it. This is so rare that
    /// the arbiter may wait for the disk.
    fn set_row_aside(
        &mut self,
        damage: &Damage,
        remove: impl FnOnce(&mut Writes, &SessionKey),
    ) -> Result<(), Error> {
        let reason = damage.to_string();
        tracing::error!(endpoint = self.id.endpoint, session = %self.key, "{reason}");
        let mut writes = Writes::new();
        writes.quarantine(&Quarantined {
            key: self.key.to_string(),
            id: Some(self.id.clone()),
            input: None,
            bytes: Some(hex(&damage.bytes)),
            reason: reason.clone(),
            at: clock::now(),
        });
        remove(&mut writes, &self.key);
        self.shard.store().commit_blocking(writes)?;
        self.mishap = Some(Note { kind: NoteKind::Fault, place: String::new(), text: reason });
        Ok(())
    }
}
