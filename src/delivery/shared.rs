//! What the delivery actors of all shards share: the gates, the batches under way, and where each of them is reached.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use actix::{Addr, Message};

use super::actor::Delivery;
use super::batches::Batches;
use super::gate::Gates;
use crate::metrics::Metrics;
use crate::model::SessionKey;

/// A batch of another shard held so many callbacks of this session, and has ended; their rows are gone.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Released(pub SessionKey, pub u64);

#[derive(Default)]
pub struct Shared {
    pub(super) gates: Gates,
    pub(super) metrics: Arc<Metrics>,
    pub batches: Batches,
    actors: Mutex<Vec<Option<Addr<Delivery>>>>,
    /// Actors that have read what earlier runs left.
    recovered: AtomicUsize,
}

impl Shared {
    pub fn new(metrics: Arc<Metrics>) -> Shared {
        Shared { metrics, ..Shared::default() }
    }

    /// The hosts that were called, and whether each is left alone because it keeps failing.
    pub fn breakers(&self) -> Vec<(String, bool)> {
        self.gates.breakers()
    }

    /// How many shards have read what earlier runs left: before, batches of theirs are not known.
    pub fn recovered(&self) -> usize {
        self.recovered.load(Ordering::Acquire)
    }

    pub(super) fn has_recovered(&self) {
        self.recovered.fetch_add(1, Ordering::Release);
    }

    /// An actor enters before it reads the store: what ends before is gone from there, of what ends later it is told.
    pub(super) fn enter(&self, shard: usize, actor: Addr<Delivery>) {
        let mut actors = self.actors.lock().unwrap_or_else(PoisonError::into_inner);
        let length = actors.len().max(shard + 1);
        actors.resize(length, None);
        actors[shard] = Some(actor);
    }

    pub(super) fn tell(&self, shard: usize, released: Released) {
        let actors = self.actors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Some(actor)) = actors.get(shard) {
            // One for each session of a batch that was made before the number of shards changed.
            actor.do_send(released);
        }
    }
}
