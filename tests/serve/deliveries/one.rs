//! One delivery, with all that is known of it.

use super::commands::run;
use super::*;
use crate::support::{Receiver, Reply, retries};

/// More than is kept of an answer.
const LONG: usize = 5_000;

fn told<'a>(whole: &'a Value, name: &str) -> Vec<&'a str> {
    let attempts = whole["attemptsKept"].as_array().expect("a delivery has its attempts");
    attempts.iter().map(|attempt| attempt[name].as_str().unwrap_or_default()).collect()
}

#[test]
fn a_dead_letter_is_shown_with_every_attempt_what_was_answered_and_its_body() {
    let receiver = Receiver::start();
    let long: &'static str = "ä".repeat(LONG / 2).leak();
    receiver.answers(Reply::Says(503, "we are closed")).times(1);
    receiver.answers(Reply::Says(500, long)).times(1);
    receiver.answers(Reply::Says(410, "moved\nfor good")).times(1);
    let engine = Engine::start(Project::echo().door("shop", &receiver, "retryAfterSeconds: [0, 0, 0]"));
    engine.session("shop", "ann", "1").says("Grüße");
    let attempts = receiver.requests(3);
    let whole = becomes(&engine, id(&attempts[0]), "dead");
    assert_eq!((text(&whole, "id"), &whole["attempts"]), (id(&attempts[0]), &json!(3)));
    assert_eq!(text(&whole, "reason"), "the webhook answered 410 Gone");
    assert_eq!(told(&whole, "outcome"), ["503", "500", "410"]);
    // Of an answer before the last one the beginning is kept.
    assert_eq!(told(&whole, "answer"), ["we are closed", &"ä".repeat(256), "moved\nfor good"]);
    assert_eq!(whole["body"], attempts[0].json());
    let times: Vec<_> =
        whole["attemptsKept"].as_array().into_iter().flatten().map(|one| one["at"].as_u64()).collect();
    assert!(times.is_sorted() && times[0] >= whole["createdAt"].as_u64(), "{whole}");
    assert!(whole["endedAt"].as_u64() >= times[2], "{whole}");
}

#[test]
fn of_a_hundred_attempts_every_one_is_kept_and_told() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Says(REFUSED, "not here")).always();
    let engine = Engine::start(Project::echo().door("shop", &receiver, &retries(99, 0.0)));
    engine.session("shop", "ann", "1").says("hi");
    let first = receiver.requests(1).remove(0);
    let whole = becomes(&engine, id(&first), "dead");
    assert_eq!((&whole["attempts"], told(&whole, "outcome")), (&json!(100), vec!["404"; 100]));
    assert_eq!(text(&whole, "reason"), "100 attempts, the last one: 404");
    let page = run(&engine, &["show", id(&first)]).out;
    assert!(page.contains("\ndead, 100 attempts, the last one: 404\n"), "{page}");
    assert_eq!(page.matches("  404 after ").count(), 100, "{page}");
    assert_eq!(page.matches("\n    not here\n").count(), 20, "the answers of the last ones: {page}");
}

#[test]
fn the_last_answer_is_kept_to_its_bound_and_of_what_was_delivered_the_attempts_but_not_the_body() {
    let receiver = Receiver::start();
    let long: &'static str = "x".repeat(LONG).leak();
    receiver.answers(Reply::Says(503, long)).times(1);
    let engine = Engine::start(Project::echo().door("shop", &receiver, "retryAfterSeconds: [3600]"));
    engine.session("shop", "ann", "1").says("hi");
    let first = receiver.requests(1).remove(0);
    let waiting = becomes(&engine, id(&first), "retrying");
    assert_eq!((told(&waiting, "answer"), &waiting["body"]), (vec![&long[..4_096]], &first.json()));
    assert_eq!(ordered(&engine, id(&first), "redeliver"), "done");
    let delivered = becomes(&engine, id(&first), "delivered");
    assert_eq!((told(&delivered, "outcome"), delivered.get("body")), (vec!["503", "204"], None));
    assert_eq!(told(&delivered, "answer"), [&long[..256], ""]);
}
