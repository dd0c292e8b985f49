//! The callbacks of one session on their way out: one at a time, in order.
//!
//! A lane holds a few callbacks in memory; the rest stay in the store and are read when their turn comes. It reads no
//! further than what it was told of, because rows past that may not be flushed yet.

use std::collections::VecDeque;

use crate::model::{Attempts, Callback};

/// So many callbacks of one session wait in memory.
pub const FRESH_MAX: usize = 16;

/// The life of the session and the number of the output: sorts as the callbacks do.
pub type Number = (u64, u64);

#[derive(Debug)]
pub struct Lane {
    fresh: VecDeque<(u64, Callback)>,
    /// The last callback that was put into `fresh`.
    taken: Option<Number>,
    /// The last callback that is known to be flushed.
    announced: Number,
    pub stage: Stage,
    /// The attempts of the first callback so far.
    pub attempts: Option<Attempts>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The first callback may go as soon as its endpoint has room.
    Ready,
    /// It is on its way.
    InFlight,
    /// It is tried again at this time, milliseconds since 1970.
    Waiting(u64),
    /// It is given up. The next one goes when that is flushed: after a kill it would be tried again behind the next one.
    GivenUp,
    /// Its endpoint has no webhook any more; it waits until a later version of the project has one.
    NoWebhook,
    /// It waits for the next start: the store cannot be read.
    Held,
}

impl Lane {
    /// A lane for callbacks that lie in the store, up to this one.
    pub fn stored(announced: Number) -> Lane {
        Lane { fresh: VecDeque::new(), taken: None, announced, stage: Stage::Ready, attempts: None }
    }

    /// A lane for a callback that was just committed.
    pub fn fresh(started_at: u64, callback: Callback) -> Lane {
        let number = (started_at, callback.sequence);
        let mut lane = Lane::stored(number);
        lane.taken = Some(number);
        lane.fresh.push_back((started_at, callback));
        lane
    }

    /// One more was committed. It is kept in memory if nothing before it has been left in the store.
    pub fn push(&mut self, started_at: u64, callback: Callback) {
        let number = (started_at, callback.sequence);
        let follows = self.taken == Some(self.announced);
        self.announced = self.announced.max(number);
        if follows && self.fresh.len() < FRESH_MAX {
            self.taken = Some(number);
            self.fresh.push_back((started_at, callback));
        }
    }

    pub fn first(&self) -> Option<&(u64, Callback)> {
        self.fresh.front()
    }

    /// The first one ended; the next is on.
    pub fn pop(&mut self) {
        self.fresh.pop_front();
        self.attempts = None;
        self.stage = Stage::Ready;
    }

    /// After which callback to read on in the store, if `fresh` is used up and more are there.
    pub fn wants(&self) -> Option<Option<Number>> {
        (self.fresh.is_empty() && self.taken < Some(self.announced)).then_some(self.taken)
    }

    /// What was read from the store, in order. Nothing read means that nothing is left.
    pub fn refill(&mut self, rows: Vec<(u64, Callback)>) {
        let announced = self.announced;
        let known =
            rows.into_iter().filter(|(started_at, callback)| (*started_at, callback.sequence) <= announced);
        self.fresh.extend(known);
        let last = self.fresh.back().map(|(started_at, callback)| (*started_at, callback.sequence));
        self.taken = Some(last.unwrap_or(announced));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callback(sequence: u64) -> Callback {
        Callback { endpoint: "shop".to_owned(), sequence, created_at: 0, body: String::new() }
    }

    fn drain(lane: &mut Lane, store: &[u64]) -> Vec<u64> {
        let mut out = Vec::new();
        loop {
            if let Some(after) = lane.wants() {
                let after = after.map_or(0, |(_, sequence)| sequence);
                let rows = store.iter().filter(|sequence| **sequence > after).take(FRESH_MAX);
                lane.refill(rows.map(|sequence| (1, callback(*sequence))).collect());
            }
            let Some((_, first)) = lane.first() else { return out };
            out.push(first.sequence);
            lane.pop();
        }
    }

    #[test]
    fn what_does_not_fit_into_memory_is_read_from_the_store_in_order() {
        let mut lane = Lane::fresh(1, callback(1));
        for sequence in 2..=100 {
            lane.push(1, callback(sequence));
        }
        let store: Vec<u64> = (1..=100).collect();
        assert_eq!(drain(&mut lane, &store), store);
        assert_eq!(lane.wants(), None);
    }

    #[test]
    fn a_row_that_was_not_announced_is_not_sent() {
        let mut lane = Lane::stored((1, 3));
        assert_eq!(drain(&mut lane, &[1, 2, 3, 4, 5]), [1, 2, 3]);
        lane.push(1, callback(4));
        assert_eq!(drain(&mut lane, &[4, 5]), [4]);
    }

    #[test]
    fn a_callback_that_is_gone_from_the_store_ends_the_lane() {
        let mut lane = Lane::stored((1, 3));
        assert_eq!(drain(&mut lane, &[]), [0_u64; 0]);
        assert_eq!(lane.wants(), None);
    }

    #[test]
    fn a_new_life_of_a_session_comes_after_the_earlier_one() {
        let mut lane = Lane::stored((1, 9));
        lane.push(2, callback(1));
        lane.refill(vec![(1, callback(9)), (2, callback(1)), (2, callback(2))]);
        let order: Vec<_> = lane.fresh.iter().map(|(life, callback)| (*life, callback.sequence)).collect();
        assert_eq!(order, [(1, 9), (2, 1)]);
    }
}
