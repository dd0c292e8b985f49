//! What comes in: the words of a user, or of another system that speaks into the session.

use serde::{Deserialize, Serialize};

use super::Map;

/// One accepted input. It is stored as it is here and handed to the turn unchanged, at once or after
/// waiting in the session's queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    pub input_id: String,
    pub trace_id: String,
    pub source: Source,
    /// Empty when only data came.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Map>,
    /// Milliseconds since 1970, when the server took it.
    pub received_at: u64,
}

/// The answer to a posted input: contract, section 3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    pub trace_id: String,
    pub input_id: String,
    pub sequence: u64,
}

/// What a transformer answered the caller itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// From 200 to 599.
    pub status: u16,
    /// With `content-type` if there is a body.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// All that the caller of a request that came to something was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Told {
    Accepted(Accepted),
    /// By the transformer, whether it dropped the input or not.
    Itself(Response),
    /// A transformer dropped the input.
    #[serde(rename_all = "camelCase")]
    Dropped {
        trace_id: String,
        dropped: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// The user wrote it.
    User,
    /// Another system spoke as if the user had: the flow runs.
    Inject,
    /// Another system speaks to the user: no flow runs, the input becomes an output.
    Notify,
    /// A human agent speaks to the user: likewise.
    Agent,
    /// The time that a question gave is over; nobody said anything.
    Timeout,
    /// A human agent gave the session back to its flow.
    Returned,
}

impl Told {
    pub fn dropped(trace_id: &str) -> Told {
        Told::Dropped { trace_id: trace_id.to_owned(), dropped: true }
    }

    /// The caller has to change something, or to come back later.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Told::Itself(response) if response.status >= 400)
    }
}

impl Accepted {
    pub fn of(input: &Input, sequence: u64) -> Accepted {
        Accepted { trace_id: input.trace_id.clone(), input_id: input.input_id.clone(), sequence }
    }
}
