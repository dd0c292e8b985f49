//! The server put together: store, engine, HTTP; and taken apart in the order that loses nothing.

mod sweep;
mod watch;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{ServerHandle, Service};
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use futures_util::future::join_all;
use tokio::sync::oneshot;

use crate::clock;
use crate::delivery;
use crate::dispatch;
use crate::http::{self, AdminKeyError, Front, Gate};
use crate::project::{Live, Project};
use crate::session::{self, Engine};
use crate::store::{self, Store};

/// Batches that may wait for the disk: more than inputs may be under way, so that the front refuses before the store does.
const STORE_QUEUE_SPARE: usize = 4_096;
/// Looks for something that comes within moments.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// For the last requests to be answered at the end of a stop, in seconds.
const LAST_ANSWERS_SECONDS: u64 = 5;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    AdminKey(#[from] AdminKeyError),
    #[error("cannot listen on {address}: {source}; is another server there? choose another with --listen")]
    Listen { address: String, source: io::Error },
}

pub struct Server {
    pub address: SocketAddr,
    engine: Arc<Engine>,
    gate: Arc<Gate>,
    handle: ServerHandle,
    stopped: oneshot::Receiver<io::Result<()>>,
}

/// Starts serving; returns when inputs are taken. Needs a running actix system.
pub async fn start(live: Live) -> Result<Server, Error> {
    let project = live.current();
    let store = Store::open(store_settings(&project))?;
    let keys = http::admin_keys(&project.settings.admin_keys, &state(&project), &clock::secret())?;
    let workers = workers(&project);
    let engine = Engine::new(live, store, workers)?;
    let gate = Gate::new(project.settings.limits.inputs_in_flight);
    let front = Data::new(Front { engine: engine.clone(), gate: gate.clone(), admin_keys: keys });
    let shards = engine.clone();
    let server = HttpServer::new(move || {
        // Each worker has an arbiter of its own, and on it a shard.
        shards.open_shard();
        let metrics = Rc::new(shards.metrics.clone());
        App::new().app_data(front.clone()).configure(http::routes).wrap_fn(move |request, routes| {
            let (answer, metrics) = (routes.call(request), metrics.clone());
            async move { answer.await.inspect(|answer| metrics.response(answer.status().as_u16())) }
        })
    });
    let listen = |source| Error::Listen { address: project.settings.listen.clone(), source };
    let server = server.workers(workers).disable_signals().shutdown_timeout(LAST_ANSWERS_SECONDS);
    let server = server.bind(&project.settings.listen).map_err(listen)?;
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    let (done, stopped) = oneshot::channel();
    actix::spawn(async move { drop(done.send(server.await)) });
    while engine.shards().is_none() || engine.deliveries.recovered() < workers {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    sweep::idempotency_keys(engine.store.clone());
    sweep::receipts(engine.clone());
    sweep::programs(engine.clone());
    watch::watch(&engine);
    Ok(Server { address, engine, gate, handle, stopped })
}

impl Server {
    /// Takes nothing more, finishes the turns that run and the callbacks that are in flight, and closes the store.
    pub async fn stop(self) {
        self.gate.close();
        while !self.gate.is_empty() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let shards = self.engine.shards().unwrap_or_default();
        // All are asked before the first is waited for. An actor that is gone has nothing to drain.
        let calls = shards.iter().map(|shard| asked(|done| shard.dispatch.do_send(dispatch::Drain(done))));
        join_all(calls.collect::<Vec<_>>()).await;
        let turns = shards.iter().map(|shard| asked(|done| shard.switchboard.do_send(session::Drain(done))));
        join_all(turns.collect::<Vec<_>>()).await;
        let callbacks =
            shards.iter().map(|shard| asked(|done| shard.delivery.do_send(delivery::Drain(done))));
        join_all(callbacks.collect::<Vec<_>>()).await;
        let store = self.engine.store.clone();
        store.close();
        self.handle.stop(true).await;
        drop(self.stopped.await);
    }

    /// The URL of each endpoint that takes inputs, by name.
    pub fn urls(&self) -> Vec<(String, String)> {
        let project = self.engine.project();
        let endpoints = project.endpoints.values().filter(|endpoint| endpoint.enabled);
        let url = |token: &str| format!("http://{}/{token}", self.address);
        endpoints.map(|endpoint| (endpoint.name.clone(), url(&endpoint.url_token))).collect()
    }
}

/// Sends a question, and gives the end at which its answer comes.
fn asked(send: impl FnOnce(oneshot::Sender<()>)) -> oneshot::Receiver<()> {
    let (done, answer) = oneshot::channel();
    send(done);
    answer
}

/// The folder of the store.
pub fn state(project: &Project) -> PathBuf {
    project.settings.state.clone().unwrap_or_else(|| project.root.join(".state"))
}

fn store_settings(project: &Project) -> store::Settings {
    let limits = &project.settings.limits;
    store::Settings {
        path: state(project),
        cache_bytes: limits.cache_bytes,
        queue_max: limits.inputs_in_flight + STORE_QUEUE_SPARE,
        free_min_bytes: limits.free_disk_bytes,
        free_min_percent: limits.free_disk_percent,
    }
}

fn workers(project: &Project) -> usize {
    match project.settings.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    }
}
