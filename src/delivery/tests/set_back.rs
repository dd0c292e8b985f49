//! A clock that somebody sets back by an hour while the server runs: what waits goes when it would have gone, or one wait later.

use super::*;

#[actix::test]
async fn what_lingers_waits_no_longer() {
    let mut stage = Stage::new("batch: { max: 4, lingerMs: 200 }").await;
    stage.says("ann", "one");
    stage.settle().await;
    clock::moved::set_to(START - HOUR);
    stage.forward(SECOND).await;
    assert_eq!(bodies(&stage.got()), ["[\"one\"]"]);
}

#[actix::test]
async fn the_next_attempts_come_as_scheduled() {
    let mut stage = Stage::new("retryAfterSeconds: [60, 60]").await;
    stage.answers(|_| answered(404));
    stage.says("ann", "one");
    stage.says("bob", "two");
    stage.settle().await;
    clock::moved::set_to(START - HOUR);
    stage.forward(3 * MINUTE).await;
    assert_eq!(stage.got().len(), 6);
}

#[actix::test]
async fn an_endpoint_with_a_rate_goes_on_at_that_rate() {
    let mut stage = Stage::new("ratePerSecond: 1").await;
    for user in ["ann", "bob", "cyd", "dan"] {
        stage.says(user, "hello");
    }
    stage.settle().await;
    clock::moved::set_to(START - HOUR);
    stage.forward(5 * SECOND).await;
    assert_eq!(stage.got().len(), 4);
}

#[actix::test]
async fn a_host_that_is_left_alone_is_probed_as_soon() {
    let mut stage = Stage::new("").await;
    stage.answers(|_| answered(503));
    for user in 0..10 {
        stage.says(&format!("user {user}"), "hello");
    }
    stage.settle().await;
    assert_eq!(stage.got().len(), 10);
    stage.answers(|_| answered(204));
    clock::moved::set_to(START - HOUR);
    stage.forward(5 * SECOND).await;
    assert_eq!(stage.got().len(), 10);
}
