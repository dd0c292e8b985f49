//! Shapes as schemas, and what a parser that does not keep to its shape runs into.

use serde_json::json;

use super::shape::{Document, Key, Kind, NAME, SPAN, Shape};
use super::*;
use crate::model::span_ms;

static TEA: Shape = Shape::new(
    "tea",
    "How tea is made.",
    &[
        Key::required("leaves", Kind::Formed(&NAME), "Which leaves."),
        Key::optional("minutes", Kind::Whole(1, 10), "How long.").default("3"),
        Key::optional("milk", Kind::Truth, "Whether milk goes in."),
        Key::optional("again", Kind::Mapping(&TEA), "The next cup."),
    ],
)
.one_of(&["minutes", "milk"]);

static TEA_FILE: Document = Document {
    name: "tea",
    files: "tea.yaml",
    doc: "How tea is made.",
    kind: Kind::Mapping(&TEA),
    may_be_empty: false,
};

#[test]
fn a_schema_is_written_from_the_shape() {
    let schema = schema(&TEA_FILE);
    assert_eq!(schema["$id"], "urn:antiphon:schema:tea");
    assert_eq!(schema["required"], json!(["leaves"]));
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["properties"]["minutes"]["default"], json!(3));
    assert_eq!(schema["properties"]["minutes"]["description"], "How long.");
    assert_eq!(schema["properties"]["again"]["anyOf"][0]["$ref"], "#/$defs/tea");
}

#[test]
fn a_schema_takes_a_reference_to_the_environment_wherever_a_value_is_bound() {
    for text in [
        "{ leaves: green, milk: true }",
        "{ leaves: '${LEAVES}', minutes: '${MINUTES:-3}' }",
        "{ leaves: green, milk: '${MILK:-true}', again: { leaves: black, minutes: 5 } }",
        "{ leaves: green, milk: , again: }",
    ] {
        assert_eq!(trial::refused(&TEA_FILE, text), None, "{text}");
    }
    for text in [
        "{}",
        "{ leaves: green }",
        "{ leaves: gr een, milk: true }",
        "{ leaves: , milk: true }",
        "{ leaves: green, minutes: 11 }",
        "{ leaves: green, minutes: 1.5 }",
        "{ leaves: green, minutes: '3' }",
        "{ leaves: green, milk: yes }",
        "{ leaves: green, milk: true, sugar: 2 }",
        "{ leaves: green, milk: true, again: { milk: true } }",
        "[]",
        "tea",
        "",
    ] {
        assert!(trial::refused(&TEA_FILE, text).is_some(), "{text}");
    }
}

#[test]
fn the_pattern_of_a_span_takes_every_span_and_few_other_texts() {
    let pattern = regex::Regex::new(SPAN.pattern).unwrap();
    let spans = [
        "2s",
        "500ms",
        "10m",
        "1h 30m",
        "1h30m",
        "2d",
        "1w",
        " 3 days ",
        "0s",
        "+5s",
        "PT5M",
        "P2D",
        "1:30:00",
        "2 hours, 5 minutes",
        "1.5h",
        "90 min",
        "3µs",
        "1 day 02:00:00",
    ];
    for text in spans {
        assert!(span_ms(text).is_err() || pattern.is_match(text), "{text}");
    }
    for text in ["", "10", "soon", "-5s", "{{ 2 }}", "s"] {
        assert!(span_ms(text).is_err() && !pattern.is_match(text), "{text}");
    }
}

fn keys(text: &str, ask: impl Fn(&mut Keys, &mut Faults)) -> Vec<String> {
    let mut faults = Faults::default();
    let node = read("a.yaml", text, &|_| None, &mut faults).expect("YAML");
    let mut keys = node.keys(&TEA, &mut faults).expect("a mapping");
    ask(&mut keys, &mut faults);
    keys.finish(&mut faults);
    faults.sorted().iter().map(Fault::to_string).collect()
}

#[test]
fn an_unknown_key_is_told_in_the_order_of_the_shape() {
    let faults = keys("leaves: green\nsugar: 2\n", |keys, faults| {
        keys.required("leaves", faults);
        keys.whole("minutes", faults);
        keys.optional("milk");
        keys.optional("again");
    });
    assert_eq!(faults, ["a.yaml:2:1: unknown key \"sugar\"; known here: leaves, minutes, milk, again"]);
}

#[test]
#[should_panic(expected = "the shape \"tea\" has no key \"sugar\"")]
fn a_parser_that_asks_for_a_key_outside_its_shape_is_noticed() {
    keys("leaves: green", |keys, _| assert!(keys.optional("sugar").is_none()));
}

#[test]
#[should_panic(expected = "\"tea\" was read without [\"minutes\", \"again\"]")]
fn a_parser_that_never_asks_for_a_key_of_its_shape_is_noticed() {
    keys("leaves: green", |keys, faults| {
        keys.required("leaves", faults);
        keys.optional("milk");
    });
}

#[test]
#[should_panic(expected = "\"leaves\" of \"tea\" is required")]
fn a_parser_that_takes_a_required_key_for_an_optional_one_is_noticed() {
    keys("leaves: green", |keys, _| assert!(keys.optional("leaves").is_some()));
}
