//! The keys of an endpoint that are known and that this version cannot serve yet. Asking for one of them is a fault
//! that says so: a project never runs otherwise than it reads. Absent or switched off, they are fine.

use super::door::DATA_PROTECTION as DATA_PROTECTION_KEYS;
use crate::yaml::{Faults, Keys, Node, Value, not_available};

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
pub(super) fn refuse(keys: &mut Keys, faults: &mut Faults) {
    if let Some(node) = keys.optional("dataProtection") {
        refuse_data_protection(node, faults);
    }
    for name in ["nlu", "translation", "handover"] {
        if let Some(node) = keys.optional(name).filter(|node| !is_empty(node)) {
            faults.push(&node.place, not_available(&format!("\"{name}\""), "leave it out"));
        }
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
