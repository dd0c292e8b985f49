//! Flows and rows that would bring a careless engine down: each ends in a fault that can be seen, the session's next
//! input works, and so does everybody else.

use std::path::Path;
use std::thread;
use std::time::Instant;

use antiphon::model::{Input, Queued, Source};
use antiphon::store::Writes;

use crate::support::{Engine, PATIENCE, Project, Receiver, change_row, session_id, store, tear_row};

/// Each word does its worst; every other one is counted and told.
const FLOW: &str = r#"
- code: "context.n = (context.n ?? 0) + 1"
- switch: input.text
  cases:
    loop: [{ code: "while (true) {}" }]
    memory: [{ code: "const all = []; while (true) all.push('x'.repeat(1000) + all.length);" }]
    one-block: [{ code: "new Uint8Array(1e9).fill(1)" }]
    throw: [{ code: "throw new Error('on purpose')" }]
    recursion: [{ code: "const deeper = () => 1 + deeper(); deeper();" }]
    regex: [{ code: "/^(a+)+$/.test('a'.repeat(40) + 'b')" }]
    context: [{ code: "context.big = 'x'.repeat(200000)" }]
    flows: [{ run: main }]
    steps: [{ each: { in: "Array.from({ length: 2000 }, (_, n) => n)", as: n, do: [{ set: { context.last: "{{ n }}" } }] } }]
- id: again
  if: "input.text == 'goto'"
  then: [{ goto: again }]
- say: "{{ input.text }} {{ context.n }}"
"#;

fn poisoned(receiver: &Receiver) -> Engine {
    let project = Project::new(FLOW).door("shop", receiver, "");
    Engine::start(project.limit("scriptSteps: 3000000").limit("scriptMemoryBytes: 16777216"))
}

#[test]
fn a_turn_that_does_its_worst_ends_in_a_fault_and_the_next_input_works() {
    let receiver = Receiver::start();
    let engine = poisoned(&receiver);
    let worst =
        ["loop", "memory", "one-block", "throw", "recursion", "regex", "context", "flows", "steps", "goto"];
    for (done, word) in worst.into_iter().enumerate() {
        let session = engine.session("shop", word, "1");
        assert_eq!((session.says(word), session.says("hello")), (1, 2), "{word}");
        // Not "hello 1": what the turn changed before its fault is kept.
        let told = receiver.texts(done + 1);
        let hello = if word == "context" || word == "flows" { "hello " } else { "hello 2" };
        assert!(told[done].starts_with(hello), "{word}: {told:?}");
        assert_eq!(session.faults().len(), 1, "{word}: {:?}", session.transcript());
    }
}

#[test]
fn a_turn_that_never_ends_holds_up_nobody_else() {
    let receiver = Receiver::start();
    let project = Project::new(FLOW).door("shop", &receiver, "").limit("scriptSteps: 100000000000");
    let engine = Engine::start(project);
    let stuck = engine.session("shop", "stuck", "1");
    stuck.says("loop");
    stuck.says("waits");
    for user in ["ann", "bob", "cyd"] {
        let session = engine.session("shop", user, "1");
        session.says("hello");
        session.says("hello");
    }
    let mut told = receiver.texts(6);
    told.sort();
    assert_eq!(told, ["hello 1", "hello 1", "hello 1", "hello 2", "hello 2", "hello 2"]);
    // The queue of the stuck session is not lost by a kill either: that is what tests/serve/kill.rs shows.
    assert_eq!(stuck.get("").status, 404, "no turn of it was committed");
}

#[test]
fn a_damaged_state_is_set_aside_and_the_session_begins_anew() {
    let receiver = Receiver::start();
    let mut engine = poisoned(&receiver);
    let (ann, bob) = (engine.session("shop", "ann", "1"), engine.session("shop", "bob", "1"));
    ann.says("one");
    bob.says("one");
    receiver.got(2);
    engine.terminate();
    damage(&engine, "ann");
    engine.start_again();
    assert_eq!((ann.says("two"), bob.says("two")), (1, 2));
    let mut told = receiver.texts(4).split_off(2);
    told.sort();
    assert_eq!(told, ["two 1", "two 2"]);
    assert!(ann.faults()[0].contains("checksum"), "{:?}", ann.faults());
    assert_eq!(bob.faults(), [""; 0]);
    let listed = engine.manage("GET", "/quarantine").json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed["items"][0]["id"]["userId"], "ann");
}

#[test]
fn a_waiting_input_that_cannot_be_read_holds_up_no_other() {
    let receiver = Receiver::start();
    let mut engine = poisoned(&receiver);
    let users = ["ann", "bob", "cyd", "dan"];
    for user in users {
        engine.session("shop", user, "1").says("one");
    }
    receiver.got(users.len());
    engine.terminate();
    let store = store(&engine.project.state);
    for user in users {
        let id = session_id("shop", user, "1");
        let mut writes = Writes::new();
        for sequence in [2, 3] {
            let [input_id, trace_id] = ["i", "t"].map(str::to_owned);
            let text = format!("{user} {sequence}");
            let input = Input { input_id, trace_id, source: Source::User, text, data: None, received_at: 1 };
            let queued = Queued {
                id: id.clone(),
                input,
                sequence,
                reminder: None,
                tries: 0,
                called: Vec::new(),
                notes: Vec::new(),
            };
            writes.enqueue(&id.key(), 1, &queued);
        }
        store.commit_blocking(writes).expect("there is room on the disk");
    }
    store.close();
    drop(store);
    let db = sled_after(&engine.project.state);
    let waiting_inputs = |user| [b"q", &session_id("shop", user, "1").key().0[..]].concat();
    users[..3].iter().for_each(|user| tear_row(&db, &waiting_inputs(user)));
    drop(db);
    engine.start_again();
    let mut texts = receiver.texts(9).split_off(4);
    texts.sort();
    assert_eq!(texts, ["ann 3 2", "bob 3 2", "cyd 3 2", "dan 2 2", "dan 3 3"]);
}

/// The store, after another handle of this process let go of it: sled's threads hold its lock for a moment longer.
fn sled_after(state: &Path) -> sled::Db {
    let since = Instant::now();
    loop {
        match sled::open(state) {
            Ok(db) => return db,
            Err(error) => assert!(since.elapsed() < PATIENCE, "{error}"),
        }
        thread::yield_now();
    }
}

/// Changes one byte of the row that holds the state of this user's session.
fn damage(engine: &Engine, user: &str) {
    let key = [b"s", &session_id("shop", user, "1").key().0[..]].concat();
    change_row(&engine.project.state, &key);
}
