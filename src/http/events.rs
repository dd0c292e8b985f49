//! The transcript of a session as it grows: server-sent events, one for each turn.
//!
//! The id of an event is `{startedAt}-{turn}`; with `Last-Event-ID` a reader takes up where it was.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use tokio::sync::mpsc;

use super::front::Front;
use super::input::header;
use super::look::Named;
use super::problem::Problem;
use crate::session::{BEHIND_MAX, Event, Refusal, Watch};

/// A comment goes out after this time without an event, so that no proxy takes the stream for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A session that does not exist yet is waited for.
pub async fn events(front: Data<Front>, named: Path<Named>, request: HttpRequest) -> HttpResponse {
    watch(&front, named.into_inner(), &request).map_or_else(Problem::respond, |events| {
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/event-stream"))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .streaming(stream::unfold(events, |mut events| async {
                let bytes = match tokio::time::timeout(KEEP_ALIVE, events.recv()).await {
                    Ok(Some(event)) => written(&event),
                    Ok(None) => return None,
                    Err(_) => ": keep-alive\n\n".to_owned(),
                };
                Some((Ok::<_, Infallible>(Bytes::from(bytes)), events))
            }))
    })
}

fn watch(front: &Front, named: Named, request: &HttpRequest) -> Result<mpsc::Receiver<Event>, Problem> {
    front.admit(header(request.headers(), "X-API-Key"))?;
    if front.gate.is_closed() {
        return Err(Refusal::ShuttingDown.into());
    }
    let id = named.id(front)?;
    let after = header(request.headers(), "Last-Event-ID").and_then(number).unwrap_or((0, 0));
    let shard = front.engine.shard_of(&id.key()).ok_or(Refusal::Overloaded)?;
    let (events, stream) = mpsc::channel(2 * BEHIND_MAX);
    shard.switchboard.try_send(Watch { id, after, events }).map_err(|_| Refusal::Overloaded)?;
    Ok(stream)
}

fn number(id: &str) -> Option<(u64, u64)> {
    let (started_at, turn) = id.split_once('-')?;
    Some((started_at.parse().ok()?, turn.parse().ok()?))
}

fn written(event: &Event) -> String {
    let (started_at, turn) = event.number;
    format!("id: {started_at}-{turn}\nevent: turn\ndata: {}\n\n", event.record)
}
