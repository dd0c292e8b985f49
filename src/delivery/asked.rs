//! What a person asks of deliveries: to try again, to give up, and how things stand.

use actix::{AsyncContext, Context, Handler, Message};
use tokio::sync::oneshot;

use super::actor::Delivery;
use super::lane::{Lane, Stage as LaneStage};
use super::parcel::{Parcel, ParcelId, Stage};
use crate::metrics::Sight;
use crate::model::Number;
use crate::store::{Error, Writes};

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

impl Delivery {
    fn redeliver(&mut self, ctx: &mut Context<Self>, number: Number, reply: oneshot::Sender<Asked>) {
        let Some((id, stage)) = self.parcel_of(&number) else { return self.exhume(ctx, number, reply) };
        let asked = match stage {
            Stage::Blocked => return self.unblock(ctx, id, reply),
            Stage::Waiting(_) => {
                self.file(ctx, id, Stage::Ready);
                Asked::Done
            }
            Stage::NoWebhook => Asked::NotNow,
            Stage::Ready | Stage::Sealing | Stage::InFlight | Stage::GivenUp | Stage::Arrived => {
                Asked::UnderWay
            }
        };
        answer(reply, asked);
    }

    fn give_up(&mut self, ctx: &mut Context<Self>, number: Number, reply: oneshot::Sender<Asked>) {
        let asked = match self.parcel_of(&number) {
            Some((id, stage)) if stage.waits() => match self.bury(ctx, id, None, "a person gave it up") {
                Ok(()) => return self.commits.barrier(move || answer(reply, Asked::Done)),
                Err(refused) => {
                    tracing::warn!(%refused, "a callback is not given up: the store takes nothing");
                    Asked::NotNow
                }
            },
            Some(_) => Asked::UnderWay,
            None if self.is_owed(&number) => Asked::UnderWay,
            None => Asked::Unknown,
        };
        answer(reply, asked);
    }

    /// The parcel that holds a callback.
    fn parcel_of(&self, number: &Number) -> Option<(ParcelId, Stage)> {
        let LaneStage::Packed(id) = self.lanes.get(&number.session)?.stage else { return None };
        let parcel = self.parcels.get(&id).filter(|parcel| parcel.contains(number))?;
        Some((id, parcel.stage))
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
        self.unpack(&number);
        let lane = match self.lanes.remove(&key) {
            None => Lane::exhumed(number),
            Some(mut lane) => {
                lane.exhume(number);
                lane
            }
        };
        self.put(ctx, key, lane);
    }

    /// What waits in the session behind this callback, for its next attempt or for a person, must not hold it up: it is packed
    /// again when its turn comes, with the attempts that are stored. A batch stays as it is, because others are in it.
    fn unpack(&mut self, before: &Number) {
        let Some(lane) = self.lanes.get_mut(&before.session) else { return };
        let LaneStage::Packed(id) = lane.stage else { return };
        let steps_back =
            |parcel: &&Parcel| parcel.stage.waits() && parcel.batch.is_none() && before < parcel.first();
        if self.parcels.get(&id).filter(steps_back).is_none() {
            return;
        }
        let Some(Parcel { members, attempts, .. }) = self.parcels.remove(&id) else { return };
        for (number, callback) in members {
            lane.unpack(number, callback, attempts.is_some());
        }
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

fn unreadable(reply: oneshot::Sender<Asked>, error: &Error) {
    tracing::error!(%error, "a dead letter cannot be read");
    answer(reply, Asked::Unknown);
}

/// Whoever asked may have gone away.
fn answer(reply: oneshot::Sender<Asked>, asked: Asked) {
    let _ = reply.send(asked);
}
