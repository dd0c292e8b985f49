//! One group, one batch, one flush: versions, long values, the end.

use std::fs::File;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;

use super::*;
use crate::store::disk::Disk;
use crate::store::frame::CHUNK_BYTES;
use crate::store::{Conflict, Error, Refused};

#[test]
fn writes_for_another_version_are_dropped_whole() {
    let folder = Folder::new();
    let store = folder.open();
    commit(&store, |w| w.session(&session("u", 3)));
    let late = writes(|w| {
        w.expect(&key("u"), Some((NOW, 2)));
        w.session(&session("u", 3));
        w.record(&key("u"), NOW, &record(3));
    });
    let conflict = Conflict { key: key("u"), expected: Some((NOW, 2)), found: Some((NOW, 3)) };
    match store.commit_blocking(late) {
        Err(Error::Conflict(found)) => assert_eq!(found, conflict),
        other => panic!("{other:?}"),
    }
    assert!(store.transcript(&key("u"), NOW, 0, 9).unwrap().is_empty());
}

#[test]
fn a_session_that_should_not_exist_conflicts_if_it_does_and_not_after_it_is_forgotten() {
    let folder = Folder::new();
    let store = folder.open();
    let begin = || {
        writes(|w| {
            w.expect(&key("u"), None);
            w.session(&session("u", 1));
        })
    };
    store.commit_blocking(begin()).unwrap();
    assert!(matches!(store.commit_blocking(begin()), Err(Error::Conflict(_))));
    commit(&store, |w| w.forget_session(&key("u")));
    store.commit_blocking(begin()).unwrap();
}

#[test]
fn the_second_turn_of_a_session_in_one_group_sees_the_first() {
    let folder = Folder::new();
    let store = folder.open();
    let turn = |turns: u64, expected| {
        writes(|w| {
            w.expect(&key("u"), expected);
            w.session(&session("u", turns));
        })
    };
    let outcomes = commit_as_one_group(
        &store,
        vec![turn(1, None), turn(2, Some((NOW, 1))), turn(2, Some((NOW, 1))), turn(3, Some((NOW, 2)))],
    );
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, true]);
    assert_eq!(store.session(&key("u")).unwrap().unwrap().turns, 3);
}

#[test]
fn a_long_value_reads_back_and_leaves_nothing_behind() {
    let folder = Folder::new();
    let store = folder.open();
    let rows = count_rows(&store);
    for bytes in [5 * CHUNK_BYTES, CHUNK_BYTES, 10, 9 * CHUNK_BYTES] {
        commit(&store, |w| w.session(&long_session("u", 1, bytes)));
        assert_eq!(store.session(&key("u")).unwrap(), Some(long_session("u", 1, bytes)));
        assert_eq!(count_rows(&store), rows + 1 + (bytes + 200) / CHUNK_BYTES, "{bytes}");
    }
    commit(&store, |w| w.forget_session(&key("u")));
    assert_eq!(count_rows(&store), rows);
}

#[test]
fn a_long_value_that_shrinks_within_one_group_leaves_nothing_behind() {
    let folder = Folder::new();
    let store = folder.open();
    let rows = count_rows(&store);
    let long = |bytes| writes(|w| w.session(&long_session("u", 1, bytes)));
    commit_as_one_group(&store, vec![long(40_000), long(9_000), long(10)]);
    assert_eq!(count_rows(&store), rows + 1);
    commit_as_one_group(
        &store,
        vec![
            writes(|w| w.callback(&key("u"), NOW, &callback(1, &"x".repeat(20_000)))),
            writes(|w| w.delivered(&number("u", NOW, 1))),
        ],
    );
    assert_eq!(count_rows(&store), rows + 1);
}

#[test]
fn merged_writes_hold_or_fail_together() {
    let folder = Folder::new();
    let store = folder.open();
    let mut both = writes(|w| w.session(&session("a", 1)));
    both.merge(writes(|w| w.expect(&key("b"), Some((NOW, 7)))));
    assert!(store.commit_blocking(both).is_err());
    assert_eq!(store.session(&key("a")).unwrap(), None);
}

#[test]
fn after_close_everything_that_waited_is_there_and_nothing_new_is_taken() {
    let folder = Folder::new();
    let store = folder.open();
    store.queue().defer(writes(|w| w.session(&session("u", 1))));
    store.close();
    assert_eq!(store.session(&key("u")).unwrap(), Some(session("u", 1)));
    assert_eq!(store.accepting(), Err(Refused::Closing));
    let late = store.commit_blocking(writes(|w| w.session(&session("u", 2))));
    assert!(matches!(late, Err(Error::Refused(Refused::Closing))));
}

#[test]
fn a_full_queue_refuses() {
    let folder = Folder::new();
    let store = Store::open(Settings { queue_max: 0, ..folder.settings() }).unwrap();
    assert_eq!(store.accepting(), Err(Refused::Overloaded));
    assert!(matches!(store.commit_blocking(Writes::new()), Err(Error::Refused(Refused::Overloaded))));
}

#[test]
fn a_place_that_was_promised_is_kept_when_the_line_is_full_and_at_its_end() {
    let folder = Folder::new();
    let store = Store::open(Settings { queue_max: 1, ..folder.settings() }).unwrap();
    drop(store.queue().room().unwrap());
    let room = store.queue().room().unwrap();
    assert_eq!(store.queue().room().err(), Some(Refused::Overloaded));
    let closing = thread::spawn({
        let store = store.clone();
        move || store.close()
    });
    while store.accepting() != Err(Refused::Closing) {
        thread::yield_now();
    }
    room.put(writes(|w| w.session(&session("u", 1))), Answer::Nobody);
    closing.join().unwrap();
    assert_eq!(store.session(&key("u")).unwrap(), Some(session("u", 1)));
}

#[test]
fn a_failed_sync_is_answered_to_nobody_and_ends_the_process() {
    static ENDS: AtomicU32 = AtomicU32::new(0);
    fn count_end() {
        ENDS.fetch_add(1, Relaxed);
    }
    let folder = Folder::new();
    let mut disk = Disk::open(&folder.0, 8 << 20, count_end).unwrap();
    // A device that cannot be synced stands for a disk that fails.
    disk.sync_by_hand = Some(File::open("/dev/null").unwrap());
    let store = Store::on(disk, folder.settings());
    let outcome = store.commit_blocking(writes(|w| w.session(&session("u", 1))));
    assert!(matches!(outcome, Err(Error::Broken { .. })), "{outcome:?}");
    assert_eq!(ENDS.load(Relaxed), 1);
}

#[test]
fn many_long_values_in_one_group_become_no_files_that_sled_never_syncs() {
    let folder = Folder::new();
    let store = folder.open();
    let users: Vec<String> = (0..300).map(|n| format!("user {n}")).collect();
    let long = |user: &String| writes(|w| w.session(&long_session(user, 1, 20_000)));
    commit_as_one_group(&store, users.iter().map(long).collect());
    drop(store);
    let store = folder.open();
    for user in &users {
        assert_eq!(store.session(&key(user)).unwrap(), Some(long_session(user, 1, 20_000)));
    }
    assert_eq!(std::fs::read_dir(folder.0.join("blobs")).unwrap().count(), 0);
}
