//! A wait of this session is over: the flow goes on behind it, a question ends, or a reminder becomes an input.
//!
//! The row of the wait is the one copy that counts until the commit of what follows from it, and that commit removes it. So a
//! wake that cannot be worked on is simply dropped: it comes back. One whose turn is decided is kept until the store takes it.

use actix::{Context, Message};

use super::actor::{Origin, SessionActor, Work};
use super::pending::Pending;
use super::post::Brought;
use crate::clock;
use crate::dispatch::{TRIES_MAX, Wake};
use crate::model::{Input, Queued, Source};
use crate::store::{Place, Writes};
use crate::turn::wake::{self, Meaning};

/// A wait of this session is over.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Awake {
    pub wake: Wake,
    pub pending: Pending,
}

impl SessionActor {
    pub(super) fn wake(&mut self, awake: Awake, ctx: &mut Context<Self>) {
        self.renew();
        if !self.stage.is_free() {
            // At most what one session may wait for.
            return self.woken.push_back(awake);
        }
        let Awake { wake, pending } = awake;
        let now = clock::now();
        let (input, sequence) = match wake::meaning(self.session.as_ref(), &wake.owed, now, clock::id) {
            Meaning::Over => return self.forget(wake),
            // The answer that waits was in time; without it the question's end comes back.
            Meaning::GoesOn { input, .. } if input.source == Source::Timeout && !self.waiting.is_empty() => {
                return;
            }
            Meaning::GoesOn { input, sequence } => (input, sequence),
            Meaning::Reminds(input) if self.is_busy() => return self.enqueue_reminder(wake, input, now),
            Meaning::Reminds(input) => (input, self.next_sequence(now)),
        };
        let woken = Some(wake.woken());
        let (brought, origin) = (Brought::default(), Origin::Woken(wake));
        let work = Work { input, sequence, woken, brought, origin, pending };
        self.take_woken(work, ctx);
    }

    fn take_woken(&mut self, work: Work, ctx: &mut Context<Self>) {
        if let Origin::Woken(wake) = &work.origin
            && wake.owed.tries > TRIES_MAX
        {
            let reason = format!("the process ended {TRIES_MAX} times while this was worked on");
            let decided = self.poisoned(&work, reason);
            return self.commit_and_go_on(work, decided, ctx);
        }
        let step = self.decide(&work);
        self.proceed(work, step, ctx);
    }

    /// Nothing follows from it: its row goes, whenever the store next writes.
    fn forget(&self, wake: Wake) {
        let mut writes = Writes::new();
        writes.forget_wait(&Place::of(&wake.owed));
        self.shard.commits.defer(writes);
        wake.done();
    }

    /// The session is busy: the reminder takes its place among the inputs that wait.
    fn enqueue_reminder(&mut self, wake: Wake, input: Input, now: u64) {
        let (life, sequence) = (wake.owed.started_at, self.next_sequence(now));
        let reminder = Some(wake.owed.wait.id);
        let (id, called, notes) = (self.id.clone(), Vec::new(), Vec::new());
        let queued = Queued { id, input, sequence, reminder, tries: 0, called, notes };
        let mut writes = Writes::new();
        writes.forget_wait(&Place::of(&wake.owed));
        writes.enqueue(&self.key, life, &queued);
        let sent = self.shard.commits.commit(writes, move |flushed| {
            if flushed.is_ok() {
                wake.done();
            }
        });
        if sent.is_ok() {
            let pending = Pending::new(&self.counter);
            self.waiting.push_back(super::actor::Waiting { life, queued, pending });
        }
    }
}
