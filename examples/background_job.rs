//! A background job speaks into a live session: when the payment has come in, it injects that as an event, and
//! the flow answers the user. Then it notifies the user of something no flow has to decide.
//!
//!     cargo run --release -- serve
//!     cargo run --example start_conversation && cargo run --example background_job

use std::error::Error;
use std::time::Duration;

use awc::http::StatusCode;
use serde_json::{Value, json};

const SERVER: &str = "http://127.0.0.1:8080";
/// The token of data/endpoints/support.yaml.
const TOKEN: &str = "5f0c7d1ea94b3826d7f1a0c95be2346817fd0a9c3b5e8264d1907fac3be85d20";

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let session = std::env::args().nth(1).unwrap_or_else(|| "1".to_owned());
    let job = actix_web::rt::spawn(wait_for_payment());
    println!("the job is under way; the conversation goes on meanwhile");
    let paid = job.await?;

    let body = json!({ "userId": "ann", "sessionId": session, "data": paid });
    println!("injected as input {}", tell("inject", &body).await?["sequence"]);

    // Takes its place in the session's order: it is delivered after what the flow said about the payment.
    let body = json!({ "userId": "ann", "sessionId": session, "text": "Your invoice is in your mailbox." });
    println!("notified as input {}", tell("notify", &body).await?["sequence"]);
    Ok(())
}

/// Stands for whatever takes long: a payment, a shipment, a person who decides.
async fn wait_for_payment() -> Value {
    actix_web::rt::time::sleep(Duration::from_secs(1)).await;
    json!({ "event": "paid", "total": 40 })
}

async fn tell(how: &str, body: &Value) -> Result<Value, Box<dyn Error>> {
    let request = awc::Client::default().post(format!("{SERVER}/{how}/{TOKEN}"));
    let mut response =
        request.send_json(body).await.map_err(|error| format!("no answer from {SERVER}: {error}"))?;
    let answer: Value = response.json().await?;
    match response.status() {
        StatusCode::ACCEPTED => Ok(answer),
        // 404 unknown-session, for instance: a session begins with its user's first message.
        _ => Err(answer["detail"].as_str().unwrap_or("refused without a reason").into()),
    }
}
