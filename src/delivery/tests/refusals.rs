//! A store that takes nothing for a while: what ended is written later, and nothing overtakes it.

use super::*;

#[actix::test]
async fn a_callback_that_cannot_be_given_up_yet_lets_nothing_pass_and_becomes_a_dead_letter_later() {
    let mut stage = Stage::new("retryAfterSeconds: []").await;
    stage.answers(|got| answered(if got.body.contains("one") { 500 } else { 204 }));
    stage.store_refuses(true);
    let one = stage.says("ann", "one");
    stage.says("ann", "two");
    stage.forward(MINUTE).await;
    assert_eq!(bodies(&stage.got()), ["one"]);
    assert!(stage.store().dead_letter(&one).unwrap().is_none());
    stage.store_refuses(false);
    stage.forward(2 * SECOND).await;
    let got = stage.got();
    assert_eq!((bodies(&got), got[0].skipped.as_deref()), (vec!["two"], Some("1")));
    let letter = stage.store().dead_letter(&one).unwrap().expect("it is kept");
    assert_eq!((letter.attempts.len(), letter.reason.as_str()), (1, "1 attempt: 500"));
}

#[actix::test]
async fn who_gives_up_a_callback_that_cannot_be_written_hears_so_and_it_stays_what_it_was() {
    let mut stage = Stage::new("retryAfterSeconds: [60, 60]").await;
    stage.answers(|_| answered(500));
    let one = stage.says("ann", "one");
    stage.settle().await;
    stage.store_refuses(true);
    assert_eq!(stage.give_up(one).await, Asked::NotNow);
    stage.store_refuses(false);
    stage.forward(2 * MINUTE + MINUTE).await;
    assert_eq!(bodies(&stage.got()), ["one", "one", "one"], "it is tried as if nobody had asked");
    let letter = stage.store().dead_letter(&one).unwrap().expect("it is kept");
    assert_eq!(letter.attempts.len(), 3);
}

#[actix::test]
async fn a_batch_of_several_shards_whose_arrival_cannot_be_written_yet_is_not_sent_again() {
    let mut stage = Stage::new("batch: { max: 10, lingerMs: 100 }, retryAfterSeconds: [60, 60]").await;
    stage.answers(|_| answered(500));
    let users: Vec<String> = (0..5).map(|user| format!("user {user}")).collect();
    for user in &users {
        stage.says(user, "one");
    }
    stage.forward(SECOND).await;
    stage.stop().await;
    stage.start(3).await;
    for user in &users {
        stage.says(user, "two");
    }
    stage.answers(|_| answered(204));
    stage.got();
    stage.store_refuses(true);
    stage.forward(5 * MINUTE).await;
    let got = stage.got();
    assert_eq!(got.len(), 1, "{got:?}");
    assert_eq!(got[0].body.matches("one").count(), 5);
    stage.store_refuses(false);
    stage.forward(3 * SECOND).await;
    let text = stage.got().iter().map(|got| got.body.as_str()).collect::<String>();
    assert_eq!((text.matches("one").count(), text.matches("two").count()), (0, 5), "{text}");
    assert!(stage.store().owed_callbacks(None, 9).unwrap().is_empty());
}
