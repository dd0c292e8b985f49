//! The webhook: takes every callback on one thread and notes how long it was under way.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use super::wire;

/// For the callbacks that are still under way when the load ends.
const DRAIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(10);

pub struct Webhook {
    address: SocketAddr,
    /// Texts are nanoseconds since then.
    pub origin: Instant,
    got: Arc<Mutex<Got>>,
}

#[derive(Default)]
struct Got {
    latencies: Vec<u64>,
    /// Since the last drain.
    count: u64,
}

impl Webhook {
    pub fn start() -> Webhook {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        listener.set_nonblocking(true).expect("it is a socket");
        let address = listener.local_addr().expect("it is bound");
        let webhook = Webhook { address, origin: Instant::now(), got: Arc::default() };
        let (got, origin) = (webhook.got.clone(), webhook.origin);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("the system gives us a runtime");
            LocalSet::new().block_on(&runtime, async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("it does not block");
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::task::spawn_local(take(stream, got.clone(), origin));
                }
            });
        });
        webhook
    }

    pub fn url(&self) -> String {
        format!("http://{}/callback", self.address)
    }

    /// In nanoseconds, since this was asked last.
    pub fn take_latencies(&self) -> Vec<u64> {
        std::mem::take(&mut self.got.lock().expect("nobody panics with this lock").latencies)
    }

    /// Until so many callbacks came.
    pub fn wait_for(&self, count: u64) {
        let since = Instant::now();
        while self.count() < count && since.elapsed() < DRAIN {
            thread::sleep(LOOK_EVERY);
        }
        let got = std::mem::take(&mut *self.got.lock().expect("nobody panics with this lock"));
        assert_eq!(got.count, count, "callbacks of as many posts");
    }

    fn count(&self) -> u64 {
        self.got.lock().expect("nobody panics with this lock").count
    }
}

/// The server may end the connection at any time.
async fn take(mut stream: TcpStream, got: Arc<Mutex<Got>>, origin: Instant) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut bytes = Vec::with_capacity(4096);
    loop {
        while let Some(end) = wire::whole(&bytes) {
            let sent = sent_at(&bytes[..end]).expect("the text is the one that was posted");
            let latency = (origin.elapsed().as_nanos() as u64).saturating_sub(sent);
            {
                let mut got = got.lock().expect("nobody panics with this lock");
                got.latencies.push(latency);
                got.count += 1;
            }
            bytes.drain(..end);
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.ok()?;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn sent_at(callback: &[u8]) -> Option<u64> {
    const BEFORE: &str = "\"text\":\"";
    let callback = std::str::from_utf8(callback).ok()?;
    let text = &callback[callback.find(BEFORE)? + BEFORE.len()..];
    text[..text.find('"')?].parse().ok()
}
