//! Reading rows: synchronous, mostly from sled's page cache. A row that cannot be read is an error that
//! carries all of it, never a wrong value; what is read without being asked for one session goes by seeking.
//! A row shows a moment before its flush ends: whoever tells the outside of it waits for `Client::barrier` first.

use std::borrow::Cow;
use std::ops::{Bound, RangeBounds};

use serde::de::DeserializeOwned;
use sled::IVec;

use super::Store;
use super::error::{Damage, Error};
use super::key::{self, Place, Row};
use super::writes::Writes;
use super::{disk::Disk, frame};
use crate::model::{
    Map, Number, Owed, Quarantined, Queued, Record, Seen, Session, SessionKey, Stored, UserKey, Within,
};

/// A session that has something in the store, and the place of the last of it.
pub type Owing = (SessionKey, Number);

/// A session as its row holds it, none if it was removed meanwhile; or why that cannot be read.
pub type Listed = (SessionKey, Result<Option<Session>, Error>);

/// Likewise what a session's transformers remember.
pub type ListedStorage = (SessionKey, Result<Option<Stored>, Error>);

/// An idempotency key is remembered this long.
const SEEN_MS: u64 = 24 * 60 * 60 * 1000;

impl Store {
    pub fn session(&self, key: &SessionKey) -> Result<Option<Session>, Error> {
        self.disk().load(&key::session(key))
    }

    /// The sessions after this one in the order of their keys, ended ones too, at most `max`. One that cannot be read
    /// hides no other.
    pub fn sessions(&self, after: Option<&SessionKey>, max: usize) -> Result<Vec<Listed>, Error> {
        let first =
            after.map_or(Bound::Included(key::sessions()), |after| Bound::Excluded(key::session(after)));
        let rows = self.disk().range((first, Bound::Excluded(key::sessions_end()))).take(max);
        rows.map(|row| {
            let (key, first) = row?;
            Ok((key::session_in(&key), self.disk().value(&key, first)))
        })
        .collect()
    }

    /// The inputs that wait, of all lives of the session, each with the start of its life, in their order.
    pub fn queued(&self, key: &SessionKey) -> Result<Vec<(u64, Queued)>, Error> {
        let first = key::numbered(Row::Queued, key, 0, 0);
        let last = key::numbered(Row::Queued, key, u64::MAX, u64::MAX);
        let rows = self.disk().rows(first..=last, usize::MAX)?;
        Ok(rows.into_iter().map(|(key, queued)| (life(&key), queued)).collect())
    }

    /// The places of waits after this one that are due before the time `until`, at most `max`, earliest first.
    pub fn due(&self, after: Option<&Place>, until: u64, max: usize) -> Result<Vec<Place>, Error> {
        let first = after.map_or(Bound::Included(key::owed_at(0)), |place| Bound::Excluded(key::owed(place)));
        let rows = self.disk().range((first, Bound::Excluded(key::owed_at(until)))).take(max);
        rows.map(|row| Ok(key::place(&row?.0).expect("rows of this range were written with such a key")))
            .collect()
    }

    /// What is waited for at this place; none if it is over or was called off.
    pub fn owed(&self, place: &Place) -> Result<Option<Owed>, Error> {
        self.disk().load(&key::owed(place))
    }

    /// What the caller with this key was answered, if that is less than 24 hours ago.
    pub fn seen<T: DeserializeOwned>(
        &self,
        within: &Within,
        idempotency_key: &str,
        now: u64,
    ) -> Result<Option<Seen<T>>, Error> {
        let today = key::day_of(now);
        // Tomorrow's too: the clock may have been set back over midnight.
        for day in [today, today.saturating_sub(1), today + 1] {
            let seen: Option<Seen<T>> = self.disk().load(&key::seen(day, within, idempotency_key))?;
            if let Some(seen) = seen.filter(|seen| seen.at + SEEN_MS > now) {
                return Ok(Some(seen));
            }
        }
        Ok(None)
    }

    /// Empty if there is none.
    pub fn profile(&self, user: &UserKey) -> Result<Map, Error> {
        Ok(self.disk().load(&key::profile(user))?.unwrap_or_default())
    }

    /// What the transformers of a session remember, whether it expired or not.
    pub fn storage(&self, key: &SessionKey) -> Result<Option<Stored>, Error> {
        self.disk().load(&key::storage(key))
    }

    /// Of the sessions of a shard after this one, in the order of their keys, at most `max`. One that cannot be read hides no
    /// other.
    pub fn storages(
        &self,
        (shard, shards): (usize, usize),
        after: Option<&SessionKey>,
        max: usize,
    ) -> Result<Vec<ListedStorage>, Error> {
        let first = match after {
            Some(after) => Bound::Excluded(key::storage(after)),
            None => Bound::Included(key::storages_of_shard(shard, shards)),
        };
        let rows = self.disk().range((first, Bound::Excluded(key::storages_end()))).take(max);
        let mut storages = Vec::new();
        for row in rows {
            let (row, first) = row?;
            let session = key::session_in(&row);
            if session.shard(shards) != shard {
                break;
            }
            storages.push((session, self.disk().value(&row, first)));
        }
        Ok(storages)
    }

    /// The records of one life of the session after a turn, at most `max`.
    pub fn transcript(
        &self,
        key: &SessionKey,
        started_at: u64,
        after_turn: u64,
        max: usize,
    ) -> Result<Vec<Record>, Error> {
        let first = Bound::Excluded(key::numbered(Row::Record, key, started_at, after_turn));
        let last = Bound::Included(key::numbered(Row::Record, key, started_at, u64::MAX));
        let rows = self.disk().rows((first, last), max)?;
        Ok(rows.into_iter().map(|(_, record)| record).collect())
    }

    /// Oldest first.
    pub fn quarantined(&self, max: usize) -> Result<Vec<Quarantined>, Error> {
        self.all_of(Row::Quarantined, max)
    }

    /// The sessions of a shard that have inputs waiting; costs two seeks each, whatever else is stored.
    pub fn sessions_with_queue(&self, shard: usize, shards: usize) -> Result<Vec<SessionKey>, Error> {
        let sessions = self.sessions_with(Row::Queued, shard, shards)?;
        Ok(sessions.into_iter().map(|(session, _)| session).collect())
    }

    /// Removes idempotency keys that no look-up can reach any more, at most `max`, with the next commit; how many.
    pub fn sweep_seen(&self, now: u64, max: usize) -> Result<usize, Error> {
        let yesterday = key::day_of(now).saturating_sub(1);
        let mut writes = Writes::new();
        for row in self.disk().range(key::seen_day(0)..key::seen_day(yesterday)).take(max) {
            writes.remove_row(row?.0);
        }
        let count = writes.changes.len();
        self.queue().defer(writes);
        Ok(count)
    }

    pub(super) fn sessions_with(&self, row: Row, shard: usize, shards: usize) -> Result<Vec<Owing>, Error> {
        let mut sessions = Vec::new();
        let mut from = Bound::Included(key::shard_start(row, shard, shards));
        while let Some((found, _)) = self.disk().range((from, Bound::Unbounded)).next().transpose()? {
            let session = match key::parts(&found) {
                Some((session, ..)) if Row::of(&found) == Some(row) => session,
                _ => break,
            };
            if session.shard(shards) != shard {
                break;
            }
            let end = key::numbered(row, &session, u64::MAX, u64::MAX);
            let last = self.disk().range(found..=IVec::from(&end[..])).next_back().transpose()?;
            sessions.extend(last.map(|(last, _)| (session, key::number(&last))));
            from = Bound::Excluded(end);
        }
        Ok(sessions)
    }

    pub(super) fn all_of<T: DeserializeOwned>(&self, row: Row, max: usize) -> Result<Vec<T>, Error> {
        let rows = self.disk().rows([row as u8]..[row as u8 + 1], max)?;
        Ok(rows.into_iter().map(|(_, value)| value).collect())
    }
}

impl Disk {
    pub(super) fn load<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, Error> {
        match self.get(key)? {
            Some(first) => self.value(key, first),
            None => Ok(None),
        }
    }

    pub(super) fn rows<T: DeserializeOwned, K: AsRef<[u8]>>(
        &self,
        range: impl RangeBounds<K>,
        max: usize,
    ) -> Result<Vec<(IVec, T)>, Error> {
        let mut rows = Vec::new();
        for row in self.range(range).take(max) {
            let (key, first) = row?;
            if let Some(value) = self.value(&key, first)? {
                rows.push((key, value));
            }
        }
        Ok(rows)
    }

    /// None if the row was removed meanwhile.
    pub(super) fn value<T: DeserializeOwned>(&self, key: &[u8], mut first: IVec) -> Result<Option<T>, Error> {
        loop {
            let frame = self.whole(key, &first)?;
            let reason = match frame::read(key, &frame) {
                Ok(value) => return Ok(Some(value)),
                Err(reason) => reason,
            };
            // The chunks of a long row are read one by one, so another commit may have come between them.
            match self.get(key)? {
                None => return Ok(None),
                Some(changed) if changed != first => first = changed,
                Some(_) => return Err(damaged(key, frame.into_owned(), reason)),
            }
        }
    }

    /// The frame with all its chunks; copied only if there are any.
    fn whole<'a>(&self, key: &[u8], first: &'a [u8]) -> Result<Cow<'a, [u8]>, Error> {
        let mut frame = Cow::Borrowed(first);
        for number in 1..=frame::head(key, first).map_or(0, |head| head.chunks) {
            match self.get(&key::chunk(key, number))? {
                Some(chunk) => frame.to_mut().extend_from_slice(&chunk),
                None => break,
            }
        }
        Ok(frame)
    }
}

/// The start of the session's life that a row belongs to.
fn life(key: &[u8]) -> u64 {
    key::parts(key).map_or(0, |(_, started_at, _)| started_at)
}

fn damaged(key: &[u8], bytes: Vec<u8>, reason: String) -> Error {
    let row = Row::of(key).expect("only rows of a known kind are read as values");
    let numbered = key::parts(key);
    let session = numbered.map(|(session, ..)| session);
    Error::Damaged(Box::new(Damage {
        row,
        key: key.to_owned(),
        session: if matches!(row, Row::Session | Row::Storage) {
            Some(key::session_in(key))
        } else {
            session
        },
        place: numbered.map(|(_, started_at, number)| (started_at, number)),
        bytes,
        reason,
    }))
}
