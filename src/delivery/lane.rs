//! The callbacks of one session on their way out, in order: those that no parcel holds yet.
//!
//! A lane holds a few callbacks in memory; the rest stay in the store and are read when their turn comes. It reads no
//! further than what it was told of, because rows past that may not be flushed yet, and never back, because rows before may
//! be delivered already.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::parcel::ParcelId;
use crate::model::{Attempts, Callback, Number};

/// So many callbacks of one session wait in memory.
pub const FRESH_MAX: usize = 16;

#[derive(Debug)]
pub struct Lane {
    /// By number.
    fresh: VecDeque<(Number, Callback)>,
    /// The last callback that was put into `fresh`, but for those of `again`.
    taken: Option<Number>,
    /// The last callback that is known to be flushed.
    announced: Number,
    /// Those that are owed again, made room for such ones or were let go: they lie in the store, not after `taken`.
    again: BTreeSet<Number>,
    /// Those that were tried before, and those that leave: each goes by itself.
    tried: BTreeMap<Number, Tried>,
    pub stage: Stage,
}

/// What is known of a callback that was tried by itself and waits in its lane.
#[derive(Clone, Debug, PartialEq)]
pub enum Tried {
    /// In an earlier run of the process: its attempts lie in the store.
    Unread,
    Known(Attempts),
    /// It is given up. The next ones go when that is flushed.
    Leaving,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The first callback may go as soon as its endpoint has room.
    Ready,
    /// The callbacks before the first one are in this parcel.
    Packed(ParcelId),
    /// They are in a batch that another shard sends: it was made when the server had another number of shards.
    Elsewhere,
    /// Its endpoint has no webhook any more; it waits until a later version of the project has one.
    NoWebhook,
    /// It waits for the next start: the store cannot be read.
    Held,
}

/// What a lane needs from the store.
#[derive(Debug, PartialEq)]
pub enum Wants {
    Nothing,
    /// The callback with this number.
    Again(Number),
    /// The next ones after this.
    After(Option<Number>),
}

impl Lane {
    /// A lane for callbacks that lie in the store, up to this one; `tried` are those that have attempts of their own.
    pub fn stored(announced: Number, tried: impl IntoIterator<Item = Number>) -> Lane {
        Lane {
            fresh: VecDeque::new(),
            taken: None,
            announced,
            again: BTreeSet::new(),
            tried: tried.into_iter().map(|number| (number, Tried::Unread)).collect(),
            stage: Stage::Ready,
        }
    }

    /// A lane for a callback that was just committed.
    pub fn fresh(number: Number, callback: Callback) -> Lane {
        let mut lane = Lane::stored(number, []);
        lane.taken = Some(number);
        lane.fresh.push_back((number, callback));
        lane
    }

    /// A lane for a dead letter that is owed again; rows before it may still be there though they were delivered.
    pub fn exhumed(number: Number) -> Lane {
        let mut lane = Lane::stored(number, []);
        lane.taken = Some(number);
        lane.again.insert(number);
        lane
    }

    /// Its callbacks up to this one are in a parcel; those in `again` lie in the store before it.
    pub fn packed(mut self, last: Number, again: impl IntoIterator<Item = Number>, stage: Stage) -> Lane {
        self.taken = Some(last);
        self.again.extend(again);
        self.stage = stage;
        self
    }

    /// One more was committed. It is kept in memory if nothing before it has been left in the store.
    pub fn push(&mut self, number: Number, callback: Callback) {
        let follows = self.taken == Some(self.announced);
        self.announced = self.announced.max(number);
        if follows && self.again.is_empty() && self.fresh.len() < FRESH_MAX {
            self.taken = Some(number);
            self.fresh.push_back((number, callback));
        }
    }

    /// Nothing of it stays in memory: what was there is read again when its turn comes.
    pub fn let_go(&mut self) {
        self.again.extend(std::mem::take(&mut self.fresh).into_iter().map(|(number, _)| number));
    }

    /// The parcel of this callback is given back, because another one goes before it.
    pub fn unpack(&mut self, number: Number, callback: Callback, attempts: Option<Attempts>) {
        self.tried.extend(attempts.map(|attempts| (number, Tried::Known(attempts))));
        self.insert(number, callback);
        self.stage = Stage::Ready;
    }

    /// A dead letter is owed again.
    pub fn exhume(&mut self, number: Number) {
        let follows = self.taken == Some(self.announced);
        self.announced = self.announced.max(number);
        if follows {
            self.taken = Some(self.announced);
        }
        if Some(number) <= self.taken {
            self.again.insert(number);
        }
    }

    pub fn first(&self) -> Option<&(Number, Callback)> {
        self.fresh.front()
    }

    /// The next one, be it in memory or owed again.
    pub fn next(&self) -> Option<&Number> {
        let fresh = self.first().map(|(number, _)| number);
        fresh.into_iter().chain(self.again.first()).min()
    }

    /// How many could go at once.
    pub fn len(&self) -> usize {
        self.fresh.len()
    }

    /// Whether there are more in the store than in memory.
    pub fn has_more(&self) -> bool {
        self.taken < Some(self.announced) || !self.again.is_empty()
    }

    /// Whether the first one was tried by itself before, and goes by itself again.
    pub fn was_tried(&self) -> bool {
        self.first().is_some_and(|(number, _)| self.tried.contains_key(number))
    }

    /// What is known of one that was tried.
    pub fn tried(&self, number: &Number) -> Option<&Tried> {
        self.tried.get(number)
    }

    pub fn set_tried(&mut self, number: Number, tried: Tried) {
        self.tried.insert(number, tried);
    }

    /// It goes as one that was never tried.
    pub fn forget_tried(&mut self, number: &Number) {
        self.tried.remove(number);
    }

    /// One that waits here, as far as it is in memory.
    pub fn get(&self, number: &Number) -> Option<&Callback> {
        let place = self.fresh.binary_search_by_key(number, |(other, _)| *other).ok()?;
        Some(&self.fresh[place].1)
    }

    /// It goes no more.
    pub fn remove(&mut self, number: &Number) {
        self.fresh.retain(|(other, _)| other != number);
        self.again.remove(number);
        self.tried.remove(number);
    }

    /// The first one, which was tried, is packed, and its earlier attempts are taken up. Not if it leaves.
    pub fn take_tried(&mut self) -> Option<(Number, Callback, Tried)> {
        let (number, _) = self.first()?;
        if let None | Some(Tried::Leaving) = self.tried.get(number) {
            return None;
        }
        let (number, callback) = self.fresh.pop_front()?;
        let tried = self.tried.remove(&number)?;
        Some((number, callback, tried))
    }

    /// Up to so many are packed; none of those that were tried before.
    pub fn take(&mut self, max: usize) -> Vec<(Number, Callback)> {
        let untried = self.fresh.iter().take(max).take_while(|(number, _)| !self.tried.contains_key(number));
        let count = untried.count();
        self.fresh.drain(..count).collect()
    }

    pub fn wants(&self) -> Wants {
        let is_between = |number: &Number| self.fresh.back().is_none_or(|(last, _)| number < last);
        match self.again.first() {
            Some(number) if self.fresh.len() < FRESH_MAX || is_between(number) => Wants::Again(*number),
            _ if self.fresh.is_empty() && self.taken < Some(self.announced) => Wants::After(self.taken),
            _ => Wants::Nothing,
        }
    }

    /// What was read from the store, in order. Nothing read means that nothing is left.
    pub fn refill(&mut self, rows: Vec<(Number, Callback)>) {
        let announced = self.announced;
        self.fresh.extend(rows.into_iter().filter(|(number, _)| *number <= announced));
        let last = self.fresh.back().map(|(number, _)| *number);
        self.taken = Some(last.unwrap_or(announced));
    }

    /// A dead letter that is owed again, as it was read; none if it is gone. The last one makes room for it, and is read again.
    pub fn refill_again(&mut self, number: Number, callback: Option<Callback>) {
        self.again.remove(&number);
        if let Some(callback) = callback {
            self.insert(number, callback);
        }
    }

    fn insert(&mut self, number: Number, callback: Callback) {
        let place = self.fresh.partition_point(|(other, _)| *other < number);
        self.fresh.insert(place, (number, callback));
        if self.fresh.len() > FRESH_MAX {
            self.again.extend(self.fresh.pop_back().map(|(last, _)| last));
        }
    }
}

#[cfg(test)]
mod tests;
