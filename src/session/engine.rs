//! What all shards share, and where each of them is reached.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use actix::{Actor, Addr, AsyncContext, SyncArbiter};

use super::keys::KeysUnderWay;
use super::reload::keep_programs;
use super::shard::Shard;
use super::slow::SlowLane;
use super::switchboard::Switchboard;
use crate::delivery::{Delivery, Shared};
use crate::dispatch::Dispatch;
use crate::edge::Lanes;
use crate::egress::Guard;
use crate::metrics::Metrics;
use crate::model::SessionKey;
use crate::project::{Endpoint, Live, Project};
use crate::store::{Error, Store};

/// Threads of the slow lane. Two, so that one endless script does not hold up the next; more would take the cores
/// from those that answer.
const SLOW_LANES: usize = 2;

pub struct Engine {
    pub(super) live: Arc<Live>,
    pub store: Store,
    pub metrics: Arc<Metrics>,
    pub(super) slow: Addr<SlowLane>,
    pub deliveries: Arc<Shared>,
    guard: Arc<Guard>,
    /// Where transformers run that need more than a moment.
    pub lanes: Lanes,
    pub keys: Arc<KeysUnderWay>,
    shards: Vec<OnceLock<Handles>>,
    opened: AtomicUsize,
}

/// The actors of one shard.
#[derive(Clone)]
pub struct Handles {
    pub switchboard: Addr<Switchboard>,
    pub delivery: Addr<Delivery>,
    pub dispatch: Addr<Dispatch>,
}

impl Engine {
    /// Keeps every program of the project in the store, so that a session can finish on the one it began.
    /// Needs a running actix system.
    pub fn new(live: Live, store: Store, shards: usize) -> Result<Arc<Engine>, Error> {
        let project = live.current();
        keep_programs(&project, &store)?;
        let memory_bytes = project.settings.limits.script_memory_bytes;
        let slow = SyncArbiter::start(SLOW_LANES, move || SlowLane::new(memory_bytes));
        let (live, metrics) = (Arc::new(live), Arc::<Metrics>::default());
        let deliveries = Arc::new(Shared::new(metrics.clone()));
        let shards = (0..shards).map(|_| OnceLock::new()).collect();
        let guard = Arc::new(Guard::new(&live.current().settings.egress_allow));
        let lanes = Lanes::new(guard.clone());
        Ok(Arc::new(Engine {
            live,
            store,
            metrics,
            slow,
            deliveries,
            guard,
            lanes,
            keys: Arc::default(),
            shards,
            opened: AtomicUsize::new(0),
        }))
    }

    /// The project as it is now. It may be replaced the next moment: whoever needs two things of one version asks once.
    pub fn project(&self) -> Arc<Project> {
        self.live.current()
    }

    /// An endpoint of the project as it is now.
    pub fn endpoint(&self, name: &str) -> Option<Arc<Endpoint>> {
        self.project().endpoints.get(name).cloned()
    }

    /// Starts the next shard on this arbiter. An arbiter has one shard: asked again, it does nothing.
    pub fn open_shard(self: &Arc<Engine>) {
        thread_local!(static OPENED: Cell<bool> = const { Cell::new(false) });
        if OPENED.replace(true) {
            return;
        }
        let (index, count) = (self.opened.fetch_add(1, Ordering::Relaxed), self.shards.len());
        let Some(slot) = self.shards.get(index) else { return };
        let commits = Rc::new(self.store.client());
        let delivery = Delivery::new(
            (index, count),
            self.live.clone(),
            self.store.clone(),
            commits.clone(),
            self.deliveries.clone(),
        );
        let delivery = delivery.start();
        // The sessions tell the dispatch what they wait for, and it wakes them: each knows the other.
        let mut dispatch = None;
        let switchboard = Switchboard::create(|ctx| {
            let sessions = ctx.address().recipient();
            let (store, guard) = (self.store.clone(), self.guard.clone());
            let started = Dispatch::new((index, count), store, commits.clone(), guard, sessions).start();
            dispatch = Some(started.clone());
            let actors = (delivery.clone(), started);
            Switchboard::new(Rc::new(Shard::new((index, count), self.clone(), commits, actors)))
        });
        let dispatch = dispatch.expect("the switchboard was just made");
        slot.get_or_init(|| Handles { switchboard, delivery, dispatch });
    }

    /// The actors that a session belongs to; none while they are being started.
    pub fn shard_of(&self, key: &SessionKey) -> Option<&Handles> {
        self.shards[key.shard(self.shards.len())].get()
    }

    /// All shards; none while one of them is being started.
    pub fn shards(&self) -> Option<Vec<Handles>> {
        self.shards.iter().map(|slot| slot.get().cloned()).collect()
    }
}
