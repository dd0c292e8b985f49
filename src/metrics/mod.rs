//! What the server counts for whoever watches it, and its text in the format of Prometheus.
//!
//! To count is one atomic addition, or one short lock for a time; nothing waits. Labels come from the project and from what the
//! server itself answers, never from a caller, so that the memory has a bound. No value is a person's word.

mod endpoint;
mod scrape;

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

pub use endpoint::{Endpoint, Outcome};
pub use scrape::{Scrape, Sight};

use crate::model::Source;
use endpoint::Families;

const PREFIX: &str = "antiphon";
/// The least and one more than the largest that can be a status of HTTP.
const STATUS_MIN: u16 = 100;
const STATUS_END: u16 = 600;

type Label = (&'static str, String);

pub struct Metrics {
    registry: Registry,
    families: Families,
    endpoints: ArcSwap<HashMap<String, Arc<Endpoint>>>,
    responses: Family<[Label; 1], Counter<u64, AtomicU64>>,
    /// Those of `responses` that were answered, by status.
    by_status: Vec<OnceLock<Counter>>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix(PREFIX);
        let families = Families::registered(&mut registry);
        let responses = Family::default();
        registry.register("http_responses", "Answers of the HTTP interface, by status", responses.clone());
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version that runs", build);
        let by_status = (STATUS_MIN..STATUS_END).map(|_| OnceLock::new()).collect();
        Metrics { registry, families, endpoints: ArcSwap::default(), responses, by_status }
    }
}

impl Metrics {
    /// What is counted of one endpoint, by the name it has in the project. Whoever counts often keeps it.
    pub fn endpoint(&self, name: &str) -> Arc<Endpoint> {
        if let Some(known) = self.endpoints.load().get(name) {
            return known.clone();
        }
        // Two that come at once make two that count in the same places.
        let made = Arc::new(self.families.endpoint(name));
        self.endpoints.rcu(|known| {
            let mut known = HashMap::clone(known);
            known.insert(name.to_owned(), made.clone());
            known
        });
        made
    }

    /// An attempt at a callback ended.
    pub fn attempt(&self, endpoint: &str, outcome: Outcome, took: Duration) {
        self.endpoint(endpoint).attempt(outcome, took);
    }

    /// A callback became a dead letter.
    pub fn buried(&self, endpoint: &str) {
        self.endpoint(endpoint).buried();
    }

    /// An input was accepted.
    pub fn input(&self, endpoint: &str, source: Source) {
        self.endpoint(endpoint).input(source);
    }

    /// A request was answered.
    pub fn response(&self, status: u16) {
        let counter = status.checked_sub(STATUS_MIN).and_then(|place| self.by_status.get(usize::from(place)));
        let Some(counter) = counter else { return };
        let label = || [("status", status.to_string())];
        counter.get_or_init(|| self.responses.get_or_create_owned(&label())).inc();
    }

    /// All that was counted, and what was looked at just now.
    pub fn encode(&self, scrape: &Scrape) -> String {
        let mut text = String::new();
        for registry in [&self.registry, &scrape.registry(PREFIX)] {
            prometheus_text::encode(&mut text, registry).expect("a String takes everything");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing() -> Scrape {
        Scrape { now: 0, sessions: 0, deliveries: Vec::new(), breakers: Vec::new() }
    }

    /// The value of one line, by everything that stands before it.
    fn value(text: &str, series: &str) -> Option<f64> {
        let line = text.lines().find(|line| line.rsplit_once(' ').is_some_and(|(name, _)| name == series))?;
        line.rsplit_once(' ')?.1.parse().ok()
    }

    #[test]
    fn what_is_counted_is_told_by_endpoint_and_kind() {
        let metrics = Metrics::default();
        metrics.attempt("shop", Outcome::Delivered, Duration::from_millis(3));
        metrics.attempt("shop", Outcome::Delivered, Duration::from_secs(90));
        metrics.attempt("shop", Outcome::of_status(503), Duration::from_millis(1));
        metrics.buried("shop");
        metrics.input("kiosk", Source::Inject);
        metrics.response(202);
        let text = metrics.encode(&nothing());
        for (series, expected) in [
            ("antiphon_attempts_total{endpoint=\"shop\",outcome=\"delivered\"}", 2.0),
            ("antiphon_attempts_total{endpoint=\"shop\",outcome=\"status_5xx\"}", 1.0),
            ("antiphon_attempts_total{endpoint=\"shop\",outcome=\"timeout\"}", 0.0),
            ("antiphon_attempt_seconds_bucket{endpoint=\"shop\",le=\"0.001\"}", 1.0),
            ("antiphon_attempt_seconds_bucket{endpoint=\"shop\",le=\"0.005\"}", 2.0),
            ("antiphon_attempt_seconds_bucket{endpoint=\"shop\",le=\"60\"}", 2.0),
            ("antiphon_attempt_seconds_bucket{endpoint=\"shop\",le=\"+Inf\"}", 3.0),
            ("antiphon_attempt_seconds_count{endpoint=\"shop\"}", 3.0),
            ("antiphon_dead_letters_total{endpoint=\"shop\"}", 1.0),
            ("antiphon_inputs_total{endpoint=\"kiosk\",source=\"inject\"}", 1.0),
            ("antiphon_inputs_total{endpoint=\"shop\",source=\"user\"}", 0.0),
            ("antiphon_http_responses_total{status=\"202\"}", 1.0),
        ] {
            assert_eq!(value(&text, series), Some(expected), "{series} in\n{text}");
        }
        let build = format!("antiphon_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
        assert_eq!(value(&text, &build), Some(1.0), "{text}");
    }

    #[test]
    fn whoever_keeps_an_endpoint_counts_in_the_same_place_as_whoever_asks_again() {
        let metrics = Metrics::default();
        let kept = metrics.endpoint("shop");
        kept.input(Source::User);
        metrics.input("shop", Source::User);
        let text = metrics.encode(&nothing());
        assert_eq!(value(&text, "antiphon_inputs_total{endpoint=\"shop\",source=\"user\"}"), Some(2.0));
    }

    #[test]
    fn a_status_that_is_none_is_not_counted() {
        let metrics = Metrics::default();
        for status in [0, 99, 600, u16::MAX] {
            metrics.response(status);
        }
        assert!(!metrics.encode(&nothing()).contains("status=\""));
    }

    #[test]
    fn what_the_shards_see_is_added_up_and_the_oldest_counts() {
        let sight = |owed, oldest_due_at| Sight { owed, blocked: 1, oldest_due_at, in_flight: 2 };
        let deliveries = vec![sight(3, Some(7_500)), sight(0, None), sight(4, Some(9_000))];
        let breakers = vec![("shop.example".to_owned(), true), ("kiosk.example:8443".to_owned(), false)];
        let text = Metrics::default().encode(&Scrape { now: 10_000, sessions: 5, deliveries, breakers });
        for (series, expected) in [
            ("antiphon_sessions_in_memory", 5.0),
            ("antiphon_callbacks_owed", 7.0),
            ("antiphon_callbacks_blocked", 3.0),
            ("antiphon_callbacks_in_flight", 6.0),
            ("antiphon_callbacks_oldest_due_seconds", 2.5),
            ("antiphon_breaker_open{host=\"shop.example\"}", 1.0),
            ("antiphon_breaker_open{host=\"kiosk.example:8443\"}", 0.0),
        ] {
            assert_eq!(value(&text, series), Some(expected), "{series} in\n{text}");
        }
    }

    #[test]
    fn what_nobody_looked_at_is_not_told() {
        let text = Metrics::default().encode(&nothing());
        assert!(!text.contains("antiphon_callbacks") && !text.contains("antiphon_breaker"), "{text}");
    }
}
