//! Works off what sessions wait for: time that passes, reminders, calls to other systems. One actor for each shard.
//!
//! Every wait is a row in the store before this module hears of it, and stays there until the turn that it leads to is
//! committed: whatever is held in memory here may be lost at any moment. It never changes a session, it only wakes it.

mod actor;
mod calls;
mod reading;
mod wake;

pub use actor::{Dispatch, Drain, Reloaded, Started};
pub use wake::{TRIES_MAX, Wake};
