//! How long a start takes with many sessions in the store: from the start of the process to its first 202.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Instant;

use antiphon::clock;
use antiphon::model::{Session, SessionId};
use antiphon::store::{Settings, Store, Writes};

use crate::load::server::{Folder, Server};

const STARTS: usize = 5;
/// What a session remembers: the size of a small order.
const CONTEXT_BYTES: usize = 200;

/// The middle one of some starts, in milliseconds.
pub fn start_ms(sessions: usize) -> f64 {
    let folder = Folder::new("", "- say: \"{{ input.text }}\"\n");
    fill(&folder.state(), sessions);
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

fn fill(state: &Path, sessions: usize) {
    let settings = Settings {
        path: state.to_owned(),
        cache_bytes: 128 << 20,
        queue_max: 100,
        free_min_bytes: 0,
        free_min_percent: 0,
    };
    let store = Store::open(settings).expect("nobody else has it open");
    let numbers: Vec<usize> = (0..sessions).collect();
    for numbers in numbers.chunks(5_000) {
        let mut writes = Writes::new();
        numbers.iter().for_each(|number| writes.session(&quiet(*number)));
        store.commit_blocking(writes).expect("there is room on the disk");
    }
    store.close();
}

fn quiet(number: usize) -> Session {
    let [endpoint, user_id, session_id] = ["shop", &format!("user-{number}"), "1"].map(str::to_owned);
    let mut session = Session::new(SessionId { endpoint, user_id, session_id }, clock::now());
    session.inputs = 7;
    session.turns = 7;
    session.context.insert("order".to_owned(), "x".repeat(CONTEXT_BYTES).into());
    session
}
