//! What is asked of a session and what it answers.

use std::sync::Arc;

use actix::Message;
use serde::Serialize;
use thiserror::Error;
use tokio::sync::oneshot;

use crate::edge::Change;
use crate::model::{Input, Note, SessionId};
use crate::project::Endpoint;
use crate::store::Refused;
use crate::turn::life::Barred;

/// One input on its way to its session.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Post {
    pub id: SessionId,
    pub endpoint: Arc<Endpoint>,
    pub input: Input,
    pub once: Option<Idempotency>,
    pub brought: Brought,
    /// Answered when the input cannot be lost any more. Dropped without an answer: it was not accepted.
    pub reply: Reply,
}

/// What the transformer that made an input of it left behind: it is committed with the input.
#[derive(Debug, Default)]
pub struct Brought {
    pub notes: Vec<Note>,
    pub storage: Option<Change>,
}

pub type Reply = oneshot::Sender<Result<Accepted, Refusal>>;

/// The caller's key against doubles, and what it stands for.
#[derive(Clone, Debug)]
pub struct Idempotency {
    pub key: String,
    /// Of what was posted: the same key with another one is a mistake of the caller.
    pub fingerprint: String,
}

/// The answer to a posted input: contract, section 3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    pub trace_id: String,
    pub input_id: String,
    pub sequence: u64,
}

impl Accepted {
    pub fn of(input: &Input, sequence: u64) -> Accepted {
        Accepted { trace_id: input.trace_id.clone(), input_id: input.input_id.clone(), sequence }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("there is no such session; a session begins with its user's first message")]
    UnknownSession,
    #[error("this Idempotency-Key came with another body before; use a new key for a new input")]
    KeyReused,
    #[error("no human agent has this session; it is handed over by a step of its flow")]
    NotHandedOver,
    #[error("the session is busy; try again")]
    Busy,
    #[error("more inputs are under way than the server takes; try again")]
    Overloaded,
    #[error("the disk of the server is nearly full; nothing is accepted until there is room")]
    StorageUnavailable,
    #[error("something of this session in the store cannot be read; the log of the server tells more")]
    Unreadable,
    #[error("the server is shutting down; try again")]
    ShuttingDown,
}

impl From<Barred> for Refusal {
    fn from(barred: Barred) -> Refusal {
        match barred {
            Barred::UnknownSession => Refusal::UnknownSession,
            Barred::NotHandedOver => Refusal::NotHandedOver,
        }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Refusal {
        match refused {
            Refused::Overloaded => Refusal::Overloaded,
            Refused::DiskFull => Refusal::StorageUnavailable,
            Refused::Closing => Refusal::ShuttingDown,
        }
    }
}
