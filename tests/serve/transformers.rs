//! Transformers, seen from outside: what they make of inputs and outputs, what happens when they fail, wait or loop, and that
//! a kill in the middle of one changes nothing.

use antiphon::model::SessionId;
use serde_json::{Value, json};

use crate::replay::sessions;
use crate::start::store;
use crate::support::{Answer, Engine, Project, Receiver, Reply, Session, to};

/// An endpoint `shop` whose webhook is this receiver, with these hooks of a file.
fn shop(receiver: &Receiver, flow: &str, hooks: &str, script: &str) -> Project {
    let more = format!("{}\ntransformers: {{ file: shop.js, {hooks} }}", to(receiver, ""));
    Project::new(flow).script("shop.js", script).endpoint("shop", &more)
}

const ECHO: &str = "- say: \"{{ input.text }}\"\n";

fn says(session: &Session, text: &str) -> Answer {
    session.try_say(text)
}

fn notes(session: &Session) -> Vec<(String, String, String)> {
    let of = |note: &Value, name: &str| note[name].as_str().unwrap_or_default().to_owned();
    let transcript = session.transcript();
    let notes = transcript.iter().filter_map(|turn| turn["notes"].as_array()).flatten();
    notes.map(|note| (of(note, "kind"), of(note, "place"), of(note, "text"))).collect()
}

#[test]
fn what_handle_input_gives_back_is_what_the_user_says_and_what_it_leaves_out_stays() {
    let receiver = Receiver::start();
    let script = "export function handleInput({ endpoint, request }) {\n\
                  console.log('got', request.method, endpoint.name, endpoint.settings.mood);\n\
                  return { text: request.body.text.toUpperCase(), data: { path: request.originalUrl, \
                  kind: request.headers['content-type'], raw: request.rawBody.length, ip: request.ip, q: request.query } };\n}";
    let flow = "- say: { text: \"{{ input.text }}\", data: \"{{ input.data }}\" }\n";
    let project = shop(&receiver, flow, "input: true", script);
    let more = format!(
        "{}\ntransformers: {{ file: shop.js, input: true }}\nsettings: {{ mood: good }}",
        to(&receiver, "")
    );
    project.rewrite_endpoint("shop", &more);
    let engine = Engine::start(project);
    let session = engine.session("shop", "ann", "1");
    assert_eq!(session.says("hello"), 1);
    let sent = &receiver.got(1)[0].json();
    assert_eq!((&sent["userId"], &sent["sessionId"]), (&json!("ann"), &json!("1")));
    let output = &sent["AIOutput"];
    assert_eq!(output["text"], "HELLO");
    assert_eq!(output["data"]["path"], engine.path("shop"));
    assert_eq!(output["data"]["kind"], "application/json");
    assert_eq!(output["data"]["ip"], "127.0.0.1");
    assert!(output["data"]["raw"].as_u64().is_some_and(|length| length > 40));
    let line = ("log".to_owned(), "transformers/shop.js".to_owned(), "got POST shop good".to_owned());
    assert_eq!(notes(&session), [line]);
    assert!(!engine.log().contains("got POST"), "people's words are in no log line");
}

#[test]
fn a_falsy_result_drops_the_input_and_nothing_runs() {
    let receiver = Receiver::start();
    let script = "exports.handleInput = ({ request }) => request.body.text === 'no' ? null : {};";
    let engine = Engine::start(shop(&receiver, ECHO, "input: true", script));
    let session = engine.session("shop", "ann", "1");
    let dropped = says(&session, "no");
    assert_eq!(dropped.status, 200);
    assert_eq!(dropped.json()["dropped"], true);
    assert!(dropped.json()["traceId"].is_string());
    assert_eq!(session.says("yes"), 1, "the input that was dropped has no number");
    assert_eq!(receiver.texts(1), ["yes"]);
}

#[test]
fn a_transformer_answers_its_caller_itself_and_what_it_accepts_is_accepted_before() {
    let receiver = Receiver::start();
    let script = "export default createWebhookTransformer({\n\
                  handleInput: async ({ request, response }) => {\n\
                    if (request.headers['x-secret'] !== 'open') { response.status(401).send('who are you?'); return null; }\n\
                    response.set('x-mine', 'yes'); response.set('connection', 'close');\n\
                    response.status(201).json({ taken: true });\n\
                    return {};\n\
                  } });";
    let engine = Engine::start(shop(&receiver, ECHO, "input: true", script));
    let session = engine.session("shop", "ann", "1");
    let refused = says(&session, "let me in");
    assert_eq!((refused.status, String::from_utf8_lossy(&refused.body).as_ref()), (401, "who are you?"));
    let taken = session.post("", &json!({ "text": "hello" }), &[("x-secret", "open")]);
    assert_eq!((taken.status, taken.json()), (201, json!({ "taken": true })));
    assert_eq!(taken.head.header("x-mine"), Some("yes"));
    assert_eq!(taken.head.header("connection"), None, "that belongs to the connection");
    assert_eq!(receiver.texts(1), ["hello"]);
    assert_eq!(session.transcript().len(), 1);
}

#[test]
fn a_failure_lets_the_input_go_on_as_it_came_or_is_a_502() {
    let receiver = Receiver::start();
    let script = "export function handleInput({ request }) {\n  if (request.body.text === 'list') return [1];\n  \
                  if (request.body.text === 'long') return { userId: 'x'.repeat(300) };\n  \
                  return request.body.nothing.at.all;\n}";
    let project = shop(&receiver, ECHO, "input: true", script);
    let strict =
        format!("{}\ntransformers: {{ file: shop.js, input: true, abortOnError: true }}", to(&receiver, ""));
    let engine = Engine::start(project.endpoint("strict", &strict));
    let session = engine.session("shop", "ann", "1");
    for text in ["hello", "list", "long"] {
        session.says(text);
    }
    assert_eq!(receiver.texts(3), ["hello", "list", "long"]);
    let faults = notes(&session);
    assert_eq!(faults[0].0, "fault");
    assert_eq!(faults[0].1, "transformers/shop.js:4");
    assert!(
        faults[0].2.starts_with("handleInput failed, what was posted goes on as it came: TypeError"),
        "{faults:?}"
    );
    assert!(faults[1].2.contains("handleInput gave back a list; give back"), "{faults:?}");
    assert!(faults[2].2.contains("userId is required: a string of 1 to 256 characters"), "{faults:?}");
    engine.wait_for_log("transformers/shop.js:4");
    assert!(!engine.log().contains("TypeError"), "the text of an error may hold what people say");
    let strict = engine.session("strict", "ann", "1");
    for text in ["hello", "list", "long"] {
        let body = strict.try_say(text).problem(502, "transformer-failed");
        assert!(!body.to_string().contains("TypeError"), "{body}");
    }
    assert_eq!(strict.get("").status, 404, "nothing was accepted");
}

#[test]
fn a_get_reaches_handle_input_if_it_is_on_and_any_content_type_does() {
    let receiver = Receiver::start();
    let script = "export const handleInput = ({ request, response }) => {\n\
                  if (request.query.challenge) { response.send(request.query.challenge); return; }\n\
                  const { From, Body } = typeof request.body === 'string' ? JSON.parse('{}') : request.body;\n\
                  return { userId: From ?? 'text', sessionId: 'sms', text: Body ?? request.rawBody };\n};";
    let engine = Engine::start(shop(&receiver, ECHO, "input: true", script).endpoint("plain", ""));
    let mut connection = engine.connect();
    let path = engine.path("shop");
    connection.send("GET", &format!("{path}?challenge=42"), &[], b"").unwrap();
    let answer = connection.answer().unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"42".as_slice()));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(connection.post(&path, &form, b"From=%2B491&Body=Good+day").unwrap().status, 202);
    assert_eq!(
        connection.post(&path, &[("content-type", "text/plain")], b"plain words").unwrap().status,
        202
    );
    let mut texts = receiver.texts(2);
    texts.sort();
    assert_eq!(texts, ["Good day", "plain words"]);
    connection.send("GET", &engine.path("plain"), &[], b"").unwrap();
    let refused = connection.answer().unwrap();
    refused.problem(405, "method-not-allowed");
    assert_eq!(refused.head.header("allow"), Some("POST"));
}

#[test]
fn inject_and_notify_go_through_functions_of_their_own_in_both_forms() {
    let receiver = Receiver::start();
    let script = "export const handleInject = ({ request }) => ({ text: 'injected ' + request.body.text });\n\
                  export const handleNotify = ({ request }) => request.body.text ? { text: 'notified ' + request.body.text } : null;";
    let engine = Engine::start(shop(&receiver, ECHO, "inject: true, notify: true", script));
    let session = engine.session("shop", "ann", "1");
    session.says("hello");
    session.injects("paid");
    session.notifies("soon");
    let dropped = session.post("/notify", &json!({ "data": {} }), &[]);
    assert_eq!((dropped.status, &dropped.json()["dropped"]), (200, &json!(true)));
    let body =
        json!({ "userId": "ann", "sessionId": "1", "URLToken": engine.path("shop")[1..], "text": "old" });
    let key = engine.admin_key();
    let headers = [("content-type", "application/json"), ("x-api-key", key.as_str())];
    let answer =
        engine.connect().post("/v2.0/endpoint/inject", &headers, body.to_string().as_bytes()).unwrap();
    assert_eq!(answer.sequence(), 4);
    assert_eq!(receiver.texts(4), ["hello", "injected paid", "notified soon", "injected old"]);
    engine
        .session("shop", "bob", "1")
        .post("/inject", &json!({ "text": "x" }), &[])
        .problem(404, "unknown-session");
}

#[test]
fn a_key_that_comes_again_is_answered_as_the_first_time_though_its_transformer_runs_again() {
    let receiver = Receiver::start();
    let script =
        "export const handleInput = ({ request }) => ({ text: request.body.text + ' ' + uuid.v4() });";
    let engine = Engine::start(shop(&receiver, ECHO, "input: true", script));
    let session = engine.session("shop", "ann", "1");
    let post = |text: &str| session.post("", &json!({ "text": text }), &[("idempotency-key", "k")]);
    let first = post("one");
    assert_eq!(post("one").json(), first.json());
    post("two").problem(409, "key-reused");
    session.says("three");
    assert_eq!(receiver.texts(2).iter().map(|text| &text[..3]).collect::<Vec<_>>(), ["one", "thr"]);
}

#[test]
fn what_handle_output_gives_back_is_sent_as_it_is_and_what_it_drops_leaves_no_gap() {
    let receiver = Receiver::start();
    let script = "export const handleOutput = ({ output, processedOutput, userId, sessionId }) => {\n\
                  if (output.text === 'drop') return null;\n\
                  if (output.text === 'same') return processedOutput;\n\
                  if (output.text === 'word') return 'just a word';\n\
                  return { to: userId, session: sessionId, said: output };\n};";
    let flow = "- each: { in: \"input.text.split(' ')\", as: word, do: [{ say: \"{{ word }}\" }] }\n";
    let engine = Engine::start(shop(&receiver, flow, "output: true", script));
    let session = engine.session("shop", "ann", "1");
    let trace = session.try_say("drop same other drop word").json()["traceId"].clone();
    session.notifies("note");
    let got = receiver.got(4);
    let sequences: Vec<&str> = got.iter().map(|callback| callback.header("antiphon-sequence")).collect();
    assert_eq!(sequences, ["1", "2", "3", "4"]);
    assert_eq!(got[0].text(), "same");
    let said = |text: &str, trace: &Value| json!({ "text": text, "data": {}, "traceId": trace, "disableSensitiveLogging": false, "source": "bot" });
    assert_eq!(got[1].json(), json!({ "to": "ann", "session": "1", "said": said("other", &trace) }));
    assert_eq!(got[2].body, br#""just a word""#);
    assert_eq!(got[3].json()["said"]["text"], "note");
    let record = &session.transcript()[0];
    let fates: Vec<&str> =
        record["transformed"].as_array().unwrap().iter().map(|one| one["fate"].as_str().unwrap()).collect();
    assert_eq!(fates, ["dropped", "sent", "dropped", "sent"]);
    assert_eq!(record["outputs"].as_array().unwrap().len(), 5, "the flow said five");
}

#[test]
fn an_output_whose_transformer_fails_goes_out_as_it_was_or_becomes_a_dead_letter() {
    let receiver = Receiver::start();
    let script = "export function handleOutput({ output, processedOutput }) {\n  if (output.text === 'bad') throw new Error('I cannot');\n  return processedOutput;\n}";
    let flow = "- each: { in: \"input.text.split(' ')\", as: word, do: [{ say: \"{{ word }}\" }] }\n";
    let lenient = Engine::start(shop(&receiver, flow, "output: true", script));
    let session = lenient.session("shop", "ann", "1");
    session.says("one bad two");
    assert_eq!(receiver.texts(3), ["one", "bad", "two"]);
    assert_eq!(session.faults(), ["handleOutput failed, the output goes out as it was: Error: I cannot"]);
    let receiver = Receiver::start();
    let mut strict = Engine::start(shop(&receiver, flow, "output: true, abortOnError: true", script));
    strict.session("shop", "ann", "1").says("one bad two");
    let sequences: Vec<String> =
        receiver.got(2).iter().map(|one| one.header("antiphon-sequence").to_owned()).collect();
    assert_eq!(
        (receiver.texts(2), sequences),
        (vec!["one".into(), "two".into()], vec!["1".into(), "3".into()])
    );
    strict.terminate();
    let letters = store(&strict.project.state).dead_letters(10).unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, "handleOutput failed: transformers/shop.js:2: Error: I cannot");
    assert!(letters[0].callback.body.contains("bad") && letters[0].attempts.is_empty());
}

#[test]
fn the_storage_of_a_session_is_shared_by_its_hooks_and_outlives_the_process() {
    let receiver = Receiver::start();
    let script = "export async function handleInput({ request }) {\n\
                    const { userId, sessionId } = request.body;\n\
                    const storage = await getSessionStorage(userId, sessionId);\n\
                    storage.counts ??= { in: 0, out: 0, done: 0 };\n\
                    storage.counts.in++;\n\
                    return request.body.text === 'drop' ? null : {};\n}\n\
                  export async function handleOutput({ output, userId, sessionId }) {\n\
                    const { counts } = await getSessionStorage(userId, sessionId);\n\
                    counts.out++;\n\
                    return { AIOutput: { text: `${output.text} ${counts.in} ${counts.out} ${counts.done}` } };\n}\n\
                  export async function handleExecutionFinished({ userId, sessionId }) {\n\
                    (await getSessionStorage(userId, sessionId)).counts.done++;\n}";
    let hooks = "input: true, output: true, executionFinished: true";
    let mut engine = Engine::start(shop(&receiver, "- say: a\n- say: b\n", hooks, script));
    let session = engine.session("shop", "ann", "1");
    session.says("one");
    assert_eq!(says(&session, "drop").status, 200);
    engine.session("shop", "bob", "1").says("another");
    session.says("two");
    engine.kill();
    engine.start_again();
    session.says("three");
    let mut texts: Vec<String> = receiver
        .got_different(8)
        .iter()
        .filter(|callback| callback.head.header("webhook-id").is_some())
        .map(|callback| callback.text())
        .collect();
    texts.dedup();
    assert!(texts.contains(&"b 1 2 0".to_owned()), "{texts:?}");
    assert!(texts.contains(&"a 3 3 1".to_owned()) && texts.contains(&"b 3 4 1".to_owned()), "{texts:?}");
    assert!(texts.contains(&"a 4 5 2".to_owned()) && texts.contains(&"b 4 6 2".to_owned()), "{texts:?}");
}

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
    let request = ("log".to_owned(), "transformers/shop.js".to_owned(), "POST 127.0.0.1: 204".to_owned());
    assert_eq!(notes(&session), [request]);
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
fn a_transformer_that_loops_is_ended_and_holds_up_nobody_else() {
    let receiver = Receiver::start();
    let script = "export const handleOutput = ({ output, processedOutput }) => {\n  if (output.text === 'loop')\n    for (;;);\n  return processedOutput;\n};";
    let project = shop(&receiver, ECHO, "output: true", script).limit("transformerMs: 1500");
    let engine = Engine::start(project);
    let session = engine.session("shop", "ann", "1");
    session.says("loop");
    session.says("behind");
    let others: Vec<String> = (0..20).map(|n| format!("other {n}")).collect();
    for (n, text) in others.iter().enumerate() {
        engine.session("shop", &format!("user {n}"), "1").says(text);
    }
    let mut first = receiver.texts(20);
    first.sort();
    let mut expected = others.clone();
    expected.sort();
    assert_eq!(first, expected, "they do not wait for the loop");
    assert_eq!(receiver.texts(22)[20..], ["loop", "behind"]);
    let faults = session.faults();
    assert!(faults.len() == 1 && faults[0].contains("limits.transformerMs"), "{faults:?}");
    assert!(notes(&session)[0].1.starts_with("transformers/shop.js"), "{:?}", notes(&session));
}

#[test]
fn an_address_inside_is_refused_to_a_transformer_too() {
    let (receiver, inside) = (Receiver::start(), Receiver::start());
    let script = format!(
        "export async function handleInput({{ request, response }}) {{\n  try {{ await httpRequest({{ uri: '{}' }}); }} \
         catch (error) {{ response.status(503).send(String(error.message)); }}\n}}",
        inside.base()
    );
    let engine = Engine::start(shop(&receiver, ECHO, "input: true", &script).egress_allow("10.0.0.7"));
    let answer = says(&engine.session("shop", "ann", "1"), "hello");
    assert_eq!(answer.status, 503);
    assert!(String::from_utf8_lossy(&answer.body).contains("egress.allow"), "{answer:?}");
}

#[test]
fn a_run_that_waits_too_long_fails() {
    let (receiver, api) = (Receiver::start(), Receiver::start());
    api.answers(Reply::Hang).always();
    let script = format!(
        "export const handleInput = async () => {{ await httpRequest({{ uri: '{}', timeout: 60000 }}); return {{}}; }};",
        api.base()
    );
    let project =
        shop(&receiver, ECHO, "input: true, abortOnError: true", &script).limit("transformerWaitMs: 150");
    let engine = Engine::start(project);
    says(&engine.session("shop", "ann", "1"), "hello").problem(502, "transformer-failed");
    engine.wait_for_log("handleInput waited for too long, nothing was accepted;");
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
fn a_stop_waits_for_a_transformer_that_waits() {
    let (receiver, api) = (Receiver::start(), Receiver::start());
    api.answers(Reply::Hang).times(1);
    let script = format!(
        "export const handleOutput = async ({{ processedOutput }}) => {{ await httpRequest({{ uri: '{}' }}); return processedOutput; }};",
        api.base()
    );
    let mut engine = Engine::start(shop(&receiver, ECHO, "output: true", &script));
    let session = engine.session("shop", "ann", "1");
    session.says("last words");
    api.requests(1);
    engine.ask_to_stop();
    api.goes_on();
    engine.ended();
    engine.start_again();
    assert_eq!(receiver.texts(1), ["last words"]);
    assert_eq!(api.requests(1).len(), 1, "it was not asked again");
    assert_eq!(session.transcript().len(), 1);
}

#[test]
fn an_edited_transformer_is_taken_over_and_a_broken_one_is_not() {
    let receiver = Receiver::start();
    let script = |word: &str| format!("export const handleInput = () => ({{ text: '{word}' }});");
    let engine = Engine::start(shop(&receiver, ECHO, "input: true", &script("one")).not_watched());
    let session = engine.session("shop", "ann", "1");
    session.says("x");
    engine.project.rewrite_script("shop.js", &script("two"));
    assert_eq!(engine.reload()["endpoints"], json!(["shop"]));
    session.says("x");
    engine.project.rewrite_script("shop.js", "export const handleInput = () => {;\n");
    let refused = engine.manage("POST", "/reload").problem(422, "project-has-faults");
    assert!(
        refused["errors"][0]["field"]
            .as_str()
            .is_some_and(|place| place.starts_with("transformers/shop.js:")),
        "{refused}"
    );
    session.says("x");
    assert_eq!(receiver.texts(3), ["one", "two", "two"]);
}

#[test]
fn a_session_with_transformers_is_replayed_to_the_byte() {
    let receiver = Receiver::start();
    let script = "export const handleInput = ({ request }) => { console.warn('in'); return { text: request.body.text + '!' }; };\n\
                  export const handleOutput = ({ output, processedOutput }) => {\n  if (output.text.startsWith('drop')) return null;\n  \
                  if (output.text.startsWith('throw')) throw new Error('no');\n  return { ...processedOutput, more: 1 };\n};";
    let engine = Engine::start(shop(&receiver, ECHO, "input: true, output: true", script));
    let session = engine.session("shop", "ann", "1");
    for text in ["hello", "drop", "throw", "bye"] {
        session.says(text);
    }
    assert_eq!(receiver.texts(3), ["hello!", "throw!", "bye!"]);
    let same = sessions(&engine, &["replay", "--user", "ann", "--session", "1"]);
    assert!(same.status.success(), "{same:?}");
    assert_eq!(
        String::from_utf8_lossy(&same.stdout).lines().last(),
        Some("1 session: 1 the same"),
        "{same:?}"
    );
}

#[test]
fn a_storage_that_is_too_large_fails_its_run_and_is_not_kept() {
    let receiver = Receiver::start();
    let script = "export async function handleOutput({ output, processedOutput, userId, sessionId }) {\n\
                    const storage = await getSessionStorage(userId, sessionId);\n\
                    storage.text = (storage.text ?? 0) + output.text.repeat(output.text === 'big' ? 1000 : 1);\n\
                    return { AIOutput: { text: storage.text } };\n}";
    let project = shop(&receiver, ECHO, "output: true", script).limit("contextBytes: 1024");
    let mut engine = Engine::start(project);
    let session = engine.session("shop", "ann", "1");
    for text in ["a", "big", "b"] {
        session.says(text);
    }
    assert_eq!(receiver.texts(3), ["0a", "big", "0ab"]);
    assert!(session.faults()[0].contains("limits.contextBytes"), "{:?}", session.faults());
    engine.terminate();
    let [endpoint, user_id, session_id] = ["shop", "ann", "1"].map(str::to_owned);
    let stored =
        store(&engine.project.state).storage(&SessionId { endpoint, user_id, session_id }.key()).unwrap();
    assert_eq!(stored.map(|stored| Value::Object(stored.values)), Some(json!({ "text": "0ab" })));
}

/// A file that the README shows, by its first line.
fn shown(file: &str) -> String {
    let readme = include_str!("../../README.md");
    let begin = format!("```js\n// transformers/{file}");
    let (_, rest) = readme.split_once(&begin).unwrap_or_else(|| panic!("the README does not show {file}"));
    format!("//{}", rest.split_once("```").expect("the block has an end").0)
}

/// An endpoint `shop` with a file of the README.
fn as_shown(receiver: &Receiver, file: &str, hooks: &str, settings: &str, webhook: bool) -> Engine {
    let webhook = if webhook { to(receiver, "") } else { String::new() };
    let more = format!("{webhook}\ntransformers: {{ file: {file}, {hooks} }}\nsettings: {{ {settings} }}");
    let flow = "- say: { text: \"{{ input.text }}\", data: \"{{ input.data }}\" }\n";
    Engine::start(Project::new(flow).script(file, &shown(file)).endpoint("shop", &more))
}

#[test]
fn the_signature_check_of_the_readme_lets_in_who_knows_the_secret() {
    let receiver = Receiver::start();
    let engine = as_shown(&receiver, "signed.js", "input: true, abortOnError: true", "secret: open", true);
    let body = br#"{"userId":"ann","sessionId":"1","text":"hello"}"#;
    // printf %s BODY | openssl dgst -sha256 -hmac open
    let right = "305b002783ad04457bfcd929cf9243b2edfdb283420e2ff0e199d04dcc08d32d";
    let post = |signature: &str| {
        let headers = [("content-type", "application/json"), ("x-signature", signature)];
        engine.connect().post(&engine.path("shop"), &headers, body).expect("the server answers")
    };
    for wrong in ["", "open", &"0".repeat(64)] {
        let refused = post(wrong);
        assert_eq!((refused.status, refused.json()), (401, json!({ "error": "the signature is not ours" })));
    }
    assert_eq!(post(right).sequence(), 1);
    assert_eq!(receiver.texts(1), ["hello"]);
}

#[test]
fn the_channel_of_the_readme_takes_forms_and_sends_by_itself() {
    let gateway = Receiver::start();
    let settings = format!("gateway: \"{}\", key: k", gateway.url());
    let engine = as_shown(&gateway, "sms.js", "input: true, output: true", &settings, false);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = engine.connect().post(&engine.path("shop"), &headers, b"From=%2B4911&Body=Hello+there");
    assert_eq!(answer.expect("the server answers").sequence(), 1);
    let sent = &gateway.got(1)[0];
    assert_eq!(sent.json(), json!({ "to": "+4911", "text": "Hello there" }));
    assert_eq!(sent.header("authorization"), "Bearer k");
}

#[test]
fn the_enrichment_of_the_readme_asks_once_in_a_session() {
    let (receiver, crm) = (Receiver::start(), Receiver::start());
    crm.answers(Reply::Json(r#"{"name":"Ann","vip":true}"#)).always();
    let engine = as_shown(&receiver, "customer.js", "input: true", &format!("crm: \"{}\"", crm.base()), true);
    let session = engine.session("shop", "ann", "1");
    assert_eq!((session.says("one"), session.says("two")), (1, 2));
    for callback in receiver.got(2) {
        assert_eq!(
            callback.json()["AIOutput"]["data"],
            json!({ "customer": { "name": "Ann", "vip": true } })
        );
    }
    assert_eq!(crm.requests(1).len(), 1);
}
