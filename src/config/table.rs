//! The table of the settings: the path of each, what it may be, what it is when nobody says anything, and what it means.
//! `antiphon.yaml`, the environment, the flags, the JSON Schema and the manual are all read from it.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;

use super::{LogFormat, PREFIX, Settings, digest};
use crate::yaml::shape::{Form, Kind};

/// One thing that can be set.
pub struct Setting {
    /// As in `antiphon.yaml`: `limits.bodyBytes`.
    pub path: &'static str,
    pub doc: &'static str,
    /// As JSON; none where nothing is set.
    pub default: Option<&'static str>,
    pub(super) take: Take,
}

/// How a setting takes what was written for it.
pub(super) enum Take {
    One(Kind, fn(&mut Settings, &str) -> Result<(), String>),
    /// A whole number from the first to the second.
    Number(u64, u64, fn(&mut Settings, u64)),
    Truth(fn(&mut Settings, bool)),
    /// A list: the first empties it, the second adds one item.
    Many(&'static Kind, fn(&mut Settings), fn(&mut Settings, &str) -> Result<(), String>),
}

pub(super) const KIB: u64 = 1024;
pub(super) const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

pub static SETTINGS: [Setting; 26] = [
    one(
        "listen",
        Some("\"127.0.0.1:8080\""),
        Kind::Formed(&SOCKET),
        listen,
        "Address and port where the server listens.",
    ),
    one(
        "state",
        None,
        Kind::AnyOf(&[Kind::Text, Kind::Number(f64::MIN, f64::MAX)]),
        state,
        "The folder with all that must survive a restart; .state in the project if absent. A relative path starts at the project.",
    ),
    number(
        "workers",
        "0",
        0,
        1024,
        |all, n| all.workers = n as usize,
        "Threads that run sessions; 0: one for each core.",
    ),
    many(
        "admin.keys",
        &Kind::Formed(&DIGEST),
        |all| all.admin_keys.clear(),
        admin_key,
        "SHA-256 digests of the keys that open /api/v1. Without any, the first start makes a key and stores it as admin.key in the state folder.",
    ),
    many(
        "egress.allow",
        &Kind::Formed(&NETWORK),
        |all| all.egress_allow.clear(),
        network,
        "Addresses and networks that may be called though they are not public. A network opens no link-local address and no metadata service of a cloud: each of those is listed by itself.",
    ),
    number(
        "limits.bodyBytes",
        "1048576",
        KIB,
        64 * MIB,
        |all, n| all.limits.body_bytes = n as usize,
        "The largest body of a request; a larger one is answered 413.",
    ),
    number(
        "limits.stepsPerInput",
        "1000",
        1,
        1_000_000,
        |all, n| all.limits.steps_per_input = n,
        "Steps of flows for one input; past them the turn ends with a fault.",
    ),
    number(
        "limits.gotoRepeats",
        "4",
        1,
        100_000,
        |all, n| all.limits.goto_repeats = n,
        "Runs of the same goto for one input; past them the turn ends with a fault.",
    ),
    number(
        "limits.contextBytes",
        "65536",
        KIB,
        8 * MIB,
        |all, n| all.limits.context_bytes = n as usize,
        "The largest context of a session, and the largest profile of a user, written as JSON.",
    ),
    number(
        "limits.scriptSteps",
        "20000000",
        100_000,
        100_000_000_000,
        |all, n| all.limits.script_steps = n,
        "QuickJS operations that the JavaScript of one turn may take.",
    ),
    number(
        "limits.scriptMemoryBytes",
        "67108864",
        MIB,
        4 * GIB,
        |all, n| all.limits.script_memory_bytes = n as usize,
        "Memory that the JavaScript of one turn may use.",
    ),
    number(
        "limits.transformerMs",
        "5000",
        10,
        60_000,
        |all, n| all.limits.transformer_ms = n,
        "What one run of a transformer may compute, in milliseconds; the time in which it waits for answers does not count.",
    ),
    number(
        "limits.transformerWaitMs",
        "30000",
        100,
        600_000,
        |all, n| all.limits.transformer_wait_ms = n,
        "How long one run of a transformer may wait, for all of its requests together, in milliseconds.",
    ),
    number(
        "limits.transformerMemoryBytes",
        "67108864",
        MIB,
        4 * GIB,
        |all, n| all.limits.transformer_memory_bytes = n as usize,
        "Memory that one run of a transformer may use.",
    ),
    number(
        "limits.transformerRequests",
        "5",
        0,
        100,
        |all, n| all.limits.transformer_requests = n as usize,
        "Requests that one run of a transformer may send.",
    ),
    number(
        "limits.inputsInFlight",
        "10000",
        1,
        1_000_000,
        |all, n| all.limits.inputs_in_flight = n as usize,
        "Inputs that are accepted and not yet answered; a caller past them is answered 503.",
    ),
    number(
        "limits.cacheBytes",
        "134217728",
        MIB,
        1024 * GIB,
        |all, n| all.limits.cache_bytes = n,
        "Memory for what was read from the state folder.",
    ),
    number(
        "limits.passivateAfterSeconds",
        "60",
        1,
        86_400,
        |all, n| all.limits.passivate_after_ms = n * 1000,
        "A session that is quiet this long leaves memory. Nothing is lost by it.",
    ),
    number(
        "limits.freeDiskBytes",
        "268435456",
        0,
        1024 * GIB,
        |all, n| all.limits.free_disk_bytes = n,
        "With less free space on the disk of the state folder nothing is accepted (503).",
    ),
    number(
        "limits.freeDiskPercent",
        "5",
        0,
        100,
        |all, n| all.limits.free_disk_percent = n as u8,
        "The same as a share of the disk; what is reached first counts.",
    ),
    number(
        "limits.callbacksPerHost",
        "256",
        1,
        100_000,
        |all, n| all.limits.callbacks_per_host = n as usize,
        "Callbacks of all endpoints together that may be under way at one host; each endpoint has its own bound below that, `concurrency`.",
    ),
    number(
        "limits.deliveredHours",
        "72",
        0,
        24 * 3660,
        |all, n| all.limits.delivered_hours = n,
        "How long it is kept that an output was delivered, and with which attempts; 0: not at all.",
    ),
    one("log.level", Some("\"info\""), Kind::Words(&LEVELS), log_level, "How much the log tells."),
    one(
        "log.format",
        Some("\"text\""),
        Kind::Words(&["text", "json"]),
        log_format,
        "text for people, json for machines.",
    ),
    Setting {
        path: "log.console",
        default: Some("false"),
        take: Take::Truth(|all, console| all.log.console = console),
        doc: "Whether what transformers write with console.log and the like, and the texts of their errors, are in the log too, not only in the transcript. People's words may be in them.",
    },
    Setting {
        path: "watch",
        default: Some("true"),
        take: Take::Truth(|all, watch| all.watch = watch),
        doc: "Whether an edit of the project is taken over as soon as its files are quiet, if `antiphon check` finds nothing in it; else only POST /api/v1/reload does it.",
    },
];

const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

static SOCKET: Form =
    Form { called: "an address and a port such as 0.0.0.0:8080", pattern: r"^[0-9A-Fa-f:.\[\]%]+$" };
/// `digest`
pub static DIGEST: Form =
    Form { called: "sha256: and the 64 hex digits of its SHA-256", pattern: "^sha256:[0-9A-Fa-f]{64}$" };
static NETWORK: Form =
    Form { called: "an address or a network such as 127.0.0.0/8", pattern: "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$" };
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
        if let Take::Many(_, clear, _) = self.take {
            clear(settings);
        }
    }

    /// Takes one value, of a list one more item. The error says what to write instead.
    pub fn take(&self, settings: &mut Settings, value: &str) -> Result<(), String> {
        match &self.take {
            Take::One(_, take) | Take::Many(_, _, take) => take(settings, value),
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

    pub(super) fn set(&self, settings: &mut Settings, values: &[String]) -> Result<(), String> {
        self.clear(settings);
        values.iter().try_for_each(|value| self.take(settings, value))
    }

    pub(super) fn split(&self, value: &str) -> Vec<String> {
        if !self.is_list() {
            return vec![value.trim().to_owned()];
        }
        value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }
}

type Set = fn(&mut Settings, &str) -> Result<(), String>;

const fn one(
    path: &'static str,
    default: Option<&'static str>,
    kind: Kind,
    set: Set,
    doc: &'static str,
) -> Setting {
    Setting { path, doc, default, take: Take::One(kind, set) }
}

const fn many(
    path: &'static str,
    kind: &'static Kind,
    clear: fn(&mut Settings),
    add: Set,
    doc: &'static str,
) -> Setting {
    Setting { path, doc, default: Some("[]"), take: Take::Many(kind, clear, add) }
}

const fn number(
    path: &'static str,
    default: &'static str,
    min: u64,
    max: u64,
    set: fn(&mut Settings, u64),
    doc: &'static str,
) -> Setting {
    Setting { path, doc, default: Some(default), take: Take::Number(min, max, set) }
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
    if !LEVELS.contains(&value) {
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
