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

    /// A pass as soon as an attempt may go. It waits for the rate and the breaker outside the rooms, where it would keep the
    /// place of another, and asks again inside.
    pub async fn enter(self) -> Pass {
        const OPEN: &str = "nobody closes the rooms";
        loop {
            self.opened().await;
            let endpoint = self.endpoint_room.clone().acquire_owned().await.expect(OPEN);
            let host = self.host_room.clone().acquire_owned().await.expect(OPEN);
            if let Ok(probe) = self.admit(clock::now()) {
                return self.pass(probe, (endpoint, host));
            }
        }
    }

    /// Until the rate and the breaker would let one through.
    async fn opened(&self) {
        loop {
            // Listens before it looks, so that no end of a probe is missed.
            let probed = self.host.probed.notified();
            let now = clock::now();
            match self.look(now) {
                Ok(()) => return,
                Err(Not::Before(at)) => {
                    tokio::time::sleep(Duration::from_millis(at.saturating_sub(now))).await;
                }
                Err(Not::AfterProbe) => probed.await,
            }
        }
    }

    fn look(&self, now: u64) -> Result<(), Not> {
        if let Some(limit) = &self.limit {
            locked(limit).rate.look(now).map_err(Not::Before)?;
        }
        probes(locked(&self.host.breaker).look(now)).map(drop)
    }

    /// Whether it goes as a probe. The rate is asked first: what the breaker then refuses is given back to it.
    fn admit(&self, now: u64) -> Result<bool, Not> {
        if let Some(limit) = &self.limit {
            locked(limit).rate.take(now).map_err(Not::Before)?;
        }
        let admitted = probes(locked(&self.host.breaker).admit(now));
        if let (Err(_), Some(limit)) = (&admitted, &self.limit) {
            locked(limit).rate.give_back();
        }
        admitted
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

/// Whether one that may go goes as a probe.
fn probes(admission: Admission) -> Result<bool, Not> {
    match admission {
        Admission::Go => Ok(false),
        Admission::Probe => Ok(true),
        Admission::NotBefore(at) => Err(Not::Before(at)),
        Admission::AfterProbe => Err(Not::AfterProbe),
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_000_000_000;

    /// The gate of an endpoint at a host that takes one callback at a time.
    fn gate(gates: &Gates, endpoint: &str, webhook: &str) -> Gate {
        gates.of(endpoint, &Webhook::of(&format!("url: 'http://shop.example/{endpoint}'\n{webhook}")), 1)
    }

    /// A gate at which somebody waits.
    async fn entering(gate: &Gate) -> tokio::task::JoinHandle<Pass> {
        let waits = actix::spawn(gate.clone().enter());
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        waits
    }

    #[actix::test]
    async fn who_waits_for_the_rate_of_its_endpoint_keeps_no_place_at_the_host() {
        clock::moved::stop_at(NOW);
        let gates = Gates::default();
        let (slow, other) = (gate(&gates, "slow", "ratePerSecond: 0.1"), gate(&gates, "other", ""));
        drop(slow.try_enter(NOW));
        let waits = entering(&slow).await;
        let pass = other.try_enter(NOW).expect("nobody is under way there");
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert!(!waits.is_finished(), "its time has come, and the host has no room");
        drop(pass);
        waits.await.unwrap();
    }

    #[actix::test]
    async fn who_waits_for_a_host_that_is_left_alone_keeps_no_place_of_its_endpoint() {
        clock::moved::stop_at(NOW);
        let gates = Gates::default();
        let shop = gate(&gates, "shop", "concurrency: 1");
        for _ in 0..10 {
            shop.try_enter(NOW).expect("it is closed").ended(true, NOW);
        }
        let [first, second] = [entering(&shop).await, entering(&shop).await];
        assert_eq!((shop.endpoint_room.available_permits(), shop.host_room.available_permits()), (1, 1));
        tokio::time::sleep(Duration::from_millis(1_010)).await;
        assert_eq!([first.is_finished(), second.is_finished()], [true, false], "one goes as the probe");
        first.await.unwrap().ended(false, clock::now());
        second.await.unwrap().ended(false, clock::now());
    }
}
