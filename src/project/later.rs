//! The keys of an endpoint that are known and that this version cannot serve yet. Asking for one of them is a fault
//! that says so: a project never runs otherwise than it reads. Absent or switched off, they are fine.

use super::door::{DATA_PROTECTION as DATA_PROTECTION_KEYS, TRANSFORMERS};
use crate::yaml::{Faults, Keys, Node, Value, did_you_mean, not_available};

const HOOKS: [&str; 5] = ["input", "output", "executionFinished", "inject", "notify"];

/// The keys of `dataProtection`, the value each cannot have yet, and what happens now.
const DATA_PROTECTION: [(&str, Option<bool>, &str); 8] = [
    ("useContactProfiles", Some(false), "profiles are always kept"),
    ("useAnalytics", Some(true), "no analytics are recorded"),
    ("maskIPAddress", None, "no address of a caller is kept"),
    ("maskAnalytics", None, "no analytics are recorded"),
    ("maskLogging", Some(false), "the log never holds what people say"),
    ("useConversations", Some(false), "the transcript is always kept"),
    ("sanitizeInput", Some(true), "inputs reach the flow as they came"),
    ("hideExternalReferences", Some(true), "the transcript shows texts as they are"),
];

/// Takes these keys from an endpoint and reports what it asks for in vain.
pub(super) fn refuse(keys: &mut Keys, transformers: &[String], faults: &mut Faults) {
    if let Some(node) = keys.optional("transformers") {
        refuse_transformers(node, transformers, faults);
    }
    if let Some(node) = keys.optional("dataProtection") {
        refuse_data_protection(node, faults);
    }
    for name in ["nlu", "translation", "handover"] {
        if let Some(node) = keys.optional(name).filter(|node| !is_empty(node)) {
            faults.push(&node.place, not_available(&format!("\"{name}\""), "leave it out"));
        }
    }
}

fn refuse_transformers(node: &Node, files: &[String], faults: &mut Faults) {
    let Some(mut keys) = node.keys(&TRANSFORMERS, faults) else { return };
    if let Some(node) = keys.optional("file") {
        check_file(node, files, faults);
    }
    for hook in HOOKS {
        let Some(node) = keys.optional(hook) else { continue };
        if node.as_bool(faults) == Some(true) {
            faults.push(&node.place, not_available(&format!("the transformer \"{hook}\""), "write false"));
        }
    }
    if let Some(node) = keys.optional("abortOnError") {
        node.as_bool(faults);
    }
    keys.finish(faults);
}

fn check_file(node: &Node, files: &[String], faults: &mut Faults) {
    let Some(file) = node.as_str(faults) else { return };
    if !files.iter().any(|known| known == file) {
        let hint = did_you_mean(file, files.iter().map(String::as_str));
        faults.push(&node.place, format!("there is no file transformers/{file}{hint}"));
    }
}

fn refuse_data_protection(node: &Node, faults: &mut Faults) {
    let Some(mut keys) = node.keys(&DATA_PROTECTION_KEYS, faults) else { return };
    for (name, refused, now) in DATA_PROTECTION {
        let Some(node) = keys.optional(name) else { continue };
        let asked = node.as_bool(faults);
        if asked.is_some() && asked == refused {
            let instead = format!("{now}; leave it out");
            faults.push(
                &node.place,
                not_available(&format!("\"{name}: {}\"", refused == Some(true)), &instead),
            );
        }
    }
    keys.finish(faults);
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Mapping(entries) => entries.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => false,
    }
}
