//! What a person asks of deliveries: to try again, to give up, and how things stand.

use actix::{AsyncContext, Context, Handler, Message};
use tokio::sync::oneshot;

use super::actor::Delivery;
use super::lane::{Lane, Stage as LaneStage, Tried};
use super::parcel::{Parcel, ParcelId, Stage};
use crate::metrics::Sight;
use crate::model::Number;
use crate::store::{Error, Refused, Writes};

/// Why a dead letter is one.
pub(super) const GIVEN_UP: &str = "a person gave it up";

/// The callback is tried again: a dead letter is owed again, one that blocks its session gets its attempts anew, one that
/// waits between two attempts goes at once.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Redeliver {
    pub number: Number,
    pub reply: oneshot::Sender<Asked>,
}

/// The callback is given up, if it waits between two attempts or for a person; with it those that go in the same batch.
#[derive(Message)]
#[rtype(result = "()")]
pub struct GiveUp {
    pub number: Number,
    pub reply: oneshot::Sender<Asked>,
}

/// How things stand in this shard.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Look(pub oneshot::Sender<Sight>);

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is so, on the disk.
    Done,
    /// It is on its way at this moment, or its turn has not come.
    UnderWay,
    /// It is neither owed nor a dead letter.
    Unknown,
    /// Its endpoint has no webhook, or the store takes nothing now.
    NotNow,
}

/// A dead letter is owed again, flushed.
#[derive(Message)]
#[rtype(result = "()")]
struct Exhumed {
    number: Number,
    reply: oneshot::Sender<Asked>,
}

/// Where a callback is that this actor knows.
enum Whereabouts {
    Parcel(ParcelId, Stage),
    /// Tried before, behind one that goes before it.
    Tried(Tried),
    /// In its lane, whose endpoint has no webhook.
    NoWebhook,
}

impl Delivery {
    fn redeliver(&mut self, ctx: &mut Context<Self>, number: Number, reply: oneshot::Sender<Asked>) {
        let asked = match self.whereabouts(&number) {
            None => return self.exhume(ctx, number, reply),
            Some(Whereabouts::Parcel(_, stage)) if !stage.waits() => Asked::UnderWay,
            Some(Whereabouts::Tried(Tried::Leaving)) => Asked::UnderWay,
            Some(_) if !self.has_webhook(&number) => Asked::NotNow,
            Some(Whereabouts::Parcel(id, Stage::Blocked)) => return self.unblock(ctx, id, reply),
            Some(Whereabouts::Parcel(id, _)) => {
                // Also if it steps back before it goes.
                if let Some(attempts) = self.parcels.get_mut(&id).and_then(|parcel| parcel.attempts.as_mut())
                {
                    attempts.next_at = 0;
                }
                self.file(ctx, id, Stage::Ready);
                Asked::Done
            }
            Some(Whereabouts::Tried(tried)) => return self.hasten(&number, &tried, reply),
            Some(Whereabouts::NoWebhook) => Asked::NotNow,
        };
        answer(reply, asked);
    }

    fn give_up(&mut self, ctx: &mut Context<Self>, number: Number, reply: oneshot::Sender<Asked>) {
        let asked = match self.whereabouts(&number) {
            Some(Whereabouts::Parcel(id, stage)) if stage.waits() => {
                match self.bury(ctx, id, None, GIVEN_UP) {
                    Ok(()) => return self.commits.barrier(move || answer(reply, Asked::Done)),
                    Err(refused) => not_now(refused),
                }
            }
            Some(Whereabouts::Parcel(..) | Whereabouts::Tried(Tried::Leaving)) => Asked::UnderWay,
            Some(Whereabouts::Tried(_) | Whereabouts::NoWebhook) => {
                return self.bury_in_lane(ctx, number, reply);
            }
            None if self.is_owed(&number) => Asked::UnderWay,
            None => Asked::Unknown,
        };
        answer(reply, asked);
    }

    fn whereabouts(&self, number: &Number) -> Option<Whereabouts> {
        let lane = self.lanes.get(&number.session)?;
        let parcel = match lane.stage {
            LaneStage::Packed(id) => self.parcels.get(&id).map(|parcel| (id, parcel)),
            LaneStage::Ready | LaneStage::Elsewhere | LaneStage::NoWebhook | LaneStage::Held => None,
        };
        if let Some((id, parcel)) = parcel.filter(|(_, parcel)| parcel.contains(number)) {
            return Some(Whereabouts::Parcel(id, parcel.stage));
        }
        if let Some(tried) = lane.tried(number) {
            return Some(Whereabouts::Tried(tried.clone()));
        }
        let first_waits = parcel.is_some_and(|(_, parcel)| parcel.stage == Stage::NoWebhook);
        let waits = lane.stage == LaneStage::NoWebhook || first_waits;
        (waits && self.is_owed(number)).then_some(Whereabouts::NoWebhook)
    }

    /// Whether the endpoint of a callback that is owed has a webhook now.
    fn has_webhook(&self, number: &Number) -> bool {
        let lane = self.lanes.get(&number.session);
        let in_lane = lane.and_then(|lane| lane.first()).map(|(_, callback)| callback.id.endpoint.as_str());
        let in_parcel = lane.and_then(|lane| match lane.stage {
            LaneStage::Packed(id) => self.parcels.get(&id).map(Parcel::endpoint),
            LaneStage::Ready | LaneStage::Elsewhere | LaneStage::NoWebhook | LaneStage::Held => None,
        });
        // A session belongs to one endpoint. Of one that has nothing in memory it shows when its turn comes.
        in_parcel.or(in_lane).is_none_or(|endpoint| self.webhook(endpoint).is_some())
    }

    /// It goes again, with as many attempts as a new one has.
    fn unblock(&mut self, ctx: &mut Context<Self>, id: ParcelId, reply: oneshot::Sender<Asked>) {
        let Some(parcel) = self.parcels.get_mut(&id) else { return };
        let mut writes = Writes::new();
        writes.forget_attempts(parcel.first());
        match self.commits.commit(writes, move |_| answer(reply, Asked::Done)) {
            Ok(()) => {
                parcel.attempts = None;
                self.file(ctx, id, Stage::Ready);
            }
            // The reply went with what was not taken: whoever asked hears that nothing came of it.
            Err(refused) => {
                tracing::warn!(%refused, "callbacks still wait for a person: the store takes nothing")
            }
        }
    }

    /// A dead letter is owed again, before what its session owes otherwise; not while there is nobody whom it is owed to.
    fn exhume(&mut self, ctx: &mut Context<Self>, number: Number, reply: oneshot::Sender<Asked>) {
        if self.exhuming.contains(&number) {
            return answer(reply, Asked::UnderWay);
        }
        let letter = match self.store.dead_letter(&number) {
            Ok(Some(letter)) => letter,
            Ok(None) if self.is_owed(&number) => return answer(reply, Asked::UnderWay),
            Ok(None) => return answer(reply, Asked::Unknown),
            Err(error) => return unreadable(reply, &error),
        };
        // It would be owed to nobody, and no list of what is dead would show it any more.
        if self.webhook(&letter.callback.id.endpoint).is_none() {
            return answer(reply, Asked::NotNow);
        }
        let mut writes = Writes::new();
        writes.exhume(&number, &letter.callback);
        let me = ctx.address();
        match self.commits.commit(writes, move |_| me.do_send(Exhumed { number, reply })) {
            Ok(()) => drop(self.exhuming.insert(number)),
            Err(refused) => tracing::warn!(%refused, "a dead letter stays one: the store takes nothing"),
        }
    }

    /// Whether its turn is still to come. One that was just delivered may count as owed for a moment.
    fn is_owed(&self, number: &Number) -> bool {
        matches!(self.store.callback(number), Ok(Some(_)))
    }

    fn exhumed(&mut self, ctx: &mut Context<Self>, number: Number) {
        self.exhuming.remove(&number);
        self.owed += 1;
        let key = number.session;
        let lane = match self.lanes.remove(&key) {
            None => Lane::exhumed(number),
            Some(mut lane) => {
                lane.exhume(number);
                lane
            }
        };
        self.put(ctx, key, lane);
        self.step_back(ctx, key);
    }

    fn sight(&self) -> Sight {
        let stands = |stage: Stage| matches!(stage, Stage::Blocked | Stage::NoWebhook);
        let (standing, going): (Vec<_>, Vec<_>) =
            self.parcels.values().partition(|parcel| stands(parcel.stage));
        let ready = self.lanes.values().filter(|lane| lane.stage == LaneStage::Ready);
        let first = ready.filter_map(Lane::first).map(|(_, callback)| callback.created_at);
        let going = going.iter().map(|parcel| parcel.members[0].1.created_at);
        let blocked = standing.iter().filter(|parcel| parcel.stage == Stage::Blocked);
        Sight {
            owed: self.owed,
            blocked: blocked.map(|parcel| parcel.members.len() as u64).sum(),
            oldest_due_at: first.chain(going).min(),
            in_flight: self.in_flight as u64,
        }
    }
}

impl Handler<Redeliver> for Delivery {
    type Result = ();

    fn handle(&mut self, Redeliver { number, reply }: Redeliver, ctx: &mut Context<Self>) {
        self.redeliver(ctx, number, reply);
    }
}

impl Handler<GiveUp> for Delivery {
    type Result = ();

    fn handle(&mut self, GiveUp { number, reply }: GiveUp, ctx: &mut Context<Self>) {
        self.give_up(ctx, number, reply);
    }
}

impl Handler<Exhumed> for Delivery {
    type Result = ();

    fn handle(&mut self, Exhumed { number, reply }: Exhumed, ctx: &mut Context<Self>) {
        self.exhumed(ctx, number);
        answer(reply, Asked::Done);
    }
}

impl Handler<Look> for Delivery {
    type Result = ();

    fn handle(&mut self, Look(reply): Look, _: &mut Context<Self>) {
        // Whoever asked may have gone away.
        let _ = reply.send(self.sight());
    }
}

/// Whoever asked hears that nothing came of it.
pub(super) fn not_now(refused: Refused) -> Asked {
    tracing::warn!(%refused, "what was asked of a callback is not done: the store takes nothing");
    Asked::NotNow
}

pub(super) fn unreadable(reply: oneshot::Sender<Asked>, error: &Error) {
    tracing::error!(%error, "a dead letter cannot be read");
    answer(reply, Asked::Unknown);
}

/// Whoever asked may have gone away.
pub(super) fn answer(reply: oneshot::Sender<Asked>, asked: Asked) {
    let _ = reply.send(asked);
}
