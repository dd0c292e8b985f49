//! The life of a session: who it belongs to, what may speak into it, how it ends, and that it goes on after anything.

use std::thread;

use antiphon::store::Writes;
use serde_json::json;

use crate::support::{Engine, JSON, Project, Receiver, Session, session_id, store, texts, told};

/// Counts; "slow" takes the slow lane, "bye" ends the session.
const FLOW: &str = r#"
- code: "context.n = (context.n ?? 0) + 1"
- if: "input.text == 'slow'"
  then:
    - code: "for (let n = 0; n < 1500000; n++);"
- say: "{{ input.source }} {{ input.text }} {{ context.n }}"
- if: "input.text == 'bye'"
  then: [{ stop: session }]
"#;

fn shop(receiver: &Receiver) -> Engine {
    Engine::start(Project::new(FLOW).door("shop", receiver, ""))
}

#[test]
fn a_session_goes_on_after_a_kill() {
    let receiver = Receiver::start();
    let mut engine = shop(&receiver);
    let session = engine.session("shop", "ann", "1");
    session.says("one");
    receiver.got(1);
    for _ in 0..2 {
        engine.kill();
        engine.start_again();
    }
    assert_eq!(session.says("two"), 2);
    assert_eq!(receiver.got_different(2).last().unwrap().text(), "user two 2");
}

#[test]
fn inputs_that_wait_in_a_new_session_keep_their_order_through_kills() {
    let receiver = Receiver::start();
    let mut engine = shop(&receiver);
    let session = engine.session("shop", "ann", "1");
    assert_eq!((session.says("slow"), session.says("slow")), (1, 2));
    // The session exists from its first commit on: what comes now is queued in another state than what came before.
    receiver.got(1);
    assert_eq!((session.says("slow"), session.says("slow")), (3, 4));
    for sequence in 5..7 {
        engine.kill();
        engine.start_again();
        assert_eq!(session.says("slow"), sequence);
    }
    // One that was taken when a kill came is told again.
    let told = told(&receiver.got_different(6));
    let texts = &told[&("ann".to_owned(), "1".to_owned())].texts;
    assert_eq!(*texts, (1..7).map(|n| format!("user slow {n}")).collect::<Vec<_>>());
}

#[test]
fn a_session_that_left_memory_comes_back_with_its_state() {
    let receiver = Receiver::start();
    let project = Project::new(FLOW).door("shop", &receiver, "").limit("passivateAfterSeconds: 1");
    let engine = Engine::start(project.log_level("debug"));
    let session = engine.session("shop", "ann", "1");
    session.says("one");
    engine.wait_for_log("left memory");
    assert_eq!(session.says("two"), 2);
    assert_eq!(receiver.texts(2), ["user one 1", "user two 2"]);
}

#[test]
fn a_session_belongs_to_one_user_at_one_endpoint() {
    let receiver = Receiver::start();
    let project = Project::new(FLOW).door("shop", &receiver, "").door("kiosk", &receiver, "");
    let engine = Engine::start(project);
    for (endpoint, user) in [("shop", "ann"), ("shop", "bob"), ("kiosk", "ann")] {
        let session = engine.session(endpoint, user, "1");
        assert_eq!(session.says("hi"), 1);
        assert_eq!(session.state()["context"]["n"], 1);
    }
    // Names that would be the same when they are put together.
    assert_eq!(engine.session("shop", "ann1", "1").says("hi"), 1);
    assert_eq!(engine.session("shop", "ann", "11").says("hi"), 1);
}

#[test]
fn what_other_systems_say_takes_its_place_in_the_order_of_the_session() {
    let receiver = Receiver::start();
    let engine = shop(&receiver);
    let session = engine.session("shop", "ann", "1");
    let numbers = [
        session.says("hi"),
        session.says("slow"),
        session.notifies("straight to the user"),
        session.injects("paid"),
        session.says("thanks"),
    ];
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    let told = ["user hi 1", "user slow 2", "straight to the user", "inject paid 3", "user thanks 4"];
    assert_eq!(receiver.texts(5), told);
}

#[test]
fn the_older_routes_do_the_same_with_the_token_in_the_body() {
    let receiver = Receiver::start();
    let engine = shop(&receiver);
    engine.session("shop", "ann", "1").says("hi");
    let key = engine.admin_key();
    let headers = [JSON, ("x-api-key", key.as_str())];
    for (how, sequence) in [("notify", 2), ("inject", 3)] {
        let token = &engine.path("shop")[1..];
        let body = json!({ "userId": "ann", "sessionId": "1", "URLToken": token, "text": how });
        let path = format!("/v2.0/endpoint/{how}");
        let answer = engine.connect().post(&path, &headers, body.to_string().as_bytes());
        assert_eq!(answer.expect("the server answers").sequence(), sequence);
    }
    assert_eq!(receiver.texts(3), ["user hi 1", "notify", "inject inject 2"]);
}

#[test]
fn a_session_that_was_stopped_begins_anew_and_its_outputs_count_from_one() {
    let receiver = Receiver::start();
    let engine = shop(&receiver);
    let session = engine.session("shop", "ann", "1");
    assert_eq!((session.says("hi"), session.says("bye")), (1, 2));
    session.post("/notify", &json!({ "text": "too late" }), &[]).problem(404, "unknown-session");
    session.get("").problem(404, "unknown-session");
    assert_eq!(session.says("hi"), 1);
    let got = receiver.got(3);
    assert_eq!(texts(&got), ["user hi 1", "user bye 2", "user hi 1"]);
    assert_eq!(["1", "2", "1"], [0, 1, 2].map(|n: usize| got[n].header("antiphon-sequence")));
    let lives = [0, 1, 2].map(|n: usize| got[n].header("antiphon-started-at").parse::<u64>().unwrap());
    assert!(lives[0] == lives[1] && lives[1] < lives[2], "{lives:?}");
    assert_ne!(got[0].header("webhook-id"), got[2].header("webhook-id"));
    assert_eq!(session.transcript().len(), 1, "the transcript is that of the new life");
}

#[test]
fn a_session_that_was_quiet_for_too_long_begins_anew() {
    let project = Project::new(FLOW).endpoint("shop", "session: { expireMinutes: 1 }");
    let mut engine = Engine::start(project);
    let (quiet, lively) = (engine.session("shop", "ann", "1"), engine.session("shop", "bob", "1"));
    assert_eq!((quiet.says("hi"), lively.says("hi")), (1, 1));
    engine.terminate();
    two_minutes_pass(&engine, "ann");
    engine.start_again();
    quiet.post("/inject", &json!({ "text": "too late" }), &[]).problem(404, "unknown-session");
    assert_eq!((quiet.says("hi"), lively.says("hi")), (1, 2));
    assert_eq!(quiet.state()["context"]["n"], 1);
}

/// Since this user's last input.
fn two_minutes_pass(engine: &Engine, user: &str) {
    let store = store(&engine.project.state);
    let mut session =
        store.session(&session_id("shop", user, "1").key()).expect("it can be read").expect("it is there");
    session.last_active_at -= 120_000;
    let mut writes = Writes::new();
    writes.session(&session);
    store.commit_blocking(writes).expect("there is room on the disk");
}

#[test]
fn an_input_that_comes_again_after_a_kill_is_answered_as_the_first_time_and_runs_nothing() {
    let receiver = Receiver::start();
    let mut engine = shop(&receiver);
    let session = engine.session("shop", "ann", "1");
    let post = |text: &str| session.post("", &json!({ "text": text }), &[("idempotency-key", text)]);
    // The second waits in the queue when the process is killed.
    let first = ["hi", "slow"].map(|text| post(text).json());
    engine.kill();
    engine.start_again();
    assert_eq!(["hi", "slow"].map(|text| post(text).json()), first);
    assert_eq!(post("more").sequence(), 3);
    let told = texts(&receiver.got_different(3));
    assert_eq!(told.last().map(String::as_str), Some("user more 3"));
}

#[test]
fn the_same_input_posted_many_times_at_once_is_one_input() {
    let receiver = Receiver::start();
    let engine = shop(&receiver);
    let session = engine.session("shop", "ann", "1");
    for text in ["hi", "slow"] {
        let post = || session.post("", &json!({ "text": text }), &[("idempotency-key", text)]).json();
        let answers: Vec<_> = thread::scope(|scope| {
            let callers: Vec<_> = (0..16).map(|_| scope.spawn(post)).collect();
            callers.into_iter().map(|caller| caller.join().expect("no caller panics")).collect()
        });
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
    assert_eq!(session.says("more"), 3);
    assert_eq!(receiver.texts(3), ["user hi 1", "user slow 2", "user more 3"]);
}

#[test]
fn a_server_that_is_asked_to_stop_under_load_ends_well_and_keeps_all_it_accepted() {
    let receiver = Receiver::start();
    let mut engine = shop(&receiver);
    let sessions: Vec<_> = (0..8).map(|n| engine.session("shop", &n.to_string(), "1")).collect();
    let counts: Vec<u64> = thread::scope(|scope| {
        let callers: Vec<_> =
            sessions.iter().map(|session| scope.spawn(|| posts_until_refused(session))).collect();
        receiver.requests(100);
        engine.ask_to_stop();
        callers.into_iter().map(|caller| caller.join().expect("no caller panics")).collect()
    });
    engine.ended();
    engine.start_again();
    for (session, count) in sessions.iter().zip(&counts) {
        assert_eq!(session.state()["context"]["n"], *count);
    }
    receiver.got_different(counts.iter().sum::<u64>() as usize);
}

/// How many were accepted. What is not answered was not: a server that stops has answered all it took.
fn posts_until_refused(session: &Session) -> u64 {
    let mut count = 0;
    let post = || session.post_over(&mut session.connect()?, "", &json!({ "text": "hi" }), &[]);
    while let Ok(answer) = post() {
        if answer.status != 202 {
            answer.problem_for_now(503, "shutting-down");
            break;
        }
        count += 1;
    }
    count
}

#[test]
fn a_session_in_the_middle_of_a_flow_finishes_on_the_version_it_began() {
    let flow = |version: &str| {
        format!("- ask: \"{version}: your name?\"\n- say: \"{version}: {{{{ input.text }}}}\"")
    };
    let receiver = Receiver::start();
    let mut engine = Engine::start(Project::new(&flow("old")).door("shop", &receiver, ""));
    let session = engine.session("shop", "ann", "1");
    session.says("hi");
    receiver.got(1);
    engine.terminate();
    engine.project.rewrite_flow("main", &flow("new"));
    engine.start_again();
    session.says("Ann");
    session.says("hi again");
    assert_eq!(receiver.texts(3), ["old: your name?", "old: Ann", "new: your name?"]);
}

#[test]
fn the_live_transcript_shows_every_turn_once_and_goes_on_where_it_was() {
    let receiver = Receiver::start();
    let mut engine = shop(&receiver);
    let session = engine.session("shop", "ann", "1");
    let mut events = session.events(None);
    session.says("one");
    session.notifies("two");
    let (_, first) = events.next();
    let (seen, second) = events.next();
    assert_eq!((&first["turn"], &first["outputs"][0]["text"]), (&json!(1), &json!("user one 1")));
    assert_eq!((&second["turn"], &second["input"]["source"]), (&json!(2), &json!("notify")));
    drop(events);
    session.says("three");
    engine.kill();
    engine.start_again();
    session.says("four");
    let mut events = session.events(Some(&seen));
    session.says("five");
    let turns: Vec<_> = (0..3).map(|_| events.next().1["turn"].clone()).collect();
    assert_eq!(turns, [3, 4, 5]);
    let mut whole = session.events(None);
    let turns: Vec<_> = (0..5).map(|_| whole.next().1["turn"].clone()).collect();
    assert_eq!(turns, [1, 2, 3, 4, 5]);
}

#[test]
fn the_transcript_comes_in_pages() {
    let engine = Engine::start(Project::new(FLOW).endpoint("shop", ""));
    let session = engine.session("shop", "ann", "1");
    for _ in 0..120 {
        session.says("hi");
    }
    let turns: Vec<_> = session.transcript().iter().map(|record| record["turn"].as_u64().unwrap()).collect();
    assert_eq!(turns, (1..=120).collect::<Vec<_>>());
}
