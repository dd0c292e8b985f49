//! The server's settings: what there is, what it is when nobody says anything, and what it may be.
//!
//! One table drives `antiphon.yaml`, the environment and the flags, so that a setting that is added to it
//! can be set in all three. Nothing here reads a file or the environment; both come in as arguments.

mod renew;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;

use crate::yaml::nearest;

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Address and port, valid.
    pub listen: String,
    /// The folder of the store; `.state` in the project folder if absent.
    pub state: Option<PathBuf>,
    /// Threads that run sessions; 0: as many as there are cores.
    pub workers: usize,
    /// SHA-256 digests of the keys that open `/api/v1`.
    pub admin_keys: Vec<[u8; 32]>,
    /// Valid addresses or networks (`127.0.0.0/8`) that may be called though they are not public.
    pub egress_allow: Vec<String>,
    pub limits: Limits,
    pub log: Log,
    /// An edited project is taken over as soon as its files are quiet.
    pub watch: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    pub body_bytes: usize,
    pub steps_per_input: u64,
    pub goto_repeats: u64,
    pub context_bytes: usize,
    pub script_steps: u64,
    pub script_memory_bytes: usize,
    pub inputs_in_flight: usize,
    pub cache_bytes: u64,
    pub passivate_after_ms: u64,
    pub free_disk_bytes: u64,
    pub free_disk_percent: u8,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// One thing that can be set.
pub struct Setting {
    /// As in `antiphon.yaml`: `limits.bodyBytes`.
    pub path: &'static str,
    take: Take,
}

/// How a setting takes what was written for it.
enum Take {
    One(fn(&mut Settings, &str) -> Result<(), String>),
    /// A whole number from the first to the second.
    Number(u64, u64, fn(&mut Settings, u64)),
    Truth(fn(&mut Settings, bool)),
    /// A list: the first empties it, the second adds one item.
    Many(fn(&mut Settings), fn(&mut Settings, &str) -> Result<(), String>),
}

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

pub static SETTINGS: [Setting; 19] = [
    Setting { path: "listen", take: Take::One(listen) },
    Setting { path: "state", take: Take::One(state) },
    number("workers", 0, 1024, |all, n| all.workers = n as usize),
    Setting { path: "admin.keys", take: Take::Many(|all| all.admin_keys.clear(), admin_key) },
    Setting { path: "egress.allow", take: Take::Many(|all| all.egress_allow.clear(), network) },
    number("limits.bodyBytes", KIB, 64 * MIB, |all, n| all.limits.body_bytes = n as usize),
    number("limits.stepsPerInput", 1, 1_000_000, |all, n| all.limits.steps_per_input = n),
    number("limits.gotoRepeats", 1, 100_000, |all, n| all.limits.goto_repeats = n),
    number("limits.contextBytes", KIB, 8 * MIB, |all, n| all.limits.context_bytes = n as usize),
    number("limits.scriptSteps", 100_000, 100_000_000_000, |all, n| all.limits.script_steps = n),
    number("limits.scriptMemoryBytes", MIB, 4 * GIB, |all, n| all.limits.script_memory_bytes = n as usize),
    number("limits.inputsInFlight", 1, 1_000_000, |all, n| all.limits.inputs_in_flight = n as usize),
    number("limits.cacheBytes", MIB, 1024 * GIB, |all, n| all.limits.cache_bytes = n),
    number("limits.passivateAfterSeconds", 1, 86_400, |all, n| all.limits.passivate_after_ms = n * 1000),
    number("limits.freeDiskBytes", 0, 1024 * GIB, |all, n| all.limits.free_disk_bytes = n),
    number("limits.freeDiskPercent", 0, 100, |all, n| all.limits.free_disk_percent = n as u8),
    Setting { path: "log.level", take: Take::One(log_level) },
    Setting { path: "log.format", take: Take::One(log_format) },
    Setting { path: "watch", take: Take::Truth(|all, watch| all.watch = watch) },
];

/// Every variable that begins so is a setting.
pub const PREFIX: &str = "ANTIPHON_";
/// Variables that begin with it and are no settings of the server: the key that commands send.
const OTHER_VARIABLES: [&str; 1] = ["ANTIPHON_ADMIN_KEY"];

/// What the environment and the flags say, each value already found to be valid.
#[derive(Clone, Default)]
pub struct Overlay {
    given: Vec<(&'static Setting, Vec<String>)>,
}

#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Error {
    #[error(
        "the environment sets {name}, which is no setting of Antiphon{}; rename or unset it",
        did_you_mean(.nearest)
    )]
    UnknownVariable { name: String, nearest: Option<String> },
    #[error("{origin}: {text}")]
    Invalid { origin: String, text: String },
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            listen: "127.0.0.1:8080".to_owned(),
            state: None,
            workers: 0,
            admin_keys: Vec::new(),
            egress_allow: Vec::new(),
            limits: Limits::default(),
            log: Log { level: "info".to_owned(), format: LogFormat::Text },
            watch: true,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes: MIB as usize,
            steps_per_input: 1000,
            goto_repeats: 4,
            context_bytes: 64 * KIB as usize,
            script_steps: 20_000_000,
            script_memory_bytes: 64 * MIB as usize,
            inputs_in_flight: 10_000,
            cache_bytes: 128 * MIB,
            passivate_after_ms: 60_000,
            free_disk_bytes: 256 * MIB,
            free_disk_percent: 5,
        }
    }
}

impl Overlay {
    /// Every variable whose name begins with `ANTIPHON_` must be a setting: a misspelt one would
    /// otherwise be found out in production. A list is written with commas between its items.
    pub fn environment(variables: impl IntoIterator<Item = (String, String)>) -> Result<Overlay, Error> {
        let mut overlay = Overlay::default();
        for (name, value) in variables {
            if !name.starts_with(PREFIX) || OTHER_VARIABLES.contains(&name.as_str()) {
                continue;
            }
            let Some(setting) = SETTINGS.iter().find(|setting| setting.variable() == name) else {
                let known: Vec<String> = SETTINGS.iter().map(Setting::variable).collect();
                return Err(unknown_variable(name, &known));
            };
            overlay.set(&name, setting, &value)?;
        }
        Ok(overlay)
    }

    /// A flag: `overlay.flag("--listen", "listen", value)`. It wins over all that was set before.
    pub fn flag(&mut self, flag: &str, path: &str, value: &str) -> Result<(), Error> {
        let setting = SETTINGS.iter().find(|setting| setting.path == path);
        self.set(flag, setting.expect("a flag is written for a setting of the table"), value)
    }

    /// Writes all of it over `settings`.
    pub fn apply(&self, settings: &mut Settings) {
        for (setting, values) in &self.given {
            setting.set(settings, values).expect("it was valid when it was taken into the overlay");
        }
    }

    fn set(&mut self, origin: &str, setting: &'static Setting, value: &str) -> Result<(), Error> {
        let values = setting.split(value);
        setting
            .set(&mut Settings::default(), &values)
            .map_err(|text| Error::Invalid { origin: origin.to_owned(), text })?;
        self.given.push((setting, values));
        Ok(())
    }
}

impl Setting {
    /// `limits.bodyBytes` in the environment: `ANTIPHON_LIMITS_BODY_BYTES`.
    pub fn variable(&self) -> String {
        let mut name = String::from(PREFIX);
        for letter in self.path.chars() {
            match letter {
                '.' => name.push('_'),
                upper if upper.is_ascii_uppercase() => name.extend(['_', upper]),
                lower => name.push(lower.to_ascii_uppercase()),
            }
        }
        name
    }

    pub fn is_list(&self) -> bool {
        matches!(self.take, Take::Many(..))
    }

    pub fn is_truth(&self) -> bool {
        matches!(self.take, Take::Truth(_))
    }

    /// Empties a list before its items are added; nothing for any other setting.
    pub fn clear(&self, settings: &mut Settings) {
        if let Take::Many(clear, _) = self.take {
            clear(settings);
        }
    }

    /// Takes one value, of a list one more item. The error says what to write instead.
    pub fn take(&self, settings: &mut Settings, value: &str) -> Result<(), String> {
        match &self.take {
            Take::One(take) | Take::Many(_, take) => take(settings, value),
            Take::Number(min, max, take) => {
                let number = value.parse().ok().filter(|number| (*min..=*max).contains(number));
                let number = number.ok_or_else(|| wrong(&number_kind(*min, *max), value))?;
                take(settings, number);
                Ok(())
            }
            Take::Truth(take) => {
                take(settings, value.parse().map_err(|_| wrong("true or false", value))?);
                Ok(())
            }
        }
    }

    fn set(&self, settings: &mut Settings, values: &[String]) -> Result<(), String> {
        self.clear(settings);
        values.iter().try_for_each(|value| self.take(settings, value))
    }

    fn split(&self, value: &str) -> Vec<String> {
        if !self.is_list() {
            return vec![value.trim().to_owned()];
        }
        value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }
}

/// A key as the settings hold it: `sha256:` and the 64 hex digits of its SHA-256.
pub fn digest(value: &str) -> Result<[u8; 32], String> {
    let hex = value.strip_prefix("sha256:").filter(|hex| hex.len() == 64 && hex.is_ascii());
    let mut digest = [0; 32];
    for (index, byte) in digest.iter_mut().enumerate() {
        let two = hex.and_then(|hex| hex.get(2 * index..2 * index + 2));
        let parsed = two.filter(|two| two.chars().all(|c| c.is_ascii_hexdigit()));
        *byte = parsed.and_then(|two| u8::from_str_radix(two, 16).ok()).ok_or_else(not_a_digest)?;
    }
    Ok(digest)
}

/// Does not repeat what was written: it may be the key itself.
fn not_a_digest() -> String {
    "expected sha256: and 64 hex digits; `printf %s KEY | sha256sum` prints those of a key".to_owned()
}

const fn number(path: &'static str, min: u64, max: u64, take: fn(&mut Settings, u64)) -> Setting {
    Setting { path, take: Take::Number(min, max, take) }
}

fn listen(settings: &mut Settings, value: &str) -> Result<(), String> {
    value
        .parse::<SocketAddr>()
        .map_err(|_| wrong("an address and a port, such as 127.0.0.1:8080 or [::]:8080", value))?;
    settings.listen = value.to_owned();
    Ok(())
}

fn state(settings: &mut Settings, value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Err(wrong("the path of a folder", value));
    }
    settings.state = Some(PathBuf::from(value));
    Ok(())
}

fn admin_key(settings: &mut Settings, value: &str) -> Result<(), String> {
    settings.admin_keys.push(digest(value)?);
    Ok(())
}

fn network(settings: &mut Settings, value: &str) -> Result<(), String> {
    if !is_network(value) {
        return Err(wrong("an address or a network, such as 10.0.0.7 or 127.0.0.0/8", value));
    }
    settings.egress_allow.push(value.to_owned());
    Ok(())
}

fn is_network(value: &str) -> bool {
    value.parse::<IpAddr>().is_ok() || value.parse::<IpNet>().is_ok()
}

fn log_level(settings: &mut Settings, value: &str) -> Result<(), String> {
    if !["error", "warn", "info", "debug", "trace"].contains(&value) {
        return Err(wrong("error, warn, info, debug or trace", value));
    }
    settings.log.level = value.to_owned();
    Ok(())
}

fn log_format(settings: &mut Settings, value: &str) -> Result<(), String> {
    settings.log.format = match value {
        "text" => LogFormat::Text,
        "json" => LogFormat::Json,
        _ => return Err(wrong("text or json", value)),
    };
    Ok(())
}

fn wrong(expected: &str, value: &str) -> String {
    format!("expected {expected}, got \"{value}\"")
}

fn number_kind(min: u64, max: u64) -> String {
    format!("a whole number from {min} to {max}")
}

/// The beginning that all share says nothing about which one was meant.
fn unknown_variable(name: String, known: &[String]) -> Error {
    let tails = known.iter().filter_map(|known| known.strip_prefix(PREFIX));
    let nearest = name.strip_prefix(PREFIX).and_then(|tail| nearest(tail, tails));
    Error::UnknownVariable { nearest: nearest.map(|tail| format!("{PREFIX}{tail}")), name }
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(" (did you mean {name}?)")).unwrap_or_default()
}

#[cfg(test)]
mod tests;
