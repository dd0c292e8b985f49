//! How an attempt ends: the retry rule is asked and obeyed, what follows is written down, and the sessions go on.

use std::sync::Arc;
use std::time::Duration;

use actix::{AsyncContext, Context, Handler, Message};

use super::actor::Delivery;
use super::door::webhook;
use super::gate::Pass;
use super::history;
use super::lane::Stage as LaneStage;
use super::pack::AGAIN_AFTER_MS;
use super::parcel::{Parcel, ParcelId, Stage};
use super::retry::{self, Next, Outcome};
use super::shared::Released;
use crate::clock;
use crate::model::{Attempt, DeadLetter, Receipt, SessionKey};
use crate::project::{OnExhausted, Webhook};
use crate::store::{Refused, Writes};

/// Until an ending that the store did not take is written again.
const AGAIN_AFTER: Duration = Duration::from_millis(AGAIN_AFTER_MS);

/// An attempt ended.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Ended {
    pub id: ParcelId,
    /// As it was when the attempt began.
    pub webhook: Arc<Webhook>,
    pub at: u64,
    pub outcome: Outcome,
    pub pass: Pass,
}

/// How a parcel ended is flushed, for better or worse.
#[derive(Message)]
#[rtype(result = "()")]
struct Over(ParcelId);

impl Delivery {
    /// Obeys the retry rule: that of the webhook as it is now, or as it was last if it is gone.
    fn ended(&mut self, ctx: &mut Context<Self>, ended: Ended) {
        let Ended { id, webhook: before, at, outcome, pass } = ended;
        let now = clock::now();
        pass.ended(outcome.speaks_against_host(), now);
        self.in_flight -= 1;
        let Some(parcel) = self.parcels.get_mut(&id) else { return };
        let took = Duration::from_millis(now.saturating_sub(at));
        self.shared.metrics.attempt(parcel.endpoint(), outcome.counted(), took);
        let webhook = webhook(&self.live, parcel.endpoint()).unwrap_or(before);
        let count = parcel.attempts.as_ref().map_or(0, |attempts| attempts.all.len()) + 1;
        let attempt = history::attempt(at, now, &outcome);
        match retry::next(&outcome, count, &webhook.retry_after, now, chance()) {
            Next::Delivered => self.delivered(ctx, id, attempt),
            Next::Again(next_at) => self.again(ctx, id, attempt, next_at),
            Next::Dead(reason) => self.skip(ctx, id, attempt, reason),
            Next::Exhausted(reason) => match webhook.on_exhausted {
                OnExhausted::Skip => self.skip(ctx, id, attempt, reason),
                OnExhausted::Block => self.block(ctx, id, attempt, reason),
            },
        }
    }

    fn delivered(&mut self, ctx: &mut Context<Self>, id: ParcelId, attempt: Attempt) {
        let Some(parcel) = self.parcels.remove(&id) else { return };
        self.keep_receipts(ctx, &parcel, attempt);
        if self.is_at_home(&parcel) {
            self.commits.defer(arrived(&parcel));
            return self.release(ctx, &parcel);
        }
        self.parcels.insert(id, Parcel { stage: Stage::Arrived, ..parcel });
        self.write_arrival(ctx, id);
    }

    /// As often as it takes: the sessions of other shards wait for it.
    fn write_arrival(&mut self, ctx: &mut Context<Self>, id: ParcelId) {
        let Some(parcel) = self.parcels.get(&id) else { return };
        let me = ctx.address();
        if let Err(refused) = self.commits.commit(arrived(parcel), move |_| me.do_send(Over(id))) {
            tracing::warn!(%refused, "callbacks wait: it cannot be written yet that those before them arrived");
            ctx.run_later(AGAIN_AFTER, move |this, ctx| this.write_arrival(ctx, id));
        }
    }

    fn again(&mut self, ctx: &mut Context<Self>, id: ParcelId, attempt: Attempt, next_at: u64) {
        let Some(parcel) = self.parcels.get_mut(&id) else { return };
        let attempts = history::again(parcel.attempts.take(), attempt, next_at);
        let mut writes = Writes::new();
        writes.attempts(parcel.first(), &attempts);
        self.commits.defer(writes);
        parcel.attempts = Some(attempts);
        let key = parcel.first().session;
        self.file(ctx, id, Stage::Waiting(next_at));
        self.step_back(ctx, key);
    }

    /// The sessions in it wait until a person says what becomes of it.
    fn block(&mut self, ctx: &mut Context<Self>, id: ParcelId, attempt: Attempt, reason: String) {
        let Some(parcel) = self.parcels.get_mut(&id) else { return };
        let (endpoint, number) = (parcel.endpoint().to_owned(), *parcel.first());
        tracing::warn!(endpoint, session = %number.session, sequence = number.sequence, reason,
            "callbacks of a session wait for a person: see `antiphon deliveries dead`");
        let attempts = history::blocked(parcel.attempts.take(), attempt, reason);
        let mut writes = Writes::new();
        writes.attempts(&number, &attempts);
        self.commits.defer(writes);
        parcel.attempts = Some(attempts);
        parcel.stage = Stage::Blocked;
        self.step_back(ctx, number.session);
    }

    /// As often as it takes: until it is written, nothing behind it may go.
    fn skip(&mut self, ctx: &mut Context<Self>, id: ParcelId, last: Attempt, reason: String) {
        if let Err(refused) = self.bury(ctx, id, Some(&last), &reason) {
            tracing::warn!(%refused, "callbacks wait: it cannot be written yet that the one before them is given up");
            ctx.run_later(AGAIN_AFTER, move |this, ctx| this.skip(ctx, id, last, reason));
        }
    }

    /// Each callback in it becomes a dead letter with all the attempts, in one batch. If the store does not take that, it stays
    /// what it was.
    pub(super) fn bury(
        &mut self,
        ctx: &mut Context<Self>,
        id: ParcelId,
        last: Option<&Attempt>,
        reason: &str,
    ) -> Result<(), Refused> {
        let Some(parcel) = self.parcels.get_mut(&id) else { return Ok(()) };
        let attempts = history::all(parcel.attempts.clone(), last.cloned());
        let (reason, at) = (reason.to_owned(), clock::now());
        let mut writes = Writes::new();
        forget(parcel, &mut writes);
        for (number, callback) in &parcel.members {
            let (callback, reason, attempts) = (callback.clone(), reason.clone(), attempts.clone());
            writes.bury(number, &DeadLetter { callback, reason, attempts, at });
        }
        let me = ctx.address();
        self.commits.commit(writes, move |_| me.do_send(Over(id)))?;
        parcel.stage = Stage::GivenUp;
        for (number, callback) in &parcel.members {
            tracing::warn!(endpoint = callback.id.endpoint, session = %number.session, sequence = number.sequence,
                reason, "a callback is a dead letter");
        }
        Ok(())
    }

    /// The sessions whose callbacks were in it go on, here and in other shards.
    fn release(&mut self, ctx: &mut Context<Self>, parcel: &Parcel) {
        for (key, count) in parcel.sessions() {
            if key.shard(self.shards) == self.shard {
                self.release_lane(ctx, key, count);
            } else {
                self.shared.tell(key.shard(self.shards), Released(key, count));
            }
        }
    }

    fn release_lane(&mut self, ctx: &mut Context<Self>, key: SessionKey, count: u64) {
        // Rows that could not be read were counted and never came.
        self.owed = self.owed.saturating_sub(count);
        if let Some(mut lane) = self.lanes.remove(&key) {
            if matches!(lane.stage, LaneStage::Packed(_) | LaneStage::Elsewhere) {
                lane.stage = LaneStage::Ready;
            }
            self.put(ctx, key, lane);
        }
    }

    fn is_at_home(&self, parcel: &Parcel) -> bool {
        parcel.members.iter().all(|(number, _)| number.session.shard(self.shards) == self.shard)
    }

    fn keep_receipts(&mut self, ctx: &mut Context<Self>, parcel: &Parcel, attempt: Attempt) {
        let batch = parcel.batch.as_ref().map(|batch| batch.webhook_id.clone());
        let attempts = history::all(parcel.attempts.clone(), Some(attempt));
        for (number, callback) in &parcel.members {
            let receipt = Receipt {
                id: callback.id.clone(),
                started_at: number.started_at,
                sequence: number.sequence,
                created_at: callback.created_at,
                batch: batch.clone(),
                attempts: attempts.clone(),
            };
            self.keep_receipt(ctx, receipt);
        }
    }
}

fn arrived(parcel: &Parcel) -> Writes {
    let mut writes = Writes::new();
    parcel.members.iter().for_each(|(number, _)| writes.delivered(number));
    forget(parcel, &mut writes);
    writes
}

/// What was kept about a parcel as a whole.
fn forget(parcel: &Parcel, writes: &mut Writes) {
    if parcel.attempts.is_some() {
        writes.forget_attempts(parcel.first());
    }
    if parcel.batch.is_some() {
        writes.forget_batch(parcel.first());
    }
}

impl Handler<Ended> for Delivery {
    type Result = ();

    fn handle(&mut self, ended: Ended, ctx: &mut Context<Self>) {
        let endpoint = self.parcels.get(&ended.id).map(|parcel| parcel.endpoint().to_owned());
        self.ended(ctx, ended);
        if let Some(endpoint) = endpoint {
            self.round(ctx, &endpoint);
        }
        self.stop_if_drained(ctx);
    }
}

impl Handler<Over> for Delivery {
    type Result = ();

    fn handle(&mut self, Over(id): Over, ctx: &mut Context<Self>) {
        let Some(parcel) = self.parcels.remove(&id) else { return };
        if parcel.stage == Stage::GivenUp {
            parcel.members.iter().for_each(|_| self.shared.metrics.buried(parcel.endpoint()));
        }
        self.release(ctx, &parcel);
    }
}

impl Handler<Released> for Delivery {
    type Result = ();

    fn handle(&mut self, Released(key, count): Released, ctx: &mut Context<Self>) {
        self.release_lane(ctx, key, count);
    }
}

fn chance() -> f64 {
    clock::seed() as f64 / (1_u64 << 53) as f64
}
