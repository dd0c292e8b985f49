//! What the store keeps beside sessions, records and callbacks: inputs that wait, what callers were
//! answered, attempts at a callback, and what was given up or set aside, with the reason.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Callback, Called, Input, Map, Note, SessionId, SessionKey};

/// An accepted input that waits for its turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Queued {
    pub id: SessionId,
    pub input: Input,
    /// Its place in the session: what its caller was answered.
    pub sequence: u64,
    /// The wait that it was until it was due, if it is a reminder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder: Option<u64>,
    /// Starts of the process that found it first in the queue: it may be what ends the process.
    #[serde(default)]
    pub tries: u32,
    /// What its transformer asked before it was accepted, and what happened then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub called: Vec<Called>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// What a session's transformers remember between two runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stored {
    /// Milliseconds since 1970; from then on there is nothing.
    pub expires_at: u64,
    pub values: Map,
}

/// What the caller who sent an `Idempotency-Key` was answered: within a session that is always where its input stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen<T> {
    /// A hash of the body: the same key with another body is refused.
    pub fingerprint: String,
    #[serde(flatten)]
    pub told: T,
    /// Milliseconds since 1970; forgotten 24 hours later.
    pub at: u64,
}

/// The tries at a callback, and when the next one is due. Those of a batch stand with its first callback.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempts {
    pub next_at: u64,
    /// Oldest first. Rows call it as they did when there was a bound to it.
    #[serde(rename = "last")]
    pub all: Vec<Attempt>,
    /// Why it is not tried again until a person says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
}

/// One try at a callback.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    pub at: u64,
    /// Milliseconds until the answer, or until it was given up.
    #[serde(default)]
    pub took_ms: u64,
    /// `503`, `no answer in time`, `no connection: …`
    pub outcome: String,
    /// The beginning of the body that came back: 4 KiB of the latest one, less of those before.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
}

/// Callbacks that go as one array, and go so again on every attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    pub members: Vec<Number>,
}

/// Which callback of all: the session, the start of its life, and the place among its callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Number {
    pub session: SessionKey,
    pub started_at: u64,
    pub sequence: u64,
}

/// What is kept of a callback that was delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    #[serde(flatten)]
    pub id: SessionId,
    pub started_at: u64,
    pub sequence: u64,
    /// Milliseconds since 1970, when its turn ran.
    pub created_at: u64,
    /// The `webhook-id` of the batch it went in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// All but the last one failed.
    pub attempts: Vec<Attempt>,
}

/// A callback that was given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    pub callback: Callback,
    pub reason: String,
    pub attempts: Vec<Attempt>,
    pub at: u64,
}

/// Something that could not be worked on and was set aside, so that its session can go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The key of the session, as hex digits.
    pub key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SessionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// The damaged bytes, as hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    pub reason: String,
    pub at: u64,
}

/// The flows a program was compiled from: enough to compile it again after a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramSource {
    /// The flow it starts with.
    pub flow: String,
    /// The YAML text of each flow, by name.
    pub sources: BTreeMap<String, String>,
}
