//! The delivery actor: what it sends, what it does with the answers, and the clock of retries.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::door::{self, Door};
use super::lane::{Lane, Number, Stage};
use super::retry::{self, Next, Outcome};
use super::rooms::Rooms;
use super::{attempt, history};
use crate::alarm::Alarm;
use crate::clock;
use crate::egress::{Clients, Guard};
use crate::model::{Attempt, Callback, SessionKey, webhook_id};
use crate::project::{Live, Webhook};
use crate::store::{Client, EXIT_BROKEN, Store, Writes};

/// Callbacks of one session that were just flushed, in order.
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

/// An attempt ended.
#[derive(Message)]
#[rtype(result = "()")]
struct Ended {
    key: SessionKey,
    /// As it was when the attempt began.
    webhook: Arc<Webhook>,
    at: u64,
    outcome: Outcome,
    _room: OwnedSemaphorePermit,
}

/// The first callback of a session is a dead letter, flushed.
#[derive(Message)]
#[rtype(result = "()")]
struct Buried(SessionKey);

pub struct Delivery {
    pub(super) shard: usize,
    pub(super) shards: usize,
    pub(super) live: Arc<Live>,
    pub(super) store: Store,
    commits: Rc<Client>,
    pub(super) rooms: Arc<Rooms>,
    clients: Clients,
    pub(super) lanes: HashMap<SessionKey, Lane>,
    pub(super) doors: HashMap<String, Door>,
    /// When lanes are to be tried again.
    alarms: BinaryHeap<Reverse<(u64, SessionKey)>>,
    alarm: Alarm,
    in_flight: usize,
    pub(super) draining: Option<oneshot::Sender<()>>,
}

impl Delivery {
    pub fn new(
        (shard, shards): (usize, usize),
        live: Arc<Live>,
        store: Store,
        commits: Rc<Client>,
        rooms: Arc<Rooms>,
    ) -> Delivery {
        let guard = Arc::new(Guard::new(&live.current().settings.egress_allow));
        Delivery {
            shard,
            shards,
            live,
            store,
            commits,
            rooms,
            clients: Clients::new(guard, clock::now()),
            lanes: HashMap::new(),
            doors: HashMap::new(),
            alarms: BinaryHeap::new(),
            alarm: Alarm::default(),
            in_flight: 0,
            draining: None,
        }
    }

    /// Files a lane where its stage says; one without callbacks is left.
    pub(super) fn put(&mut self, ctx: &mut Context<Self>, key: SessionKey, mut lane: Lane) {
        if let Err(error) = self.refill(&key, &mut lane) {
            return self.hold(key, lane, &error);
        }
        let Some((_, callback)) = lane.first() else { return };
        let endpoint = callback.endpoint.clone();
        match lane.stage {
            Stage::InFlight | Stage::GivenUp | Stage::NoWebhook | Stage::Held => {}
            Stage::Waiting(at) => self.wake_at(ctx, at, key),
            Stage::Ready if self.webhook(&endpoint).is_none() => door::without_webhook(&key, &mut lane),
            Stage::Ready => self.doors.entry(endpoint.clone()).or_default().ready.push_back(key),
        }
        self.lanes.insert(key, lane);
        self.round(ctx, &endpoint);
    }

    pub(super) fn send(&mut self, ctx: &mut Context<Self>, key: SessionKey, room: OwnedSemaphorePermit) {
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        let Some((started_at, callback)) = lane.first().cloned() else { return };
        let Some(webhook) = door::webhook(&self.live, &callback.endpoint) else {
            return door::without_webhook(&key, lane);
        };
        lane.stage = Stage::InFlight;
        self.in_flight += 1;
        let id = webhook_id(&key, started_at, callback.sequence);
        let (me, at, client) = (ctx.address(), clock::now(), self.clients.client(clock::now()));
        actix::spawn(async move {
            let (outcome, _counted) = attempt::post(client, &webhook, callback, id, at).await;
            me.do_send(Ended { key, webhook, at, outcome, _room: room });
        });
    }

    /// Obeys the retry rule: that of the webhook as it is now, or as it was last if it is gone.
    fn ended(&mut self, ctx: &mut Context<Self>, ended: Ended) {
        let Ended { key, webhook, at, outcome, _room } = ended;
        drop(_room);
        self.in_flight -= 1;
        let Some(mut lane) = self.lanes.remove(&key) else { return };
        let Some((started_at, callback)) = lane.first() else { return };
        let number = (*started_at, callback.sequence);
        let webhook = self.webhook(&callback.endpoint).unwrap_or(webhook);
        let attempt = lane.attempts.as_ref().map_or(0, |attempts| attempts.count) + 1;
        match retry::next(&outcome, attempt, &webhook.retry_after, clock::now(), chance()) {
            Next::Delivered => {
                let mut writes = Writes::new();
                writes.delivered(&key, number.0, number.1);
                if lane.attempts.is_some() {
                    writes.forget_attempts(&key, number.0, number.1);
                }
                self.commits.defer(writes);
                lane.pop();
            }
            Next::Again(next_at) => {
                let attempts = history::again(lane.attempts.take(), at, &outcome, next_at);
                let mut writes = Writes::new();
                writes.attempts(&key, number.0, number.1, &attempts);
                self.commits.defer(writes);
                lane.attempts = Some(attempts);
                lane.stage = Stage::Waiting(next_at);
            }
            Next::Dead(reason) => {
                self.bury(ctx, &key, number, &mut lane, history::attempt(at, &outcome), reason);
                lane.stage = Stage::GivenUp;
            }
        }
        self.put(ctx, key, lane);
    }

    /// The callback becomes a dead letter with all its attempts, in one batch.
    fn bury(
        &self,
        ctx: &mut Context<Self>,
        key: &SessionKey,
        number: Number,
        lane: &mut Lane,
        last: Attempt,
        reason: String,
    ) {
        let Some((_, callback)) = lane.first().cloned() else { return };
        let endpoint = &callback.endpoint;
        tracing::warn!(endpoint, session = %key, sequence = number.1, reason, "a callback is a dead letter");
        let letter = history::dead_letter(callback.clone(), lane.attempts.take(), last, reason, clock::now());
        let mut writes = Writes::new();
        writes.bury(key, number.0, number.1, &letter);
        let (me, key) = (ctx.address(), *key);
        let sent = self.commits.commit(writes, move |_| me.do_send(Buried(key)));
        if let Err(refused) = sent {
            tracing::error!(session = %key, %refused, "callbacks wait for the next start: one cannot be given up");
        }
    }

    fn wake_at(&mut self, ctx: &mut Context<Self>, at: u64, key: SessionKey) {
        self.alarms.push(Reverse((at, key)));
        self.set_alarm(ctx);
    }

    fn set_alarm(&mut self, ctx: &mut Context<Self>) {
        let Some(Reverse((at, _))) = self.alarms.peek() else { return };
        self.alarm.set(ctx, *at, clock::now(), Self::wake);
    }

    fn wake(&mut self, ctx: &mut Context<Self>) {
        self.alarm = Alarm::default();
        let now = clock::now();
        while let Some(Reverse((at, key))) = self.alarms.peek().copied() {
            if at > now {
                break;
            }
            self.alarms.pop();
            if let Some(mut lane) = self.lanes.remove(&key) {
                if lane.stage == Stage::Waiting(at) {
                    lane.stage = Stage::Ready;
                    self.put(ctx, key, lane);
                } else {
                    self.lanes.insert(key, lane);
                }
            }
        }
        self.set_alarm(ctx);
    }

    fn stop_if_drained(&mut self, ctx: &mut Context<Self>) {
        if self.in_flight == 0
            && let Some(done) = self.draining.take()
        {
            // Whoever asked may have given up waiting.
            let _ = done.send(());
            ctx.stop();
        }
    }
}

/// Crash only: the mailbox of a dead actor would swallow every callback of its shard. A start after the crash goes on with
/// all that is owed.
impl Drop for Delivery {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("the deliveries of shard {} failed; start the server again", self.shard);
            std::process::exit(EXIT_BROKEN);
        }
    }
}

impl Actor for Delivery {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        if let Err(error) = self.recover(ctx) {
            tracing::error!(%error, "callbacks of earlier runs wait: they cannot be read");
        }
    }
}

impl Handler<Due> for Delivery {
    type Result = ();

    fn handle(&mut self, due: Due, ctx: &mut Context<Self>) {
        for (started_at, callback) in due.callbacks {
            match self.lanes.get_mut(&due.key) {
                Some(lane) => lane.push(started_at, callback),
                None => self.put(ctx, due.key, Lane::fresh(started_at, callback)),
            }
        }
    }
}

impl Handler<Ended> for Delivery {
    type Result = ();

    fn handle(&mut self, ended: Ended, ctx: &mut Context<Self>) {
        self.ended(ctx, ended);
        self.stop_if_drained(ctx);
    }
}

impl Handler<Buried> for Delivery {
    type Result = ();

    fn handle(&mut self, Buried(key): Buried, ctx: &mut Context<Self>) {
        if let Some(mut lane) = self.lanes.remove(&key) {
            lane.pop();
            self.put(ctx, key, lane);
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

fn chance() -> f64 {
    clock::seed() as f64 / (1_u64 << 53) as f64
}
