//! The state of a session between two turns: all there is to know to go on, after any pause or crash.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Input, Map, Pending, ProgramHash, SessionId};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub id: SessionId,
    /// Milliseconds since 1970 of the first input. A session that expired and begins anew has a new,
    /// larger one, which keeps its records apart from those of its earlier life.
    pub started_at: u64,
    pub last_active_at: u64,
    /// Turns committed so far: the version of this state.
    pub turns: u64,
    /// Inputs accepted so far, those that wait in the queue too; what `sequence` counts.
    pub inputs: u64,
    /// Outputs so far; without those that were withheld, what `antiphon-sequence` counts.
    pub outputs: u64,
    /// Of these, outputs that a transformer dropped: no callback was owed for them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub withheld: u64,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub context: Map,
    /// Paths of the `once` steps that ran.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub once: BTreeSet<String>,
    /// The language and the time zone that a flow chose for this session; without a word those of the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Waits so far; what their ids count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waited: u64,
    /// What is waited for now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Pending>,
    pub position: Position,
}

/// Where the flow stands between two turns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "at")]
pub enum Position {
    /// The next input starts the flow at its first step.
    Start,
    /// An `ask` step waits for its answer, in the program the flow was started with.
    #[serde(rename_all = "camelCase")]
    Ask {
        program: ProgramHash,
        frames: Vec<Frame>,
        failed: u32,
        /// The wait whose end is the end of the question.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout: Option<u64>,
        /// Kept for what follows a timeout.
        #[serde(default, skip_serializing_if = "Spent::is_nothing")]
        spent: Spent,
    },
    /// A step waits for time to pass or for the answer to a call; inputs wait until the flow has gone on.
    #[serde(rename_all = "camelCase")]
    Suspended { program: ProgramHash, frames: Vec<Frame>, wait: u64, carried: Box<Carried> },
    /// A `wait: input` step waits for the next input, whatever it is.
    #[serde(rename_all = "camelCase")]
    Listen { program: ProgramHash, frames: Vec<Frame> },
    /// A human agent speaks with the user; the flow waits behind its `handover` step.
    #[serde(rename_all = "camelCase")]
    Handover { program: ProgramHash, frames: Vec<Frame>, to: String },
    /// `stop: session` ended it. Only its counters are kept, so that the next life of the session begins later
    /// than this one and their records stay apart.
    Ended,
}

/// What a flow takes along while it waits in the middle of an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Carried {
    pub input: Input,
    pub sequence: u64,
    /// The answer that was given to the last question: `input.result`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    #[serde(default, skip_serializing_if = "Spent::is_nothing")]
    pub spent: Spent,
    /// The input was a reminder.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reminded: bool,
}

/// What an input has used up of its bounds. A wait in between gives nothing back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spent {
    pub steps: u64,
    /// Runs of each `goto`, by the path of its step.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gotos: BTreeMap<String, u64>,
}

/// One flow on the stack. The innermost frame is the last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// The path of the step this frame stands at: the `ask` that waits, or the `run` it returns to.
    pub path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loops: Vec<Loop>,
}

/// One `each` step that is under way in a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Loop {
    pub path: String,
    pub items: Vec<Value>,
    pub index: usize,
}

impl Spent {
    pub fn is_nothing(&self) -> bool {
        *self == Spent::default()
    }
}

impl Position {
    /// The program it stands in.
    pub fn program(&self) -> Option<&ProgramHash> {
        match self {
            Position::Ask { program, .. }
            | Position::Suspended { program, .. }
            | Position::Listen { program, .. }
            | Position::Handover { program, .. } => Some(program),
            Position::Start | Position::Ended => None,
        }
    }

    /// The wait that ends this position when it is over.
    pub fn wait(&self) -> Option<u64> {
        match self {
            Position::Ask { timeout, .. } => *timeout,
            Position::Suspended { wait, .. } => Some(*wait),
            Position::Start | Position::Listen { .. } | Position::Handover { .. } | Position::Ended => None,
        }
    }
}

impl Session {
    /// Whether inputs have to wait until the flow has gone on.
    pub fn is_suspended(&self) -> bool {
        matches!(self.position, Position::Suspended { .. })
    }

    /// Until when it is kept when nothing more comes: `expire_ms` after its last turn, or after the last thing it waits for.
    pub fn expires_at(&self, expire_ms: u64) -> u64 {
        let last_due = self.waits.iter().map(|wait| wait.due_at).max().unwrap_or(0);
        self.last_active_at.max(last_due).saturating_add(expire_ms)
    }

    /// A session before its first input.
    pub fn new(id: SessionId, started_at: u64) -> Session {
        Session {
            id,
            started_at,
            last_active_at: started_at,
            turns: 0,
            inputs: 0,
            outputs: 0,
            withheld: 0,
            context: Map::new(),
            once: BTreeSet::new(),
            waited: 0,
            waits: Vec::new(),
            locale: None,
            timezone: None,
            position: Position::Start,
        }
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
