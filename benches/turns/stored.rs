//! How long a start takes with many sessions in the store: from the start of the process to its first 202.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use antiphon::clock;
use antiphon::model::{Session, SessionId};

use crate::load;
use crate::load::server::{Folder, Server};

const STARTS: usize = 5;
/// What a session remembers: the size of a small order.
const CONTEXT_BYTES: usize = 200;

/// The middle one of some starts, in milliseconds.
pub fn start_ms(sessions: usize) -> f64 {
    let folder = Folder::new("", "- say: \"{{ input.text }}\"\n");
    load::fill(&folder.state(), sessions, |writes, number| writes.session(&quiet(number)));
    let mut times: Vec<f64> = (0..STARTS).map(|_| start(&folder)).collect();
    times.sort_by(f64::total_cmp);
    times[STARTS / 2]
}

fn start(folder: &Folder) -> f64 {
    let since = Instant::now();
    let server = Server::antiphon(folder);
    let body = r#"{"userId":"new","sessionId":"1","text":"hello"}"#;
    let (path, length) = (&server.path, body.len());
    let head = "content-type: application/json\r\nconnection: close";
    let request =
        format!("POST {path} HTTP/1.1\r\nhost: bench\r\n{head}\r\ncontent-length: {length}\r\n\r\n{body}");
    let mut stream = TcpStream::connect(server.address).expect("the server listens");
    stream.write_all(request.as_bytes()).expect("the server listens");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).expect("the server answers");
    let took = since.elapsed().as_secs_f64() * 1e3;
    assert_eq!(&answer, b"HTTP/1.1 202");
    took
}

fn quiet(number: usize) -> Session {
    let [endpoint, user_id, session_id] = ["shop", &format!("user-{number}"), "1"].map(str::to_owned);
    let mut session = Session::new(SessionId { endpoint, user_id, session_id }, clock::now());
    session.inputs = 7;
    session.turns = 7;
    session.context.insert("order".to_owned(), "x".repeat(CONTEXT_BYTES).into());
    session
}
