//! The body of a posted input: read within its bound, and checked.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;

use super::problem::{Kind, Problem};
use crate::model::{self, Body};

/// For a body to arrive. A caller that is slower holds a connection for nothing.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// The bytes of a JSON body of at most `max`.
pub async fn read(request: &HttpRequest, payload: Payload, max: usize) -> Result<Bytes, Problem> {
    expect_json(request)?;
    read_any(payload, max).await
}

/// The bytes of a body of any kind.
pub async fn read_any(payload: Payload, max: usize) -> Result<Bytes, Problem> {
    let late =
        |_| Problem::new(Kind::InvalidInput, format!("the body did not arrive within {BODY_WITHIN:?}"));
    tokio::time::timeout(BODY_WITHIN, collect(payload, max)).await.map_err(late)?
}

async fn collect(mut payload: Payload, max: usize) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk
            .map_err(|error| Problem::new(Kind::InvalidInput, format!("the body broke off: {error}")))?;
        if body.len() + chunk.len() > max {
            let detail = format!("a body may have {max} bytes at the most (limits.bodyBytes)");
            return Err(Problem::new(Kind::TooLarge, detail));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn expect_json(request: &HttpRequest) -> Result<(), Problem> {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    model::expect_json(content_type.and_then(|value| value.to_str().ok()))
}

/// A body without the names of user and session; they were given elsewhere.
pub fn parse_words(bytes: &[u8], user_id: String, session_id: String) -> Result<Body, Problem> {
    let mut object = Body::object(bytes)?;
    object.insert("userId".to_owned(), user_id.into());
    object.insert("sessionId".to_owned(), session_id.into());
    Body::of(object).map_err(Problem::fields)
}
