//! The switchboard of a shard: finds or starts the session's actor, lets quiet ones leave memory, and supervises:
//! an actor that died is started anew from the store with the next input.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{Actor, Addr, AsyncContext, Context, Handler, Message};
use tokio::sync::oneshot;

use super::actor::{Handed, Leave, SessionActor};
use super::feed::{BEHIND_MAX, Event, Watch};
use super::load::owner;
use super::pending::{Counter, Pending};
use super::post::Post;
use super::shard::Shard;
use super::storage::{Recollect, Remember};
use super::waking::Awake;
use crate::clock;
use crate::dispatch::Wake;
use crate::model::{Record, SessionId, SessionKey};
use crate::project::Endpoint;
use crate::store::{EXIT_BROKEN, Error, Store};

/// More inputs than the server takes at once never wait here: the front counts them.
const MAILBOX: usize = 1 << 16;
/// Quiet sessions are looked for this often.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// Waits of a drain between two looks, for turns in the slow lane.
const DRAIN_LOOK_EVERY: Duration = Duration::from_millis(5);

/// Answers when all that was decided in this shard before is flushed: what was read from the store by then may be told.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Settle(pub oneshot::Sender<()>);

/// Answers how many sessions of this shard are in memory.
#[derive(Message)]
#[rtype(result = "()")]
pub struct InMemory(pub oneshot::Sender<usize>);

/// Ends the live streams and the turns that run; what waits stays in the store. The answer comes when
/// the last turn is flushed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Drain(pub oneshot::Sender<()>);

/// Another version of the project runs now.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Reloaded;

pub struct Switchboard {
    shard: Rc<Shard>,
    live: HashMap<SessionKey, Live>,
    /// Inputs of earlier runs wait because their endpoint is not in the project.
    left: bool,
}

/// A session in memory.
struct Live {
    actor: Addr<SessionActor>,
    /// Inputs that were handed to the actor and have not ended.
    pending: Counter,
    used_at: u64,
}

impl Switchboard {
    pub fn new(shard: Rc<Shard>) -> Switchboard {
        Switchboard { shard, live: HashMap::new(), left: false }
    }

    /// The sessions whose inputs waited when the process ended go on. One that cannot be read holds up no other.
    fn recover(&mut self) -> Result<(), Error> {
        for key in self.shard.store().sessions_with_queue(self.shard.index, self.shard.count)? {
            match owner(self.shard.store(), &key) {
                Ok(Some(id)) => self.wake(key, &id),
                Ok(None) => {}
                Err(error) => tracing::error!(session = %key, %error, "inputs wait: they cannot be read"),
            }
        }
        Ok(())
    }

    fn take_up(&mut self) {
        if let Err(error) = self.recover() {
            tracing::error!(%error, "inputs of earlier runs wait: they cannot be read");
        }
    }

    /// An actor takes up what waits as soon as it is there.
    fn wake(&mut self, key: SessionKey, id: &SessionId) {
        match self.shard.engine.endpoint(&id.endpoint) {
            Some(endpoint) => {
                self.live(key, id, &endpoint);
            }
            None => {
                let endpoint = &id.endpoint;
                self.left = true;
                tracing::warn!(endpoint, session = %key, "inputs wait: their endpoint is not in the project");
            }
        }
    }

    /// The session's actor, started if it is not there or died.
    fn live(&mut self, key: SessionKey, id: &SessionId, endpoint: &Arc<Endpoint>) -> &mut Live {
        let shard = &self.shard;
        let start = || {
            let pending = Counter::default();
            let actor =
                SessionActor::new(shard.clone(), id.clone(), endpoint.clone(), pending.clone()).start();
            Live { actor, pending, used_at: clock::now() }
        };
        let live = self.live.entry(key).or_insert_with(start);
        if !live.actor.connected() {
            *live = start();
        }
        live
    }

    /// Sessions without anything to do leave memory. One that was handed nothing that has not ended has an empty
    /// mailbox, so nothing can be lost.
    fn passivate(&mut self) {
        let after_ms = self.shard.engine.project().settings.limits.passivate_after_ms;
        let quiet_since = clock::now().saturating_sub(after_ms);
        let before = self.live.len();
        self.live.retain(|_, live| {
            let stays = live.pending.load(Ordering::Relaxed) > 0 || live.used_at > quiet_since;
            if !stays {
                live.actor.do_send(Leave);
            }
            stays
        });
        if self.live.len() < before {
            tracing::debug!(sessions = before - self.live.len(), "quiet sessions left memory");
        }
        self.shard.feed.sweep();
        self.shard.sweep_storages(clock::now());
    }
}

/// Crash only: the mailbox of a dead switchboard would swallow every input of its shard. A start after the crash goes on
/// with all that was accepted.
impl Drop for Switchboard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("the switchboard of shard {} failed; start the server again", self.shard.index);
            std::process::exit(EXIT_BROKEN);
        }
    }
}

impl Actor for Switchboard {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(MAILBOX);
        ctx.run_interval(SWEEP_EVERY, |this, _| this.passivate());
        self.take_up();
    }
}

impl Handler<Post> for Switchboard {
    type Result = ();

    fn handle(&mut self, post: Post, _: &mut Context<Self>) {
        let now = clock::now();
        let live = self.live(post.id.key(), &post.id, &post.endpoint);
        live.used_at = now;
        let pending = Pending::new(&live.pending);
        // Bounded by the front, which counts the inputs in flight.
        live.actor.do_send(Handed { post, pending });
    }
}

impl Handler<Wake> for Switchboard {
    type Result = ();

    fn handle(&mut self, wake: Wake, _: &mut Context<Self>) {
        if self.shard.draining.get() {
            return;
        }
        let id = wake.owed.id.clone();
        let Some(endpoint) = self.shard.engine.endpoint(&id.endpoint) else {
            let (endpoint, session) = (&id.endpoint, id.key());
            tracing::warn!(endpoint, %session, "a session is not woken: its endpoint is not in the project");
            return wake.leave();
        };
        let live = self.live(id.key(), &id, &endpoint);
        live.used_at = clock::now();
        let pending = Pending::new(&live.pending);
        // Bounded by the dispatch.
        live.actor.do_send(Awake { wake, pending });
    }
}

impl Handler<Reloaded> for Switchboard {
    type Result = ();

    /// Perhaps the endpoint came back.
    fn handle(&mut self, _: Reloaded, _: &mut Context<Self>) {
        if std::mem::take(&mut self.left) {
            self.take_up();
        }
    }
}

impl Handler<Settle> for Switchboard {
    type Result = ();

    fn handle(&mut self, Settle(done): Settle, _: &mut Context<Self>) {
        // Whoever asked may have gone away.
        self.shard.commits.barrier(move || {
            let _ = done.send(());
        });
    }
}

impl Handler<InMemory> for Switchboard {
    type Result = ();

    fn handle(&mut self, InMemory(tell): InMemory, _: &mut Context<Self>) {
        // Whoever asked may have gone away.
        let _ = tell.send(self.live.len());
    }
}

impl Handler<Recollect> for Switchboard {
    type Result = ();

    fn handle(&mut self, recollect: Recollect, _: &mut Context<Self>) {
        self.shard.recollect(recollect);
    }
}

impl Handler<Remember> for Switchboard {
    type Result = ();

    fn handle(&mut self, remember: Remember, _: &mut Context<Self>) {
        self.shard.remember(remember);
    }
}

impl Handler<Watch> for Switchboard {
    type Result = ();

    /// What is read now may not be flushed yet, and what is flushed from now on may be in what is read: so the live events
    /// are held back until all that was read may be told.
    fn handle(&mut self, watch: Watch, _: &mut Context<Self>) {
        let past = match past(self.shard.store(), &watch) {
            Ok(past) => past,
            Err(error) => return tracing::error!(%error, "a transcript cannot be read"),
        };
        let (shard, key) = (self.shard.clone(), watch.id.key());
        let held = self.shard.feed.hold(key, watch.events);
        self.shard.commits.barrier(move || shard.feed.release(&key, held, past));
    }
}

impl Handler<Drain> for Switchboard {
    type Result = ();

    fn handle(&mut self, Drain(done): Drain, ctx: &mut Context<Self>) {
        self.shard.draining.set(true);
        self.shard.feed.close();
        if self.shard.slow.get() > 0 {
            ctx.notify_later(Drain(done), DRAIN_LOOK_EVERY);
            return;
        }
        // Whoever asked may have given up waiting.
        self.shard.commits.barrier(move || {
            let _ = done.send(());
        });
    }
}

/// The turns after the number that the watcher has seen: the rest of that life of the session, then the present one.
fn past(store: &Store, watch: &Watch) -> Result<Vec<Event>, Error> {
    let key = watch.id.key();
    let Some(session) = store.session(&key)? else { return Ok(Vec::new()) };
    let (life, turn) = watch.after;
    let mut events = Vec::new();
    if life != session.started_at {
        events = turns(store, &key, (life, turn))?;
    }
    let seen = if life == session.started_at { turn } else { 0 };
    events.extend(turns(store, &key, (session.started_at, seen))?);
    events.truncate(BEHIND_MAX);
    Ok(events)
}

fn turns(store: &Store, key: &SessionKey, (life, after): (u64, u64)) -> Result<Vec<Event>, Error> {
    let records: Vec<Record> = store.transcript(key, life, after, BEHIND_MAX)?;
    Ok(records.iter().map(|record| Event::new(life, record)).collect())
}
