//! `antiphon.yaml`: every setting of the table in `config`, as a key or as a key within a group.

use std::path::Path;

use super::folder;
use crate::config::{self, SETTINGS, Setting, Settings};
use crate::yaml::shape::Kind;
use crate::yaml::{self, Faults, Keys, Node, Value};

const FILE: &str = "antiphon.yaml";

/// The defaults, and over them what the file says; the file may be absent.
pub(super) fn read(root: &Path, env: &dyn Fn(&str) -> Option<String>, faults: &mut Faults) -> Settings {
    let mut settings = Settings::default();
    if root.join("antiphon.yml").exists() {
        faults.push(
            &folder::whole("antiphon.yml"),
            "only .yaml files are read; rename it to \"antiphon.yaml\"",
        );
    }
    if !root.join(FILE).exists() {
        return settings;
    }
    let node = folder::text(root, FILE, faults).and_then(|text| yaml::read(FILE, &text, env, faults));
    // A file with nothing but comments is null.
    if let Some(node) = node.filter(|node| !node.is_null()) {
        read_node(&node, &mut settings, faults);
    }
    // A path in the file means the same wherever the server is started.
    settings.state = settings.state.map(|state| root.join(state));
    settings
}

pub(super) fn read_node(node: &Node, settings: &mut Settings, faults: &mut Faults) {
    let shape = config::shape();
    let Some(mut keys) = node.keys(shape, faults) else { return };
    let mut groups: Vec<(&str, Option<Keys>)> = Vec::new();
    for setting in &SETTINGS {
        let Some((group, name)) = setting.path.split_once('.') else {
            take(setting, keys.optional(setting.path), settings, faults);
            continue;
        };
        if groups.last().is_none_or(|(last, _)| *last != group) {
            let mapping = match shape.key(group).map(|key| key.kind) {
                Some(Kind::Mapping(mapping)) => mapping,
                _ => unreachable!("the shape was made of the same table"),
            };
            groups.push((group, keys.optional(group).and_then(|node| node.keys(mapping, faults))));
        }
        if let Some((_, Some(keys))) = groups.last_mut() {
            take(setting, keys.optional(name), settings, faults);
        }
    }
    keys.finish(faults);
    groups.into_iter().filter_map(|(_, keys)| keys).for_each(|keys| keys.finish(faults));
}

fn take(setting: &Setting, node: Option<&Node>, settings: &mut Settings, faults: &mut Faults) {
    let Some(node) = node else { return };
    if !setting.is_list() {
        return take_one(setting, node, settings, faults);
    }
    setting.clear(settings);
    for node in node.list(faults).unwrap_or_default() {
        take_one(setting, node, settings, faults);
    }
}

fn take_one(setting: &Setting, node: &Node, settings: &mut Settings, faults: &mut Faults) {
    let written = match &node.value {
        Value::Text(text) => text.text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) if setting.is_truth() => yes.to_string(),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Mapping(_) => {
            let kind = if setting.is_truth() { "true or false" } else { "a text or a number" };
            let text = format!("\"{}\" is {kind}, got {}", setting.path, node.describe());
            return faults.push(&node.place, text);
        }
    };
    if let Err(text) = setting.take(settings, &written) {
        faults.push(&node.place, text);
    }
}
