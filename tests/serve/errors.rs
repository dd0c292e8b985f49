//! Every row of the contract's table of errors, over a real socket.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use crate::support::{Answer, Engine, JSON, PATIENCE, Project, Receiver, Reply, Session};

/// Runs until its process is killed: the bound on its steps is out of reach.
const ENDLESS: &str = "- code: \"while (true) {}\"";
const NO_BOUND: &str = "scriptSteps: 100000000000";
/// Of `secret`, as `printf %s secret | sha256sum` prints it.
const SECRET: &str = "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

/// Posts these bytes as they are.
fn raw(engine: &Engine, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    engine.connect().post(path, headers, body).expect("the server answers")
}

fn post(engine: &Engine, body: &Value) -> Answer {
    raw(engine, &engine.path("shop"), &[JSON], body.to_string().as_bytes())
}

fn shop() -> Engine {
    Engine::start(Project::echo().endpoint("shop", ""))
}

#[test]
fn a_body_that_is_not_json_is_invalid_input() {
    let engine = shop();
    for body in [&b""[..], b"hello", b"{\"userId\":", b"[1]", b"\"text\"", b"\xff\xfe{}"] {
        raw(&engine, &engine.path("shop"), &[JSON], body).problem(400, "invalid-input");
    }
}

#[test]
fn a_wrong_field_is_named() {
    let engine = shop();
    let long = "x".repeat(10_001);
    let name = "n".repeat(257);
    for (body, field) in [
        (json!({ "sessionId": "s", "text": "hi" }), "userId"),
        (json!({ "userId": "", "sessionId": "s", "text": "hi" }), "userId"),
        (json!({ "userId": name, "sessionId": "s", "text": "hi" }), "userId"),
        (json!({ "userId": 7, "sessionId": "s", "text": "hi" }), "userId"),
        (json!({ "userId": "u", "text": "hi" }), "sessionId"),
        (json!({ "userId": "u", "sessionId": null, "text": "hi" }), "sessionId"),
        (json!({ "userId": "u", "sessionId": name, "text": "hi" }), "sessionId"),
        (json!({ "userId": "u", "sessionId": "s" }), "text"),
        (json!({ "userId": "u", "sessionId": "s", "text": "" }), "text"),
        (json!({ "userId": "u", "sessionId": "s", "text": null, "data": null }), "text"),
        (json!({ "userId": "u", "sessionId": "s", "text": ["hi"] }), "text"),
        (json!({ "userId": "u", "sessionId": "s", "text": long }), "text"),
        (json!({ "userId": "u", "sessionId": "s", "text": "hi", "data": "more" }), "data"),
        (json!({ "userId": "u", "sessionId": "s", "Daten": [1] }), "Daten"),
    ] {
        let problem = post(&engine, &body).problem(400, "invalid-input");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        assert!(problem["errors"][0]["detail"].is_string(), "{problem}");
    }
}

#[test]
fn all_wrong_fields_are_named_at_once() {
    let problem = post(&shop(), &json!({ "userId": 1, "text": 2, "data": 3 })).problem(400, "invalid-input");
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(4), "{problem}");
}

#[test]
fn the_longest_names_and_text_are_taken_and_so_is_daten() {
    let engine = shop();
    let (name, text) = ("ü".repeat(256), "ä".repeat(10_000));
    assert_eq!(post(&engine, &json!({ "userId": name, "sessionId": name, "text": text })).sequence(), 1);
    let body = json!({ "userId": "u", "sessionId": "s", "Daten": { "a": 1 }, "text": null, "more": [1] });
    assert_eq!(post(&engine, &body).sequence(), 1);
    assert_eq!(engine.session("shop", "u", "s").transcript()[0]["input"]["data"], json!({ "a": 1 }));
}

#[test]
fn an_idempotency_key_has_1_to_255_characters() {
    let engine = shop();
    let session = engine.session("shop", "u", "s");
    for (key, status) in [("", 400), ("k", 202), (&*"k".repeat(255), 202), (&*"k".repeat(256), 400)] {
        let answer = session.post("", &json!({ "text": "hi" }), &[("idempotency-key", key)]);
        assert_eq!(answer.status, status, "{} characters", key.len());
    }
}

#[test]
fn a_webhook_key_is_asked_for_where_one_is_configured() {
    let auth = format!("auth: {{ webhookKeys: [\"{SECRET}\"] }}");
    let engine = Engine::start(Project::echo().endpoint("shop", &auth));
    let session = engine.session("shop", "u", "s");
    for how in ["", "/inject", "/notify"] {
        for headers in [&[][..], &[("x-webhook-key", "wrong")]] {
            session.post(how, &json!({ "text": "hi" }), headers).problem(401, "unauthorized");
        }
    }
    let right = [("x-webhook-key", "secret")];
    assert_eq!(session.post("", &json!({ "text": "hi" }), &right).sequence(), 1);
}

#[test]
fn an_api_key_is_asked_for_by_the_older_routes_and_by_management() {
    let engine = shop();
    engine.session("shop", "u", "s").says("hi");
    let body =
        json!({ "userId": "u", "sessionId": "s", "URLToken": &engine.path("shop")[1..], "text": "hi" });
    let body = body.to_string();
    let key = engine.admin_key();
    for path in ["/v2.0/endpoint/inject", "/v2.0/endpoint/notify"] {
        for headers in [&[JSON][..], &[JSON, ("x-api-key", "wrong")]] {
            raw(&engine, path, headers, body.as_bytes()).problem(401, "unauthorized");
        }
        raw(&engine, path, &[JSON, ("x-api-key", &key)], body.as_bytes()).sequence();
    }
    engine.ask("GET", "/api/v1/endpoints/shop/users/u/sessions/s", &[]).problem(401, "unauthorized");
}

#[test]
fn a_disabled_endpoint_takes_nothing() {
    let engine = Engine::start(Project::echo().endpoint("shop", "").endpoint("closed", "enabled: false"));
    let session = engine.session("closed", "u", "s");
    session.try_say("hi").problem(403, "endpoint-disabled");
    session.post("/inject", &json!({ "text": "hi" }), &[]).problem(403, "endpoint-disabled");
}

#[test]
fn a_token_that_no_endpoint_has_is_unknown() {
    let engine = shop();
    let body = json!({ "userId": "u", "sessionId": "s", "text": "hi" }).to_string();
    for path in ["/0123456789abcdef", "/inject/0123456789abcdef", "/notify/0123456789abcdef", "/no/such/path"]
    {
        raw(&engine, path, &[JSON], body.as_bytes()).problem(404, "unknown-endpoint");
    }
}

#[test]
fn inject_and_notify_need_a_session_that_exists() {
    let engine = shop();
    let session = engine.session("shop", "u", "s");
    for how in ["/inject", "/notify"] {
        session.post(how, &json!({ "text": "hi" }), &[]).problem(404, "unknown-session");
    }
    session.says("hi");
    assert_eq!((session.injects("you there"), session.notifies("yes you")), (2, 3));
    session.get("x").problem(404, "unknown-session");
}

#[test]
fn a_method_that_is_not_there_is_not_allowed() {
    let engine = shop();
    for (method, path) in [
        ("GET", engine.path("shop")),
        ("PUT", engine.path("shop")),
        ("DELETE", format!("/inject{}", engine.path("shop"))),
        ("GET", "/v2.0/endpoint/notify".to_owned()),
        ("POST", "/healthz".to_owned()),
    ] {
        let answer = engine.ask(method, &path, &[]);
        answer.problem(405, "method-not-allowed");
        assert!(answer.head.header("allow").is_some(), "{method} {path} tells what is allowed");
    }
}

#[test]
fn a_key_that_came_with_another_body_is_refused() {
    let engine = shop();
    let session = engine.session("shop", "u", "s");
    let key = [("idempotency-key", "k1")];
    assert_eq!(session.post("", &json!({ "text": "one" }), &key).sequence(), 1);
    session.post("", &json!({ "text": "two" }), &key).problem(409, "key-reused");
    session.post("/inject", &json!({ "text": "one" }), &key).problem(409, "key-reused");
    let other = engine.session("shop", "u", "another");
    assert_eq!(other.post("", &json!({ "text": "two" }), &key).sequence(), 1, "keys are those of a session");
}

#[test]
fn a_body_over_the_limit_is_too_large() {
    let engine = Engine::start(Project::echo().endpoint("shop", "").limit("bodyBytes: 2000"));
    let body = |length: usize| json!({ "userId": "u", "sessionId": "s", "text": "x".repeat(length) });
    post(&engine, &body(2000)).problem(413, "too-large");
    assert_eq!(post(&engine, &body(1900)).sequence(), 1);
}

#[test]
fn a_body_that_is_not_said_to_be_json_is_an_unsupported_media_type() {
    let engine = shop();
    let body = json!({ "userId": "u", "sessionId": "s", "text": "hi" }).to_string();
    for headers in
        [&[][..], &[("content-type", "text/plain")], &[("content-type", "application/x-www-form-urlencoded")]]
    {
        raw(&engine, &engine.path("shop"), headers, body.as_bytes()).problem(415, "unsupported-media-type");
    }
    let utf8 = [("content-type", "Application/JSON; charset=utf-8")];
    raw(&engine, &engine.path("shop"), &utf8, body.as_bytes()).sequence();
}

#[test]
fn a_session_that_rejects_overlap_is_busy_while_an_input_runs() {
    let project = Project::new(ENDLESS).limit(NO_BOUND).endpoint("shop", "session: { overlap: reject }");
    let engine = Engine::start(project);
    let session = engine.session("shop", "u", "s");
    assert_eq!(session.says("runs for ever"), 1);
    session.try_say("two").problem_for_now(429, "session-busy");
    session.post("/notify", &json!({ "text": "hi" }), &[]).problem_for_now(429, "session-busy");
}

#[test]
fn a_session_is_busy_when_its_queue_is_full() {
    let project = Project::new(ENDLESS).limit(NO_BOUND).endpoint("shop", "session: { queueMax: 2 }");
    let engine = Engine::start(project);
    let session = engine.session("shop", "u", "s");
    assert_eq!(["runs for ever", "waits", "waits too"].map(|text| session.says(text)), [1, 2, 3]);
    session.try_say("too much").problem_for_now(429, "session-busy");
    assert_eq!(engine.session("shop", "u", "other").says("hi"), 1, "another session is not busy");
}

#[test]
fn more_inputs_under_way_than_the_server_takes_are_refused() {
    let engine = Engine::start(Project::echo().endpoint("shop", "").limit("inputsInFlight: 1"));
    let sessions: Vec<_> = (0..8).map(|user| engine.session("shop", &user.to_string(), "s")).collect();
    let refused = AtomicBool::new(false);
    thread::scope(|scope| {
        for session in &sessions {
            scope.spawn(|| post_until_one_is_refused(session, &refused));
        }
    });
    assert!(refused.into_inner(), "eight callers at once never were two inputs at once");
}

/// As overloaded; every other one is accepted.
fn post_until_one_is_refused(session: &Session, refused: &AtomicBool) {
    let since = Instant::now();
    while !refused.load(Ordering::Relaxed) && since.elapsed() < PATIENCE {
        let answer = session.try_say("hi");
        if answer.status != 202 {
            answer.problem_for_now(503, "overloaded");
            refused.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn nothing_is_accepted_on_a_disk_without_the_room_that_is_asked_for() {
    // Whatever is on the disk, it is not all free.
    let engine = Engine::start(Project::echo().endpoint("shop", "").limit("freeDiskPercent: 100"));
    let session = engine.session("shop", "u", "s");
    session.try_say("hi").problem_for_now(503, "storage-unavailable");
    engine.ask("GET", "/readyz", &[]).problem_for_now(503, "storage-unavailable");
    assert_eq!(engine.ask("GET", "/healthz", &[]).status, 200);
}

#[test]
fn a_server_that_is_about_to_end_takes_nothing_and_finishes_what_is_in_flight() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Hang).always();
    let mut engine = Engine::start(Project::echo().door("shop", &receiver, ""));
    let session = engine.session("shop", "u", "s");
    session.says("hi");
    receiver.requests(1);
    assert_eq!(engine.ask("GET", "/readyz", &[]).status, 200);
    engine.ask_to_stop();
    let mut sequence = 1;
    let refused = loop {
        let answer = session.try_say("on the way down");
        if answer.status != 202 {
            break answer;
        }
        sequence += 1;
        assert_eq!(answer.sequence(), sequence);
    };
    refused.problem_for_now(503, "shutting-down");
    engine.ask("GET", "/readyz", &[]).problem_for_now(503, "shutting-down");
    receiver.goes_on();
    engine.ended();
    assert_eq!(receiver.got(1)[0].text(), "hi");
}
