//! What goes out: one thing the user is to see, and the callback that carries it to the webhook.

use serde::{Deserialize, Serialize};

use super::{Map, SessionId};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    pub text: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub data: Map,
    pub source: Speaker,
}

/// Who the user hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Speaker {
    Bot,
    Agent,
}

/// One POST that is owed to a webhook. Its bytes are frozen when the turn is committed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Callback {
    /// Whose it is. The endpoint's webhook gets it; the address and secrets are looked up at each attempt.
    #[serde(flatten)]
    pub id: SessionId,
    /// Counts the session's outputs from 1: the header `antiphon-sequence`.
    pub sequence: u64,
    /// Milliseconds since 1970, when its turn ran.
    pub created_at: u64,
    pub body: String,
}

impl Output {
    /// The body of a callback as the reference system writes it: contract, section 4.
    pub fn body(&self, id: &SessionId, trace_id: &str) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            user_id: &'a str,
            session_id: &'a str,
            #[serde(rename = "AIOutput")]
            ai_output: AiOutput<'a>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct AiOutput<'a> {
            text: &'a str,
            data: &'a Map,
            trace_id: &'a str,
            disable_sensitive_logging: bool,
            source: Speaker,
        }
        let ai_output = AiOutput {
            text: &self.text,
            data: &self.data,
            trace_id,
            disable_sensitive_logging: false,
            source: self.source,
        };
        serde_json::to_string(&Body { user_id: &id.user_id, session_id: &id.session_id, ai_output })
            .expect("strings and JSON values always serialise")
    }
}
