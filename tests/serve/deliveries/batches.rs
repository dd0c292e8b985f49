//! Batches: known while they are under way, and by their members after that.

use super::*;
use crate::support::{Receiver, Reply, to};

/// One turn fills a batch, so that none waits for another.
const THREE: &str = "- say: one\n- say: two\n- say: three";
const BATCH: &str = "batch: { max: 3, lingerMs: 60000 }";

/// A session whose first turn went out as one batch, which was not taken.
fn refused(receiver: &Receiver, webhook: &str) -> (Engine, Callback, Vec<Value>) {
    receiver.answers(Reply::Says(503, "too much at once")).times(1);
    let engine = Engine::start(Project::new(THREE).not_watched().door(
        "shop",
        receiver,
        &format!("{webhook}, {BATCH}"),
    ));
    engine.session("shop", "ann", "1").says("hi");
    let first = receiver.requests(1).remove(0);
    assert!(id(&first).starts_with("batch_"), "{first:?}");
    let of_batch = format!("?batch={}", id(&first));
    let tried = |items: &[Value]| items.len() == 3 && items.iter().all(|item| item["attempts"] == 1);
    let members = listed_when(&engine, &of_batch, tried);
    (engine, first, members)
}

#[test]
fn a_batch_is_shown_with_its_members_while_it_is_under_way_and_its_members_after_that() {
    let receiver = Receiver::start();
    let (engine, first, members) = refused(&receiver, "retryAfterSeconds: [3600]");
    let batch = one(&engine, id(&first)).json();
    assert_eq!(
        (text(&batch, "id"), text(&batch, "endpoint"), text(&batch, "state")),
        (id(&first), "shop", "retrying")
    );
    assert_eq!((&batch["members"], batch.get("sequence")), (&json!(members), None));
    assert_eq!(batch["attemptsKept"][0]["answer"], "too much at once");
    for (place, member) in members.iter().enumerate() {
        let whole = one(&engine, text(member, "id")).json();
        assert_eq!((text(&whole, "batch"), &whole["sequence"]), (id(&first), &json!(place + 1)));
        assert_eq!(whole["attemptsKept"], batch["attemptsKept"]);
        assert_eq!(whole["body"], first.json()[place]);
    }

    assert_eq!(
        ordered(&engine, text(&members[1], "id"), "redeliver"),
        "done",
        "who asks for one asks for all"
    );
    let again = receiver.got(1).remove(0);
    assert_eq!((id(&again), &again.body), (id(&first), &first.body));
    let of_batch = format!("?state=delivered&batch={}", id(&first));
    let delivered = listed_when(&engine, &of_batch, |items| items.len() == 3);
    assert!(delivered.iter().all(|item| item["attempts"] == 2), "{delivered:#?}");
    for answer in [
        one(&engine, id(&first)),
        order(&engine, id(&first), "redeliver"),
        order(&engine, id(&first), "bury"),
    ] {
        let problem = answer.problem(404, "unknown-delivery");
        assert!(text(&problem, "detail").contains("/api/v1/deliveries?batch="), "{problem}");
    }
}

#[test]
fn a_batch_that_is_given_up_is_a_dead_letter_for_each_member_and_each_of_them_comes_again() {
    let receiver = Receiver::start();
    let webhook = "retryAfterSeconds: [], onExhausted: block";
    let (engine, first, members) = refused(&receiver, webhook);
    assert!(members.iter().all(|item| item["state"] == "blocked"), "{members:#?}");
    assert_eq!(ordered(&engine, id(&first), "bury"), "done");
    let dead = listed(&engine, "/dead");
    let whose: Vec<&str> = dead.iter().map(|item| text(item, "id")).collect();
    assert_eq!(whose, members.iter().map(|item| text(item, "id")).collect::<Vec<_>>());
    assert!(dead.iter().all(|item| item["reason"] == "a person gave it up"), "{dead:#?}");
    one(&engine, id(&first)).problem(404, "unknown-delivery");

    // What was a batch need not be the same one again, so nothing may wait for it to fill.
    engine.project.rewrite_endpoint("shop", &to(&receiver, "batch: { max: 3 }"));
    engine.reload();
    whose.iter().for_each(|id| assert_eq!(ordered(&engine, id, "redeliver"), "done"));
    let again = receiver.got_enough(|got| outputs(got).len() == 3);
    assert_eq!(json!(outputs(&again)), first.json());
    let sequences: Vec<&str> = again.iter().map(|got| got.header("antiphon-sequence")).collect();
    assert_eq!(sequences.join(","), "1,2,3");
}

/// Of all batches, in their order.
fn outputs(batches: &[Callback]) -> Vec<Value> {
    batches.iter().flat_map(|batch| batch.json().as_array().cloned().unwrap_or_default()).collect()
}
