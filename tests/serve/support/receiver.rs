//! A webhook on a free port. It keeps every request in the order they came, and answers as the test says:
//! `receiver.answers(Reply::Status(503)).times(2)`. Without a word from the test it takes everything with 204.

use std::collections::{HashSet, VecDeque};
use std::io::{self, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

use super::wire::Head;
use super::{Chance, PATIENCE};

/// Between two bytes of a body that comes slowly.
const TRICKLE_EVERY: Duration = Duration::from_millis(20);

pub struct Receiver {
    shared: Arc<Shared>,
    address: SocketAddr,
    listening: Option<JoinHandle<()>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reply {
    Status(u16),
    /// 200 with this body.
    Json(&'static str),
    /// This status with this body.
    Says(u16, &'static str),
    /// This status with `Retry-After` in seconds.
    Later(u16, u64),
    /// 302 to another path of this receiver.
    Redirect,
    /// No answer until `goes_on`, then 204.
    Hang,
    /// 200 with the promise of a body that never comes.
    Endless,
    /// The line is cut without an answer.
    Cut,
    /// It is cut in the middle of the answer.
    CutHalfway,
    /// Something that is no HTTP.
    Garbage,
    /// 500 with a body of 20 MB.
    Huge,
    /// 500 with a body that comes byte by byte, for as long as the other side reads it.
    Trickle,
    /// No answer for as long as the other side waits.
    Stall,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Callback {
    pub head: Head,
    pub body: Vec<u8>,
    /// It was answered 2xx.
    pub taken: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    got: Vec<Callback>,
    taken: usize,
    /// The `webhook-id` of each callback that was taken.
    ids: HashSet<String>,
    replies: VecDeque<Reply>,
    always: Option<Reply>,
    /// What is answered when the test said nothing else.
    chance: Option<Chance>,
    /// Requests that hang wait until this is larger than at their start.
    releases: u64,
    hanging: usize,
    hanging_max: usize,
    connections: Vec<TcpStream>,
    closed: bool,
}

/// The first half of a sentence: what is answered.
pub struct Answers<'a> {
    receiver: &'a Receiver,
    reply: Reply,
}

impl Receiver {
    pub fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared::default());
        let listening = Some(thread::spawn({
            let shared = shared.clone();
            move || shared.listen(&listener)
        }));
        Receiver { shared, address, listening }
    }

    /// Where flows call it, without the path.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn url(&self) -> String {
        format!("http://{}/callback", self.address)
    }

    pub fn answers(&self, reply: Reply) -> Answers<'_> {
        Answers { receiver: self, reply }
    }

    /// From now on chance decides: about half of what comes is taken, and everything else that can happen happens.
    pub fn answers_by_chance(&self, chance: Chance) {
        self.shared.lock().chance = Some(chance);
    }

    /// What hangs is answered; from now on everything is taken.
    pub fn goes_on(&self) {
        let mut state = self.shared.lock();
        state.always = None;
        state.chance = None;
        state.releases += 1;
        self.shared.changed.notify_all();
    }

    /// Waits until so many requests came, also those that were not taken.
    pub fn requests(&self, count: usize) -> Vec<Callback> {
        self.shared.wait(count, |state| state.got.len()).got.clone()
    }

    /// Waits until so many more requests came than until now.
    pub fn hears(&self, more: usize) {
        let before = self.shared.lock().got.len();
        drop(self.shared.wait(before + more, |state| state.got.len()));
    }

    /// Waits until so many callbacks were taken, and returns them.
    pub fn got(&self, count: usize) -> Vec<Callback> {
        taken(&self.shared.wait(count, |state| state.taken))
    }

    /// Waits until so many different ones were taken, and returns all that were, doubles too.
    pub fn got_different(&self, count: usize) -> Vec<Callback> {
        taken(&self.shared.wait(count, |state| state.ids.len()))
    }

    /// Waits until what was taken is enough, and returns it.
    pub fn got_enough(&self, enough: impl Fn(&[Callback]) -> bool) -> Vec<Callback> {
        let count = |state: &State| usize::from(enough(&taken(state)));
        taken(&self.shared.wait(1, count))
    }

    /// The texts of the first so many.
    pub fn texts(&self, count: usize) -> Vec<String> {
        texts(&self.got(count))
    }

    /// The most requests that hung at the same time.
    pub fn hanging_max(&self) -> usize {
        self.shared.lock().hanging_max
    }
}

impl Answers<'_> {
    /// The next so many requests, after those that were spoken of before.
    pub fn times(self, count: usize) {
        self.receiver.shared.lock().replies.extend(vec![self.reply; count]);
    }

    /// Everything that nothing else was said about.
    pub fn always(self) {
        self.receiver.shared.lock().always = Some(self.reply);
    }
}

pub fn texts(callbacks: &[Callback]) -> Vec<String> {
    callbacks.iter().map(Callback::text).collect()
}

impl Callback {
    pub fn header(&self, name: &str) -> &str {
        self.head.header(name).unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub fn text(&self) -> String {
        self.json()["AIOutput"]["text"].as_str().expect("an output has a text").to_owned()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with this lock")
    }

    /// Until there are so many of what is counted.
    fn wait(&self, wanted: usize, count: impl Fn(&State) -> usize) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        while count(&state) < wanted {
            let before = count(&state);
            let same = |state: &mut State| count(state) == before;
            let waited = self.changed.wait_timeout_while(state, PATIENCE, same);
            let (after, timeout) = waited.expect("nobody panics with this lock");
            state = after;
            if timeout.timed_out() {
                let got = state.got.iter().map(|callback| String::from_utf8_lossy(&callback.body));
                let got = got.collect::<Vec<_>>().join("\n");
                drop(state);
                panic!("waited for {wanted} callbacks and saw {before}; all that came:\n{got}");
            }
        }
        state
    }

    fn listen(self: &Arc<Shared>, listener: &TcpListener) {
        let mut talks = Vec::new();
        for stream in listener.incoming().map_while(Result::ok) {
            let mut state = self.lock();
            if state.closed {
                break;
            }
            state.connections.extend(stream.try_clone());
            drop(state);
            let shared = self.clone();
            // The other side may end a connection at any time.
            talks.push(thread::spawn(move || drop(shared.talk(stream))));
        }
        talks.into_iter().for_each(|talk| drop(talk.join()));
    }

    fn talk(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        while let Some(head) = Head::read(&mut stream)? {
            let body = head.read_body(&mut stream)?;
            let reply = self.take(head, body);
            stream.get_mut().write_all(written(reply).as_bytes())?;
            match reply {
                Reply::Cut | Reply::CutHalfway | Reply::Garbage => {
                    return stream.get_ref().shutdown(Shutdown::Both);
                }
                Reply::Huge => (0..20).try_for_each(|_| stream.get_mut().write_all(&[b'x'; 1_000_000]))?,
                Reply::Trickle => loop {
                    stream.get_mut().write_all(b"x")?;
                    self.wait_a_little();
                },
                // Its end is that of the other side, which has nothing more to say.
                Reply::Stall => return io::copy(&mut stream, &mut io::sink()).map(drop),
                Reply::Status(_)
                | Reply::Json(_)
                | Reply::Says(..)
                | Reply::Later(..)
                | Reply::Redirect
                | Reply::Hang
                | Reply::Endless => {}
            }
        }
        Ok(())
    }

    /// A byte now and then; it ends with the test at the latest.
    fn wait_a_little(&self) {
        let open = |state: &mut State| !state.closed;
        drop(self.changed.wait_timeout_while(self.lock(), TRICKLE_EVERY, open));
    }

    /// Keeps the request, and hangs if it has to.
    fn take(&self, head: Head, body: Vec<u8>) -> Reply {
        let mut state = self.lock();
        let reply = state.replies.pop_front().or(state.always);
        let reply = reply.unwrap_or_else(|| state.chance.as_mut().map_or(Reply::Status(204), any));
        let (number, releases) = (state.got.len(), state.releases);
        state.got.push(Callback { head, body, taken: false });
        if matches!(
            reply,
            Reply::Status(200..=299) | Reply::Says(200..=299, _) | Reply::Json(_) | Reply::Endless
        ) {
            state.taken(number);
        }
        self.changed.notify_all();
        if reply == Reply::Hang {
            state.hanging += 1;
            state.hanging_max = state.hanging_max.max(state.hanging);
            let hangs = |state: &mut State| state.releases == releases && !state.closed;
            state = self.changed.wait_while(state, hangs).expect("nobody panics with this lock");
            state.hanging -= 1;
            state.taken(number);
            self.changed.notify_all();
        }
        reply
    }
}

impl State {
    fn taken(&mut self, number: usize) {
        let callback = &mut self.got[number];
        callback.taken = true;
        self.ids.extend(callback.head.header("webhook-id").map(str::to_owned));
        self.taken += 1;
    }
}

/// Everything that can happen.
fn any(chance: &mut Chance) -> Reply {
    match chance.below(100) {
        0..=9 => Reply::Status(500),
        10 => Reply::Later(503, 1),
        11 => Reply::Later(429, 1),
        12..=17 => Reply::Redirect,
        18..=23 => Reply::Cut,
        24..=29 => Reply::CutHalfway,
        30..=35 => Reply::Garbage,
        36..=37 => Reply::Huge,
        38..=39 => Reply::Trickle,
        40..=42 => Reply::Stall,
        43..=46 => Reply::Endless,
        47.. => Reply::Status(200),
    }
}

fn taken(state: &State) -> Vec<Callback> {
    state.got.iter().filter(|callback| callback.taken).cloned().collect()
}

fn written(reply: Reply) -> String {
    let (status, more) = match reply {
        Reply::Json(body) => return with_body(200, body),
        Reply::Says(status, body) => return with_body(status, body),
        Reply::Cut | Reply::Stall => return String::new(),
        Reply::CutHalfway => return "HTTP/1.1 200 as-told\r\ncontent-le".to_owned(),
        Reply::Garbage => return "\u{1}\u{16}what?\r\n\r\nHTTP/9".to_owned(),
        Reply::Huge => (500, "content-length: 20000000\r\n".to_owned()),
        Reply::Trickle => (500, "content-length: 1000000\r\n".to_owned()),
        Reply::Status(status) => (status, String::new()),
        Reply::Later(status, seconds) => (status, format!("retry-after: {seconds}\r\n")),
        Reply::Endless => (200, "content-length: 9\r\n".to_owned()),
        Reply::Redirect => (302, "location: /elsewhere\r\n".to_owned()),
        Reply::Hang => (204, String::new()),
    };
    let has_length = matches!(reply, Reply::Endless | Reply::Huge | Reply::Trickle);
    let length = if status == 204 || has_length { "" } else { "content-length: 0\r\n" };
    format!("HTTP/1.1 {status} as-told\r\n{length}{more}\r\n")
}

fn with_body(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} as-told\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        for connection in &state.connections {
            // It may have ended already.
            let _ = connection.shutdown(Shutdown::Both);
        }
        drop(state);
        self.shared.changed.notify_all();
        // Wakes the listener, so that it sees the end.
        let _ = TcpStream::connect(self.address);
        self.listening.take().map(JoinHandle::join);
    }
}
