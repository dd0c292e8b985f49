//! Errors as HTTP answers, and what of other layers becomes an error. The table of them is `model::Problem`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use crate::clock;
use crate::model::{FieldError, Refusal};
pub use crate::model::{Kind, Problem};
use crate::project::LoadError;
use crate::session::ReloadError;
use crate::store;
use crate::yaml::Fault;

impl Problem {
    /// A project with these faults; what ran before goes on.
    pub fn faults(faults: &[Fault]) -> Problem {
        let error = |fault: &Fault| FieldError { field: fault.place.to_string(), detail: fault.text.clone() };
        let detail = "the project was not taken over, what ran before goes on; mend these places";
        let mut problem = Problem::new(Kind::ProjectHasFaults, detail);
        problem.errors = faults.iter().map(error).collect();
        problem
    }

    /// What is not about an input has a trace of its own.
    pub fn respond(self) -> HttpResponse {
        let problem = if self.trace_id().is_some() { self } else { self.traced(&clock::id()) };
        let code = StatusCode::from_u16(problem.status()).expect("the table holds valid statuses");
        let mut response = HttpResponse::build(code);
        for header in problem.headers() {
            response.insert_header(header);
        }
        if problem.kind == Kind::TooLarge {
            // The rest of the body is not read.
            response.force_close();
        }
        response.body(problem.body())
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
