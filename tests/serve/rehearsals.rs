//! A session of a running server as a conversation test: what was recorded passes when it is run again, without the
//! server, the other systems and the time it took.

use std::fs;
use std::process::Output;

use crate::support::{Engine, Project, Receiver, Reply, antiphon};

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
