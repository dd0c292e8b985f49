//! A customer's backend begins a conversation: it posts what its user wrote and gets 202 once the message
//! cannot be lost any more. What the bot says comes to the webhook: run `antiphon listen` or the example `receiver`.
//!
//!     cargo run --release -- serve
//!     cargo run --example start_conversation

use std::error::Error;
use std::time::Duration;

use awc::http::StatusCode;
use serde_json::{Value, json};

/// The door of data/endpoints/support.yaml.
const DOOR: &str = "http://127.0.0.1:8080/5f0c7d1ea94b3826d7f1a0c95be2346817fd0a9c3b5e8264d1907fac3be85d20";
const TRIES_MAX: u32 = 10;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let session = std::env::args().nth(1).unwrap_or_else(|| "1".to_owned());
    let client = awc::Client::default();
    for text in ["hello", "where is my order?", "123456"] {
        let accepted = post(&client, &session, text).await?;
        println!("\"{text}\" is input {} of session {session}", accepted["sequence"]);
    }
    Ok(())
}

/// Posts until there is an answer. The key makes it one input, however often it is posted: also when the
/// server was killed after it took the message and before it could say so.
async fn post(client: &awc::Client, session: &str, text: &str) -> Result<Value, Box<dyn Error>> {
    let body = json!({ "userId": "ann", "sessionId": session, "text": text });
    let key = uuid::Uuid::new_v4().to_string();
    for attempt in 1..=TRIES_MAX {
        let request = client.post(DOOR).insert_header(("Idempotency-Key", key.as_str()));
        match request.send_json(&body).await {
            Ok(mut response) if response.status() == StatusCode::ACCEPTED => {
                return Ok(response.json().await?);
            }
            // Busy or about to end: the same post may be taken later.
            Ok(response) if matches!(response.status().as_u16(), 429 | 503) => {}
            Ok(mut response) => {
                let problem: Value = response.json().await?;
                return Err(problem["detail"].as_str().unwrap_or("refused without a reason").into());
            }
            Err(error) => eprintln!("no answer: {error}"),
        }
        actix_web::rt::time::sleep(Duration::from_millis(200 * u64::from(attempt))).await;
    }
    Err("no answer; is `cargo run --release -- serve` running?".into())
}
