//! The store of a server that does not run: what tests leave in it, and what they damage behind its back.

use std::path::Path;

use antiphon::model::{Callback, Input, Output, Queued, Session, SessionId, Source, Speaker};
use antiphon::store::{Settings, Store, Writes};

pub fn store(state: &Path) -> Store {
    let settings = Settings {
        path: state.to_owned(),
        cache_bytes: 64 << 20,
        queue_max: 100,
        free_min_bytes: 0,
        free_min_percent: 0,
    };
    Store::open(settings).expect("nobody else has it open")
}

pub fn session_id(endpoint: &str, user: &str, session: &str) -> SessionId {
    let [endpoint, user_id, session_id] = [endpoint, user, session].map(str::to_owned);
    SessionId { endpoint, user_id, session_id }
}

/// A session at the endpoint `shop` that remembers as much as a small order.
pub fn quiet(number: usize, now: u64) -> Session {
    let mut session = Session::new(numbered(number), now);
    session.inputs = 7;
    session.turns = 7;
    session.context.insert("order".to_owned(), "x".repeat(200).into());
    session
}

/// Of such a session, an input that waits and a callback that is owed.
pub fn leave_work(store: &Store, number: usize, now: u64) {
    let id = numbered(number);
    let input = Input {
        input_id: "i".to_owned(),
        trace_id: "t".to_owned(),
        source: Source::User,
        text: "it waited".to_owned(),
        data: None,
        received_at: now,
    };
    let output = Output { text: "it was owed".to_owned(), data: Default::default(), source: Speaker::Bot };
    let body = output.body(&id, "t");
    let callback = Callback { id: id.clone(), sequence: 1, created_at: now, body };
    let mut session = quiet(number, now);
    session.outputs = 1;
    let mut writes = Writes::new();
    writes.session(&session);
    writes.callback(&id.key(), now, &callback);
    writes.enqueue(
        &id.key(),
        now,
        &Queued {
            id: id.clone(),
            input,
            sequence: 8,
            reminder: None,
            tries: 0,
            called: Vec::new(),
            notes: Vec::new(),
        },
    );
    store.commit_blocking(writes).expect("there is room on the disk");
}

fn numbered(number: usize) -> SessionId {
    session_id("shop", &format!("user-{number}"), "1")
}

/// Makes the first row with this prefix one that nobody can read.
pub fn tear_row(db: &sled::Db, prefix: &[u8]) {
    let (key, _) = db.scan_prefix(prefix).next().expect("there is one").expect("sled reads");
    db.insert(key, b"torn").expect("sled writes");
    db.flush().expect("sled writes");
}

/// Changes the last byte of a row.
pub fn change_row(state: &Path, key: &[u8]) {
    let db = sled::open(state).expect("the server has ended");
    let mut row = db.get(key).expect("sled reads").expect("the row is there").to_vec();
    let last = row.len() - 1;
    row[last] ^= 1;
    db.insert(key, row).expect("sled writes");
    db.flush().expect("sled writes");
}
