//! What a recorded event is to a changed flow, which may wait for other things than the recorded one did.
//!
//! What was answered goes to the step that waits now, as long as the flow asks in the same order. An event that nothing waits
//! for, and a wait that was over without an event, have no turn: the text says what is missing.

use jiff::SignedDuration;

use crate::model::{Awaited, Input, Position, Record, Session, Source, Wait, Woken};

/// So much later than it was due may an end of a wait be recorded, for a server that was busy or down: in milliseconds.
const LATE_MS: u64 = 60_000;

/// What a turn is about.
pub(super) struct Event {
    pub input: Input,
    pub sequence: u64,
    pub woken: Option<Woken>,
}

/// What a recorded turn began with.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Input,
    /// A flow went on in the middle of an input.
    GoesOn,
    TimedOut,
    Reminder,
    /// A human agent said something, or gave the session back.
    Agent,
}

impl Event {
    /// The event as it was recorded.
    pub(super) fn of(record: &Record) -> Event {
        Event { input: record.input.clone(), sequence: record.sequence, woken: record.woken.clone() }
    }
}

/// The event of the record at this place, as it comes to the session now; or why it cannot.
pub(super) fn find(
    session: &Session,
    waits: &[Wait],
    records: &[Record],
    at: usize,
) -> Result<Event, String> {
    if session.position == Position::Ended {
        return Err("the flow ended the session before this".to_owned());
    }
    let kind = kind(records, at);
    nothing_overdue(session, waits, records, at)?;
    let record = &records[at];
    match (kind, &session.position) {
        (Kind::GoesOn, _) => goes_on(session, waits, record),
        (_, Position::Suspended { wait, .. }) => {
            let wait = waiting(waits, *wait, record);
            Err(format!("the flow waits for {wait}, and the recording has no end of that"))
        }
        (Kind::TimedOut, Position::Ask { timeout: Some(wait), .. }) => Ok(woken(record, *wait)),
        (Kind::TimedOut, _) => {
            Err("the time of a question was over; the flow asks nothing now that ends by itself".to_owned())
        }
        (Kind::Reminder, _) => reminded(waits, record),
        (Kind::Agent, Position::Handover { .. }) | (Kind::Input, _) => Ok(Event::of(record)),
        (Kind::Agent, _) => Err("a human agent was in the session; the flow did not hand it over".to_owned()),
    }
}

/// While a flow waits in the middle of an input nothing else happens, so what comes after that is its end.
fn kind(records: &[Record], at: usize) -> Kind {
    let record = &records[at];
    let suspended = at.checked_sub(1).is_some_and(|before| records[before].suspended);
    match (record.input.source, &record.woken) {
        (_, Some(_)) if suspended => Kind::GoesOn,
        (Source::Timeout, Some(_)) => Kind::TimedOut,
        (_, Some(_)) => Kind::Reminder,
        (Source::Agent | Source::Returned, None) => Kind::Agent,
        (Source::User | Source::Inject | Source::Notify | Source::Timeout, None) => Kind::Input,
    }
}

fn goes_on(session: &Session, waits: &[Wait], record: &Record) -> Result<Event, String> {
    let answer = record.woken.as_ref().and_then(|woken| woken.answer.clone());
    let recorded = if answer.is_some() { "the answer to a call" } else { "the end of a pause" };
    let Position::Suspended { wait, carried, .. } = &session.position else {
        return Err(format!("the recording has {recorded}; the flow waits for nothing"));
    };
    let calls = waits.iter().any(|known| known.id == *wait && matches!(known.what, Awaited::Call(_)));
    if calls != answer.is_some() {
        let wait = waiting(waits, *wait, record);
        return Err(format!("the flow waits for {wait}; the recording has {recorded}"));
    }
    let woken = Some(Woken { wait: *wait, answer });
    Ok(Event { input: carried.input.clone(), sequence: carried.sequence, woken })
}

/// The reminder that is due first, with the words that the flow gave it.
fn reminded(waits: &[Wait], record: &Record) -> Result<Event, String> {
    let first = reminders(waits).min_by_key(|wait| (wait.due_at, wait.id));
    let Some(Wait { id, what: Awaited::Reminder { text, data }, .. }) = first else {
        return Err("a reminder came; the flow has none now".to_owned());
    };
    let mut event = woken(record, *id);
    event.input.text.clone_from(text);
    event.input.data.clone_from(data);
    Ok(event)
}

fn woken(record: &Record, wait: u64) -> Event {
    Event { woken: Some(Woken { wait, answer: None }), ..Event::of(record) }
}

/// Something that would have happened by now is not in the recording.
fn nothing_overdue(session: &Session, waits: &[Wait], records: &[Record], at: usize) -> Result<(), String> {
    let now = records[at].at;
    let overdue = |wait: &Wait| wait.due_at.saturating_add(LATE_MS) < now;
    let of_a_question = match (&session.position, kind(records, at)) {
        (_, Kind::TimedOut) => None,
        (Position::Ask { timeout, .. }, _) => waits.iter().find(|wait| Some(wait.id) == *timeout),
        (_, _) => None,
    };
    if of_a_question.is_some_and(overdue) {
        return Err(
            "the time of the question was over before this; the recording has no end of it".to_owned()
        );
    }
    let recorded = (at..records.len()).filter(|at| kind(records, *at) == Kind::Reminder).count();
    match reminders(waits).filter(|wait| overdue(wait)).nth(recorded) {
        Some(wait) => Err(format!("{} was due before this; the recording has none", told(wait, now))),
        None => Ok(()),
    }
}

fn reminders(waits: &[Wait]) -> impl Iterator<Item = &Wait> {
    waits.iter().filter(|wait| wait.pending().reminder)
}

fn waiting(waits: &[Wait], id: u64, record: &Record) -> String {
    let wait = waits.iter().find(|wait| wait.id == id);
    wait.map_or_else(String::new, |wait| told(wait, record.at))
}

/// What is waited for, for people; `now` is when it began.
pub(super) fn told(wait: &Wait, now: u64) -> String {
    match &wait.what {
        Awaited::Call(call) => format!("the answer to {} {}", call.method, call.url),
        Awaited::Reminder { text, .. } => format!("the reminder {text:?}"),
        Awaited::Time => {
            let ms = i64::try_from(wait.due_at.saturating_sub(now)).unwrap_or(i64::MAX);
            format!("{:#} to pass", SignedDuration::from_millis(ms))
        }
    }
}
