//! Batches: who goes together, and that they stay together.

use super::*;

#[actix::test]
async fn outputs_of_many_sessions_go_together_in_the_order_of_each() {
    let mut stage = Stage::new("batch: { max: 4, lingerMs: 200 }").await;
    for (user, text) in [("ann", "a1"), ("bob", "b1"), ("ann", "a2"), ("cyd", "c1"), ("ann", "a3")] {
        stage.says(user, text);
    }
    stage.forward(SECOND).await;
    let got = stage.got();
    assert_eq!(got[0].body, "[\"a1\",\"a2\",\"b1\",\"c1\"]");
    assert_eq!((got[0].sequence.as_str(), got[0].at), ("1,2,1,1", START), "it was full: it did not linger");
    assert_eq!(got[0].started_at, format!("{START},{START},{START},{START}"));
    assert_eq!((got[1].body.as_str(), got[1].sequence.as_str(), got.len()), ("[\"a3\"]", "3", 2));
    assert!((START + 200..START + 250).contains(&got[1].at), "it lingered until {}", got[1].at);
    assert_ne!(got[0].id, got[1].id);
    assert_eq!(stage.sight().await.owed, 0);
}

#[actix::test]
async fn a_batch_keeps_its_composition_and_its_id_though_more_comes_and_the_server_starts_anew() {
    a_batch_is_the_same_after_a_start_with(1).await;
}

#[actix::test]
async fn a_batch_whose_sessions_belong_to_several_shards_after_a_start_stays_whole_too() {
    a_batch_is_the_same_after_a_start_with(3).await;
}

async fn a_batch_is_the_same_after_a_start_with(shards: usize) {
    {
        let mut stage =
            Stage::new("batch: { max: 10, lingerMs: 100 }, retryAfterSeconds: [60, 60, 60]").await;
        stage.answers(|_| answered(500));
        let users: Vec<String> = (0..5).map(|user| format!("user {user}")).collect();
        for user in &users {
            stage.says(user, "one");
        }
        stage.forward(90 * SECOND).await;
        for user in &users {
            stage.says(user, "two");
        }
        stage.forward(SECOND).await;
        let before = stage.got();
        assert_eq!(before.len(), 2);
        stage.stop().await;
        stage.start(shards).await;
        for user in &users {
            stage.says(user, "three");
        }
        stage.answers(|_| answered(204));
        stage.forward(3 * MINUTE).await;
        let after = stage.got();
        assert_eq!(
            (&after[0].id, &after[0].body, &after[0].sequence),
            (&before[0].id, &before[0].body, &before[0].sequence)
        );
        let text = after[1..].iter().map(|got| got.body.as_str()).collect::<String>();
        assert_eq!((text.matches("two").count(), text.matches("three").count()), (5, 5), "{shards}: {text}");
        for got in &after[1..] {
            let places: Vec<&str> = got.sequence.split(',').collect();
            assert!(places.chunks(2).all(|pair| pair == ["2", "3"]), "{got:?}");
        }
        assert_eq!(stage.store().batches().unwrap().len(), 0);
        assert!(stage.store().owed_callbacks(None, 9).unwrap().is_empty());
    }
}

#[actix::test]
async fn a_batch_that_is_given_up_is_a_dead_letter_for_each_output_and_each_can_be_sent_again() {
    let mut stage = Stage::new("batch: { max: 10, lingerMs: 100 }, retryAfterSeconds: []").await;
    stage.answers(|_| answered(500));
    let one = stage.says("ann", "one");
    stage.says("ann", "two");
    stage.says("bob", "one");
    stage.forward(SECOND).await;
    assert_eq!(stage.got().len(), 1);
    assert_eq!(stage.store().dead_letters(None, 9).unwrap().len(), 3);
    stage.answers(|_| answered(204));
    stage.says("ann", "three");
    stage.says("bob", "two");
    stage.says("cyd", "one");
    stage.forward(SECOND).await;
    let got = stage.got();
    assert_eq!((got[0].sequence.as_str(), got[0].skipped.as_deref()), ("3,2,1", Some("2,1,0")));
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    stage.forward(SECOND).await;
    let got = stage.got();
    assert_eq!((got.len(), got[0].body.as_str(), got[0].skipped.as_deref()), (1, "[\"one\"]", None));
}

#[actix::test]
async fn what_was_given_up_between_two_outputs_of_a_batch_is_told_with_the_second() {
    let mut stage = Stage::new("batch: { max: 2, lingerMs: 200 }, retryAfterSeconds: []").await;
    stage.answers(|_| answered(500));
    let one = stage.says("ann", "one");
    stage.says("ann", "two");
    stage.forward(SECOND).await;
    assert_eq!(stage.store().dead_letters(None, 9).unwrap().len(), 2);
    stage.got();
    stage.answers(|_| answered(204));
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    stage.says("ann", "three");
    stage.says("ann", "four");
    stage.forward(SECOND).await;
    let got = stage.got();
    assert_eq!(bodies(&got), ["[\"one\",\"three\"]", "[\"four\"]"]);
    assert_eq!((got[0].skipped.as_deref(), got[1].skipped.as_deref()), (Some("0,1"), None));
}

#[actix::test]
async fn what_was_sent_by_itself_stays_by_itself_when_batches_are_switched_on() {
    let mut stage = Stage::new("retryAfterSeconds: [60]").await;
    stage.answers(|_| answered(500));
    stage.says("ann", "one");
    stage.says("ann", "two");
    stage.settle().await;
    let alone = stage.got().remove(0);
    stage.stop().await;
    write_endpoint(&stage.folder, "batch: { max: 10 }, retryAfterSeconds: [60]");
    stage.live.reload::<project::LoadError>(|_| Ok(())).unwrap();
    stage.start(1).await;
    stage.answers(|_| answered(204));
    stage.forward(2 * MINUTE).await;
    let got = stage.got();
    assert_eq!((&got[0].id, got[0].body.as_str()), (&alone.id, "\"one\""));
    assert_eq!(got[1].body, "[\"two\"]");
}

#[actix::test]
async fn dead_letters_of_one_session_that_go_again_fill_a_batch_together() {
    three_go_again_together(3, 0).await;
}

#[actix::test]
async fn dead_letters_of_one_session_that_go_again_wait_together_for_others_to_fill_their_batch() {
    three_go_again_together(4, 200).await;
}

async fn three_go_again_together(max: usize, lingers: u64) {
    let mut stage =
        Stage::new(&format!("batch: {{ max: {max}, lingerMs: 200 }}, retryAfterSeconds: []")).await;
    stage.answers(|_| answered(500));
    let dead = ["one", "two", "three"].map(|text| stage.says("ann", text));
    stage.forward(SECOND).await;
    stage.got();
    stage.answers(|_| answered(204));
    let since = clock::now();
    let asked = dead.map(|number| stage.ask_again(number));
    stage.forward(SECOND).await;
    let got = stage.got();
    assert_eq!(bodies(&got), ["[\"one\",\"two\",\"three\"]"]);
    assert!((lingers..lingers + 50).contains(&(got[0].at - since)), "it waited {}", got[0].at - since);
    for asked in asked {
        assert_eq!(asked.await, Ok(Asked::Done));
    }
}
