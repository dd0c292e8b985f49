//! A session of a running server as a conversation test: what was recorded passes when it is run again, without the
//! server, the other systems and the time it took.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::{Answer, Engine, Project, Receiver, Reply, antiphon};

const TALK: &str = r#"
- if: "input.source == 'inject'"
  then:
    - say: { text: "heard {{ input.text }}", data: { got: "{{ input.data }}", "a b": [null, 1.5, "12"] } }
    - stop: flow
- say: { oneOf: [Hello, Hi, Servus, Ahoy, Moin, Ciao] }
- code: "profile.visits = (profile.visits ?? 0) + 1; say('visit ' + profile.visits + ', die: ' + Math.random())"
- http:
    get: "SHOP/orders/{{ input.text }}"
    into: context.reply
    onError: [ { say: "error {{ context.reply.status }}" }, { stop: flow } ]
- say: "{{ context.reply.json.state }}"
- wait: 300ms
- say: "after a moment: {{ input.text }}"
- remind: { after: 200ms, text: "remember $${THIS}", data: { soon: true } }
- ask: { say: "Number?", expect: number, into: context.number }
- handover: { to: desk, message: "One moment." }
- say: "Back with {{ context.number }}."
- ask:
    say: "Sure?"
    timeout: { after: 300ms, do: [ { say: "Too late." }, { code: "throw new Error('no luck')" } ] }
"#;

/// The command beside the running server, with the settings of its project.
fn command(engine: &Engine, name: &str, arguments: &[&str]) -> Output {
    let mut command = antiphon();
    command.arg(name).arg(&engine.project.folder).args(arguments);
    command.env("ANTIPHON_STATE", &engine.project.state).output().expect("cargo has built the binary")
}

fn test(engine: &Engine, arguments: &[&str]) -> Output {
    command(engine, "test", arguments)
}

fn record(engine: &Engine, file: &str) -> Output {
    let url = format!("http://{}", engine.address());
    test(engine, &["--record", "1", "--user", "ann", "--endpoint", "door", "--url", &url, "--to", file])
}

fn text(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(all).expect("it prints text")
}

#[test]
fn a_recorded_session_passes_as_a_test_of_the_same_project() {
    let (shop, receiver) = (Receiver::start(), Receiver::start());
    let flow = TALK.replace("SHOP", &shop.base());
    let engine = Engine::start(Project::new(&flow).door("door", &receiver, ""));
    shop.answers(Reply::Json(r#"{"state":"shipped","n":[1,2.5]}"#)).times(1);
    shop.answers(Reply::Status(404)).times(1);
    let ann = engine.session("door", "ann", "1");
    ann.says("a");
    // Both most likely come while the flow waits; neither is a number, and nor is the reminder.
    ann.injects("is \"it\"\n\u{2028} 7?");
    ann.notifies("We close at six.");
    receiver.got(8);
    ann.says("7");
    ann.agent_says("It is me.").sequence();
    ann.gives_back().sequence();
    // The time of the second question runs out, and what follows is a fault.
    receiver.got(13);
    ann.injects("yes: no # ${HOME}");
    ann.says("b");
    receiver.got(17);

    let recorded = record(&engine, "tests/real.yaml");
    let written = fs::read_to_string(engine.project.folder.join("tests/real.yaml")).unwrap_or_default();
    assert!(recorded.status.success(), "{}\n{written}", text(&recorded));
    let passed = test(&engine, &["real"]);
    assert!(passed.status.success(), "{}\n{written}", text(&passed));
    assert!(text(&passed).starts_with("1 passed, 0 failed"), "{}", text(&passed));
    let again = record(&engine, "tests/real.yaml");
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again).contains("is there already"), "{}", text(&again));
}

const DOORMAN: &str = "export function handleInput({ request, response }) {
  const { body, query, method } = request;
  if (query.fails) throw new Error('as it was asked to');
  if (method == 'GET') { response.set('X-Query', JSON.stringify(query)).send(query.challenge); return null; }
  if (body.drop) return null;
  if (body.answer) { response.status(201).json({ taken: true }); return { data: {} }; }
  return body.Body ? { userId: 'ann', sessionId: '1', text: body.Body } : {};
}";

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

struct Asked {
    door: &'static str,
    method: &'static str,
    query: &'static str,
    kind: &'static str,
    body: &'static str,
}

const fn post(door: &'static str, kind: &'static str, body: &'static str) -> Asked {
    Asked { door, method: "POST", query: "", kind, body }
}

const fn get(door: &'static str, query: &'static str) -> Asked {
    Asked { door, method: "GET", query, kind: "", body: "" }
}

const REQUESTS: [Asked; 18] = [
    post("notify", JSON, r#"{"userId":"ann","sessionId":"1","text":"nobody yet"}"#),
    post("input", JSON, r#"{"userId":"ann","sessionId":"1","text":"hello"}"#),
    post("input", "Application/JSON; charset=utf-8", r#"{"userId":"ann","sessionId":"1","Daten":{}}"#),
    get("input", "?challenge=4+2"),
    get("input", "?fails=yes"),
    post("input", FORM, "From=%2B491&Body=Good+day"),
    post("input", JSON, r#"{"userId":"ann","sessionId":"1","answer":true}"#),
    post("input", JSON, r#"{"drop":true}"#),
    post("input", JSON, r#"{"userId":"","sessionId":7,"text":{},"data":[]}"#),
    post("input", JSON, r#"{"userId":"ann","sessionId":"1","text":""}"#),
    post("input", JSON, "{"),
    post("input", JSON, "[]"),
    post("input", "", r#"{"userId":"ann","sessionId":"1","text":"hello"}"#),
    post("input", "text/plain", "hello"),
    post("input", "", ""),
    post("inject", JSON, r#"{"userId":"ann","sessionId":"1","text":"hello"}"#),
    get("inject", ""),
    post("notify", FORM, "text=hello"),
];

/// Without transformers, with one that lets nothing in when it fails, and with one that lets it in as it came.
#[test]
fn a_caller_in_a_test_gets_what_the_server_answers() {
    let hooks = |more: &str| format!("transformers: {{ file: doorman.js, input: true, {more} }}");
    // It says nothing, so that there are no outputs to be named.
    let project = Project::new("- set: { context.last: \"{{ input.text }}\" }\n");
    let project = project.script("doorman.js", DOORMAN).endpoint("plain", "");
    let engine = Engine::start(
        project
            .endpoint("strict", &hooks("abortOnError: true"))
            .endpoint("lax", &hooks("abortOnError: false")),
    );
    fs::create_dir(engine.project.folder.join("tests")).expect("the folder can be written");
    for endpoint in ["plain", "strict", "lax"] {
        let mut steps = Vec::new();
        for asked in &REQUESTS {
            steps.extend([asked.step(), answered(&asked.send(&engine, endpoint))]);
            if endpoint == "lax" && asked.send(&engine, "strict").status == 502 {
                steps.push(json!({ "fault": "handleInput failed" }));
            }
        }
        let test = json!({ "endpoint": endpoint, "user": "ann", "session": "1", "steps": steps });
        let file = engine.project.folder.join(format!("tests/{endpoint}.yaml"));
        fs::write(file, test.to_string()).expect("the folder can be written");
    }
    let passed = test(&engine, &[]);
    assert!(text(&passed).starts_with("3 passed, 0 failed"), "{}", text(&passed));
}

impl Asked {
    fn send(&self, engine: &Engine, endpoint: &str) -> Answer {
        let way = if self.door == "input" { String::new() } else { format!("/{}", self.door) };
        let path = format!("{way}{}{}", engine.path(endpoint), self.query);
        let headers = [("content-type", self.kind)];
        let headers = if self.kind.is_empty() { &[] } else { &headers[..] };
        let mut connection = engine.connect();
        let sent = connection.send(self.method, &path, headers, self.body.as_bytes());
        sent.and_then(|()| connection.answer()).expect("the server answers")
    }

    fn step(&self) -> Value {
        let mut request = json!({ "to": self.door, "method": self.method, "body": self.body });
        if let Some((name, value)) = self.query.trim_start_matches('?').split_once('=') {
            request["query"] = json!({ name: value.replace('+', " ") });
        }
        if !self.kind.is_empty() {
            request["headers"] = json!({ "Content-Type": self.kind });
        }
        json!({ "request": request })
    }
}

/// The step that expects this answer, but for its ids.
fn answered(answer: &Answer) -> Value {
    let body = match serde_json::from_slice::<Value>(&answer.body) {
        Ok(Value::Object(mut members)) => {
            members.retain(|name, _| !["traceId", "inputId"].contains(&name.as_str()));
            members.into()
        }
        _ => json!(String::from_utf8_lossy(&answer.body)),
    };
    let names = ["content-type", "allow", "x-query"];
    let headers =
        names.iter().filter_map(|name| Some(((*name).to_owned(), answer.head.header(name)?.into())));
    let headers: serde_json::Map<String, Value> = headers.collect();
    json!({ "answered": { "status": answer.status, "headers": headers, "body": body } })
}

#[test]
fn a_session_that_does_not_exist_and_a_wrong_file_are_told() {
    let engine = Engine::start(Project::echo().endpoint("door", ""));
    let unknown = record(&engine, "tests/real.yaml");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown).contains("unknown-session"), "{}", text(&unknown));
    assert_eq!(record(&engine, "real.yaml").status.code(), Some(2));
    let none = test(&engine, &[]);
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none).contains("tests/NAME.yaml, such as"), "{}", text(&none));
    assert_eq!(test(&engine, &["--user", "ann"]).status.code(), Some(2));
}

#[test]
fn a_fault_in_a_test_is_told_by_check_and_keeps_no_server_from_starting() {
    let project = Project::echo().endpoint("door", "");
    fs::create_dir(project.folder.join("tests")).expect("the folder can be written");
    let wrong = "endpoint: door\nsteps:\n  - usr: hi\n";
    fs::write(project.folder.join("tests/wrong.yaml"), wrong).expect("the folder can be written");
    let engine = Engine::start(project);
    engine.session("door", "ann", "1").says("a");
    let line = "tests/wrong.yaml:3:5: unknown step \"usr\"; did you mean \"user\"?";
    for name in ["check", "test"] {
        let told = command(&engine, name, &[]);
        assert_eq!(told.status.code(), Some(1), "{name}");
        assert!(text(&told).starts_with(line), "{}", text(&told));
    }
}
