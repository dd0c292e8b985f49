//! The actor of one session: takes its inputs one at a time and keeps those that have to wait.
//!
//! What it holds in memory is decided, not flushed: the next turn builds on it at once, commits arrive in order, and
//! nothing is told to anybody before its own commit is flushed. When a commit fails, the actor dies; the next one starts
//! from what is on the disk.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, Message, WrapFuture};

use super::pending::{Counter, Pending, Recent, RecentKeys};
use super::post::{Accepted, Idempotency, Post, Refusal, Reply};
use super::shard::Shard;
use super::slow::Job;
use super::turns::{Decided, Step};
use crate::clock;
use crate::model::{
    Input, Note, NoteKind, Position, Quarantined, Queued, Seen, Session, SessionId, SessionKey, Source, hex,
};
use crate::project::{Endpoint, Overlap};
use crate::store::{Damage, Error, Writes};

/// So often may the process end while an input from the queue runs, before the input counts as poison.
const TRIES_MAX: u32 = 2;

/// An input for this session.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Handed {
    pub post: Post,
    pub pending: Pending,
}

/// The session leaves memory.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Leave;

/// Takes up the inputs that waited when the process ended.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct TakeUp;

/// Goes on with the inputs that wait.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct WorkOff;

pub struct SessionActor {
    pub(super) shard: Rc<Shard>,
    pub(super) key: SessionKey,
    pub(super) id: SessionId,
    pub(super) endpoint: Arc<Endpoint>,
    /// The state as decided last. None: there never was one.
    pub(super) session: Option<Session>,
    /// Accepted inputs whose turn is not committed: rows in the store. The first may be in the slow lane.
    pub(super) waiting: VecDeque<Waiting>,
    stage: Stage,
    /// Idempotency keys that are not flushed yet.
    recent: RecentKeys,
    pub(super) counter: Counter,
    /// Something that went wrong before the next turn and belongs into its record.
    pub(super) mishap: Option<Note>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Free,
    /// A turn is in the slow lane; inputs wait.
    Slow,
}

pub(super) struct Waiting {
    /// The life of the session in whose queue the row is.
    pub life: u64,
    pub queued: Queued,
    pub pending: Pending,
}

/// An input whose turn has come.
pub(super) struct Work {
    pub input: Input,
    pub sequence: u64,
    pub origin: Origin,
    pub pending: Pending,
}

pub(super) enum Origin {
    /// Just posted: the commit of its turn answers the caller.
    Posted { once: Option<Idempotency>, reply: Reply },
    /// From the queue of this life; its caller was answered.
    Queue { life: u64, tries: u32 },
}

impl SessionActor {
    pub fn new(shard: Rc<Shard>, id: SessionId, endpoint: Arc<Endpoint>, counter: Counter) -> SessionActor {
        SessionActor {
            key: id.key(),
            shard,
            id,
            endpoint,
            session: None,
            waiting: VecDeque::new(),
            stage: Stage::Free,
            recent: Rc::new(RefCell::default()),
            counter,
            mishap: None,
        }
    }

    fn load(&mut self) -> Result<(), Error> {
        self.session = match self.shard.store().session(&self.key) {
            Err(Error::Damaged(damage)) => {
                self.set_row_aside(&damage, |writes, key| writes.forget_session(key))?;
                None
            }
            read => read?,
        };
        let queued = self.queued()?;
        let waiting = |(life, queued)| Waiting { life, queued, pending: Pending::new(&self.counter) };
        self.waiting = queued.into_iter().map(waiting).collect();
        Ok(())
    }

    fn queued(&mut self) -> Result<Vec<(u64, Queued)>, Error> {
        loop {
            match self.shard.store().queued(&self.key) {
                Err(Error::Damaged(damage)) => {
                    let (life, sequence) = damage.place.unwrap_or_default();
                    self.set_row_aside(&damage, |writes, key| writes.dequeue(key, life, sequence))?;
                }
                read => return read,
            }
        }
    }

    /// A row that cannot be read is kept for a person to look at, and the session goes on without it. This is so rare that
    /// the arbiter may wait for the disk.
    fn set_row_aside(
        &mut self,
        damage: &Damage,
        remove: impl FnOnce(&mut Writes, &SessionKey),
    ) -> Result<(), Error> {
        let reason = damage.to_string();
        tracing::error!(endpoint = self.id.endpoint, session = %self.key, "{reason}");
        let mut writes = Writes::new();
        writes.quarantine(&Quarantined {
            key: self.key.to_string(),
            id: Some(self.id.clone()),
            input: None,
            bytes: Some(hex(&damage.bytes)),
            reason: reason.clone(),
            at: clock::now(),
        });
        remove(&mut writes, &self.key);
        self.shard.store().commit_blocking(writes)?;
        self.mishap = Some(Note { kind: NoteKind::Fault, place: String::new(), text: reason });
        Ok(())
    }

    fn accept(&mut self, Handed { post, pending }: Handed, ctx: &mut Context<Self>) {
        let Post { input, once, reply, .. } = post;
        if let Some(seen) = once.as_ref().and_then(|once| self.seen(&once.key, input.received_at)) {
            return self.answer_again(seen, once, reply, pending);
        }
        if input.source != Source::User && !self.exists(input.received_at) {
            return answer(reply, Err(Refusal::UnknownSession));
        }
        let sequence = self.next_sequence(input.received_at);
        let work = Work { input, sequence, origin: Origin::Posted { once, reply }, pending };
        match self.stage {
            Stage::Free if self.waiting.is_empty() => self.take(work, ctx),
            Stage::Free | Stage::Slow => {
                self.enqueue(work, ctx);
            }
        }
    }

    fn seen(&self, key: &str, now: u64) -> Option<Seen> {
        if let Some(seen) = self.recent.borrow().get(key) {
            return Some(seen.clone());
        }
        self.shard.store().seen(&self.key, key, now).unwrap_or_else(|error| {
            tracing::error!(session = %self.key, %error, "an Idempotency-Key cannot be looked up");
            None
        })
    }

    /// The same input again: the same answer, once the first one is flushed.
    fn answer_again(&self, seen: Seen, once: Option<Idempotency>, reply: Reply, pending: Pending) {
        if once.is_some_and(|once| once.fingerprint != seen.fingerprint) {
            return answer(reply, Err(Refusal::KeyReused));
        }
        let accepted = Accepted { trace_id: seen.trace_id, input_id: seen.input_id, sequence: seen.sequence };
        self.shard.commits.barrier(move || {
            drop(pending);
            answer(reply, Ok(accepted));
        });
    }

    fn exists(&self, now: u64) -> bool {
        !self.waiting.is_empty() || self.alive(now).is_some()
    }

    /// The state, unless it ended or was quiet for too long.
    fn alive(&self, now: u64) -> Option<&Session> {
        let expires_at =
            |session: &Session| session.last_active_at.saturating_add(self.endpoint.session.expire_ms);
        self.session
            .as_ref()
            .filter(|session| session.position != Position::Ended && now < expires_at(session))
    }

    fn next_sequence(&self, now: u64) -> u64 {
        let last = self.waiting.back().map_or(0, |waiting| waiting.queued.sequence);
        self.alive(now).map_or(0, |session| session.inputs).max(last) + 1
    }

    /// The state that a turn at this time begins with. A new life begins after the last one, so that their
    /// records stay apart even when the clock was set back.
    pub(super) fn base(&self, now: u64) -> Session {
        match (self.alive(now), &self.session) {
            (Some(session), _) => session.clone(),
            (None, Some(over)) => Session::new(self.id.clone(), now.max(over.started_at + 1)),
            (None, None) => Session::new(self.id.clone(), now),
        }
    }

    /// The session is free: the turn is decided here and now, or in the slow lane with the input safe in the queue.
    fn take(&mut self, work: Work, ctx: &mut Context<Self>) {
        match self.decide(&work) {
            Step::Decided(decided) => self.commit(work, *decided, ctx),
            Step::Slow(job) => {
                if self.enqueue(work, ctx) {
                    self.go_slow(*job, ctx);
                }
            }
        }
    }

    /// The session is busy: the input is made durable in its queue. False: it was refused.
    fn enqueue(&mut self, work: Work, ctx: &mut Context<Self>) -> bool {
        let Work { input, sequence, origin: Origin::Posted { once, reply }, pending } = work else {
            return false;
        };
        if self.is_full() {
            answer(reply, Err(Refusal::Busy));
            return false;
        }
        let life = self.base(input.received_at).started_at;
        let accepted = Accepted::of(&input, sequence);
        let mut writes = Writes::new();
        let recent = once.map(|once| self.remember(&mut writes, &once, &accepted, input.received_at));
        let queued = Queued { id: self.id.clone(), input, sequence, tries: 0 };
        writes.enqueue(&self.key, life, &queued);
        let me = ctx.address();
        let sent = self.shard.commits.commit(writes, move |flushed| {
            drop(recent);
            match flushed {
                Ok(()) => answer(reply, Ok(accepted)),
                Err(_) => me.do_send(Leave),
            }
        });
        if sent.is_ok() {
            self.waiting.push_back(Waiting { life, queued, pending });
        }
        sent.is_ok()
    }

    /// The first of those in the queue is the one that runs; the others wait.
    fn is_full(&self) -> bool {
        let rules = &self.endpoint.session;
        match (self.waiting.len(), rules.overlap) {
            (0, _) => false,
            (_, Overlap::Reject) => true,
            (all, Overlap::Queue) => all > rules.queue_max,
        }
    }

    /// Writes down how this input was answered, for when it comes again.
    pub(super) fn remember(
        &self,
        writes: &mut Writes,
        once: &Idempotency,
        accepted: &Accepted,
        at: u64,
    ) -> Recent {
        let seen = Seen {
            fingerprint: once.fingerprint.clone(),
            trace_id: accepted.trace_id.clone(),
            input_id: accepted.input_id.clone(),
            sequence: accepted.sequence,
            at,
        };
        writes.seen(&self.key, &once.key, &seen);
        Recent::new(&self.recent, once.key.clone(), seen)
    }

    fn go_slow(&mut self, job: Job, ctx: &mut Context<Self>) {
        self.stage = Stage::Slow;
        self.shard.slow.set(self.shard.slow.get() + 1);
        let made_from = job.clone();
        let turn = self.shard.engine.slow.send(job).into_actor(self).map(move |result, this, ctx| {
            this.shard.slow.set(this.shard.slow.get() - 1);
            this.stage = Stage::Free;
            let turn = result.unwrap_or_else(|_| Err("the slow lane is closed".to_owned()));
            let decided = this.decided(made_from, turn);
            this.commit_first(decided, ctx);
            this.work_off(ctx);
        });
        ctx.spawn(turn);
    }

    /// One waiting input after the other, until none is left or one is slow.
    pub(super) fn work_off(&mut self, ctx: &mut Context<Self>) {
        while self.stage == Stage::Free && !self.shard.draining.get() {
            let Some(work) = self.next_work() else { return };
            match self.decide(&work) {
                Step::Decided(decided) => self.commit(work, *decided, ctx),
                Step::Slow(job) => {
                    self.put_back(work);
                    self.go_slow(*job, ctx);
                }
            }
        }
    }

    fn commit_first(&mut self, decided: Decided, ctx: &mut Context<Self>) {
        if let Some(work) = self.next_work() {
            self.commit(work, decided, ctx);
        }
    }

    fn next_work(&mut self) -> Option<Work> {
        let Waiting { life, queued, pending } = self.waiting.pop_front()?;
        let Queued { input, sequence, tries, .. } = queued;
        Some(Work { input, sequence, origin: Origin::Queue { life, tries }, pending })
    }

    /// An input from the queue stays first in it.
    pub(super) fn put_back(&mut self, work: Work) {
        let Work { input, sequence, origin: Origin::Queue { life, tries }, pending } = work else { return };
        let queued = Queued { id: self.id.clone(), input, sequence, tries };
        self.waiting.push_front(Waiting { life, queued, pending });
    }

    /// The first of the inputs that waited may be what ended the process: it is counted before it runs again.
    fn take_up(&mut self, ctx: &mut Context<Self>) {
        let Some(Waiting { life, queued, .. }) = self.waiting.front_mut() else { return };
        queued.tries += 1;
        if queued.tries > TRIES_MAX {
            let reason = format!("the process ended {TRIES_MAX} times while this input ran");
            let sequence = queued.sequence;
            let decided = self.poisoned(sequence, reason);
            self.commit_first(decided, ctx);
            return self.work_off(ctx);
        }
        let mut writes = Writes::new();
        writes.enqueue(&self.key, *life, queued);
        let me = ctx.address();
        let sent = self.shard.commits.commit(writes, move |_| me.do_send(WorkOff));
        if let Err(refused) = sent {
            tracing::error!(session = %self.key, %refused, "inputs wait for the next start");
        }
    }
}

impl Actor for SessionActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        if let Err(error) = self.load() {
            tracing::error!(session = %self.key, %error, "a session cannot be read");
            ctx.stop();
        }
    }
}

impl Handler<Handed> for SessionActor {
    type Result = ();

    fn handle(&mut self, handed: Handed, ctx: &mut Context<Self>) {
        self.accept(handed, ctx);
    }
}

impl Handler<TakeUp> for SessionActor {
    type Result = ();

    fn handle(&mut self, _: TakeUp, ctx: &mut Context<Self>) {
        self.take_up(ctx);
    }
}

impl Handler<WorkOff> for SessionActor {
    type Result = ();

    fn handle(&mut self, _: WorkOff, ctx: &mut Context<Self>) {
        self.work_off(ctx);
    }
}

impl Handler<Leave> for SessionActor {
    type Result = ();

    fn handle(&mut self, _: Leave, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

/// A caller that went away posts again with its key.
pub(super) fn answer(reply: Reply, result: Result<Accepted, Refusal>) {
    drop(reply.send(result));
}
