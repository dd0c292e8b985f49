//! The dispatch actor: what is due when, and who is told.
//!
//! Its agenda holds places, not rows: what lies there is read when it is due, and a wait that was called off is not
//! there any more. Only what is due soon is on the agenda; the rest stays on the disk, however much it is.

use std::collections::{BTreeMap, HashSet};
use std::mem;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message, Recipient};
use tokio::sync::oneshot;

use super::calls::Calls;
use super::wake::{Fate, Wake};
use crate::alarm::Alarm;
use crate::clock;
use crate::egress::Guard;
use crate::model::{Awaited, CallResult, Owed};
use crate::store::{Client, EXIT_BROKEN, Place, Store, Writes};

/// For the last calls to be answered at the end of a stop. What is not is asked for again after the next start.
const LAST_CALLS: Duration = Duration::from_secs(5);

/// Waits on the way to their sessions at once. What is due beyond that stays on the agenda, so that a start with many of them
/// leaves room for inputs.
const WAKING_MAX: usize = 1_000;
/// Until the next try at what could not be done, milliseconds.
const LATER_MS: u64 = 1_000;

/// Waits that were just flushed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Started(pub Vec<Place>);

/// A session could not be woken.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Again {
    pub owed: Arc<Owed>,
    pub answer: Option<Arc<CallResult>>,
    pub fate: Fate,
}

/// What followed from a wait is flushed, or nothing does.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Over(pub Place);

/// Another version of the project was taken over: perhaps an endpoint came back.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Reloaded;

/// A call ended.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Answered {
    pub owed: Owed,
    pub host: String,
    pub result: CallResult,
}

/// Nothing new is begun; the answer comes when the calls in flight ended, or took too long.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Drain(pub oneshot::Sender<()>);

pub struct Dispatch {
    pub(super) shard: (usize, usize),
    pub(super) store: Store,
    pub(super) commits: Rc<Client>,
    sessions: Recipient<Wake>,
    pub(super) calls: Calls,
    /// By the time at which it is to be done.
    agenda: BTreeMap<(u64, Place), Known>,
    /// Taken off the agenda and not over: counted, called or on the way to its session.
    under_way: HashSet<Place>,
    /// Waits of an endpoint that is not in the project lie on the disk.
    left: bool,
    /// Every place up to this one was read from the disk.
    pub(super) read_to: Option<Place>,
    pub(super) read_again_at: u64,
    /// What was due before was left by an earlier run of the process.
    started_at: u64,
    alarm: Alarm,
    draining: Option<oneshot::Sender<()>>,
}

/// What is known of a place beside its row.
#[derive(Default)]
pub(super) struct Known {
    /// Of a call that was answered; its session could not be woken.
    answer: Option<Arc<CallResult>>,
    /// This run of the process was counted.
    counted: bool,
}

impl Dispatch {
    /// `sessions` is who wakes them.
    pub fn new(
        shard: (usize, usize),
        store: Store,
        commits: Rc<Client>,
        guard: Arc<Guard>,
        sessions: Recipient<Wake>,
    ) -> Dispatch {
        Dispatch {
            shard,
            store,
            commits,
            sessions,
            calls: Calls::new(guard),
            agenda: BTreeMap::new(),
            under_way: HashSet::new(),
            left: false,
            read_to: None,
            read_again_at: 0,
            started_at: clock::now(),
            alarm: Alarm::default(),
            draining: None,
        }
    }

    /// Does what is due, reads on when it is time, and sleeps until the next.
    fn work(&mut self, ctx: &mut Context<Self>) {
        if self.draining.is_some() {
            return;
        }
        let now = clock::now();
        if now >= self.read_again_at {
            self.read_on(ctx, now);
        }
        while self.waking() < WAKING_MAX
            && let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= now)
        {
            let ((_, place), known) = entry.remove_entry();
            self.take(ctx, place, known);
        }
        self.set_alarm(ctx);
    }

    /// Waits under way that are no calls.
    fn waking(&self) -> usize {
        self.under_way.len().saturating_sub(self.calls.held())
    }

    /// One timer, for what is next.
    fn set_alarm(&mut self, ctx: &mut Context<Self>) {
        // With as many under way as may be, the next of them that is over goes on.
        let first = self.agenda.first_key_value().filter(|_| self.waking() < WAKING_MAX);
        let next = first.map_or(u64::MAX, |((at, _), _)| *at);
        self.alarm.set(ctx, next.min(self.read_again_at), clock::now(), |this: &mut Self, ctx| {
            this.alarm = Alarm::default();
            this.work(ctx);
        });
    }

    /// What is under way is not done twice.
    fn put(&mut self, at: u64, place: Place, known: Known) {
        if !self.under_way.contains(&place) {
            self.agenda.insert((at, place), known);
        }
    }

    /// It could not be done now.
    fn later(&mut self, place: Place, known: Known) {
        self.under_way.remove(&place);
        self.put(clock::now() + LATER_MS, place, known);
    }

    pub(super) fn held(&self) -> usize {
        self.agenda.len()
    }

    fn take(&mut self, ctx: &mut Context<Self>, place: Place, known: Known) {
        if !self.under_way.insert(place) {
            return;
        }
        match self.read(&place) {
            Ok(None) => drop(self.under_way.remove(&place)),
            Ok(Some(owed)) if place.due_at <= self.started_at && !known.counted => self.count(ctx, owed),
            Ok(Some(owed)) => self.go(ctx, owed, known.answer),
            Err(error) => {
                tracing::error!(session = %place.session, %error, "a session waits: a row cannot be read");
                self.later(place, known);
            }
        }
    }

    /// What was left by an earlier run may be what ended it: it is counted, on the disk, before it is done.
    fn count(&mut self, ctx: &mut Context<Self>, mut owed: Owed) {
        owed.tries += 1;
        let mut writes = Writes::new();
        writes.owe(&owed);
        let (me, place) = (ctx.address(), Place::of(&owed));
        let sent = self.commits.commit(writes, move |_| me.do_send(Counted(owed)));
        if let Err(refused) = sent {
            tracing::warn!(session = %place.session, %refused, "a session is woken later: the store takes nothing");
            self.later(place, Known::default());
        }
    }

    /// A call that waited and finds room.
    fn next_call(&mut self, ctx: &mut Context<Self>) {
        while let Some(place) = self.calls.next() {
            match self.read(&place) {
                Ok(Some(owed)) => return self.calls.ask(ctx.address(), owed),
                // The session is over.
                Ok(None) => drop(self.under_way.remove(&place)),
                Err(error) => {
                    tracing::error!(session = %place.session, %error, "a session waits: a row cannot be read");
                    self.later(place, Known { answer: None, counted: true });
                }
            }
        }
    }

    fn go(&mut self, ctx: &mut Context<Self>, owed: Owed, answer: Option<Arc<CallResult>>) {
        match &owed.wait.what {
            Awaited::Call(_) if answer.is_none() => self.calls.ask(ctx.address(), owed),
            Awaited::Call(_) | Awaited::Time | Awaited::Reminder { .. } => self.wake(ctx, owed, answer),
        }
    }

    fn wake(&mut self, ctx: &mut Context<Self>, owed: Owed, answer: Option<Arc<CallResult>>) {
        // Bounded by WAKING_MAX and the calls in flight.
        self.sessions.do_send(Wake::new(owed, answer, ctx.address()));
    }

    fn stop_if_drained(&mut self, ctx: &mut Context<Self>) {
        if self.calls.in_flight() == 0
            && let Some(done) = self.draining.take()
        {
            // Whoever asked may have given up waiting.
            let _ = done.send(());
            ctx.stop();
        }
    }
}

/// A wait of an earlier run was counted.
#[derive(Message)]
#[rtype(result = "()")]
struct Counted(Owed);

/// Crash only: the mailbox of a dead actor would swallow every wait of its shard. A start after the crash goes on with all
/// that is owed.
impl Drop for Dispatch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("the dispatch of shard {} failed; start the server again", self.shard.0);
            std::process::exit(EXIT_BROKEN);
        }
    }
}

impl Actor for Dispatch {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.work(ctx);
    }
}

impl Handler<Started> for Dispatch {
    type Result = ();

    /// What is due later than what was read lies on the disk and is read when its time comes.
    fn handle(&mut self, Started(places): Started, ctx: &mut Context<Self>) {
        let read_to = self.read_to;
        for place in places.into_iter().filter(|place| Some(*place) <= read_to) {
            self.put(place.due_at, place, Known::default());
        }
        self.work(ctx);
    }
}

impl Handler<Counted> for Dispatch {
    type Result = ();

    fn handle(&mut self, Counted(owed): Counted, ctx: &mut Context<Self>) {
        if self.draining.is_none() {
            self.go(ctx, owed, None);
        }
    }
}

impl Handler<Over> for Dispatch {
    type Result = ();

    fn handle(&mut self, Over(place): Over, ctx: &mut Context<Self>) {
        self.under_way.remove(&place);
        self.work(ctx);
    }
}

impl Handler<Again> for Dispatch {
    type Result = ();

    fn handle(&mut self, Again { owed, answer, fate }: Again, ctx: &mut Context<Self>) {
        let place = Place::of(&owed);
        self.under_way.remove(&place);
        match fate {
            Fate::Again(ms) => self.put(clock::now() + ms, place, Known { answer, counted: true }),
            Fate::Left => self.left = true,
        }
        self.work(ctx);
    }
}

impl Handler<Reloaded> for Dispatch {
    type Result = ();

    fn handle(&mut self, _: Reloaded, ctx: &mut Context<Self>) {
        if mem::take(&mut self.left) {
            (self.read_to, self.read_again_at) = (None, 0);
            self.work(ctx);
        }
    }
}

impl Handler<Answered> for Dispatch {
    type Result = ();

    /// An answer is handed over even while the server goes down: then it need not be asked for again.
    fn handle(&mut self, Answered { owed, host, result }: Answered, ctx: &mut Context<Self>) {
        self.calls.ended(&host);
        self.wake(ctx, owed, Some(Arc::new(result)));
        if self.draining.is_none() {
            self.next_call(ctx);
        }
        self.stop_if_drained(ctx);
    }
}

impl Handler<Drain> for Dispatch {
    type Result = ();

    fn handle(&mut self, Drain(done): Drain, ctx: &mut Context<Self>) {
        self.draining = Some(done);
        self.stop_if_drained(ctx);
        ctx.run_later(LAST_CALLS, |this, ctx| {
            this.draining.take().map(|done| done.send(()));
            ctx.stop();
        });
    }
}
