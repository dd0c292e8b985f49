//! A store with callbacks that are owed.

use std::path::Path;

use antiphon::clock;
use antiphon::model::{Callback, Output, SessionId, Speaker};
use antiphon::store::Writes;

use crate::load;

/// Of each session.
const OUTPUTS: usize = 5;

/// So many callbacks in all, spread evenly over the endpoints `host-0`, `host-1`, …
pub fn fill(state: &Path, endpoints: usize, callbacks: usize) {
    load::fill(state, callbacks / OUTPUTS, |writes, session| owe(writes, session, endpoints));
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
