//! Sessions as test files: what a recording has of a session, and what it says of what a transcript does not keep.

use serde_json::{Value, json};

use super::{Folder, Recording, record};
use crate::model::{Record, SessionId};

/// The file that a session of these turns is recorded as, and the failure if it does not pass.
fn recorded(flow: &str, records: Value) -> (String, Option<String>) {
    recorded_at("", &[("flows/main.yaml", flow)], records)
}

/// The same with these hooks of a script.
fn recorded_with(hooks: &str, script: &str, flow: &str, records: Value) -> (String, Option<String>) {
    let more = format!("transformers: {{ file: shop.js, {hooks} }}\n");
    recorded_at(&more, &[("flows/main.yaml", flow), ("transformers/shop.js", script)], records)
}

/// `more` are keys of the endpoint.
fn recorded_at(more: &str, files: &[(&str, &str)], records: Value) -> (String, Option<String>) {
    let door = format!("urlToken: 0123456789abcdef0123456789abcdef\nflow: main\n{more}");
    let all = [files, &[("endpoints/web.yaml", door.as_str())]].concat();
    let folder = Folder::with(
        &all.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect::<Vec<_>>(),
    );
    let name = |name: &str| name.to_owned();
    let id = SessionId { endpoint: name("web"), user_id: name("ann"), session_id: name("1") };
    let records: Vec<Record> = serde_json::from_value(records).unwrap();
    let Recording { text, failure } = record(&id, &records, &folder.project(), "tests/real.yaml");
    (text, failure.map(|failure| failure.text))
}

fn turn(turn: u64, at: u64, said: (&str, u64), more: Value) -> Value {
    let (text, received_at) = said;
    let input =
        json!({ "inputId": "i", "traceId": "t", "source": "user", "text": text, "receivedAt": received_at });
    let mut record =
        json!({ "turn": turn, "sequence": turn, "at": at, "seed": turn, "program": "p", "input": input });
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    record
}

#[test]
fn a_recording_waits_where_something_came_due_and_answers_what_was_called() {
    let flow = "- http: { get: 'https://shop.example/{{ input.text }}', into: context.reply }\n\
                - say: \"{{ context.reply.json.n }}\"\n- wait: 10m\n- say: { data: { done: \"{{ input.text }}\" } }\n";
    let answer = |status: u16, text: &str| json!({ "outcome": "answered", "status": status, "headers": {}, "text": text });
    let says = |text: &str| json!([{ "sequence": 1, "text": text, "source": "bot" }]);
    let done = |text: &str| json!([{ "sequence": 1, "text": "", "data": { "done": text }, "source": "bot" }]);
    let minutes = 600_000;
    let (text, failure) = recorded(
        flow,
        json!([
            turn(1, 1_000, ("a", 999), json!({ "suspended": true })),
            turn(
                2,
                1_250,
                ("a", 999),
                json!({ "woken": { "wait": 1, "answer": answer(200, "{\"n\":7}") },
                "outputs": says("7"), "suspended": true })
            ),
            turn(3, 1_290 + minutes, ("a", 999), json!({ "woken": { "wait": 2 }, "outputs": done("a") })),
            // It came while the flow waited.
            turn(4, 1_300 + minutes, ("b", 5_000), json!({ "suspended": true })),
            turn(
                5,
                1_900 + minutes,
                ("b", 5_000),
                json!({ "woken": { "wait": 3, "answer": answer(200, "{\"n\": 8}") },
                "outputs": says("8"), "suspended": true })
            ),
        ]),
    );
    let expected = r#"# Recorded from a session.

endpoint: "web"
user: "ann"
session: "1"
now: 1970-01-01T00:00:01Z
steps:
  - user: "a"
  - bot: "7"
  - user: "b"
  - wait: 10m
  - bot: { text: "", data: { done: "a" } }
  - bot: "8"
http:
  "GET https://shop.example/a":
    - { status: 200, text: "{\"n\":7}" }
  "GET https://shop.example/b":
    - { status: 200, text: "{\"n\": 8}" }
"#;
    assert_eq!((text.as_str(), failure), (expected, None));
}

const FLOW_WITH_A_CALL: &str =
    "- http: { get: 'https://shop.example/7', into: context.reply }\n- say: \"{{ context.reply.json.n }}\"\n";

/// A turn that calls, and one with what came of it.
fn call_and_answer(said: &str, first: Value, mut second: Value) -> Value {
    let answer = json!({ "outcome": "answered", "status": 200, "headers": {}, "text": "{\"n\":7}" });
    let woken = json!({ "woken": { "wait": 1, "answer": answer } });
    second.as_object_mut().unwrap().extend(woken.as_object().unwrap().clone());
    let mut suspended = json!({ "suspended": true });
    suspended.as_object_mut().unwrap().extend(first.as_object().unwrap().clone());
    json!([turn(1, 1_000, (said, 1_000), suspended), turn(2, 1_000, (said, 1_000), second)])
}

#[test]
fn a_recording_names_the_calls_of_transformers_whose_answers_were_not_kept_whatever_they_wrote() {
    let script = "export async function handleInput({ request }) {\n\
                  await httpRequest({ uri: 'https://crm.example/who' }).catch(() => {}); return {};\n}\n\
                  export async function handleOutput({ output }) {\n\
                  await httpRequest({ uri: 'https://sms.example/send', method: 'POST', body: output.text }); return null;\n}";
    let note = |text: &str| json!({ "kind": "log", "place": "transformers/shop.js", "text": text });
    let says = json!([{ "sequence": 1, "text": "7", "source": "bot" }]);
    let called = |hook: &str, method: &str, host: &str, outcome: &str| json!([{ "hook": hook, "method": method, "host": host, "outcome": outcome }]);
    let records = call_and_answer(
        "a",
        json!({ "notes": [note("GET crm.example: 200")], "called": called("handleInput", "GET", "crm.example", "no connection") }),
        json!({ "outputs": says, "transformed": [{ "sequence": 1, "fate": "dropped" }],
            "called": called("handleOutput", "POST", "sms.example", "202") }),
    );
    let (text, failure) = recorded_with("input: true, output: true", script, FLOW_WITH_A_CALL, records);
    let expected = r#"# Recorded from a session.
# What was posted is not kept: the inputs below are what transformers/shop.js made of it, and it gets them once more. Where
# it makes something else of them, write a request: as it was posted (`antiphon help tests request`).

endpoint: "web"
user: "ann"
session: "1"
now: 1970-01-01T00:00:01Z
steps:
  - user: "a"
http:
  "GET https://crm.example/who":
    - { fails: "no connection" }
  "GET https://shop.example/7":
    - { status: 200, text: "{\"n\":7}" }
  # transformers/shop.js calls this. What it was answered is not kept, at the most its status: write it here.
  "POST https://sms.example/send":
    - { status: 202 }
"#;
    assert_eq!((text.as_str(), failure), (expected, None));
}

#[test]
fn a_recording_has_the_calls_of_the_flow_though_its_transformer_does_not_take_the_input_again() {
    let script = "export const handleInput = ({ request }) => (request.body.Body ? { text: request.body.Body } : null);";
    let records = call_and_answer(
        "a",
        json!({}),
        json!({ "outputs": [{ "sequence": 1, "text": "7", "source": "bot" }] }),
    );
    let (text, failure) = recorded_with("input: true", script, FLOW_WITH_A_CALL, records);
    assert!(text.contains("  - user: \"a\"\n  - bot: \"7\"\n"), "{text}");
    assert!(text.contains("  \"GET https://shop.example/7\":\n    - { status: 200"), "{text}");
    assert_eq!(failure.as_deref(), Some("the bot said nothing more, expected \"7\""));
    assert!(text.contains("# it makes something else of them, write a request:"), "{text}");
}

#[test]
fn a_recording_is_as_exact_as_the_flow_needs_it() {
    let says = |text: String| json!([{ "sequence": 1, "text": text, "source": "bot" }]);
    let clock = "- say: \"{{ input.currentTime }}\"\n";
    let (text, failure) = recorded(
        clock,
        json!([
            turn(1, 1_000, ("a", 1_000), json!({ "outputs": says("1970-01-01T00:00:01.000Z".to_owned()) })),
            turn(2, 8_500, ("b", 8_500), json!({ "outputs": says("1970-01-01T00:00:08.500Z".to_owned()) })),
        ]),
    );
    assert!(failure.is_none() && text.contains("  - wait: 7s 500ms\n  - user: \"b\""), "{text}");
    let (_, failure) =
        recorded(clock, json!([turn(1, 1_000, ("a", 1_000), json!({ "outputs": says("x".to_owned()) }))]));
    assert_eq!(failure.as_deref(), Some("the bot said \"1970-01-01T00:00:01.000Z\", expected \"x\""));
}
