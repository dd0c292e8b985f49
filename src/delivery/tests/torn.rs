//! Callbacks of a batch under way that nobody can read when the server starts anew: they are set aside, the rest goes, and so
//! does what waits behind it. Nothing goes twice.

use super::*;
use crate::store::Row;

/// A batch of Ann's first two and Dan's first one was refused, and one more of each waits behind it.
struct Refused {
    stage: Stage,
    ann: [Number; 2],
    dan: Number,
    batch: Got,
}

impl Refused {
    async fn new() -> Refused {
        let mut stage = Stage::new("batch: { max: 10, lingerMs: 100 }, retryAfterSeconds: [60, 60]").await;
        stage.answers(|_| answered(404));
        let ann = ["one", "two"].map(|text| stage.says("ann", text));
        let dan = stage.says("dan", "uno");
        assert_ne!(ann[0].session.shard(3), dan.session.shard(3));
        stage.forward(SECOND).await;
        let batch = stage.got().remove(0);
        assert_eq!(batch.body, r#"["one","two","uno"]"#);
        stage.says("ann", "three");
        stage.says("dan", "due");
        stage.settle().await;
        Refused { stage, ann, dan, batch }
    }

    /// What goes when the server starts without these, with so many shards.
    async fn goes_on_without(&mut self, torn: &[Number], shards: usize) -> Vec<Got> {
        torn.iter().for_each(|number| self.stage.store().tear(Row::Callback, number));
        self.stage.stop().await;
        self.stage.answers(|_| answered(204));
        self.stage.start(shards).await;
        self.stage.forward(3 * MINUTE).await;
        let store = self.stage.store();
        assert_eq!(store.quarantined(9).unwrap().len(), torn.len());
        assert!(store.batches().unwrap().is_empty() && store.owed_callbacks(None, 9).unwrap().is_empty());
        self.stage.got()
    }
}

/// All outputs, in the order of the alphabet.
fn sorted(got: &[Got]) -> Vec<&str> {
    let words =
        got.iter().flat_map(|got| got.body.split(['[', ',', '"', ']'])).filter(|word| !word.is_empty());
    let mut words: Vec<&str> = words.collect();
    words.sort();
    words
}

#[actix::test]
async fn the_first_of_a_session_is_set_aside_and_the_rest_is_another_batch() {
    the_rest_is_another_batch_with(1).await;
}

#[actix::test]
async fn the_rest_is_another_batch_though_its_sessions_belong_to_several_shards_now() {
    the_rest_is_another_batch_with(3).await;
}

async fn the_rest_is_another_batch_with(shards: usize) {
    let mut refused = Refused::new().await;
    let got = refused.goes_on_without(&[refused.ann[0]], shards).await;
    assert!(got.iter().any(|got| got.body == r#"["two","uno"]"# && got.id != refused.batch.id), "{got:?}");
    assert_eq!(sorted(&got), ["due", "three", "two", "uno"]);
}

#[actix::test]
async fn a_session_of_which_nothing_is_left_in_the_batch_goes_on() {
    what_is_left_goes_on_with(1).await;
}

#[actix::test]
async fn a_session_of_another_shard_of_which_nothing_is_left_in_the_batch_goes_on() {
    what_is_left_goes_on_with(3).await;
}

async fn what_is_left_goes_on_with(shards: usize) {
    let mut refused = Refused::new().await;
    let got = refused.goes_on_without(&[refused.dan], shards).await;
    assert_eq!(sorted(&got), ["due", "one", "three", "two"]);
}

#[actix::test]
async fn all_sessions_of_a_batch_of_which_nothing_is_left_go_on() {
    let mut refused = Refused::new().await;
    let torn = [refused.ann[0], refused.ann[1], refused.dan];
    let got = refused.goes_on_without(&torn, 3).await;
    assert_eq!(sorted(&got), ["due", "three"]);
}

#[actix::test]
async fn one_that_was_owed_again_before_a_batch_of_another_shard_is_set_aside_and_its_session_goes_on() {
    let mut stage = Stage::new("batch: { max: 10, lingerMs: 100 }, retryAfterSeconds: [60, 60]").await;
    stage.answers(|got| answered(if got.body.contains("one") { 410 } else { 404 }));
    let one = stage.says("ann", "one");
    stage.forward(SECOND).await;
    let dan = stage.says("dan", "uno");
    let two = stage.says("ann", "two");
    stage.forward(SECOND).await;
    let batch = stage.got().remove(1);
    assert_eq!(stage.redeliver(one).await, Asked::Done);
    stage.says("ann", "three");
    let mut refused = Refused { stage, ann: [one, two], dan, batch };
    let got = refused.goes_on_without(&[one], 3).await;
    assert_eq!(bodies(&got), [r#"["uno","two"]"#, r#"["three"]"#]);
    assert_eq!(got[0].id, refused.batch.id);
}

#[actix::test]
async fn a_batch_of_another_shard_that_ended_before_a_session_read_the_store_changes_nothing_for_it() {
    let mut stage = Stage::new("retryAfterSeconds: [60]").await;
    stage.answers(|_| answered(404));
    let one = stage.says("ann", "one");
    stage.says("ann", "two");
    stage.settle().await;
    stage.actors[0].do_send(super::super::shared::Released(one.session, 1));
    stage.forward(SECOND).await;
    assert_eq!(bodies(&stage.got()), ["one"]);
    assert_eq!(stage.sight().await.owed, 2);
}
