//! Deciding a turn, and the one commit that makes it so.

use std::rc::Rc;
use std::sync::Arc;

use actix::{AsyncContext, Context};

use super::actor::{Leave, Origin, SessionActor, Work, answer};
use super::ahead;
use super::owed::Outgoing;
use super::passing::Passing;
use super::post::{Accepted, Brought, Reply};
use super::shard::Shard;
use super::slow::Job;
use crate::clock;
use crate::delivery::Due;
use crate::dispatch::{Started, Wake};
use crate::edge::{self, Departed, Words};
use crate::flow::Program;
use crate::model::{
    Input, Map, Note, NoteKind, Owed, ProgramHash, Quarantined, Record, Session, SessionKey, UserKey, Wait,
    Woken,
};
use crate::store::{Place, Writes};
use crate::turn::{self, Turn};

/// What became of deciding a turn on the arbiter.
pub(super) enum Step {
    Decided(Box<Decided>),
    /// Its scripts need more than a moment.
    Slow(Box<Job>),
    /// It is decided, and a transformer needs more than a moment for what it says.
    Passing(Box<Passing>),
}

/// A turn and what it was made from.
pub(super) struct Decided {
    /// The state it rests on.
    version: Option<(u64, u64)>,
    pub(super) turn: Turn,
    pub(super) at: u64,
    pub(super) seed: u64,
    program: Option<ProgramHash>,
    /// The profile as the turn found it, if its program uses one.
    profile: Option<Map>,
    /// Set if the input is poison.
    quarantined: Option<String>,
    /// A flow ran, and is through with its input.
    pub(super) finished: bool,
    /// What transformers made of it.
    pub(super) departed: Departed,
}

impl SessionActor {
    pub(super) fn decide(&mut self, work: &Work) -> Step {
        match self.turn(work) {
            Ok(decided) => self.pass(work, decided),
            Err(job) => Step::Slow(job),
        }
    }

    /// Or what it is made from, if its scripts need more than a moment.
    fn turn(&mut self, work: &Work) -> Result<Decided, Box<Job>> {
        let now = clock::now();
        let session = self.base(now);
        if let Some(speaker) = turn::speaker(&work.input) {
            let turn = turn::speak(&session, &work.input, speaker, work.sequence, now);
            return Ok(self.plain(turn, now, None));
        }
        let job = self.job(session, work, now);
        let fast = self.shard.fast();
        let turn = self.shard.sandbox.borrow_mut().turn(|| job.event(&fast));
        match turn {
            Ok(turn) if turn.ran_out => Err(Box::new(job)),
            turn => Ok(self.decided(work, job, turn)),
        }
    }

    fn job(&mut self, session: Session, work: &Work, now: u64) -> Job {
        let program = self.program(&session);
        let profile = if program.uses_profile { self.profile() } else { Map::new() };
        Job {
            door: self.shard.door(&self.endpoint),
            bounds: self.shard.bounds(),
            program,
            session,
            profile,
            input: work.input.clone(),
            woken: work.woken.clone(),
            sequence: work.sequence,
            now,
            seed: self.seed(work),
        }
    }

    /// A session in the middle of a flow goes on in the version it began. If that cannot be had, the turn finds itself in
    /// another program than its position, and starts the flow anew.
    fn program(&mut self, session: &Session) -> Arc<Program> {
        let current = self.shard.current(&self.endpoint);
        let Some(program) = session.position.program().cloned() else { return current };
        self.shard.program(&program).unwrap_or_else(|reason| {
            let text =
                format!("the flow starts anew: the version it was in ({program}) cannot be had: {reason}");
            self.mishaps.push(Note { kind: NoteKind::Fault, place: String::new(), text });
            current
        })
    }

    fn profile(&mut self) -> Map {
        self.shard.profile(&UserKey::of(&self.id.user_id)).unwrap_or_else(|error| {
            let text = format!("the profile of the user cannot be read and counts as empty: {error}");
            self.mishaps.push(Note { kind: NoteKind::Fault, place: String::new(), text });
            Map::new()
        })
    }

    /// What comes of a turn, also of one that panicked twice: then the input is set aside and the session goes on.
    pub(super) fn decided(&mut self, work: &Work, job: Job, turn: Result<Turn, String>) -> Decided {
        match turn {
            Ok(turn) => Decided {
                version: self.version(),
                finished: !turn::is_heard_by_agent(&job.session, &job.input) && !turn.session.is_suspended(),
                departed: Departed::default(),
                turn,
                at: job.now,
                seed: job.seed,
                profile: job.program.uses_profile.then_some(job.profile),
                program: Some(job.program.hash.clone()),
                quarantined: None,
            },
            Err(panic) => self.poisoned(work, format!("its turn failed twice: {panic}")),
        }
    }

    pub(super) fn poisoned(&mut self, work: &Work, reason: String) -> Decided {
        let (now, sequence) = (clock::now(), work.sequence);
        let text = format!("the input was set aside: {reason}");
        tracing::error!(endpoint = self.id.endpoint, session = %self.key, sequence, "an input was set aside");
        let note = Note { kind: NoteKind::Fault, place: String::new(), text };
        let turn = turn::set_aside(&self.base(now), work.woken.as_ref(), sequence, now, note);
        self.plain(turn, now, Some(reason))
    }

    /// A turn without a program.
    fn plain(&self, turn: Turn, at: u64, quarantined: Option<String>) -> Decided {
        Decided {
            version: self.version(),
            turn,
            at,
            seed: 0,
            program: None,
            profile: None,
            quarantined,
            finished: false,
            departed: Departed::default(),
        }
    }

    /// The version on the disk once all that was decided is flushed.
    fn version(&self) -> Option<(u64, u64)> {
        self.session.as_ref().map(|session| (session.started_at, session.turns))
    }

    /// One batch: the state, what happened, what is owed, and that the input is done. Everything that leaves the process
    /// stands in `Committed::tell`, which runs when the batch is flushed.
    /// False: the store did not take it, and nothing is changed.
    pub(super) fn commit(&mut self, work: Work, mut decided: Decided, ctx: &mut Context<Self>) -> bool {
        let commits = self.shard.commits.clone();
        let room = match commits.room() {
            Ok(room) => room,
            Err(refused) => {
                tracing::warn!(session = %self.key, %refused, "a turn was not committed");
                self.keep(work, decided, ctx);
                return false;
            }
        };
        let mut writes = Writes::new();
        writes.expect(&self.key, decided.version);
        self.write_ends(&mut writes, &work, &decided);
        let profile = self.write_profile(&mut writes, &decided);
        let storage = self.write_storage(&mut writes, decided.departed.storage.take());
        let started = self.write_waits(&mut writes, &decided.turn);
        let Work { input, sequence, woken, brought, origin, pending } = work;
        let (told, recent, wake) = match origin {
            Origin::Posted { once, reply } => {
                let accepted = Accepted::of(&input, sequence);
                let (at, response) = (input.received_at, brought.response.clone());
                let recent = once.map(|once| self.remember(&mut writes, once, (&accepted, response), at));
                (Some((reply, accepted)), recent, None)
            }
            Origin::Queue { .. } => (None, None, None),
            Origin::Woken(wake) => (None, None, Some(wake)),
        };
        let (mut session, record) = self.record(decided, (input, brought), woken, sequence);
        let outgoing = self.write_outputs(&mut writes, &mut session, &record);
        self.lease(&mut writes, &session, &record);
        writes.session(&session);
        writes.record(&self.key, session.started_at, &record);
        let user = profile.is_some().then(|| UserKey::of(&self.id.user_id));
        let (shard, key, started_at) = (self.shard.clone(), self.key, session.started_at);
        let stored = storage.is_some();
        let endpoint = self.id.endpoint.clone();
        let committed = Committed {
            shard,
            key,
            endpoint,
            started_at,
            user,
            stored,
            told,
            wake,
            started,
            record,
            outgoing,
        };
        let me = ctx.address();
        room.commit(writes, move |flushed| {
            drop((pending, recent));
            committed.end_of_memory();
            match flushed {
                Ok(()) => committed.tell(),
                Err(conflict) => {
                    tracing::error!(%conflict, "a turn was not committed; the session starts from the disk");
                    me.do_send(Leave);
                }
            }
        });
        self.shard.storage_decided(&self.key, storage);
        self.go_on_from(session, profile);
        true
    }

    /// What the turn waits for, and that what it waited for is over; where the new ones lie.
    fn write_waits(&self, writes: &mut Writes, turn: &Turn) -> Vec<Place> {
        let started_at = turn.session.started_at;
        for wait in &turn.ended {
            writes.forget_wait(&Place::new(self.key, started_at, wait));
        }
        let owed = |wait: &Wait| Owed { id: self.id.clone(), started_at, wait: wait.clone(), tries: 0 };
        let owed: Vec<Owed> = turn.started.iter().map(owed).collect();
        owed.iter().for_each(|owed| writes.owe(owed));
        owed.iter().map(Place::of).collect()
    }

    fn write_ends(&self, writes: &mut Writes, work: &Work, decided: &Decided) {
        if let Origin::Queue { life, .. } = work.origin {
            writes.dequeue(&self.key, life, work.sequence);
        }
        if let Some(reason) = &decided.quarantined {
            writes.quarantine(&Quarantined {
                key: self.key.to_string(),
                id: Some(self.id.clone()),
                input: Some(work.input.clone()),
                bytes: None,
                reason: reason.clone(),
                at: decided.at,
            });
        }
    }

    /// The profile that the turn leaves, if it changed it.
    fn write_profile(&self, writes: &mut Writes, decided: &Decided) -> Option<Map> {
        let left = decided.turn.profile.as_ref()?;
        let found = decided.profile.as_ref()?;
        let user = UserKey::of(&self.id.user_id);
        let now = self.shard.profiles.get(&user).or_else(|| self.shard.store().profile(&user).ok());
        let profile = ahead::merge(found, left, now.unwrap_or_default());
        writes.profile(&user, &profile);
        Some(profile)
    }

    fn record(
        &mut self,
        decided: Decided,
        (input, Brought { mut called, mut notes, .. }): (Input, Brought),
        woken: Option<Woken>,
        sequence: u64,
    ) -> (Session, Record) {
        let Decided { turn, at, seed, program, profile, departed, .. } = decided;
        called.extend(departed.called);
        notes.extend(turn.notes);
        notes.append(&mut self.mishaps);
        notes.extend(departed.notes);
        let (session, outputs) = (turn.session, turn.outputs);
        let record = Record {
            turn: session.turns,
            sequence,
            at,
            seed,
            program,
            profile,
            input,
            woken,
            suspended: session.is_suspended(),
            outputs,
            transformed: departed.transformed,
            called,
            notes,
        };
        self.log(&record);
        (session, record)
    }

    /// What went wrong, without anybody's words: those are in the transcript only.
    fn log(&self, record: &Record) {
        let console = self.shard.engine.project().settings.log.console;
        let words = if console { Words::InLog } else { Words::InTranscript };
        let (endpoint, session, turn) = (&self.id.endpoint, self.key, record.turn);
        if let Some(transformers) = &self.endpoint.transformers {
            let told = record.called.iter().map(|called| edge::told(&transformers.path(), called));
            told.for_each(|note| edge::log(&note, endpoint, &record.input.trace_id, words));
        }
        for note in &record.notes {
            if note.place.starts_with("transformers/") {
                edge::log(note, endpoint, &record.input.trace_id, words);
                continue;
            }
            match note.kind {
                NoteKind::Fault => {
                    tracing::warn!(endpoint, %session, turn, place = note.place, "a fault; the transcript tells more");
                }
                NoteKind::Warning => {
                    tracing::info!(endpoint, %session, turn, place = note.place, "a warning; the transcript tells more");
                }
                NoteKind::Log => {}
            }
        }
    }

    /// The next turn builds on this one, flushed or not.
    fn go_on_from(&mut self, session: Session, profile: Option<Map>) {
        self.session = Some(session);
        if let Some(profile) = profile {
            self.shard.profiles.decided(UserKey::of(&self.id.user_id), profile);
        }
    }
}

/// A turn that is flushed, with all that may be told now.
struct Committed {
    shard: Rc<Shard>,
    key: SessionKey,
    endpoint: String,
    started_at: u64,
    /// Whose profile it changed.
    user: Option<UserKey>,
    /// Whether it changed the storage of the session.
    stored: bool,
    /// Who waits for the answer, and the answer.
    told: Option<(Reply, Accepted)>,
    /// The wait that it began with.
    wake: Option<Wake>,
    /// Where the waits lie that it began.
    started: Vec<Place>,
    record: Record,
    outgoing: Outgoing,
}

impl Committed {
    /// Flushed or dropped: what this turn decided is not ahead of the disk any more.
    fn end_of_memory(&self) {
        if let Some(user) = &self.user {
            self.shard.profiles.ended(user);
        }
        self.shard.end_of_storage(&self.key, self.stored);
    }

    fn tell(self) {
        if let Some((reply, accepted)) = self.told {
            answer(reply, Ok(accepted));
        }
        if let Some(wake) = self.wake {
            wake.done();
        }
        if !self.started.is_empty() {
            // Bounded by what a turn may wait for.
            self.shard.dispatch.do_send(Started(self.started));
        }
        let Outgoing { callbacks, buried } = self.outgoing;
        (0..buried).for_each(|_| self.shard.engine.metrics.buried(&self.endpoint));
        if !callbacks.is_empty() {
            // Bounded by what was committed; the lane keeps only a few of them in memory.
            self.shard.delivery.do_send(Due { key: self.key, callbacks });
        }
        self.shard.feed.publish(&self.key, self.started_at, &self.record);
    }
}
