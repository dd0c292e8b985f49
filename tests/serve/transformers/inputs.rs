//! What comes in: the three functions that make an input of a request, and how they answer, drop, fail and wait.

use std::thread;

use serde_json::json;

use super::{ECHO, notes, shop};
use crate::support::{Engine, JSON, Receiver, Reply, to};

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
    let dropped = session.try_say("no");
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
    let refused = session.try_say("let me in");
    assert_eq!((refused.status, String::from_utf8_lossy(&refused.body).as_ref()), (401, "who are you?"));
    let taken = session.post("", &json!({ "text": "hello" }), &[("x-secret", "open")]);
    assert_eq!((taken.status, taken.json()), (201, json!({ "taken": true })));
    assert_eq!(taken.head.header("x-mine"), Some("yes"));
    assert_eq!(taken.head.header("connection"), None, "that belongs to the connection");
    assert_eq!(receiver.texts(1), ["hello"]);
    assert_eq!(session.transcript().len(), 1);
}

#[test]
fn an_answer_whose_status_has_no_body_leaves_nothing_before_the_next_one() {
    let receiver = Receiver::start();
    let script = "export const handleInput = ({ request, response }) => {\n\
                  if (request.query.send) response.status(Number(request.query.send)).send('a body');\n\
                  else response.sendStatus(Number(request.query.status));\n};";
    let engine = Engine::start(shop(&receiver, ECHO, "input: true", script));
    let (mut connection, path) = (engine.connect(), engine.path("shop"));
    for status in [204, 205, 304] {
        for way in ["send", "status"] {
            let answer = connection.post(&format!("{path}?{way}={status}"), &[], b"hello").unwrap();
            assert_eq!((answer.status, answer.body.as_slice()), (status, b"".as_slice()), "{way}");
            assert_eq!(answer.head.header("content-type"), None, "{way} {status}");
        }
    }
    let answer = connection.post(&format!("{path}?status=200"), &[], b"hello").unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"OK".as_slice()));
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
                  if (request.query.fails) throw new Error('as it was asked to');\n\
                  if (request.query.challenge) { response.send(request.query.challenge); return; }\n\
                  const { From, Body } = typeof request.body === 'string' ? JSON.parse('{}') : request.body;\n\
                  return { userId: From ?? 'text', sessionId: 'sms', text: Body ?? request.rawBody };\n};";
    let engine = Engine::start(shop(&receiver, ECHO, "input: true", script).endpoint("plain", ""));
    let mut connection = engine.connect();
    let path = engine.path("shop");
    let answer = connection.ask("GET", &format!("{path}?challenge=42"), &[], b"").unwrap();
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
    for refused in [engine.path("plain"), format!("{path}?fails=yes")] {
        let refused = connection.ask("GET", &refused, &[], b"").unwrap();
        refused.problem(405, "method-not-allowed");
        assert_eq!(refused.head.header("allow"), Some("POST"));
    }
}

#[test]
fn a_signature_is_one_of_bytes_whatever_text_they_are() {
    let receiver = Receiver::start();
    let script = "export const handleInput = ({ request, response }) => {\n\
                  const right = crypto.createHmac('sha256', 'open').update(request.rawBytes).digest('hex');\n\
                  if (request.headers['x-signature'] !== right) { response.sendStatus(401); return null; }\n\
                  return { userId: 'ann', sessionId: '1', text: request.rawBytes.toString('latin1') };\n};";
    let engine = Engine::start(shop(&receiver, ECHO, "input: true", script));
    let post = |signature: &str| {
        let headers = [("content-type", "text/plain; charset=iso-8859-1"), ("x-signature", signature)];
        engine
            .connect()
            .post(&engine.path("shop"), &headers, b"Gr\xfc\xdfe")
            .expect("the server answers")
            .status
    };
    // printf 'Gr\xfc\xdfe' | openssl dgst -sha256 -hmac open
    assert_eq!(post("5df4c798675536eda1e6ad53a63916675297f4125220af2e36e0eabb116e1d19"), 202);
    assert_eq!(post("5df4c798675536eda1e6ad53a63916675297f4125220af2e36e0eabb116e1d10"), 401);
    assert_eq!(receiver.texts(1), ["Grüße"]);
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
    let headers = [JSON, ("x-api-key", key.as_str())];
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
fn an_address_inside_is_refused_to_a_transformer_too() {
    let (receiver, inside) = (Receiver::start(), Receiver::start());
    let script = format!(
        "export async function handleInput({{ request, response }}) {{\n  try {{ await httpRequest({{ uri: '{}' }}); }} \
         catch (error) {{ response.status(503).send(String(error.message)); }}\n}}",
        inside.base()
    );
    let engine = Engine::start(shop(&receiver, ECHO, "input: true", &script).egress_allow("10.0.0.7"));
    let answer = engine.session("shop", "ann", "1").try_say("hello");
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
    engine.session("shop", "ann", "1").try_say("hello").problem(502, "transformer-failed");
    engine.wait_for_log("handleInput waited for too long, nothing was accepted;");
}

#[test]
fn two_requests_of_one_session_at_once_find_the_same_storage_and_each_writes_the_members_it_changed() {
    let (receiver, api) = (Receiver::start(), Receiver::start());
    api.answers(Reply::Hang).times(2);
    let script = format!(
        "export async function handleInput({{ request, response }}) {{\n\
           const {{ userId, sessionId, text }} = request.body;\n\
           const storage = await getSessionStorage(userId, sessionId);\n\
           if (text === 'look') return void response.json(storage);\n\
           storage[text] = (storage[text] ?? 0) + 1;\n\
           storage.count = (storage.count ?? 0) + 1;\n\
           await httpRequest({{ uri: '{}' }});\n  return {{}};\n}}",
        api.base()
    );
    let engine = Engine::start(shop(&receiver, ECHO, "input: true", &script));
    let session = engine.session("shop", "ann", "1");
    thread::scope(|scope| {
        let posted = ["a", "b"].map(|text| {
            scope.spawn({
                let session = &session;
                move || session.says(text)
            })
        });
        api.requests(2);
        api.goes_on();
        let mut sequences = posted.map(|posted| posted.join().unwrap());
        sequences.sort_unstable();
        assert_eq!(sequences, [1, 2]);
    });
    assert_eq!(session.try_say("look").json(), json!({ "a": 1, "b": 1, "count": 1 }));
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
fn who_has_no_key_of_the_endpoint_reaches_no_transformer() {
    let receiver = Receiver::start();
    let script = "export const handleInput = ({ response }) => { response.status(200).send('I ran'); };";
    let project = shop(&receiver, ECHO, "input: true", script);
    // printf %s open | sha256sum
    let digest = "2348f998744212575d85959674f9607ab26f67708a917157472832386337c904";
    let more = format!(
        "auth: {{ webhookKeys: [\"sha256:{digest}\"] }}\ntransformers: {{ file: shop.js, input: true }}"
    );
    project.rewrite_endpoint("shop", &more);
    let engine = Engine::start(project);
    let session = engine.session("shop", "ann", "1");
    session.try_say("hello").problem(401, "unauthorized");
    let answer = session.post("", &json!({ "text": "hello" }), &[("x-webhook-key", "open")]);
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"I ran".as_slice()));
}
