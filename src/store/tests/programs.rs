//! Which programs stay: those that are current, and those that a lease says are needed.

use std::collections::HashSet;

use super::*;
use crate::model::{ProgramHash, ProgramSource};
use crate::store::day_of;

const DAY: u64 = 24 * 60 * 60 * 1000;

fn program(name: &str) -> (ProgramHash, ProgramSource) {
    let source = ProgramSource { flow: name.into(), sources: [(name.into(), "- say: hi".into())].into() };
    (ProgramHash::of(&[name]), source)
}

fn keep(store: &Store, names: &[&str]) {
    commit(store, |w| {
        for (hash, source) in names.iter().map(|name| program(name)) {
            w.program(&hash, &source);
        }
    });
}

fn lease(store: &Store, name: &str, until: u64) {
    commit(store, |w| w.lease(&program(name).0, day_of(until)));
}

fn current(names: &[&str]) -> HashSet<ProgramHash> {
    names.iter().map(|name| program(name).0).collect()
}

/// The flows of the programs that are stored, sorted.
fn stored(store: &Store) -> Vec<String> {
    let programs = store.programs(None, 100).unwrap();
    let mut flows: Vec<String> = programs.into_iter().map(|(_, source)| source.flow).collect();
    flows.sort();
    flows
}

#[test]
fn a_program_whose_lease_is_past_is_dropped_with_its_leases_and_one_that_is_needed_is_not() {
    let folder = Folder::new();
    let store = folder.open();
    let rows = count_rows(&store);
    keep(&store, &["current", "needed", "past"]);
    lease(&store, "current", NOW - DAY);
    lease(&store, "past", NOW - 9 * DAY);
    lease(&store, "past", NOW - DAY);
    lease(&store, "needed", NOW - DAY);
    lease(&store, "needed", NOW);
    assert_eq!(store.drop_programs(&current(&["current"]), NOW).unwrap(), 1);
    assert_eq!(stored(&store), ["current", "needed"]);
    assert_eq!(count_rows(&store), rows + 3, "two programs and the lease of one");
    assert_eq!(store.drop_programs(&current(&["current"]), NOW + DAY).unwrap(), 1);
    assert_eq!(stored(&store), ["current"]);
}

#[test]
fn a_program_that_was_never_leased_gets_a_while_before_it_goes() {
    let folder = Folder::new();
    let store = folder.open();
    keep(&store, &["new"]);
    for days in [0, 1, 7] {
        assert_eq!(store.drop_programs(&current(&[]), NOW + days * DAY).unwrap(), 0);
    }
    assert_eq!(store.drop_programs(&current(&[]), NOW + 8 * DAY).unwrap(), 1);
    assert!(stored(&store).is_empty());
}

#[test]
fn a_lease_that_two_shards_write_in_one_group_is_there_once_and_holds() {
    let folder = Folder::new();
    let store = folder.open();
    keep(&store, &["a"]);
    let rows = count_rows(&store);
    let (hash, day) = (program("a").0, day_of(NOW));
    assert!(!store.is_leased(&hash, day).unwrap());
    let both = [NOW, NOW + 1].map(|at| writes(|w| w.lease(&hash, day_of(at))));
    commit_as_one_group(&store, both.into());
    assert_eq!(count_rows(&store), rows + 1);
    assert!(store.is_leased(&hash, day).unwrap());
    assert_eq!(store.drop_programs(&current(&[]), NOW).unwrap(), 0);
}

#[test]
fn programs_are_listed_by_hash_in_pages() {
    let folder = Folder::new();
    let store = folder.open();
    keep(&store, &["a", "b", "c"]);
    lease(&store, "a", NOW);
    let all = store.programs(None, 9).unwrap();
    assert!(all.is_sorted_by_key(|(hash, _)| hash.clone()));
    assert_eq!((all.len(), store.programs(None, 2).unwrap()), (3, all[..2].to_vec()));
    assert_eq!(store.programs(Some(&all[1].0), 9).unwrap(), all[2..]);
}
