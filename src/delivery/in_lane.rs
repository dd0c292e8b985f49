//! What a person asks of a callback that waits in its lane, behind one that goes before it or for a webhook.

use actix::{AsyncContext, Context, Handler, Message};
use tokio::sync::oneshot;

use super::actor::Delivery;
use super::asked::{Asked, GIVEN_UP, answer, not_now, unreadable};
use super::history;
use super::lane::Tried;
use crate::clock;
use crate::model::{Attempts, DeadLetter, Number};
use crate::store::{Error, Writes};

/// It is a dead letter, flushed.
#[derive(Message)]
#[rtype(result = "()")]
struct Left {
    number: Number,
    endpoint: String,
    reply: oneshot::Sender<Asked>,
}

impl Delivery {
    /// One that waits behind another goes as soon as its turn comes; one that waits for a person has its attempts anew.
    pub(super) fn hasten(&mut self, number: &Number, tried: &Tried, reply: oneshot::Sender<Asked>) {
        let attempts = match self.attempts(number, tried) {
            Ok(attempts) => attempts,
            Err(error) => return unreadable(reply, &error),
        };
        let Some(lane) = self.lanes.get_mut(&number.session) else { return };
        match attempts {
            Some(attempts) if attempts.blocked.is_none() => {
                lane.set_tried(*number, Tried::Known(Attempts { next_at: 0, ..attempts }));
                answer(reply, Asked::Done);
            }
            Some(_) => {
                let mut writes = Writes::new();
                writes.forget_attempts(number);
                match self.commits.commit(writes, move |_| answer(reply, Asked::Done)) {
                    Ok(()) => lane.forget_tried(number),
                    Err(refused) => drop(not_now(refused)),
                }
            }
            None => {
                lane.forget_tried(number);
                answer(reply, Asked::Done);
            }
        }
    }

    /// It stays where it is until that is flushed, and lets nothing pass: after a kill it would be tried behind what passed.
    pub(super) fn bury_in_lane(
        &mut self,
        ctx: &mut Context<Self>,
        number: Number,
        reply: oneshot::Sender<Asked>,
    ) {
        let letter = match self.letter_in_lane(&number) {
            Ok(Some(letter)) => letter,
            Ok(None) => return answer(reply, Asked::Unknown),
            Err(error) => return unreadable(reply, &error),
        };
        let mut writes = Writes::new();
        writes.bury(&number, &letter);
        let (me, endpoint) = (ctx.address(), letter.callback.id.endpoint);
        match self.commits.commit(writes, move |_| me.do_send(Left { number, endpoint, reply })) {
            Ok(()) => {
                if let Some(lane) = self.lanes.get_mut(&number.session) {
                    lane.set_tried(number, Tried::Leaving);
                }
            }
            Err(refused) => drop(not_now(refused)),
        }
    }

    /// What becomes of a callback that is given up while it waits in its lane.
    fn letter_in_lane(&self, number: &Number) -> Result<Option<DeadLetter>, Error> {
        let Some(lane) = self.lanes.get(&number.session) else { return Ok(None) };
        let callback = match lane.get(number) {
            Some(callback) => Some(callback.clone()),
            None => self.read_callback(number)?,
        };
        let attempts = match lane.tried(number) {
            Some(tried) => self.attempts(number, tried)?,
            None => None,
        };
        let (attempts, at) = (history::all(attempts, None), clock::now());
        let letter = |callback| DeadLetter { callback, reason: GIVEN_UP.to_owned(), attempts, at };
        Ok(callback.map(letter))
    }
}

impl Handler<Left> for Delivery {
    type Result = ();

    fn handle(&mut self, Left { number, endpoint, reply }: Left, ctx: &mut Context<Self>) {
        self.shared.metrics.buried(&endpoint);
        self.owed = self.owed.saturating_sub(1);
        if let Some(mut lane) = self.lanes.remove(&number.session) {
            lane.remove(&number);
            self.put(ctx, number.session, lane);
        }
        answer(reply, Asked::Done);
    }
}
