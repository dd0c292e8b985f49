//! The JSON Schema of conversation tests beside their parser.

use crate::model::METHODS;
use crate::project::File;
use crate::project::conversation::{DOCUMENT, STEPS, TEST};
use crate::rehearsal::read::read_file;
use crate::yaml::{Faults, read, trial};

/// Forms that the example does not show.
const FURTHER: &str = r#"{
  endpoint: main, user: ann, session: "1", locale: de, now: "2026-01-05T12:00:00Z", profile: { a: 1 }, seeds: [1],
  steps: [
    { user: { text: a, data: { b: 1 } } }, { notify: a }, { agent: a }, { back: true }, { fault: a },
    { bot: { oneOf: [a, b], source: agent } }, { expect: { context: {}, profile.a: 1, position: start } },
    { inject: { text: a, headers: { A: b } } }, { answered: 202 }, { request: {} },
    { request: { to: notify, method: GET, headers: { A: b }, query: { a: [b, c], d: "" }, body: { a: [1] } } },
    { answered: { status: 401, headers: { a: b }, body: [1] } }, { request: { body: [1] } }, { request: { body: a } },
    { request: { form: { a: b, c: [d] } } }, { answered: { body: a } }
  ],
  http: { "GET https://a": [{ text: a, headers: { X: b } }, { fails: timeout }] }
}"#;

fn is_taken(text: &str) -> bool {
    let text = Some(text.to_owned());
    let file = File { name: "x".to_owned(), path: "tests/x.yaml".to_owned(), text };
    let mut faults = Faults::default();
    read_file(&file, &["main".to_owned()], &|_| None, &mut faults);
    faults.is_empty()
}

#[test]
fn what_the_schema_of_a_test_refuses_the_parser_refuses() {
    for text in [TEST.example, FURTHER] {
        assert!(is_taken(text) && trial::refused(&DOCUMENT, text).is_none(), "{text}");
        let node = read("x.yaml", text, &|_| None, &mut Faults::default()).unwrap();
        for broken in trial::broken(&node.to_json()) {
            let is_refused = trial::is_refused(&DOCUMENT, &broken);
            assert!(!is_refused || !is_taken(&broken.to_string()), "the parser takes {broken}");
        }
    }
}

#[test]
fn the_examples_of_steps_are_taken_by_the_schema_and_by_the_parser() {
    let examples = STEPS.iter().map(|step| step.example).filter(|example| !example.is_empty());
    let texts = examples.map(|example| format!("endpoint: main\nsteps:\n{example}"));
    let refused: Vec<String> =
        texts.filter(|text| !is_taken(text) || trial::refused(&DOCUMENT, text).is_some()).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert!(STEPS.iter().any(|step| step.word() == "request" && !step.example.is_empty()));
}

#[test]
fn a_call_of_every_method_can_be_answered() {
    for method in METHODS {
        let text = format!(
            "endpoint: main\nsteps: [{{ user: a }}]\nhttp: {{ \"{method} https://a\": {{ text: a }} }}\n"
        );
        assert!(is_taken(&text) && trial::refused(&DOCUMENT, &text).is_none(), "{text}");
    }
}

/// The defaults that the schema and the manual tell are those that hold.
#[test]
fn a_test_with_every_default_written_out_is_one_without() {
    let short = "endpoint: main\nsteps: [{ user: a }]\n".to_owned();
    let defaults = TEST.keys.iter().filter_map(|key| Some(format!("{}: {}\n", key.name, key.default?)));
    let long = defaults.fold(short.clone(), |text, line| text + &line);
    assert!(long.contains("now: "), "{long}");
    let setting = |text: String| {
        let file = File { name: "x".to_owned(), path: "tests/x.yaml".to_owned(), text: Some(text) };
        let test = read_file(&file, &["main".to_owned()], &|_| None, &mut Faults::default());
        format!("{:?}", test.expect("a test").setting)
    };
    assert_eq!(setting(short), setting(long));
}
