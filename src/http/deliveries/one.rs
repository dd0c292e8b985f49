//! One delivery, by the `webhook-id` its webhook gets: a callback, or a batch while it is under way.

use std::ops::Bound;

use serde_json::{Value, json};

use super::known::{Found, Known, State, number as number_of};
use crate::delivery::Batches;
use crate::http::problem::{Kind, Problem};
use crate::model::Number;
use crate::store::{Error, Store};

/// Rows of receipts that are searched, the latest first: up to 32,000 deliveries, and some ten milliseconds of one core.
const RECEIPTS_MAX: usize = 1_000;
/// Read at once.
const CHUNK: usize = 50;

/// With its attempts and its body; a batch with its members.
pub fn whole(store: &Store, batches: &Batches, id: &str) -> Result<Value, Problem> {
    if id.starts_with("batch_") {
        return batch(store, batches, id);
    }
    let number = Number::parse(id).ok_or_else(|| unknown(id, NO_ID))?;
    let found = find(store, batches, number)?.ok_or_else(|| unknown(id, GONE))?;
    Ok(found.whole())
}

/// The callback that an id means, or the first one of its batch; whether it is there is another question.
pub fn number(batches: &Batches, id: &str) -> Result<Number, Problem> {
    if id.starts_with("batch_") {
        return batches.named(id).map(|batch| batch.members[0]).ok_or_else(|| unknown(id, BATCH_OVER));
    }
    let number = Number::parse(id).ok_or_else(|| unknown(id, NO_ID))?;
    Ok(batches.of(&number).map_or(number, |batch| batch.members[0]))
}

/// Why nothing can be done with a callback that is neither owed nor a dead letter.
pub fn why_not(store: &Store, batches: &Batches, id: &str, number: &Number) -> Problem {
    match find(store, batches, *number) {
        Ok(Some(Found::Known(known))) => match known.state {
            State::Delivered => unknown(id, "it was delivered, so there is nothing left to do"),
            State::Dead => unknown(id, "it is a dead letter already; redeliver tries it again"),
            State::Owed | State::Retrying | State::Blocked => unknown(id, "it has just changed; ask again"),
        },
        Ok(Some(Found::Unreadable { error, .. })) => Problem::new(
            Kind::Internal,
            format!("{error}; it stays where it is, and the log of the server tells more"),
        ),
        Ok(None) => unknown(id, GONE),
        Err(error) => error.into(),
    }
}

const NO_ID: &str =
    "an id is the webhook-id of a callback or a batch, such as GET /api/v1/deliveries lists them";
const GONE: &str = "it never was, or it was delivered so long ago that its receipt is gone or lies behind many others \
                    (limits.deliveredHours); GET /api/v1/deliveries lists what there is";
const BATCH_OVER: &str = "a batch is known while it is under way; after that its callbacks are, with their own ids \
                          (GET /api/v1/deliveries?batch=ID lists them)";

fn unknown(id: &str, why: &str) -> Problem {
    Problem::new(Kind::UnknownDelivery, format!("{id:?}: {why}"))
}

fn find(store: &Store, batches: &Batches, number: Number) -> Result<Option<Found>, Error> {
    if let Some(callback) = store.callback(&number).transpose() {
        let known = callback.and_then(|callback| Known::owed(store, batches, number, callback));
        return Ok(Some(Found::of(Some(number), State::Owed, known)));
    }
    if let Some(letter) = store.dead_letter(&number).transpose() {
        let known = letter.map(|letter| Known::dead(number, letter));
        return Ok(Some(Found::of(Some(number), State::Dead, known)));
    }
    delivered(store, number)
}

/// Among the latest receipts; none were written before its session began.
fn delivered(store: &Store, number: Number) -> Result<Option<Found>, Error> {
    let (mut rows, mut before) = (0, None::<Vec<u8>>);
    while rows < RECEIPTS_MAX {
        let upto = before.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let read = store.receipts(upto, number.started_at, CHUNK)?;
        rows += CHUNK;
        let Some((last, _)) = read.last() else { return Ok(None) };
        before = Some(last.clone());
        // A row that cannot be read hides no other; a list tells of it.
        let mut receipts = read.into_iter().filter_map(|(_, receipts)| receipts.ok()).flatten();
        if let Some(receipt) = receipts.find(|receipt| number_of(receipt) == number) {
            return Ok(Some(Found::Known(Box::new(Known::delivered(receipt)))));
        }
    }
    Ok(None)
}

/// A batch under way: all its members stand as the first one does.
fn batch(store: &Store, batches: &Batches, id: &str) -> Result<Value, Problem> {
    let together = batches.named(id).ok_or_else(|| unknown(id, BATCH_OVER))?;
    let mut members = Vec::new();
    for number in together.members.iter().copied() {
        if let Some(callback) = store.callback(&number).transpose() {
            let known = callback.and_then(|callback| Known::owed(store, batches, number, callback));
            members.push(Found::of(Some(number), State::Owed, known));
        }
    }
    let known = members.iter().find_map(|found| match found {
        Found::Known(known) => Some(known),
        Found::Unreadable { .. } => None,
    });
    let known = known.ok_or_else(|| unknown(id, BATCH_OVER))?;
    let mut whole = known.whole();
    let items: Vec<Value> = members.iter().map(Found::item).collect();
    let Some(about) = whole.as_object_mut() else { return Ok(Value::Null) };
    for of_a_member in ["userId", "sessionId", "startedAt", "sequence", "createdAt", "batch", "body"] {
        about.remove(of_a_member);
    }
    about.insert("id".to_owned(), json!(id));
    about.insert("members".to_owned(), json!(items));
    Ok(whole)
}
