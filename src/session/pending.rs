//! What is under way in a session and must be undone however it ends: tokens that tidy up when they are dropped.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::keys::KeyUnderWay;
use super::shard::Shard;
use crate::model::{Accepted, Seen};

/// How many inputs of one session have not ended. Read by the switchboard, on the same thread.
pub type Counter = Arc<AtomicUsize>;

/// An input that was handed to its session and has not ended.
pub struct Pending(Counter);

impl Pending {
    pub fn new(counter: &Counter) -> Pending {
        counter.fetch_add(1, Ordering::Relaxed);
        Pending(counter.clone())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A turn that runs elsewhere, or that the store did not take yet, counted in its shard.
pub struct SlowTurn(Rc<Shard>);

impl SlowTurn {
    pub fn new(shard: &Rc<Shard>) -> SlowTurn {
        shard.slow.set(shard.slow.get() + 1);
        SlowTurn(shard.clone())
    }
}

impl Drop for SlowTurn {
    fn drop(&mut self) {
        self.0.slow.set(self.0.slow.get() - 1);
    }
}

/// The idempotency keys of one session that are decided and not flushed.
pub type RecentKeys = Rc<RefCell<HashMap<String, Seen<Accepted>>>>;

/// The key of an input whose commit is under way.
pub type Remembered = (Option<Recent>, Option<KeyUnderWay>);

/// One of them.
pub struct Recent {
    keys: RecentKeys,
    key: String,
}

impl Recent {
    pub fn new(keys: &RecentKeys, key: String, seen: Seen<Accepted>) -> Recent {
        keys.borrow_mut().insert(key.clone(), seen);
        Recent { keys: keys.clone(), key }
    }
}

impl Drop for Recent {
    fn drop(&mut self) {
        self.keys.borrow_mut().remove(&self.key);
    }
}
