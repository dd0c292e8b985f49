//! What runs: the flows in all versions that are stored, the endpoints without their secrets, and the reload that
//! takes over an edited project.

use actix_web::web::{self, Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::front::Front;
use super::input::header;
use super::problem::{Kind, Problem};
use crate::model::{ProgramHash, ProgramSource};
use crate::project::{Endpoint, Project, Signer};
use crate::session::Refusal;

/// Flows of one page, unless the caller asks for fewer.
const PAGE_MAX: usize = 100;

#[derive(Deserialize)]
struct Page {
    /// The program that the page before ended with.
    cursor: Option<String>,
    limit: Option<usize>,
}

pub async fn reload(front: Data<Front>, request: HttpRequest) -> HttpResponse {
    let reloaded = async {
        front.admit(header(request.headers(), "X-API-Key"))?;
        if front.gate.is_closed() {
            return Err(Refusal::ShuttingDown.into());
        }
        let engine = front.engine.clone();
        let change = web::block(move || engine.reload()).await.map_err(panicked)??;
        Ok::<_, Problem>(HttpResponse::Ok().json(change))
    };
    reloaded.await.unwrap_or_else(Problem::respond)
}

pub async fn flows(front: Data<Front>, request: HttpRequest) -> HttpResponse {
    listed(&front, &request).unwrap_or_else(Problem::respond)
}

pub async fn flow(front: Data<Front>, hash: Path<String>, request: HttpRequest) -> HttpResponse {
    shown(&front, ProgramHash(hash.into_inner()), &request).unwrap_or_else(Problem::respond)
}

pub async fn endpoints(front: Data<Front>, request: HttpRequest) -> HttpResponse {
    let listed = || {
        front.admit(header(request.headers(), "X-API-Key"))?;
        let project = front.engine.project();
        let items: Vec<Value> =
            project.endpoints.values().map(|endpoint| without_secrets(endpoint)).collect();
        Ok(HttpResponse::Ok().json(json!({ "items": items })))
    };
    listed().unwrap_or_else(Problem::respond)
}

/// Every program of the project is in the store, so the rows of the store are all there are.
fn listed(front: &Front, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    front.admit(header(request.headers(), "X-API-Key"))?;
    let wrong = |error| {
        let detail =
            format!("cursor is the program that the page before ended with, limit a number: {error}");
        Problem::new(Kind::InvalidInput, detail)
    };
    let page = Query::<Page>::from_query(request.query_string()).map_err(wrong)?.into_inner();
    let limit = page.limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let mut stored = front.engine.store.programs(page.cursor.map(ProgramHash).as_ref(), limit + 1)?;
    let more = stored.len() > limit;
    stored.truncate(limit);
    let next = stored.last().map(|(hash, _)| hash.clone()).filter(|_| more);
    let project = front.engine.project();
    let items: Vec<Value> =
        stored.iter().map(|(hash, source)| version(&project, hash, &source.flow)).collect();
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": next })))
}

fn version(project: &Project, hash: &ProgramHash, flow: &str) -> Value {
    let starts = project.endpoints.values().filter(|endpoint| endpoint.program.hash == *hash);
    let endpoints: Vec<&str> = starts.map(|endpoint| endpoint.name.as_str()).collect();
    json!({ "flow": flow, "program": hash, "current": !endpoints.is_empty(), "endpoints": endpoints })
}

fn shown(front: &Front, hash: ProgramHash, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    front.admit(header(request.headers(), "X-API-Key"))?;
    let unknown = || {
        let detail = format!(
            "no version of a flow with the hash {:?} is stored; GET /api/v1/flows lists those that are",
            hash.0
        );
        Problem::new(Kind::UnknownFlow, detail)
    };
    let ProgramSource { flow, sources } = front.engine.store.program(&hash)?.ok_or_else(unknown)?;
    Ok(HttpResponse::Ok().json(json!({ "flow": flow, "sources": sources, "hash": hash })))
}

/// The token is a secret, and a webhook's path may be one.
fn without_secrets(endpoint: &Endpoint) -> Value {
    let signers = endpoint.webhook.iter().flat_map(|webhook| &webhook.signers);
    let public_keys: Vec<String> = signers.filter_map(Signer::public_key).collect();
    let webhook = endpoint.webhook.as_ref().and_then(|webhook| url::Url::parse(&webhook.url).ok());
    json!({
        "name": endpoint.name,
        "flow": endpoint.flow,
        "program": endpoint.program.hash,
        "enabled": endpoint.enabled,
        "locale": endpoint.locale,
        "timezone": endpoint.timezone,
        "path": "/{urlToken}",
        "webhook": webhook.map(|url| url.origin().ascii_serialization()),
        "publicKeys": public_keys,
    })
}

/// The project could not even be read to its end.
fn panicked(_: actix_web::error::BlockingError) -> Problem {
    Problem::new(Kind::Internal, "the project was not read to its end; the log of the server tells more")
}
