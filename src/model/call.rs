//! A call that a flow orders from another system over HTTP, and what came of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Those that anything here can call another system with. A flow's `http` step has fewer.
pub const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// What an `http` step sends, written out: nothing of it is decided any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// In capitals, like `POST`.
    pub method: String,
    pub url: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Of one try, milliseconds.
    pub timeout_ms: u64,
    /// Further tries when there is no answer, or one that says that it may be different next time.
    pub retries: u32,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum CallResult {
    /// Names of headers are in small letters; a header that came several times has its values joined with `, `.
    Answered { status: u16, headers: BTreeMap<String, String>, text: String },
    /// No whole answer, and why. Without the address: that may hold a secret.
    Failed { reason: String },
}

impl CallResult {
    /// Answered, with a status below 400.
    pub fn is_success(&self) -> bool {
        matches!(self, CallResult::Answered { status, .. } if *status < 400)
    }

    /// What a flow sees of it: `{status, headers, json, text}`, with `error` and status 0 when there was no answer.
    pub fn to_json(&self) -> Value {
        match self {
            CallResult::Answered { status, headers, text } => {
                let parsed: Value = serde_json::from_str(text).unwrap_or_default();
                json!({ "status": status, "headers": headers, "json": parsed, "text": text })
            }
            CallResult::Failed { reason } => {
                json!({ "status": 0, "headers": {}, "json": null, "text": "", "error": reason })
            }
        }
    }
}
