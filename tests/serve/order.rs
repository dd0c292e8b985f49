//! Order under load: whatever comes at once, a session takes it one by one, and its webhook hears it so.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;

use serde_json::json;

use crate::support::{Engine, Project, Receiver, told};

/// Counts, and tells the count with what it heard.
const COUNTER: &str = r#"
- code: "context.n = (context.n ?? 0) + 1"
- say: "{{ context.n }} {{ input.text }}"
"#;

#[test]
fn two_hundred_inputs_at_once_are_two_hundred_turns_in_the_order_of_their_numbers() {
    const INPUTS: usize = 200;
    let receiver = Receiver::start();
    let project = Project::new(COUNTER);
    let webhook = format!("webhook: {{ url: \"{}\" }}\nsession: {{ queueMax: 1000 }}", receiver.url());
    let engine = Engine::start(project.endpoint("shop", &webhook));
    let session = engine.session("shop", "ann", "1");
    let at_once = Barrier::new(INPUTS);
    let mut said: Vec<(u64, String)> = thread::scope(|scope| {
        let say = |text: String| {
            let (session, at_once) = (&session, &at_once);
            move || {
                let mut connection = session.connect().expect("the server is ready");
                at_once.wait();
                let answer = session.post_over(&mut connection, "", &json!({ "text": text }), &[]);
                (answer.expect("the server answers").sequence(), text)
            }
        };
        let callers: Vec<_> = (0..INPUTS).map(|n| scope.spawn(say(format!("input-{n}")))).collect();
        callers.into_iter().map(|caller| caller.join().expect("no caller panics")).collect()
    });
    said.sort();
    let numbers: Vec<u64> = said.iter().map(|(sequence, _)| *sequence).collect();
    assert_eq!(numbers, (1..=INPUTS as u64).collect::<Vec<_>>());
    let told = told(&receiver.got(INPUTS));
    let expected: Vec<String> = said.iter().map(|(sequence, text)| format!("{sequence} {text}")).collect();
    assert_eq!(told[&("ann".to_owned(), "1".to_owned())].texts, expected);
    assert_eq!(session.state()["context"]["n"], INPUTS);
}

#[test]
fn five_hundred_sessions_at_once_each_keep_their_order() {
    const SESSIONS: usize = 500;
    const INPUTS: usize = 20;
    const CONNECTIONS: usize = 64;
    let receiver = Receiver::start();
    let engine = Engine::start(Project::new(COUNTER).door("shop", &receiver, ""));
    let sessions: Vec<_> = (0..SESSIONS).map(|n| engine.session("shop", &format!("user-{n}"), "1")).collect();
    let next = AtomicUsize::new(0);
    // The trace of each input, by session and number.
    let accepted = Mutex::new(vec![BTreeMap::new(); SESSIONS]);
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut connection = sessions[0].connect().expect("the server is ready");
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let session = number % SESSIONS;
                    if number >= SESSIONS * INPUTS {
                        return;
                    }
                    let body = json!({ "text": format!("input-{number}") });
                    let answer = sessions[session].post_over(&mut connection, "", &body, &[]);
                    let answer = answer.expect("the server answers");
                    let trace = answer.json()["traceId"].as_str().expect("a 202 has a trace").to_owned();
                    let before = accepted.lock().unwrap()[session].insert(answer.sequence(), trace);
                    assert_eq!(before, None, "a number was given twice");
                }
            });
        }
    });
    let accepted = accepted.into_inner().unwrap();
    let told = told(&receiver.got(SESSIONS * INPUTS));
    assert_eq!(told.len(), SESSIONS);
    for (n, traces) in accepted.iter().enumerate() {
        let told = &told[&(format!("user-{n}"), "1".to_owned())];
        assert_eq!(traces.keys().copied().collect::<Vec<_>>(), (1..=INPUTS as u64).collect::<Vec<_>>());
        assert_eq!(told.traces, traces.values().cloned().collect::<Vec<_>>());
        assert_eq!(told.doubles, 0);
    }
}
