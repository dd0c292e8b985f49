//! What `/metrics` tells: text that Prometheus takes, and numbers that say what was done.

use std::collections::{BTreeMap, HashMap};

use crate::support::{Engine, JSON, Project, Receiver, Reply, seen_when};

/// The value of each series, by its name and labels. Panics at a line that the format (version 0.0.4) does not have.
fn parsed(text: &str) -> HashMap<String, f64> {
    assert!(text.ends_with('\n'), "the last line ends too: {text}");
    let mut families: BTreeMap<&str, &str> = BTreeMap::new();
    let mut described = None;
    let mut series = HashMap::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            assert!(!help.is_empty() && !families.contains_key(name), "{line}");
            described = Some(name);
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(described, Some(name), "its help stands before it: {line}");
            assert_eq!(families.insert(name, kind), None, "{line}");
        } else {
            let (name, value) = sample(line);
            let of = described.unwrap_or_else(|| panic!("no family before {line}"));
            assert!(belongs(&name, of, families[of]), "{line} stands below {of}");
            assert_eq!(series.insert(name, value), None, "twice: {line}");
        }
    }
    series
}

/// `name{label="value",…} 1.5`, without spaces elsewhere.
fn sample(line: &str) -> (String, f64) {
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
    let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    assert!(is_name(name), "{line}");
    let labels = labels.strip_suffix('}').unwrap_or_else(|| panic!("{line}"));
    for label in labels.split(',').filter(|label| !label.is_empty()) {
        let (name, value) = label.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
        let value = value.strip_suffix('"').unwrap_or_else(|| panic!("{line}"));
        assert!(is_name(name) && !value.contains(['"', '\\']), "{line}");
    }
    (series.to_owned(), value)
}

fn belongs(series: &str, family: &str, kind: &str) -> bool {
    let name = series.split('{').next().unwrap_or_default();
    let suffixes: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
    suffixes.iter().any(|suffix| name.strip_suffix(suffix) == Some(family))
}

fn scraped(engine: &Engine) -> HashMap<String, f64> {
    let answer = engine.ask("GET", "/metrics", &[]);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.head.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    parsed(&String::from_utf8(answer.body).expect("it is text"))
}

fn inputs(metrics: &HashMap<String, f64>, endpoint: &str, source: &str) -> f64 {
    metrics[&format!("antiphon_inputs_total{{endpoint=\"{endpoint}\",source=\"{source}\"}}")]
}

#[test]
fn inputs_answers_and_sessions_are_counted() {
    let receiver = Receiver::start();
    let project = Project::echo().workers(2).door("shop", &receiver, "").endpoint("kiosk", "");
    let engine = Engine::start(project);
    for user in ["ann", "bob", "eve"] {
        engine.session("shop", user, "1").says("hello");
    }
    engine.session("kiosk", "ann", "1").says("hello");
    for (path, body, status) in [
        (format!("/inject{}", engine.path("shop")), r#"{"userId":"ann","sessionId":"1","text":"paid"}"#, 202),
        ("/no-such-door-0123456789".to_owned(), "{}", 404),
        (engine.path("shop"), "{}", 400),
    ] {
        let answer = engine.connect().post(&path, &[JSON], body.as_bytes()).expect("the server answers");
        assert_eq!(answer.status, status, "{path}");
    }

    let metrics = scraped(&engine);
    assert_eq!(inputs(&metrics, "shop", "user"), 3.0);
    assert_eq!(inputs(&metrics, "shop", "inject"), 1.0);
    assert_eq!(inputs(&metrics, "shop", "notify"), 0.0);
    assert_eq!(inputs(&metrics, "kiosk", "user"), 1.0);
    assert_eq!(metrics["antiphon_http_responses_total{status=\"202\"}"], 5.0);
    assert_eq!(metrics["antiphon_http_responses_total{status=\"404\"}"], 1.0);
    assert_eq!(metrics["antiphon_http_responses_total{status=\"400\"}"], 1.0);
    assert_eq!(metrics["antiphon_sessions_in_memory"], 4.0);
    let build = format!("antiphon_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(metrics[&build], 1.0);
}

#[test]
fn every_endpoint_is_told_before_anything_happened_and_no_token_is() {
    let engine = Engine::start(Project::echo().endpoint("shop", "").endpoint("closed", "enabled: false"));
    let metrics = scraped(&engine);
    for endpoint in ["shop", "closed"] {
        assert_eq!(inputs(&metrics, endpoint, "user"), 0.0);
        let token = engine.project.token(endpoint);
        assert!(metrics.keys().all(|series| !series.contains(&token)));
    }
    assert!(
        !metrics.keys().any(|series| series.contains("status=")),
        "the first answer is counted behind it"
    );
}

/// Looks until it is so: what a webhook was told is counted a moment later.
fn scraped_when(engine: &Engine, is_so: impl Fn(&HashMap<String, f64>) -> bool) -> HashMap<String, f64> {
    seen_when(|| scraped(engine), is_so)
}

fn attempts(metrics: &HashMap<String, f64>, endpoint: &str, outcome: &str) -> f64 {
    metrics[&format!("antiphon_attempts_total{{endpoint=\"{endpoint}\",outcome=\"{outcome}\"}}")]
}

#[test]
fn attempts_dead_letters_and_what_is_owed_are_told() {
    let [shop, gone, hangs] = [(); 3].map(|()| Receiver::start());
    shop.answers(Reply::Status(503)).times(1);
    shop.answers(Reply::Cut).times(1);
    gone.answers(Reply::Status(410)).always();
    hangs.answers(Reply::Hang).always();
    let again = "retryAfterSeconds: [0, 0, 0]";
    let project = Project::echo().workers(2).door("shop", &shop, again).door("gone", &gone, "");
    let engine = Engine::start(project.door("hangs", &hangs, "timeoutMs: 600000"));
    for endpoint in ["shop", "gone", "hangs"] {
        engine.session(endpoint, "ann", "1").says("hello");
    }
    hangs.requests(1);

    let metrics = scraped_when(&engine, |metrics| metrics["antiphon_callbacks_owed"] == 1.0);
    assert_eq!(metrics["antiphon_callbacks_in_flight"], 1.0);
    assert_eq!(metrics["antiphon_callbacks_blocked"], 0.0);
    assert!(metrics["antiphon_callbacks_oldest_due_seconds"] > 0.0);
    assert_eq!(attempts(&metrics, "shop", "status_5xx"), 1.0);
    // The line that was cut was a kept one: what followed at once over another is the same attempt.
    assert_eq!((attempts(&metrics, "shop", "connection"), shop.requests(3).len()), (0.0, 3));
    assert_eq!(attempts(&metrics, "shop", "delivered"), 1.0);
    assert_eq!(attempts(&metrics, "gone", "status_4xx"), 1.0);
    assert_eq!(attempts(&metrics, "hangs", "delivered"), 0.0);
    assert_eq!(metrics["antiphon_dead_letters_total{endpoint=\"gone\"}"], 1.0);
    assert_eq!(metrics["antiphon_dead_letters_total{endpoint=\"shop\"}"], 0.0);
    let host = hangs.base().replace("http://", "");
    assert_eq!(metrics[&format!("antiphon_breaker_open{{host=\"{host}\"}}")], 0.0);

    hangs.goes_on();
    let metrics = scraped_when(&engine, |metrics| metrics["antiphon_callbacks_owed"] == 0.0);
    assert_eq!(attempts(&metrics, "hangs", "delivered"), 1.0);
    assert_eq!(metrics["antiphon_attempt_seconds_count{endpoint=\"hangs\"}"], 1.0);
    assert_eq!(metrics["antiphon_callbacks_oldest_due_seconds"], 0.0);
}
