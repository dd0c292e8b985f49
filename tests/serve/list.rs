//! The sessions of an endpoint, a page at a time.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Answer, Engine, Project};

const FLOW: &str = "- say: \"{{ input.text }}\"\n- if: \"input.text == 'bye'\"\n  then: [{ stop: session }]";

fn get(engine: &Engine, path: &str) -> Answer {
    engine.manage("GET", &format!("/endpoints/{path}"))
}

/// The users on all pages, and how many pages there were.
fn users(engine: &Engine, path: &str) -> (BTreeSet<String>, usize) {
    let (mut users, mut pages, mut cursor) = (BTreeSet::new(), 0, String::new());
    loop {
        let page = get(engine, &format!("{path}{cursor}")).json();
        for item in page["items"].as_array().expect("a page has items") {
            let user = item["userId"].as_str().expect("an item has a user").to_owned();
            assert!(users.insert(user), "it was on two pages: {item}");
        }
        pages += 1;
        let Some(next) = page["next"].as_str() else { return (users, pages) };
        cursor = format!("&cursor={next}");
    }
}

#[test]
fn the_living_sessions_of_an_endpoint_come_in_pages() {
    let engine = Engine::start(Project::new(FLOW).endpoint("shop", "").endpoint("other", ""));
    let names: BTreeSet<String> = (0..12).map(|n| format!("user-{n}")).collect();
    for name in &names {
        engine.session("shop", name, "1").says("hi");
        engine.session("other", &format!("not {name}"), "1").says("hi");
    }
    engine.session("shop", "gone", "1").says("bye");
    assert_eq!(users(&engine, "shop/sessions?limit=100"), (names.clone(), 1));
    let (found, pages) = users(&engine, "shop/sessions?limit=5");
    assert_eq!(found, names);
    assert!(pages >= 3, "{pages}");
    let items = get(&engine, "shop/sessions").json()["items"].clone();
    let item = &items[0];
    assert_eq!((&item["turns"], &item["inputs"], &item["outputs"]), (&1.into(), &1.into(), &1.into()));
    assert_eq!(item["position"]["at"], "start");
    let last = items.as_array().into_iter().flatten().filter_map(|item| item["lastActiveAt"].as_u64()).max();
    let since = last.expect("there are sessions") + 1;
    assert_eq!(
        get(&engine, &format!("shop/sessions?since={since}")).json()["items"],
        Value::Array(Vec::new())
    );
}

#[test]
fn a_list_that_is_asked_for_wrongly_is_refused() {
    let engine = Engine::start(Project::new(FLOW).endpoint("shop", ""));
    get(&engine, "nobody/sessions").problem(404, "unknown-endpoint");
    for query in ["limit=many", "since=yesterday", "since=-1"] {
        let problem = get(&engine, &format!("shop/sessions?{query}")).problem(400, "invalid-input");
        assert!(problem["detail"].as_str().unwrap().contains("whole numbers"), "{problem}");
    }
    let problem = get(&engine, "shop/sessions?cursor=7").problem(400, "invalid-input");
    assert!(problem["detail"].as_str().unwrap().contains("next"), "{problem}");
    let path = "/api/v1/endpoints/shop/sessions";
    engine.ask("GET", path, &[]).problem(401, "unauthorized");
    engine.ask("POST", path, &[]).problem(405, "method-not-allowed");
}

#[test]
fn a_session_that_ended_is_listed_on_request_and_its_turns_are_read_by_the_start_of_its_life() {
    let engine = Engine::start(Project::new(FLOW).endpoint("shop", ""));
    engine.session("shop", "ann", "1").says("bye");
    assert_eq!(get(&engine, "shop/sessions").json()["items"], Value::Array(Vec::new()));
    let item = get(&engine, "shop/sessions?ended=true").json()["items"][0].clone();
    assert_eq!((&item["userId"], &item["ended"]), (&"ann".into(), &true.into()));
    let life = "shop/users/ann/sessions/1";
    let started_at = item["startedAt"].as_u64().expect("an item has its start");
    let page = get(&engine, &format!("{life}/transcript?startedAt={started_at}")).json();
    assert_eq!((&page["startedAt"], &page["items"][0]["turn"]), (&started_at.into(), &1.into()));
    get(&engine, &format!("{life}/transcript")).problem(404, "unknown-session");
    get(&engine, &format!("{life}/transcript?startedAt=1")).problem(404, "unknown-session");
    get(&engine, life).problem(404, "unknown-session");
    get(&engine, &format!("{life}?ended=maybe")).problem(400, "invalid-input");
    get(&engine, "shop/sessions?ended=maybe").problem(400, "invalid-input");
}
