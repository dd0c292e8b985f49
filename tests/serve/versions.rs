//! Flows and endpoints are edited while people are talking: who goes on with what, what is told of a broken edit, and
//! that nothing that was owed is lost.

use std::collections::HashSet;
use std::fs;

use antiphon::clock;
use serde_json::{Value, json};

use crate::support::{Engine, Project, Receiver, Reply, leave_work, retries, store, to, told};

/// A question that can be answered wrongly, and what comes of it, in the words of a version.
fn counts(version: &str) -> String {
    format!(
        "- ask: {{ say: \"{version}: how many?\", into: context.n, expect: number, reprompt: \"{version}: in digits\" }}\n\
         - say: \"{version}: {{{{ context.n }}}}\"\n"
    )
}

fn says(text: &str) -> String {
    format!("- say: \"{text}\"\n")
}

/// The names in a list of an answer.
fn names(value: &Value) -> Vec<&str> {
    value.as_array().expect("it is a list").iter().map(|name| name.as_str().expect("it is a name")).collect()
}

#[test]
fn a_session_ends_on_the_version_it_began_through_an_edit_and_a_kill_and_then_takes_the_new_one() {
    let receiver = Receiver::start();
    let project = Project::new(&counts("old")).door("shop", &receiver, "").not_watched();
    let mut engine = Engine::start(project);
    let ann = engine.session("shop", "ann", "1");
    ann.says("hi");
    ann.says("many");
    receiver.got(2);
    engine.project.rewrite_flow("main", &counts("new"));
    let change = engine.reload();
    assert_eq!(change, json!({ "changed": true, "flows": ["main"], "endpoints": [], "restartFor": [] }));
    assert_eq!(engine.reload()["changed"], false);
    ann.says("still many");
    engine.session("shop", "bob", "1").says("hi");
    receiver.got(4);
    engine.kill();
    engine.start_again();
    ann.says("7");
    ann.says("hi again");
    let told = told(&receiver.got_different(6));
    let texts = |user: &str| &told[&(user.to_owned(), "1".to_owned())].texts;
    assert_eq!(
        *texts("ann"),
        ["old: how many?", "old: in digits", "old: in digits", "old: 7", "new: how many?"]
    );
    assert_eq!(*texts("bob"), ["new: how many?"]);
}

#[test]
fn a_version_is_stored_as_long_as_its_session_may_come_back_and_no_longer() {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    let shop = format!("session: {{ expireMinutes: {} }}", 40 * 24 * 60);
    let mut engine = Engine::start(Project::new(&counts("old")).endpoint("shop", &shop).not_watched());
    engine.session("shop", "ann", "1").says("hi");
    let now = clock::now();
    engine.terminate();
    let store = store(&engine.project.state);
    let dropped = |days: u64| {
        store.drop_programs(&HashSet::new(), now + days * DAY).expect("there is room on the disk")
    };
    assert_eq!([0, 29, 31, 40].map(dropped), [0; 4]);
    assert_eq!(dropped(43), 1);
}

#[test]
fn a_broken_edit_keeps_the_old_version_and_is_answered_with_every_fault() {
    let engine = Engine::start(Project::new(&says("old")).endpoint("shop", "").not_watched());
    let session = engine.session("shop", "ann", "1");
    engine.project.rewrite_flow("main", &says("new"));
    engine.project.rewrite_flow("other", "- sey: x\n- say: \"{{ 1 + }}\"\n");
    let problem = engine.manage("POST", "/reload").problem(422, "project-has-faults");
    let fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields.len(), 2, "{problem}");
    assert!(fields[0].starts_with("flows/other.yaml:1:"), "{problem}");
    assert!(fields[1].starts_with("flows/other.yaml:2:"), "{problem}");
    assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("did you mean \"say\"?"), "{problem}");
    session.says("hi");
    engine.project.rewrite_flow("other", &says("x"));
    assert_eq!(engine.reload()["flows"], json!(["main"]));
    session.says("hi");
    let texts: Vec<Value> =
        session.transcript().iter().map(|turn| turn["outputs"][0]["text"].clone()).collect();
    assert_eq!(texts, ["old", "new"]);
}

#[test]
fn a_new_endpoint_is_served_after_a_reload_and_a_removed_one_is_unknown() {
    let engine = Engine::start(Project::echo().endpoint("shop", "").not_watched());
    let kiosk = engine.session("kiosk", "ann", "1");
    kiosk.try_say("hi").problem(404, "unknown-endpoint");
    engine.project.rewrite_endpoint("kiosk", "locale: de-DE");
    let change = engine.reload();
    assert_eq!(
        (&change["endpoints"], &change["flows"]),
        (&json!(["kiosk"]), &json!([])),
        "its flow ran before"
    );
    assert_eq!(kiosk.says("hi"), 1);
    engine.project.rewrite_endpoint("kiosk", "enabled: false");
    engine.reload();
    kiosk.try_say("hi").problem(403, "endpoint-disabled");
    engine.project.remove_endpoint("kiosk");
    assert_eq!(engine.reload()["endpoints"], json!(["kiosk"]));
    kiosk.try_say("hi").problem(404, "unknown-endpoint");
    assert_eq!(engine.session("shop", "ann", "1").says("hi"), 1);
}

#[test]
fn callbacks_of_an_endpoint_that_left_wait_and_go_when_it_comes_back() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Hang).always();
    let project = Project::echo().endpoint("other", "").door("shop", &receiver, "").not_watched();
    let engine = Engine::start(project);
    let session = engine.session("shop", "ann", "1");
    session.says("one");
    session.says("two");
    receiver.requests(1);
    engine.project.remove_endpoint("shop");
    engine.reload();
    receiver.goes_on();
    engine.wait_for_log("callbacks wait");
    assert_eq!(receiver.texts(1), ["one"]);
    engine.project.rewrite_endpoint("shop", &to(&receiver, ""));
    engine.reload();
    assert_eq!(receiver.texts(2), ["one", "two"]);
    session.says("three");
    assert_eq!(receiver.texts(3), ["one", "two", "three"]);
}

#[test]
fn an_attempt_that_fails_while_its_endpoint_is_gone_is_not_the_last() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Hang).always();
    // As many attempts as it may take to remove the endpoint on a busy machine.
    let webhook = &format!("timeoutMs: 1000, {}", retries(50, 0.01));
    let project = Project::echo().endpoint("other", "").door("shop", &receiver, webhook).not_watched();
    let engine = Engine::start(project);
    engine.session("shop", "ann", "1").says("one");
    receiver.requests(1);
    engine.project.remove_endpoint("shop");
    engine.reload();
    engine.wait_for_log("callbacks wait");
    let tried = receiver.requests(1).len();
    receiver.goes_on();
    engine.project.rewrite_endpoint("shop", &to(&receiver, webhook));
    engine.reload();
    assert_eq!(receiver.requests(tried + 1)[tried].text(), "one");
}

#[test]
fn what_an_earlier_run_left_goes_on_when_a_reload_brings_its_endpoint_back() {
    let receiver = Receiver::start();
    let project = Project::echo().endpoint("other", "").not_watched();
    let filled = store(&project.state);
    leave_work(&filled, 1, clock::now());
    filled.close();
    drop(filled);
    let engine = Engine::start(project);
    engine.wait_for_log("inputs wait: their endpoint is not in the project");
    engine.wait_for_log("callbacks wait");
    engine.project.rewrite_endpoint("shop", &to(&receiver, ""));
    engine.reload();
    assert_eq!(receiver.texts(2), ["it was owed", "it waited"]);
}

#[test]
fn a_changed_concurrency_takes_effect_while_callbacks_are_in_flight() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Hang).always();
    let project = Project::echo().door("shop", &receiver, "concurrency: 1").not_watched();
    let engine = Engine::start(project);
    for user in ["ann", "bob", "cid"] {
        engine.session("shop", user, "1").says("hi");
    }
    receiver.requests(1);
    engine.project.rewrite_endpoint("shop", &to(&receiver, "concurrency: 2"));
    engine.reload();
    receiver.requests(2);
    engine.project.rewrite_endpoint("shop", &to(&receiver, "concurrency: 1"));
    engine.reload();
    receiver.goes_on();
    receiver.got(3);
    assert_eq!(receiver.hanging_max(), 2);
}

#[test]
fn a_limit_is_taken_over_and_what_needs_a_restart_is_named_and_kept() {
    let engine = Engine::start(Project::echo().endpoint("shop", "").workers(1).not_watched());
    let file = engine.project.folder.join("antiphon.yaml");
    let text = "workers: 2\nwatch: false\nlog: { level: warn }\negress: { allow: [127.0.0.0/8] }\n\
                limits: { bodyBytes: 1024, cacheBytes: 9000000 }\n";
    fs::write(file, text).expect("the folder can be written");
    let change = engine.reload();
    assert_eq!(change["changed"], true);
    assert_eq!(names(&change["restartFor"]), ["workers", "limits.cacheBytes"]);
    let session = engine.session("shop", "ann", "1");
    session.try_say(&"x".repeat(2000)).problem(413, "too-large");
    let again = engine.reload();
    assert_eq!((&again["changed"], names(&again["restartFor"]).len()), (&json!(false), 2));
}

#[test]
fn the_watcher_takes_over_an_edit_and_tells_every_fault_of_a_broken_one() {
    let receiver = Receiver::start();
    let project = Project::new(&says("old")).door("shop", &receiver, "").log_level("info");
    let engine = Engine::start(project);
    let session = engine.session("shop", "ann", "1");
    session.says("hi");
    engine.project.rewrite_flow("main", &says("new"));
    engine.wait_for_log("the project was taken over flows=[\"main\"]");
    session.says("hi");
    engine.project.rewrite_flow("main", "- sey: x\n- ask: 5\n");
    for place in ["flows/main.yaml:1:", "flows/main.yaml:2:"] {
        engine.wait_for_log(&format!("ERROR antiphon::serve::watch: {place}"));
    }
    session.says("hi");
    assert_eq!(receiver.texts(3), ["old", "new", "new"]);
    // As many editors save: a new file in the place of the old one.
    let flows = engine.project.folder.join("flows");
    fs::write(flows.join(".main.yaml.swp"), says("newer")).expect("the folder can be written");
    fs::rename(flows.join(".main.yaml.swp"), flows.join("main.yaml")).expect("the folder can be written");
    engine.wait_for_log("what runs is what the project folder says");
    session.says("hi");
    assert_eq!(receiver.texts(4)[3], "newer");
}

#[test]
fn the_watcher_follows_folders_that_are_made_anew() {
    let engine = Engine::start(Project::echo().endpoint("shop", "").log_level("info"));
    let endpoints = engine.project.folder.join("endpoints");
    fs::remove_dir_all(&endpoints).expect("the folder is there");
    engine.wait_for_log("there are no endpoints");
    fs::create_dir(&endpoints).expect("the folder can be written");
    engine.project.rewrite_endpoint("shop", "locale: de-DE");
    engine.wait_for_log("endpoints=[\"shop\"]");
    engine.project.rewrite_endpoint("kiosk", "");
    engine.wait_for_log("endpoints=[\"kiosk\"]");
    assert_eq!(engine.session("kiosk", "ann", "1").says("hi"), 1);
}

#[test]
fn flows_and_endpoints_are_listed_in_all_versions_and_without_secrets() {
    let receiver = Receiver::start();
    let hook = "user: ann, password: hunter2";
    let engine = Engine::start(Project::new(&says("old")).door("shop", &receiver, hook).not_watched());
    let old = engine.manage("GET", "/flows").json()["items"][0].clone();
    assert_eq!(
        (&old["flow"], &old["current"], &old["endpoints"]),
        (&json!("main"), &json!(true), &json!(["shop"]))
    );
    engine.project.rewrite_flow("main", &says("new"));
    engine.reload();
    let items = engine.manage("GET", "/flows").json()["items"].as_array().cloned().unwrap();
    let current: Vec<_> = items.iter().filter(|item| item["current"] == true).collect();
    assert_eq!((items.len(), current.len()), (2, 1), "{items:?}");
    assert_ne!(current[0]["program"], old["program"]);
    let hash = old["program"].as_str().unwrap();
    let expected = json!({ "flow": "main", "sources": { "main": says("old") }, "hash": hash });
    assert_eq!(engine.manage("GET", &format!("/flows/{hash}")).json(), expected);
    engine.manage("GET", "/flows/0123").problem(404, "unknown-flow");
    let first = engine.manage("GET", "/flows?limit=1").json();
    let second = engine.manage("GET", &format!("/flows?limit=1&cursor={}", first["next"].as_str().unwrap()));
    assert_eq!([&first["items"][0], &second.json()["items"][0]], [&items[0], &items[1]]);
    assert_eq!(second.json()["next"], Value::Null);
    engine.manage("GET", "/flows?limit=many").problem(400, "invalid-input");
    let listed = engine.manage("GET", "/endpoints");
    let text = String::from_utf8(listed.body.clone()).unwrap();
    for secret in [&engine.path("shop")[1..], "hunter2", "/callback"] {
        assert!(!text.contains(secret), "{text}");
    }
    let shop = &listed.json()["items"][0];
    assert_eq!(
        (&shop["name"], &shop["flow"], &shop["enabled"]),
        (&json!("shop"), &json!("main"), &json!(true))
    );
    assert_eq!(shop["program"], current[0]["program"]);
}

#[test]
fn what_runs_is_told_and_replaced_only_with_the_key_of_the_server() {
    let engine = Engine::start(Project::echo().endpoint("shop", "").not_watched());
    for (method, path, other) in [
        ("GET", "/api/v1/flows", "POST"),
        ("GET", "/api/v1/flows/0123", "POST"),
        ("GET", "/api/v1/endpoints", "POST"),
        ("POST", "/api/v1/reload", "GET"),
    ] {
        let ask = |method: &str| engine.ask(method, path, &[("x-api-key", "wrong")]);
        ask(method).problem(401, "unauthorized");
        ask(other).problem(405, "method-not-allowed");
    }
}
