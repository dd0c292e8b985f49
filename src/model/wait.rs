//! What a session waits for: time that passes, a call to another system, a reminder. It is data: a row with an id that
//! the commit wrote. What comes of it comes back as an event of that id.

use serde::{Deserialize, Serialize};

use super::{Call, CallResult, Map, SessionId};

/// One thing that is waited for, with all that is needed to work on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// Counts the waits of one life of the session from 1.
    pub id: u64,
    /// Milliseconds since 1970; a call is due at once.
    pub due_at: u64,
    pub what: Awaited,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Awaited {
    /// A pause, or the end of the time that a question gives.
    Time,
    Call(Call),
    /// Becomes an input of the session when it is due.
    Reminder {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<Map>,
    },
}

/// What the state of a session keeps of a wait: enough to call it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    pub id: u64,
    pub due_at: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reminder: bool,
}

/// A wait as its row holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owed {
    pub id: SessionId,
    /// The life of the session that waits.
    pub started_at: u64,
    pub wait: Wait,
    /// Starts of the process that found it due: what follows from it may be what ends the process.
    #[serde(default)]
    pub tries: u32,
}

/// A wait is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Woken {
    /// The id of the wait.
    pub wait: u64,
    /// What was answered, if it was a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<CallResult>,
}

impl Wait {
    /// What the state keeps of it.
    pub fn pending(&self) -> Pending {
        let reminder = matches!(self.what, Awaited::Reminder { .. });
        Pending { id: self.id, due_at: self.due_at, reminder }
    }
}
