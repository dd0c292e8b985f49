//! A dead letter goes again before what its session owes otherwise, however that waits; and what waits behind it can be asked
//! for as before.

use super::*;

const ONCE: &str = "retryAfterSeconds: [3600]";

/// `one` is a dead letter of ann's; `two` failed and waits, `three` behind that.
async fn one_dead_two_waiting(webhook: &str) -> (Stage, [Number; 3]) {
    let mut stage = Stage::new(webhook).await;
    stage.answers(|_| answered(503));
    let numbers = ["one", "two", "three"].map(|text| stage.says("ann", text));
    stage.settle().await;
    assert_eq!(stage.give_up(numbers[0]).await, Asked::Done);
    assert_eq!(bodies(&stage.got()), ["one", "two"]);
    stage.answers(|_| answered(204));
    (stage, numbers)
}

#[actix::test]
async fn one_that_waits_for_its_next_attempt_can_be_asked_for_while_a_dead_letter_goes_before_it() {
    let (stage, [one, two, _]) = one_dead_two_waiting(ONCE).await;
    stage.answers(|got| answered(if got.body.contains("one") { 503 } else { 204 }));
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    assert_eq!(bodies(&stage.got()), ["one"]);
    assert_eq!(stage.redeliver(two).await, Asked::Done);
    stage.answers(|_| answered(204));
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    stage.forward(SECOND).await;
    assert_eq!(bodies(&stage.got()), ["one", "two", "three"], "two does not wait for its hour");
}

#[actix::test]
async fn one_that_waits_for_a_person_can_be_asked_for_while_a_dead_letter_goes_before_it() {
    let (stage, [one, two, _]) = one_dead_two_waiting("retryAfterSeconds: [], onExhausted: block").await;
    stage.answers(|got| answered(if got.body.contains("one") { 503 } else { 204 }));
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    assert_eq!(bodies(&stage.got()), ["one"], "it is blocked in its turn");
    assert_eq!(stage.redeliver(two).await, Asked::Done);
    stage.answers(|_| answered(204));
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    assert_eq!(bodies(&stage.got()), ["one", "two", "three"]);
}

#[actix::test]
async fn one_that_waits_behind_a_dead_letter_that_goes_again_can_be_given_up_with_its_attempts() {
    let (stage, [one, two, _]) = one_dead_two_waiting(ONCE).await;
    stage.answers(|got| answered(if got.body.contains("one") { 503 } else { 204 }));
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    assert_eq!(stage.give_up(two).await, Asked::Done);
    let letter = stage.store().dead_letter(&two).unwrap().expect("it is kept");
    assert_eq!((letter.attempts.len(), letter.reason.as_str()), (1, "a person gave it up"));
    stage.got();
    stage.answers(|_| answered(204));
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    let got = stage.got();
    assert_eq!((bodies(&got), got[1].skipped.as_deref()), (vec!["one", "three"], Some("1")));
    assert_eq!(stage.sight().await.owed, 0);
}

#[actix::test]
async fn one_that_becomes_due_at_a_host_that_is_left_alone_steps_back_too() {
    let (mut stage, [one, ..]) = one_dead_two_waiting("retryAfterSeconds: [60, 60, 60]").await;
    stage.answers(|_| Outcome::Failed("no connection".to_owned()));
    for user in 0..30 {
        stage.says(&format!("user {user}"), "hello");
    }
    stage.forward(2 * MINUTE).await;
    assert!(stage.got().len() < 40, "the host is left alone");
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    stage.answers(|_| answered(204));
    stage.forward(5 * MINUTE).await;
    let got = stage.got();
    let of_ann: Vec<&Got> = got.iter().filter(|got| !got.body.contains("hello")).collect();
    let last: Vec<&str> = of_ann.iter().map(|got| got.body.trim_matches('"')).collect();
    assert_eq!(last, ["one", "two", "three"]);
}

#[actix::test]
async fn attempts_of_one_that_stepped_back_go_on_where_they_were() {
    let (stage, [one, two, _]) = one_dead_two_waiting("retryAfterSeconds: [60]").await;
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    stage.answers(|got| answered(if got.body.contains("two") { 503 } else { 204 }));
    stage.forward(2 * MINUTE).await;
    assert_eq!(bodies(&stage.got()), ["one", "two", "three"]);
    let letter = stage.store().dead_letter(&two).unwrap().expect("it had one attempt left");
    assert_eq!(letter.reason, "2 attempts, the last one: 503");
}

#[actix::test]
async fn one_that_was_asked_for_at_a_host_that_is_left_alone_does_not_wait_again_when_it_steps_back() {
    let (mut stage, [one, two, _]) = one_dead_two_waiting(ONCE).await;
    stage.answers(|_| Outcome::Failed("no connection".to_owned()));
    for user in 0..30 {
        stage.says(&format!("user {user}"), "hello");
    }
    stage.settle().await;
    stage.got();
    let asked = [stage.ask_again(two), stage.ask_again(one)];
    stage.answers(|_| answered(204));
    stage.forward(5 * MINUTE).await;
    let got = stage.got();
    let of_ann: Vec<&Got> = got.iter().filter(|got| !got.body.contains("hello")).collect();
    let texts: Vec<&str> = of_ann.iter().map(|got| got.body.trim_matches('"')).collect();
    assert_eq!(texts, ["one", "two", "three"]);
    for asked in asked {
        assert_eq!(asked.await, Ok(Asked::Done));
    }
}
