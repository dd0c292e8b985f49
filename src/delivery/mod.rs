//! The work of getting callbacks to their webhooks: one delivery actor for each shard.
//!
//! Every callback it is told of is flushed, and stays in the store until its webhook took it or it is dead. Of one session
//! one callback at a time is on its way; sessions and endpoints do not wait for each other, except that an endpoint
//! has so many callbacks in flight at once as its `concurrency` says.

mod actor;
mod attempt;
mod door;
mod history;
mod lane;
mod reading;
mod retry;
mod rooms;
mod signature;

pub use actor::{Delivery, Drain, Due};
pub use door::Reloaded;
pub use rooms::Rooms;
