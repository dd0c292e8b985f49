//! The slow lane: turns whose scripts need more than a moment run on threads of their own, so that
//! they delay no other session.

use std::sync::Arc;

use actix::{Actor, Handler, Message, MessageResult, SyncContext};

use super::trial::Guarded;
use crate::flow::Program;
use crate::model::{Input, Map, Session, Woken};
use crate::turn::{Bounds, Door, Event, Turn};

/// All that a turn is made from, to be sent to another thread.
#[derive(Clone, Message)]
#[rtype(result = "Result<Turn, String>")]
pub struct Job {
    pub program: Arc<Program>,
    pub door: Arc<Door>,
    pub bounds: Arc<Bounds>,
    pub session: Session,
    pub profile: Map,
    pub input: Input,
    pub woken: Option<Woken>,
    pub sequence: u64,
    pub now: u64,
    pub seed: u64,
}

pub struct SlowLane {
    sandbox: Guarded,
}

impl SlowLane {
    pub fn new(memory_bytes: usize) -> SlowLane {
        SlowLane { sandbox: Guarded::new(memory_bytes) }
    }
}

impl Actor for SlowLane {
    type Context = SyncContext<Self>;
}

impl Handler<Job> for SlowLane {
    type Result = MessageResult<Job>;

    fn handle(&mut self, job: Job, _: &mut SyncContext<Self>) -> MessageResult<Job> {
        MessageResult(self.sandbox.turn(|| job.event(&job.bounds)))
    }
}

impl Job {
    pub fn event<'a>(&'a self, bounds: &'a Bounds) -> Event<'a> {
        Event {
            program: &self.program,
            door: &self.door,
            bounds,
            session: &self.session,
            profile: self.profile.clone(),
            input: &self.input,
            woken: self.woken.as_ref(),
            sequence: self.sequence,
            now: self.now,
            seed: self.seed,
        }
    }
}
