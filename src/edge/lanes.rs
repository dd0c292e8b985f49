//! The lanes: threads for runs that compute longer than a moment, or that wait for answers. Many runs wait in one lane at
//! the same time, one computes. A run goes to the lane that has least to compute.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix::Arbiter;
use egress::Client;
use futures_util::future::join_all;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, timeout};

use super::notes::cut;
use super::runner::{Runner, failed};
use crate::egress::{self, Clients, Guard};
use crate::model::{Call, CallResult, Called, Map, request_id};
use crate::transformer::{Answer, Ask, AtMost, Done, FailureKind, Hook, Job, Request, Step};

/// Four, so that three scripts that compute up to their bound do not hold up the next; more would take the cores from those
/// that answer.
const LANES: usize = 4;
/// Runs under way at once. Each that waits holds a runtime of its own, a few hundred KiB at the least.
const RUNS_MAX: usize = 1_000;
/// Of a request that asks for no timeout of its own: what the reference gives a request of a flow.
const REQUEST_MS: u64 = 8_000;
const BEHIND_MS: u64 = 1_000;
/// What is told of a request whose run did not wait for its end.
const UNANSWERED: &str = "no answer when the time of its run was over";

pub struct Lanes {
    guard: Arc<Guard>,
    /// Started with the first run that needs one: most projects need none.
    lanes: OnceLock<Vec<Lane>>,
    room: Arc<Semaphore>,
}

struct Lane {
    orders: UnboundedSender<Ordered>,
    /// Runs that compute here, or are about to.
    load: Arc<AtomicUsize>,
    _thread: Arbiter,
}

/// One run, and what it needs from outside.
pub struct Order {
    pub job: Job,
    /// What the run is about: the same when it is done again after a crash, and in no other run.
    pub about: Vec<String>,
    pub recall: Recall,
    /// For all that it waits for together.
    pub wait_ms: u64,
}

/// Asks for what a session's transformers remember: of this user, in this session.
pub type Recall = Arc<dyn Fn(&str, &str) -> oneshot::Receiver<Recalled> + Send + Sync>;
/// Or why there is no such memory.
pub type Recalled = Result<Map, String>;

/// How a run went.
pub struct Run {
    pub done: Done,
    pub called: Vec<Called>,
}

struct Ordered {
    order: Order,
    reply: oneshot::Sender<Run>,
    _room: OwnedSemaphorePermit,
}

impl Run {
    /// One that sent nothing.
    pub fn of(done: Done) -> Run {
        Run { done, called: Vec::new() }
    }
}

impl Lanes {
    pub fn new(guard: Arc<Guard>) -> Lanes {
        Lanes { guard, lanes: OnceLock::new(), room: Arc::new(Semaphore::new(RUNS_MAX)) }
    }

    /// Waits until there is room. Needs a running actix system, as everything here.
    pub async fn run(&self, order: Order) -> Run {
        match self.room.clone().acquire_owned().await {
            Ok(room) => self.send(order, room).await,
            Err(_) => closed(),
        }
    }

    /// None if as many runs are under way as may be; nothing was done then.
    pub async fn run_if_room(&self, order: Order) -> Option<Run> {
        let room = self.room.clone().try_acquire_owned().ok()?;
        Some(self.send(order, room).await)
    }

    async fn send(&self, order: Order, room: OwnedSemaphorePermit) -> Run {
        let (reply, run) = oneshot::channel();
        let now = order.job.now;
        let start = || (0..LANES).map(|_| Lane::start(self.guard.clone(), now)).collect();
        let least = self.lanes.get_or_init(start).iter().min_by_key(|lane| lane.load.load(Relaxed));
        let lane = least.expect("there is more than one lane");
        lane.load.fetch_add(1, Relaxed);
        // Bounded by the room.
        if lane.orders.send(Ordered { order, reply, _room: room }).is_err() {
            return closed();
        }
        run.await.unwrap_or_else(|_| closed())
    }
}

fn closed() -> Run {
    Run::of(failed(FailureKind::NoEnd, "the server is shutting down"))
}

impl Lane {
    fn start(guard: Arc<Guard>, now: u64) -> Lane {
        let (orders, arriving) = unbounded_channel();
        let load = Arc::new(AtomicUsize::new(0));
        let thread = Arbiter::new();
        let shared = load.clone();
        thread.spawn_fn(move || drop(actix::spawn(work(arriving, guard, shared, now))));
        Lane { orders, load, _thread: thread }
    }
}

/// What the runs of one lane share.
struct Tools {
    runner: RefCell<Option<Runner>>,
    clients: RefCell<Clients>,
    load: Arc<AtomicUsize>,
}

async fn work(mut arriving: UnboundedReceiver<Ordered>, guard: Arc<Guard>, load: Arc<AtomicUsize>, now: u64) {
    let clients = RefCell::new(Clients::new(guard, now));
    let tools = Rc::new(Tools { runner: RefCell::new(None), clients, load });
    while let Some(Ordered { order, reply, _room }) = arriving.recv().await {
        let tools = tools.clone();
        actix::spawn(async move {
            let run = tools.run(order).await;
            tools.load.fetch_sub(1, Relaxed);
            // Whoever asked may have gone away.
            let _ = reply.send(run);
            drop(_room);
        });
    }
}

impl Tools {
    async fn run(&self, order: Order) -> Run {
        let Order { job, about, recall, wait_ms } = order;
        let client = self.clients.borrow_mut().client(job.now);
        let called = RefCell::default();
        let mut outside = Outside { client, hook: job.hook, about, recall, called, sent: 0 };
        let mut left = Duration::from_millis(wait_ms);
        let mut step = self.computed(&job, |runner| runner.start(&job, AtMost::Bounds));
        loop {
            let mut waiting = match step {
                Some(Step::Done(done)) => return Run { done, called: outside.called.into_inner() },
                Some(Step::Waits(waiting)) => waiting,
                None => return Run { done: never_ended(), called: outside.called.into_inner() },
            };
            let (answers, waited) = self.answered(&mut outside, waiting.asks(), left).await;
            let Some(answers) = answers else {
                let text = format!("it waited longer than {wait_ms} ms (limits.transformerWaitMs)");
                let lines = self.computed(&job, |runner| runner.leave(waiting));
                let done = Done { lines, ..failed(FailureKind::OutOfTime, text) };
                return Run { done, called: outside.called.into_inner() };
            };
            left = left.saturating_sub(waited);
            waiting.waited(u64::try_from(waited.as_millis()).unwrap_or(u64::MAX));
            step = self.computed(&job, |runner| Some(runner.go_on(waiting, answers)));
        }
    }

    /// None if they take too long; and how long they took. Meanwhile others compute.
    async fn answered(
        &self,
        outside: &mut Outside,
        asks: &[Ask],
        left: Duration,
    ) -> (Option<Vec<Answer>>, Duration) {
        self.load.fetch_sub(1, Relaxed);
        let since = Instant::now();
        let answers = timeout(left, outside.answers(asks, left)).await;
        self.load.fetch_add(1, Relaxed);
        (answers.ok(), since.elapsed())
    }

    fn computed<T>(&self, job: &Job, work: impl FnOnce(&mut Runner) -> T) -> T {
        let mut runner = self.runner.borrow_mut();
        work(runner.get_or_insert_with(|| Runner::new(job.bounds.memory_bytes)))
    }
}

/// Its own bounds end a run before this.
fn never_ended() -> Done {
    failed(FailureKind::OutOfTime, "it was not done when its time was over (limits.transformerMs)")
}

/// Where the answers of one run come from.
struct Outside {
    client: Client,
    hook: Hook,
    about: Vec<String>,
    recall: Recall,
    /// In the order in which they were sent, also those that nobody waits for any more.
    called: RefCell<Vec<Called>>,
    sent: usize,
}

impl Outside {
    /// All of them at the same time, in their order.
    async fn answers(&mut self, asks: &[Ask], left: Duration) -> Vec<Answer> {
        let first = self.sent + 1;
        self.sent += asks.iter().filter(|ask| matches!(ask, Ask::Request(_))).count();
        let mut numbers = first..;
        let answers = asks.iter().map(|ask| {
            let number = if matches!(ask, Ask::Request(_)) { numbers.next().unwrap_or_default() } else { 0 };
            self.answer(ask, number, left)
        });
        join_all(answers.collect::<Vec<_>>()).await
    }

    async fn answer(&self, ask: &Ask, number: usize, left: Duration) -> Answer {
        match ask {
            Ask::Storage { user_id, session_id } => match (self.recall)(user_id, session_id).await {
                Ok(Ok(storage)) => Answer::Storage(storage),
                Ok(Err(reason)) => Answer::Failed(reason),
                Err(_) => Answer::Failed("the session storage cannot be reached".to_owned()),
            },
            Ask::Request(request) => {
                let about: Vec<&str> = self.about.iter().map(String::as_str).collect();
                let (call, id) = (call(request, left), request_id(&about, number));
                let at = self.sends(request);
                let result = egress::call(&self.client, &call, &id).await;
                self.called.borrow_mut()[at].outcome = outcome(&result);
                result.into()
            }
        }
    }

    /// Told from now on, whatever becomes of it.
    fn sends(&self, request: &Request) -> usize {
        let mut called = self.called.borrow_mut();
        called.push(self::called(self.hook, request, UNANSWERED.to_owned()));
        called.len() - 1
    }
}

/// The request as it is sent, alone. Its own timeout is behind that of the run, if it asks for more than is left: which of
/// the two it was is to be told.
fn call(request: &Request, left: Duration) -> Call {
    let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    Call {
        method: request.method.clone(),
        url: request.url.clone(),
        headers: request.headers.clone().into_iter().collect(),
        body: request.body.clone(),
        timeout_ms: request.timeout_ms.unwrap_or(REQUEST_MS).clamp(1, left.saturating_add(BEHIND_MS)),
        retries: 0,
    }
}

/// Of a request that came to an end.
pub fn outcome(result: &CallResult) -> String {
    match result {
        CallResult::Answered { status, .. } => status.to_string(),
        CallResult::Failed { reason } => cut(reason),
    }
}

pub fn called(hook: Hook, request: &Request, outcome: String) -> Called {
    let host = cut(&host(&request.url));
    Called { hook: hook.function().to_owned(), method: cut(&request.method), host, outcome }
}

/// Empty if it has none.
pub fn host(url: &str) -> String {
    let url = url::Url::parse(url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

impl From<CallResult> for Answer {
    fn from(result: CallResult) -> Answer {
        match result {
            CallResult::Answered { status, headers, text } => Answer::Answered { status, headers, text },
            CallResult::Failed { reason } => Answer::Failed(reason),
        }
    }
}
