//! Redelivered and given up: what comes when, and that it survives a kill.

use super::commands::run;
use super::*;
use crate::support::{Receiver, Reply, Session, tear_row, to};

fn say(session: &Session, texts: &[&str]) {
    for text in texts {
        session.says(text);
    }
}

fn is_the_same(again: &Callback, before: &Callback) {
    let sequence = |callback: &Callback| callback.header("antiphon-sequence").to_owned();
    assert_eq!((id(again), sequence(again), &again.body), (id(before), sequence(before), &before.body));
}

#[test]
fn a_dead_letter_comes_again_under_its_id_and_before_what_its_session_owes_otherwise() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(410)).times(1);
    receiver.answers(Reply::Hang).times(1);
    let engine = Engine::start(Project::echo().door("shop", &receiver, ""));
    let session = engine.session("shop", "ann", "1");
    say(&session, &["one", "two", "three"]);
    let dead = receiver.requests(2).remove(0);
    assert_eq!(one(&engine, id(&dead)).json()["state"], "dead");

    assert_eq!(ordered(&engine, id(&dead), "redeliver"), "done");
    assert_eq!(one(&engine, id(&dead)).json()["state"], "owed", "the one under way has to end before");
    assert_eq!(ordered(&engine, id(&dead), "redeliver"), "underWay", "it goes anyway");
    assert_eq!(ordered(&engine, id(&dead), "bury"), "underWay", "its turn has not come");
    receiver.goes_on();
    let got = receiver.requests(4);
    assert_eq!(texts(&got), ["one", "two", "one", "three"]);
    assert_eq!(skipped(&got), [None, Some("1"), None, None]);
    is_the_same(&got[2], &dead);

    becomes(&engine, id(&dead), "delivered");
    for word in ["redeliver", "bury"] {
        let problem = order(&engine, id(&dead), word).problem(404, "unknown-delivery");
        assert!(text(&problem, "detail").contains("it was delivered"), "{problem}");
    }
}

#[test]
fn one_that_waits_for_its_next_attempt_goes_at_once_and_a_dead_letter_does_not_wait_for_it() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(503)).times(2);
    let engine = Engine::start(Project::echo().door("shop", &receiver, "retryAfterSeconds: [3600]"));
    let session = engine.session("shop", "ann", "1");
    say(&session, &["one", "two", "three"]);
    let first = receiver.requests(1).remove(0);
    becomes(&engine, id(&first), "retrying");
    assert_eq!(ordered(&engine, id(&first), "bury"), "done");
    let second = receiver.requests(2).remove(1);
    becomes(&engine, id(&second), "retrying");

    assert_eq!(ordered(&engine, id(&first), "redeliver"), "done");
    assert_eq!(texts(&receiver.requests(3)), ["one", "two", "one"]);
    becomes(&engine, id(&first), "delivered");
    assert_eq!(one(&engine, id(&second)).json()["attempts"], 1, "it waits as before");
    assert_eq!(ordered(&engine, id(&second), "redeliver"), "done");
    let got = receiver.requests(5);
    assert_eq!(texts(&got), ["one", "two", "one", "two", "three"]);
    assert_eq!(skipped(&got), [None, Some("1"), None, None, None]);
    is_the_same(&got[2], &first);
    is_the_same(&got[3], &second);
    assert_eq!(becomes(&engine, id(&second), "delivered")["attempts"], 2);
}

#[test]
fn a_session_that_is_blocked_stays_so_over_a_kill_and_goes_on_in_order_when_a_person_says_so() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(503)).times(1);
    let webhook = "retryAfterSeconds: [], onExhausted: block";
    let mut engine = Engine::start(Project::echo().door("shop", &receiver, webhook));
    let session = engine.session("shop", "ann", "1");
    say(&session, &["one", "two", "three"]);
    let first = receiver.requests(1).remove(0);
    becomes(&engine, id(&first), "blocked");
    engine.kill();
    engine.start_again();
    assert_eq!(one(&engine, id(&first)).json()["state"], "blocked");
    engine.session("shop", "bob", "1").says("hello");
    assert_eq!(receiver.texts(1), ["hello"], "another session goes on");

    assert_eq!(ordered(&engine, id(&first), "redeliver"), "done");
    let got = receiver.requests(5);
    assert_eq!(texts(&got), ["one", "hello", "one", "two", "three"]);
    assert_eq!(skipped(&got), [None; 5]);
    is_the_same(&got[2], &first);
}

#[test]
fn one_that_is_given_up_lets_its_session_go_on_and_comes_again_though_the_server_was_killed() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Says(503, "no")).times(1);
    let webhook = "retryAfterSeconds: [], onExhausted: block";
    let mut engine = Engine::start(Project::echo().door("shop", &receiver, webhook));
    let session = engine.session("shop", "ann", "1");
    say(&session, &["one", "two", "three"]);
    let first = receiver.requests(1).remove(0);
    becomes(&engine, id(&first), "blocked");
    let second = listed(&engine, "?state=owed").remove(0);
    assert_eq!(ordered(&engine, text(&second, "id"), "bury"), "underWay", "its turn has not come");

    assert_eq!(ordered(&engine, id(&first), "bury"), "done");
    let letter = one(&engine, id(&first)).json();
    assert_eq!((text(&letter, "state"), text(&letter, "reason")), ("dead", "a person gave it up"));
    assert_eq!(letter["attemptsKept"][0]["answer"], "no");
    let got = receiver.got(2);
    assert_eq!(
        (texts(&got), skipped(&got)),
        (vec!["two".to_owned(), "three".to_owned()], vec![Some("1"), None])
    );
    let problem = order(&engine, id(&first), "bury").problem(404, "unknown-delivery");
    assert!(text(&problem, "detail").contains("redeliver tries it again"), "{problem}");

    engine.kill();
    engine.start_again();
    assert_eq!(ordered(&engine, id(&first), "redeliver"), "done");
    let again = receiver.got_enough(|got| got.last().is_some_and(|last| last.text() == "one"));
    is_the_same(again.last().expect("it came"), &first);
}

#[test]
fn what_was_ordered_is_kept_over_a_kill_though_nobody_has_taken_it_yet() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(410)).times(1);
    receiver.answers(Reply::Stall).times(1);
    let mut engine = Engine::start(Project::echo().door("shop", &receiver, ""));
    engine.session("shop", "ann", "1").says("one");
    let first = receiver.requests(1).remove(0);
    becomes(&engine, id(&first), "dead");
    assert_eq!(ordered(&engine, id(&first), "redeliver"), "done");
    receiver.requests(2);
    engine.kill();
    engine.start_again();
    let got = receiver.got(1);
    is_the_same(&got[0], &first);
    becomes(&engine, id(&first), "delivered");
}

#[test]
fn a_dead_letter_that_goes_again_does_not_wait_for_one_that_was_under_way_and_failed() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(410)).times(1);
    receiver.answers(Reply::Stall).times(1);
    let webhook = "timeoutMs: 1000, retryAfterSeconds: [3600]";
    let engine = Engine::start(Project::echo().door("shop", &receiver, webhook));
    let session = engine.session("shop", "ann", "1");
    say(&session, &["one", "two"]);
    let dead = receiver.requests(2).remove(0);
    assert_eq!(ordered(&engine, id(&dead), "redeliver"), "done");
    let got = receiver.requests(3);
    assert_eq!(texts(&got), ["one", "two", "one"]);
    is_the_same(&got[2], &dead);
}

#[test]
fn what_waits_while_its_endpoint_has_no_webhook_goes_when_it_has_one_unless_it_is_given_up() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(410)).times(1);
    receiver.answers(Reply::Status(503)).times(1);
    let engine =
        Engine::start(Project::echo().door("shop", &receiver, "retryAfterSeconds: [3600]").not_watched());
    engine.session("shop", "ann", "1").says("hi, ann here");
    say(&engine.session("shop", "bob", "1"), &["one", "two", "three"]);
    let [dead, waits] = ["dead", "retrying"].map(|state| {
        let item = listed_when(&engine, &format!("?state={state}"), |items| items.len() == 1).remove(0);
        text(&item, "id").to_owned()
    });
    engine.project.rewrite_endpoint("shop", "");
    engine.reload();
    let of_bob = listed(&engine, "?user=bob");
    let all: Vec<&str> = of_bob.iter().map(|item| text(item, "id")).collect();
    for id in [&dead, &waits] {
        let problem = order(&engine, id, "redeliver").problem_for_now(503, "overloaded");
        assert!(text(&problem, "detail").contains("has no webhook now"), "{problem}");
    }
    assert_eq!(listed(&engine, "/dead").len(), 1, "it stays where a person sees it");
    for given_up in &all[..2] {
        assert_eq!(ordered(&engine, given_up, "bury"), "done");
    }
    order(&engine, all[2], "redeliver").problem_for_now(503, "overloaded");
    engine.project.rewrite_endpoint("shop", &to(&receiver, ""));
    engine.reload();
    let got = receiver.got(1);
    assert_eq!((texts(&got), skipped(&got)), (vec!["three".to_owned()], vec![Some("2")]));
    assert_eq!(ordered(&engine, &dead, "redeliver"), "done");
    assert_eq!(receiver.texts(2), ["three", "hi, ann here"]);
}

#[test]
fn a_dead_letter_that_cannot_be_read_is_told_stays_where_it_is_and_holds_up_no_other() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(410)).times(2);
    let mut engine = Engine::start(Project::echo().door("shop", &receiver, ""));
    for user in ["ann", "bob"] {
        engine.session("shop", user, "1").says("one");
    }
    listed_when(&engine, "/dead", |items| items.len() == 2);
    engine.terminate();
    let torn = tear(&engine, "ann");
    engine.start_again();

    let dead = listed(&engine, "/dead");
    let (damaged, readable): (Vec<&Value>, Vec<&Value>) =
        dead.iter().partition(|item| item.get("error").is_some());
    assert_eq!(
        (text(damaged[0], "id"), text(damaged[0], "state"), readable.len()),
        (torn.as_str(), "dead", 1)
    );
    assert_eq!(one(&engine, &torn).json()["error"], damaged[0]["error"]);
    for word in ["redeliver", "bury"] {
        let problem = order(&engine, &torn, word).problem(500, "internal");
        assert!(text(&problem, "detail").contains("it stays where it is"), "{problem}");
    }
    let all = run(&engine, &["redeliver", "--all"]);
    all.fails(1, "antiphon: 1 delivery was not redelivered; the lines above say why");
    let told = format!("{torn}: not redelivered: {}\n1 goes again, 1 failed\n", text(damaged[0], "error"));
    assert_eq!(all.out, told);
    assert_eq!(id(&receiver.got(1)[0]), text(readable[0], "id"));
    engine.session("shop", "ann", "1").says("two");
    let got = receiver.got(2);
    assert_eq!((got[1].text().as_str(), skipped(&got)[1]), ("two", Some("1")));
}

/// Damages the dead letter of a user at a server that does not run; its id.
fn tear(engine: &Engine, user: &str) -> String {
    let session = session_id("shop", user, "1").key();
    let letters = store(&engine.project.state).dead_letters(None, 9).expect("they can be read");
    let (number, _) = letters.into_iter().find(|(number, _)| number.session == session).expect("it is dead");
    let db = sled::open(&engine.project.state).expect("the server has ended");
    tear_row(&db, &[b"d", &session.0[..]].concat());
    number.webhook_id()
}
