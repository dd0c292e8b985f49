//! The manual of transformers names what there is: nothing less, and nothing more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::config::Overlay;
use crate::model::{METHODS, Source};
use crate::project;
use crate::transformer::manual::{Entry, Of, Part, TOPICS};
use crate::transformer::{Bounds, Done, Hook, Job, Seed, Step, Transformer};

type Names = BTreeSet<String>;

/// A run without a request, of the file shop.js with this text.
pub(super) fn job_of(text: &str, hook: Hook) -> Job {
    let transformer = Arc::new(Transformer::new("shop.js", text).unwrap());
    let bounds =
        Bounds { computing_ms: 60_000, requests_max: 0, memory_bytes: 16 << 20, result_bytes_max: 1_000 };
    let seed = Seed::of(0, "");
    let arguments = Map::new();
    Job { transformer, hook, arguments, raw_body: None, now: 0, seed, bounds, of: None, storage: None }
}

/// What a handleInput with this body gives back.
fn value(body: &str) -> Value {
    let folder = std::env::temp_dir().join(format!("antiphon-edge-{}", uuid::Uuid::new_v4()));
    project::init(&folder, "0123456789abcdef0123456789abcdef").unwrap();
    fs::create_dir_all(folder.join("transformers")).unwrap();
    let script =
        format!("export const handleInput = async ({{ endpoint, request, response }}) => {{ {body} }};");
    fs::write(folder.join("transformers/shop.js"), script).unwrap();
    let file = folder.join("endpoints/main.yaml");
    let endpoint = fs::read_to_string(&file).unwrap() + "\ntransformers: { file: shop.js, input: true }\n";
    fs::write(file, endpoint).unwrap();
    let project = project::load(&folder, &Overlay::default(), &|_| None).unwrap();
    fs::remove_dir_all(folder).unwrap();
    let wire = Wire { method: "POST", url: "/", headers: Vec::new(), bytes: b"{}", ip: String::new() };
    let bounds = project.transformer_bounds();
    let memory_bytes = bounds.memory_bytes;
    let endpoint = &project.endpoints["main"];
    let job =
        job(endpoint, hook(endpoint, Source::User).unwrap(), &Posted::of(wire), (0, Seed::of(0, "")), bounds);
    match Runner::new(memory_bytes).start(&job) {
        Step::Done(Done { result, .. }) => result.unwrap(),
        Step::Waits(_) => panic!("it waits"),
    }
}

fn parts() -> impl Iterator<Item = &'static Part> {
    TOPICS.iter().flat_map(|topic| topic.parts)
}

/// What the manual tells of it, wherever that stands.
fn told(of: Of) -> Names {
    let entries = parts().filter(|part| part.of == of).flat_map(|part| part.entries);
    entries.flat_map(Entry::plain_names).map(str::to_owned).collect()
}

fn names(value: &Value) -> Names {
    value.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_manual_tells_of_every_global_and_of_none_that_is_not_there() {
    assert_eq!(told(Of::Globals), names(&value("return Object.getOwnPropertyNames(globalThis)")));
    let missing: Value = told(Of::Missing).into_iter().collect();
    let there = value(&format!("return {missing}.filter((name) => name in globalThis)"));
    assert_eq!(names(&there), Names::new());
}

#[test]
fn the_manual_tells_of_every_member_and_of_none_that_is_not_there() {
    let expressions: BTreeSet<&str> = parts()
        .filter_map(|part| match part.of {
            Of::Members(expression) => Some(expression),
            Of::Hooks | Of::Globals | Of::Options | Of::Settings | Of::Missing => None,
        })
        .collect();
    let found = expressions.iter().map(|expression| format!("{expression:?}: members({expression})"));
    let found = value(&format!(
        "const plain = [Object.prototype, Function.prototype, Uint8Array];
         const members = (value) => [value, Object.getPrototypeOf(value)].filter((one) => !plain.includes(one))
             .flatMap(Object.getOwnPropertyNames)
             .filter((name) => !/^[0-9]+$/.test(name) && !['constructor', 'length', 'name', 'prototype'].includes(name)
                 || name === 'name' && value === endpoint);
         return {{ {} }};",
        found.collect::<Vec<_>>().join(",\n")
    ));
    let found: BTreeMap<&str, Names> =
        found.as_object().unwrap().iter().map(|(name, members)| (name.as_str(), names(members))).collect();
    let told: BTreeMap<&str, Names> =
        expressions.into_iter().map(|expression| (expression, told(Of::Members(expression)))).collect();
    assert_eq!(told, found);
}

#[test]
fn transformers_send_the_methods_that_tests_can_answer() {
    let refused = value(
        "return httpRequest({ uri: 'https://a.example', method: 'NO' }).catch((error) => error.message)",
    );
    let (_, methods) = refused.as_str().unwrap().split_once("is to be one of ").unwrap();
    assert_eq!(methods.split(", ").collect::<Vec<_>>(), METHODS);
}

#[test]
fn the_manual_tells_of_every_hook_and_every_option_of_a_request() {
    assert_eq!(told(Of::Hooks), Hook::ALL.map(|hook| hook.function().to_owned()).into());
    let refused = value("return httpRequest({ nothing: 1 }).catch((error) => error.message)");
    let (_, options) = refused.as_str().unwrap().split_once("the options are ").unwrap();
    assert_eq!(told(Of::Options), options.split(", ").map(str::to_owned).collect());
}
