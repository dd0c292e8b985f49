//! The actors that keep conversations: a switchboard for each shard, a session actor for each live session.
//!
//! One session takes one event at a time, in a numbered order. Nothing leaves an actor before the batch that decided it
//! is flushed: look for `commit` and what stands in its `then`. A mailbox is never the only copy of anything that was
//! acknowledged, so an actor may die at any moment; the switchboard starts it anew from the store.

mod actor;
mod ahead;
mod engine;
mod feed;
mod keys;
mod lease;
mod load;
mod owed;
mod passing;
mod pending;
mod post;
mod programs;
mod reload;
mod shard;
mod slow;
mod storage;
mod switchboard;
#[cfg(test)]
mod tests;
mod trial;
mod turns;
mod waiting;
mod waking;

pub use engine::{Engine, Handles};
pub use feed::{BEHIND_MAX, Event, Watch};
pub use post::{Accepted, Brought, Idempotency, Known, Post, Refusal};
pub use reload::ReloadError;
pub use storage::{Recollect, Remember};
pub use switchboard::{Drain, InMemory, Settle, Switchboard};
