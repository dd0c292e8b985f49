//! Deliveries as a person handles them, over HTTP and with the commands: looked at in every state, sent again, given up; and
//! that neither wrong questions nor a kill in between change anything.

mod again;
mod batches;
mod commands;
mod lists;
mod one;
mod wrong;

use antiphon::model::{Callback as Owed, DeadLetter, Number};
use antiphon::store::Writes;
use serde_json::{Value, json};

use crate::support::{Answer, Callback, Engine, Project, seen_when, session_id, store, texts};

/// What goes to the webhook is given up after this, and the host is not blamed for it.
const REFUSED: u16 = 404;

fn page(engine: &Engine, query: &str) -> Value {
    let answer = engine.manage("GET", &format!("/deliveries{query}"));
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

/// Those on the first page, which holds a hundred.
fn listed(engine: &Engine, query: &str) -> Vec<Value> {
    page(engine, query)["items"].as_array().expect("a page has items").clone()
}

/// Looks until it is so: what became of an attempt is flushed a moment later.
fn listed_when(engine: &Engine, query: &str, is_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    seen_when(|| listed(engine, query), |items| is_so(items))
}

fn one(engine: &Engine, id: &str) -> Answer {
    engine.manage("GET", &format!("/deliveries/{id}"))
}

/// Looks until the delivery is in this state; all that is told of it then.
fn becomes(engine: &Engine, id: &str, state: &str) -> Value {
    seen_when(|| one(engine, id).json(), |whole| whole["state"] == state)
}

/// `order` is `redeliver` or `bury`.
fn order(engine: &Engine, id: &str, order: &str) -> Answer {
    engine.manage("POST", &format!("/deliveries/{id}/{order}"))
}

/// What came of an order that was taken.
fn ordered(engine: &Engine, id: &str, word: &str) -> String {
    let answer = order(engine, id, word);
    let told = answer.json();
    assert_eq!((answer.status, &told["id"]), (202, &json!(id)), "{told}");
    told["asked"].as_str().expect("it says what came of it").to_owned()
}

fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item[name].as_str().unwrap_or_else(|| panic!("no {name}: {item}"))
}

fn id(callback: &Callback) -> &str {
    callback.header("webhook-id")
}

/// Of each callback: how many before it were given up, as it says.
fn skipped(callbacks: &[Callback]) -> Vec<Option<&str>> {
    callbacks.iter().map(|callback| callback.head.header("antiphon-skipped")).collect()
}

/// Dead letters of a server that does not run: of each endpoint and user one, which died at this time.
fn leave_dead<'a>(project: &Project, letters: impl Iterator<Item = (&'a str, String, u64)>) {
    let store = store(&project.state);
    let mut writes = Writes::new();
    for (endpoint, user, at) in letters {
        let id = session_id(endpoint, &user, "1");
        let number = Number { session: id.key(), started_at: at, sequence: 1 };
        let callback = Owed { id, sequence: 1, created_at: at, body: "{\"old\":true}".to_owned() };
        writes.bury(
            &number,
            &DeadLetter { callback, reason: "it was long ago".to_owned(), attempts: vec![], at },
        );
    }
    store.commit_blocking(writes).expect("there is room on the disk");
    store.close();
}
