//! `GET /metrics`: what was counted, and what is there at this moment, for Prometheus. It names endpoints, not people.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::front::Front;
use super::problem::Problem;
use crate::clock;
use crate::metrics::Scrape;
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
    Ok(metrics.encode(&Scrape { now: clock::now(), sessions, deliveries: Vec::new(), breakers: Vec::new() }))
}

/// All shards are asked before the first is waited for.
async fn sessions(shards: &[Handles]) -> Result<usize, Refusal> {
    let ask = |shard: &Handles| {
        let (tell, told) = oneshot::channel();
        shard.switchboard.try_send(InMemory(tell)).map_err(|_| Refusal::Overloaded)?;
        Ok(told)
    };
    let asked = shards.iter().map(ask).collect::<Result<Vec<_>, Refusal>>()?;
    let told = join_all(asked).await;
    told.into_iter().map(|count| count.map_err(|_| Refusal::ShuttingDown)).sum()
}
