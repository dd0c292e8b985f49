//! The work of getting callbacks to their webhooks: one delivery actor for each shard.
//!
//! Every callback it is told of is flushed, and stays in the store until its webhook took it or it is dead. Of one session
//! one parcel at a time is on its way; sessions and endpoints do not wait for each other, except that an endpoint and a host
//! have so many callbacks in flight at once as the settings say.
//!
//! In the order of one callback: `lane` keeps it in the order of its session, `door` waits at the `gate` (rooms, `breaker`,
//! `rate`), `pack` makes a `parcel` of it, `attempt` posts that, `ending` asks the rule in `retry` and obeys.

mod actor;
mod asked;
mod attempt;
mod breaker;
mod door;
mod ending;
mod gate;
mod history;
mod in_lane;
mod lane;
mod pack;
mod parcel;
mod rate;
mod reading;
mod receipts;
mod retry;
mod rooms;
mod shared;
mod signature;
#[cfg(test)]
mod tests;

pub use actor::{Delivery, Drain, Due};
pub use asked::{Asked, GiveUp, Look, Redeliver};
pub use door::Reloaded;
pub use shared::Shared;
