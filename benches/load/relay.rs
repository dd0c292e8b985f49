//! The bare relay: parses a post, answers 202, posts it on. Nothing is kept, no order, no second try: what a turn costs before
//! any promise is made. This program serves it when `BENCH_RELAY_WEBHOOK` names the webhook.

use actix_web::web::{Data, Json};
use actix_web::{App, HttpResponse, HttpServer, web};
use serde::Deserialize;
use serde_json::json;

pub const WEBHOOK: &str = "BENCH_RELAY_WEBHOOK";
pub const PATH: &str = "/relay";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    user_id: String,
    session_id: String,
    text: String,
}

struct Out {
    client: awc::Client,
    webhook: String,
}

/// Until it is killed.
pub fn serve(webhook: &str) {
    let webhook = webhook.to_owned();
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let out = Out { client: awc::Client::default(), webhook: webhook.clone() };
            App::new().app_data(Data::new(out)).route(PATH, web::post().to(relay))
        });
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let server = server.workers(workers).bind("127.0.0.1:0").expect("there is a free port");
        println!("relay  http://{}{PATH}", server.addrs()[0]);
        server.run().await.expect("it serves until it is killed");
    });
}

async fn relay(input: Json<Input>, out: Data<Out>) -> HttpResponse {
    let Input { user_id, session_id, text } = input.into_inner();
    let trace_id = uuid::Uuid::new_v4().to_string();
    let body = json!({ "userId": user_id, "sessionId": session_id, "AIOutput": { "text": text, "traceId": trace_id } });
    let answer = json!({ "traceId": trace_id, "sequence": 1 });
    actix_web::rt::spawn(async move {
        let sent = out.client.post(&out.webhook).send_json(&body).await;
        sent.expect("the webhook takes everything");
    });
    HttpResponse::Accepted().json(answer)
}
