//! One user in one session, seen from outside: says things over the door, and is looked at over `/api/v1`.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::engine::Whereabouts;
use super::project::Project;
use super::wire::{Answer, Connection, JSON};

#[derive(Clone)]
pub struct Session {
    whereabouts: Arc<Whereabouts>,
    key_file: PathBuf,
    token: String,
    endpoint: String,
    user: String,
    session: String,
}

/// A live transcript.
pub struct Events {
    connection: Connection,
    buffer: String,
}

impl Session {
    pub(super) fn new(
        whereabouts: Arc<Whereabouts>,
        project: &Project,
        endpoint: &str,
        user: &str,
        session: &str,
    ) -> Session {
        let (key_file, token) = (project.state.join("admin.key"), project.token(endpoint));
        let (endpoint, user, session) = (endpoint.to_owned(), user.to_owned(), session.to_owned());
        Session { whereabouts, key_file, token, endpoint, user, session }
    }

    /// The user writes, and it is accepted. Its place in the session.
    pub fn says(&self, text: &str) -> u64 {
        self.try_say(text).sequence()
    }

    /// The user writes, whatever the answer.
    pub fn try_say(&self, text: &str) -> Answer {
        self.post("", &json!({ "text": text }), &[])
    }

    pub fn injects(&self, text: &str) -> u64 {
        self.post("/inject", &json!({ "text": text }), &[]).sequence()
    }

    pub fn notifies(&self, text: &str) -> u64 {
        self.post("/notify", &json!({ "text": text }), &[]).sequence()
    }

    /// A human agent speaks in it, whatever the answer.
    pub fn agent_says(&self, text: &str) -> Answer {
        self.manage("POST", "/agent", &json!({ "text": text }))
    }

    /// The human agent gives it back to its flow, whatever the answer.
    pub fn gives_back(&self) -> Answer {
        self.manage("DELETE", "/handover", &json!({}))
    }

    /// `how` is empty, `/inject` or `/notify`; `what` holds text and data.
    pub fn post(&self, how: &str, what: &Value, headers: &[(&str, &str)]) -> Answer {
        let mut connection = self.connect().expect("the server is ready");
        self.post_over(&mut connection, how, what, headers).expect("the server answers")
    }

    /// Waits until the server is up.
    pub fn connect(&self) -> io::Result<Connection> {
        Connection::open(self.whereabouts.get())
    }

    pub fn post_over(
        &self,
        connection: &mut Connection,
        how: &str,
        what: &Value,
        headers: &[(&str, &str)],
    ) -> io::Result<Answer> {
        let mut body = what.clone();
        body["userId"] = json!(self.user);
        body["sessionId"] = json!(self.session);
        let headers = [&[JSON], headers].concat();
        connection.post(&format!("{how}/{}", self.token), &headers, body.to_string().as_bytes())
    }

    pub fn state(&self) -> Value {
        self.get("").json()
    }

    /// Every turn of the session, over as many pages as it takes.
    pub fn transcript(&self) -> Vec<Value> {
        let (mut turns, mut cursor) = (Vec::new(), 0);
        loop {
            let page = self.get(&format!("/transcript?cursor={cursor}&limit=50")).json();
            turns.extend(page["items"].as_array().expect("a page has items").iter().cloned());
            let Some(next) = page["next"].as_u64() else { return turns };
            cursor = next;
        }
    }

    /// The faults in its transcript.
    pub fn faults(&self) -> Vec<String> {
        let transcript = self.transcript();
        let notes = transcript.iter().filter_map(|turn| turn["notes"].as_array()).flatten();
        let faults = notes.filter(|note| note["kind"] == "fault");
        faults.map(|note| note["text"].as_str().expect("a note has a text").to_owned()).collect()
    }

    pub fn get(&self, rest: &str) -> Answer {
        let mut connection = self.ask("GET", rest, &[], b"");
        connection.answer().expect("the server answers")
    }

    /// The live transcript from here on, or after the event of this id.
    pub fn events(&self, last_event_id: Option<&str>) -> Events {
        let header = last_event_id.map(|id| ("last-event-id", id));
        let mut connection = self.ask("GET", "/events", header.as_slice(), b"");
        let head = connection.head().expect("the server answers");
        assert_eq!(head.header("content-type"), Some("text/event-stream"), "{head:?}");
        Events { connection, buffer: String::new() }
    }

    fn manage(&self, method: &str, rest: &str, body: &Value) -> Answer {
        let mut connection = self.ask(method, rest, &[JSON], body.to_string().as_bytes());
        connection.answer().expect("the server answers")
    }

    fn ask(&self, method: &str, rest: &str, headers: &[(&str, &str)], body: &[u8]) -> Connection {
        let Session { endpoint, user, session, .. } = self;
        let path = format!("/api/v1/endpoints/{endpoint}/users/{user}/sessions/{session}{rest}");
        let key = std::fs::read_to_string(&self.key_file).expect("the first start makes a key");
        let headers = [&[("x-api-key", key.trim())], headers].concat();
        let mut connection = self.connect().expect("the server is ready");
        connection.send(method, &path, &headers, body).expect("the server is ready");
        connection
    }
}

impl Events {
    /// The id and the record of the next turn.
    pub fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let event = event.to_owned();
                self.buffer = rest.to_owned();
                if let Some(turn) = turn(&event) {
                    return turn;
                }
                continue;
            }
            let chunk = self.connection.chunk().expect("the stream goes on");
            assert!(!chunk.is_empty(), "the stream ended");
            self.buffer += &String::from_utf8(chunk).expect("events are text");
        }
    }
}

/// None for a comment.
fn turn(event: &str) -> Option<(String, Value)> {
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
    let record = serde_json::from_str(field("data: ")?).expect("a record is JSON");
    Some((field("id: ")?.to_owned(), record))
}
