//! The store as its users see it: what is kept, what is refused, what happens to damaged rows.
//! Here is what all of these tests need; the stories are beside it.

mod client;
mod committing;
mod deliveries;
mod opening;
mod programs;
mod reading;

use std::path::PathBuf;

use serde_json::json;

use super::queue::{Answer, Entry, Outcome};
use super::{Settings, Store, Writes, committer};
use crate::model::{Callback, Input, Map, Number, Queued, Record, Session, SessionId, SessionKey, Source};

const NOW: u64 = 1_800_000_000_000;

/// A folder of its own for each test, removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        Folder(std::env::temp_dir().join(format!("antiphon-store-{}", uuid::Uuid::new_v4())))
    }

    fn settings(&self) -> Settings {
        Settings {
            path: self.0.clone(),
            cache_bytes: 8 << 20,
            queue_max: 1000,
            free_min_bytes: 0,
            free_min_percent: 0,
        }
    }

    fn open(&self) -> Store {
        Store::open(self.settings()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A test that never opened its store has no folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn id(user: &str) -> SessionId {
    SessionId { endpoint: "shop".into(), user_id: user.into(), session_id: "s1".into() }
}

fn key(user: &str) -> SessionKey {
    id(user).key()
}

fn session(user: &str, turns: u64) -> Session {
    Session { turns, ..Session::new(id(user), NOW) }
}

fn long_session(user: &str, turns: u64, bytes: usize) -> Session {
    let mut session = session(user, turns);
    session.context.insert("long".into(), json!("x".repeat(bytes)));
    session
}

fn input(text: &str) -> Input {
    Input {
        input_id: "i".into(),
        trace_id: "t".into(),
        source: Source::User,
        text: text.into(),
        data: None,
        received_at: NOW,
    }
}

fn queued(sequence: u64) -> Queued {
    Queued {
        id: session("u", 0).id,
        input: input("hello"),
        sequence,
        reminder: None,
        tries: 0,
        called: Vec::new(),
        notes: Vec::new(),
    }
}

fn callback(sequence: u64, body: &str) -> Callback {
    Callback { id: id("u"), sequence, created_at: NOW, body: body.into() }
}

fn number(user: &str, started_at: u64, sequence: u64) -> Number {
    Number { session: key(user), started_at, sequence }
}

fn record(turn: u64) -> Record {
    Record {
        turn,
        sequence: turn,
        at: NOW,
        seed: 1,
        program: None,
        profile: None,
        input: input("hello"),
        woken: None,
        suspended: false,
        outputs: Vec::new(),
        transformed: Vec::new(),
        called: Vec::new(),
        notes: Vec::new(),
    }
}

fn map(name: &str, value: &str) -> Map {
    Map::from_iter([(name.to_owned(), json!(value))])
}

/// `writes(|w| w.session(…))`.
fn writes(fill: impl FnOnce(&mut Writes)) -> Writes {
    let mut writes = Writes::new();
    fill(&mut writes);
    writes
}

fn commit(store: &Store, fill: impl FnOnce(&mut Writes)) {
    store.commit_blocking(writes(fill)).unwrap();
}

/// What the committer makes of writes that all wait at once.
fn commit_as_one_group(store: &Store, writes: Vec<Writes>) -> Vec<Outcome> {
    let entry = |writes| Entry { writes, answer: Answer::Nobody };
    committer::commit(store.disk(), &mut writes.into_iter().map(entry).collect::<Vec<_>>()).unwrap()
}

/// How many rows of any kind there are.
fn count_rows(store: &Store) -> usize {
    store.disk().range::<&[u8]>(..).count()
}

/// Changes the bytes of a row behind the store's back.
fn overwrite(store: &Store, key: &[u8], value: &[u8]) {
    let mut batch = sled::Batch::default();
    batch.insert(key, value);
    store.disk().commit(batch).unwrap();
}
