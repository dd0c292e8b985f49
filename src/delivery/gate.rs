//! What every attempt passes before it leaves: the room of its endpoint, the room of its host, the host's breaker, the
//! endpoint's rate. All shards share them; so one host that hangs or fails holds up its own callbacks and nobody else's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::breaker::{Admission, Breaker};
use super::rate::Rate;
use super::rooms::Rooms;
use crate::clock;
use crate::project::Webhook;

/// All gates of the process.
#[derive(Default)]
pub struct Gates {
    endpoints: Rooms,
    hosts: Rooms,
    breakers: Mutex<HashMap<String, Arc<Host>>>,
    rates: Mutex<HashMap<String, Arc<Mutex<Limit>>>>,
}

/// A host that is called, by its name and port.
struct Host {
    breaker: Mutex<Breaker>,
    /// A probe ended.
    probed: Notify,
}

/// The rate of an endpoint, and the setting it was made by.
struct Limit {
    per_second: f64,
    rate: Rate,
}

/// The gate of one endpoint's webhook, as it is in one version of the project.
#[derive(Clone)]
pub struct Gate {
    endpoint_room: Arc<Semaphore>,
    host_room: Arc<Semaphore>,
    host: Arc<Host>,
    limit: Option<Arc<Mutex<Limit>>>,
}

/// One attempt may go. To be told how it ended; dropped before, it never went.
pub struct Pass {
    host: Arc<Host>,
    probe: bool,
    told: bool,
    _rooms: (OwnedSemaphorePermit, OwnedSemaphorePermit),
}

/// Why not now.
enum Not {
    /// Not before this time.
    Before(u64),
    /// Not before the probe that is under way has ended.
    AfterProbe,
}

impl Gates {
    /// `per_host`: callbacks that all endpoints together may have under way at one host. Needs a running actix system.
    pub fn of(&self, endpoint: &str, webhook: &Webhook, per_host: usize) -> Gate {
        let host = host_of(&webhook.url);
        Gate {
            endpoint_room: self.endpoints.of(endpoint, webhook.concurrency),
            host_room: self.hosts.of(&host, per_host),
            host: self.host(host),
            limit: webhook.rate_per_second.map(|per_second| self.limit(endpoint, per_second)),
        }
    }

    /// Each host by name, and whether its breaker is open.
    pub fn breakers(&self) -> Vec<(String, bool)> {
        let hosts = locked(&self.breakers);
        let told = hosts.iter().map(|(name, host)| (name.clone(), locked(&host.breaker).is_open()));
        let mut told: Vec<(String, bool)> = told.collect();
        told.sort();
        told
    }

    fn host(&self, name: String) -> Arc<Host> {
        let new = || Arc::new(Host { breaker: Mutex::default(), probed: Notify::new() });
        locked(&self.breakers).entry(name).or_insert_with(new).clone()
    }

    fn limit(&self, endpoint: &str, per_second: f64) -> Arc<Mutex<Limit>> {
        let new = || Limit { per_second, rate: Rate::new(per_second) };
        let mut limits = locked(&self.rates);
        let limit = limits.entry(endpoint.to_owned()).or_insert_with(|| Arc::new(Mutex::new(new())));
        let mut held = locked(limit);
        if held.per_second != per_second {
            *held = new();
        }
        drop(held);
        limit.clone()
    }
}

impl Gate {
    /// A pass, if one attempt may go at this moment.
    pub fn try_enter(&self, now: u64) -> Option<Pass> {
        let endpoint = self.endpoint_room.clone().try_acquire_owned().ok()?;
        let host = self.host_room.clone().try_acquire_owned().ok()?;
        let probe = self.admit(now).ok()?;
        Some(self.pass(probe, (endpoint, host)))
    }

    /// A pass as soon as an attempt may go.
    pub async fn enter(self) -> Pass {
        const OPEN: &str = "nobody closes the rooms";
        let endpoint = self.endpoint_room.clone().acquire_owned().await.expect(OPEN);
        let host = self.host_room.clone().acquire_owned().await.expect(OPEN);
        loop {
            // Listens before it looks, so that no end of a probe is missed.
            let probed = self.host.probed.notified();
            let now = clock::now();
            match self.admit(now) {
                Ok(probe) => return self.pass(probe, (endpoint, host)),
                Err(Not::Before(at)) => {
                    tokio::time::sleep(Duration::from_millis(at.saturating_sub(now))).await;
                }
                Err(Not::AfterProbe) => probed.await,
            }
        }
    }

    /// Whether it goes as a probe. The rate is asked first: what the breaker then refuses is given back to it.
    fn admit(&self, now: u64) -> Result<bool, Not> {
        if let Some(limit) = &self.limit {
            locked(limit).rate.take(now).map_err(Not::Before)?;
        }
        let refused = match locked(&self.host.breaker).admit(now) {
            Admission::Go => return Ok(false),
            Admission::Probe => return Ok(true),
            Admission::NotBefore(at) => Not::Before(at),
            Admission::AfterProbe => Not::AfterProbe,
        };
        if let Some(limit) = &self.limit {
            locked(limit).rate.give_back();
        }
        Err(refused)
    }

    fn pass(&self, probe: bool, rooms: (OwnedSemaphorePermit, OwnedSemaphorePermit)) -> Pass {
        Pass { host: self.host.clone(), probe, told: false, _rooms: rooms }
    }
}

impl Pass {
    /// The attempt ended; whether that speaks against the host.
    pub fn ended(mut self, failed: bool, now: u64) {
        self.told = true;
        let mut breaker = locked(&self.host.breaker);
        if self.probe {
            breaker.probed(failed, now);
            self.host.probed.notify_waiters();
        } else {
            breaker.ended(failed, now);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.probe && !self.told {
            locked(&self.host.breaker).not_probed(clock::now());
            self.host.probed.notify_waiters();
        }
    }
}

/// As the breakers know it: name and port.
fn host_of(url: &str) -> String {
    let url = Url::parse(url).ok();
    let parts = url.as_ref().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)));
    parts.map_or_else(String::new, |(host, port)| format!("{host}:{port}"))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
