//! Looking at the server and at sessions. What is told was flushed before.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;

use super::front::Front;
use super::input::header;
use super::list::is_over;
use super::problem::{Kind, Problem};
use crate::clock;
use crate::model::{Position, Session, SessionId, SessionKey};
use crate::session::{Handles, Refusal, Settle};

/// Records of one page, unless the caller asks for fewer.
const PAGE_MAX: usize = 100;

#[derive(Deserialize)]
pub struct Named {
    endpoint: String,
    user: String,
    session: String,
}

/// Which state is wanted.
#[derive(Deserialize)]
struct Asked {
    /// Also that of a session that ended or expired.
    ended: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// Of the life that began then, whether it still lives or not; if absent, of the one that lives.
    started_at: Option<u64>,
    /// The cursor that the page before ended with.
    cursor: Option<u64>,
    limit: Option<usize>,
}

pub async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

pub async fn ready(front: Data<Front>) -> HttpResponse {
    if front.gate.is_closed() {
        return Problem::from(Refusal::ShuttingDown).respond();
    }
    match (front.engine.store.accepting(), front.engine.shards()) {
        (Ok(()), Some(_)) => HttpResponse::Ok().json(json!({ "status": "ready" })),
        (Err(refused), _) => Problem::from(Refusal::from(refused)).respond(),
        (Ok(()), None) => Problem::from(Refusal::Overloaded).respond(),
    }
}

pub async fn state(front: Data<Front>, named: Path<Named>, request: HttpRequest) -> HttpResponse {
    let looked = async {
        let wrong = |error| Problem::new(Kind::InvalidInput, format!("ended is true or false: {error}"));
        let asked = Query::<Asked>::from_query(request.query_string()).map_err(wrong)?;
        let session = last_life(&front, &request, named.into_inner()).await?;
        let session = session.ok_or(Refusal::UnknownSession)?;
        if session.position == Position::Ended && asked.ended != Some(true) {
            return Err(Refusal::UnknownSession.into());
        }
        let expire_ms =
            front.engine.endpoint(&session.id.endpoint).map(|endpoint| endpoint.session.expire_ms);
        let over = is_over(&session, clock::now(), expire_ms.unwrap_or(u64::MAX));
        let Session {
            id, started_at, last_active_at, turns, inputs, outputs, context, waits, position, ..
        } = session;
        Ok(HttpResponse::Ok().json(json!({
            "endpoint": id.endpoint,
            "userId": id.user_id,
            "sessionId": id.session_id,
            "startedAt": started_at,
            "lastActiveAt": last_active_at,
            "turns": turns,
            "inputs": inputs,
            "outputs": outputs,
            "context": context,
            "waits": waits,
            "ended": over,
            "position": position,
        })))
    };
    looked.await.unwrap_or_else(Problem::respond)
}

pub async fn transcript(front: Data<Front>, named: Path<Named>, request: HttpRequest) -> HttpResponse {
    let looked = async {
        let wrong = |error| {
            Problem::new(
                Kind::InvalidInput,
                format!("cursor, limit and startedAt are whole numbers: {error}"),
            )
        };
        let page = Query::<Page>::from_query(request.query_string()).map_err(wrong)?;
        let limit = page.limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
        let after = page.cursor.unwrap_or(0);
        let session = last_life(&front, &request, named.into_inner()).await?;
        let session = session.ok_or(Refusal::UnknownSession)?;
        let asked = match page.started_at {
            Some(started_at) => started_at == session.started_at,
            None => session.position != Position::Ended,
        };
        if !asked {
            return Err(Refusal::UnknownSession.into());
        }
        let started_at = session.started_at;
        // No further than the state that was settled.
        let mut records = front.engine.store.transcript(&session.id.key(), started_at, after, limit)?;
        records.retain(|record| record.turn <= session.turns);
        let next = records.last().map(|record| record.turn).filter(|turn| *turn < session.turns);
        Ok(HttpResponse::Ok().json(json!({ "startedAt": started_at, "items": records, "next": next })))
    };
    looked.await.unwrap_or_else(Problem::respond)
}

/// Inputs and states that were set aside.
pub async fn quarantine(front: Data<Front>, request: HttpRequest) -> HttpResponse {
    let looked = async {
        front.admit(header(request.headers(), "X-API-Key"))?;
        let items = front.engine.store.quarantined(PAGE_MAX)?;
        Ok(HttpResponse::Ok().json(json!({ "items": items })))
    };
    looked.await.unwrap_or_else(Problem::respond)
}

impl Named {
    /// The session that is named, if its endpoint exists.
    pub fn id(self, front: &Front) -> Result<SessionId, Problem> {
        if front.engine.endpoint(&self.endpoint).is_none() {
            return Err(Problem::new(
                Kind::UnknownEndpoint,
                format!("there is no endpoint {:?}", self.endpoint),
            ));
        }
        Ok(SessionId { endpoint: self.endpoint, user_id: self.user, session_id: self.session })
    }
}

/// As the store has it, though it may be over.
async fn last_life(front: &Front, request: &HttpRequest, named: Named) -> Result<Option<Session>, Problem> {
    front.admit(header(request.headers(), "X-API-Key"))?;
    let key = named.id(front)?.key();
    let read = front.engine.store.session(&key)?;
    settle(front, &key).await?;
    Ok(read)
}

/// What was read may be ahead of the disk: waits until it is flushed.
async fn settle(front: &Front, key: &SessionKey) -> Result<(), Refusal> {
    let shard = front.engine.shard_of(key).ok_or(Refusal::Overloaded)?;
    settled(shard)?.await.map_err(|_| Refusal::Overloaded)
}

/// The same for what was read of the sessions of all shards.
pub async fn settle_all(front: &Front) -> Result<(), Refusal> {
    let shards = front.engine.shards().ok_or(Refusal::Overloaded)?;
    // All are asked before the first is waited for.
    let asked = shards.iter().map(settled).collect::<Result<Vec<_>, _>>()?;
    let answers = join_all(asked).await;
    if answers.iter().all(Result::is_ok) { Ok(()) } else { Err(Refusal::Overloaded) }
}

fn settled(shard: &Handles) -> Result<oneshot::Receiver<()>, Refusal> {
    let (done, settled) = oneshot::channel();
    shard.switchboard.try_send(Settle(done)).map_err(|_| Refusal::Overloaded)?;
    Ok(settled)
}
