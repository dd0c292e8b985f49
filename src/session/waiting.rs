//! Inputs that wait: the durable queue of a session while one of its turns is in the slow lane, and what the last
//! run of the process left in it.

use std::mem;
use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use super::actor::{Leave, Origin, SessionActor, Stage, TakeUp, Waiting, Work, WorkOff, answer};
use super::pending::SlowTurn;
use super::post::{Accepted, Brought, Refusal};
use super::slow::Job;
use super::turns::{Decided, Step};
use crate::model::{Queued, Woken};
use crate::store::Writes;

/// So often in a row may the process end while an input is the first in the queue, before the input counts as poison.
/// A kill from outside looks the same and an accepted input must outlive it, so it takes more than bad luck.
const TRIES_MAX: u32 = 10;
/// Until what the store did not take is tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

impl SessionActor {
    /// The session is busy: the input is made durable in its queue. False: it was refused.
    pub(super) fn enqueue(&mut self, work: Work, ctx: &mut Context<Self>) -> bool {
        let Work { input, sequence, brought, origin: Origin::Posted { once, reply }, pending, .. } = work
        else {
            return false;
        };
        if self.is_full() {
            answer(reply, Err(Refusal::Busy));
            return false;
        }
        // All rows of a queue belong to one life, so that they are read in their order.
        let life =
            self.waiting.back().map_or_else(|| self.base(input.received_at).started_at, |last| last.life);
        let accepted = Accepted::of(&input, sequence);
        let mut writes = Writes::new();
        let Brought { called, notes, storage, response } = brought;
        let (at, told) = (input.received_at, (&accepted, response));
        let recent = once.map(|once| self.remember(&mut writes, once, told, at));
        let id = self.id.clone();
        let queued = Queued { id, input, sequence, reminder: None, tries: 0, called, notes };
        writes.enqueue(&self.key, life, &queued);
        let storage = self.write_storage(&mut writes, storage);
        let (shard, key, changed) = (self.shard.clone(), self.key, storage.is_some());
        let me = ctx.address();
        let sent = self.shard.commits.commit(writes, move |flushed| {
            drop(recent);
            shard.end_of_storage(&key, changed);
            match flushed {
                Ok(()) => answer(reply, Ok(accepted)),
                Err(_) => me.do_send(Leave),
            }
        });
        if sent.is_ok() {
            self.shard.storage_decided(&self.key, storage);
            self.waiting.push_back(Waiting { life, queued, pending });
        }
        sent.is_ok()
    }

    /// The first of those in the queue is the one that runs, unless the flow waits in the middle of an earlier one; the others
    /// wait.
    fn is_full(&self) -> bool {
        let before = usize::from(self.is_suspended() || self.running.is_some());
        !self.endpoint.session.has_room(self.waiting.len() + before)
    }

    pub(super) fn go_slow(&mut self, job: Job, ctx: &mut Context<Self>) {
        self.stage = Stage::Slow;
        let under_way = SlowTurn::new(&self.shard);
        let made_from = job.clone();
        let turn = self.shard.engine.slow.send(job).into_actor(self).map(move |result, this, ctx| {
            drop(under_way);
            this.stage = Stage::Free;
            let turn = result.unwrap_or_else(|_| Err("the slow lane is closed".to_owned()));
            if let Some(work) = this.held() {
                let decided = this.decided(&work, made_from, turn);
                let step = this.pass(&work, decided);
                this.proceed(work, step, ctx);
            }
        });
        ctx.spawn(turn);
    }

    /// The first of those that wait; the next one comes by a message of its own, so that other sessions have their turns
    /// in between.
    pub(super) fn work_off(&mut self, ctx: &mut Context<Self>) {
        if !self.stage.is_free() || self.shard.draining.get() {
            return;
        }
        if let Some(awake) = self.woken.pop_front() {
            self.wake(awake, ctx);
            return ctx.notify(WorkOff);
        }
        if self.is_suspended() {
            return;
        }
        self.renew();
        let Some(work) = self.next_work() else { return };
        let step = self.decide(&work);
        self.proceed(work, step, ctx);
    }

    /// What runs elsewhere stays where it was until it is committed: in the queue, or owed as a wait.
    pub(super) fn proceed(&mut self, work: Work, step: Step, ctx: &mut Context<Self>) {
        match step {
            Step::Decided(decided) => self.commit_and_go_on(work, *decided, ctx),
            Step::Slow(job) => {
                self.hold(work);
                self.go_slow(*job, ctx);
            }
            Step::Passing(passing) => {
                self.hold(work);
                self.go_past(*passing, ctx);
            }
        }
    }

    fn hold(&mut self, work: Work) {
        match work.origin {
            Origin::Woken(_) => self.running = Some(work),
            Origin::Posted { .. } | Origin::Queue { .. } => self.put_back(work),
        }
    }

    /// What was held while its turn was elsewhere, or waited for the store.
    pub(super) fn held(&mut self) -> Option<Work> {
        let work = self.running.take().or_else(|| self.next_work());
        if work.is_none() {
            tracing::error!(session = %self.key, "a turn came back that nobody waits for");
        }
        work
    }

    pub(super) fn commit_and_go_on(&mut self, work: Work, decided: Decided, ctx: &mut Context<Self>) {
        if self.commit(work, decided, ctx) {
            ctx.notify(WorkOff);
        }
    }

    /// The store did not take this turn. It stays as it is decided, for its transformers may have sent something already, and
    /// its commit is tried again; the session is busy meanwhile. But an input that was just posted is not accepted, which its
    /// caller hears, and nothing of it is kept.
    pub(super) fn keep(&mut self, work: Work, decided: Decided, ctx: &mut Context<Self>) {
        if matches!(work.origin, Origin::Posted { .. }) {
            return;
        }
        self.hold(work);
        self.stage = Stage::Held(Box::new(decided), SlowTurn::new(&self.shard));
        ctx.run_later(TRY_AGAIN_AFTER, Self::commit_again);
    }

    fn commit_again(&mut self, ctx: &mut Context<Self>) {
        match mem::replace(&mut self.stage, Stage::Free) {
            Stage::Held(decided, _under_way) => {
                if let Some(work) = self.held() {
                    self.commit_and_go_on(work, *decided, ctx);
                }
            }
            other @ (Stage::Free | Stage::Slow) => self.stage = other,
        }
    }

    pub(super) fn next_work(&mut self) -> Option<Work> {
        let Waiting { life, queued, pending } = self.waiting.pop_front()?;
        let Queued { input, sequence, tries, reminder, called, notes, .. } = queued;
        let brought = Brought { called, notes, ..Brought::default() };
        let woken = reminder.map(|wait| Woken { wait, answer: None });
        Some(Work { input, sequence, woken, brought, origin: Origin::Queue { life, tries }, pending })
    }

    /// An input from the queue stays first in it.
    pub(super) fn put_back(&mut self, work: Work) {
        let Work { input, sequence, woken, brought, origin: Origin::Queue { life, tries }, pending } = work
        else {
            return;
        };
        let (id, reminder) = (self.id.clone(), woken.map(|woken| woken.wait));
        let Brought { called, notes, .. } = brought;
        let queued = Queued { id, input, sequence, reminder, tries, called, notes };
        self.waiting.push_front(Waiting { life, queued, pending });
    }

    /// The first of the inputs that waited may be what ended the process: it is counted before it runs again.
    pub(super) fn take_up(&mut self, ctx: &mut Context<Self>) {
        let Some(Waiting { life, queued, .. }) = self.waiting.front_mut() else { return };
        queued.tries += 1;
        if queued.tries > TRIES_MAX {
            let reason = format!("the process ended {TRIES_MAX} times while this input ran");
            let Some(work) = self.next_work() else { return };
            let decided = self.poisoned(&work, reason);
            return self.commit_and_go_on(work, decided, ctx);
        }
        let mut writes = Writes::new();
        writes.enqueue(&self.key, *life, queued);
        let me = ctx.address();
        let sent = self.shard.commits.commit(writes, move |_| me.do_send(WorkOff));
        if let Err(refused) = sent {
            tracing::warn!(session = %self.key, %refused, "inputs wait: the store takes nothing");
            if let Some(first) = self.waiting.front_mut() {
                first.queued.tries -= 1;
            }
            ctx.notify_later(TakeUp, TRY_AGAIN_AFTER);
        }
    }
}
