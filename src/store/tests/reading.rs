//! What is read back: ranges, places, ages, and rows that are damaged.

use super::*;
use crate::model::{
    Accepted, Awaited, Number, Owed, ProgramHash, ProgramSource, Quarantined, Response, Seen, Stored, Told,
    UserKey, Wait, Within,
};
use crate::store::{Damage, Error, Place, Row, key as place};

const HOUR: u64 = 60 * 60 * 1000;

fn damage<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Box<Damage> {
    match outcome {
        Err(Error::Damaged(damage)) => damage,
        other => panic!("{other:?}"),
    }
}

#[test]
fn waiting_inputs_come_in_order_from_one_life_after_the_other() {
    let folder = Folder::new();
    let store = folder.open();
    commit(&store, |w| {
        for sequence in [300, 2, 1] {
            w.enqueue(&key("u"), NOW, &queued(sequence));
        }
        w.enqueue(&key("u"), NOW + 1, &queued(4));
        w.enqueue(&key("v"), NOW, &queued(5));
        w.dequeue(&key("u"), NOW, 2);
    });
    assert_eq!(
        store.queued(&key("u")).unwrap(),
        [(NOW, queued(1)), (NOW, queued(300)), (NOW + 1, queued(4))]
    );
}

#[test]
fn long_values_do_not_disturb_ranges() {
    let folder = Folder::new();
    let store = folder.open();
    let long = "x".repeat(30_000);
    commit(&store, |w| {
        for sequence in 1..=3 {
            w.callback(&key("u"), NOW, &callback(sequence, &long));
        }
    });
    let sequences = |rows: Vec<(Number, Callback)>| rows.iter().map(|row| row.1.sequence).collect::<Vec<_>>();
    let rows = store.callbacks(&key("u"), None, 9).unwrap();
    assert_eq!(rows[2].1, callback(3, &long));
    assert_eq!(sequences(rows), [1, 2, 3]);
    assert_eq!(store.sessions_with_callbacks(0, 1).unwrap(), [(key("u"), number("u", NOW, 3))]);
}

#[test]
fn a_transcript_goes_on_after_a_turn() {
    let folder = Folder::new();
    let store = folder.open();
    commit(&store, |w| (1..=5).for_each(|turn| w.record(&key("u"), NOW, &record(turn))));
    assert_eq!(store.transcript(&key("u"), NOW, 2, 2).unwrap(), [record(3), record(4)]);
    assert!(store.transcript(&key("u"), NOW + 1, 0, 9).unwrap().is_empty());
}

#[test]
fn every_session_with_work_is_found_in_exactly_its_shard() {
    let folder = Folder::new();
    let store = folder.open();
    let users: Vec<String> = (0..50).map(|n| format!("user {n}")).collect();
    commit(&store, |w| {
        for user in &users {
            (1..=3).for_each(|n| w.callback(&key(user), NOW, &callback(n, "{}")));
            w.session(&session(user, 1));
            w.record(&key(user), NOW, &record(1));
        }
        w.enqueue(&key("user 7"), NOW, &queued(1));
    });
    let mut all: Vec<SessionKey> = users.iter().map(|user| key(user)).collect();
    all.sort();
    let found = |shard| store.sessions_with_callbacks(shard, 3).unwrap().into_iter().map(|(key, _)| key);
    let shards: Vec<Vec<SessionKey>> = (0..3).map(|shard| found(shard).collect()).collect();
    assert!(shards.iter().enumerate().all(|(at, shard)| shard.iter().all(|key| key.shard(3) == at)));
    assert_eq!(shards.concat(), all);
    assert_eq!(store.sessions_with_queue(0, 1).unwrap(), [key("user 7")]);
}

#[test]
fn an_idempotency_key_is_remembered_for_a_day_over_midnight_and_not_longer() {
    let folder = Folder::new();
    let store = folder.open();
    let at = NOW - NOW % (24 * HOUR) + 23 * HOUR;
    let told = Accepted { trace_id: "t".into(), input_id: "i".into(), sequence: 7 };
    let seen = Seen { fingerprint: "f".into(), told, at };
    let (ann, bob) = (Within::Session(key("u")), Within::Session(key("v")));
    commit(&store, |w| w.seen(&ann, "order-1", &seen));
    assert_eq!(store.seen(&ann, "order-1", at).unwrap(), Some(seen.clone()));
    assert_eq!(store.seen(&ann, "order-1", at + 23 * HOUR).unwrap(), Some(seen));
    assert_eq!(store.seen::<Accepted>(&ann, "order-1", at + 24 * HOUR).unwrap(), None);
    assert_eq!(store.seen::<Accepted>(&ann, "order-2", at).unwrap(), None);
    assert_eq!(store.seen::<Accepted>(&bob, "order-1", at).unwrap(), None);
}

#[test]
fn whatever_a_caller_was_told_at_an_endpoint_comes_back_whole() {
    let folder = Folder::new();
    let store = folder.open();
    let accepted = Accepted { trace_id: "t".into(), input_id: "i".into(), sequence: 7 };
    let headers = vec![("x-mine".to_owned(), "1".to_owned())];
    let response = Response { status: 201, headers, body: "long ".repeat(10_000) };
    let (shop, other) = (Within::Endpoint("shop".to_owned()), Within::Endpoint("other".to_owned()));
    let rows = count_rows(&store);
    for (key, told) in [
        ("accepted", Told::Accepted(accepted)),
        ("dropped", Told::dropped("t")),
        ("itself", Told::Itself(response)),
    ] {
        let seen = Seen { fingerprint: "f".into(), told, at: NOW };
        commit(&store, |w| w.seen(&shop, key, &seen));
        assert_eq!(store.seen(&shop, key, NOW).unwrap(), Some(seen));
        assert_eq!(store.seen::<Told>(&other, key, NOW).unwrap(), None);
    }
    store.sweep_seen(NOW + 48 * HOUR, 10).unwrap();
    store.commit_blocking(Writes::new()).unwrap();
    assert_eq!(count_rows(&store), rows, "no piece of the long one is left");
}

#[test]
fn a_sweep_takes_old_idempotency_keys_a_few_at_a_time_and_no_others() {
    let folder = Folder::new();
    let store = folder.open();
    let seen = |at| Seen { fingerprint: String::new(), told: Told::dropped("t"), at };
    let (ann, shop) = (Within::Session(key("u")), Within::Endpoint("shop".to_owned()));
    commit(&store, |w| {
        (0..3).for_each(|n| w.seen(&ann, &format!("old {n}"), &seen(NOW - 48 * HOUR)));
        (3..5).for_each(|n| w.seen(&shop, &format!("old {n}"), &seen(NOW - 48 * HOUR)));
        w.seen(&ann, "fresh", &seen(NOW - 23 * HOUR));
    });
    let rows = count_rows(&store);
    let mut swept = Vec::new();
    for _ in 0..3 {
        swept.push(store.sweep_seen(NOW, 3).unwrap());
        store.commit_blocking(Writes::new()).unwrap();
    }
    assert_eq!(swept, [3, 2, 0]);
    assert_eq!(count_rows(&store), rows - 5);
    assert!(store.seen::<Told>(&ann, "fresh", NOW).unwrap().is_some());
}

#[test]
fn profiles_programs_and_quarantined_items_read_back() {
    let folder = Folder::new();
    let store = folder.open();
    let user = UserKey::of("u");
    let hash = ProgramHash::of(&["a"]);
    let source = ProgramSource { flow: "a".into(), sources: [("a".into(), "- say: hi".into())].into() };
    let item = |at| Quarantined {
        key: key("u").to_string(),
        id: Some(id("u")),
        input: Some(input("poison")),
        bytes: None,
        reason: "it panicked twice".into(),
        at,
    };
    assert!(store.profile(&user).unwrap().is_empty());
    commit(&store, |w| {
        w.profile(&user, &map("name", "Ann"));
        w.program(&hash, &source);
        w.quarantine(&item(NOW + 1));
        w.quarantine(&item(NOW));
    });
    assert_eq!(store.profile(&user).unwrap(), map("name", "Ann"));
    assert_eq!(store.program(&hash).unwrap(), Some(source));
    assert_eq!(store.quarantined(9).unwrap(), [item(NOW), item(NOW + 1)]);
}

#[test]
fn a_damaged_session_is_reported_with_its_bytes_and_can_be_begun_anew() {
    let folder = Folder::new();
    let store = folder.open();
    commit(&store, |w| w.session(&long_session("u", 1, 9000)));
    let row = place::session(&key("u"));
    let mut bytes = store.disk().get(&row).unwrap().unwrap().to_vec();
    bytes[100] ^= 1;
    overwrite(&store, &row, &bytes);
    let damage = damage(store.session(&key("u")));
    assert_eq!((damage.row, damage.session), (Row::Session, Some(key("u"))));
    assert!(damage.bytes.len() > 9000, "all of the row is there to be looked at");
    commit(&store, |w| w.session(&session("u", 1)));
    assert_eq!(store.session(&key("u")).unwrap(), Some(session("u", 1)));
}

#[test]
fn a_long_value_that_lost_a_chunk_is_reported() {
    let folder = Folder::new();
    let store = folder.open();
    commit(&store, |w| w.session(&long_session("u", 1, 9000)));
    let mut batch = sled::Batch::default();
    batch.remove(place::chunk(&place::session(&key("u")), 2));
    store.disk().commit(batch).unwrap();
    damage(store.session(&key("u")));
}

#[test]
fn a_torn_input_in_a_queue_is_reported_with_its_place_and_can_be_taken_out() {
    let folder = Folder::new();
    let store = folder.open();
    commit(&store, |w| (1..=3).for_each(|n| w.enqueue(&key("u"), NOW, &queued(n))));
    overwrite(&store, &place::numbered(Row::Queued, &key("u"), NOW, 2), b"torn");
    let damage = damage(store.queued(&key("u")));
    assert_eq!((damage.session, damage.place), (Some(key("u")), Some((NOW, 2))));
    commit(&store, |w| w.dequeue(&key("u"), NOW, 2));
    assert_eq!(store.queued(&key("u")).unwrap(), [(NOW, queued(1)), (NOW, queued(3))]);
}

#[test]
fn sessions_come_in_pages_and_one_that_is_damaged_hides_no_other() {
    let folder = Folder::new();
    let store = folder.open();
    let users = ["u", "v", "w", "x"];
    commit(&store, |w| users.iter().for_each(|user| w.session(&long_session(user, 1, 9_000))));
    overwrite(&store, &place::session(&key("w")), b"broken");
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store.sessions(after.as_ref(), 3).unwrap();
        after = page.last().map(|(key, _)| *key);
        let short = page.len() < 3;
        found.extend(page);
        if short {
            break;
        }
    }
    let keys: Vec<_> = found.iter().map(|(key, _)| *key).collect();
    let mut expected = users.map(key);
    expected.sort();
    assert_eq!(keys, expected);
    for (at, session) in found {
        match session {
            Ok(session) => assert_eq!(session.map(|session| session.id.key()), Some(at)),
            Err(_) => assert_eq!(at, key("w")),
        }
    }
}

fn owed(user: &str, due_at: u64, wait: u64) -> Owed {
    let wait = Wait { id: wait, due_at, what: Awaited::Time };
    Owed { id: id(user), started_at: NOW, wait, tries: 0 }
}

#[test]
fn what_is_waited_for_comes_in_the_order_in_which_it_is_due_a_page_at_a_time() {
    let folder = Folder::new();
    let store = folder.open();
    commit(&store, |w| {
        for (user, due_at, wait) in [("u", 300, 1), ("v", 20, 7), ("u", 20, 2), ("w", 1, 1)] {
            w.owe(&owed(user, due_at, wait));
        }
    });
    let due = |after: Option<&Place>, until, max| {
        let places = store.due(after, until, max).unwrap();
        (places.iter().map(|place| place.due_at).collect::<Vec<_>>(), places.last().copied())
    };
    assert_eq!(due(None, 301, 9).0, [1, 20, 20, 300]);
    assert_eq!(due(None, 300, 9).0, [1, 20, 20]);
    let (first, last) = due(None, 301, 2);
    assert_eq!((first, due(last.as_ref(), 301, 9).0), (vec![1, 20], vec![20, 300]));
    assert_eq!(due(Some(&Place::first_at(300)), 301, 9).0, [300]);
}

#[test]
fn a_wait_that_was_called_off_is_not_there_any_more() {
    let folder = Folder::new();
    let store = folder.open();
    let (kept, gone) = (owed("u", 5, 1), owed("u", 5, 2));
    commit(&store, |w| {
        w.owe(&kept);
        w.owe(&gone);
        w.forget_wait(&Place::of(&gone));
    });
    assert_eq!(store.owed(&Place::of(&kept)).unwrap(), Some(kept.clone()));
    assert_eq!(store.owed(&Place::of(&gone)).unwrap(), None);
    assert_eq!(store.due(None, u64::MAX, 9).unwrap(), [Place::of(&kept)]);
}

#[test]
fn storages_of_transformers_come_by_shard_and_a_damaged_one_hides_no_other() {
    let folder = Folder::new();
    let store = folder.open();
    let users = ["a", "b", "c", "d", "e", "f"];
    let stored = |user: &str| Stored { expires_at: NOW, values: map("name", user) };
    commit(&store, |w| users.iter().for_each(|user| w.storage(&key(user), &stored(user))));
    assert_eq!(store.storage(&key("a")).unwrap(), Some(stored("a")));
    overwrite(&store, &place::storage(&key("b")), b"torn");
    let mut found = Vec::new();
    for shard in 0..3 {
        let mut after = None;
        while let Some((key, read)) = store.storages((shard, 3), after.as_ref(), 1).unwrap().pop() {
            assert_eq!(key.shard(3), shard);
            after = Some(key);
            found.push((key, read.is_ok()));
        }
    }
    let mut expected = users.map(|user| (key(user), user != "b"));
    expected.sort();
    assert_eq!(found, expected);
    commit(&store, |w| w.forget_storage(&key("a")));
    assert_eq!(store.storage(&key("a")).unwrap(), None);
}
