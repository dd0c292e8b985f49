//! Lists: every state, every filter, every page.

use std::collections::HashSet;

use antiphon::clock;
use serde_json::Value;

use super::*;
use crate::support::{Receiver, Reply};

/// Which it is, and how it stands: `shop 1 dead`. Sorted.
fn states(items: &[Value]) -> Vec<String> {
    let state =
        |item: &Value| format!("{} {} {}", text(item, "endpoint"), item["sequence"], text(item, "state"));
    let mut states: Vec<String> = items.iter().map(state).collect();
    states.sort();
    states
}

#[test]
fn each_state_is_told_with_what_is_known_and_without_a_word_of_anybody() {
    let [up, down, hangs] = [(); 3].map(|()| Receiver::start());
    down.answers(Reply::Says(503, "we are closed")).always();
    hangs.answers(Reply::Hang).always();
    let project = Project::echo()
        .door("shop", &up, "")
        .door("gone", &down, "retryAfterSeconds: []")
        .door("bank", &down, "retryAfterSeconds: [], onExhausted: block")
        .door("slow", &down, "retryAfterSeconds: [3600]")
        .door("late", &hangs, "timeoutMs: 600000");
    let engine = Engine::start(project);
    for endpoint in ["shop", "gone", "bank", "bank", "slow", "late"] {
        engine.session(endpoint, "ann", "1").says("open sesame");
    }
    hangs.requests(1);
    let expected = [
        "bank 1 blocked",
        "bank 2 owed",
        "gone 1 dead",
        "late 1 owed",
        "shop 1 delivered",
        "slow 1 retrying",
    ];
    let all = listed_when(&engine, "", |items| states(items) == expected);
    for item in &all {
        let (attempt, created_at) = (&item["lastAttempt"], at(&item["createdAt"]));
        let told = ["lastAttempt", "nextAt", "reason", "endedAt"].map(|name| item.get(name).is_some());
        let (attempts, last, known) = match text(item, "state") {
            "owed" => (0, Value::Null, [false, false, false, false]),
            "retrying" => (1, json!("503"), [true, true, false, false]),
            "blocked" => (1, json!("503"), [true, false, true, false]),
            "dead" => (1, json!("503"), [true, false, true, true]),
            _ => (1, json!("204"), [true, false, false, true]),
        };
        assert_eq!(
            (&item["attempts"], &attempt["outcome"], told),
            (&json!(attempts), &last, known),
            "{item}"
        );
        assert!(attempts == 0 || at(&attempt["at"]) >= created_at, "{item}");
        assert!(item.get("nextAt").is_none_or(|next| at(next) > at(&attempt["at"]) + 2_800_000), "{item}");
        assert!(item.get("endedAt").is_none_or(|ended| at(ended) >= at(&attempt["at"])), "{item}");
        assert!(item.get("reason").is_none_or(|reason| *reason == "1 attempt: 503"), "{item}");
        assert_eq!((text(item, "userId"), text(item, "sessionId")), ("ann", "1"));
    }
    let words = json!(all).to_string();
    assert!(!words.contains("sesame") && !words.contains("closed"), "{words}");
    assert_eq!(states(&listed(&engine, "/dead")), ["bank 1 blocked", "gone 1 dead"]);
    assert_eq!(states(&listed(&engine, "/dead?state=dead")), ["gone 1 dead"]);
}

fn at(value: &Value) -> u64 {
    value.as_u64().expect("it is a time")
}

#[test]
fn a_filter_leaves_those_it_names_and_all_of_them_together_leave_what_they_have_in_common() {
    let [up, down] = [(); 2].map(|()| Receiver::start());
    down.answers(Reply::Status(REFUSED)).always();
    let project = Project::echo().door("shop", &up, "").door("gone", &down, "retryAfterSeconds: []");
    let engine = Engine::start(project);
    for (endpoint, user, session) in [
        ("shop", "ann", "1"),
        ("shop", "ann", "2"),
        ("shop", "B & Söhne/+", "1"),
        ("gone", "ann", "1"),
        ("gone", "B & Söhne/+", "2"),
    ] {
        engine.session(endpoint, user, session).says("hi");
    }
    let all = listed_when(&engine, "?state=dead,delivered", |items| items.len() == 5);
    let mut times: Vec<u64> = all.iter().map(|item| at(&item["createdAt"])).collect();
    times.sort_unstable();
    let middle = times[2];
    let (since, until) = (format!("since={middle}"), format!("until={middle}"));
    let between = format!("since={}&until={middle}", times[0]);
    let is = |item: &Value, name: &str, value: &str| item[name] == value;
    let sohn = "user=B%20%26%20S%C3%B6hne%2F%2B";
    type Is<'a> = &'a dyn Fn(&Value) -> bool;
    let filters: [(&str, Is); 14] = [
        ("endpoint=shop", &|item| is(item, "endpoint", "shop")),
        ("user=ann", &|item| is(item, "userId", "ann")),
        (sohn, &|item| is(item, "userId", "B & Söhne/+")),
        ("session=2", &|item| is(item, "sessionId", "2")),
        ("state=dead", &|item| is(item, "endpoint", "gone")),
        ("state=delivered&state=dead", &|_| true),
        ("state=owed,retrying,blocked", &|_| false),
        (&since, &|item| at(&item["createdAt"]) >= middle),
        (&until, &|item| at(&item["createdAt"]) < middle),
        (&between, &|item| at(&item["createdAt"]) < middle),
        ("user=ann&endpoint=shop&session=2", &|item| {
            is(item, "endpoint", "shop") && is(item, "sessionId", "2")
        }),
        ("user=ann&state=dead", &|item| is(item, "endpoint", "gone") && is(item, "userId", "ann")),
        ("user=nobody", &|_| false),
        ("batch=batch_0f", &|_| false),
    ];
    for (query, is_wanted) in filters {
        let wanted: Vec<&Value> = all.iter().filter(|item| is_wanted(item)).collect();
        let found = listed(&engine, &format!("?{query}"));
        assert_eq!(found.iter().collect::<Vec<_>>(), wanted, "{query}");
    }
    assert!(!listed(&engine, &format!("?{since}")).is_empty(), "the filters by time leave something");
}

/// The ids on all pages of so many at the most, in their order, and how many pages there were.
fn pages(engine: &Engine, query: &str, limit: usize) -> (Vec<String>, usize) {
    let (mut ids, mut count, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = page(engine, &format!("?{query}&limit={limit}{cursor}"));
        let items = page["items"].as_array().expect("a page has items");
        assert!(items.len() <= limit, "{} items where {limit} were asked for", items.len());
        ids.extend(items.iter().map(|item| text(item, "id").to_owned()));
        count += 1;
        assert!(count < 1_000, "the pages have no end");
        let Some(next) = page["next"].as_str() else { return (ids, count) };
        cursor = format!("&cursor={next}");
    }
}

#[test]
fn pages_of_any_size_tell_each_delivery_once_in_one_order_and_end() {
    let [up, down] = [(); 2].map(|()| Receiver::start());
    down.answers(Reply::Status(REFUSED)).always();
    let project = Project::echo()
        .workers(3)
        .door("shop", &up, "")
        .door("gone", &down, "retryAfterSeconds: []")
        .door("bank", &down, "retryAfterSeconds: [], onExhausted: block");
    let engine = Engine::start(project);
    for user in (0..7).map(|number| format!("user {number}")) {
        for (endpoint, inputs) in [("shop", 6), ("gone", 2), ("bank", 3)] {
            let session = engine.session(endpoint, &user, "1");
            for _ in 0..inputs {
                session.says("hi");
            }
        }
    }
    let settled = |state: &str, count: usize| listed_when(&engine, state, |items| items.len() == count);
    settled("?state=delivered", 42);
    settled("?state=dead", 14);
    settled("?state=blocked", 7);
    settled("?state=owed", 14);

    let (all, _) = pages(&engine, "", 100);
    assert_eq!((all.len(), all.iter().collect::<HashSet<_>>().len()), (77, 77));
    for limit in [1, 2, 5, 76, 77] {
        let (ids, count) = pages(&engine, "", limit);
        assert_eq!(ids, all, "in pages of {limit}");
        assert!(count >= 77_usize.div_ceil(limit), "{count} pages of {limit}");
    }
    for query in
        ["state=blocked,dead", "user=user%203", "endpoint=shop", "user=user%203&endpoint=gone&session=1"]
    {
        let (whole, _) = pages(&engine, query, 100);
        assert!(!whole.is_empty() && whole.len() < 77, "{query}");
        assert_eq!(pages(&engine, query, 2).0, whole, "{query}");
    }
    let ids = |items: &[Value]| items.iter().map(|item| text(item, "id").to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&listed(&engine, "?limit=100000")), all, "more than a page holds is a whole page");
    assert_eq!(ids(&listed(&engine, "?limit=0")), all[..1], "a page has room for one");
}

#[test]
fn one_page_looks_at_a_bounded_number_of_rows_and_the_pages_after_it_find_the_rest() {
    let project = Project::echo().endpoint("shop", "");
    let now = clock::now();
    let endpoint = |number: u64| if number.is_multiple_of(600) { "rare" } else { "shop" };
    leave_dead(&project, (0..2_400).map(|number| (endpoint(number), format!("user {number}"), now)));
    let engine = Engine::start(project);
    let (ids, count) = pages(&engine, "endpoint=rare", 100);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 4);
    assert!(count >= 3, "one page read them all: {count}");
    assert_eq!(pages(&engine, "state=dead", 100).0.len(), 2_400);
}
