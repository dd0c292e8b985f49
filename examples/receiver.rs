//! A webhook receiver: takes every output once and in order. Delivery is at least once, so a callback that was
//! here before is known by its `webhook-id`; each session's outputs are numbered, so order can be checked.
//!
//!     cargo run --release -- serve
//!     cargo run --example receiver
//!     cargo run --example start_conversation

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use actix_web::web::{Data, Json};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, post};
use serde_json::Value;

/// A real receiver keeps both in its database, in the transaction that stores the output.
#[derive(Default)]
struct Received {
    ids: HashSet<String>,
    next: HashMap<String, u64>,
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let received = Data::new(Mutex::new(Received::default()));
    println!("waiting for callbacks at http://127.0.0.1:9000/callback");
    HttpServer::new(move || App::new().app_data(received.clone()).service(callback))
        .workers(1)
        .bind(("127.0.0.1", 9000))?
        .run()
        .await
}

#[post("/callback")]
async fn callback(request: HttpRequest, body: Json<Value>, received: Data<Mutex<Received>>) -> HttpResponse {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = |field: &str| body[field].as_str().unwrap_or_default();
    let session = format!("{}/{}", name("userId"), name("sessionId"));
    let sequence: u64 = header("antiphon-sequence").parse().unwrap_or_default();
    let mut received = received.lock().expect("no handler panics while it holds the lock");

    if received.ids.contains(header("webhook-id")) {
        // Our answer was lost, or came too late. It is done: say so again.
        return HttpResponse::NoContent().finish();
    }
    // 1 begins a session; a receiver that is new takes up wherever the session stands.
    let next = received.next.entry(session.clone()).or_insert(sequence);
    match sequence {
        // To have the missing one first, answer 503 here: this one is tried again later.
        late if late > *next => println!("{session} lacks {next} to {}", late - 1),
        redelivered if redelivered < *next && redelivered != 1 => {
            println!("{session}: a dead letter came back")
        }
        _ => {}
    }
    *next = sequence + 1;
    received.ids.insert(header("webhook-id").to_owned());
    println!("{session} #{sequence}: {}", body["AIOutput"]["text"].as_str().unwrap_or_default());
    // Only an answer of 2xx ends it, so it is given last.
    HttpResponse::NoContent().finish()
}
