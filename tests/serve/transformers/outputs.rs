//! What goes out: outputs that are changed, dropped and buried, the storage of a session, and transformers that loop, or wait
//! while the process is stopped.

use std::collections::BTreeSet;

use antiphon::clock;
use antiphon::model::Stored;
use antiphon::store::Writes;
use serde_json::{Value, json};

use super::{ECHO, notes, shop};
use crate::support::{Engine, Project, Receiver, Reply, session_id, store, to};

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
fn no_two_runs_draw_the_same_chance_neither_for_outputs_of_one_turn_nor_where_no_flow_ran() {
    let receiver = Receiver::start();
    let script = "export const handleOutput = ({ output }) => ({ AIOutput: { text: `${uuid.v4()} ${Math.random()}` } });";
    let engine = Engine::start(shop(&receiver, "- say: a\n- say: b\n", "output: true", script));
    let session = engine.session("shop", "ann", "1");
    session.says("hello");
    session.notifies("one");
    session.notifies("two");
    let drawn: BTreeSet<String> = receiver.texts(4).into_iter().collect();
    assert_eq!(drawn.len(), 4, "{drawn:?}");
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
    let skipped = receiver.got(2)[1].header("antiphon-skipped").to_owned();
    assert_eq!(skipped, "1", "the receiver is told of the gap");
    let letters = store(&strict.project.state).dead_letters(None, 10).unwrap();
    let letters: Vec<_> = letters.into_iter().map(|(_, letter)| letter.unwrap()).collect();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, "handleOutput failed: transformers/shop.js:2: Error: I cannot");
    assert!(letters[0].callback.body.contains("bad") && letters[0].attempts.is_empty());
}

#[test]
fn an_output_that_was_given_up_in_the_middle_of_a_batch_is_told_with_the_one_behind_it() {
    let receiver = Receiver::start();
    let script = "export function handleOutput({ output, processedOutput }) {\n  if (output.text === 'two') throw new Error('I cannot');\n  return processedOutput;\n}";
    let hooks = "transformers: { file: shop.js, output: true, abortOnError: true }";
    let webhook = to(&receiver, "batch: { max: 3, lingerMs: 60000 }");
    let project =
        Project::new("- say: one\n- say: two\n- say: three\n- say: four\n").script("shop.js", script);
    let engine = Engine::start(project.endpoint("shop", &format!("{webhook}\n{hooks}")));
    engine.session("shop", "ann", "1").says("hello");
    let batch = receiver.got(1).remove(0);
    let texts: Vec<Value> =
        batch.json().as_array().unwrap().iter().map(|output| output["AIOutput"]["text"].clone()).collect();
    assert_eq!(texts, ["one", "three", "four"]);
    assert_eq!((batch.header("antiphon-sequence"), batch.header("antiphon-skipped")), ("1,3,4", "0,1,0"));
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
    assert_eq!(session.try_say("drop").status, 200);
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
fn a_transformer_that_loops_is_ended_and_its_session_goes_on() {
    let receiver = Receiver::start();
    let script = "export const handleOutput = ({ output, processedOutput }) => {\n  if (output.text === 'loop')\n    for (;;);\n  return processedOutput;\n};";
    let project = shop(&receiver, ECHO, "output: true", script).limit("transformerMs: 100");
    let engine = Engine::start(project);
    let session = engine.session("shop", "ann", "1");
    session.says("loop");
    session.says("behind");
    assert_eq!(receiver.texts(2), ["loop", "behind"]);
    let faults = session.faults();
    assert!(faults.len() == 1 && faults[0].contains("limits.transformerMs"), "{faults:?}");
    assert!(notes(&session)[0].1.starts_with("transformers/shop.js"), "{:?}", notes(&session));
}

#[test]
fn a_transformer_that_loops_holds_up_nobody_whose_transformer_waits_for_an_answer() {
    let (receiver, api) = (Receiver::start(), Receiver::start());
    api.answers(Reply::Hang).times(20);
    let script = format!(
        "export async function handleOutput({{ output, processedOutput }}) {{\n\
           await httpRequest({{ uri: '{}', method: 'POST' }});\n\
           if (output.text === 'loop') for (;;);\n  return processedOutput;\n}}",
        api.base()
    );
    // As long as the limit can be: should the others wait for the loop, it comes before them.
    let engine = Engine::start(shop(&receiver, ECHO, "output: true", &script).limit("transformerMs: 60000"));
    let mut others: Vec<String> = (0..20).map(|n| format!("other {n}")).collect();
    for (n, text) in others.iter().enumerate() {
        engine.session("shop", &format!("user {n}"), "1").says(text);
    }
    api.requests(20);
    engine.session("shop", "ann", "1").says("loop");
    api.got(1);
    engine.session("shop", "bob", "1").says("late");
    assert_eq!(receiver.texts(1), ["late"]);
    api.goes_on();
    let mut answered = receiver.texts(21).split_off(1);
    answered.sort();
    others.sort();
    assert_eq!(answered, others, "they do not wait for the loop");
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
    let same = engine.sessions(&["replay", "--user", "ann", "--session", "1"]);
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
    let stored = store(&engine.project.state).storage(&session_id("shop", "ann", "1").key()).unwrap();
    assert_eq!(stored.map(|stored| Value::Object(stored.values)), Some(json!({ "text": "0ab" })));
}

#[test]
fn a_storage_that_was_not_used_for_as_long_as_a_session_lives_counts_as_empty() {
    let receiver = Receiver::start();
    let script = "export async function handleOutput({ userId, sessionId }) {\n\
                  const storage = await getSessionStorage(userId, sessionId);\n\
                  return { AIOutput: { text: `${userId} ${storage.n ?? 'nothing'}` } };\n}";
    let project = shop(&receiver, ECHO, "output: true", script);
    let now = clock::now();
    let key = |user: &str| session_id("shop", user, "1").key();
    let before = store(&project.state);
    let mut writes = Writes::new();
    for (user, expires_at) in [("ann", now - 1), ("bob", now + 60_000)] {
        let values = json!({ "n": 1 }).as_object().unwrap().clone();
        writes.storage(&key(user), &Stored { expires_at, values });
    }
    before.commit_blocking(writes).unwrap();
    drop(before);
    let mut engine = Engine::start(project);
    for user in ["ann", "bob"] {
        engine.session("shop", user, "1").says("hello");
    }
    let mut texts = receiver.texts(2);
    texts.sort();
    assert_eq!(texts, ["ann nothing", "bob 1"]);
    engine.terminate();
    let renewed = store(&engine.project.state).storage(&key("bob")).unwrap().expect("it is there");
    assert!(renewed.expires_at > now + 6 * 24 * 60 * 60 * 1000, "using it keeps it");
}
