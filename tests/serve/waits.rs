//! Steps that wait for something outside: an answer, time, a reminder, a human agent. Each happens once, whatever becomes of
//! the process meanwhile, and the conversation goes on.

use std::collections::BTreeMap;
use std::thread;

use antiphon::model::Owed;
use antiphon::store::{Place, Store, Writes};
use serde_json::json;

use crate::support::{
    Chance, Engine, Project, Receiver, Reply, Session, change_row, retries, session_id, store, texts, told,
};

/// Asks the shop, and tells what it said.
fn asking(shop: &Receiver) -> String {
    format!(
        r#"
- http:
    post: "{}/orders/{{{{ input.text }}}}"
    json: {{ text: "{{{{ input.text }}}}" }}
    into: context.reply
    onError: [{{ say: "no answer: {{{{ context.reply.error ?? context.reply.status }}}}" }}, {{ stop: flow }}]
- say: "{{{{ input.text }}}}: {{{{ context.reply.json.state }}}}"
"#,
        shop.base()
    )
}

fn ann(engine: &Engine) -> Session {
    engine.session("door", "ann", "1")
}

#[test]
fn a_flow_waits_for_an_answer_and_inputs_wait_behind_it_in_order() {
    let (shop, receiver) = (Receiver::start(), Receiver::start());
    let engine = Engine::start(Project::new(&asking(&shop)).door("door", &receiver, ""));
    shop.answers(Reply::Hang).times(1);
    shop.answers(Reply::Json(r#"{"state":"shipped"}"#)).times(2);
    let ann = ann(&engine);
    assert_eq!((ann.says("a"), ann.says("b"), ann.notifies("n"), ann.says("c")), (1, 2, 3, 4));
    assert_eq!(ann.state()["position"]["at"], "suspended");
    shop.requests(1);
    shop.goes_on();
    assert_eq!(receiver.texts(4), ["a: ", "b: shipped", "n", "c: shipped"]);
    let asked = shop.requests(3);
    assert_eq!(asked[1].head.first, "POST /orders/b HTTP/1.1");
    assert_eq!(asked[1].json(), json!({ "text": "b" }));
    let transcript = ann.transcript();
    assert_eq!(transcript[0]["suspended"], true);
    assert_eq!(transcript[1]["woken"]["answer"]["status"], 204);
    assert_eq!(transcript[1]["input"]["inputId"], transcript[0]["input"]["inputId"]);
}

#[test]
fn a_call_that_was_under_way_when_the_process_was_killed_is_made_again_under_the_same_key() {
    let (shop, receiver) = (Receiver::start(), Receiver::start());
    let mut engine = Engine::start(Project::new(&asking(&shop)).door("door", &receiver, ""));
    shop.answers(Reply::Hang).times(1);
    shop.answers(Reply::Json(r#"{"state":"shipped"}"#)).times(1);
    ann(&engine).says("a");
    shop.requests(1);
    engine.kill();
    engine.start_again();
    assert_eq!(receiver.texts(1), ["a: shipped"]);
    let asked = shop.requests(2);
    assert_eq!(asked[0].header("idempotency-key"), asked[1].header("idempotency-key"));
    assert_eq!(asked[0].body, asked[1].body);
}

#[test]
fn an_answer_that_was_committed_is_never_asked_for_again() {
    let (shop, receiver) = (Receiver::start(), Receiver::start());
    let mut engine = Engine::start(Project::new(&asking(&shop)).door("door", &receiver, ""));
    shop.answers(Reply::Json(r#"{"state":"shipped"}"#)).always();
    ann(&engine).says("a");
    receiver.got(1);
    for _ in 0..2 {
        engine.kill();
        engine.start_again();
    }
    ann(&engine).says("b");
    assert_eq!(receiver.got_different(2).last().unwrap().text(), "b: shipped");
    let asked: Vec<String> = shop.requests(2).iter().map(|asked| asked.head.first.clone()).collect();
    assert_eq!(asked, ["POST /orders/a HTTP/1.1", "POST /orders/b HTTP/1.1"]);
}

#[test]
fn an_address_that_is_not_allowed_is_not_called_and_the_flow_hears_why() {
    let shop = Receiver::start();
    let project = Project::new(&asking(&shop)).endpoint("door", "").egress_allow("");
    let engine = Engine::start(project);
    let ann = ann(&engine);
    let mut events = ann.events(None);
    ann.says("a");
    let (mut turn, mut told) = (events.next().1, String::new());
    while told.is_empty() {
        told = turn["outputs"][0]["text"].as_str().unwrap_or_default().to_owned();
        if told.is_empty() {
            turn = events.next().1;
        }
    }
    assert!(told.starts_with("no answer: ") && told.contains("egress.allow"), "{told}");
}

/// More of them than one host may have in flight.
#[test]
fn calls_to_a_host_that_hangs_hold_up_no_other_host() {
    let (shop, other, receiver) = (Receiver::start(), Receiver::start(), Receiver::start());
    let flow = "- http: { get: \"{{ input.text }}\", timeout: 60s }\n- say: answered";
    let engine = Engine::start(Project::new(flow).door("door", &receiver, "").workers(1));
    shop.answers(Reply::Hang).always();
    for user in 0..100 {
        engine.session("door", &user.to_string(), "1").says(&shop.base());
    }
    engine.session("door", "ann", "1").says(&other.base());
    assert_eq!(receiver.got(1)[0].json()["userId"], "ann");
    assert!(shop.hanging_max() <= 64, "{}", shop.hanging_max());
    // Those that waited have their turn too.
    shop.goes_on();
    receiver.got(101);
}

#[test]
fn an_input_that_would_overlap_a_wait_is_refused_where_the_endpoint_says_so() {
    let (shop, receiver) = (Receiver::start(), Receiver::start());
    let door = format!("webhook: {{ url: \"{}\" }}\nsession: {{ overlap: reject }}", receiver.url());
    let engine = Engine::start(Project::new(&asking(&shop)).endpoint("door", &door));
    shop.answers(Reply::Hang).times(1);
    let ann = ann(&engine);
    ann.says("a");
    ann.try_say("b").problem_for_now(429, "session-busy");
    shop.requests(1);
    shop.goes_on();
    receiver.got(1);
    assert_eq!(ann.says("c"), 2);
}

const PAUSES: &str = r#"
- if: "input.text == 'later'"
  then: [{ say: "later" }, { stop: flow }]
- remind: { after: 1s, text: later }
- say: "before {{ input.text }}"
- wait: 1s
- say: "after {{ input.text }}"
"#;

#[test]
fn a_pause_and_a_reminder_outlive_a_kill_and_happen_once() {
    let receiver = Receiver::start();
    let mut engine = Engine::start(Project::new(PAUSES).door("door", &receiver, ""));
    ann(&engine).says("a");
    engine.kill();
    engine.start_again();
    let texts = |count| texts(&receiver.got_different(count));
    let mut heard = texts(3);
    heard.dedup();
    assert_eq!(heard, ["before a", "after a", "later"]);
    engine.kill();
    engine.start_again();
    ann(&engine).says("b");
    let counted = |text: &str| {
        told(&receiver.got_different(6))
            .values()
            .next()
            .unwrap()
            .texts
            .iter()
            .filter(|told| *told == text)
            .count()
    };
    assert_eq!((counted("after a"), counted("after b"), counted("later")), (1, 1, 2));
    assert_eq!(ann(&engine).state()["waits"], json!([]));
}

#[test]
fn a_reminder_that_came_due_while_the_server_was_down_fires_late_rather_than_never() {
    let receiver = Receiver::start();
    let flow = "- if: \"input.source == 'inject'\"\n  then: [{ say: \"{{ input.data.n }}\" }, { stop: flow }]\n- remind: { after: 2d, data: { n: 7 } }\n";
    let mut engine = Engine::start(Project::new(flow).door("door", &receiver, ""));
    ann(&engine).says("a");
    engine.terminate();
    let long_ago = |store: &Store, owed: &Owed, writes: &mut Writes| {
        let mut owed = owed.clone();
        owed.wait.due_at = 1;
        let mut session = store.session(&owed.id.key()).unwrap().unwrap();
        session.waits = vec![owed.wait.pending()];
        writes.session(&session);
        writes.owe(&owed);
    };
    rewrite_waits(&engine, long_ago);
    engine.start_again();
    assert_eq!(receiver.texts(1), ["7"]);
}

#[test]
fn a_wait_that_cannot_be_read_is_set_aside_and_its_session_begins_anew() {
    let (shop, receiver) = (Receiver::start(), Receiver::start());
    let mut engine = Engine::start(Project::new(&asking(&shop)).door("door", &receiver, ""));
    shop.answers(Reply::Hang).times(1);
    shop.answers(Reply::Json(r#"{"state":"shipped"}"#)).always();
    let ann = ann(&engine);
    ann.says("a");
    shop.requests(1);
    engine.kill();
    damage_waits(&engine);
    engine.start_again();
    // The flow starts anew with the input it was about.
    assert_eq!(receiver.texts(1), ["a: shipped"]);
    ann.says("b");
    assert_eq!(receiver.texts(2)[1], "b: shipped");
    let listed = engine.manage("GET", "/quarantine").json();
    assert_eq!(listed["items"][0]["id"]["userId"], "ann", "{listed}");
}

#[test]
fn a_flow_whose_version_is_lost_while_it_waits_starts_anew_with_the_input_it_was_about() {
    let (shop, receiver) = (Receiver::start(), Receiver::start());
    let mut engine = Engine::start(Project::new(&asking(&shop)).door("door", &receiver, ""));
    shop.answers(Reply::Hang).times(1);
    let ann = ann(&engine);
    ann.says("a");
    shop.requests(1);
    let program = ann.state()["position"]["program"].as_str().expect("it waits in a program").to_owned();
    engine.kill();
    engine.project.rewrite_flow("main", "- say: \"new {{ input.text }}\"");
    change_row(&engine.project.state, format!("p{program}").as_bytes());
    engine.start_again();
    assert_eq!(receiver.texts(1), ["new a"]);
    assert_eq!(ann.state()["waits"], json!([]));
    ann.says("b");
    assert_eq!(receiver.texts(2)[1], "new b");
}

#[test]
fn a_question_ends_when_its_time_is_over_also_after_a_kill() {
    let receiver = Receiver::start();
    let flow = "- ask: { say: q, into: context.a, timeout: { after: 1s, do: [{ say: late }] } }\n- say: \"{{ context.a ?? 'nothing' }}\"\n";
    let mut engine = Engine::start(Project::new(flow).door("door", &receiver, ""));
    ann(&engine).says("a");
    engine.kill();
    engine.start_again();
    let texts = texts(&receiver.got_different(3));
    assert_eq!(texts[texts.len() - 2..], ["late", "nothing"]);
    assert_eq!((ann(&engine).says("b"), ann(&engine).says("c")), (2, 3));
    assert_eq!(receiver.got_different(5).last().unwrap().text(), "c");
}

#[test]
fn a_session_is_handed_to_a_human_agent_and_comes_back_more_than_once() {
    let receiver = Receiver::start();
    let flow = "- handover: { to: desk, message: \"one moment\", onBack: [{ say: welcome }] }\n- say: \"on {{ input.source }}\"\n";
    let mut engine = Engine::start(Project::new(flow).door("door", &receiver, ""));
    let ann = ann(&engine);
    ann.agent_says("nobody there").problem(404, "unknown-session");
    for round in 0..2 {
        ann.says("help");
        assert_eq!(ann.says("are you there?"), round * 4 + 2);
        assert_eq!(ann.state()["position"]["to"], "desk");
        assert_eq!(ann.agent_says("I am").sequence(), round * 4 + 3);
        engine.kill();
        engine.start_again();
        assert_eq!(ann.gives_back().sequence(), round * 4 + 4);
        ann.gives_back().problem(409, "not-handed-over");
        ann.agent_says("too late").problem(409, "not-handed-over");
    }
    let got = receiver.got_different(8);
    let told = told(&got).into_values().next().unwrap();
    assert_eq!(told.texts, ["one moment", "I am", "welcome", "on returned"].repeat(2));
    let agent = got.iter().find(|callback| callback.text() == "I am").unwrap().json();
    assert_eq!(agent["AIOutput"]["source"], "agent");
    ann.agent_says("").problem(400, "invalid-input");
}

/// Every kind of wait for each input; the shop answers each call.
fn waits_for_everything(shop: &Receiver) -> String {
    format!(
        r#"
- if: "input.source == 'inject'"
  then: [{{ say: "reminded {{{{ input.text }}}}" }}, {{ stop: flow }}]
- http:
    get: "{}/{{{{ input.text }}}}"
    into: context.reply
    retries: 10
- say: "called {{{{ input.text }}}} {{{{ context.reply.json.state }}}}"
- wait: 20ms
- remind: {{ after: 30ms, text: "{{{{ input.text }}}}" }}
- say: "paused {{{{ input.text }}}}"
"#,
        shop.base()
    )
}

#[test]
fn whenever_the_process_is_killed_each_wait_of_each_session_ends_once() {
    const KILLS: u64 = 8;
    const INPUTS: usize = 6;
    const USERS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let (shop, receiver) = (Receiver::start(), Receiver::start());
    shop.answers(Reply::Json(r#"{"state":"ok"}"#)).always();
    let project = Project::new(&waits_for_everything(&shop));
    let mut engine = Engine::start(project.door("door", &receiver, &retries(100, 0.02)));
    let sessions: Vec<Session> = USERS.iter().map(|user| engine.session("door", user, "1")).collect();
    let mut chance = Chance::seeded();
    thread::scope(|scope| {
        for session in &sessions {
            scope.spawn(|| (0..INPUTS).for_each(|n| say_until_accepted(session, &n.to_string())));
        }
        for kill in 1..=KILLS {
            receiver.got_different((kill as usize - 1) * USERS.len() + chance.below(9) as usize);
            engine.kill();
            engine.start_again();
        }
    });
    let told = told(&receiver.got_different(USERS.len() * INPUTS * 3));
    for user in USERS {
        let texts = &told[&(user.to_owned(), "1".to_owned())].texts;
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        texts.iter().for_each(|text| *count.entry(text).or_default() += 1);
        assert!(count.values().all(|times| *times == 1) && count.len() == INPUTS * 3, "{user}: {texts:?}");
        let place = |text: String| texts.iter().position(|told| *told == text);
        for n in 0..INPUTS {
            let (called, paused) = (place(format!("called {n} ok")), place(format!("paused {n}")));
            let order = [called, paused, place(format!("reminded {n}"))];
            assert!(order.is_sorted() && order[0].is_some(), "{user} {n}: {texts:?}");
            assert!(n == 0 || place(format!("paused {}", n - 1)) < called, "{user} {n}: {texts:?}");
        }
    }
    // What a kill cut off was asked again under the same key, and nothing else twice.
    let mut keys: BTreeMap<String, usize> = BTreeMap::new();
    let asked = shop.requests(USERS.len() * INPUTS);
    asked.iter().for_each(|call| *keys.entry(call.header("idempotency-key").to_owned()).or_default() += 1);
    assert_eq!(keys.len(), USERS.len() * INPUTS);
    assert!(keys.values().all(|times| *times as u64 <= KILLS + 1), "{keys:?}");
    for session in &sessions {
        assert_eq!(session.faults(), [""; 0]);
        assert_eq!(session.state()["waits"], json!([]));
    }
}

fn say_until_accepted(session: &Session, text: &str) {
    let post = || {
        let mut connection = session.connect()?;
        session.post_over(&mut connection, "", &json!({ "text": text }), &[("idempotency-key", text)])
    };
    loop {
        match post() {
            Ok(answer) if answer.status == 202 => return,
            // Killed, or not up yet: nobody knows whether it was taken.
            Ok(_) | Err(_) => {}
        }
    }
}

/// Gives every wait in the store of a server that is down.
fn rewrite_waits(engine: &Engine, rewrite: impl Fn(&Store, &Owed, &mut Writes)) {
    let store = store(&engine.project.state);
    let places = store.due(None, u64::MAX, usize::MAX).unwrap();
    assert!(!places.is_empty(), "nothing is waited for");
    for place in places {
        let owed = store.owed(&place).unwrap().expect("it was just listed");
        let mut writes = Writes::new();
        writes.forget_wait(&place);
        rewrite(&store, &owed, &mut writes);
        store.commit_blocking(writes).unwrap();
    }
    store.close();
}

/// Changes a byte of the row of each wait, behind the back of the store.
fn damage_waits(engine: &Engine) {
    let places: Vec<Place> = {
        let store = store(&engine.project.state);
        let places = store.due(None, u64::MAX, usize::MAX).unwrap();
        store.close();
        places
    };
    assert_eq!(places.len(), 1);
    let mut key = vec![b'w'];
    key.extend(places[0].due_at.to_be_bytes());
    key.extend(session_id("door", "ann", "1").key().0);
    key.extend(places[0].started_at.to_be_bytes());
    key.extend(places[0].wait.to_be_bytes());
    change_row(&engine.project.state, &key);
}
