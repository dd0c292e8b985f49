//! Schedules, waits for a person, breakers and rates, over hours.

use super::*;

/// Whether a wait is the one of the schedule, a fifth more or less.
fn is_about(wait: u64, scheduled: u64) -> bool {
    (scheduled * 8 / 10..=scheduled * 12 / 10 + 1).contains(&wait)
}

#[actix::test]
async fn seven_attempts_over_an_hour_and_a_quarter_and_then_it_is_a_dead_letter_and_the_next_one_says_so() {
    let mut stage = Stage::new("").await;
    stage.answers(|got| answered(if got.body.contains("one") { 503 } else { 204 }));
    let one = stage.says("ann", "one");
    stage.says("ann", "two");
    stage.forward(2 * HOUR).await;
    let got = stage.got();
    assert_eq!(bodies(&got), ["one", "one", "one", "one", "one", "one", "one", "two"]);
    for (pair, scheduled) in got[..7].windows(2).zip([1, 5, 30, 120, 600, 3_600]) {
        let wait = pair[1].at - pair[0].at;
        assert!(is_about(wait, scheduled * SECOND), "{wait} ms, not about {scheduled} s");
        assert_eq!((&pair[1].id, &pair[1].sequence), (&pair[0].id, &pair[0].sequence));
    }
    assert_eq!((got[6].skipped.as_deref(), got[7].skipped.as_deref()), (None, Some("1")));
    let letter = stage.store().dead_letter(&one).unwrap().expect("it is kept");
    assert_eq!((letter.attempts.len(), letter.reason.as_str()), (7, "7 attempts, the last one: 503"));
}

#[actix::test]
async fn retry_after_is_honoured_up_to_an_hour() {
    let mut stage = Stage::new("retryAfterSeconds: [1, 1]").await;
    let mut asked = [10 * MINUTE, 5 * HOUR].into_iter();
    stage.answers(move |_| match asked.next() {
        Some(ms) => Outcome::Answered { status: 429, retry_after_ms: Some(ms), answer: String::new() },
        None => answered(200),
    });
    stage.says("ann", "one");
    stage.forward(2 * HOUR).await;
    let at: Vec<u64> = stage.got().iter().map(|got| got.at - START).collect();
    let seconds: Vec<u64> = at.iter().map(|at| at / SECOND).collect();
    assert_eq!(seconds, [0, 600, 4_200]);
}

#[actix::test]
async fn a_blocked_session_waits_for_a_person_for_days_and_then_goes_on_in_order() {
    let mut stage = Stage::new("retryAfterSeconds: [1], onExhausted: block").await;
    stage.answers(|_| answered(500));
    let one = stage.says("ann", "one");
    stage.says("ann", "two");
    stage.forward(HOUR).await;
    assert_eq!(bodies(&stage.got()), ["one", "one"]);
    assert_eq!(stage.sight().await, Sight { owed: 2, blocked: 1, oldest_due_at: None, in_flight: 0 });
    stage.stop().await;
    stage.start(1).await;
    stage.answers(|_| answered(204));
    stage.says("bob", "hello");
    stage.forward(72 * HOUR).await;
    assert_eq!(bodies(&stage.got()), ["hello"], "another session goes on");
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    let got = stage.got();
    assert_eq!(bodies(&got), ["one", "two"]);
    assert!(got.iter().all(|got| got.skipped.is_none()));
    assert_eq!(stage.sight().await.owed, 0);
}

#[actix::test]
async fn a_blocked_callback_that_is_given_up_lets_the_next_ones_go() {
    let mut stage = Stage::new("retryAfterSeconds: [], onExhausted: block").await;
    stage.answers(|got| answered(if got.body.contains("one") { 500 } else { 204 }));
    let one = stage.says("ann", "one");
    let two = stage.says("ann", "two");
    stage.forward(MINUTE).await;
    assert_eq!(stage.give_up(two).await, Asked::UnderWay, "its turn has not come");
    assert_eq!(stage.give_up(one).await, Asked::Done);
    let got = stage.got();
    assert_eq!((bodies(&got), got[1].skipped.as_deref()), (vec!["one", "two"], Some("1")));
    assert!(stage.store().dead_letter(&one).unwrap().is_some());
    assert_eq!(stage.give_up(one).await, Asked::Unknown);
}

#[actix::test]
async fn what_is_gone_for_good_is_dead_at_once_also_where_a_session_would_wait_for_a_person() {
    let mut stage = Stage::new("retryAfterSeconds: [60], onExhausted: block").await;
    stage.answers(|got| answered(if got.body.contains("one") { 410 } else { 204 }));
    let one = stage.says("ann", "one");
    stage.says("ann", "two");
    stage.settle().await;
    let got = stage.got();
    assert_eq!((bodies(&got), got[1].skipped.as_deref()), (vec!["one", "two"], Some("1")));
    let letter = stage.store().dead_letter(&one).unwrap().expect("it is kept");
    assert_eq!(letter.reason, "the webhook answered 410 Gone");
}

#[actix::test]
async fn a_dead_letter_goes_again_under_its_id_and_what_comes_after_it_is_not_sent_twice() {
    let mut stage = Stage::new("retryAfterSeconds: []").await;
    stage.answers(|got| answered(if got.body.contains("one") { 410 } else { 204 }));
    let one = stage.says("ann", "one");
    stage.says("ann", "two");
    stage.settle().await;
    stage.answers(|_| answered(204));
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    stage.says("ann", "three");
    stage.settle().await;
    let got = stage.got();
    assert_eq!(bodies(&got), ["one", "two", "one", "three"]);
    assert_eq!((&got[2].id, got[3].skipped.as_deref()), (&got[0].id, None));
    assert_eq!(stage.redeliver(one).await, Asked::Unknown, "it was delivered");
    stage.stop().await;
    stage.start(1).await;
    stage.forward(HOUR).await;
    assert!(stage.got().is_empty());
}

#[actix::test]
async fn a_dead_letter_does_not_wait_behind_one_that_waits_for_its_next_attempt() {
    goes_before_what_waits("retryAfterSeconds: [3600]", &["one", "two", "one", "two", "three"]).await;
}

#[actix::test]
async fn a_dead_letter_does_not_wait_behind_one_that_waits_for_a_person() {
    goes_before_what_waits("retryAfterSeconds: [], onExhausted: block", &["one", "two", "one"]).await;
}

/// The first callback is given up, the second waits; `all` is what was sent two hours after the first was asked for.
async fn goes_before_what_waits(webhook: &str, all: &[&str]) {
    let mut stage = Stage::new(webhook).await;
    stage.answers(|_| answered(503));
    let one = stage.says("ann", "one");
    stage.settle().await;
    assert_eq!(stage.give_up(one).await, Asked::Done);
    stage.says("ann", "two");
    stage.says("ann", "three");
    stage.settle().await;
    stage.answers(|_| answered(204));
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    stage.forward(SECOND).await;
    assert_eq!(stage.sight().await.owed, 2, "the others wait as before");
    stage.forward(2 * HOUR).await;
    let got = stage.got();
    assert_eq!(bodies(&got), all);
    assert!(got[2..].iter().all(|got| got.skipped.is_none()));
}

#[actix::test]
async fn who_asks_need_not_wait_for_the_next_attempt() {
    let mut stage = Stage::new("retryAfterSeconds: [3600]").await;
    let mut first = true;
    stage.answers(move |_| answered(if std::mem::take(&mut first) { 503 } else { 204 }));
    let one = stage.says("ann", "one");
    stage.forward(MINUTE).await;
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    assert_eq!(bodies(&stage.got()), ["one", "one"]);
    stage.forward(2 * HOUR).await;
    assert!(stage.got().is_empty());
}

#[actix::test]
async fn a_host_that_is_down_for_an_hour_is_probed_and_costs_the_callbacks_no_attempts() {
    let mut stage = Stage::new("").await;
    stage.answers(|_| Outcome::Failed("no connection".to_owned()));
    for user in 0..100 {
        stage.says(&format!("user {user}"), "hello");
    }
    stage.forward(HOUR).await;
    let down = stage.got();
    assert!(down.len() < 250, "{} attempts", down.len());
    assert!(down.iter().filter(|got| got.at > START + MINUTE).count() < 130, "one probe every half a minute");
    stage.answers(|_| answered(204));
    stage.forward(HOUR + HOUR / 2).await;
    let mut up: Vec<String> = stage.got().into_iter().map(|got| got.id).collect();
    up.sort();
    up.dedup();
    assert_eq!(up.len(), 100, "all of them came");
    assert!(stage.store().dead_letters(None, 9).unwrap().is_empty());
}

#[actix::test]
async fn an_endpoint_with_a_rate_has_no_more_than_that_in_any_second() {
    let mut stage = Stage::new("ratePerSecond: 10").await;
    for user in 0..100 {
        stage.says(&format!("user {user}"), "hello");
    }
    stage.forward(MINUTE).await;
    let at: Vec<u64> = stage.got().iter().map(|got| got.at - START).collect();
    assert_eq!(at.len(), 100);
    for start in &at {
        let within = at.iter().filter(|at| (*start..start + SECOND).contains(at)).count();
        assert!(within <= 11, "{within} in the second from {start}");
    }
    assert!(at[99] <= 11 * SECOND, "{}", at[99]);
}
