//! What the sessions of one arbiter share: the way to the disk, the sandbox, the programs, the live streams.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use actix::Addr;

use super::engine::Engine;
use super::feed::Feed;
use super::profiles::Profiles;
use super::trial::Guarded;
use crate::delivery::Delivery;
use crate::dispatch::Dispatch;
use crate::flow::Program;
use crate::model::{Map, ProgramHash, UserKey};
use crate::project::{self, Endpoint};
use crate::store::{self, Client, Store};
use crate::turn::{Bounds, Door};
use crate::yaml::Fault;

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
    pub profiles: Profiles,
    pub feed: Feed,
    /// Turns of this shard in the slow lane.
    pub slow: Cell<usize>,
    /// The server is going down: what waits stays in the store.
    pub draining: Cell<bool>,
    pub bounds: Arc<Bounds>,
    pub fast: Bounds,
    doors: RefCell<HashMap<String, Arc<Door>>>,
    programs: RefCell<HashMap<ProgramHash, Arc<Program>>>,
}

impl Shard {
    pub fn new(
        (index, count): (usize, usize),
        engine: Arc<Engine>,
        commits: Rc<Client>,
        (delivery, dispatch): (Addr<Delivery>, Addr<Dispatch>),
    ) -> Shard {
        let limits = &engine.project.settings.limits;
        let bounds = Bounds {
            steps_max: limits.steps_per_input,
            goto_max: limits.goto_repeats,
            context_bytes_max: limits.context_bytes,
            script_steps_max: limits.script_steps,
            // The number of steps and the size of the context bound it.
            copied_bytes_max: u64::MAX,
        };
        let fast = Bounds {
            script_steps_max: FAST_STEPS_MAX.min(bounds.script_steps_max),
            copied_bytes_max: FAST_COPIED_BYTES_MAX,
            ..bounds.clone()
        };
        let programs =
            engine.project.programs.values().map(|program| (program.hash.clone(), program.clone()));
        Shard {
            index,
            count,
            commits,
            delivery,
            dispatch,
            sandbox: RefCell::new(Guarded::new(limits.script_memory_bytes)),
            profiles: Profiles::default(),
            feed: Feed::default(),
            slow: Cell::new(0),
            draining: Cell::new(false),
            bounds: Arc::new(bounds),
            fast,
            doors: RefCell::default(),
            programs: RefCell::new(programs.collect()),
            engine,
        }
    }

    pub fn store(&self) -> &Store {
        &self.engine.store
    }

    /// A program by its hash: one of the project, or an earlier version that a session still needs.
    pub fn program(&self, hash: &ProgramHash) -> Result<Arc<Program>, String> {
        if let Some(program) = self.programs.borrow().get(hash) {
            return Ok(program.clone());
        }
        let source = self.store().program(hash).map_err(|error| error.to_string())?;
        let source = source.ok_or("it is not in the store")?;
        let program = project::recompile(&source, &|name| std::env::var(name).ok());
        let first = |faults: Vec<Fault>| faults.first().map_or_else(String::new, ToString::to_string);
        let program = Arc::new(program.map_err(first)?);
        self.programs.borrow_mut().insert(hash.clone(), program.clone());
        Ok(program)
    }

    /// The flow that an endpoint starts now.
    pub fn current(&self, endpoint: &Endpoint) -> Arc<Program> {
        self.engine.project.programs[&endpoint.flow].clone()
    }

    pub fn profile(&self, user: &UserKey) -> Result<Map, store::Error> {
        match self.profiles.ahead(user) {
            Some(profile) => Ok(profile),
            None => self.store().profile(user),
        }
    }

    /// What flows may know of an endpoint.
    pub fn door(&self, endpoint: &Endpoint) -> Arc<Door> {
        let mut doors = self.doors.borrow_mut();
        if let Some(door) = doors.get(&endpoint.name) {
            return door.clone();
        }
        let door = Arc::new(Door {
            name: endpoint.name.clone(),
            url_token: endpoint.url_token.clone(),
            flow: endpoint.flow.clone(),
            locale: endpoint.locale.clone(),
            timezone: endpoint.timezone.clone(),
        });
        doors.insert(endpoint.name.clone(), door.clone());
        door
    }
}
