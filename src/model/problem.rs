//! The one table of errors: what can go wrong with a request, with its status and its name (contract, section 3), as RFC
//! 9457 `application/problem+json`. Plain data: whoever answers a request makes an answer of it.

use serde::Serialize;

use super::FieldError;

/// Seconds until a caller that was refused should come back: long enough for a queue to move on.
const RETRY_AFTER_SECONDS: u32 = 1;
/// A full disk or a restart takes longer.
const RETRY_LATER_SECONDS: u32 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    InvalidInput,
    Unauthorized,
    EndpointDisabled,
    UnknownEndpoint,
    UnknownSession,
    UnknownFlow,
    UnknownDelivery,
    MethodNotAllowed,
    KeyReused,
    NotHandedOver,
    TooLarge,
    UnsupportedMediaType,
    ProjectHasFaults,
    SessionBusy,
    Internal,
    TransformerFailed,
    Overloaded,
    StorageUnavailable,
    ShuttingDown,
}

/// An error as its caller gets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub kind: Kind,
    pub detail: String,
    pub errors: Vec<FieldError>,
    /// The method that is taken here.
    allow: Option<&'static str>,
    trace_id: Option<String>,
}

/// Why an input is not taken into its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
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

impl Kind {
    /// Status, name, title, and when to come back.
    fn row(self) -> (u16, &'static str, &'static str, Option<u32>) {
        match self {
            Kind::InvalidInput => (400, "invalid-input", "The input is not valid", None),
            Kind::Unauthorized => (401, "unauthorized", "A key is missing or wrong", None),
            Kind::EndpointDisabled => (403, "endpoint-disabled", "The endpoint is disabled", None),
            Kind::UnknownEndpoint => (404, "unknown-endpoint", "There is no such endpoint", None),
            Kind::UnknownSession => (404, "unknown-session", "There is no such session", None),
            Kind::UnknownFlow => (404, "unknown-flow", "There is no such version of a flow", None),
            Kind::UnknownDelivery => (404, "unknown-delivery", "There is no such delivery", None),
            Kind::MethodNotAllowed => (405, "method-not-allowed", "The method is not allowed here", None),
            Kind::KeyReused => (409, "key-reused", "The Idempotency-Key was used for another input", None),
            Kind::NotHandedOver => (409, "not-handed-over", "No human agent has the session", None),
            Kind::TooLarge => (413, "too-large", "The body is too large", None),
            Kind::UnsupportedMediaType => (415, "unsupported-media-type", "The body is not JSON", None),
            Kind::ProjectHasFaults => (422, "project-has-faults", "The project has faults", None),
            Kind::SessionBusy => (429, "session-busy", "The session is busy", Some(RETRY_AFTER_SECONDS)),
            Kind::Internal => (500, "internal", "The server failed", None),
            Kind::TransformerFailed => (502, "transformer-failed", "A transformer failed", None),
            Kind::Overloaded => (503, "overloaded", "The server is overloaded", Some(RETRY_AFTER_SECONDS)),
            Kind::StorageUnavailable => {
                (503, "storage-unavailable", "The server cannot store anything", Some(RETRY_LATER_SECONDS))
            }
            Kind::ShuttingDown => {
                (503, "shutting-down", "The server is shutting down", Some(RETRY_LATER_SECONDS))
            }
        }
    }
}

impl Problem {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Problem {
        Problem { kind, detail: detail.into(), errors: Vec::new(), allow: None, trace_id: None }
    }

    /// An input with these faults in its fields.
    pub fn fields(errors: Vec<FieldError>) -> Problem {
        let names: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let detail = format!("mend these fields: {}", names.join(", "));
        Problem { errors, ..Problem::new(Kind::InvalidInput, detail) }
    }

    /// Of an input that came in another way.
    pub fn only_post() -> Problem {
        Problem::new(Kind::MethodNotAllowed, "send a POST with a JSON body").allow("POST")
    }

    pub fn allow(mut self, method: &'static str) -> Problem {
        self.allow = Some(method);
        self
    }

    /// The trace that the caller's input was given.
    pub fn traced(mut self, trace_id: &str) -> Problem {
        self.trace_id = Some(trace_id.to_owned());
        self
    }

    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// What is wrong, in one line.
    pub fn told(&self) -> String {
        if self.errors.is_empty() {
            return self.detail.clone();
        }
        let errors = self.errors.iter().map(|error| format!("{} {}", error.field, error.detail));
        errors.collect::<Vec<_>>().join("; ")
    }

    pub fn status(&self) -> u16 {
        self.kind.row().0
    }

    /// Names in small letters.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let (_, _, _, retry_after) = self.kind.row();
        let mut headers = vec![("content-type", "application/problem+json".to_owned())];
        headers.extend(retry_after.map(|seconds| ("retry-after", seconds.to_string())));
        headers.extend(self.allow.map(|method| ("allow", method.to_owned())));
        headers
    }

    pub fn body(&self) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            r#type: String,
            title: &'a str,
            status: u16,
            detail: &'a str,
            trace_id: Option<&'a str>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            errors: &'a [FieldError],
        }
        let (status, name, title, _) = self.kind.row();
        let body = Body {
            r#type: format!("urn:antiphon:error:{name}"),
            title,
            status,
            detail: &self.detail,
            trace_id: self.trace_id(),
            errors: &self.errors,
        };
        serde_json::to_string(&body).expect("a problem is plain data")
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let kind = match refusal {
            Refusal::UnknownSession => Kind::UnknownSession,
            Refusal::KeyReused => Kind::KeyReused,
            Refusal::NotHandedOver => Kind::NotHandedOver,
            Refusal::Busy => Kind::SessionBusy,
            Refusal::Overloaded => Kind::Overloaded,
            Refusal::StorageUnavailable => Kind::StorageUnavailable,
            Refusal::Unreadable => Kind::Internal,
            Refusal::ShuttingDown => Kind::ShuttingDown,
        };
        Problem::new(kind, refusal.to_string())
    }
}
