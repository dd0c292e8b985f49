//! The way through a program: one operation after the other, until something waits, ends or goes wrong.

use serde_json::Value;

use super::position::{self, Entry, Happened};
use super::render::truthy;
use super::{Event, Turn, advance, ended, objects};
use crate::flow::{Ask, Forget, Op};
use crate::model::{
    Awaited, Loop, Map, Note, NoteKind, Numbered, Place, Position, Session, Source, Spent, Wait,
};
use crate::script::{Fault, Sandbox, Scope};

/// In one transcript record; a last note tells how many more there were.
const NOTES_MAX: usize = 100;
/// Of one note: enough to find the mistake.
const NOTE_CHARS_MAX: usize = 1_000;

/// A turn under way.
pub(super) struct Run<'a> {
    pub(super) sandbox: &'a mut Sandbox,
    pub(super) scope: Scope,
    pub(super) event: Event<'a>,
    pub(super) session: Session,
    /// The flows that are under way, the innermost last. Empty when the flow is over.
    pub(super) frames: Vec<Active>,
    /// Index of the operation to do next.
    pub(super) next: usize,
    /// Steps and gotos of this input so far, those before a wait included.
    pub(super) spent: Spent,
    pub(super) chance: u64,
    pub(super) outputs: Vec<Numbered>,
    pub(super) started: Vec<Wait>,
    pub(super) output_bytes: usize,
    notes: Vec<Note>,
    notes_left_out: usize,
    pub(super) copied_bytes: u64,
    pub(super) profile_changed: bool,
}

/// One flow under way: where it stands while another runs inside it, and its loops.
pub(super) struct Active {
    pub(super) at: usize,
    pub(super) loops: Vec<Loop>,
}

/// Why a turn stops.
pub(super) enum End {
    /// A question waits; its operation's index and how often it was answered wrongly.
    Asks { at: usize, failed: u32, timeout: Option<Due> },
    /// A step waits for time to pass or for an answer.
    Waits { at: usize, wait: Due },
    /// A step waits for the next input.
    Listens { at: usize },
    /// A human agent takes over.
    HandsOver { at: usize, to: String },
    /// The event was about something that is over: the flow stays where it is.
    Nothing,
    /// The flow came to its end.
    Done,
    /// The session is over.
    Over,
    /// A bound was reached or a code step threw.
    Fault { place: Place, text: String, ran_out: bool },
}

/// What is waited for, and until when: milliseconds since 1970.
pub(super) type Due = Box<(u64, Awaited)>;

/// What an operation leads to.
pub(super) type Flow = Result<(), End>;

impl End {
    pub(super) fn fault(place: &Place, text: impl Into<String>) -> End {
        End::Fault { place: place.clone(), text: text.into(), ran_out: false }
    }

    pub(super) fn script(place: &Place, fault: &Fault) -> End {
        let text = match fault {
            Fault::OutOfSteps => format!("{fault} (limits.scriptSteps)"),
            Fault::OutOfMemory => format!("{fault} (limits.scriptMemoryBytes)"),
            Fault::Thrown(_) | Fault::NotJson(_) => fault.to_string(),
        };
        End::Fault { place: place.clone(), text, ran_out: matches!(fault, Fault::OutOfSteps) }
    }
}

pub(super) fn run(event: Event, sandbox: &mut Sandbox) -> Turn {
    let entry = position::entry(&event);
    let mut run = Run {
        sandbox,
        scope: objects::scope(&event, entry.result(&event)),
        chance: event.seed,
        session: begin(&event, &entry),
        spent: entry.spent(&event),
        event,
        frames: vec![Active { at: 0, loops: Vec::new() }],
        next: 0,
        outputs: Vec::new(),
        started: Vec::new(),
        output_bytes: 0,
        notes: Vec::new(),
        notes_left_out: 0,
        copied_bytes: 0,
        profile_changed: false,
    };
    let end = run.go(entry);
    run.finish(end)
}

/// The state as the turn begins: what it was waiting for is over, however it went.
fn begin(event: &Event, entry: &Entry) -> Session {
    let mut session = advance(event.session, event.sequence, event.now);
    let position = event.session.position.wait().filter(|_| !matches!(entry, Entry::Stale));
    let over = [position, event.woken.map(|woken| woken.wait)];
    session.waits.retain(|wait| !over.contains(&Some(wait.id)));
    session
}

impl<'a> Run<'a> {
    fn go(&mut self, entry: Entry<'a>) -> End {
        if let Err(end) = self.enter_at(entry) {
            return end;
        }
        loop {
            if let Err(end) = self.operate() {
                return end;
            }
        }
    }

    fn enter_at(&mut self, entry: Entry<'a>) -> Flow {
        match entry {
            Entry::First => Ok(()),
            Entry::Lost(path) => {
                let text = format!("the step {path} is not there any more: the flow starts anew");
                self.note(NoteKind::Warning, "", text);
                if self.event.input.source == Source::Timeout { Err(End::Done) } else { Ok(()) }
            }
            Entry::Stale => {
                let text = "what this was about is over: nothing is done".to_owned();
                self.note(NoteKind::Warning, "", text);
                Err(End::Nothing)
            }
            Entry::Step { frames, at, what } => {
                self.frames = frames;
                self.go_on(at, what)
            }
        }
    }

    fn go_on(&mut self, at: usize, what: Happened<'a>) -> Flow {
        match what {
            Happened::Answer { ask, failed, value } => {
                if self.is_forgotten(&ask.forget, value.is_none())? {
                    self.frames = vec![Active { at: 0, loops: Vec::new() }];
                    return self.jump(0);
                }
                match value {
                    Some(value) => self.answered(at, ask, value),
                    None => self.not_answered(at, ask, failed),
                }
            }
            Happened::TimedOut { target } => self.jump(target),
            Happened::Call { http, result } => self.called(at, http, result),
            Happened::GoOn => self.jump(at + 1),
        }
    }

    /// Whether this input leaves the question behind; the flow then starts anew with it.
    fn is_forgotten(&mut self, forget: &Forget, invalid: bool) -> Result<bool, End> {
        match forget {
            Forget::Never => Ok(false),
            Forget::Invalid => Ok(invalid),
            Forget::When(condition) => Ok(truthy(&self.value(condition)?)),
        }
    }

    fn answered(&mut self, at: usize, ask: &Ask, value: Value) -> Flow {
        self.next = ask.answered;
        match &ask.into {
            Some(target) => self.write(at, target, value),
            None => Ok(()),
        }
    }

    fn not_answered(&mut self, at: usize, ask: &Ask, failed: u32) -> Flow {
        let failed = failed.saturating_add(1);
        if ask.attempts.is_some_and(|attempts| failed >= attempts) {
            self.next = at + 1;
            return Ok(());
        }
        self.say(at, ask.reprompt.as_ref().unwrap_or(&ask.say))?;
        self.asked(at, ask, failed)
    }

    fn operate(&mut self) -> Flow {
        let (program, at) = (self.event.program, self.next);
        let op = &program.ops[at];
        self.next = at + 1;
        self.count(at, op)?;
        match op {
            Op::Say(say) => self.say(at, say),
            Op::Ask(ask) => self.say(at, &ask.say).and_then(|()| self.asked(at, ask, 0)),
            Op::If { condition, otherwise } => self.choose(condition, *otherwise),
            Op::Jump(target) => self.jump(*target),
            Op::Switch { subject, cases, default } => self.switch(subject, cases, *default),
            Op::Set(writes) => self.set(at, writes),
            Op::Unset(targets) => self.unset(targets),
            Op::Code(script) => self.code(at, script),
            Op::Http(http) => self.http(at, http),
            Op::Wait(span) => self.pause(at, span),
            Op::Listen => Err(End::Listens { at }),
            Op::Remind(remind) => self.remind(at, remind),
            Op::CancelReminders => self.cancel_reminders(),
            Op::Handover(handover) => self.hand_over(at, handover),
            Op::Run { entry } => self.enter(at, *entry),
            Op::Goto { target, loops } => self.goto(at, *target, *loops),
            Op::Once { end } => self.once(at, *end),
            Op::Each { items, end, .. } => self.each(at, items, *end),
            Op::Next { each } => self.next_item(*each),
            Op::StopFlow => Err(End::Done),
            Op::StopSession => Err(End::Over),
            Op::Return => self.leave(),
        }
    }

    /// Every step counts, the joints between them do not: each way round passes at least one step.
    fn count(&mut self, at: usize, op: &Op) -> Flow {
        if matches!(op, Op::Jump(_) | Op::Next { .. } | Op::Return) {
            return Ok(());
        }
        self.spent.steps += 1;
        let max = self.event.bounds.steps_max;
        if self.spent.steps <= max {
            return Ok(());
        }
        let text = format!(
            "more than {max} steps for one input: this may be an endless loop (limits.stepsPerInput)"
        );
        Err(End::fault(self.place(at), text))
    }

    /// The variables of the `each` steps around, outermost first.
    pub(super) fn locals(&self) -> Vec<(String, Value)> {
        let program = self.event.program;
        let loops = self.frames.last().map_or(&[][..], |frame| &frame.loops);
        let variable = |inner: &Loop| match program.index_of.get(&inner.path).map(|at| &program.ops[*at]) {
            Some(Op::Each { name, .. }) => Some((name.clone(), inner.items.get(inner.index)?.clone())),
            Some(_) | None => None,
        };
        loops.iter().filter_map(variable).collect()
    }

    pub(super) fn warn(&mut self, place: &Place, text: String) {
        self.note(NoteKind::Warning, &place.to_string(), text);
    }

    pub(super) fn note(&mut self, kind: NoteKind, place: &str, text: String) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(Note { kind, place: place.to_owned(), text: cut(text) });
        } else {
            self.notes_left_out += 1;
        }
    }

    /// It stands beyond the bound of notes: it is why the turn ended.
    pub(super) fn fault(&mut self, place: &Place, text: String) {
        self.notes.push(Note { kind: NoteKind::Fault, place: place.to_string(), text: cut(text) });
    }

    pub(super) fn place(&self, at: usize) -> &'a Place {
        &self.event.program.places[at]
    }

    pub(super) fn frame(&mut self) -> &mut Active {
        self.frames.last_mut().expect("a turn ends when its last frame is left")
    }

    fn finish(mut self, end: End) -> Turn {
        let end = self.within_memory(end);
        let ran_out = matches!(end, End::Fault { ran_out: true, .. });
        self.session.position = self.position(end);
        if self.notes_left_out > 0 {
            let text = format!("{} more notes were left out", self.notes_left_out);
            self.notes.push(Note { kind: NoteKind::Warning, place: String::new(), text });
        }
        let (context, profile) = self.scope.into_memory();
        let over = self.session.position == Position::Ended;
        self.session.context = if over { Map::new() } else { context };
        if over {
            self.session.once.clear();
            self.session.waits.clear();
            self.started.clear();
            (self.session.locale, self.session.timezone) = (None, None);
        }
        Turn {
            ended: ended(self.event.session, &self.session),
            session: self.session,
            outputs: self.outputs,
            started: self.started,
            profile: self.profile_changed.then_some(profile),
            notes: self.notes,
            ran_out,
        }
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(NOTE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
