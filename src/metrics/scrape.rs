//! What is looked at when somebody asks, and not counted before: how much waits, and how long it has.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Label;

/// One moment of the server.
pub struct Scrape {
    /// Milliseconds since 1970.
    pub now: u64,
    pub sessions: usize,
    /// What each shard's delivery actor sees. Without any, nothing is told of callbacks.
    pub deliveries: Vec<Sight>,
    /// Each host that was called, and whether its breaker is open. The hosts are those of webhooks in the project.
    pub breakers: Vec<(String, bool)>,
}

/// The callbacks of one shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// All that have not ended.
    pub owed: u64,
    /// Those of them that wait for a person; there may be more behind them.
    pub blocked: u64,
    /// When the turn of the oldest of the others ran, milliseconds since 1970.
    pub oldest_due_at: Option<u64>,
    pub in_flight: u64,
}

impl Scrape {
    pub(super) fn registry(&self, prefix: &str) -> Registry {
        let mut registry = Registry::with_prefix(prefix);
        whole(&mut registry, "sessions_in_memory", "Sessions that have an actor", self.sessions as u64);
        if !self.deliveries.is_empty() {
            self.callbacks(&mut registry);
        }
        if !self.breakers.is_empty() {
            let open = Family::<[Label; 1], Gauge>::default();
            for (host, is_open) in &self.breakers {
                open.get_or_create_owned(&[("host", host.clone())]).set(i64::from(*is_open));
            }
            registry.register("breaker_open", "1 while callbacks to the host are held back", open);
        }
        registry
    }

    fn callbacks(&self, registry: &mut Registry) {
        let sum = |of: fn(&Sight) -> u64| self.deliveries.iter().map(of).sum();
        whole(registry, "callbacks_owed", "Callbacks that have not ended", sum(|sight| sight.owed));
        whole(registry, "callbacks_blocked", "Callbacks that wait for a person", sum(|sight| sight.blocked));
        whole(registry, "callbacks_in_flight", "Callbacks under way", sum(|sight| sight.in_flight));
        let oldest = self.deliveries.iter().filter_map(|sight| sight.oldest_due_at).min();
        let waits_ms = oldest.map_or(0, |since| self.now.saturating_sub(since));
        let seconds = Gauge::<f64, AtomicU64>::default();
        seconds.set(waits_ms as f64 / 1000.0);
        let help = "For how long the oldest callback that is due has been so";
        registry.register("callbacks_oldest_due_seconds", help, seconds);
    }
}

fn whole(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let gauge = Gauge::<u64, AtomicU64>::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}
