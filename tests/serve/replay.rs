//! What is recorded can be replayed: a thousand sessions that chance talks with, each run again from what the HTTP interface
//! tells, to the byte; and the commands that look at sessions. The seed is printed; `ANTIPHON_SEED` repeats its choices.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use antiphon::config::Overlay;
use antiphon::model::{Record, SessionId, Source};
use antiphon::project::{self, Project as Folder};
use antiphon::replay::{self, Flows, Kept, Programs, Recording, Stage};
use antiphon::script::Sandbox;
use serde_json::{Value, json};

use crate::support::{Chance, Connection, Engine, JSON, Project, Receiver, Reply, Session};

const SESSIONS: usize = 1_000;
const CONNECTIONS: usize = 8;
/// Sessions of one user, who has one profile.
const OF_A_USER: usize = 4;

/// What the first word of an input asks for. `RECEIVER` is put in; at port 0 nobody can listen, because whoever binds it gets
/// another one.
const FLOW: &str = r#"
- once: [{ say: { oneOf: [Welcome, Hello, Good day] } }]
- code: |
    context.n = (context.n ?? 0) + 1;
    context.roll = (context.roll ?? 0) / 3 + Math.random();
    log(`turn ${context.n} at ${new Date().toISOString()}`);
- switch: "input.text"
  cases:
    dice:
      - say: { text: "{{ Math.random() }}", data: { roll: "{{ context.roll }}", at: "{{ Date.now() }}" } }
      - say: { oneOf: [one, two, three, four, five, six] }
    ask:
      - ask:
          say: "How many?"
          into: context.number
          expect: number
          reprompt: "A number, please"
          attempts: 2
          otherwise: [{ say: "Never mind" }]
          timeout: { after: 20ms, do: [{ say: "Too late, {{ context.n }}" }] }
      - say: "{{ context.number }}"
    list:
      - each:
          in: "['a', 'b', 'c'].slice(0, 1 + Math.floor(Math.random() * 3))"
          as: item
          do: [{ say: "{{ item }} {{ Math.random() }}" }, { wait: 2ms }]
    profile:
      - set: { profile.visits: "{{ (profile.visits ?? 0) + 1 }}" }
      - say: "visit {{ profile.visits }}"
    call: [{ run: call }]
    nobody:
      - http: { get: "http://127.0.0.1:0/", into: context.reply, retries: 0, onError: [{ say: "{{ context.reply.error }}" }] }
    forbidden:
      - http: { get: "http://10.0.0.1/", into: context.reply, onError: [{ say: "{{ context.reply.error }}" }] }
    pause: [{ wait: 3ms }, { say: "{{ input.text }} {{ new Date().toISOString() }}" }]
    listen: [{ wait: input }, { say: "heard {{ input.source }} {{ input.text }}" }]
    remind: [{ remind: { after: 5ms, text: dice } }]
    person: [{ handover: { to: sales, message: "One moment" } }]
    slow: [{ code: "for (let n = 0; n < 1500000; n++);" }, { say: slowly }]
    boom: [{ code: "say('before'); throw new Error('boom ' + Math.random())" }]
    nothing: [{ say: "{{ nothing.at.all }}" }]
  default: [{ say: "{{ input.source }} {{ input.text }}" }]
"#;
const CALL: &str = r#"
- http:
    post: "RECEIVER"
    json: { n: "{{ context.n }}", roll: "{{ context.roll }}" }
    into: context.reply
    retries: 0
    onError: [{ say: "error {{ context.reply.status }}" }]
- say: "{{ context.reply.status }} {{ input.text }}"
"#;
/// Each of them as often as it stands here; `slow` and `person` are rare.
const WORDS: [&str; 20] = [
    "dice",
    "dice",
    "ask",
    "ask",
    "7",
    "12.5",
    "many",
    "list",
    "list",
    "profile",
    "profile",
    "call",
    "call",
    "nobody",
    "forbidden",
    "pause",
    "listen",
    "remind",
    "boom",
    "nothing",
];

#[test]
fn a_thousand_sessions_come_out_to_the_byte_when_they_are_replayed() {
    let mut chance = Chance::seeded();
    let receiver = Receiver::start();
    for _ in 0..SESSIONS {
        let status = [200, 201, 404, 500][chance.below(4) as usize];
        receiver.answers(Reply::Status(status)).times(1);
    }
    let engine = Engine::start(shop(&receiver));
    let mut callers: Vec<Caller> = (0..CONNECTIONS).map(|_| Caller::new(&engine, chance.fork())).collect();
    for number in 0..SESSIONS {
        callers[number % CONNECTIONS].talks.push(Talk::new(&engine, number));
    }
    let recordings: Vec<Recording> = thread::scope(|scope| {
        let callers: Vec<_> = callers.into_iter().map(|caller| scope.spawn(move || caller.talk())).collect();
        callers.into_iter().flat_map(|caller| caller.join().expect("no caller panics")).collect()
    });
    assert_eq!(recordings.len(), SESSIONS);
    all_of_it_happened(&recordings);
    let folder = load(&engine);
    thread::scope(|scope| {
        for part in recordings.chunks(SESSIONS / 2) {
            scope.spawn(|| are_the_same(part, &folder));
        }
    });
}

fn shop(receiver: &Receiver) -> Project {
    let text = |flow: &str| flow.replace("RECEIVER", &receiver.url());
    Project::new(&text(FLOW)).flow("call", &text(CALL)).endpoint("shop", "")
}

/// Talks in many sessions at the same time, over one connection.
struct Caller {
    address: SocketAddr,
    connection: Connection,
    path: String,
    key: String,
    chance: Chance,
    talks: Vec<Talk>,
}

struct Talk {
    id: SessionId,
    session: Session,
    /// The place of the last input.
    last: u64,
}

impl Talk {
    fn new(engine: &Engine, number: usize) -> Talk {
        let (user, name) = (format!("user-{}", number / OF_A_USER), number.to_string());
        let session = engine.session("shop", &user, &name);
        let id = SessionId { endpoint: "shop".to_owned(), user_id: user, session_id: name };
        Talk { id, session, last: 0 }
    }

    /// Waits until the flow has gone on to the end of the last input.
    fn ends(&self) {
        let mut events = self.session.events(None);
        loop {
            let turn = events.next().1;
            if turn["sequence"] == self.last && turn["suspended"] != true {
                return;
            }
        }
    }
}

impl Caller {
    fn new(engine: &Engine, chance: Chance) -> Caller {
        let (path, key) = (engine.path("shop"), engine.admin_key());
        let address = engine.address();
        Caller { address, connection: engine.connect(), path, key, chance, talks: Vec::new() }
    }

    /// What is recorded of all its sessions.
    fn talk(mut self) -> Vec<Recording> {
        let mut left: Vec<(usize, u64)> =
            (0..self.talks.len()).map(|talk| (talk, 3 + self.chance.below(6))).collect();
        while !left.is_empty() {
            let at = self.chance.below(left.len() as u64) as usize;
            self.say(left[at].0);
            left[at].1 -= 1;
            if left[at].1 == 0 {
                left.swap_remove(at);
            }
        }
        self.talks.iter().for_each(Talk::ends);
        // The server closes a connection that was idle for so long.
        self.connection = Connection::open(self.address).expect("the server is ready");
        (0..self.talks.len()).map(|talk| self.recording(talk)).collect()
    }

    /// Posts whatever comes to mind.
    fn say(&mut self, talk: usize) {
        let chance = &mut self.chance;
        let Talk { id, last, .. } = &mut self.talks[talk];
        let any = ["", "", "", "", "", "/inject", "/notify"][chance.below(7) as usize];
        // Only a user begins a session.
        let how = if *last == 0 { "" } else { any };
        let text = match chance.below(150) {
            0 => "slow",
            1 => "person",
            other => WORDS[other as usize % WORDS.len()],
        };
        let mut body = json!({ "userId": id.user_id, "sessionId": id.session_id, "text": text });
        if chance.one_in(4) {
            body["data"] = json!({ "x": chance.below(1 << 53) as f64 / 7.0 });
        }
        let path = format!("{how}{}", self.path);
        let answer = self.connection.post(&path, &[JSON], body.to_string().as_bytes());
        *last = answer.expect("the server answers").sequence();
    }

    /// What the HTTP interface tells of a session.
    fn recording(&mut self, talk: usize) -> Recording {
        let id = self.talks[talk].id.clone();
        let state = self.get(&id, "");
        let turns = state["turns"].as_u64().expect("a state has its turns");
        let page = self.get(&id, "/transcript?limit=100");
        let mut records: Vec<Record> =
            serde_json::from_value(page["items"].clone()).expect("they are records");
        // A reminder may have come in between.
        records.truncate(turns as usize);
        assert_eq!(records.len() as u64, turns, "{id:?}");
        let started_at = state["startedAt"].as_u64().expect("a state has its start");
        let context = state["context"].as_object().expect("a state has a context").clone();
        let part = |name: &str| state[name].clone();
        let position = serde_json::from_value(part("position")).expect("a state has its position");
        let waits = serde_json::from_value(part("waits")).expect("a state has its waits");
        let kept = Some(Kept { context, position, waits });
        Recording { id, started_at, records, kept }
    }

    fn get(&mut self, id: &SessionId, rest: &str) -> Value {
        let SessionId { endpoint, user_id, session_id } = id;
        let path = format!("/api/v1/endpoints/{endpoint}/users/{user_id}/sessions/{session_id}{rest}");
        let headers = [("x-api-key", self.key.as_str())];
        self.connection.ask("GET", &path, &headers, b"").expect("the server answers").json()
    }
}

/// Chance met everything that makes a replay hard.
fn all_of_it_happened(recordings: &[Recording]) {
    let has = |what: &str, has: &dyn Fn(&Record) -> bool| {
        let found = recordings.iter().flat_map(|recording| &recording.records).any(has);
        assert!(found, "no turn with {what}");
    };
    has("an answer to a call", &|turn| turn.woken.as_ref().is_some_and(|woken| woken.answer.is_some()));
    has("the end of a pause", &|turn| turn.woken.as_ref().is_some_and(|woken| woken.answer.is_none()));
    has("a timeout", &|turn| turn.input.source == Source::Timeout);
    has("a reminder", &|turn| turn.input.source == Source::Inject && turn.woken.is_some());
    has("a notify", &|turn| turn.program.is_none());
    has("a profile", &|turn| turn.profile.as_ref().is_some_and(|profile| !profile.is_empty()));
    has("a fault", &|turn| turn.notes.iter().any(|note| note.text.contains("boom")));
}

fn load(engine: &Engine) -> Folder {
    let loaded = project::load(&engine.project.folder, &Overlay::default(), &|_| None);
    loaded.unwrap_or_else(|error| panic!("{error}"))
}

fn are_the_same(recordings: &[Recording], folder: &Folder) {
    let program = &folder.programs["main"];
    let programs: Programs = [(program.hash.clone(), Arc::clone(program))].into();
    let stage = Stage::of(folder, &folder.endpoints["shop"]);
    let mut sandbox = Sandbox::new(folder.settings.limits.script_memory_bytes);
    for recording in recordings {
        let id = &recording.id;
        let replay = replay::run(recording, Flows::Recorded(&programs), &stage, &mut sandbox);
        let replay = replay.unwrap_or_else(|error| panic!("{id:?}: {error}"));
        assert_eq!(replay::compare(recording, &replay), None, "{id:?}");
        let replayed: Vec<&Record> = replay.turns.iter().map(|turn| &turn.record).collect();
        assert_eq!(json!(replayed).to_string(), json!(recording.records).to_string(), "{id:?}");
        let kept = [&replay.session.context, &recording.kept.as_ref().expect("it lives").context]
            .map(|context| json!(context).to_string());
        assert_eq!(kept[0], kept[1], "{id:?}");
    }
}

const ORDERS: &str = r#"
- ask: { say: "What is your order number?", into: context.order, expect: number }
- say: "Order {{ context.order }} is on its way"
"#;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it writes text")
}

#[test]
fn a_changed_flow_is_told_with_the_first_thing_it_says_differently() {
    let engine = Engine::start(Project::new(ORDERS).endpoint("shop", ""));
    for (user, answer) in [("ann", "7"), ("ben", "8")] {
        let session = engine.session("shop", user, "1");
        session.says("hi");
        session.says(answer);
    }
    let same = engine.sessions(&["replay", "--since", "1h"]);
    assert_eq!((text(&same.stdout).as_str(), same.status.code()), ("2 sessions: 2 the same\n", Some(0)));

    let changed = Project::new(
        &ORDERS.replace("is on its way", "{{ context.order > 7 ? 'is late' : 'is on its way' }}"),
    );
    let changed = changed.endpoint("shop", "");
    changed.finish();
    let folder = changed.folder.to_str().expect("its name is text");
    let differs = engine.sessions(&["replay", "--since", "1h", "--project", folder]);
    assert_eq!(
        text(&differs.stdout),
        "shop / ben / 1: turn 2 says something else
  > hi
  What is your order number?
  > 8
  recorded: Order 8 is on its way
  replayed: Order 8 is late

2 sessions: 1 the same, 1 differs
"
    );
    assert_eq!(
        (text(&differs.stderr).as_str(), differs.status.code()),
        ("antiphon: 1 session differs\n", Some(1))
    );
    let one = ["replay", "--user", "ben", "--session", "1", "--project", folder, "--json"];
    let told: Value = serde_json::from_slice(&engine.sessions(&one).stdout).expect("it is JSON");
    assert_eq!((&told["sessions"], &told["differ"]), (&json!(1), &json!(1)));
    let difference = &told["differences"][0]["difference"];
    assert_eq!((&difference["turn"], &difference["what"]), (&json!(2), &json!("outputs")));
    assert_eq!(difference["replayed"][0]["text"], "Order 8 is late");
    let without = Project::new(ORDERS).endpoint("other", "");
    without.finish();
    let folder = without.folder.to_str().expect("its name is text");
    let refused = engine.sessions(&["replay", "--since", "1h", "--project", folder]);
    assert!(text(&refused.stderr).contains("has no endpoint \"shop\""), "{refused:?}");
}

#[test]
fn a_session_of_an_earlier_version_is_replayed_in_that_version() {
    let engine = Engine::start(Project::new(ORDERS).endpoint("shop", "").not_watched());
    let session = engine.session("shop", "ann", "1");
    session.says("hi");
    engine.project.rewrite_flow("main", "- say: \"another flow\"");
    engine.reload();
    session.says("7");
    session.says("hi");
    assert_eq!(session.transcript()[2]["outputs"][0]["text"], "another flow");
    let one = ["replay", "--user", "ann", "--session", "1"];
    let same = engine.sessions(&one);
    assert_eq!(text(&same.stdout), "1 session: 1 the same\n", "{same:?}");
}

#[test]
fn sessions_are_listed_and_shown() {
    let engine = Engine::start(Project::new(ORDERS).endpoint("shop", "").endpoint("other", ""));
    assert_eq!(text(&engine.sessions(&["list"]).stdout), "no sessions\n");
    engine.session("shop", "ann", "1").says("hi");
    engine.session("other", "ben", "2").says("hi");
    let table = text(&engine.sessions(&["list"]).stdout);
    let lines: BTreeMap<&str, &str> =
        table.lines().map(|line| line.split_at(line.find(' ').unwrap_or(0))).collect();
    assert!(lines["shop"].contains("ann") && lines["shop"].contains("asks at main/0"), "{table}");
    assert!(lines["other"].contains("ben") && lines.contains_key("ENDPOINT"), "{table}");
    let listed = engine.sessions(&["list", "--endpoint", "other", "--since", "1h", "--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).expect("it is JSON");
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]["endpoint"]), (Some(1), &json!("other")));

    let place = ["show", "--endpoint", "shop", "--session", "1"];
    let shown = text(&engine.sessions(&[&place[..], &["--user", "ann"]].concat()).stdout);
    assert!(shown.starts_with("shop / ann / 1\n") && shown.contains("1 turn, 1 input, 1 output"), "{shown}");
    assert!(shown.ends_with("> hi\nWhat is your order number?\n"), "{shown}");
    let json = text(&engine.sessions(&[&place[..], &["--user", "ann", "--json"]].concat()).stdout);
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!((&json["state"]["turns"], &json["transcript"][0]["turn"]), (&json!(1), &json!(1)));
    let unknown = engine.sessions(&[&place[..], &["--user", "nobody"]].concat());
    assert!(text(&unknown.stderr).contains("unknown-session"), "{unknown:?}");
    assert_eq!(unknown.status.code(), Some(1));
}

#[test]
fn a_session_that_ended_is_replayed_as_well() {
    let flow = "- say: \"{{ input.text }}\"\n- if: \"input.text == 'bye'\"\n  then: [{ stop: session }]";
    let engine = Engine::start(Project::new(flow).endpoint("shop", ""));
    let session = engine.session("shop", "ann", "1");
    session.says("hi");
    session.says("bye");
    engine.session("shop", "ben", "1").says("hi");
    let same = engine.sessions(&["replay", "--since", "1h"]);
    assert_eq!((text(&same.stdout).as_str(), same.status.code()), ("2 sessions: 2 the same\n", Some(0)));
    let one = engine.sessions(&["replay", "--user", "ann", "--session", "1"]);
    assert_eq!(text(&one.stdout), "1 session: 1 the same\n", "{one:?}");
    assert!(!text(&engine.sessions(&["list"]).stdout).contains("ann"));
    let dots = engine.sessions(&["show", "--user", "..", "--session", "1"]);
    assert!(text(&dots.stderr).contains("cannot stand in an address"), "{dots:?}");
}
