//! Webhooks that hang, fail, redirect and cut the line: what they are owed comes, in order, and nobody else waits.

use antiphon::model::DeadLetter;
use serde_json::json;

use crate::support::{
    Callback, Engine, Project, Receiver, Reply, retries, session_id, store, tear_row, texts, told,
};

fn dead_letters(engine: &Engine) -> Vec<DeadLetter> {
    let page = store(&engine.project.state).dead_letters(None, 100).expect("they can be read");
    page.into_iter().map(|(_, letter)| letter.expect("it can be read")).collect()
}

#[test]
fn a_callback_has_the_body_and_the_headers_of_the_contract() {
    let receiver = Receiver::start();
    let flow = "- say: { text: \"Hello {{ input.text }}\", data: { n: 1 } }\n- say: more";
    let engine =
        Engine::start(Project::new(flow).door("shop", &receiver, "user: alice, password: pass:word"));
    let session = engine.session("shop", "ann", "1");
    let answer = session.try_say("Ann");
    let started_at = session.state()["startedAt"].to_string();
    let got = receiver.got(2);
    let trace = &answer.json()["traceId"];
    let expected = |text: &str, data| {
        json!({ "userId": "ann", "sessionId": "1", "AIOutput":
            { "text": text, "data": data, "traceId": trace, "disableSensitiveLogging": false, "source": "bot" } })
    };
    assert_eq!(got[0].json(), expected("Hello Ann", json!({ "n": 1 })));
    assert_eq!(got[1].json(), expected("more", json!({})));
    assert_ne!(got[0].header("webhook-id"), got[1].header("webhook-id"));
    for (callback, sequence) in got.iter().zip(["1", "2"]) {
        assert_eq!(callback.head.first, "POST /callback HTTP/1.1");
        assert_eq!(callback.header("content-type"), "application/json");
        assert_eq!(callback.header("user-agent"), concat!("antiphon/", env!("CARGO_PKG_VERSION")));
        assert_eq!(callback.header("authorization"), "Basic YWxpY2U6cGFzczp3b3Jk");
        assert_eq!(callback.header("antiphon-started-at"), started_at);
        assert_eq!(callback.header("antiphon-sequence"), sequence);
        assert!(
            callback.header("webhook-timestamp").parse::<u64>().is_ok_and(|seconds| seconds > 1_600_000_000)
        );
    }
}

#[test]
fn a_webhook_that_hangs_delays_neither_its_own_202_nor_the_callbacks_of_another() {
    let (hanging, working) = (Receiver::start(), Receiver::start());
    hanging.answers(Reply::Hang).always();
    let project = Project::echo().door("stuck", &hanging, "concurrency: 2").door("shop", &working, "");
    let engine = Engine::start(project);
    for user in ["ann", "bob", "cyd", "dan"] {
        let stuck = engine.session("stuck", user, "1");
        assert_eq!((stuck.says("one"), stuck.says("two")), (1, 2));
    }
    hanging.requests(2);
    for user in ["ann", "bob", "cyd", "dan"] {
        engine.session("shop", user, "1").says("hello");
    }
    assert_eq!(working.texts(4), ["hello"; 4]);
    assert_eq!(hanging.hanging_max(), 2, "no more in flight than `concurrency` says");
    hanging.goes_on();
    told(&hanging.got(8));
}

#[test]
fn one_session_has_one_callback_in_flight() {
    let (receiver, other) = (Receiver::start(), Receiver::start());
    receiver.answers(Reply::Hang).always();
    let engine = Engine::start(Project::echo().door("shop", &receiver, "").door("other", &other, ""));
    let session = engine.session("shop", "ann", "1");
    for text in ["one", "two", "three"] {
        session.says(text);
    }
    receiver.requests(1);
    engine.session("other", "ann", "1").says("round");
    other.got(1);
    assert_eq!(receiver.hanging_max(), 1);
    receiver.goes_on();
    assert_eq!(receiver.texts(3), ["one", "two", "three"]);
}

#[test]
fn an_endpoint_with_a_concurrency_of_one_has_one_callback_in_flight() {
    let (receiver, other) = (Receiver::start(), Receiver::start());
    receiver.answers(Reply::Hang).always();
    let project = Project::echo().door("shop", &receiver, "concurrency: 1").door("other", &other, "");
    let engine = Engine::start(project);
    for user in ["ann", "bob", "cyd"] {
        engine.session("shop", user, "1").says("hi");
        engine.session("other", user, "1").says("hi");
    }
    receiver.requests(1);
    other.got(3);
    assert_eq!(receiver.hanging_max(), 1);
    receiver.goes_on();
    assert_eq!(receiver.texts(3), ["hi"; 3]);
}

#[test]
fn workers_share_the_room_of_an_endpoint_that_has_less_than_one_for_each() {
    let receiver = Receiver::start();
    // The first one keeps the room until callbacks wait in every shard.
    receiver.answers(Reply::Hang).times(1);
    let project = Project::echo().door("shop", &receiver, "concurrency: 1").workers(8);
    let engine = Engine::start(project);
    for user in 0..100 {
        engine.session("shop", &format!("user-{user}"), "1").says("hi");
    }
    receiver.requests(1);
    receiver.goes_on();
    assert_eq!(receiver.texts(100), ["hi"; 100]);
}

#[test]
fn a_2xx_ends_a_callback_though_its_body_never_comes() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Endless).times(1);
    // Whoever waits for that body waits longer than this test does.
    let engine = Engine::start(Project::echo().door("shop", &receiver, "timeoutMs: 600000"));
    let session = engine.session("shop", "ann", "1");
    session.says("one");
    session.says("two");
    receiver.got_different(2);
    assert_eq!(texts(&receiver.requests(2)), ["one", "two"]);
}

#[test]
fn a_row_that_cannot_be_read_is_set_aside_and_holds_up_no_other() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(503)).always();
    let webhook = "retryAfterSeconds: [3600]";
    let mut engine = Engine::start(Project::echo().door("shop", &receiver, webhook));
    for user in ["ann", "bob"] {
        let session = engine.session("shop", user, "1");
        session.says("one");
        session.says("two");
    }
    receiver.requests(2);
    engine.terminate();
    let db = sled::open(&engine.project.state).expect("the server has ended");
    // The callback of the one, and of the other what is known of the attempts at it.
    for (user, row) in [("ann", b"c"), ("bob", b"a")] {
        tear_row(&db, &[row, &session_id("shop", user, "1").key().0[..]].concat());
    }
    drop(db);
    receiver.answers(Reply::Status(204)).always();
    engine.start_again();
    let got = receiver.got(3);
    let of = |user| got.iter().filter(|got| got.json()["userId"] == user).map(Callback::text).collect();
    let (ann, bob): (Vec<_>, Vec<_>) = (of("ann"), of("bob"));
    assert_eq!((ann, bob), (vec!["two".to_owned()], vec!["one".to_owned(), "two".to_owned()]));
    engine.terminate();
    let db = sled::open(&engine.project.state).expect("the server has ended");
    let left = |row: &[u8]| db.scan_prefix(row).count();
    let [callbacks, attempts, set_aside] = [left(b"c"), left(b"a"), left(b"x")];
    assert_eq!((callbacks, attempts, set_aside), (0, 0, 2));
}

#[test]
fn a_webhook_that_fails_five_times_and_recovers_has_everything_in_order() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(503)).times(5);
    let engine = Engine::start(Project::echo().door("shop", &receiver, &retries(5, 0.01)));
    let session = engine.session("shop", "ann", "1");
    for text in ["one", "two", "three"] {
        session.says(text);
    }
    assert_eq!(receiver.texts(3), ["one", "two", "three"]);
    let all = texts(&receiver.requests(8));
    assert_eq!(all, ["one", "one", "one", "one", "one", "one", "two", "three"]);
}

#[test]
fn whatever_goes_wrong_the_same_bytes_come_again_under_the_same_id_and_no_redirect_is_followed() {
    let receiver = Receiver::start();
    let wrong = [Reply::Status(500), Reply::Status(404), Reply::Redirect, Reply::Cut, Reply::Hang];
    wrong.into_iter().for_each(|reply| receiver.answers(reply).times(1));
    // A slow machine may be late for other answers too: there are more attempts than those that go wrong here.
    let webhook = format!("timeoutMs: 300, {}", retries(100, 0.01));
    let engine = Engine::start(Project::echo().door("shop", &receiver, &webhook));
    engine.session("shop", "ann", "1").says("again and again");
    let attempts = receiver.requests(6);
    for attempt in &attempts {
        assert_eq!(attempt.head.first, "POST /callback HTTP/1.1");
        assert_eq!(attempt.body, attempts[0].body);
        for header in ["webhook-id", "antiphon-started-at", "antiphon-sequence"] {
            assert_eq!(attempt.header(header), attempts[0].header(header));
        }
    }
    receiver.got(1);
}

#[test]
fn a_kill_while_a_webhook_fails_changes_nothing() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(503)).times(5);
    let mut engine = Engine::start(Project::echo().door("shop", &receiver, &retries(20, 0.01)));
    let session = engine.session("shop", "ann", "1");
    for text in ["one", "two", "three"] {
        session.says(text);
    }
    receiver.requests(3);
    engine.kill();
    engine.start_again();
    session.says("four");
    let told = told(&receiver.got_different(4));
    assert_eq!(told[&("ann".to_owned(), "1".to_owned())].texts, ["one", "two", "three", "four"]);
}

#[test]
fn attempts_are_counted_across_a_kill_and_the_last_one_buries_the_callback() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(503)).times(2);
    receiver.answers(Reply::Hang).times(1);
    let mut engine = Engine::start(Project::echo().door("shop", &receiver, &retries(4, 0.01)));
    let session = engine.session("shop", "ann", "1");
    session.says("one");
    receiver.requests(3);
    // Its flush takes along that two attempts failed; the third is in flight.
    session.says("two");
    engine.kill();
    receiver.answers(Reply::Status(503)).times(3);
    engine.start_again();
    assert_eq!(texts(&receiver.requests(7)), ["one", "one", "one", "one", "one", "one", "two"]);
    engine.terminate();
    let letters = dead_letters(&engine);
    assert_eq!(letters.len(), 1);
    let outcomes: Vec<_> = letters[0].attempts.iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert_eq!((letters[0].callback.sequence, outcomes), (1, vec!["503"; 5]));
}

#[test]
fn gone_ends_a_callback_at_once_and_the_next_one_goes_on() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(410)).times(1);
    let mut engine = Engine::start(Project::echo().door("shop", &receiver, ""));
    let session = engine.session("shop", "ann", "1");
    session.says("one");
    session.says("two");
    assert_eq!(receiver.texts(1), ["two"]);
    assert_eq!(texts(&receiver.requests(2)), ["one", "two"]);
    engine.terminate();
    let letters = dead_letters(&engine);
    assert_eq!(
        (letters.len(), letters[0].callback.id.user_id.as_str(), letters[0].callback.sequence),
        (1, "ann", 1)
    );
    assert!(letters[0].reason.contains("410"), "{}", letters[0].reason);
}

#[test]
fn a_webhook_that_is_not_public_and_not_listed_gets_nothing_and_it_is_said_why() {
    let receiver = Receiver::start();
    let project = Project::echo().door("shop", &receiver, "retryAfterSeconds: [0.01]").egress_allow("");
    let mut engine = Engine::start(project);
    engine.session("shop", "ann", "1").says("one");
    engine.wait_for_log("a callback is a dead letter");
    engine.terminate();
    let why = "the address 127.0.0.1 of the host is not public; list it in egress.allow";
    let line = format!("a callback may not go to its webhook endpoint=\"shop\" refused={why}");
    assert_eq!(engine.log().matches(&line).count(), 2, "{}", engine.log());
    let letters = dead_letters(&engine);
    let outcomes: Vec<_> = letters[0].attempts.iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert_eq!((letters.len(), outcomes), (1, vec![why; 2]));
    assert!(receiver.requests(0).is_empty());
}

#[test]
fn a_network_that_is_listed_is_called_and_its_metadata_service_is_not() {
    let receiver = Receiver::start();
    let metadata = "webhook: { url: \"http://169.254.169.254/\", retryAfterSeconds: [] }";
    let project = Project::echo().door("shop", &receiver, "").endpoint("cloud", metadata);
    let engine = Engine::start(project.egress_allow("0.0.0.0/0"));
    engine.session("cloud", "ann", "1").says("one");
    engine.session("shop", "ann", "1").says("one");
    receiver.got(1);
    engine.wait_for_log("169.254.169.254 of the host is link-local or the metadata service");
}

#[test]
fn a_callback_is_not_tried_again_before_the_webhook_asked_for_it() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Later(503, 2)).times(1);
    receiver.answers(Reply::Later(429, 2)).times(1);
    let engine = Engine::start(Project::echo().door("shop", &receiver, &retries(2, 0.01)));
    engine.session("shop", "ann", "1").says("hi");
    let attempts = receiver.requests(3);
    let seconds = attempts.iter().map(|attempt| attempt.header("webhook-timestamp").parse().unwrap());
    let seconds: Vec<u64> = seconds.collect();
    assert!(seconds.windows(2).all(|pair| pair[1] - pair[0] >= 2), "{seconds:?}");
}

#[test]
fn a_webhook_that_nobody_answers_at_has_everything_when_it_is_back() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Cut).always();
    let engine = Engine::start(Project::echo().door("shop", &receiver, &retries(100, 0.05)));
    for user in ["ann", "bob"] {
        let session = engine.session("shop", user, "1");
        assert_eq!(["one", "two"].map(|text| session.says(text)), [1, 2]);
    }
    receiver.requests(6);
    receiver.goes_on();
    let told = told(&receiver.got(4));
    assert!(told.values().all(|told| told.texts == ["one", "two"]), "{told:?}");
}
