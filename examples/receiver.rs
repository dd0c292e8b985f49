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
    /// By session, and the start of its life.
    next: HashMap<(String, u64), u64>,
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
    let numbers = |name| header(name).split(',').map(|n| n.parse().unwrap_or(0)).collect::<Vec<u64>>();
    let mut received = received.lock().expect("no handler panics while it holds the lock");

    if !received.ids.insert(header("webhook-id").to_owned()) {
        // Our answer was lost, or came too late. It is done: say so again.
        return HttpResponse::NoContent().finish();
    }
    // One output, or a list of them where the endpoint has `batch`; the headers have a number for each.
    let outputs = body.as_array().cloned().unwrap_or_else(|| vec![body.into_inner()]);
    let headers = ["antiphon-started-at", "antiphon-sequence", "antiphon-skipped"].map(numbers);
    for (place, output) in outputs.iter().enumerate() {
        received.take(output, headers.each_ref().map(|numbers| numbers.get(place).copied().unwrap_or(0)));
    }
    // Only an answer of 2xx ends it, so it is given last.
    HttpResponse::NoContent().finish()
}

impl Received {
    /// Each life of a session counts its outputs from 1; `skipped` of them directly before this one were given up.
    fn take(&mut self, output: &Value, [started_at, sequence, skipped]: [u64; 3]) {
        let name = |field: &str| output[field].as_str().unwrap_or_default();
        let session = format!("{}/{}", name("userId"), name("sessionId"));
        // A receiver that is new takes up wherever the session stands.
        let next = self.next.entry((session.clone(), started_at)).or_insert(sequence);
        match sequence {
            // To have the missing one first, answer 503 here: this one is tried again later.
            late if late > *next + skipped => println!("{session} lacks {next} to {}", late - 1),
            late if late > *next => println!("{session}: {next} to {} were given up", late - 1),
            redelivered if redelivered < *next => println!("{session}: a dead letter came back"),
            _ => {}
        }
        *next = (sequence + 1).max(*next);
        println!("{session} #{sequence}: {}", output["AIOutput"]["text"].as_str().unwrap_or_default());
    }
}
