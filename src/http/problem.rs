//! The one table of errors: what can go wrong, with its status and its name (contract, section 3), as RFC 9457
//! `application/problem+json`.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde::Serialize;

use crate::clock;
use crate::model::FieldError;
use crate::project::LoadError;
use crate::session::{Refusal, ReloadError};
use crate::store;
use crate::yaml::Fault;

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
#[derive(Debug)]
pub struct Problem {
    kind: Kind,
    detail: String,
    trace_id: String,
    errors: Vec<FieldError>,
    allow: Option<&'static str>,
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
        Problem { kind, detail: detail.into(), trace_id: clock::id(), errors: Vec::new(), allow: None }
    }

    /// An input with these faults in its fields.
    pub fn fields(errors: Vec<FieldError>) -> Problem {
        let names: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let detail = format!("mend these fields: {}", names.join(", "));
        Problem { errors, ..Problem::new(Kind::InvalidInput, detail) }
    }

    /// A project with these faults; what ran before goes on.
    pub fn faults(faults: &[Fault]) -> Problem {
        let error = |fault: &Fault| FieldError { field: fault.place.to_string(), detail: fault.text.clone() };
        let detail = "the project was not taken over, what ran before goes on; mend these places";
        let errors = faults.iter().map(error).collect();
        Problem { errors, ..Problem::new(Kind::ProjectHasFaults, detail) }
    }

    /// The trace that the caller's input was given.
    pub fn traced(mut self, trace_id: &str) -> Problem {
        trace_id.clone_into(&mut self.trace_id);
        self
    }

    pub fn allow(mut self, method: &'static str) -> Problem {
        self.allow = Some(method);
        self
    }

    pub fn respond(self) -> HttpResponse {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            r#type: String,
            title: &'a str,
            status: u16,
            detail: &'a str,
            trace_id: &'a str,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            errors: Vec<FieldError>,
        }
        let (status, name, title, retry_after) = self.kind.row();
        let code = StatusCode::from_u16(status).expect("the table holds valid statuses");
        let mut response = HttpResponse::build(code);
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if let Some(seconds) = retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(method) = self.allow {
            response.insert_header((header::ALLOW, method));
        }
        if self.kind == Kind::TooLarge {
            // The rest of the body is not read.
            response.force_close();
        }
        let body = Body {
            r#type: format!("urn:antiphon:error:{name}"),
            title,
            status,
            detail: &self.detail,
            trace_id: &self.trace_id,
            errors: self.errors,
        };
        response.body(serde_json::to_string(&body).expect("a problem is plain data"))
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

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Problem {
        tracing::error!(%error, "a request failed");
        Problem::new(
            Kind::Internal,
            "something in the store cannot be read; the log of the server tells more",
        )
    }
}

impl From<ReloadError> for Problem {
    fn from(error: ReloadError) -> Problem {
        match error {
            ReloadError::Load(LoadError::Faults(faults)) => Problem::faults(&faults),
            ReloadError::Load(error @ LoadError::NoFolder(_)) => {
                Problem::new(Kind::ProjectHasFaults, error.to_string())
            }
            ReloadError::Store(store::Error::Refused(refused)) => Refusal::from(refused).into(),
            ReloadError::Store(error) => error.into(),
        }
    }
}
