//! For tests: whether the JSON Schema of a file takes what is written, as an editor would ask it.
//! Editors see the file itself, so `${NAME}` stays as it is.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::Value;

use super::shape::Document;
use super::{Faults, read, schema};

/// Made once for each kind of file.
static VALIDATORS: LazyLock<Mutex<HashMap<&str, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Nothing, or what the schema has against this YAML. What is no YAML at all is refused too.
pub fn refused(document: &Document, text: &str) -> Option<String> {
    let mut faults = Faults::default();
    let node = read("x.yaml", text, &|name| Some(format!("${{{name}}}")), &mut faults);
    match node {
        Some(node) if faults.is_empty() => refused_json(document, &node.to_json()),
        _ => Some("it cannot be read as YAML".to_owned()),
    }
}

/// The same without the reasons, which cost most of the time.
pub fn is_refused(document: &Document, value: &Value) -> bool {
    !validator(document).is_valid(value)
}

fn refused_json(document: &Document, value: &Value) -> Option<String> {
    let validator = validator(document);
    let errors = validator.iter_errors(value);
    let told: Vec<String> = errors.map(|error| format!("{}: {error}", error.instance_path())).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn validator(document: &Document) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().expect("no test panics while it holds the lock");
    let made = || {
        let schema = schema(document);
        jsonschema::meta::validate(&schema).expect("the schema is a schema");
        Arc::new(jsonschema::validator_for(&schema).expect("the schema can be used"))
    };
    validators.entry(document.name).or_insert_with(made).clone()
}

/// What may stand anywhere by mistake.
const STRAY: [&str; 14] = [
    "null",
    "5",
    "0.5",
    "\"5\"",
    "true",
    "\"true\"",
    "\"x\"",
    "\"\"",
    "[]",
    "[5]",
    "[\"x\"]",
    "{}",
    "{\"zzz\":1}",
    "[{\"say\":\"x\"}]",
];

/// The value with one part of it replaced, left out, or one key too many, in every way.
pub fn broken(value: &Value) -> Vec<Value> {
    let mut found: Vec<Value> =
        STRAY.iter().map(|text| serde_json::from_str(text).expect("it is JSON")).collect();
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                found.extend(broken(item).into_iter().map(|item| {
                    let mut items = items.clone();
                    items[index] = item;
                    items.into()
                }));
            }
        }
        Value::Object(members) => {
            let with = |key: &str, value: Value| {
                let mut members = members.clone();
                members.insert(key.to_owned(), value);
                Value::from(members)
            };
            found.push(with("zzz", 1.into()));
            for (key, member) in members {
                found.extend(broken(member).into_iter().map(|member| with(key, member)));
                let mut without = members.clone();
                without.remove(key);
                found.push(without.into());
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found
}
