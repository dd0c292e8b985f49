//! The JSON Schema of flows beside the parser: what one says is held against what the other does.

use serde_json::Value;

use super::super::language::{FLOW, STEPS};
use super::read;
use crate::yaml::{self, Faults, trial};

/// What may stand anywhere by mistake.
const STRAY: [&str; 8] = ["null", "5", "true", "\"x\"", "[]", "{}", "[{\"say\":\"x\"}]", "{\"zzz\":1}"];

#[test]
fn the_example_of_each_step_is_taken_by_the_parser_and_by_the_schema() {
    for step in STEPS {
        let (_, faults) = read(&with_orders(step.example));
        assert_eq!(faults, [""; 0], "{}", step.example);
        assert_eq!(trial::refused(&FLOW, step.example), None, "{}", step.example);
    }
}

/// Every value of every example is replaced by each stray one, and every mapping gets a key too many.
#[test]
fn what_the_schema_refuses_the_parser_refuses() {
    let (mut refused, mut stricter) = (0, 0);
    for text in STEPS.iter().map(|step| step.example).chain(FURTHER) {
        let node = yaml::read("x.yaml", text, &|_| None, &mut Faults::default()).expect("an example is YAML");
        for broken in broken(&node.to_json()) {
            let text = broken.to_string();
            let (_, faults) = read(&with_orders(&text));
            match (trial::refused_json(&FLOW, &broken), faults.is_empty()) {
                (Some(refusal), true) => panic!("the parser takes {text}\nbut the schema says {refusal}"),
                (Some(_), false) => refused += 1,
                (None, false) => stricter += 1,
                (None, true) => {}
            }
        }
    }
    assert!(refused > 10 * stricter, "the schema finds {refused} mistakes and misses {stricter}");
}

#[test]
fn a_mistake_of_structure_is_seen_in_the_editor() {
    for text in [
        "",
        "[]",
        "say: hi",
        "- hi",
        "- sya: hi",
        "- { say: hi, code: log(1) }",
        "- { say: hi, then: [] }",
        "- say: { tekst: hi }",
        "- say: 5",
        "- say: { oneOf: [] }",
        "- say: { text: hi, quickReplies: [{ payload: a }] }",
        "- say: { english: hi }",
        "- ask: { into: context.a }",
        "- ask: { say: a, into: order }",
        "- ask: { say: a, attempts: 0 }",
        "- ask: { say: a, expect: telephone }",
        "- ask: { say: a, expect: { oneOf: [] } }",
        "- ask: { say: a, timeout: { after: 10 } }",
        "- { if: a }",
        "- { switch: a, cases: [] }",
        "- set: { total: 1 }",
        "- set: {}",
        "- unset: []",
        "- http: { url: 'https://shop.example' }",
        "- http: { get: shop.example }",
        "- http: { get: 'https://shop.example', retries: 11 }",
        "- http: { get: 'https://shop.example', headers: { 'X Y': a } }",
        "- wait: 2",
        "- wait: soon",
        "- remind: never",
        "- remind: { after: 2d }",
        "- handover: { for: sales }",
        "- each: { in: context.a, as: b-c, do: [] }",
        "- once: { say: a }",
        "- goto: '#a'",
        "- { id: 3, say: a }",
        "- stop: sesion",
    ] {
        assert!(trial::refused(&FLOW, text).is_some(), "{text}");
    }
}

/// Forms that no example shows.
const FURTHER: [&str; 4] = [
    "- say: { text: a, buttons: [b, { title: c, url: d }, { title: { en: e }, phone: f }] }",
    "- say: { gallery: [{ title: a, subtitle: b, image: { url: c, alt: d }, buttons: [e] }] }",
    "- say: { list: [{ title: a, url: b }], data: { c: [1] } }\n- say: { image: a, text: { default: b } }",
    "- ask: { say: { en: a }, expect: { intent: [b] }, forget: true }\n- ask: { say: c, expect: date }\n- handover: d",
];

fn with_orders(text: &str) -> [(&str, &str); 2] {
    [("a", text), ("orders", "- id: ask-number\n  say: Number?\n")]
}

/// The value with one part of it replaced or one key too many, in every way.
fn broken(value: &Value) -> Vec<Value> {
    let stray = || STRAY.iter().map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
    let mut found: Vec<Value> = stray().collect();
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
