//! What goes next: a parcel that was tried before, or a new one of what waits first, as many callbacks as a batch may have.

use actix::{AsyncContext, Context, Handler, Message};

use super::actor::{Delivery, Wake};
use super::door::{Queued, lane_without_webhook};
use super::gate::Pass;
use super::lane::{Lane, Stage as LaneStage, Tried};
use super::parcel::{Parcel, ParcelId, Stage};
use crate::clock;
use crate::model::{Attempts, Callback, Number, SessionKey};
use crate::project::Webhook;
use crate::store::{Error, Writes};

/// Until a batch is tried again when the store takes nothing.
pub(super) const AGAIN_AFTER_MS: u64 = 1_000;

/// The store knows what this batch consists of.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Sealed {
    id: ParcelId,
    pass: Pass,
}

impl Delivery {
    /// Sends what comes first at an endpoint. False: nothing does.
    pub(super) fn send_next(
        &mut self,
        ctx: &mut Context<Self>,
        endpoint: &str,
        webhook: &Webhook,
        pass: Pass,
    ) -> bool {
        let Some(id) = self.next_parcel(endpoint, webhook) else { return false };
        let sealed = |parcel: &Parcel| parcel.batch.as_ref().is_none_or(|batch| batch.stored);
        if self.parcels.get(&id).is_some_and(sealed) {
            self.send(ctx, id, pass);
        } else {
            self.seal(ctx, id, pass);
        }
        true
    }

    fn next_parcel(&mut self, endpoint: &str, webhook: &Webhook) -> Option<ParcelId> {
        loop {
            match self.doors.get_mut(endpoint)?.pop()? {
                Queued::Parcel(id)
                    if self.parcels.get(&id).is_some_and(|parcel| parcel.stage == Stage::Ready) =>
                {
                    return Some(id);
                }
                Queued::Lane(key, _) if self.is_ready(&key) => return self.pack(endpoint, webhook, key),
                // It went another way meanwhile.
                Queued::Parcel(_) | Queued::Lane(..) => {}
            }
        }
    }

    fn is_ready(&self, key: &SessionKey) -> bool {
        let is_ready = |lane: &Lane| lane.stage == LaneStage::Ready && lane.first().is_some();
        self.lanes.get(key).is_some_and(|lane| is_ready(lane) && !lane.was_tried())
    }

    /// The first callback of this lane; for a batch those after it too, and those of the lanes behind this one.
    fn pack(&mut self, endpoint: &str, webhook: &Webhook, first: SessionKey) -> Option<ParcelId> {
        let max = webhook.batch.max;
        let mut members = self.take(&first, max);
        let mut lanes = vec![first];
        while members.len() < max {
            let Some(queued) = self.doors.get_mut(endpoint).and_then(super::door::Door::pop_lane) else {
                break;
            };
            if self.is_ready(&queued) {
                members.extend(self.take(&queued, max - members.len()));
                lanes.push(queued);
            }
        }
        let parcel = match max {
            1 => Parcel::one(members[0].0, members.remove(0).1, None),
            _ => Parcel::batch(members),
        };
        let id = self.add(parcel);
        for key in lanes {
            if let Some(lane) = self.lanes.get_mut(&key) {
                lane.stage = LaneStage::Packed(id);
            }
        }
        Some(id)
    }

    fn take(&mut self, key: &SessionKey, max: usize) -> Vec<(Number, Callback)> {
        self.lanes.get_mut(key).map(|lane| lane.take(max)).unwrap_or_default()
    }

    pub(super) fn add(&mut self, parcel: Parcel) -> ParcelId {
        self.parcels_made += 1;
        self.parcels.insert(self.parcels_made, parcel);
        self.parcels_made
    }

    /// What a batch consists of is on the disk before it goes: a kill does not change it.
    fn seal(&mut self, ctx: &mut Context<Self>, id: ParcelId, pass: Pass) {
        let Some(parcel) = self.parcels.get_mut(&id) else { return };
        let mut writes = Writes::new();
        writes.batch(parcel.first(), &parcel.numbers());
        parcel.stage = Stage::Sealing;
        let me = ctx.address();
        let sent = self.commits.commit(writes, move |_| me.do_send(Sealed { id, pass }));
        if let Err(refused) = sent {
            tracing::warn!(session = %parcel.first().session, %refused, "a batch waits: the store takes nothing");
            parcel.stage = Stage::Waiting(clock::now() + AGAIN_AFTER_MS);
            self.wake_at(ctx, clock::now() + AGAIN_AFTER_MS, Wake::Parcel(id));
        }
    }

    /// What was tried by itself goes by itself again when its time has come.
    pub(super) fn pack_tried(&mut self, ctx: &mut Context<Self>, key: SessionKey) {
        let Some((number, callback, tried)) = self.lanes.get_mut(&key).and_then(Lane::take_tried) else {
            return;
        };
        match self.attempts(&number, &tried) {
            Ok(attempts) => {
                let parcel = Parcel::one(number, callback, attempts);
                let stage = parcel.stage;
                let id = self.add(parcel);
                if let Some(lane) = self.lanes.get_mut(&key) {
                    lane.stage = LaneStage::Packed(id);
                }
                self.file(ctx, id, stage);
            }
            Err(error) => self.hold(key, &error),
        }
    }

    /// Those at a callback that waits in its lane.
    pub(super) fn attempts(&self, number: &Number, tried: &Tried) -> Result<Option<Attempts>, Error> {
        match tried {
            Tried::Known(attempts) => Ok(Some(attempts.clone())),
            Tried::Unread | Tried::Leaving => self.read_attempts(number),
        }
    }

    /// A callback that waits, for its next attempt, for room, for a person or for a webhook, steps back behind one that is owed
    /// again and comes before it in its session. A batch stays as it is, because others are in it.
    pub(super) fn step_back(&mut self, ctx: &mut Context<Self>, key: SessionKey) {
        let Some(lane) = self.lanes.get(&key) else { return };
        let (LaneStage::Packed(id), Some((first, _))) = (lane.stage, lane.first()) else { return };
        let steps_back = |parcel: &&Parcel| parcel.steps_back() && first < parcel.first();
        if self.parcels.get(&id).filter(steps_back).is_none() {
            return;
        }
        let (Some(parcel), Some(mut lane)) = (self.parcels.remove(&id), self.lanes.remove(&key)) else {
            return;
        };
        let Parcel { members, attempts, .. } = parcel;
        for (number, callback) in members {
            lane.unpack(number, callback, attempts.clone());
        }
        self.put(ctx, key, lane);
    }

    /// Files a parcel as its stage says.
    pub(super) fn file(&mut self, ctx: &mut Context<Self>, id: ParcelId, stage: Stage) {
        let Some(parcel) = self.parcels.get_mut(&id) else { return };
        parcel.stage = stage;
        let endpoint = parcel.endpoint().to_owned();
        match stage {
            Stage::Ready if self.webhook(&endpoint).is_none() => self.parcel_without_webhook(id),
            Stage::Ready => {
                self.doors.entry(endpoint.clone()).or_default().push_parcel(id);
                self.round(ctx, &endpoint);
            }
            Stage::Waiting(at) => self.wake_at(ctx, at, Wake::Parcel(id)),
            Stage::Sealing
            | Stage::InFlight
            | Stage::GivenUp
            | Stage::Arrived
            | Stage::Blocked
            | Stage::NoWebhook => {}
        }
    }

    /// Files a lane as its stage says; one without callbacks is left.
    pub(super) fn put(&mut self, ctx: &mut Context<Self>, key: SessionKey, mut lane: Lane) {
        let read = self.refill(&key, &mut lane);
        let first = lane.first().map(|(_, callback)| callback.id.endpoint.clone());
        if read.is_ok() && first.is_none() && lane.stage == LaneStage::Ready {
            return;
        }
        let (stage, tried) = (lane.stage, lane.was_tried());
        self.lanes.insert(key, lane);
        if let Err(error) = read {
            return self.hold(key, &error);
        }
        let (LaneStage::Ready, Some(endpoint)) = (stage, first) else { return };
        if tried {
            return self.pack_tried(ctx, key);
        }
        if self.webhook(&endpoint).is_none() {
            if let Some(lane) = self.lanes.get_mut(&key) {
                lane_without_webhook(&key, lane);
            }
            return;
        }
        self.doors.entry(endpoint.clone()).or_default().push_lane(key, clock::now());
        self.round(ctx, &endpoint);
    }
}

impl Handler<Sealed> for Delivery {
    type Result = ();

    fn handle(&mut self, Sealed { id, pass }: Sealed, ctx: &mut Context<Self>) {
        let Some(parcel) = self.parcels.get_mut(&id) else { return };
        if let Some(batch) = &mut parcel.batch {
            batch.stored = true;
        }
        if self.draining.is_none() {
            self.send(ctx, id, pass);
        }
    }
}
