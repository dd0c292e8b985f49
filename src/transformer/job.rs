//! What a run is made from, what it asks for and what comes of it: plain data. Only `Step` holds more, the run that
//! waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{chance::Seed, file::Transformer, run::Waiting};
use crate::model::{Call, Map, Response};

/// The functions that a file can export, each for another edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hook {
    Input,
    Output,
    ExecutionFinished,
    Inject,
    Notify,
}

/// How far a run may go.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// What it may compute in all its slices; what it waits for is not counted.
    pub computing_ms: u64,
    pub requests_max: usize,
    pub memory_bytes: usize,
    /// Of the result, the storage and the body of a response, as JSON each.
    pub result_bytes_max: usize,
}

/// All that a run is made from.
#[derive(Clone)]
pub struct Job {
    pub transformer: Arc<Transformer>,
    pub hook: Hook,
    /// The members of the one argument. `response` is added by the run for those hooks that can answer a caller.
    pub arguments: Map,
    /// The bytes of the request that is among them.
    pub raw_body: Option<Arc<[u8]>>,
    /// Milliseconds since 1970.
    pub now: u64,
    pub seed: Seed,
    pub bounds: Bounds,
    /// The user and session that the run belongs to. None: those that it asks the storage for first.
    pub of: Option<(String, String)>,
    /// The storage of that session, if it is known already.
    pub storage: Option<Map>,
}

/// What comes of going on with a run.
pub enum Step {
    Done(Done),
    Waits(Waiting),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Storage { user_id: String, session_id: String },
    Request(Request),
}

/// An HTTP request as it is to be sent. Whether it may be is for the caller to say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: BTreeMap<String, String>,
    pub body: Option<String>,
    /// What the transformer wants to wait at most.
    #[serde(rename = "timeout")]
    pub timeout_ms: Option<u64>,
}

impl Request {
    /// It is sent once: whether to try again is the transformer's to say.
    pub fn to_call(&self, timeout_ms: u64) -> Call {
        Call {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: self.headers.clone().into_iter().collect(),
            body: self.body.clone(),
            timeout_ms,
            retries: 0,
        }
    }
}

#[derive(Clone, Debug)]
pub enum Answer {
    Storage(Map),
    Answered { status: u16, headers: BTreeMap<String, String>, text: String },
    Failed(String),
}

#[derive(Debug)]
pub struct Done {
    /// What the function gave back, undefined as null. Whether it is of use is for the caller to say.
    pub result: Result<Value, Failure>,
    /// What it answered its caller itself.
    pub response: Option<Response>,
    /// The session's storage, if the run changed it. A run that failed changes nothing.
    pub storage: Option<Kept>,
    pub lines: Vec<Line>,
    /// How many requests it made.
    pub requests: usize,
}

/// A session's storage as the run found it and as it left it.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub user_id: String,
    pub session_id: String,
    pub found: Map,
    pub left: Map,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    pub text: String,
    /// In the user's file, from 1.
    pub line: Option<usize>,
    pub kind: FailureKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    Thrown,
    /// It computed for too long.
    OutOfTime,
    /// What it asked for did not come in time.
    WaitedTooLong,
    OutOfMemory,
    /// It awaits something that nobody will ever answer.
    NoEnd,
    /// The result, or the storage, cannot be kept as JSON.
    NotJson,
    TooLarge,
    TooManyRequests,
}

/// What went to `console`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub level: Level,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Hook {
    pub const ALL: [Hook; 5] =
        [Hook::Input, Hook::Output, Hook::ExecutionFinished, Hook::Inject, Hook::Notify];

    /// The name of the function in a file.
    pub fn function(self) -> &'static str {
        match self {
            Hook::Input => "handleInput",
            Hook::Output => "handleOutput",
            Hook::ExecutionFinished => "handleExecutionFinished",
            Hook::Inject => "handleInject",
            Hook::Notify => "handleNotify",
        }
    }

    /// The key that switches it on in the file of an endpoint.
    pub fn key(self) -> &'static str {
        match self {
            Hook::Input => "input",
            Hook::Output => "output",
            Hook::ExecutionFinished => "executionFinished",
            Hook::Inject => "inject",
            Hook::Notify => "notify",
        }
    }

    /// Whether somebody waits for an HTTP answer that the function may give.
    pub(super) fn answers(self) -> bool {
        match self {
            Hook::Input | Hook::Inject | Hook::Notify => true,
            Hook::Output | Hook::ExecutionFinished => false,
        }
    }
}
