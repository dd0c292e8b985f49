//! Webhooks that take everything and count it, all on one thread; or that take a request and never answer.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// For all callbacks of a measurement.
const PATIENCE: Duration = Duration::from_secs(300);

pub struct Sinks {
    addresses: Vec<SocketAddr>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    count: Mutex<Count>,
    changed: Condvar,
}

#[derive(Default)]
struct Count {
    outputs: usize,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Sinks {
    pub fn start(hosts: usize) -> Sinks {
        Sinks::with(hosts, true)
    }

    /// One that never answers.
    pub fn hanging() -> Sinks {
        Sinks::with(1, false)
    }

    fn with(hosts: usize, answers: bool) -> Sinks {
        let listeners: Vec<TcpListener> =
            (0..hosts).map(|_| TcpListener::bind("127.0.0.1:0").expect("there is a free port")).collect();
        let addresses =
            listeners.iter().map(|listener| listener.local_addr().expect("it is bound")).collect();
        let shared = Arc::new(Shared::default());
        let taking = shared.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("the system gives us a runtime");
            let local = LocalSet::new();
            for listener in listeners {
                local.spawn_local(listen(listener, taking.clone(), answers));
            }
            runtime.block_on(local);
        });
        Sinks { addresses, shared }
    }

    pub fn urls(&self) -> impl Iterator<Item = String> {
        self.addresses.iter().map(|address| format!("http://{address}/callback"))
    }

    /// Until so many outputs came; the time from the first to the last.
    pub fn wait_for(&self, outputs: usize) -> Duration {
        let count = self.shared.count.lock().expect("nobody panics with this lock");
        let fewer = |count: &mut Count| count.outputs < outputs;
        let waited = self.shared.changed.wait_timeout_while(count, PATIENCE, fewer);
        let (count, timeout) = waited.expect("nobody panics with this lock");
        assert!(!timeout.timed_out(), "{} of {outputs} outputs came", count.outputs);
        let (first, last) = (count.first.expect("some came"), count.last.expect("some came"));
        last.duration_since(first)
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>, answers: bool) {
    listener.set_nonblocking(true).expect("it is a socket");
    let listener = tokio::net::TcpListener::from_std(listener).expect("it does not block");
    while let Ok((stream, _)) = listener.accept().await {
        tokio::task::spawn_local(take(stream, shared.clone(), answers));
    }
}

/// The server may end the connection at any time.
async fn take(mut stream: TcpStream, shared: Arc<Shared>, answers: bool) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut bytes = Vec::with_capacity(64 << 10);
    loop {
        while let Some(end) = crate::load::wire::whole(&bytes).filter(|_| answers) {
            shared.took(outputs(&bytes[..end]));
            bytes.drain(..end);
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.ok()?;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// One, or as many as the batch has: each has its sequence.
fn outputs(request: &[u8]) -> usize {
    const HEADER: &str = "antiphon-sequence: ";
    let request = String::from_utf8_lossy(request);
    let sequences = request.split_once(HEADER).and_then(|(_, rest)| rest.split_once('\r'));
    sequences.map_or(0, |(sequences, _)| sequences.split(',').count())
}

impl Shared {
    fn took(&self, outputs: usize) {
        let mut count = self.count.lock().expect("nobody panics with this lock");
        count.outputs += outputs;
        let now = Instant::now();
        count.first.get_or_insert(now);
        count.last = Some(now);
        drop(count);
        self.changed.notify_all();
    }
}
