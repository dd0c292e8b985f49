//! Requests that come again with the same key, where a transformer makes something else of them each time: they are answered
//! as the first time and run nothing, after a kill too.

use std::collections::BTreeSet;

use serde_json::json;

use super::{ECHO, shop};
use crate::support::{Answer, Connection, Engine, JSON, Receiver, Reply, Session, to};

fn post(session: &Session, text: &str, key: &str) -> Answer {
    session.post("", &json!({ "text": text }), &[("idempotency-key", key)])
}

/// As ann in her session 1 posts it, without waiting for the answer.
fn send(engine: &Engine, connection: &mut Connection, text: &str, headers: &[(&str, &str)]) {
    let body = json!({ "userId": "ann", "sessionId": "1", "text": text }).to_string();
    let headers = [&[JSON, ("idempotency-key", "k")], headers].concat();
    connection.send("POST", &engine.path("shop"), &headers, body.as_bytes()).expect("the server is there");
}

#[test]
fn an_input_that_is_another_one_with_each_run_takes_effect_once() {
    let receiver = Receiver::start();
    let script = "export const handleInput = ({ request }) => ({ sessionId: uuid.v4(), text: request.body.text + ' ' + uuid.v4() });";
    let mut engine = Engine::start(shop(&receiver, ECHO, "input: true", script));
    let session = engine.session("shop", "ann", "1");
    let first = post(&session, "one", "k");
    assert_eq!((post(&session, "one", "k").json(), first.sequence()), (first.json(), 1));
    engine.kill();
    engine.start_again();
    assert_eq!(post(&session, "one", "k").json(), first.json());
    post(&session, "other", "k").problem(409, "key-reused");
    assert_eq!(post(&session, "two", "another key").sequence(), 1, "in a session of its own");
    let got = receiver.got_different(2);
    let texts: BTreeSet<String> = got.iter().map(|callback| callback.text()[..3].to_owned()).collect();
    assert_eq!(texts, ["one", "two"].map(str::to_owned).into());
}

#[test]
fn what_a_transformer_drops_or_answers_itself_is_answered_so_again_and_changes_its_storage_once() {
    let receiver = Receiver::start();
    let script = "export async function handleInput({ request, response }) {\n\
                    const { userId, sessionId, text } = request.body;\n\
                    if (text === 'nothing') return null;\n\
                    const storage = await getSessionStorage(userId, sessionId);\n\
                    storage.n = (storage.n ?? 0) + 1;\n\
                    if (text === 'drop') return null;\n\
                    if (text !== 'ask') response.status(201);\n\
                    response.set('x-mine', uuid.v4()).json({ n: storage.n });\n\
                    return text === 'ask' ? null : { text: `${text} ${storage.n}` };\n}";
    let mut engine = Engine::start(shop(&receiver, ECHO, "input: true", script));
    let session = engine.session("shop", "ann", "1");
    let post_all = || ["nothing", "drop", "ask", "say"].map(|text| post(&session, text, text));
    let first = post_all();
    let told = |answers: &[Answer; 4]| answers.clone().map(|one| (one.status, one.json()));
    assert_eq!(told(&first).map(|(status, _)| status), [200, 200, 200, 201]);
    assert_eq!(told(&first)[2..], [(200, json!({ "n": 2 })), (201, json!({ "n": 3 }))]);
    assert_eq!(told(&post_all()), told(&first));
    engine.kill();
    engine.start_again();
    let again = post_all();
    assert_eq!(told(&again), told(&first), "traceId, body and status are those of the first time");
    let mine = |answers: &[Answer; 4]| answers[3].head.header("x-mine").map(str::to_owned);
    assert!(mine(&again).is_some() && mine(&again) == mine(&first));
    for text in ["nothing", "drop", "ask", "say"] {
        post(&session, "other", text).problem(409, "key-reused");
    }
    assert_eq!(post(&session, "last", "a new key").json(), json!({ "n": 4 }));
    let texts: BTreeSet<String> = receiver.got_different(2).iter().map(|callback| callback.text()).collect();
    assert_eq!(texts, ["last 4", "say 3"].map(str::to_owned).into());
}

#[test]
fn a_kill_while_handle_input_waits_accepts_nothing_and_the_same_key_sends_the_same_requests() {
    let (receiver, api) = (Receiver::start(), Receiver::start());
    api.answers(Reply::Hang).times(1);
    let script = format!(
        "export const handleInput = async () => {{ await httpRequest({{ uri: '{}' }}); return {{}}; }};",
        api.base()
    );
    let mut engine = Engine::start(shop(&receiver, ECHO, "input: true", &script));
    let session = engine.session("shop", "ann", "1");
    let mut connection = engine.connect();
    send(&engine, &mut connection, "one", &[]);
    api.requests(1);
    engine.kill();
    assert!(connection.answer().is_err(), "nobody was told that it was accepted");
    engine.start_again();
    assert_eq!(session.get("").status, 404, "and it was not");
    let first = post(&session, "one", "k");
    assert_eq!((first.sequence(), post(&session, "one", "k").json()), (1, first.json()));
    assert_eq!(session.says("two"), 2);
    let asked = api.requests(3);
    let keys: Vec<&str> = asked.iter().map(|request| request.header("idempotency-key")).collect();
    assert_eq!((asked.len(), keys[1], keys[2] == keys[0]), (3, keys[0], false));
    assert_eq!(receiver.texts(2), ["one", "two"]);
    assert_eq!(session.transcript().len(), 2);
}

#[test]
fn of_two_with_one_key_at_once_the_second_waits_and_is_answered_as_the_first() {
    let (receiver, api) = (Receiver::start(), Receiver::start());
    api.answers(Reply::Hang).times(1);
    let script = format!(
        "export const handleInput = async () => {{ await httpRequest({{ uri: '{}' }}); return {{}}; }};",
        api.base()
    );
    let project = shop(&receiver, ECHO, "input: true", &script).endpoint("plain", "").workers(1);
    let engine = Engine::start(project);
    let (mut first, mut second) = (engine.connect(), engine.connect());
    send(&engine, &mut first, "hello", &[]);
    api.requests(1);
    send(&engine, &mut second, "hello", &[]);
    // Behind the second one, as all of this server is on one thread.
    engine.session("plain", "bob", "1").says("meanwhile");
    api.goes_on();
    let (first, second) = (first.answer().unwrap(), second.answer().unwrap());
    assert_eq!((first.sequence(), second.json()), (1, first.json()));
    assert_eq!(engine.session("shop", "ann", "1").says("last"), 2);
    assert_eq!(receiver.texts(2), ["hello", "last"]);
    assert_eq!(api.requests(2).len(), 2, "one for each input");
}

#[test]
fn the_second_runs_if_the_first_comes_to_nothing() {
    let (receiver, api) = (Receiver::start(), Receiver::start());
    api.answers(Reply::Hang).times(1);
    let script = format!(
        "export async function handleInput({{ request }}) {{\n\
           await httpRequest({{ uri: '{}' }});\n\
           if (request.headers['x-fails']) throw new Error('it fails');\n  return {{}};\n}}",
        api.base()
    );
    let engine = Engine::start(shop(&receiver, ECHO, "input: true, abortOnError: true", &script));
    let (mut first, mut second) = (engine.connect(), engine.connect());
    send(&engine, &mut first, "hello", &[("x-fails", "yes")]);
    api.requests(1);
    send(&engine, &mut second, "hello", &[]);
    api.goes_on();
    first.answer().unwrap().problem(502, "transformer-failed");
    assert_eq!(second.answer().unwrap().sequence(), 1);
    assert_eq!(receiver.texts(1), ["hello"]);
}

#[test]
fn a_caller_that_hangs_up_is_answered_at_its_next_attempt_as_if_it_had_stayed() {
    let (receiver, api) = (Receiver::start(), Receiver::start());
    api.answers(Reply::Hang).times(1);
    let script = format!(
        "export const handleInput = async () => {{ await httpRequest({{ uri: '{}' }}); return {{}}; }};",
        api.base()
    );
    let engine = Engine::start(shop(&receiver, ECHO, "input: true", &script));
    let (mut first, mut second) = (engine.connect(), engine.connect());
    send(&engine, &mut first, "hello", &[]);
    api.requests(1);
    drop(first);
    send(&engine, &mut second, "hello", &[]);
    api.goes_on();
    assert_eq!(second.answer().unwrap().sequence(), 1);
    assert_eq!(engine.session("shop", "ann", "1").says("last"), 2);
    assert_eq!(receiver.texts(2), ["hello", "last"]);
    assert_eq!(api.requests(2).len(), 2, "one run for each input");
}

#[test]
fn an_input_that_waits_in_its_queue_is_known_by_its_key_too() {
    let (receiver, api) = (Receiver::start(), Receiver::start());
    api.answers(Reply::Hang).times(1);
    let script = format!(
        "export const handleInput = ({{ request }}) => ({{ text: request.body.text + ' ' + uuid.v4() }});\n\
         export async function handleOutput({{ processedOutput }}) {{\n\
           await httpRequest({{ uri: '{}' }});\n  return processedOutput;\n}}",
        api.base()
    );
    let mut engine = Engine::start(shop(&receiver, ECHO, "input: true, output: true", &script));
    let session = engine.session("shop", "ann", "1");
    let first = post(&session, "one", "k");
    api.requests(1);
    assert_eq!((post(&session, "one", "k").json(), first.sequence()), (first.json(), 1));
    engine.kill();
    engine.start_again();
    assert_eq!(post(&session, "one", "k").json(), first.json());
    post(&session, "two", "k").problem(409, "key-reused");
    assert_eq!(receiver.texts(1)[0].split(' ').next(), Some("one"));
    assert_eq!(session.transcript().len(), 1);
}

#[test]
fn whom_a_transformer_refuses_spends_no_key() {
    let receiver = Receiver::start();
    let script = "export const handleInput = ({ request, response }) => {\n\
                  if (request.headers['x-secret'] === 'open') return {};\n\
                  response.status(401).send('who are you?');\n};";
    let engine = Engine::start(shop(&receiver, ECHO, "input: true", script));
    let session = engine.session("shop", "ann", "1");
    assert_eq!(post(&session, "a guess", "k").status, 401);
    let open = [("idempotency-key", "k"), ("x-secret", "open")];
    assert_eq!(session.post("", &json!({ "text": "hello" }), &open).sequence(), 1);
    assert_eq!(receiver.texts(1), ["hello"]);
}

#[test]
fn a_key_outlives_the_transformer_in_front_and_one_that_is_put_there() {
    let receiver = Receiver::start();
    let script = "export const handleInput = () => ({});";
    let engine = Engine::start(shop(&receiver, ECHO, "input: false", script).not_watched());
    let session = engine.session("shop", "ann", "1");
    for (hook, key) in [("input: true", "before"), ("input: false", "after")] {
        assert_eq!(post(&session, "hello", key).status, 202);
        let hooks = format!("transformers: {{ file: shop.js, {hook} }}");
        engine.project.rewrite_endpoint("shop", &format!("{}\n{hooks}", to(&receiver, "")));
        engine.reload();
        post(&session, "hello", key).problem(409, "key-reused");
    }
    session.says("the last");
    assert_eq!(receiver.texts(3), ["hello", "hello", "the last"]);
}
