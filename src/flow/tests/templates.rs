//! Strings with expressions in them, and the values made of such strings.

use super::{faults, program};
use crate::flow::{Op, Part, Template, Tree};

fn shown(template: &Template) -> Vec<String> {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Script(script) => format!("<{}>", script.source),
    };
    match template {
        Template::Text(text) => vec![text.clone()],
        Template::Value(script) => vec![format!("={}", script.source)],
        Template::Parts(parts) => parts.iter().map(part).collect(),
        Template::ByLanguage(texts) => texts.iter().flat_map(|(_, text)| shown(text)).collect(),
    }
}

fn template(text: &str) -> Vec<String> {
    let program = program(&format!("- say: {}", serde_json::Value::from(text)));
    let Op::Say(say) = &program.ops[0] else { panic!("{text} makes a say") };
    shown(&say.texts[0])
}

#[test]
fn a_string_falls_into_texts_and_expressions() {
    let cases: [(&str, &[&str]); 10] = [
        ("plain", &["plain"]),
        ("", &[""]),
        ("{{ input.text }}", &["=input.text"]),
        (" {{ a }}", &[" ", "<a>"]),
        ("{{a}}{{b}}", &["<a>", "<b>"]),
        ("Hello {{ a }}, {{ b }}!", &["Hello ", "<a>", ", ", "<b>", "!"]),
        (r"\{{ a }} {{ b }}", &["{{ a }} ", "<b>"]),
        ("a } } { { b", &["a } } { { b"]),
        ("ä {{ ö }} }}", &["ä ", "<ö>", " }}"]),
        ("${SHOP}: {{ a }}", &["tea.example: ", "<a>"]),
    ];
    for (text, expected) in cases {
        assert_eq!(template(text), expected, "{text}");
    }
}

#[test]
fn closing_braces_inside_an_expression_do_not_end_it() {
    let cases: [(&str, &[&str]); 4] = [
        ("{{ '}}' }}", &["='}}'"]),
        ("{{ {a: {b: 1}} }}", &["={a: {b: 1}}"]),
        ("{{ {a: {b: 1}}}} {{ c }}", &["<{a: {b: 1}}>", " ", "<c>"]),
        ("{{ f({a: \"{{ }}\"}) }}!", &["<f({a: \"{{ }}\"})>", "!"]),
    ];
    for (text, expected) in cases {
        assert_eq!(template(text), expected, "{text}");
    }
}

#[test]
fn the_fault_is_that_of_the_longest_expression_before_the_next_one() {
    assert_eq!(
        faults("- say: '{{ {a: {b: 1}} + }} and {{ c }}'"),
        ["1:25: the expression does not parse: unexpected end of input"]
    );
}

#[test]
fn values_keep_their_types_and_become_templates_only_where_they_hold_one() {
    let program = program(
        "- set:\n    context.a: { b: [1, true, ~], c: text }\n    context.d: [\"{{ e }}\", { f: \"g {{ h }}\" }, 2]",
    );
    let Op::Set(writes) = &program.ops[0] else { panic!("a set") };
    assert!(matches!(&writes[0].1, Tree::Value(value) if value["b"][1] == true && value["c"] == "text"));
    let Tree::List(items) = &writes[1].1 else { panic!("a list with templates: {:?}", writes[1]) };
    assert!(matches!(&items[0], Tree::Template(Template::Value(_))));
    assert!(matches!(&items[1], Tree::Object(members) if members[0].0 == "f"));
    assert!(matches!(&items[2], Tree::Value(value) if *value == 2));
}

#[test]
fn a_script_knows_its_place_and_the_loops_around_it() {
    let program = program(
        "- each:\n    in: context.rows\n    as: row\n    do:\n      - each: { in: row, as: cell, do: [{ say: \"- {{ cell }}\" }] }\n",
    );
    let Op::Say(say) = &program.ops[2] else { panic!("the innermost step says: {:?}", program.ops) };
    let Template::Parts(parts) = &say.texts[0] else { panic!("a text and a script") };
    let Part::Script(script) = &parts[1] else { panic!("a script") };
    assert_eq!(script.locals, ["row", "cell"]);
    assert_eq!(script.place.to_string(), "flows/a.yaml:5:54");
    let Op::Each { items, .. } = &program.ops[1] else { panic!("the inner loop") };
    assert_eq!(items.locals, ["row"]);
}
