//! The actor of one session: takes its inputs one at a time and keeps those that have to wait.
//!
//! What it holds in memory is decided, not flushed: the next turn builds on it at once, commits arrive in order, and
//! nothing is told to anybody before its own commit is flushed. When a commit fails, the actor dies; the next one starts
//! from what is on the disk.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use actix::{Actor, ActorContext, Context, Handler, Message};

use super::pending::{Counter, Pending, Recent, RecentKeys, Remembered, SlowTurn};
use super::post::{Accepted, Brought, Idempotency, Known, Post, Refusal, Reply};
use super::shard::Shard;
use super::turns::{Decided, Step};
use super::waking::Awake;
use crate::dispatch::Wake;
use crate::model::{
    Input, Note, Queued, Response, Seen, Session, SessionId, SessionKey, Told, Within, Woken,
};
use crate::project::Endpoint;
use crate::store::{Error, Writes};
use crate::turn::life;

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
    /// Accepted inputs whose turn is not committed: rows in the store. The first may be the one that runs elsewhere or is held.
    pub(super) waiting: VecDeque<Waiting>,
    pub(super) stage: Stage,
    /// What runs elsewhere or is held, if it is not the first of `waiting`.
    pub(super) running: Option<Work>,
    /// Waits that ended meanwhile.
    pub(super) woken: VecDeque<Awake>,
    /// Idempotency keys that are not flushed yet.
    recent: RecentKeys,
    pub(super) counter: Counter,
    /// What went wrong before the next turn and belongs into its record.
    pub(super) mishaps: Vec<Note>,
}

pub(super) enum Stage {
    Free,
    /// A turn is in the slow lane, or its outputs are with a transformer; inputs wait.
    Slow,
    /// A turn is decided and the store did not take it yet; inputs wait. A stop of the server does too.
    Held(Box<Decided>, SlowTurn),
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
    /// The wait that is over, if it begins with one.
    pub woken: Option<Woken>,
    pub brought: Brought,
    pub origin: Origin,
    pub pending: Pending,
}

pub(super) enum Origin {
    /// Just posted: the commit of its turn answers the caller.
    Posted { once: Option<Idempotency>, reply: Reply },
    /// From the queue of this life; its caller was answered.
    Queue { life: u64, tries: u32 },
    /// A wait is over; its row goes with the commit.
    Woken(Wake),
}

/// Whether an Idempotency-Key came before.
enum Before {
    Never,
    Here(Seen<Accepted>),
    /// While the endpoint had a transformer in front, which it has no more. Another session may have taken it.
    Otherwise,
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
            running: None,
            woken: VecDeque::new(),
            recent: Rc::new(RefCell::default()),
            counter,
            mishaps: Vec::new(),
        }
    }

    fn accept(&mut self, Handed { post, pending }: Handed, ctx: &mut Context<Self>) {
        let Post { input, once, brought, reply, .. } = post;
        self.renew();
        let once = match once {
            None => None,
            Some(once) => match self.seen(&once, input.received_at) {
                Ok(Before::Never) => Some(once),
                Ok(Before::Here(seen)) => return self.answer_again(seen, once, reply, pending),
                Ok(Before::Otherwise) => return answer(reply, Err(Refusal::KeyReused)),
                Err(error) => {
                    tracing::error!(session = %self.key, %error, "an Idempotency-Key cannot be looked up");
                    return answer(reply, Err(Refusal::Unreadable));
                }
            },
        };
        if let Err(refusal) = self.admit(&input) {
            return answer(reply, Err(refusal));
        }
        let sequence = self.next_sequence(input.received_at);
        let origin = Origin::Posted { once, reply };
        let work = Work { input, sequence, woken: None, brought, origin, pending };
        if self.is_busy() {
            self.enqueue(work, ctx);
        } else {
            self.take(work, ctx);
        }
    }

    fn admit(&self, input: &Input) -> Result<(), Refusal> {
        let alive = self.alive(input.received_at);
        Ok(life::admit(input.source, alive, !self.waiting.is_empty())?)
    }

    /// Whether inputs wait: behind others, behind a turn that is not committed, or until a step has what it waits for.
    pub(super) fn is_busy(&self) -> bool {
        !self.stage.is_free() || !self.waiting.is_empty() || self.is_suspended()
    }

    pub(super) fn is_suspended(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_suspended)
    }

    /// The endpoint as the project has it now. One that was removed serves what it accepted to the end.
    pub(super) fn renew(&mut self) {
        if let Some(endpoint) = self.shard.engine.endpoint(&self.id.endpoint) {
            self.endpoint = endpoint;
        }
    }

    fn seen(&self, once: &Idempotency, now: u64) -> Result<Before, Error> {
        if let Some(seen) = self.recent.borrow().get(&once.key) {
            return Ok(Before::Here(seen.clone()));
        }
        let store = self.shard.store();
        if let Some(seen) = store.seen(&Within::Session(self.key), &once.key, now)? {
            return Ok(Before::Here(seen));
        }
        match once.known {
            Known::AtEndpoint(_) => Ok(Before::Never),
            Known::InSession => {
                let within = Within::Endpoint(self.id.endpoint.clone());
                let seen: Option<Seen<Told>> = store.seen(&within, &once.key, now)?;
                Ok(seen.map_or(Before::Never, |_| Before::Otherwise))
            }
        }
    }

    /// The same input again: the same answer, once the first one is flushed.
    fn answer_again(&self, seen: Seen<Accepted>, once: Idempotency, reply: Reply, pending: Pending) {
        if once.fingerprint != seen.fingerprint {
            return answer(reply, Err(Refusal::KeyReused));
        }
        let (shard, within) = (self.shard.clone(), Within::Session(self.key));
        self.shard.commits.barrier(move || {
            drop(pending);
            // The first one may have been dropped at its commit: then this one was not accepted either.
            if let Ok(Some(Seen { told, .. })) = shard.store().seen(&within, &once.key, seen.at) {
                answer(reply, Ok(told));
            }
        });
    }

    fn alive(&self, now: u64) -> Option<&Session> {
        life::alive(self.session.as_ref(), self.endpoint.session.expire_ms, now)
    }

    pub(super) fn next_sequence(&self, now: u64) -> u64 {
        let waiting = self.waiting.iter().map(|waiting| waiting.queued.sequence);
        let last = waiting.chain(self.running.iter().map(|work| work.sequence)).max().unwrap_or(0);
        life::next_sequence(self.alive(now), last)
    }

    /// The state that a turn at this time begins with.
    pub(super) fn base(&self, now: u64) -> Session {
        life::base(self.session.as_ref(), &self.id, self.endpoint.session.expire_ms, now)
    }

    /// The session is free: the turn is decided here and now, or elsewhere with the input safe in the queue.
    fn take(&mut self, work: Work, ctx: &mut Context<Self>) {
        match self.decide(&work) {
            Step::Decided(decided) => {
                self.commit(work, *decided, ctx);
            }
            Step::Slow(job) => {
                if self.enqueue(work, ctx) {
                    self.go_slow(*job, ctx);
                }
            }
            Step::Passing(passing) => {
                if self.enqueue(work, ctx) {
                    self.go_past(*passing, ctx);
                }
            }
        }
    }

    /// Writes down how this input was answered, for when it comes again. What it gives is held until that is flushed.
    pub(super) fn remember(
        &self,
        writes: &mut Writes,
        Idempotency { key, fingerprint, known }: Idempotency,
        (accepted, response): (&Accepted, Option<Response>),
        at: u64,
    ) -> Remembered {
        let accepted = accepted.clone();
        match known {
            Known::InSession => {
                let seen = Seen { fingerprint, told: accepted, at };
                writes.seen(&Within::Session(self.key), &key, &seen);
                (Some(Recent::new(&self.recent, key, seen)), None)
            }
            Known::AtEndpoint(under_way) => {
                let told = response.map_or(Told::Accepted(accepted), Told::Itself);
                let within = Within::Endpoint(self.id.endpoint.clone());
                writes.seen(&within, &key, &Seen { fingerprint, told, at });
                (None, Some(under_way))
            }
        }
    }
}

impl Actor for SessionActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        if let Err(error) = self.load() {
            tracing::error!(session = %self.key, %error, "a session cannot be read");
            return ctx.stop();
        }
        // Those of a flow that waits go on when it does.
        if !self.waiting.is_empty() && !self.is_suspended() {
            self.take_up(ctx);
        }
    }
}

impl Handler<Handed> for SessionActor {
    type Result = ();

    fn handle(&mut self, handed: Handed, ctx: &mut Context<Self>) {
        self.accept(handed, ctx);
    }
}

impl Handler<Awake> for SessionActor {
    type Result = ();

    fn handle(&mut self, awake: Awake, ctx: &mut Context<Self>) {
        self.wake(awake, ctx);
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

impl Stage {
    pub(super) fn is_free(&self) -> bool {
        matches!(self, Stage::Free)
    }
}

/// A caller that went away posts again with its key.
pub(super) fn answer(reply: Reply, result: Result<Accepted, Refusal>) {
    drop(reply.send(result));
}
