//! The turns of a session as server-sent events: read, taken apart, and taken up again where they broke off.
//! A connection that is lost or silent is made anew for ever; only an answer that will not change ends it.

use std::time::Duration;

use antiphon::model::Record;
use awc::ClientResponse;
use awc::http::header;
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::time::timeout;
use url::Url;

use crate::cli::Error;
use crate::cli::door::Door;
use crate::cli::post::Reply;

pub struct Session {
    pub user: String,
    pub id: String,
}

/// The server writes a comment well before this; silence means that the connection is dead.
const SILENCE_MAX: Duration = Duration::from_secs(60);
const RECONNECT_AFTER: Duration = Duration::from_millis(300);
/// Before every turn, of the first life of a session too.
const BEGINNING: &str = "0-0";

impl Session {
    pub fn events_url(&self, door: &Door) -> Url {
        let Session { user, id } = self;
        door.url(&["api", "v1", "endpoints", &door.endpoint, "users", user, "sessions", id, "events"])
    }
}

/// Sends every turn of the session into `turns`, those that were and those to come, until nobody listens. The
/// server waits with us for a session that does not exist yet.
pub async fn follow(url: Url, admin_key: String, turns: mpsc::Sender<Result<Record, Error>>) {
    let client = awc::Client::builder().disable_redirects().timeout(SILENCE_MAX).finish();
    let mut last_id = BEGINNING.to_owned();
    while !turns.is_closed() {
        let request = client.get(url.as_str()).insert_header(("X-API-Key", admin_key.as_str()));
        let request = request.insert_header((header::ACCEPT, "text/event-stream"));
        match request.insert_header(("Last-Event-ID", last_id.as_str())).send().await {
            Ok(response) if response.status().is_success() => {
                read(response, &mut last_id, &turns).await;
            }
            Ok(response) if response.status().is_client_error() => {
                let problem = Reply::read(response).await.ok().and_then(|reply| reply.problem());
                let _ = turns.send(Err(Error::Refused(problem.unwrap_or_default()))).await;
                return;
            }
            Ok(_) | Err(_) => {}
        }
        tokio::time::sleep(RECONNECT_AFTER).await;
    }
}

async fn read<S>(
    mut response: ClientResponse<S>,
    last_id: &mut String,
    turns: &mpsc::Sender<Result<Record, Error>>,
) where
    S: futures_util::Stream<Item = Result<actix_web::web::Bytes, awc::error::PayloadError>> + Unpin,
{
    let mut parser = Parser::default();
    while let Ok(Some(Ok(bytes))) = timeout(SILENCE_MAX, response.next()).await {
        for event in parser.feed(&bytes) {
            let turn = serde_json::from_str(&event.data).map_err(Error::Turn);
            *last_id = event.id;
            if turns.send(turn).await.is_err() {
                return;
            }
        }
    }
}

#[derive(Debug, PartialEq)]
struct Event {
    id: String,
    data: String,
}

/// Bytes as they come off the wire, cut anywhere, to events, as the HTML standard defines them; lines end in
/// `\n` or `\r\n`.
#[derive(Default)]
struct Parser {
    line: Vec<u8>,
    id: String,
    data: Vec<String>,
}

impl Parser {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    events.extend(self.line(String::from_utf8_lossy(&line).trim_end_matches('\r')));
                }
                byte => self.line.push(*byte),
            }
        }
        events
    }

    /// An empty line ends an event; a line that begins with a colon is a comment.
    fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return (!data.is_empty()).then(|| Event { id: self.id.clone(), data: data.join("\n") });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.id = value.to_owned(),
            "data" => self.data.push(value.to_owned()),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

    use super::*;

    /// Sends the turn after the one that was seen last, and hangs up.
    async fn one_turn(request: HttpRequest) -> HttpResponse {
        let last = request.headers().get("Last-Event-ID").and_then(|id| id.to_str().ok()).unwrap_or_default();
        let turn: u64 = last.split_once('-').map_or(0, |(_, turn)| turn.parse().unwrap()) + 1;
        let input = r#"{"inputId":"i","traceId":"t","source":"user","receivedAt":1}"#;
        let record = format!(r#"{{"turn":{turn},"sequence":{turn},"at":1,"seed":1,"input":{input}}}"#);
        let event = format!("id: 7-{turn}\nevent: turn\ndata: {record}\n\n");
        let chunk = Ok::<_, actix_web::Error>(web::Bytes::from(event));
        HttpResponse::Ok().streaming(futures_util::stream::iter([chunk]))
    }

    #[actix_web::test]
    async fn a_stream_that_broke_is_taken_up_after_the_last_turn() {
        let server = HttpServer::new(|| App::new().default_service(web::to(one_turn))).workers(1);
        let server = server.bind(("127.0.0.1", 0)).unwrap();
        let url = Url::parse(&format!("http://{}/events", server.addrs()[0])).unwrap();
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let (sender, mut turns) = mpsc::channel(1);
        let follower = actix_web::rt::spawn(follow(url, "key".to_owned(), sender));
        for expected in 1..=3 {
            assert_eq!(turns.recv().await.unwrap().unwrap().turn, expected);
        }
        follower.abort();
        handle.stop(false).await;
    }

    fn event(id: &str, data: &str) -> Event {
        Event { id: id.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn an_event_is_read_whole_wherever_the_bytes_are_cut() {
        let bytes = "id: 7-1\nevent: turn\ndata: {\"ä\":1}\n\n".as_bytes();
        for cut in 0..bytes.len() {
            let mut parser = Parser::default();
            let mut events = parser.feed(&bytes[..cut]);
            events.extend(parser.feed(&bytes[cut..]));
            assert_eq!(events, [event("7-1", "{\"ä\":1}")], "cut at {cut}");
        }
    }

    #[test]
    fn comments_and_events_without_data_are_passed_over() {
        let mut parser = Parser::default();
        assert_eq!(parser.feed(b": keep-alive\n\nevent: ping\n\n"), []);
    }

    #[test]
    fn lines_of_data_are_joined_and_the_id_stays_until_the_next() {
        let mut parser = Parser::default();
        let events = parser.feed(b"id: 7-1\r\ndata: a\r\ndata:b\r\n\r\ndata: c\r\n\r\n");
        assert_eq!(events, [event("7-1", "a\nb"), event("7-1", "c")]);
    }

    #[test]
    fn an_event_that_broke_off_is_not_taken() {
        let mut parser = Parser::default();
        assert_eq!(parser.feed(b"id: 7-2\ndata: half"), []);
    }
}
