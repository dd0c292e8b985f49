//! Requests that transformers send: when they leave, under which key, what is told of them, and channels that consist of them.

use serde_json::{Value, json};

use super::{ECHO, called, notes, shop};
use crate::support::{Engine, Project, Receiver, Reply, Session, to};

#[test]
fn a_transformer_waits_for_its_request_while_the_session_keeps_its_order_and_others_are_served() {
    let (receiver, api) = (Receiver::start(), Receiver::start());
    api.answers(Reply::Hang).times(1);
    let script = format!(
        "export async function handleOutput({{ output, processedOutput }}) {{\n\
           if (output.text !== 'slow') return processedOutput;\n\
           await httpRequest({{ uri: '{}/check', method: 'POST', body: {{ text: output.text }}, json: true }});\n\
           return processedOutput;\n}}",
        api.base()
    );
    let engine = Engine::start(shop(&receiver, ECHO, "output: true", &script));
    let session = engine.session("shop", "ann", "1");
    assert_eq!(session.says("slow"), 1, "it is safe in the queue");
    let asked = api.requests(1);
    assert_eq!(asked[0].head.first, "POST /check HTTP/1.1");
    assert!(asked[0].header("idempotency-key").starts_with("call_"));
    assert_eq!((session.says("next"), session.notifies("last")), (2, 3));
    engine.session("shop", "bob", "1").says("meanwhile");
    assert_eq!(receiver.texts(1), ["meanwhile"]);
    api.goes_on();
    assert_eq!(receiver.texts(4), ["meanwhile", "slow", "next", "last"]);
    assert_eq!(
        called(&session),
        [json!({ "hook": "handleOutput", "method": "POST", "host": "127.0.0.1", "outcome": "204" })]
    );
    assert_eq!(notes(&session), []);
}

#[test]
fn a_request_that_was_sent_is_told_though_its_run_did_not_wait_for_it_and_wrote_more_than_is_kept() {
    let api = Receiver::start();
    let script = format!(
        "const ask = (method) => httpRequest({{ uri: '{}', method }});\n\
         export async function handleInput() {{\n\
           for (let n = 0; n < 60; n++) console.log('GET elsewhere.example: 200');\n\
           await ask('GET');\n  return {{}};\n}}\n\
         export async function handleOutput() {{\n\
           console.log('so far');\n  await ask('PUT');\n  await ask('POST');\n  return null;\n}}",
        api.url()
    );
    let project = Project::echo().script("sms.js", &script).limit("transformerWaitMs: 3000");
    let hooks = "transformers: { file: sms.js, input: true, output: true }";
    let engine = Engine::start(project.endpoint("sms", hooks));
    api.answers(Reply::Status(200)).times(2);
    api.answers(Reply::Hang).times(1);
    let session = engine.session("sms", "ann", "1");
    session.says("hello");
    let record = session.events(None).next().1;
    let unanswered = "no answer when the time of its run was over";
    let told = |hook: &str, method: &str, outcome: &str| json!({ "hook": hook, "method": method, "host": "127.0.0.1", "outcome": outcome });
    let expected = [
        told("handleInput", "GET", "200"),
        told("handleOutput", "PUT", "200"),
        told("handleOutput", "POST", unanswered),
    ];
    assert_eq!(record["called"], json!(expected));
    assert_eq!(record["notes"][50]["text"], "10 more notes were left out");
    assert_eq!(record["notes"][51]["text"], "so far");
    let shown = engine.sessions(&["show", "--user", "ann", "--session", "1"]);
    let shown = String::from_utf8(shown.stdout).expect("it writes text");
    assert!(shown.contains(&format!("request: handleOutput: POST 127.0.0.1: {unanswered}\n")), "{shown}");
}

#[test]
fn a_turn_keeps_a_hundred_requests_and_tells_how_many_more_there_were() {
    let api = Receiver::start();
    let script = format!(
        "export async function handleOutput() {{\n\
           await Promise.all([1, 2, 3, 4, 5].map(() => httpRequest({{ uri: '{}' }})));\n  return null;\n}}",
        api.url()
    );
    let flow =
        "- each: { in: \"[...'abcdefghijklmnopqrstu']\", as: letter, do: [{ say: \"{{ letter }}\" }] }\n";
    let project = Project::new(flow).script("sms.js", &script);
    let engine = Engine::start(project.endpoint("sms", "transformers: { file: sms.js, output: true }"));
    let session = engine.session("sms", "ann", "1");
    session.says("hello");
    let record = session.events(None).next().1;
    assert_eq!(record["called"].as_array().map(Vec::len), Some(100));
    assert_eq!(record["notes"][0]["text"], "5 more requests were left out");
    assert_eq!(api.requests(105).len(), 105);
}

#[test]
fn a_kill_while_a_transformer_waits_runs_its_input_once_more_in_order_with_the_same_key() {
    let (receiver, api) = (Receiver::start(), Receiver::start());
    api.answers(Reply::Hang).times(1);
    let script = format!(
        "export async function handleOutput({{ processedOutput }}) {{\n\
           await httpRequest({{ uri: '{}', method: 'POST' }});\n  return processedOutput;\n}}",
        api.url()
    );
    let flow = "- code: \"context.n = (context.n ?? 0) + 1\"\n- say: \"{{ context.n }} {{ input.text }}\"\n";
    let mut engine = Engine::start(shop(&receiver, flow, "output: true", &script));
    let session = engine.session("shop", "ann", "1");
    assert_eq!((session.says("one"), session.says("two")), (1, 2));
    let key = api.requests(1)[0].header("idempotency-key").to_owned();
    engine.kill();
    engine.start_again();
    assert_eq!(receiver.texts(2), ["1 one", "2 two"]);
    let keys: Vec<String> =
        api.requests(3).iter().map(|one| one.header("idempotency-key").to_owned()).collect();
    assert_eq!((&keys[1], keys[2] == key), (&key, false), "the first is asked again, the second is another");
    assert_eq!(session.transcript().len(), 2);
}

#[test]
fn a_turn_that_a_kill_makes_run_again_draws_the_same_so_that_one_key_never_means_two_requests() {
    let api = Receiver::start();
    let script = format!(
        "export async function handleOutput({{ output }}) {{\n\
           await httpRequest({{ uri: '{}', method: 'POST', body: `${{output.text}} ${{uuid.v4()}}` }});\n  return null;\n}}",
        api.url()
    );
    let flow = "- say: \"{{ Math.random() }}\"\n- wait: 1ms\n- say: \"{{ Math.random() }}\"\n";
    let project = Project::new(flow).script("sms.js", &script);
    let mut engine = Engine::start(project.endpoint("sms", "transformers: { file: sms.js, output: true }"));
    api.answers(Reply::Hang).times(1);
    engine.session("sms", "ann", "1").says("hello");
    api.requests(1);
    engine.kill();
    api.answers(Reply::Status(204)).times(1);
    api.answers(Reply::Hang).times(1);
    engine.start_again();
    api.requests(3);
    engine.kill();
    engine.start_again();
    let sent: Vec<_> = api
        .requests(4)
        .iter()
        .map(|one| (one.header("idempotency-key").to_owned(), one.body.clone()))
        .collect();
    assert_eq!((&sent[0], &sent[2]), (&sent[1], &sent[3]), "of an input, and of a wait");
    assert!(sent[0].0 != sent[2].0 && sent[0].1 != sent[2].1, "{sent:?}");
}

#[test]
fn a_custom_channel_sends_by_itself_and_needs_no_webhook() {
    let api = Receiver::start();
    let script = format!(
        "export async function handleOutput({{ output, userId }}) {{\n\
           await httpRequest({{ uri: '{}/messages', method: 'POST', json: true, body: {{ to: userId, text: output.text }} }});\n\
           return null;\n}}",
        api.base()
    );
    let project = Project::new("- say: Hello\n- say: Bye\n").script("sms.ts", &script);
    let engine = Engine::start(project.endpoint("sms", "transformers: { file: sms.ts, output: true }"));
    let session = engine.session("sms", "ann", "1");
    session.says("hi");
    let sent: Vec<Value> = api.got(2).iter().map(|request| request.json()).collect();
    assert_eq!(sent, [json!({ "to": "ann", "text": "Hello" }), json!({ "to": "ann", "text": "Bye" })]);
    let keys: Vec<String> = api.got(2).iter().map(|one| one.header("idempotency-key").to_owned()).collect();
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn a_channel_whose_gateway_is_down_loses_its_output_and_says_so_or_keeps_it_until_there_is_a_webhook() {
    let (gateway, webhook) = (Receiver::start(), Receiver::start());
    gateway.answers(Reply::Status(503)).always();
    let script = format!(
        "export async function handleOutput({{ output }}) {{\n\
           await httpRequest({{ uri: '{}', method: 'POST', body: output.text }});\n  return null;\n}}",
        gateway.url()
    );
    let channel = |more: &str| format!("transformers: {{ file: sms.js, output: true{more} }}");
    let project = Project::echo().script("sms.js", &script).not_watched();
    let project = project.endpoint("loses", &channel("")).endpoint("keeps", &channel(", abortOnError: true"));
    let engine = Engine::start(project);
    let [loses, keeps] = ["loses", "keeps"].map(|endpoint| engine.session(endpoint, "ann", "1"));
    loses.says("lost");
    keeps.says("kept");
    let then = |session: &Session| session.events(None).next().1["notes"].clone();
    assert!(
        fault(&then(&loses)).starts_with(
            "handleOutput failed, the output goes nowhere, because the endpoint has no webhook: "
        ),
    );
    assert!(fault(&then(&keeps)).starts_with("handleOutput failed, the output is a dead letter: "));
    let dead = || engine.manage("GET", "/deliveries/dead").json()["items"].as_array().unwrap().clone();
    let letters = dead();
    assert_eq!((letters.len(), &letters[0]["endpoint"]), (1, &json!("keeps")), "{letters:?}");
    let again = format!("/deliveries/{}/redeliver", letters[0]["id"].as_str().unwrap());
    let problem = engine.manage("POST", &again).problem_for_now(503, "overloaded");
    assert!(problem["detail"].as_str().unwrap().contains("has no webhook now"), "{problem}");
    assert_eq!(dead(), letters, "it is where it was");
    engine.project.rewrite_endpoint("keeps", &to(&webhook, ""));
    engine.reload();
    assert_eq!(engine.manage("POST", &again).status, 202);
    assert_eq!(webhook.texts(1), ["kept"]);
}

/// The text of the only fault among notes.
fn fault(notes: &Value) -> String {
    let mut faults = notes.as_array().into_iter().flatten().filter(|note| note["kind"] == "fault");
    let (first, second) = (faults.next(), faults.next());
    assert!(second.is_none(), "{notes}");
    first.expect("there is one")["text"].as_str().expect("a note has a text").to_owned()
}
