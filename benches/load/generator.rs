//! The load: 500 sessions over 64 kept-alive connections, all on one thread. Each text is the moment of its POST, which the
//! callback brings back: that is the latency.

use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use super::wire;

const CONNECTIONS: usize = 64;
const SESSIONS: usize = 500;

#[derive(Clone)]
pub struct Load {
    pub address: SocketAddr,
    pub path: String,
    /// None: as fast as the answers come.
    pub posts_per_second: Option<f64>,
}

impl Load {
    /// Posts for this long; the thread gives back how many posts were accepted. Texts are nanoseconds since `origin`.
    pub fn start(self, origin: Instant, span: Duration) -> JoinHandle<u64> {
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("the system gives us a runtime");
            LocalSet::new().block_on(&runtime, async {
                let until = Instant::now() + span;
                let talks: Vec<_> = (0..CONNECTIONS)
                    .map(|number| tokio::task::spawn_local(self.clone().talk(number, origin, until)))
                    .collect();
                let mut posted = 0;
                for talk in talks {
                    posted += talk.await.expect("no connection fails");
                }
                posted
            })
        })
    }

    async fn talk(self, number: usize, origin: Instant, until: Instant) -> u64 {
        let mut stream = TcpStream::connect(self.address).await.expect("the server listens");
        stream.set_nodelay(true).expect("it is connected");
        let mut pace = self.posts_per_second.map(|rate| Pace::new(number, rate));
        let mut answer = Vec::with_capacity(1024);
        let mut count = 0;
        loop {
            let at = match &mut pace {
                Some(pace) => pace.next().await,
                None => Instant::now(),
            };
            if at >= until {
                return count;
            }
            let session = (count as usize * CONNECTIONS + number) % SESSIONS;
            let request = self.request(session, at.duration_since(origin).as_nanos());
            stream.write_all(request.as_bytes()).await.expect("the server listens");
            answer.clear();
            while wire::whole(&answer).is_none() {
                let read = stream.read_buf(&mut answer).await.expect("the server answers");
                assert!(read > 0, "the server ended the connection");
            }
            assert!(answer.starts_with(b"HTTP/1.1 202"), "{}", String::from_utf8_lossy(&answer));
            count += 1;
        }
    }

    fn request(&self, session: usize, nanos: u128) -> String {
        let body = format!("{{\"userId\":\"user-{session}\",\"sessionId\":\"1\",\"text\":\"{nanos}\"}}");
        let (path, length) = (&self.path, body.len());
        format!(
            "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    }
}

/// Moments at equal distances.
struct Pace {
    next: Instant,
    every: Duration,
}

impl Pace {
    fn new(number: usize, rate: f64) -> Pace {
        let every = Duration::from_secs_f64(CONNECTIONS as f64 / rate);
        Pace { next: Instant::now() + every.mul_f64(number as f64 / CONNECTIONS as f64), every }
    }

    /// When the post was to be sent, if an answer that came late held it up: that wait is part of the latency.
    async fn next(&mut self) -> Instant {
        let planned = self.next;
        self.next += self.every;
        if Instant::now() > planned {
            return planned;
        }
        tokio::time::sleep_until(planned.into()).await;
        Instant::now()
    }
}
