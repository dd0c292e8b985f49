//! The transcript: one record a turn, with all that is needed to run the turn again.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Input, Map, Output, ProgramHash, Woken};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Counts the session's turns from 1.
    pub turn: u64,
    /// The input's place in the session: what its caller was answered.
    pub sequence: u64,
    /// The time the turn was given, milliseconds since 1970, and its seed.
    pub at: u64,
    pub seed: u64,
    /// The program that ran; none for a notify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<ProgramHash>,
    /// The profile as the turn found it, if its program reads or writes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Map>,
    /// What the turn is about. A turn that goes on after a wait is still about the input before it.
    pub input: Input,
    /// The wait that was over, if the turn begins with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub woken: Option<Woken>,
    /// The flow goes on with this input later, when it has what it waits for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Numbered>,
    /// What became of outputs on the way to the webhook, where a transformer changed anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transformed: Vec<Transformed>,
    /// The requests that transformers sent, of the input first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub called: Vec<Called>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// A request that a transformer sent. Without the path, the query and the body: secrets and people's words may be in them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// The function that sent it.
    pub hook: String,
    pub method: String,
    pub host: String,
    /// A status, or why there was no answer.
    pub outcome: String,
}

/// An output that did not go out as the flow said it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transformed {
    /// That of the output.
    pub sequence: u64,
    #[serde(flatten)]
    pub fate: Fate,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "fate")]
pub enum Fate {
    /// This was sent instead.
    Sent { value: Value },
    /// Nothing was sent.
    Dropped,
    /// Its transformer failed, and the endpoint aborts on errors: a dead letter.
    Buried { reason: String },
}

/// An output with its place in the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbered {
    pub sequence: u64,
    #[serde(flatten)]
    pub output: Output,
}

/// Something that happened in a turn and that a person may want to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub kind: NoteKind,
    /// `flows/support.yaml:12:7` where the step or expression stands; empty when it is about no place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NoteKind {
    /// Written by `log(…)` in a code step.
    Log,
    /// The turn went on, but something was not as its author meant.
    Warning,
    /// The turn ended here.
    Fault,
}

/// `handleOutput: POST gateway.example: 202`
impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Called { hook, method, host, outcome } = self;
        write!(f, "{hook}: {method} {host}: {outcome}")
    }
}
