//! A session that a human agent has: the agent speaks to its user, and gives it back to its flow. Both take their place in
//! the session's order, as any input does.

use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::body;
use super::front::Front;
use super::input::{self, header};
use super::look::Named;
use super::problem::Problem;
use crate::clock;
use crate::model::Source;
use crate::session::Refusal;

/// `{text, data}`, as an input has them, without the names: those stand in the path.
pub async fn speak(
    front: Data<Front>,
    named: Path<Named>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let max = front.engine.project().settings.limits.body_bytes;
    post(&front, named.into_inner(), Source::Agent, &request, async || {
        body::read(&request, payload, max).await
    })
    .await
}

/// The flow goes on behind its `handover` step.
pub async fn give_back(front: Data<Front>, named: Path<Named>, request: HttpRequest) -> HttpResponse {
    let nothing = async || Ok(Bytes::from_static(br#"{"data":{}}"#));
    post(&front, named.into_inner(), Source::Returned, &request, nothing).await
}

async fn post(
    front: &Front,
    named: Named,
    source: Source,
    request: &HttpRequest,
    read: impl AsyncFnOnce() -> Result<Bytes, Problem>,
) -> HttpResponse {
    let trace_id = clock::id();
    let accepted = async {
        front.admit(header(request.headers(), "X-API-Key"))?;
        let id = named.id(front)?;
        let endpoint = front.engine.endpoint(&id.endpoint).ok_or(Refusal::UnknownSession)?;
        let body = body::parse_words(&read().await?, id.user_id, id.session_id)?;
        input::post(front, endpoint, source, body, request.headers(), &trace_id).await
    };
    accepted.await.map_or_else(|problem: Problem| problem.traced(&trace_id).respond(), input::accepted)
}
