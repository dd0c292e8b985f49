//! The sessions of an endpoint that live, and on request those that are over, a page at a time, in the order of the store.
//! What is told was flushed before.
//! A page costs a bounded number of rows, so it may hold fewer items than were asked for and still not be the last.

use actix_web::web::{self, Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::front::Front;
use super::input::header;
use super::look::settle_all;
use super::problem::{Kind, Problem};
use crate::clock;
use crate::model::{Position, Session, SessionKey};
use crate::store::{self, Store};

/// Sessions of one page, unless the caller asks for fewer.
const PAGE_MAX: usize = 100;
/// Rows that are read for one page: those of other endpoints lie among them. Some ten milliseconds of one core.
const ROWS_MAX: usize = 1_000;

#[derive(Deserialize)]
struct Asked {
    /// The `next` of the page before.
    cursor: Option<String>,
    limit: Option<usize>,
    /// Only sessions that were active at this time or later, milliseconds since 1970.
    since: Option<u64>,
    /// Also those that ended or expired.
    ended: Option<bool>,
}

/// Which sessions are wanted.
struct Wanted {
    endpoint: String,
    expire_ms: u64,
    now: u64,
    since: u64,
    ended: bool,
    limit: usize,
}

struct Page {
    sessions: Vec<Session>,
    /// The last row that was looked at, if there may be more.
    next: Option<SessionKey>,
}

pub async fn sessions(front: Data<Front>, endpoint: Path<String>, request: HttpRequest) -> HttpResponse {
    let listed = async {
        front.admit(header(request.headers(), "X-API-Key"))?;
        let endpoint = endpoint.into_inner();
        let unknown = || Problem::new(Kind::UnknownEndpoint, format!("there is no endpoint {endpoint:?}"));
        let expire_ms = front.engine.endpoint(&endpoint).ok_or_else(unknown)?.session.expire_ms;
        let (wanted, after) = wanted(endpoint, expire_ms, request.query_string())?;
        let now = wanted.now;
        let store = front.engine.store.clone();
        let page = web::block(move || page(&store, &wanted, after)).await.map_err(|_| unreadable())??;
        settle_all(&front).await?;
        let next = page.next.map(|key| key.to_string());
        let items: Vec<Value> =
            page.sessions.iter().map(|session| item(session, is_over(session, now, expire_ms))).collect();
        Ok(HttpResponse::Ok().json(json!({ "items": items, "next": next })))
    };
    listed.await.unwrap_or_else(Problem::respond)
}

fn wanted(endpoint: String, expire_ms: u64, query: &str) -> Result<(Wanted, Option<SessionKey>), Problem> {
    let wrong = |error| {
        Problem::new(
            Kind::InvalidInput,
            format!("limit and since (milliseconds) are whole numbers, ended is true or false: {error}"),
        )
    };
    let asked = Query::<Asked>::from_query(query).map_err(wrong)?.into_inner();
    let no_cursor = || Problem::new(Kind::InvalidInput, "cursor is what the page before gave as its next");
    let after = asked.cursor.map(|text| SessionKey::parse(&text).ok_or_else(no_cursor)).transpose()?;
    let limit = asked.limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let since = asked.since.unwrap_or(0);
    let ended = asked.ended.unwrap_or(false);
    Ok((Wanted { endpoint, expire_ms, now: clock::now(), since, ended, limit }, after))
}

fn page(store: &Store, wanted: &Wanted, mut after: Option<SessionKey>) -> Result<Page, store::Error> {
    let mut sessions = Vec::new();
    let mut rows = 0;
    while rows < ROWS_MAX {
        let read = store.sessions(after.as_ref(), PAGE_MAX)?;
        rows += PAGE_MAX;
        let last = read.len() < PAGE_MAX;
        for (key, session) in read {
            match session {
                Ok(session) => sessions.extend(session.filter(|session| wanted.has(session))),
                Err(error) => tracing::error!(session = %key, %error, "a session is left out of a list"),
            }
            after = Some(key);
            if sessions.len() == wanted.limit {
                return Ok(Page { sessions, next: after });
            }
        }
        if last {
            return Ok(Page { sessions, next: None });
        }
    }
    Ok(Page { sessions, next: after })
}

impl Wanted {
    fn has(&self, session: &Session) -> bool {
        let told = self.ended || !is_over(session, self.now, self.expire_ms);
        told && session.id.endpoint == self.endpoint && session.last_active_at >= self.since
    }
}

/// It ended or expired; its row stays, so that its next life begins later than this one.
pub(super) fn is_over(session: &Session, now: u64, expire_ms: u64) -> bool {
    session.position == Position::Ended || now >= session.expires_at(expire_ms)
}

fn item(session: &Session, over: bool) -> Value {
    let mut item = json!({
        "userId": session.id.user_id,
        "sessionId": session.id.session_id,
        "startedAt": session.started_at,
        "lastActiveAt": session.last_active_at,
        "turns": session.turns,
        "inputs": session.inputs,
        "outputs": session.outputs,
        "position": session.position,
    });
    if over {
        item["ended"] = true.into();
    }
    item
}

/// The thread that read was lost.
fn unreadable() -> Problem {
    Problem::new(Kind::Internal, "the list was not read to its end; the log of the server tells more")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SessionId;

    fn session(endpoint: &str, last_active_at: u64) -> Session {
        let [endpoint, user_id, session_id] = [endpoint, "u", "s"].map(str::to_owned);
        let id = SessionId { endpoint, user_id, session_id };
        Session { last_active_at, ..Session::new(id, 1) }
    }

    #[test]
    fn what_ended_expired_was_quiet_or_is_of_another_endpoint_is_not_listed() {
        let wanted = |since, ended| {
            let endpoint = "shop".to_owned();
            Wanted { endpoint, expire_ms: 1_000, now: 2_000, since, ended, limit: 9 }
        };
        let (of_late, all) = (wanted(1_500, false), wanted(0, false));
        assert!(of_late.has(&session("shop", 1_500)));
        assert!(!of_late.has(&session("other", 1_500)));
        assert!(!of_late.has(&session("shop", 1_499)));
        let ended = Session { position: Position::Ended, ..session("shop", 1_900) };
        assert!(!all.has(&session("shop", 1_000)) && !all.has(&ended));
        let with_ended = wanted(0, true);
        assert!(with_ended.has(&session("shop", 1_000)) && with_ended.has(&ended));
        assert!(!with_ended.has(&session("other", 1_500)));
    }
}
