//! The live stream of transcripts: who watches which session. It carries what is flushed, nothing else.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use actix::Message;
use tokio::sync::mpsc;

use crate::model::{Record, SessionId, SessionKey};

/// Records that wait for a slow watcher; one that falls further behind is cut off and takes up where it was
/// by the id of the last event it saw.
pub const BEHIND_MAX: usize = 256;

/// One turn that was committed.
#[derive(Clone, Debug)]
pub struct Event {
    /// The life of the session that the turn belongs to, and the turn's number: sorts as they happened.
    pub number: (u64, u64),
    /// The transcript record as JSON.
    pub record: String,
}

/// Asks for the turns of a session after a number, those that were and those to come.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Watch {
    pub id: SessionId,
    pub after: (u64, u64),
    pub events: mpsc::Sender<Event>,
}

#[derive(Default)]
pub struct Feed {
    watchers: RefCell<HashMap<SessionKey, Vec<Watcher>>>,
    count: Cell<u64>,
}

struct Watcher {
    id: u64,
    events: mpsc::Sender<Event>,
    /// Events that wait until the past was told.
    held: Option<Vec<Event>>,
}

impl Feed {
    /// A watcher that gets nothing until `release` tells it the past.
    pub fn hold(&self, key: SessionKey, events: mpsc::Sender<Event>) -> u64 {
        let id = self.count.get() + 1;
        self.count.set(id);
        let watcher = Watcher { id, events, held: Some(Vec::new()) };
        self.watchers.borrow_mut().entry(key).or_default().push(watcher);
        id
    }

    /// Tells the past, then what happened since and is not in it. A past as long as can be told at once ends the
    /// stream: the watcher comes back for the rest.
    pub fn release(&self, key: &SessionKey, id: u64, past: Vec<Event>) {
        let whole = past.len() < BEHIND_MAX;
        let last = past.last().map(|event| event.number);
        self.retain(key, |watcher| {
            if watcher.id != id {
                return true;
            }
            let held = watcher.held.take().unwrap_or_default();
            let since = held.into_iter().filter(|event| Some(event.number) > last);
            past.iter().cloned().chain(since).all(|event| watcher.events.try_send(event).is_ok()) && whole
        });
    }

    pub fn publish(&self, key: &SessionKey, started_at: u64, record: &Record) {
        if !self.watchers.borrow().contains_key(key) {
            return;
        }
        let event = Event::new(started_at, record);
        self.retain(key, |watcher| match &mut watcher.held {
            Some(held) => {
                held.push(event.clone());
                held.len() < BEHIND_MAX
            }
            None => watcher.events.try_send(event.clone()).is_ok(),
        });
    }

    fn retain(&self, key: &SessionKey, keep: impl FnMut(&mut Watcher) -> bool) {
        let mut all = self.watchers.borrow_mut();
        let Some(watchers) = all.get_mut(key) else { return };
        watchers.retain_mut(keep);
        if watchers.is_empty() {
            all.remove(key);
        }
    }

    /// Forgets those that went away; a session without turns would keep them.
    pub fn sweep(&self) {
        self.watchers.borrow_mut().retain(|_, watchers| {
            watchers.retain(|watcher| !watcher.events.is_closed());
            !watchers.is_empty()
        });
    }

    /// Ends every stream.
    pub fn close(&self) {
        self.watchers.borrow_mut().clear();
    }
}

impl Event {
    pub fn new(started_at: u64, record: &Record) -> Event {
        let text = serde_json::to_string(record).expect("a record is plain data");
        Event { number: (started_at, record.turn), record: text }
    }
}
