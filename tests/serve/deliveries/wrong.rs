//! Wrong questions: each is refused with what to do, and none is the server's fault.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::*;

fn shop() -> Engine {
    Engine::start(Project::echo().endpoint("shop", ""))
}

/// Of a session that never was, and well written.
fn nobodys() -> String {
    Number { session: session_id("shop", "nobody", "1").key(), started_at: 1, sequence: 1 }.webhook_id()
}

#[test]
fn a_list_that_is_asked_for_wrongly_is_refused_with_each_fault_by_name() {
    let engine = shop();
    for (query, faults) in [
        ("?stat=dead", vec![("stat", "did you mean \"state\"?")]),
        ("?=", vec![("", "known here: endpoint, user, session, state, since, until, batch, limit, cursor")]),
        ("?state=ded", vec![("state", "did you mean \"dead\"?")]),
        ("?state=", vec![("state", "known here: owed, retrying, blocked, dead, delivered")]),
        ("/dead?state=owed", vec![("state", "known here: blocked, dead")]),
        ("?since=yesterday", vec![("since", "a whole number of milliseconds since 1970, not \"yesterday\"")]),
        ("?until=-1", vec![("until", "a whole number of milliseconds")]),
        ("?since=1.5e3", vec![("since", "a whole number of milliseconds")]),
        ("?since=20&until=19", vec![("until", "lies before since")]),
        ("?limit=", vec![("limit", "a whole number")]),
        ("?limit=-1", vec![("limit", "a whole number")]),
        ("?limit=99999999999999999999", vec![("limit", "a whole number")]),
        ("?cursor=%ff", vec![("cursor", "what the page before gave as its next")]),
        ("?limit=x&state=dead,nil&user=a", vec![("limit", "whole number"), ("state", "\"nil\" is no state")]),
    ] {
        let problem = engine.manage("GET", &format!("/deliveries{query}")).problem(400, "invalid-input");
        let errors = problem["errors"].as_array().expect("it names the fields");
        assert_eq!(errors.len(), faults.len(), "{query}: {problem}");
        for (error, (field, told)) in errors.iter().zip(faults) {
            assert!(error["field"] == field && text(error, "detail").contains(told), "{query}: {problem}");
        }
    }
}

#[test]
fn a_cursor_that_no_page_gave_is_refused_or_leads_nowhere() {
    let engine = shop();
    let ask = |cursor: &str| engine.manage("GET", &format!("/deliveries?cursor={cursor}"));
    let written = |inside: &str| BASE64_URL_SAFE_NO_PAD.encode(inside);
    for garbage in ["7", "null", "%00", "e30=", &"A".repeat(4_000)] {
        ask(garbage).problem(400, "invalid-input");
    }
    let key = "ff".repeat(24);
    for nonsense in [
        "",
        "{}",
        "7",
        "\"Owed\"",
        "{\"Owed\":7}",
        "{\"Paid\":null}",
        "{\"Delivered\":[[256],0]}",
        "{\"Delivered\":[[1],-1]}",
        "{\"Owed\":{\"session\":\"ff\",\"started_at\":1,\"sequence\":1}}",
        "\u{0}\u{1}",
    ] {
        ask(&written(nonsense)).problem(400, "invalid-input");
    }
    let last = format!("{{\"session\":\"{key}\",\"started_at\":{0},\"sequence\":{0}}}", u64::MAX);
    for nowhere in [
        format!("{{\"Owed\":{last}}}"),
        format!("{{\"Dead\":{last}}}"),
        "{\"Delivered\":null}".to_owned(),
        "{\"Delivered\":[[],0]}".to_owned(),
        "{\"Delivered\":[[255,255],0]}".to_owned(),
        format!("{{\"Delivered\":[[114,0],{}]}}", u64::MAX),
    ] {
        let answer = ask(&written(&nowhere));
        assert_eq!((answer.status, answer.json()), (200, json!({ "items": [], "next": null })), "{nowhere}");
    }
}

#[test]
fn an_id_that_means_nothing_is_unknown_whatever_is_asked() {
    let engine = shop();
    let (nobodys, long) = (nobodys(), format!("msg_{}", "A".repeat(2_000)));
    let ids = [
        ("x", "an id is the webhook-id of a callback or a batch"),
        ("%ff", "an id is the webhook-id"),
        ("%00", "an id is the webhook-id"),
        ("%2e%2e%2f", "an id is the webhook-id"),
        ("msg_", "an id is the webhook-id"),
        ("msg_AAEC", "GET /api/v1/deliveries lists them"),
        (&long, "an id is the webhook-id"),
        (&nobodys[..nobodys.len() - 1], "an id is the webhook-id"),
        ("batch_0f", "a batch is known while it is under way"),
        (&nobodys, "it never was"),
    ];
    for (id, told) in ids {
        for answer in [one(&engine, id), order(&engine, id, "redeliver"), order(&engine, id, "bury")] {
            let problem = answer.problem(404, "unknown-delivery");
            assert!(text(&problem, "detail").contains(told), "{id}: {problem}");
        }
    }
    assert!(!engine.log().contains("panicked"), "{}", engine.log());
}

#[test]
fn nobody_without_the_key_sees_or_moves_a_delivery_and_other_methods_are_named() {
    let engine = shop();
    let nobodys = nobodys();
    let paths = [
        ("GET", String::new()),
        ("GET", "/dead".to_owned()),
        ("GET", format!("/{nobodys}")),
        ("POST", format!("/{nobodys}/redeliver")),
        ("POST", format!("/{nobodys}/bury")),
    ];
    let key = engine.admin_key();
    for (method, path) in paths {
        let path = format!("/api/v1/deliveries{path}");
        let ask = |method: &str, headers: &[(&str, &str)]| {
            let mut connection = engine.connect();
            connection.send(method, &path, headers, b"").expect("the server is ready");
            connection.answer().expect("the server answers")
        };
        for headers in [&[][..], &[("x-api-key", "")], &[("x-api-key", "wrong")], &[("authorization", &key)]]
        {
            let problem = ask(method, headers).problem(401, "unauthorized");
            assert!(text(&problem, "detail").contains("in the header X-API-Key"), "{problem}");
        }
        let other = ask("DELETE", &[("x-api-key", &key)]);
        other.problem(405, "method-not-allowed");
        assert_eq!(other.head.header("allow"), Some(method), "{path}");
    }
}
