//! Reading what is known of callbacks: those owed, with their attempts and batches, dead letters, and the receipts of those
//! that were delivered. For one session in order; for all, in pages.

use std::ops::Bound;

use serde::de::DeserializeOwned;
use sled::IVec;

use super::Store;
use super::error::Error;
use super::key::{self, Row};
use super::read::Owing;
use super::writes::Writes;
use crate::model::{Attempts, Batch, Callback, DeadLetter, Number, Receipt, SessionKey};

/// Rows of one kind, each with the callback it is about, or why it cannot be read.
pub type Page<T> = Vec<(Number, Result<T, Error>)>;

/// Receipts that were written together, oldest first, or why they cannot be read; and their place.
pub type Receipts = (Vec<u8>, Result<Vec<Receipt>, Error>);

impl Store {
    /// The callbacks owed, of all lives of the session, in their order; those after the one `after`, at most `max`.
    pub fn callbacks(
        &self,
        key: &SessionKey,
        after: Option<&Number>,
        max: usize,
    ) -> Result<Vec<(Number, Callback)>, Error> {
        self.of_session(Row::Callback, key, after, max)
    }

    /// One that is owed.
    pub fn callback(&self, number: &Number) -> Result<Option<Callback>, Error> {
        self.disk().load(&key::of_callback(Row::Callback, number))
    }

    /// The callbacks that the session owes before this one, at most `max`, whether they can be read or not.
    pub fn owed_before(&self, number: &Number, max: usize) -> Result<Vec<Number>, Error> {
        let (first, _) = whole(Row::Callback, &number.session);
        let end = Bound::Excluded(key::of_callback(Row::Callback, number).as_slice().into());
        self.disk().range((first, end)).take(max).map(|row| Ok(key::number(&row?.0))).collect()
    }

    pub fn attempts(&self, number: &Number) -> Result<Option<Attempts>, Error> {
        self.disk().load(&key::of_callback(Row::Attempts, number))
    }

    /// The callbacks of the session, of all its lives, at which there were attempts.
    pub fn tried(&self, key: &SessionKey) -> Result<Vec<Number>, Error> {
        let (first, last) = whole(Row::Attempts, key);
        self.disk().range((first, last)).map(|row| Ok(key::number(&row?.0))).collect()
    }

    pub fn dead_letter(&self, number: &Number) -> Result<Option<DeadLetter>, Error> {
        self.disk().load(&key::of_callback(Row::DeadLetter, number))
    }

    /// How many callbacks directly before this one are dead letters; counts no further than `max`.
    pub fn buried_before(&self, number: &Number, max: u64) -> Result<u64, Error> {
        for back in 1..=max.min(number.sequence.saturating_sub(1)) {
            let before = Number { sequence: number.sequence - back, ..*number };
            if self.disk().get(&key::of_callback(Row::DeadLetter, &before))?.is_none() {
                return Ok(back - 1);
            }
        }
        Ok(max.min(number.sequence.saturating_sub(1)))
    }

    /// The callbacks owed by all sessions after this one, in the order of their sessions. One that cannot be read hides no
    /// other.
    pub fn owed_callbacks(&self, after: Option<&Number>, max: usize) -> Result<Page<Callback>, Error> {
        self.page(Row::Callback, after, max)
    }

    /// Likewise.
    pub fn dead_letters(&self, after: Option<&Number>, max: usize) -> Result<Page<DeadLetter>, Error> {
        self.page(Row::DeadLetter, after, max)
    }

    /// All batches under way, each with its first callback; one that cannot be read is an error of its own.
    pub fn batches(&self) -> Result<Page<Batch>, Error> {
        self.page(Row::Batch, None, usize::MAX)
    }

    /// The sessions of a shard that have callbacks owed, each with the last one; costs two seeks each, whatever else is
    /// stored.
    pub fn sessions_with_callbacks(&self, shard: usize, shards: usize) -> Result<Vec<Owing>, Error> {
        self.sessions_with(Row::Callback, shard, shards)
    }

    /// How many callbacks the sessions of a shard owe.
    pub fn count_callbacks(&self, shard: usize, shards: usize) -> Result<u64, Error> {
        let mut count = 0;
        for row in self.disk().range(key::shard_start(Row::Callback, shard, shards)..) {
            let (key, _) = row?;
            if Row::of(&key) != Some(Row::Callback) || key::number(&key).session.shard(shards) != shard {
                break;
            }
            count += 1;
        }
        Ok(count)
    }

    /// Receipts up to this place that were not written before the time `since`, the latest first: at most `max` rows of
    /// them. A row has up to a few dozen; one that cannot be read hides no other.
    pub fn receipts(&self, upto: Bound<&[u8]>, since: u64, max: usize) -> Result<Vec<Receipts>, Error> {
        let (first, end) = (key::receipts_from(since), [Row::Receipts as u8 + 1]);
        // A place comes back from callers: it may be anything.
        let upto = match upto {
            Bound::Included(place) if place < &end[..] => Bound::Included(IVec::from(place)),
            Bound::Excluded(place) if place < &end[..] => Bound::Excluded(IVec::from(place)),
            Bound::Included(_) | Bound::Excluded(_) | Bound::Unbounded => Bound::Excluded(IVec::from(&end)),
        };
        if matches!(&upto, Bound::Included(place) | Bound::Excluded(place) if *place <= first) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for row in self.disk().range((Bound::Included(first), upto)).rev().take(max) {
            let (key, first) = row?;
            let receipts = self.disk().value(&key, first).map(Option::unwrap_or_default);
            found.push((key.to_vec(), receipts));
        }
        Ok(found)
    }

    /// Removes receipts that were written before this time, at most `max` rows, with the next commit; how many.
    pub fn sweep_receipts(&self, before: u64, max: usize) -> Result<usize, Error> {
        let mut writes = Writes::new();
        for row in self.disk().range(key::receipts_from(0)..key::receipts_from(before)).take(max) {
            writes.remove_row(row?.0);
        }
        let count = writes.changes.len();
        self.queue().defer(writes);
        Ok(count)
    }

    /// Makes a row about a callback one that nobody can read.
    #[cfg(test)]
    pub fn tear(&self, row: Row, number: &Number) {
        let mut batch = sled::Batch::default();
        batch.insert(&key::of_callback(row, number)[..], b"torn");
        self.disk().commit(batch).expect("sled writes");
    }

    fn of_session<T: DeserializeOwned>(
        &self,
        row: Row,
        key: &SessionKey,
        after: Option<&Number>,
        max: usize,
    ) -> Result<Vec<(Number, T)>, Error> {
        let (mut first, last) = whole(row, key);
        if let Some(after) = after {
            first = Bound::Excluded(key::of_callback(row, after).as_slice().into());
        }
        let rows: Vec<(IVec, T)> = self.disk().rows((first, last), max)?;
        Ok(rows.into_iter().map(|(key, value)| (key::number(&key), value)).collect())
    }

    fn page<T: DeserializeOwned>(
        &self,
        row: Row,
        after: Option<&Number>,
        max: usize,
    ) -> Result<Page<T>, Error> {
        let first = match after {
            None => Bound::Included(IVec::from(&[row as u8])),
            Some(after) => Bound::Excluded(key::of_callback(row, after).as_slice().into()),
        };
        let mut page = Vec::new();
        for row in self.disk().range((first, Bound::Excluded(IVec::from(&[row as u8 + 1])))).take(max) {
            let (key, first) = row?;
            let value = self.disk().value(&key, first).transpose();
            page.extend(value.map(|value| (key::number(&key), value)));
        }
        Ok(page)
    }
}

/// All rows of one kind that a session has.
fn whole(row: Row, key: &SessionKey) -> (Bound<IVec>, Bound<IVec>) {
    let first = key::numbered(row, key, 0, 0);
    let last = key::numbered(row, key, u64::MAX, u64::MAX);
    (Bound::Included(first.as_slice().into()), Bound::Included(last.as_slice().into()))
}
