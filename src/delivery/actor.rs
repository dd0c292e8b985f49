//! The delivery actor: what it holds, what it is told, and how an attempt begins.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message};
use futures_util::future::LocalBoxFuture;
use tokio::sync::oneshot;

use super::attempt::{self, Letter};
use super::door::{Door, webhook};
use super::ending::Ended;
use super::gate::Pass;
use super::lane::{Lane, Stage as LaneStage};
use super::parcel::{Parcel, ParcelId, Stage};
use super::receipts::Receipts;
use super::retry::Outcome;
use super::shared::Shared;
use crate::alarm::Alarm;
use crate::clock;
use crate::egress::{Clients, Guard};
use crate::model::{Callback, Number, SessionKey};
use crate::project::{Live, Webhook};
use crate::store::{Client, EXIT_BROKEN, Store};

/// A receiver is told of so many outputs that were given up directly before one; more look the same to it.
const SKIPPED_MAX: u64 = 1_000;

/// Callbacks of one session that were just flushed, in order, each with the start of the session's life.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Due {
    pub key: SessionKey,
    pub callbacks: Vec<(u64, Callback)>,
}

/// No new attempts; the answer comes when the last one in flight ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Drain(pub oneshot::Sender<()>);

/// How a letter gets to its webhook at a time.
pub(super) type Post = Box<dyn FnMut(Arc<Webhook>, Letter, u64) -> LocalBoxFuture<'static, Outcome>>;

/// What an alarm is for.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wake {
    Parcel(ParcelId),
    Door(String),
}

pub struct Delivery {
    pub(super) shard: usize,
    pub(super) shards: usize,
    pub(super) live: Arc<Live>,
    pub(super) store: Store,
    pub(super) commits: Rc<Client>,
    pub(super) shared: Arc<Shared>,
    post: Post,
    pub(super) lanes: HashMap<SessionKey, Lane>,
    pub(super) parcels: HashMap<ParcelId, Parcel>,
    pub(super) parcels_made: ParcelId,
    pub(super) doors: HashMap<String, Door>,
    /// Dead letters that will be owed again when that is flushed.
    pub(super) exhuming: HashSet<Number>,
    pub(super) receipts: Receipts,
    /// Callbacks owed.
    pub(super) owed: u64,
    alarms: BinaryHeap<Reverse<(u64, Wake)>>,
    alarm: Alarm,
    pub(super) in_flight: usize,
    pub(super) draining: Option<oneshot::Sender<()>>,
}

impl Delivery {
    pub fn new(
        place: (usize, usize),
        live: Arc<Live>,
        store: Store,
        commits: Rc<Client>,
        shared: Arc<Shared>,
    ) -> Delivery {
        let guard = Arc::new(Guard::new(&live.current().settings.egress_allow));
        let mut clients = Clients::new(guard, clock::now());
        let post: Post = Box::new(move |webhook, letter, at| {
            let client = clients.client(at);
            Box::pin(async move { attempt::post(client, &webhook, letter, at).await })
        });
        Delivery::posting(place, live, store, commits, shared, post)
    }

    pub(super) fn posting(
        (shard, shards): (usize, usize),
        live: Arc<Live>,
        store: Store,
        commits: Rc<Client>,
        shared: Arc<Shared>,
        post: Post,
    ) -> Delivery {
        Delivery {
            shard,
            shards,
            live,
            store,
            commits,
            shared,
            post,
            lanes: HashMap::new(),
            parcels: HashMap::new(),
            parcels_made: 0,
            doors: HashMap::new(),
            exhuming: HashSet::new(),
            receipts: Receipts::default(),
            owed: 0,
            alarms: BinaryHeap::new(),
            alarm: Alarm::default(),
            in_flight: 0,
            draining: None,
        }
    }

    /// Begins an attempt at a parcel that is ready.
    pub(super) fn send(&mut self, ctx: &mut Context<Self>, id: ParcelId, pass: Pass) {
        let Some(parcel) = self.parcels.get_mut(&id) else { return };
        let Some(webhook) = webhook(&self.live, parcel.endpoint()) else {
            parcel.stage = Stage::Ready;
            return self.parcel_without_webhook(id);
        };
        let store = &self.store;
        let letter = Letter {
            endpoint: parcel.endpoint().to_owned(),
            webhook_id: parcel.webhook_id(),
            body: parcel.body(),
            started_at: parcel.started_at(),
            sequence: parcel.sequences(),
            skipped: parcel.skipped(|number| buried_before(store, number)),
        };
        parcel.stage = Stage::InFlight;
        self.in_flight += 1;
        let (me, at) = (ctx.address(), clock::now());
        let attempt = (self.post)(webhook.clone(), letter, at);
        actix::spawn(async move {
            let outcome = attempt.await;
            me.do_send(Ended { id, webhook, at, outcome, pass });
        });
    }

    pub(super) fn wake_at(&mut self, ctx: &mut Context<Self>, at: u64, wake: Wake) {
        self.alarms.push(Reverse((at, wake)));
        self.set_alarm(ctx);
    }

    fn set_alarm(&mut self, ctx: &mut Context<Self>) {
        let Some(Reverse((at, _))) = self.alarms.peek() else { return };
        self.alarm.set(ctx, *at, clock::now(), Self::wake);
    }

    fn wake(&mut self, ctx: &mut Context<Self>) {
        self.alarm = Alarm::default();
        let now = clock::now();
        while self.alarms.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            let Some(Reverse((at, wake))) = self.alarms.pop() else { break };
            match wake {
                Wake::Door(endpoint) => self.round(ctx, &endpoint),
                Wake::Parcel(id) => {
                    if self.parcels.get(&id).is_some_and(|parcel| parcel.stage == Stage::Waiting(at)) {
                        self.file(ctx, id, Stage::Ready);
                    }
                }
            }
        }
        self.set_alarm(ctx);
    }

    pub(super) fn stop_if_drained(&mut self, ctx: &mut Context<Self>) {
        if self.in_flight == 0
            && let Some(done) = self.draining.take()
        {
            self.write_receipts();
            // Whoever asked may have given up waiting.
            let _ = done.send(());
            ctx.stop();
        }
    }
}

/// A count that cannot be read tells nothing: the callback goes without it.
fn buried_before(store: &Store, number: &Number) -> u64 {
    store.buried_before(number, SKIPPED_MAX).unwrap_or_else(|error| {
        tracing::error!(session = %number.session, %error, "dead letters cannot be counted");
        0
    })
}

/// Crash only: the mailbox of a dead actor would swallow every callback of its shard. A start after the crash goes on with
/// all that is owed.
impl Drop for Delivery {
    fn drop(&mut self) {
        // In a test of this actor it is the test that panics, and tells by itself.
        if std::thread::panicking() && cfg!(not(test)) {
            tracing::error!("the deliveries of shard {} failed; start the server again", self.shard);
            std::process::exit(EXIT_BROKEN);
        }
    }
}

impl Actor for Delivery {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.shared.enter(self.shard, ctx.address());
        if let Err(error) = self.recover(ctx) {
            tracing::error!(%error, "callbacks of earlier runs wait: they cannot be read");
        }
    }
}

impl Handler<Due> for Delivery {
    type Result = ();

    fn handle(&mut self, Due { key, callbacks }: Due, ctx: &mut Context<Self>) {
        self.owed += callbacks.len() as u64;
        let mut endpoint = None;
        for (started_at, callback) in callbacks {
            let number = Number { session: key, started_at, sequence: callback.sequence };
            match self.lanes.get_mut(&key) {
                Some(lane) => {
                    if lane.stage == LaneStage::Ready {
                        endpoint = Some(callback.id.endpoint.clone());
                    }
                    lane.push(number, callback);
                }
                None => self.put(ctx, key, Lane::fresh(number, callback)),
            }
        }
        // It may fill a batch that lingers.
        if let Some(endpoint) = endpoint {
            self.round(ctx, &endpoint);
        }
    }
}

impl Handler<Drain> for Delivery {
    type Result = ();

    fn handle(&mut self, Drain(done): Drain, ctx: &mut Context<Self>) {
        self.draining = Some(done);
        self.stop_if_drained(ctx);
    }
}
