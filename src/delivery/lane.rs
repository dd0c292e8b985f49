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
    /// Those that are owed again or made room for such ones: they lie in the store, not after `taken`.
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
        if follows && self.fresh.len() < FRESH_MAX {
            self.taken = Some(number);
            self.fresh.push_back((number, callback));
        }
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

    /// How many could go at once.
    pub fn len(&self) -> usize {
        self.fresh.len()
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
        let is_next = |number: &Number| self.first().is_none_or(|(first, _)| number < first);
        match self.again.first() {
            Some(number) if self.fresh.len() < FRESH_MAX || is_next(number) => Wants::Again(*number),
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
mod tests {
    use super::*;
    use crate::model::{SessionId, SessionKey};

    fn number(started_at: u64, sequence: u64) -> Number {
        Number { session: SessionKey([0; 24]), started_at, sequence }
    }

    fn callback(sequence: u64) -> Callback {
        let [endpoint, user_id, session_id] = ["shop", "ann", "1"].map(str::to_owned);
        let id = SessionId { endpoint, user_id, session_id };
        Callback { id, sequence, created_at: 0, body: String::new() }
    }

    fn push(lane: &mut Lane, sequence: u64) {
        lane.push(number(1, sequence), callback(sequence));
    }

    /// Takes everything, in steps of so many.
    fn drain(lane: &mut Lane, store: &[u64], step: usize) -> Vec<u64> {
        let row = |sequence: &u64| (number(1, *sequence), callback(*sequence));
        let mut out = Vec::new();
        loop {
            match lane.wants() {
                Wants::Nothing => {}
                Wants::Again(number) => {
                    let there = store.contains(&number.sequence).then(|| callback(number.sequence));
                    lane.refill_again(number, there);
                    continue;
                }
                Wants::After(after) => {
                    let after = after.map_or(0, |number| number.sequence);
                    let rows = store.iter().filter(|sequence| **sequence > after).take(FRESH_MAX);
                    lane.refill(rows.map(row).collect());
                }
            }
            let taken = lane.take(step);
            if taken.is_empty() {
                return out;
            }
            out.extend(taken.iter().map(|(number, _)| number.sequence));
        }
    }

    #[test]
    fn what_does_not_fit_into_memory_is_read_from_the_store_in_order() {
        for step in [1, 7, 50] {
            let mut lane = Lane::fresh(number(1, 1), callback(1));
            (2..=100).for_each(|sequence| push(&mut lane, sequence));
            let store: Vec<u64> = (1..=100).collect();
            assert_eq!(drain(&mut lane, &store, step), store);
            assert_eq!(lane.wants(), Wants::Nothing);
        }
    }

    #[test]
    fn a_row_that_was_not_announced_is_not_sent() {
        let mut lane = Lane::stored(number(1, 3), []);
        assert_eq!(drain(&mut lane, &[1, 2, 3, 4, 5], 1), [1, 2, 3]);
        push(&mut lane, 4);
        assert_eq!(drain(&mut lane, &[4, 5], 1), [4]);
    }

    #[test]
    fn a_callback_that_is_gone_from_the_store_ends_the_lane() {
        let mut lane = Lane::stored(number(1, 3), []);
        assert_eq!(drain(&mut lane, &[], 1), [0_u64; 0]);
        assert_eq!(lane.wants(), Wants::Nothing);
    }

    #[test]
    fn a_new_life_of_a_session_comes_after_the_earlier_one() {
        let mut lane = Lane::stored(number(1, 9), []);
        lane.push(number(2, 1), callback(1));
        let rows = [(1, 9), (2, 1), (2, 2)];
        lane.refill(rows.map(|(life, sequence)| (number(life, sequence), callback(sequence))).into());
        let order: Vec<_> =
            lane.take(9).iter().map(|(number, _)| (number.started_at, number.sequence)).collect();
        assert_eq!(order, [(1, 9), (2, 1)]);
    }

    #[test]
    fn a_dead_letter_that_is_owed_again_goes_first_and_nothing_that_was_delivered_goes_twice() {
        // The rows of 1 and 2 are still there, for a moment.
        let store = [1, 2, 3, 4, 5];
        let mut lane = Lane::exhumed(number(1, 3));
        push(&mut lane, 4);
        push(&mut lane, 5);
        lane.exhume(number(1, 2));
        assert_eq!(drain(&mut lane, &store, 1), [2, 3, 4, 5]);
    }

    #[test]
    fn a_dead_letter_that_the_lane_will_come_to_is_not_taken_twice() {
        let mut lane = Lane::stored(number(1, 20), []);
        let store: Vec<u64> = (1..=20).filter(|sequence| *sequence != 18).collect();
        lane.refill(store.iter().take(FRESH_MAX).map(|n| (number(1, *n), callback(*n))).collect());
        lane.exhume(number(1, 18));
        let all: Vec<u64> = (1..=20).collect();
        assert_eq!(drain(&mut lane, &all, 3), all);
    }

    #[test]
    fn a_dead_letter_that_is_owed_again_goes_first_though_the_memory_is_full() {
        let store: Vec<u64> = (1..=40).collect();
        let mut lane = Lane::stored(number(1, 40), []);
        lane.refill((3..3 + FRESH_MAX as u64).map(|n| (number(1, n), callback(n))).collect());
        for sequence in [2, 1] {
            lane.exhume(number(1, sequence));
            assert_eq!(lane.wants(), Wants::Again(number(1, sequence)));
            lane.refill_again(number(1, sequence), Some(callback(sequence)));
            assert_eq!((lane.wants(), lane.len()), (Wants::Nothing, FRESH_MAX));
        }
        assert_eq!(drain(&mut lane, &store, 3), store);
    }

    #[test]
    fn one_that_waited_for_its_next_attempt_is_tried_by_itself_after_the_one_that_goes_before_it() {
        let mut lane = Lane::fresh(number(1, 2), callback(2));
        push(&mut lane, 3);
        let waited = lane.take(1).remove(0);
        let attempts = Attempts { next_at: 7, all: Vec::new(), blocked: None };
        lane.unpack(waited.0, waited.1, Some(attempts.clone()));
        lane.exhume(number(1, 1));
        lane.refill_again(number(1, 1), Some(callback(1)));
        assert_eq!(lane.take(9).len(), 1);
        assert!(lane.was_tried());
        assert_eq!(lane.take_tried(), Some((number(1, 2), callback(2), Tried::Known(attempts))));
        assert_eq!(lane.take(9).len(), 1);
    }

    #[test]
    fn one_that_leaves_lets_nothing_pass_until_it_is_gone() {
        let mut lane = Lane::fresh(number(1, 1), callback(1));
        push(&mut lane, 2);
        lane.set_tried(number(1, 1), Tried::Leaving);
        assert_eq!((lane.take(9).len(), lane.take_tried()), (0, None));
        lane.remove(&number(1, 1));
        assert_eq!(lane.take(9).len(), 1);
    }

    #[test]
    fn what_was_tried_by_itself_goes_by_itself_again() {
        let mut lane = Lane::stored(number(1, 4), [number(1, 1), number(1, 3)]);
        lane.refill((1..=4).map(|n| (number(1, n), callback(n))).collect());
        assert!(lane.was_tried() && lane.take(9).is_empty());
        assert_eq!(lane.take_tried(), Some((number(1, 1), callback(1), Tried::Unread)));
        assert!(!lane.was_tried());
        assert_eq!(lane.take(9).len(), 1);
        assert!(lane.was_tried());
    }
}
