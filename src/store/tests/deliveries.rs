//! What is known of callbacks: owed, tried, together in a batch, given up, delivered.

use std::ops::Bound;

use super::*;
use crate::model::{Attempt, Attempts, Batch, DeadLetter, Receipt};
use crate::store::Error;

fn attempt(outcome: &str) -> Attempt {
    Attempt { at: NOW, took_ms: 5, outcome: outcome.into(), answer: "no".into() }
}

fn letter(sequence: u64) -> DeadLetter {
    let attempts = vec![attempt("410")];
    DeadLetter { callback: callback(sequence, "{}"), reason: "gone".into(), attempts, at: NOW }
}

fn receipt(sequence: u64) -> Receipt {
    let (id, attempts) = (id("u"), vec![attempt("204")]);
    Receipt { id, started_at: NOW, sequence, created_at: NOW, batch: None, attempts }
}

#[test]
fn callbacks_come_in_order_over_all_lives_a_page_at_a_time() {
    let folder = Folder::new();
    let store = folder.open();
    commit(&store, |w| {
        for (started_at, sequence) in [(NOW, 1), (NOW, 2), (NOW + 5, 1)] {
            w.callback(&key("u"), started_at, &callback(sequence, "{}"));
        }
        w.callback(&key("v"), NOW, &callback(1, "{}"));
    });
    let all = [(NOW, 1), (NOW, 2), (NOW + 5, 1)];
    let all = all.map(|(life, n)| (number("u", life, n), callback(n, "{}")));
    assert_eq!(store.callbacks(&key("u"), None, 9).unwrap(), all);
    assert_eq!(store.callbacks(&key("u"), None, 2).unwrap(), all[..2]);
    assert_eq!(store.callbacks(&key("u"), Some(&number("u", NOW, 2)), 9).unwrap(), all[2..]);
    assert_eq!(store.callback(&all[1].0).unwrap().as_ref(), Some(&all[1].1));
    commit(&store, |w| w.delivered(&all[0].0));
    assert_eq!(store.callbacks(&key("u"), None, 9).unwrap(), all[1..]);
    assert_eq!(store.owed_callbacks(None, 9).unwrap().len(), 3);
    let counts: Vec<u64> = (0..3).map(|shard| store.count_callbacks(shard, 3).unwrap()).collect();
    assert_eq!(counts.iter().sum::<u64>(), 3);
    assert_eq!(counts[key("v").shard(3)] + if key("u").shard(3) == key("v").shard(3) { 0 } else { 2 }, 3);
}

#[test]
fn a_buried_callback_is_a_dead_letter_and_nothing_else_until_it_is_owed_again() {
    let folder = Folder::new();
    let store = folder.open();
    let first = number("u", NOW, 1);
    let attempts = Attempts { next_at: NOW + 1, all: vec![attempt("503")], blocked: None };
    commit(&store, |w| {
        w.callback(&key("u"), NOW, &callback(1, "{}"));
        w.attempts(&first, &attempts);
    });
    assert_eq!(store.attempts(&first).unwrap(), Some(attempts));
    assert_eq!(store.tried(&key("u")).unwrap(), [first]);
    commit(&store, |w| w.bury(&first, &letter(1)));
    assert_eq!(store.dead_letter(&first).unwrap(), Some(letter(1)));
    assert_eq!((store.callback(&first).unwrap(), store.attempts(&first).unwrap()), (None, None));
    commit(&store, |w| w.exhume(&first, &letter(1).callback));
    assert_eq!(store.dead_letter(&first).unwrap(), None);
    assert_eq!(store.callbacks(&key("u"), None, 9).unwrap(), [(first, callback(1, "{}"))]);
}

#[test]
fn dead_letters_directly_before_a_callback_are_counted() {
    let folder = Folder::new();
    let store = folder.open();
    commit(&store, |w| [2, 4, 5].into_iter().for_each(|n| w.bury(&number("u", NOW, n), &letter(n))));
    let before = |n, max| store.buried_before(&number("u", NOW, n), max).unwrap();
    assert_eq!([1, 2, 3, 4, 6].map(|n| before(n, 9)), [0, 0, 1, 0, 2]);
    assert_eq!((before(6, 1), before(6, 0)), (1, 0));
    assert_eq!(store.buried_before(&number("u", NOW + 1, 6), 9).unwrap(), 0, "another life of the session");
}

#[test]
fn a_dead_letter_that_cannot_be_read_hides_no_other() {
    let folder = Folder::new();
    let store = folder.open();
    commit(&store, |w| (1..=3).for_each(|n| w.bury(&number("u", NOW, n), &letter(n))));
    store
        .disk()
        .commit({
            let mut batch = sled::Batch::default();
            batch.insert(
                &crate::store::key::of_callback(crate::store::Row::DeadLetter, &number("u", NOW, 2))[..],
                b"torn",
            );
            batch
        })
        .unwrap();
    let page = store.dead_letters(None, 9).unwrap();
    let read: Vec<_> = page.iter().map(|(number, letter)| (number.sequence, letter.is_ok())).collect();
    assert_eq!(read, [(1, true), (2, false), (3, true)]);
    assert!(matches!(page[1].1, Err(Error::Damaged(_))));
    assert_eq!(store.dead_letters(Some(&page[0].0), 1).unwrap()[0].0.sequence, 2);
}

#[test]
fn a_batch_is_what_it_was_until_it_is_forgotten() {
    let folder = Folder::new();
    let store = folder.open();
    let batch = Batch { members: vec![number("u", NOW, 1), number("u", NOW, 2), number("v", NOW, 1)] };
    commit(&store, |w| w.batch(&batch.members[0], &batch));
    let read: Vec<_> =
        store.batches().unwrap().into_iter().map(|(first, read)| (first, read.unwrap())).collect();
    assert_eq!(read, [(batch.members[0], batch.clone())]);
    commit(&store, |w| w.forget_batch(&batch.members[0]));
    assert!(store.batches().unwrap().is_empty());
}

#[test]
fn receipts_come_latest_first_in_pages_and_go_when_their_time_is_over() {
    let folder = Folder::new();
    let store = folder.open();
    commit(&store, |w| {
        w.receipts(NOW, 0, 1, &[receipt(1), receipt(2)]);
        w.receipts(NOW, 1, 1, &[receipt(3)]);
        w.receipts(NOW + 9, 0, 2, &[receipt(4)]);
    });
    let sequences = |upto: Bound<&[u8]>, since, max| {
        let rows = store.receipts(upto, since, max).unwrap();
        let place = rows.last().map(|(place, _)| place.clone()).unwrap_or_default();
        let all = rows.into_iter().flat_map(|(_, receipts)| receipts.unwrap());
        (all.map(|receipt| receipt.sequence).collect::<Vec<_>>(), place)
    };
    let (first, place) = sequences(Bound::Unbounded, 0, 2);
    assert_eq!(first, [4, 3]);
    assert_eq!(sequences(Bound::Excluded(&place), 0, 2).0, [1, 2]);
    assert_eq!(sequences(Bound::Included(&place), 0, 2).0, [3, 1, 2]);
    assert_eq!(sequences(Bound::Unbounded, NOW + 1, 9).0, [4]);
    assert_eq!(sequences(Bound::Included(&place), NOW + 1, 9).0, [0_u64; 0]);
    assert_eq!(
        sequences(Bound::Included(b"z"), 0, 1).0,
        [4],
        "a place that is none means no row of another kind"
    );
    assert_eq!(sequences(Bound::Included(b"a"), 0, 1).0, [0_u64; 0]);
    assert_eq!(store.sweep_receipts(NOW + 1, 9).unwrap(), 2);
    store.commit_blocking(Writes::new()).unwrap();
    assert_eq!(sequences(Bound::Unbounded, 0, 9).0, [4]);
}
