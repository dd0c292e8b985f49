//! A store with callbacks that are owed.

use std::path::Path;

use antiphon::clock;
use antiphon::model::{Callback, Output, SessionId, Speaker};
use antiphon::store::{Settings, Store, Writes};

/// Of each session.
const OUTPUTS: usize = 5;

/// So many callbacks in all, spread evenly over the endpoints `host-0`, `host-1`, …
pub fn fill(state: &Path, endpoints: usize, callbacks: usize) {
    let settings = Settings {
        path: state.to_owned(),
        cache_bytes: 128 << 20,
        queue_max: 100,
        free_min_bytes: 0,
        free_min_percent: 0,
    };
    let store = Store::open(settings).expect("nobody else has it open");
    let sessions: Vec<usize> = (0..callbacks / OUTPUTS).collect();
    for sessions in sessions.chunks(2_000) {
        let mut writes = Writes::new();
        sessions.iter().for_each(|session| owe(&mut writes, *session, endpoints));
        store.commit_blocking(writes).expect("there is room on the disk");
    }
    store.close();
}

fn owe(writes: &mut Writes, session: usize, endpoints: usize) {
    let endpoint = format!("host-{}", session % endpoints);
    let id = SessionId { endpoint, user_id: format!("user-{session}"), session_id: "1".to_owned() };
    let now = clock::now();
    for sequence in 1..=OUTPUTS as u64 {
        let output = Output {
            text: "Your order is on its way.".to_owned(),
            data: Default::default(),
            source: Speaker::Bot,
        };
        let body = output.body(&id, "0197a1f0-0000-7000-8000-000000000000");
        writes.callback(&id.key(), now, &Callback { id: id.clone(), sequence, created_at: now, body });
    }
}
