//! A decided turn on its way past the transformers of its endpoint. Nothing of it is committed before they are through: a
//! process that ends meanwhile runs the input again, from its queue or its wait.

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use super::actor::{Origin, SessionActor, Stage, Work};
use super::ahead;
use super::pending::SlowTurn;
use super::turns::{Decided, Step};
use crate::clock;
use crate::edge::{self, Change, Departures, Given, Order, Run};
use crate::model::{Map, Note, NoteKind, chance, seed};

/// Runs of one turn on the arbiter: each may take a few milliseconds there, in which no other session has its turn.
const AT_ONCE_MAX: usize = 16;

/// A turn and the runs that are left to do.
pub(super) struct Passing {
    decided: Decided,
    departures: Departures,
    /// What all its runs are about.
    about: Vec<String>,
}

impl SessionActor {
    /// Runs the transformers here, as far as each of them ends in a moment.
    pub(super) fn pass(&mut self, work: &Work, mut decided: Decided) -> Step {
        decided.departed.storage.clone_from(&work.brought.storage);
        let any = !decided.turn.outputs.is_empty() || decided.finished;
        if !any || !Departures::has_any(&self.endpoint) {
            return Step::Decided(Box::new(decided));
        }
        let (found, storage) = self.storage(work);
        let Some(mut departures) = Departures::new(self.given(work, &decided, storage)) else {
            return Step::Decided(Box::new(decided));
        };
        for run in 0.. {
            let Some((job, _)) = departures.next() else { break };
            let Some(done) = (run < AT_ONCE_MAX).then(|| edge::at_once(&job)).flatten() else {
                let about = self.about(work);
                return Step::Passing(Box::new(Passing { decided, departures, about }));
            };
            departures.take(Run::of(done));
        }
        Step::Decided(Box::new(decided.departed_with(departures, Some(found))))
    }

    /// Runs the rest of them in a lane, once the input is on the disk: what they send leaves the process. The session is busy
    /// meanwhile.
    pub(super) fn go_past(&mut self, passing: Passing, ctx: &mut Context<Self>) {
        self.stage = Stage::Slow;
        let under_way = SlowTurn::new(&self.shard);
        let (engine, endpoint) = (self.shard.engine.clone(), self.id.endpoint.clone());
        let recall = engine.recall(&endpoint);
        let Passing { decided, mut departures, about } = passing;
        let flushed = self.shard.commits.flushed();
        let runs = async move {
            flushed.await;
            while let Some((job, word)) = departures.next() {
                let about = about.iter().cloned().chain([word]).collect();
                let wait_ms = engine.project().settings.limits.transformer_wait_ms;
                let (endpoint, recall) = (endpoint.clone(), recall.clone());
                let order = Order { job, endpoint, about, recall, wait_ms };
                departures.take(engine.lanes.run(order).await);
            }
            decided.departed_with(departures, None)
        };
        let passed = runs.into_actor(self).map(|decided, this, ctx| {
            drop(under_way);
            this.stage = Stage::Free;
            if let Some(work) = this.held() {
                this.commit_and_go_on(work, decided, ctx);
            }
        });
        ctx.spawn(passed);
    }

    fn given(&self, work: &Work, decided: &Decided, storage: Map) -> Given {
        let project = self.shard.engine.project();
        Given {
            endpoint: self.endpoint.clone(),
            id: self.id.clone(),
            trace_id: work.input.trace_id.clone(),
            outputs: decided.turn.outputs.clone(),
            finished: decided.finished,
            storage,
            now: decided.at,
            // That of the turn is the flow's; a turn without a flow has none.
            seed: chance(self.shard.store().secret(), &words(&self.about(work), "transformers")).into(),
            bounds: project.transformer_bounds(),
            storage_bytes_max: project.settings.limits.context_bytes,
        }
    }

    /// The storage of the session as it is, and as the transformers find it: with what the one before the input left.
    fn storage(&mut self, work: &Work) -> (Map, Map) {
        let expire_ms = self.endpoint.session.expire_ms;
        let found = self.shard.storage(&self.key, clock::now(), expire_ms).unwrap_or_else(|error| {
            let text = format!("the storage of the session cannot be read and counts as empty: {error}");
            self.mishaps.push(Note { kind: NoteKind::Fault, place: String::new(), text });
            Map::new()
        });
        let storage = match &work.brought.storage {
            Some(Change { found: before, left }) => ahead::merge(before, left, found.clone()),
            None => found.clone(),
        };
        (found, storage)
    }

    /// The same when the turn is done again, so that it decides the same. Only its time may be another one then, and the ids of
    /// what nobody posted: of a reminder, or of the end of a question.
    pub(super) fn seed(&self, work: &Work) -> u64 {
        seed(self.shard.store().secret(), &words(&self.about(work), "flow"))
    }

    /// What tells this turn from all others, before and after a crash: a wait has its number, also where it was a reminder that
    /// became an input in the queue, and an input has its id.
    fn about(&self, work: &Work) -> Vec<String> {
        let wait = |life: u64, wait: u64| format!("wait {life} {wait}");
        let turn = match (&work.origin, &work.woken) {
            (Origin::Woken(wake), _) => wait(wake.owed.started_at, wake.owed.wait.id),
            (Origin::Queue { life, .. }, Some(woken)) => wait(*life, woken.wait),
            (Origin::Posted { .. } | Origin::Queue { .. }, _) => format!("input {}", work.input.input_id),
        };
        vec![self.key.to_string(), turn]
    }
}

/// What a run is about, and whose it is.
fn words<'a>(about: &'a [String], whose: &'a str) -> Vec<&'a str> {
    about.iter().map(String::as_str).chain([whose]).collect()
}

impl Decided {
    /// `found`: the storage before the input, if that was not written yet.
    fn departed_with(mut self, departures: Departures, found: Option<Map>) -> Decided {
        let mut departed = departures.end();
        departed.storage = match (departed.storage.take(), found) {
            (Some(change), Some(found)) => Some(Change { found, left: change.left }),
            (Some(change), None) => Some(change),
            (None, Some(_)) => self.departed.storage.take(),
            (None, None) => None,
        };
        self.departed = departed;
        self
    }
}
