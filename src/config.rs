//! The server's settings: what there is, what it is when nobody says anything, and what it may be.
//!
//! One table (`table`) drives `antiphon.yaml`, the environment and the flags, so that a setting that is added to it
//! can be set in all three, and is documented. Nothing here reads a file or the environment; both come in as arguments.

mod renew;
mod shape;
mod table;

use std::path::PathBuf;

pub use shape::{document, shape};
pub use table::{DIGEST, SETTINGS, Setting};

use crate::yaml::nearest;
use table::{KIB, MIB};

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
    /// What one run of a transformer may compute; waiting for answers is apart.
    pub transformer_ms: u64,
    pub transformer_wait_ms: u64,
    pub transformer_memory_bytes: usize,
    /// Requests of one run.
    pub transformer_requests: usize,
    pub inputs_in_flight: usize,
    pub cache_bytes: u64,
    pub passivate_after_ms: u64,
    pub free_disk_bytes: u64,
    pub free_disk_percent: u8,
    pub callbacks_per_host: usize,
    pub delivered_hours: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    pub format: LogFormat,
    /// What transformers write with `console` and throw goes to the log too. People's words may be in it.
    pub console: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

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
            log: Log { level: "info".to_owned(), format: LogFormat::Text, console: false },
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
            transformer_ms: 5_000,
            transformer_wait_ms: 30_000,
            transformer_memory_bytes: 64 * MIB as usize,
            transformer_requests: 5,
            inputs_in_flight: 10_000,
            cache_bytes: 128 * MIB,
            passivate_after_ms: 60_000,
            free_disk_bytes: 256 * MIB,
            free_disk_percent: 5,
            callbacks_per_host: 256,
            delivered_hours: 72,
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
