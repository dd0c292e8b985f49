//! Order, memory and what goes before what.

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
    let order: Vec<_> = lane.take(9).iter().map(|(number, _)| (number.started_at, number.sequence)).collect();
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
fn a_dead_letter_that_is_owed_again_goes_in_its_place_among_those_that_fill_the_memory() {
    let store: Vec<u64> = (1..=40).collect();
    let mut lane = Lane::stored(number(1, 40), []);
    let rows = (1..=FRESH_MAX as u64 + 1).filter(|n| *n != 9);
    lane.refill(rows.map(|n| (number(1, n), callback(n))).collect());
    lane.exhume(number(1, 9));
    assert_eq!(drain(&mut lane, &store, 50), store);
}

#[test]
fn what_was_let_go_is_read_again_and_what_comes_meanwhile_is_not_kept() {
    let mut lane = Lane::fresh(number(1, 1), callback(1));
    (2..=5).for_each(|sequence| push(&mut lane, sequence));
    assert_eq!(lane.take(1).len(), 1);
    lane.let_go();
    (6..=9).for_each(|sequence| push(&mut lane, sequence));
    assert_eq!(lane.len(), 0);
    let store: Vec<u64> = (1..=9).collect();
    assert_eq!(drain(&mut lane, &store, 1), store[1..]);
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
