//! What is asked of a session and what it answers.

use std::sync::Arc;

use actix::Message;
use tokio::sync::oneshot;

use super::keys::KeyUnderWay;
use crate::edge::Change;
pub use crate::model::{Accepted, Refusal};
use crate::model::{Called, Input, Note, Response, SessionId};
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
    pub called: Vec<Called>,
    pub notes: Vec<Note>,
    pub storage: Option<Change>,
    /// What the caller is answered, if that is not as usual.
    pub response: Option<Response>,
}

pub type Reply = oneshot::Sender<Result<Accepted, Refusal>>;

/// The caller's key against doubles, and what it stands for.
pub struct Idempotency {
    pub key: String,
    /// Of what was posted: the same key with another one is a mistake of the caller.
    pub fingerprint: String,
    pub known: Known,
}

/// Where it is known what came with a key before.
pub enum Known {
    InSession,
    /// At the endpoint, where it was looked up before a transformer ran.
    AtEndpoint(KeyUnderWay),
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
