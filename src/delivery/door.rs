//! In front of each endpoint's webhook: what may be sent now, in the order in which it came, as far as the gate lets it
//! through; what waits for others to fill a batch; and what waits when the webhook left the project, until a later version
//! brings it back.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use actix::{AsyncContext, Context, Handler, Message};
use tokio::task::JoinHandle;

use super::actor::{Delivery, Wake};
use super::gate::{Gate, Pass};
use super::lane::{self, Lane};
use super::parcel::{ParcelId, Stage};
use crate::clock;
use crate::model::SessionKey;
use crate::project::{Live, Webhook};

/// Another version of the project runs now.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Reloaded;

/// The gate of an endpoint let one through that had to wait.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Entered {
    endpoint: String,
    version: u64,
    pass: Pass,
}

/// What waits in front of one endpoint's webhook, in this shard.
#[derive(Default)]
pub(super) struct Door {
    queue: VecDeque<Queued>,
    /// The sessions in the queue: each stands in it once, however often it is put there.
    lanes: HashSet<SessionKey>,
    gate: Option<Gate>,
    /// An alarm is set for this time of the actor, for what lingers.
    rings_at: Option<u64>,
    /// The task that waits at the gate.
    waiting: Option<JoinHandle<()>>,
    /// Counts the gates: what one let through that was replaced goes back.
    version: u64,
}

#[derive(Clone, Copy)]
pub(super) enum Queued {
    /// Tried before, or a batch.
    Parcel(ParcelId),
    /// Its first callbacks, since this time of the actor.
    Lane(SessionKey, u64),
}

impl Door {
    pub fn push_parcel(&mut self, id: ParcelId) {
        self.queue.push_back(Queued::Parcel(id));
    }

    pub fn push_lane(&mut self, key: SessionKey, since: u64) {
        if self.lanes.insert(key) {
            self.queue.push_back(Queued::Lane(key, since));
        }
    }

    pub fn pop(&mut self) -> Option<Queued> {
        let queued = self.queue.pop_front()?;
        if let Queued::Lane(key, _) = &queued {
            self.lanes.remove(key);
        }
        Some(queued)
    }

    /// The session whose callbacks come next, if it is not a parcel.
    pub fn pop_lane(&mut self) -> Option<SessionKey> {
        let Queued::Lane(key, _) = self.queue.front().copied()? else { return None };
        self.pop();
        Some(key)
    }

    /// The task goes with its gate: it would take what the next one lets through.
    fn renew(&mut self) {
        self.gate = None;
        if let Some(waiting) = self.waiting.take() {
            waiting.abort();
        }
        self.version += 1;
    }
}

impl Delivery {
    /// Sends what waits at an endpoint, as far as the gate lets it through.
    pub(super) fn round(&mut self, ctx: &mut Context<Self>, endpoint: &str) {
        let Some(webhook) = self.webhook(endpoint) else { return self.close(endpoint) };
        while self.draining.is_none() {
            let Some(door) = self.doors.get_mut(endpoint) else { return };
            if door.waiting.is_some() || door.queue.is_empty() {
                return;
            }
            if let Some(until) = lingers(door, &self.lanes, &webhook, self.steady.now()) {
                return self.linger(ctx, endpoint, until);
            }
            let Some(pass) = self.gate(endpoint, &webhook).try_enter(clock::now()) else {
                return self.wait_at_gate(ctx, endpoint, &webhook);
            };
            if !self.send_next(ctx, endpoint, &webhook, pass) {
                return;
            }
        }
    }

    /// One alarm is enough, however often something comes in the meantime: when it rings, it is looked again what lingers.
    fn linger(&mut self, ctx: &mut Context<Self>, endpoint: &str, until: u64) {
        let Some(door) = self.doors.get_mut(endpoint) else { return };
        if door.rings_at.is_none_or(|at| until < at) {
            door.rings_at = Some(until);
            self.wake_at(ctx, until, Wake::Door(endpoint.to_owned()));
        }
    }

    /// The alarm rang that was set for this time.
    pub(super) fn round_after_linger(&mut self, ctx: &mut Context<Self>, endpoint: &str, at: u64) {
        if let Some(door) = self.doors.get_mut(endpoint).filter(|door| door.rings_at == Some(at)) {
            door.rings_at = None;
        }
        self.round(ctx, endpoint);
    }

    fn gate(&mut self, endpoint: &str, webhook: &Webhook) -> Gate {
        let door = self.doors.entry(endpoint.to_owned()).or_default();
        let (live, gates) = (&self.live, &self.shared.gates);
        let made = || gates.of(endpoint, webhook, live.current().settings.limits.callbacks_per_host);
        door.gate.get_or_insert_with(made).clone()
    }

    fn wait_at_gate(&mut self, ctx: &mut Context<Self>, endpoint: &str, webhook: &Webhook) {
        let gate = self.gate(endpoint, webhook);
        let Some(door) = self.doors.get_mut(endpoint) else { return };
        let (me, endpoint, version) = (ctx.address(), endpoint.to_owned(), door.version);
        door.waiting = Some(actix::spawn(async move {
            let pass = gate.enter().await;
            me.do_send(Entered { endpoint, version, pass });
        }));
    }

    /// The webhook is gone: what was ready for it waits until it comes back.
    fn close(&mut self, endpoint: &str) {
        let Some(door) = self.doors.get_mut(endpoint) else { return };
        door.renew();
        door.lanes.clear();
        for queued in std::mem::take(&mut door.queue) {
            match queued {
                Queued::Lane(key, _) => {
                    if let Some(lane) =
                        self.lanes.get_mut(&key).filter(|lane| lane.stage == lane::Stage::Ready)
                    {
                        lane_without_webhook(&key, lane);
                    }
                }
                Queued::Parcel(id) => self.parcel_without_webhook(id),
            }
        }
    }

    pub(super) fn parcel_without_webhook(&mut self, id: ParcelId) {
        if let Some(parcel) = self.parcels.get_mut(&id).filter(|parcel| parcel.stage == Stage::Ready) {
            parcel.stage = Stage::NoWebhook;
            without_webhook(parcel.endpoint(), &parcel.first().session);
            self.let_go(id);
        }
    }

    /// What waited for a webhook goes if there is one now; where there is more room, more goes.
    fn reloaded(&mut self, ctx: &mut Context<Self>) {
        self.doors.values_mut().for_each(Door::renew);
        let served = |endpoint: &str| webhook(&self.live, endpoint).is_some();
        let held = self.lanes.iter().filter(|(_, lane)| lane.stage == lane::Stage::NoWebhook);
        let lanes =
            held.filter(|(_, lane)| lane.first().is_some_and(|(_, callback)| served(&callback.id.endpoint)));
        let lanes: Vec<SessionKey> = lanes.map(|(key, _)| *key).collect();
        let held = self.parcels.iter().filter(|(_, parcel)| parcel.stage == Stage::NoWebhook);
        let parcels: Vec<ParcelId> =
            held.filter(|(_, parcel)| served(parcel.endpoint())).map(|(id, _)| *id).collect();
        for key in lanes {
            if let Some(mut lane) = self.lanes.remove(&key) {
                lane.stage = lane::Stage::Ready;
                self.put(ctx, key, lane);
            }
        }
        for id in parcels {
            self.file(ctx, id, Stage::Ready);
        }
        for endpoint in self.doors.keys().cloned().collect::<Vec<_>>() {
            self.round(ctx, &endpoint);
        }
    }

    pub(super) fn webhook(&self, endpoint: &str) -> Option<Arc<Webhook>> {
        webhook(&self.live, endpoint)
    }
}

impl Handler<Entered> for Delivery {
    type Result = ();

    /// The pass is used at once. Given back, it would go to the next shard that waits, and from there back again.
    fn handle(&mut self, Entered { endpoint, version, pass }: Entered, ctx: &mut Context<Self>) {
        let Some(door) = self.doors.get_mut(&endpoint).filter(|door| door.version == version) else { return };
        door.waiting = None;
        if self.draining.is_some() {
            return;
        }
        let Some(webhook) = self.webhook(&endpoint) else { return self.close(&endpoint) };
        self.send_next(ctx, &endpoint, &webhook, pass);
        self.round(ctx, &endpoint);
    }
}

impl Handler<Reloaded> for Delivery {
    type Result = ();

    fn handle(&mut self, _: Reloaded, ctx: &mut Context<Self>) {
        self.reloaded(ctx);
    }
}

/// Until when what comes first waits for others to fill its batch; none if it goes now.
fn lingers(door: &Door, lanes: &HashMap<SessionKey, Lane>, webhook: &Webhook, now: u64) -> Option<u64> {
    let Some(Queued::Lane(_, since)) = door.queue.front() else { return None };
    let until = since + webhook.batch.linger_ms;
    if webhook.batch.max == 1 || until <= now {
        return None;
    }
    let mut count = 0;
    for queued in &door.queue {
        if let Queued::Lane(key, _) = queued {
            let Some(lane) = lanes.get(key) else { continue };
            // As many as fit into memory and more: enough, or about to be.
            if lane.has_more() {
                return None;
            }
            count += lane.len();
        }
        if count >= webhook.batch.max {
            return None;
        }
    }
    Some(until)
}

pub(super) fn webhook(live: &Live, endpoint: &str) -> Option<Arc<Webhook>> {
    live.current().endpoints.get(endpoint)?.webhook.clone()
}

pub(super) fn lane_without_webhook(key: &SessionKey, lane: &mut Lane) {
    let endpoint = lane.first().map_or("", |(_, callback)| callback.id.endpoint.as_str());
    without_webhook(endpoint, key);
    lane.stage = lane::Stage::NoWebhook;
}

fn without_webhook(endpoint: &str, key: &SessionKey) {
    tracing::warn!(endpoint, session = %key, "callbacks wait: the endpoint has no webhook any more");
}
