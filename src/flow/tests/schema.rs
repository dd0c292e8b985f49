//! The JSON Schema of flows beside the parser: what one says is held against what the other does.

use super::super::language::{FLOW, STEPS};
use super::read;
use crate::yaml::{self, Faults, trial};

#[test]
fn the_example_of_each_step_is_taken_by_the_parser_and_by_the_schema() {
    for step in STEPS {
        let (_, faults) = read(&with_orders(step.example));
        assert_eq!(faults, [""; 0], "{}", step.example);
        assert_eq!(trial::refused(&FLOW, step.example), None, "{}", step.example);
    }
}

#[test]
fn what_the_schema_refuses_the_parser_refuses() {
    let (mut refused, mut stricter) = (0, 0);
    for text in STEPS.iter().map(|step| step.example).chain(FURTHER) {
        let node = yaml::read("x.yaml", text, &|_| None, &mut Faults::default()).expect("an example is YAML");
        for broken in trial::broken(&node.to_json()) {
            let text = broken.to_string();
            let (_, faults) = read(&with_orders(&text));
            match (trial::is_refused(&FLOW, &broken), faults.is_empty()) {
                (true, true) => panic!("the parser takes {text}"),
                (true, false) => refused += 1,
                (false, false) => stricter += 1,
                (false, true) => {}
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
