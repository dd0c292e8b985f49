//! What the sessions of one arbiter share: the way to the disk, the sandbox, the programs, the live streams.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use actix::Addr;

use super::ahead::Ahead;
use super::engine::Engine;
use super::feed::Feed;
use super::lease::Leases;
use super::programs::Programs;
use super::storage::Storages;
use super::trial::Guarded;
use crate::delivery::Delivery;
use crate::dispatch::Dispatch;
use crate::flow::Program;
use crate::model::{Map, ProgramHash, UserKey};
use crate::project::Endpoint;
use crate::store::{self, Client, Store};
use crate::turn::{Bounds, Door};

/// Steps of JavaScript that a turn may take on the arbiter itself: a few milliseconds. One that needs more starts
/// again in the slow lane, with the whole bound.
const FAST_STEPS_MAX: u64 = 1_000_000;
/// Likewise for the memory that its steps copy.
const FAST_COPIED_BYTES_MAX: u64 = 1 << 20;

pub struct Shard {
    pub index: usize,
    pub count: usize,
    pub engine: Arc<Engine>,
    pub commits: Rc<Client>,
    pub delivery: Addr<Delivery>,
    pub dispatch: Addr<Dispatch>,
    pub sandbox: RefCell<Guarded>,
    pub profiles: Ahead<UserKey>,
    pub(super) storages: Storages,
    pub feed: Feed,
    /// Turns of this shard that run elsewhere, or that the store did not take yet.
    pub slow: Cell<usize>,
    /// The server is going down: what waits stays in the store.
    pub draining: Cell<bool>,
    programs: RefCell<Programs>,
    pub(super) leases: Leases,
}

impl Shard {
    pub fn new(
        (index, count): (usize, usize),
        engine: Arc<Engine>,
        commits: Rc<Client>,
        (delivery, dispatch): (Addr<Delivery>, Addr<Dispatch>),
    ) -> Shard {
        let memory_bytes = engine.project().settings.limits.script_memory_bytes;
        Shard {
            index,
            count,
            commits,
            delivery,
            dispatch,
            sandbox: RefCell::new(Guarded::new(memory_bytes)),
            profiles: Ahead::default(),
            storages: Storages::default(),
            feed: Feed::default(),
            slow: Cell::new(0),
            draining: Cell::new(false),
            programs: RefCell::default(),
            leases: Leases::default(),
            engine,
        }
    }

    pub fn store(&self) -> &Store {
        &self.engine.store
    }

    /// A program by its hash: one of the project, or an earlier version that a session still needs.
    pub fn program(&self, hash: &ProgramHash) -> Result<Arc<Program>, String> {
        if let Some(program) = self.engine.project().program(hash) {
            return Ok(program.clone());
        }
        self.programs.borrow_mut().earlier(hash, self.store())
    }

    /// The flow that an endpoint starts now.
    pub fn current(&self, endpoint: &Endpoint) -> Arc<Program> {
        endpoint.program.clone()
    }

    /// How far a turn may go.
    pub fn bounds(&self) -> Arc<Bounds> {
        self.engine.project().bounds.clone()
    }

    /// How far it may go on the arbiter itself.
    pub fn fast(&self) -> Bounds {
        let bounds = self.bounds();
        Bounds {
            script_steps_max: FAST_STEPS_MAX.min(bounds.script_steps_max),
            copied_bytes_max: FAST_COPIED_BYTES_MAX,
            ..Bounds::clone(&bounds)
        }
    }

    pub fn profile(&self, user: &UserKey) -> Result<Map, store::Error> {
        match self.profiles.get(user) {
            Some(profile) => Ok(profile),
            None => self.store().profile(user),
        }
    }

    /// What flows may know of an endpoint.
    pub fn door(&self, endpoint: &Endpoint) -> Arc<Door> {
        endpoint.door.clone()
    }
}
