//! YAML in, values, places or faults out.

use serde_json::json;

use super::*;
use crate::yaml::shape::{Key, Kind};
use crate::yaml::{Fault, Shape};

static LETTERS: Shape = Shape::new(
    "letters",
    "Letters.",
    &[
        Key::optional("a", Kind::Anything, "A."),
        Key::optional("b", Kind::Anything, "B."),
        Key::optional("c", Kind::Anything, "C."),
    ],
);

static NEEDED: Shape = Shape::new(
    "needed",
    "Letters that have to be there.",
    &[
        Key::required("a", Kind::Text, "A."),
        Key::required("b", Kind::Truth, "B."),
        Key::required("c", Kind::Whole(0, 100), "C."),
        Key::required("d", Kind::List(&Kind::Anything, 0), "D."),
        Key::required("e", Kind::Anything, "E."),
        Key::required("first", Kind::Anything, "The first."),
    ],
);

fn read_with(text: &str) -> (Option<Node>, Vec<String>) {
    let mut faults = Faults::default();
    let environment = |name: &str| (name == "PORT").then(|| "8080".to_owned());
    let node = read("a.yaml", text, &environment, &mut faults);
    (node, faults.sorted().iter().map(Fault::to_string).collect())
}

fn node(text: &str) -> Node {
    let (node, faults) = read_with(text);
    assert_eq!(faults, [""; 0], "{text}");
    node.expect("a document without faults")
}

fn faults(text: &str) -> Vec<String> {
    read_with(text).1
}

#[test]
fn scalars_have_the_types_of_the_core_schema() {
    let text =
        "[a, 'a', 1, -2, +3, 0x10, 0o7, 1.5, 1e3, true, False, ~, null, , inf, nan, yes, '1', 1_0, 12ab]";
    let (document, _) = read_with(&text.replace(", ,", ", .inf,"));
    let expected = json!([
        "a", "a", 1, -2, 3, 16, 7, 1.5, 1000.0, true, false, null, null, ".inf", "inf", "nan", "yes", "1",
        "1_0", "12ab"
    ]);
    assert_eq!(document.expect("valid").to_json(), expected);
}

#[test]
fn mappings_keep_their_order_and_take_any_scalar_as_a_key() {
    let document = node("z: 1\n200: two\ntrue: {a: []}\n");
    let keys: Vec<&str> = document
        .entries(&mut Faults::default())
        .expect("a mapping")
        .iter()
        .map(|entry| entry.key.as_str())
        .collect();
    assert_eq!(keys, ["z", "200", "true"]);
    assert_eq!(document.to_json(), json!({"z": 1, "200": "two", "true": {"a": []}}));
}

#[test]
fn a_file_without_content_is_null() {
    for text in ["", "# only words\n", "---\n", "\u{feff}"] {
        assert!(node(text).is_null(), "{text:?}");
    }
}

#[test]
fn a_replaced_plain_string_answers_for_text_number_and_truth() {
    let mut none = Faults::default();
    let document = node("[\"${PORT}\", '${PORT}', 'x${PORT}', '${T:-true}']");
    assert_eq!(document.to_json(), json!(["8080", "8080", "x8080", "true"]));
    let plain = node("a: ${PORT}\nb: ${T:-true}\nc: ${NONE:-}\n");
    let mut keys = plain.keys(&LETTERS, &mut none).expect("a mapping");
    let (a, b, c) = (keys.optional("a"), keys.optional("b"), keys.optional("c"));
    assert_eq!(a.and_then(|node| node.as_u64(0..=9999, &mut none)), Some(8080));
    assert_eq!(a.and_then(|node| node.as_str(&mut none)), Some("8080"));
    assert_eq!(b.and_then(|node| node.as_bool(&mut none)), Some(true));
    assert_eq!(c.and_then(|node| node.as_str(&mut none)), Some(""));
    keys.finish(&mut none);
    assert!(none.is_empty());
}

#[test]
fn what_cannot_be_read_is_a_fault_with_its_place() {
    let cases = [
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3:1: the key \"a\" stands here again, first in line 1; remove one"),
        (
            "a: &x 1\nb: 2\n",
            "a.yaml:1:4: anchors (&name) are not supported; write the value out where it is needed",
        ),
        ("a: !x 1\n", "a.yaml:1:4: tags (!name) are not supported; leave it away"),
        ("<<: {a: 1}\n", "a.yaml:1:1: merge keys (<<) are not supported; write the keys out"),
        ("a: 1\n---\nb: 1\n", "a.yaml:2:1: a second document begins here; write it into a file of its own"),
        ("? [a]\n: 1\n", "a.yaml:1:3: expected a key, got a list; a key is plain text"),
        ("a: {{ b }}\n", "a.yaml:1:5: expected a key, got a mapping; put a text with {{ … }} in quotes"),
        ("a:\n  : 1\n", "a.yaml:2:3: a key is missing before \":\"; write key: value"),
        (
            "a: ${NONE}\n",
            "a.yaml:1:4: the environment variable NONE is not set; set NONE or write ${NONE:-default} ($${NONE} for this text itself)",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(faults(text), [expected], "{text}");
    }
}

#[test]
fn faults_do_not_hide_each_other() {
    let lines = faults("a: ${ONE}\nb: {c: 1, c: 2}\nd: &x 1\ne: *x\n");
    let places: Vec<&str> = lines.iter().map(|line| &line[..10]).collect();
    assert_eq!(places, ["a.yaml:1:4", "a.yaml:2:1", "a.yaml:3:4", "a.yaml:4:4"]);
}

#[test]
fn a_syntax_error_is_a_fault_at_its_line() {
    let lines = faults("a: 1\nb: [1, 2\nc: 3\n");
    assert!(lines[0].starts_with("a.yaml:") && lines[0].contains("not valid YAML"), "{lines:?}");
    let lines = faults("a: [${PORT}]\n");
    assert!(lines[0].ends_with("; put a text with {{ … }} or ${…} in quotes"), "{lines:?}");
    let lines = faults("a:\n\tb: 1\n");
    assert!(lines[0].starts_with("a.yaml:2:"), "{lines:?}");
    assert!(lines[0].ends_with("indent with spaces, not with tabs"), "{lines:?}");
}

#[test]
fn neither_depth_nor_size_can_harm() {
    let lines = faults(&"[".repeat(120));
    assert_eq!(lines, ["a.yaml:1:101: nested deeper than 100 levels; move a part elsewhere"]);
    for endless in ["[".repeat(500_000), "{a: ".repeat(200_000), "- ".repeat(300_000)] {
        assert_eq!(faults(&endless).len(), 1);
    }
    let lines = faults(&"#".repeat(FILE_BYTES_MAX + 1));
    assert_eq!(lines, ["a.yaml:1:1: the file has 1048577 bytes, 1048576 are allowed; split it"]);
}

#[test]
fn a_byte_of_a_string_has_its_place_in_the_file() {
    let cases = [
        ("a: over X there", (1, 9)),
        ("a: \"ov\\ner X\"", (1, 12)),
        ("a: \"ö\\u00e4\\\\ X\"", (1, 15)),
        ("a: 'it''s X'", (1, 11)),
        ("a: |\n  one\n\n    two X\n", (4, 9)),
        ("a: | # why\r\n  one\r\n  X\r\n", (3, 3)),
        ("a: >-\n  one\n  two X\n", (3, 7)),
        ("a: one\n  two\n  X\n", (3, 3)),
        ("a: \"one\n  two X\"\n", (2, 7)),
        ("- - b: |2-\n       indented X\n", (2, 17)),
        ("ä: ö X", (1, 6)),
    ];
    for (text, (line, column)) in cases {
        let document = node(text);
        let mut found = &document;
        while let Value::Mapping(_) | Value::List(_) = &found.value {
            found = match &found.value {
                Value::Mapping(entries) => &entries[0].node,
                Value::List(nodes) => &nodes[0],
                _ => unreachable!("the loop ends at anything else"),
            };
        }
        let words = found.as_str(&mut Faults::default()).expect("text").to_owned();
        let place = found.place_at(words.find('X').expect("every case has an X"));
        assert_eq!((place.line, place.column), (line, column), "{text:?} gives {words:?}");
    }
}

#[test]
fn a_value_of_another_kind_says_what_to_write() {
    let document = node("a: 5\nb: maybe\nc: 500\nd: {}\ne:\nzzz: 1\nfist: 1\n");
    let mut found = Faults::default();
    let mut keys = document.keys(&NEEDED, &mut found).expect("a mapping");
    keys.required("a", &mut found).and_then(|node| node.as_str(&mut found).map(drop));
    keys.required("b", &mut found).and_then(|node| node.as_bool(&mut found));
    keys.required("c", &mut found).and_then(|node| node.as_u64(0..=100, &mut found));
    keys.required("d", &mut found).and_then(|node| node.list(&mut found).map(drop));
    keys.required("e", &mut found);
    keys.required("first", &mut found);
    keys.finish(&mut found);
    let lines: Vec<String> = found.sorted().iter().map(Fault::to_string).collect();
    assert_eq!(
        lines,
        [
            "a.yaml:1:1: the key \"first\" is missing; add \"first: …\"",
            "a.yaml:1:4: expected text, got the number 5; put it in quotes: \"5\"",
            "a.yaml:2:4: expected true or false, got the text \"maybe\"; write one of the two, without quotes",
            "a.yaml:3:4: expected a whole number from 0 to 100, got the number 500; write a number such as 0",
            "a.yaml:4:4: expected a list, got a mapping; write [..], or each element below with \"- \" before it",
            "a.yaml:5:1: \"e\" has no value; write it here",
            "a.yaml:6:1: unknown key \"zzz\"; known here: a, b, c, d, e, first",
            "a.yaml:7:1: unknown key \"fist\"; did you mean \"first\"?",
        ]
    );
}
