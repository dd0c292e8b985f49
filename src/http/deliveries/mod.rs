//! Callbacks as people see them: those owed, given up and delivered, each with its attempts; and what a person asks for one of
//! them, which its delivery actor does. What is told was flushed before.
//!
//! `wanted` reads what is asked for, `page` and `one` read the store on a thread that may block, `known` is what they found.

mod known;
mod one;
mod page;
mod wanted;

use actix::{Handler, Message};
use actix_web::web::{self, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::front::Front;
use super::input::header;
use super::look::settle_all;
use super::problem::{Kind, Problem};
use crate::delivery::{Asked, Batches, Delivery, GiveUp, Redeliver};
use crate::model::Number;
use crate::session::Refusal;
use crate::store::Store;
use known::State;

pub async fn list(front: Data<Front>, request: HttpRequest) -> HttpResponse {
    listed(&front, &request, &State::ALL).await.unwrap_or_else(Problem::respond)
}

/// Those that wait for a person.
pub async fn dead(front: Data<Front>, request: HttpRequest) -> HttpResponse {
    listed(&front, &request, &[State::Blocked, State::Dead]).await.unwrap_or_else(Problem::respond)
}

pub async fn one(front: Data<Front>, id: Path<String>, request: HttpRequest) -> HttpResponse {
    let looked = async {
        front.admit(header(request.headers(), "X-API-Key"))?;
        let id = id.into_inner();
        let read = reading(&front, move |store, batches| one::whole(store, batches, &id)).await?;
        settle_all(&front).await?;
        Ok(HttpResponse::Ok().json(read?))
    };
    looked.await.unwrap_or_else(Problem::respond)
}

pub async fn redeliver(front: Data<Front>, id: Path<String>, request: HttpRequest) -> HttpResponse {
    let message = |number, reply| Redeliver { number, reply };
    asked(&front, &request, id.into_inner(), message).await.unwrap_or_else(Problem::respond)
}

/// It is given up: no further attempt.
pub async fn bury(front: Data<Front>, id: Path<String>, request: HttpRequest) -> HttpResponse {
    let message = |number, reply| GiveUp { number, reply };
    asked(&front, &request, id.into_inner(), message).await.unwrap_or_else(Problem::respond)
}

/// A page of those in one of `states`.
async fn listed(front: &Front, request: &HttpRequest, states: &[State]) -> Result<HttpResponse, Problem> {
    front.admit(header(request.headers(), "X-API-Key"))?;
    let (wanted, from) = wanted::read(request.query_string(), states)?;
    let page = reading(front, move |store, batches| page::read(store, batches, &wanted, from)).await??;
    settle_all(front).await?;
    let items: Vec<Value> = page.items.iter().map(known::Found::item).collect();
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": next })))
}

async fn asked<M>(
    front: &Front,
    request: &HttpRequest,
    id: String,
    message: impl FnOnce(Number, oneshot::Sender<Asked>) -> M,
) -> Result<HttpResponse, Problem>
where
    M: Message<Result = ()> + Send + 'static,
    Delivery: Handler<M>,
{
    front.admit(header(request.headers(), "X-API-Key"))?;
    if front.gate.is_closed() {
        return Err(Refusal::ShuttingDown.into());
    }
    front.engine.store.accepting().map_err(Refusal::from)?;
    let number = one::number(&front.engine.deliveries.batches, &id)?;
    let shard = front.engine.shard_of(&number.session).ok_or(Refusal::Overloaded)?;
    let (reply, answer) = oneshot::channel();
    shard.delivery.send(message(number, reply)).await.map_err(|_| Refusal::ShuttingDown)?;
    // An actor that could not write it down drops the reply.
    let asked = match answer.await.unwrap_or(Asked::NotNow) {
        Asked::Done => "done",
        Asked::UnderWay => "underWay",
        Asked::NotNow => return Err(Problem::new(Kind::Overloaded, NOT_NOW)),
        Asked::Unknown => {
            return Err(
                reading(front, move |store, batches| one::why_not(store, batches, &id, &number)).await?
            );
        }
    };
    Ok(HttpResponse::Accepted().json(json!({ "id": id, "asked": asked })))
}

const NOT_NOW: &str = "its endpoint has no webhook now, or the store takes nothing; see the endpoint and the log of the server, \
                       then ask again";

/// On a thread that may block.
async fn reading<T: Send + 'static>(
    front: &Front,
    read: impl FnOnce(&Store, &Batches) -> T + Send + 'static,
) -> Result<T, Problem> {
    let engine = front.engine.clone();
    let lost = |_| {
        Problem::new(Kind::Internal, "the store was not read to its end; the log of the server tells more")
    };
    web::block(move || read(&engine.store, &engine.deliveries.batches)).await.map_err(lost)
}
