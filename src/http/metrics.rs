//! `GET /metrics`: what was counted, and what is there at this moment, for Prometheus. It names endpoints, not people.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::front::Front;
use super::problem::Problem;
use crate::clock;
use crate::delivery::Look;
use crate::metrics::{Scrape, Sight};
use crate::session::{Handles, InMemory, Refusal};

/// The version of the text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub async fn metrics(front: Data<Front>) -> HttpResponse {
    match scraped(&front).await {
        Ok(text) => HttpResponse::Ok().insert_header((header::CONTENT_TYPE, TEXT)).body(text),
        Err(refusal) => Problem::from(refusal).respond(),
    }
}

async fn scraped(front: &Front) -> Result<String, Refusal> {
    let shards = front.engine.shards().ok_or(Refusal::Overloaded)?;
    let sessions = sessions(&shards).await?;
    let metrics = &front.engine.metrics;
    for endpoint in front.engine.project().endpoints.keys() {
        // Those of which nothing was counted are told too.
        metrics.endpoint(endpoint);
    }
    let (now, breakers) = (clock::now(), front.engine.deliveries.breakers());
    let deliveries = deliveries(&shards).await?;
    Ok(metrics.encode(&Scrape { now, sessions, deliveries, breakers }))
}

/// All shards are asked before the first is waited for.
async fn sessions(shards: &[Handles]) -> Result<usize, Refusal> {
    let counts = asked(shards, |shard, tell| shard.switchboard.try_send(InMemory(tell)).is_ok()).await?;
    Ok(counts.into_iter().sum())
}

async fn deliveries(shards: &[Handles]) -> Result<Vec<Sight>, Refusal> {
    asked(shards, |shard, tell| shard.delivery.try_send(Look(tell)).is_ok()).await
}

async fn asked<T>(
    shards: &[Handles],
    ask: impl Fn(&Handles, oneshot::Sender<T>) -> bool,
) -> Result<Vec<T>, Refusal> {
    let mut answers = Vec::new();
    for shard in shards {
        let (tell, told) = oneshot::channel();
        if !ask(shard, tell) {
            return Err(Refusal::Overloaded);
        }
        answers.push(told);
    }
    let told = join_all(answers).await;
    told.into_iter().map(|answer| answer.map_err(|_| Refusal::ShuttingDown)).collect()
}
