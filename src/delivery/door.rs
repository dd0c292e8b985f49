//! In front of each endpoint's webhook: which lanes may send now, as far as there is room, and what waits when the
//! webhook left the project, until a later version brings it back.

use std::collections::VecDeque;
use std::sync::Arc;

use actix::{AsyncContext, Context, Handler, Message};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::actor::Delivery;
use super::lane::{Lane, Stage};
use crate::model::SessionKey;
use crate::project::{Live, Webhook};

/// Another version of the project runs now.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Reloaded;

/// An endpoint that was full has room again.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Room {
    endpoint: String,
    room: OwnedSemaphorePermit,
}

/// What waits in front of one endpoint's webhook, in this shard.
#[derive(Default)]
pub(super) struct Door {
    pub ready: VecDeque<SessionKey>,
    /// A task waits for room.
    waiting: bool,
}

impl Delivery {
    /// Sends for every lane that is ready at an endpoint, as far as there is room.
    pub(super) fn round(&mut self, ctx: &mut Context<Self>, endpoint: &str) {
        let Some(webhook) = self.webhook(endpoint) else { return self.close(endpoint) };
        let rooms = self.rooms.of(endpoint, webhook.concurrency);
        let Some(door) = self.doors.get_mut(endpoint) else { return };
        if self.draining.is_some() || door.waiting {
            return;
        }
        let mut sending = Vec::new();
        while !door.ready.is_empty() {
            let Ok(room) = rooms.clone().try_acquire_owned() else {
                door.waiting = true;
                self.wait_for_room(ctx, endpoint.to_owned(), rooms);
                break;
            };
            sending.extend(door.ready.pop_front().map(|key| (key, room)));
        }
        for (key, room) in sending {
            self.send(ctx, key, room);
        }
    }

    /// The webhook is gone: what was ready for it waits until it comes back.
    fn close(&mut self, endpoint: &str) {
        let Some(door) = self.doors.get_mut(endpoint) else { return };
        for key in door.ready.drain(..) {
            if let Some(lane) = self.lanes.get_mut(&key) {
                without_webhook(&key, lane);
            }
        }
    }

    fn wait_for_room(&self, ctx: &mut Context<Self>, endpoint: String, rooms: Arc<Semaphore>) {
        let me = ctx.address();
        actix::spawn(async move {
            if let Ok(room) = rooms.acquire_owned().await {
                me.do_send(Room { endpoint, room });
            }
        });
    }

    /// What waited for a webhook goes if there is one now; where there is more room, more goes.
    fn reloaded(&mut self, ctx: &mut Context<Self>) {
        let held = self.lanes.iter().filter(|(_, lane)| lane.stage == Stage::NoWebhook);
        let served = held.filter(|(_, lane)| {
            lane.first().is_some_and(|(_, callback)| self.webhook(&callback.endpoint).is_some())
        });
        for key in served.map(|(key, _)| *key).collect::<Vec<_>>() {
            if let Some(mut lane) = self.lanes.remove(&key) {
                lane.stage = Stage::Ready;
                self.put(ctx, key, lane);
            }
        }
        for endpoint in self.doors.keys().cloned().collect::<Vec<_>>() {
            self.round(ctx, &endpoint);
        }
    }

    pub(super) fn webhook(&self, endpoint: &str) -> Option<Arc<Webhook>> {
        webhook(&self.live, endpoint)
    }
}

impl Handler<Room> for Delivery {
    type Result = ();

    /// The room is used at once. Given back, it would go to the next shard that waits, and from there back again.
    fn handle(&mut self, Room { endpoint, room }: Room, ctx: &mut Context<Self>) {
        let Some(door) = self.doors.get_mut(&endpoint) else { return };
        door.waiting = false;
        if self.draining.is_some() {
            return;
        }
        if let Some(key) = door.ready.pop_front() {
            self.send(ctx, key, room);
        }
        self.round(ctx, &endpoint);
    }
}

impl Handler<Reloaded> for Delivery {
    type Result = ();

    fn handle(&mut self, _: Reloaded, ctx: &mut Context<Self>) {
        self.reloaded(ctx);
    }
}

pub(super) fn webhook(live: &Live, endpoint: &str) -> Option<Arc<Webhook>> {
    live.current().endpoints.get(endpoint)?.webhook.clone()
}

pub(super) fn without_webhook(key: &SessionKey, lane: &mut Lane) {
    let endpoint = lane.first().map(|(_, callback)| callback.endpoint.as_str());
    tracing::warn!(endpoint, session = %key, "callbacks wait: the endpoint has no webhook any more");
    lane.stage = Stage::NoWebhook;
}
