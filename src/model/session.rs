//! The state of a session between two turns: all there is to know to go on, after any pause or crash.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Map, ProgramHash, SessionId};

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
    /// Outputs so far; what `antiphon-sequence` counts.
    pub outputs: u64,
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
    Ask { program: ProgramHash, frames: Vec<Frame>, failed: u32 },
    /// `stop: session` ended it. Only its counters are kept, so that the next life of the session begins later
    /// than this one and their records stay apart.
    Ended,
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

impl Session {
    /// A session before its first input.
    pub fn new(id: SessionId, started_at: u64) -> Session {
        Session {
            id,
            started_at,
            last_active_at: started_at,
            turns: 0,
            inputs: 0,
            outputs: 0,
            context: Map::new(),
            once: BTreeSet::new(),
            locale: None,
            timezone: None,
            position: Position::Start,
        }
    }
}
