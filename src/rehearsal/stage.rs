//! A conversation without a server: one session's state, what it waits for and the inputs that wait for it, played in the
//! order in which the server would. Time passes only when it is told to, a call is answered at once, chance is a fixed
//! sequence. Nothing here reads a clock or the network, and nothing is stored.

use std::collections::VecDeque;
use std::sync::Arc;

use super::answers::{self, Answers};
use super::edges::Edges;
use super::heard::Heard;
use super::plan::Setting;
use crate::edge;
use crate::model::{
    Accepted, Awaited, Input, Map, Note, Owed, Problem, Queued, Refusal, Session, SessionId, Source, Wait,
    Woken,
};
use crate::project::{Endpoint, Project};
use crate::script::Sandbox;
use crate::turn::life::{self, Barred};
use crate::turn::wake::{self, Meaning};
use crate::turn::{self, Door, Event, Turn};

/// Turns that may come of one step of a test: more is a flow that wakes itself without end.
const TURNS_MAX: usize = 1_000;

/// Why a step of a test cannot be played.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Trouble {
    #[error("there is no session that could hear this; a session begins with its user's first words")]
    UnknownSession,
    #[error("no human agent has the session; it is handed over by a step of its flow")]
    NotHandedOver,
    #[error(
        "the server would refuse this (429): the flow is not done with the input before, and the endpoint lets no \
         more inputs wait; write a wait before it"
    )]
    Busy,
    #[error(
        "the flow calls {0}, and the test has no answer for it; add to http: \"{0}\": {{ status: 200, json: {{}} }}"
    )]
    NoAnswer(String),
    #[error(
        "{file} calls {call}, and the test has no answer for it; add to http: \"{call}\": {{ status: 200, json: {{}} }}"
    )]
    Unanswered { file: String, call: String },
    #[error(
        "it becomes an input of the session \"{session}\" of the user \"{user}\"; a test is about one session: write user: \
         and session: at its top"
    )]
    OtherSession { user: String, session: String },
    /// A transformer failed.
    #[error("{place}: {text}")]
    Refused { place: String, text: String },
    #[error("the server would refuse this ({}): {}", .0.status(), .0.told())]
    NotTaken(Problem),
    #[error(
        "more than {TURNS_MAX} turns come of this step: the flow wakes itself again and again; wait for less"
    )]
    Endless,
}

pub struct Stage<'a> {
    pub(super) project: &'a Project,
    pub(super) endpoint: &'a Arc<Endpoint>,
    door: Door,
    sandbox: &'a mut Sandbox,
    pub(super) answers: Answers<'a>,
    pub(super) edges: Edges,
    pub(super) id: SessionId,
    /// None: there never was one.
    session: Option<Session>,
    profile: Map,
    /// What is waited for, with all that is needed to work on it.
    owed: Vec<Owed>,
    /// Inputs that wait until the flow has gone on.
    waiting: VecDeque<Queued>,
    /// Milliseconds since 1970.
    now: u64,
    seeds: &'a [u64],
    seeded: usize,
    pub(super) inputs: u64,
    turns_left: usize,
    pub(super) outputs: Vec<Heard>,
    pub(super) notes: Vec<Note>,
}

impl<'a> Stage<'a> {
    /// None if the project has no such endpoint.
    pub fn open(setting: &'a Setting, project: &'a Project, sandbox: &'a mut Sandbox) -> Option<Stage<'a>> {
        let endpoint = project.endpoints.get(&setting.endpoint)?;
        let mut door = Door::clone(&endpoint.door);
        if let Some(locale) = &setting.locale {
            door.locale.clone_from(locale);
        }
        let id = SessionId {
            endpoint: setting.endpoint.clone(),
            user_id: setting.user.clone(),
            session_id: setting.session.clone(),
        };
        Some(Stage {
            project,
            endpoint,
            door,
            sandbox,
            answers: Answers::new(&setting.answers),
            edges: Edges::default(),
            id,
            session: None,
            profile: setting.profile.clone(),
            owed: Vec::new(),
            waiting: VecDeque::new(),
            now: setting.now,
            seeds: &setting.seeds,
            seeded: 0,
            inputs: 0,
            turns_left: TURNS_MAX,
            outputs: Vec::new(),
            notes: Vec::new(),
        })
    }

    /// Somebody speaks, and all that follows at this moment happens.
    pub fn speak(&mut self, source: Source, text: String, data: Option<Map>) -> Result<Accepted, Trouble> {
        self.turns_left = TURNS_MAX;
        self.admits(source)?;
        let (input_id, trace_id) = (format!("input-{}", self.inputs + 1), self.next_trace_id());
        self.inputs += 1;
        let input = Input { input_id, trace_id, source, text, data, received_at: self.now };
        let sequence = self.next_sequence();
        let accepted = Accepted::of(&input, sequence);
        if self.is_suspended() {
            self.enqueue(input, None);
        } else {
            self.turn(&input, sequence, None)?;
        }
        self.settle()?;
        Ok(accepted)
    }

    /// Whether a server would take an input now.
    pub(super) fn admits(&self, source: Source) -> Result<(), Trouble> {
        life::admit(source, self.session(), !self.waiting.is_empty())?;
        if self.is_suspended() && !self.endpoint.session.has_room(self.waiting.len() + 1) {
            return Err(Trouble::Busy);
        }
        Ok(())
    }

    /// That of the next input.
    pub(super) fn next_trace_id(&self) -> String {
        format!("trace-{}", self.inputs + 1)
    }

    /// Time passes, and what comes due meanwhile happens when it does.
    pub fn pass(&mut self, ms: u64) -> Result<(), Trouble> {
        self.turns_left = TURNS_MAX;
        let until = self.now.saturating_add(ms);
        while let Some(due_at) = self.next_due().filter(|due_at| *due_at <= until) {
            self.now = self.now.max(due_at);
            self.settle()?;
        }
        self.now = until;
        Ok(())
    }

    fn next_due(&self) -> Option<u64> {
        self.owed.iter().map(|owed| owed.wait.due_at).min()
    }

    /// When this one is due; none if it is not waited for.
    pub fn due_at(&self, wait: u64) -> Option<u64> {
        let session = self.session.as_ref()?;
        let here = |owed: &&Owed| owed.started_at == session.started_at && owed.wait.id == wait;
        self.owed.iter().find(here).map(|owed| owed.wait.due_at)
    }

    pub fn now(&self) -> u64 {
        self.now
    }

    /// What was said and noted since this was last asked.
    pub fn heard(&mut self) -> (Vec<Heard>, Vec<Note>) {
        (std::mem::take(&mut self.outputs), std::mem::take(&mut self.notes))
    }

    /// The state as the next input would find it; none if it would begin a session.
    pub fn session(&self) -> Option<&Session> {
        life::alive(self.session.as_ref(), self.endpoint.session.expire_ms, self.now)
    }

    /// The state as it was left, also when it ended.
    pub fn last_session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    pub fn profile(&self) -> &Map {
        &self.profile
    }

    /// Whether inputs wait until the flow has gone on.
    pub fn is_suspended(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_suspended)
    }

    fn next_sequence(&self) -> u64 {
        let waiting = self.waiting.iter().map(|queued| queued.sequence).max().unwrap_or(0);
        life::next_sequence(self.session(), waiting)
    }

    fn enqueue(&mut self, input: Input, reminder: Option<u64>) {
        let (id, sequence) = (self.id.clone(), self.next_sequence());
        let (called, notes) = (Vec::new(), Vec::new());
        self.waiting.push_back(Queued { id, input, sequence, reminder, tries: 0, called, notes });
    }

    /// Works off the inputs that wait and what is due, until nothing is left to do at this moment.
    fn settle(&mut self) -> Result<(), Trouble> {
        loop {
            if !self.is_suspended()
                && let Some(queued) = self.waiting.pop_front()
            {
                let woken = queued.reminder.map(|wait| Woken { wait, answer: None });
                self.turn(&queued.input, queued.sequence, woken)?;
            } else if let Some(owed) = self.take_due() {
                self.wake(owed)?;
            } else {
                return Ok(());
            }
        }
    }

    /// The first of what is due by now: what began earlier comes first.
    fn take_due(&mut self) -> Option<Owed> {
        let due = |(_, owed): &(usize, &Owed)| owed.wait.due_at <= self.now;
        let order = |(_, owed): &(usize, &Owed)| (owed.wait.due_at, owed.started_at, owed.wait.id);
        let first = self.owed.iter().enumerate().filter(due).min_by_key(order)?.0;
        Some(self.owed.remove(first))
    }

    fn wake(&mut self, owed: Owed) -> Result<(), Trouble> {
        self.inputs += 1;
        let number = self.inputs;
        let id = || format!("input-{number}");
        let (input, sequence) = match wake::meaning(self.session.as_ref(), &owed, self.now, id) {
            Meaning::Over => return Ok(()),
            Meaning::GoesOn { input, sequence } => (input, sequence),
            Meaning::Reminds(input) if self.is_suspended() => {
                self.enqueue(input, Some(owed.wait.id));
                return Ok(());
            }
            Meaning::Reminds(input) => (input, self.next_sequence()),
        };
        let answer = match &owed.wait.what {
            Awaited::Call(call) => {
                let no_answer = || Trouble::NoAnswer(answers::key(call));
                Some(self.answers.next(call).ok_or_else(no_answer)?)
            }
            Awaited::Time | Awaited::Reminder { .. } => None,
        };
        self.turn(&input, sequence, Some(Woken { wait: owed.wait.id, answer }))
    }

    fn turn(&mut self, input: &Input, sequence: u64, woken: Option<Woken>) -> Result<(), Trouble> {
        self.turns_left = self.turns_left.checked_sub(1).ok_or(Trouble::Endless)?;
        let expire_ms = self.endpoint.session.expire_ms;
        let session = life::base(self.session.as_ref(), &self.id, expire_ms, self.now);
        let seed = self.seeds.get(self.seeded).copied().unwrap_or(self.seeded as u64);
        let (turn, ran) = match turn::speaker(input) {
            Some(speaker) => (turn::speak(&session, input, speaker, sequence, self.now), false),
            None => {
                let ran = !turn::is_heard_by_agent(&session, input);
                (self.step(&session, input, (sequence, seed), woken.as_ref()), ran)
            }
        };
        let departed = self.depart(&turn, &input.trace_id, (seed, ran && !turn.session.is_suspended()));
        self.keep(turn);
        departed
    }

    fn step(
        &mut self,
        session: &Session,
        input: &Input,
        (sequence, seed): (u64, u64),
        woken: Option<&Woken>,
    ) -> Turn {
        let program = &self.endpoint.program;
        self.seeded += 1;
        let event = Event {
            program,
            door: &self.door,
            bounds: &self.project.bounds,
            session,
            profile: if program.uses_profile { self.profile.clone() } else { Map::new() },
            input,
            woken,
            sequence,
            now: self.now,
            seed,
        };
        turn::step(event, self.sandbox)
    }

    /// What the turn decided is so.
    fn keep(&mut self, turn: Turn) {
        let started_at = turn.session.started_at;
        self.owed.retain(|owed| {
            owed.started_at != started_at || !turn.ended.iter().any(|ended| ended.id == owed.wait.id)
        });
        let id = &self.id;
        let owed = |wait: Wait| Owed { id: id.clone(), started_at, wait, tries: 0 };
        self.owed.extend(turn.started.into_iter().map(owed));
        self.session = Some(turn.session);
        if let Some(profile) = turn.profile {
            self.profile = profile;
        }
        self.notes.extend(turn.notes);
    }
}

impl Trouble {
    /// What a server would answer; none if it is the test that cannot go on.
    pub fn problem(&self) -> Option<Problem> {
        match self {
            Trouble::UnknownSession => Some(Refusal::UnknownSession.into()),
            Trouble::NotHandedOver => Some(Refusal::NotHandedOver.into()),
            Trouble::Busy => Some(Refusal::Busy.into()),
            Trouble::Refused { .. } => Some(edge::problem()),
            Trouble::NotTaken(problem) => Some(problem.clone()),
            Trouble::NoAnswer(_)
            | Trouble::Unanswered { .. }
            | Trouble::OtherSession { .. }
            | Trouble::Endless => None,
        }
    }
}

impl From<Barred> for Trouble {
    fn from(barred: Barred) -> Trouble {
        match barred {
            Barred::UnknownSession => Trouble::UnknownSession,
            Barred::NotHandedOver => Trouble::NotHandedOver,
        }
    }
}
