//! The lanes: threads for runs that compute longer than a moment, or that wait for answers. A run has a lane of its own until
//! it ends, because its runtime cannot leave its thread: so no answer comes to a thread on which another run computes. What runs
//! wait for is waited for on one more thread, on which nothing computes.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix::Arbiter;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use super::lane::{Lane, Reached, Slice};
use super::outside::{Outside, Recall};
use super::room::{Place, Room};
use super::runner::failed;
use crate::egress::{Clients, Guard};
use crate::model::Called;
use crate::transformer::{Done, FailureKind, Job};

/// Lanes kept while no run has them, a MiB each: making a runtime anew costs several milliseconds.
const IDLE_MAX: usize = 16;

/// Until a run that nobody can refuse asks the system for a thread again.
const NO_THREAD_AGAIN_AFTER: Duration = Duration::from_secs(1);

pub struct Lanes {
    guard: Arc<Guard>,
    /// Started with the first run that needs it: most projects need none.
    desk: OnceLock<Desk>,
    room: Room,
}

/// One run, and what it needs from outside.
pub struct Order {
    pub job: Job,
    /// Whose transformer it is: each endpoint has its share of the lanes.
    pub endpoint: String,
    /// What the run is about: the same when it is done again after a crash, and in no other run.
    pub about: Vec<String>,
    pub recall: Recall,
    /// For all that it waits for together.
    pub wait_ms: u64,
}

/// How a run went.
pub struct Run {
    pub done: Done,
    pub called: Vec<Called>,
}

impl Run {
    /// One that sent nothing.
    pub fn of(done: Done) -> Run {
        Run { done, called: Vec::new() }
    }
}

impl Lanes {
    pub fn new(guard: Arc<Guard>) -> Lanes {
        Lanes { guard, desk: OnceLock::new(), room: Room::new() }
    }

    /// Waits until there is room. Needs a running actix system, as everything here.
    pub async fn run(&self, order: Order) -> Run {
        let mut order = Box::new(order);
        loop {
            let place = self.room.enter(&order.endpoint).await;
            match self.send(order, place).await {
                Ok(run) => return run,
                Err(again) => order = again,
            }
            sleep(NO_THREAD_AGAIN_AFTER).await;
        }
    }

    /// None if as many runs are under way as may be; nothing was done then.
    pub async fn run_if_room(&self, order: Order) -> Option<Run> {
        let place = self.room.try_enter(&order.endpoint)?;
        self.send(Box::new(order), place).await.ok()
    }

    /// The order comes back if the system has no thread for it.
    async fn send(&self, order: Box<Order>, place: Place) -> Result<Run, Box<Order>> {
        let (reply, run) = oneshot::channel();
        let desk = self.desk.get_or_init(|| Desk::start(self.guard.clone(), order.job.now));
        // Bounded by the room.
        if desk.orders.send(Ordered { order, place, reply }).is_err() {
            return Ok(closed());
        }
        run.await.unwrap_or_else(|_| Ok(closed()))
    }
}

fn closed() -> Run {
    Run::of(failed(FailureKind::NoEnd, "the server is shutting down"))
}

/// The thread that sends runs to lanes, and waits for what they ask for.
struct Desk {
    orders: UnboundedSender<Ordered>,
    _thread: Arbiter,
}

struct Ordered {
    order: Box<Order>,
    place: Place,
    reply: oneshot::Sender<Result<Run, Box<Order>>>,
}

impl Desk {
    fn start(guard: Arc<Guard>, now: u64) -> Desk {
        let (orders, arriving) = unbounded_channel();
        let thread = Arbiter::new();
        thread.spawn_fn(move || drop(actix::spawn(work(arriving, guard, now))));
        Desk { orders, _thread: thread }
    }
}

async fn work(mut arriving: UnboundedReceiver<Ordered>, guard: Arc<Guard>, now: u64) {
    let clients = RefCell::new(Clients::new(guard, now));
    let tools = Rc::new(Tools { clients, idle: RefCell::default() });
    while let Some(Ordered { order, place, reply }) = arriving.recv().await {
        let tools = tools.clone();
        actix::spawn(async move {
            let run = match tools.lane() {
                Some(lane) => Ok(tools.run(lane, *order, &place).await),
                None => Err(order),
            };
            // Whoever asked may have gone away.
            let _ = reply.send(run);
            drop(place);
        });
    }
}

/// What all runs share.
struct Tools {
    clients: RefCell<Clients>,
    /// The one that was used last at the end.
    idle: RefCell<Vec<Lane>>,
}

impl Tools {
    async fn run(&self, lane: Lane, order: Order, place: &Place) -> Run {
        let Order { job, about, recall, wait_ms, .. } = order;
        let client = self.clients.borrow_mut().client(job.now);
        let mut outside = Outside::new(client, job.hook, about, recall);
        let mut left = Duration::from_millis(wait_ms);
        let mut reached = computed(&lane, place, Slice::Start(job)).await;
        let done = loop {
            let asks = match reached {
                Reached::Done(done) => break *done,
                Reached::Waits(asks) => asks,
            };
            let since = Instant::now();
            let Ok(answers) = timeout(left, outside.answers(&asks, left)).await else {
                reached = lane.reached(Slice::Leave(waited_too_long(wait_ms))).await;
                continue;
            };
            let waited = since.elapsed();
            left = left.saturating_sub(waited);
            let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
            reached = computed(&lane, place, Slice::GoOn { answers, waited_ms }).await;
        };
        self.put(lane);
        Run { done, called: outside.told() }
    }

    /// None if the system has no more threads.
    fn lane(&self) -> Option<Lane> {
        let idle = self.idle.borrow_mut().pop();
        idle.or_else(|| {
            let started = Lane::start();
            started
                .inspect_err(|error| tracing::error!(%error, "a thread for a transformer cannot be started"))
                .ok()
        })
    }

    fn put(&self, lane: Lane) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < IDLE_MAX && lane.is_whole() {
            idle.push(lane);
        }
    }
}

/// When it is the run's turn.
async fn computed(lane: &Lane, place: &Place, slice: Slice) -> Reached {
    let _turn = place.turn().await;
    lane.reached(slice).await
}

fn waited_too_long(wait_ms: u64) -> Done {
    failed(FailureKind::WaitedTooLong, format!("it waited longer than {wait_ms} ms"))
}

#[cfg(test)]
mod tests;
