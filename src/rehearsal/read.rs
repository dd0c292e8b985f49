//! The files of `tests/`, each to a test or to every fault in it with its place. They are no part of the project that a
//! server runs: a fault in one is reported by `check`, and keeps no server from starting.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use super::answers;
use super::plan::{Setting, Test};
use super::step;
use crate::model::{Map, NAME_CHARS_MAX, Place, is_name};
use crate::project::{self, File, conversation};
use crate::yaml::{self, Fault, Faults, Node, did_you_mean};

/// When a test says nothing: a Monday, at noon.
const NOW: u64 = 1_767_614_400_000;
const USER: &str = "user";
const SESSION: &str = "session";

/// Every test of a project that has no fault, by name, and every fault of the others.
pub struct Tests {
    pub tests: Vec<Test>,
    pub faults: Vec<Fault>,
}

/// Reads the folder, whatever state the rest of the project is in.
pub fn read(root: &Path, env: &dyn Fn(&str) -> Option<String>) -> Tests {
    let mut faults = Faults::default();
    let files = project::test_files(root, &mut faults);
    let endpoints = project::endpoint_names(root);
    let mut tests = Vec::new();
    for file in files {
        let before = faults.len();
        let test = read_file(&file, &endpoints, env, &mut faults);
        tests.extend(test.filter(|_| faults.len() == before));
    }
    Tests { tests, faults: faults.sorted() }
}

/// One test from its text. `endpoints`: those that it may be about.
pub fn read_file(
    file: &File,
    endpoints: &[String],
    env: &dyn Fn(&str) -> Option<String>,
    faults: &mut Faults,
) -> Option<Test> {
    let node = yaml::read(&file.path, file.text.as_ref()?, env, faults)?;
    let mut keys = node.keys(&conversation::TEST, faults)?;
    let endpoint = keys.required("endpoint", faults).and_then(|node| endpoint(node, endpoints, faults));
    let (user, session) = (keys.optional("user"), keys.optional("session"));
    let locale = keys.optional("locale");
    let setting = Setting {
        endpoint: endpoint.unwrap_or_default(),
        user: name(user, USER, faults),
        session: name(session, SESSION, faults),
        locale: locale.and_then(|node| node.valid(yaml::locale, faults)),
        now: keys.optional("now").and_then(|node| node.valid(instant, faults)).unwrap_or(NOW),
        profile: keys.optional("profile").and_then(|node| object(node, faults)).unwrap_or_default(),
        seeds: keys.optional("seeds").map(|node| seeds(node, faults)).unwrap_or_default(),
        answers: keys.optional("http").map_or_else(BTreeMap::new, |node| answers::read(node, env, faults)),
    };
    let steps = keys.required("steps", faults).map(|node| step::read_all(node, faults));
    keys.finish(faults);
    let place = Place { file: file.path.clone(), line: 1, column: 1 };
    Some(Test { name: file.name.clone(), place, setting, steps: steps.unwrap_or_default() })
}

fn endpoint(node: &Node, endpoints: &[String], faults: &mut Faults) -> Option<String> {
    let name = node.as_str(faults)?;
    if !endpoints.iter().any(|known| known == name) {
        let hint = did_you_mean(name, endpoints.iter().map(String::as_str));
        faults.push(&node.place, format!("there is no endpoint \"{name}\" (no endpoints/{name}.yaml){hint}"));
    }
    Some(name.to_owned())
}

/// The name of a user or a session, as a server takes it.
fn name(node: Option<&Node>, default: &str, faults: &mut Faults) -> String {
    let check = |text: &str| {
        let wrong = || format!("a name of a user or a session has 1 to {NAME_CHARS_MAX} characters");
        is_name(text).then(|| text.to_owned()).ok_or_else(wrong)
    };
    node.and_then(|node| node.valid(check, faults)).unwrap_or_else(|| default.to_owned())
}

fn instant(text: &str) -> Result<u64, String> {
    let wrong =
        || format!("{text:?} is no time; write one such as 2026-01-05T12:00:00Z, from the year 1970 on");
    let instant: Timestamp = text.parse().map_err(|_| wrong())?;
    u64::try_from(instant.as_millisecond()).map_err(|_| wrong())
}

fn seeds(node: &Node, faults: &mut Faults) -> Vec<u64> {
    let seeds = node.list(faults).unwrap_or_default();
    seeds.iter().filter_map(|node| node.as_u64(0..=u64::MAX, faults)).collect()
}

pub(super) fn object(node: &Node, faults: &mut Faults) -> Option<Map> {
    node.entries(faults)?;
    match node.to_json() {
        serde_json::Value::Object(map) => Some(map),
        _ => None,
    }
}
