//! What a start finds, proves and explains.

use std::fs;

use super::*;
use crate::store::key;
use crate::store::{Error, Refused, sync};

#[test]
fn what_was_committed_is_there_after_the_store_is_opened_again() {
    let folder = Folder::new();
    let store = folder.open();
    commit(&store, |w| w.session(&session("u", 3)));
    drop(store);
    assert_eq!(folder.open().session(&key("u")).unwrap(), Some(session("u", 3)));
}

#[test]
fn a_store_has_a_secret_that_stays_and_that_no_other_store_has() {
    let (folder, other) = (Folder::new(), Folder::new());
    let secret = folder.open().secret().to_owned();
    assert_eq!(secret.len(), 64);
    assert_eq!(folder.open().secret(), secret);
    assert_ne!(other.open().secret(), secret);
}

#[test]
#[cfg(target_os = "linux")]
fn every_flush_goes_through_our_sync_file_range_to_fsync() {
    let folder = Folder::new();
    let store = folder.open();
    assert!(store.disk().sync_by_hand.is_none(), "the self-test found the fallback in force");
    let before = sync::calls();
    commit(&store, |w| w.session(&session("u", 1)));
    assert!(sync::calls() > before);
}

#[test]
fn a_second_antiphon_in_the_same_folder_is_told_so() {
    let folder = Folder::new();
    let _first = folder.open();
    let error = Store::open(folder.settings()).err().unwrap();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    assert!(error.to_string().starts_with("another antiphon uses "), "{error}");
}

#[test]
fn a_damaged_snapshot_is_moved_aside_and_everything_comes_back() {
    let folder = Folder::new();
    for turn in 1..=2 {
        let store = folder.open();
        commit(&store, |w| w.session(&session("u", turn)));
    }
    let snapshots = || {
        let names = fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path());
        names
            .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("snap."))
            .collect::<Vec<_>>()
    };
    assert!(!snapshots().is_empty());
    for snapshot in snapshots() {
        fs::write(snapshot, b"a snapshot that does not fit its checksum").unwrap();
    }
    let store = folder.open();
    assert_eq!(store.session(&key("u")).unwrap(), Some(session("u", 2)));
    let aside = fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(aside.into_iter().any(|name| name.to_string_lossy().starts_with("damaged-snap.")));
}

#[test]
fn a_snapshot_that_a_kill_left_half_written_does_not_stop_a_start() {
    let folder = Folder::new();
    commit(&folder.open(), |w| w.session(&session("u", 1)));
    fs::write(folder.0.join("snap.FFFFFFFFFFFFFFFF.generating"), b"half").unwrap();
    assert_eq!(folder.open().session(&key("u")).unwrap(), Some(session("u", 1)));
}

#[test]
fn a_store_of_another_format_is_refused_with_both_numbers() {
    let folder = Folder::new();
    overwrite(&folder.open(), key::FORMAT, &9_u32.to_be_bytes());
    let error = Store::open(folder.settings()).err().unwrap().to_string();
    assert!(error.contains("has format 9, this antiphon reads format 1"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_written_is_explained() {
    let folder = Folder::new();
    fs::write(&folder.0, b"a file in the place of the folder").unwrap();
    let error = Store::open(folder.settings()).err().unwrap();
    assert!(matches!(error, Error::Open { .. }), "{error}");
    fs::remove_file(&folder.0).unwrap();
}

#[test]
fn a_disk_that_is_nearly_full_takes_nothing_new_but_finishes_what_was_begun() {
    let folder = Folder::new();
    let store = Store::open(Settings { free_min_bytes: u64::MAX, ..folder.settings() }).unwrap();
    assert_eq!(store.accepting(), Err(Refused::DiskFull));
    commit(&store, |w| w.session(&session("u", 1)));
}

#[test]
fn a_store_with_room_accepts() {
    let folder = Folder::new();
    assert_eq!(folder.open().accepting(), Ok(()));
}
