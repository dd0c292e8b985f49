//! SIGKILL at random moments under load, again and again, and callers who post again until they are answered.
//!
//! `ANTIPHON_KILLS=1000` kills so often, 20 times without it. The seed is printed; `ANTIPHON_SEED` repeats its choices.

use std::collections::BTreeMap;
use std::env;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::support::{
    Answer, Chance, Connection, Engine, PATIENCE, Project, Receiver, Reply, Session, retries, told,
};

const KILLS: u64 = 20;
/// The session of each caller: some sessions have two callers, who post at the same time.
const CALLERS: [usize; 12] = [0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8];
const SESSIONS: usize = 9;
/// A kill comes after fewer further posts and answers, or requests, than this.
const MANY: u64 = 200;
/// Fewer than were under way when the server was killed before.
const FEW: u64 = 10;
/// A start touches its files so often until it is ready, and a few times more.
const TOUCHED_MAX: u64 = 40;
const UNKNOWN_ENDPOINT: &str = "urn:antiphon:error:unknown-endpoint";

/// Counts; a text with "slow" in it takes the slow lane.
const FLOW: &str = r#"
- code: "context.n = (context.n ?? 0) + 1"
- if: "input.text.includes('slow')"
  then:
    - code: "for (let n = 0; n < 1500000; n++);"
- say: "{{ context.n }} {{ input.text }}"
"#;

/// What the callers were answered.
struct Ledger {
    sessions: Mutex<Vec<BTreeMap<u64, Accepted>>>,
    /// Inputs that were begun to be posted, and those that were answered: two for each.
    steps: Mutex<u64>,
    changed: Condvar,
    over: AtomicBool,
}

#[derive(Debug)]
struct Accepted {
    trace: String,
    text: String,
    how: &'static str,
}

#[test]
fn whenever_the_process_is_killed_nothing_is_lost_nothing_is_done_twice_and_all_is_in_order() {
    let kills = env::var("ANTIPHON_KILLS");
    let kills = kills.map_or(KILLS, |kills| kills.parse().expect("ANTIPHON_KILLS is a number"));
    let mut chance = Chance::seeded();
    let receiver = Receiver::start();
    let project = Project::new(FLOW).door("shop", &receiver, &retries(100, 0.02));
    let mut engine = Engine::start(project);
    let sessions: Vec<_> = (0..SESSIONS).map(|n| engine.session("shop", "ann", &n.to_string())).collect();
    let ledger = Ledger::new();
    thread::scope(|scope| {
        for (number, session) in CALLERS.into_iter().enumerate() {
            let caller = Caller { number, session, sessions: &sessions, ledger: &ledger };
            let chance = chance.fork();
            scope.spawn(move || caller.talk(chance));
        }
        // Whatever happens here, the callers come to an end.
        let _over = Over(&ledger);
        kill_again_and_again(&mut engine, &receiver, &ledger, &mut chance, kills);
    });
    ledger.agrees_with(&sessions, &receiver);
}

fn kill_again_and_again(
    engine: &mut Engine,
    receiver: &Receiver,
    ledger: &Ledger,
    chance: &mut Chance,
    kills: u64,
) {
    let mut done = 0;
    while done < kills {
        if chance.one_in(3) {
            receiver.answers(Reply::Status(503)).times(chance.below(5) as usize);
        }
        // One in four comes while it still takes up where it was.
        let further_max = if chance.one_in(4) { FEW } else { MANY };
        a_moment(ledger, receiver, chance, further_max);
        engine.kill();
        done += 1;
        if chance.one_in(4) && done < kills {
            engine.start_again_and_kill(chance.below(TOUCHED_MAX));
            done += 1;
        }
        engine.start_again();
    }
}

/// Until something happened a random number of times, so that over many kills each part of a turn is the one that is cut:
/// the callers are in the middle of it when a post begins or was answered, and its outputs when one arrives. All of that
/// goes on for as long as the callers post, so none of it is waited for in vain.
fn a_moment(ledger: &Ledger, receiver: &Receiver, chance: &mut Chance, further_max: u64) {
    let further = chance.below(further_max);
    if chance.one_in(2) { ledger.wait_for(further) } else { receiver.hears(further as usize) }
}

struct Over<'a>(&'a Ledger);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

/// Posts one input after the other, each until it is answered.
struct Caller<'a> {
    number: usize,
    session: usize,
    sessions: &'a [Session],
    ledger: &'a Ledger,
}

impl Caller<'_> {
    fn talk(&self, mut chance: Chance) {
        let mut connection = None;
        let mut count = 0;
        while count == 0 || !self.ledger.over.load(Ordering::Relaxed) {
            // Only a user begins a session.
            let how = if count == 0 {
                ""
            } else {
                ["", "", "", "", "/inject", "/notify"][chance.below(6) as usize]
            };
            let slow = if chance.one_in(15) { " slow" } else { "" };
            let text = format!("{}-{count}{slow}", self.number);
            self.ledger.step();
            let answer = self.post_until_answered(&mut connection, how, &text);
            let trace = answer.json()["traceId"].as_str().expect("a 202 has a trace").to_owned();
            self.ledger.write(self.session, answer.sequence(), Accepted { trace, text, how });
            count += 1;
        }
    }

    fn post_until_answered(&self, connection: &mut Option<Connection>, how: &str, text: &str) -> Answer {
        loop {
            match self.post(connection, how, text) {
                // Busy or overloaded: not accepted, and it may be next time.
                Ok(answer) if matches!(answer.status, 429 | 503) => {}
                // The port of the killed server went to another one, which knows nothing of this.
                Ok(answer) if answer.status == 404 && answer.json()["type"] == UNKNOWN_ENDPOINT => {
                    *connection = None;
                }
                Ok(answer) => return answer,
                // The server was killed, and nobody knows whether it took it.
                Err(_) => *connection = None,
            }
        }
    }

    fn post(&self, connection: &mut Option<Connection>, how: &str, text: &str) -> io::Result<Answer> {
        let session = &self.sessions[self.session];
        let connection = match connection {
            Some(connection) => connection,
            None => connection.insert(session.connect()?),
        };
        session.post_over(connection, how, &json!({ "text": text }), &[("idempotency-key", text)])
    }
}

impl Ledger {
    fn new() -> Ledger {
        Ledger {
            sessions: Mutex::new((0..SESSIONS).map(|_| BTreeMap::new()).collect()),
            steps: Mutex::new(0),
            changed: Condvar::new(),
            over: AtomicBool::new(false),
        }
    }

    fn write(&self, session: usize, sequence: u64, accepted: Accepted) {
        let told = format!("{accepted:?}");
        let before = self.sessions.lock().unwrap()[session].insert(sequence, accepted);
        assert!(before.is_none(), "{sequence} of session {session} was given to {before:?} and to {told}");
        self.step();
    }

    fn step(&self) {
        *self.steps.lock().unwrap() += 1;
        self.changed.notify_all();
    }

    /// Until so many more posts were begun or answered.
    fn wait_for(&self, more: u64) {
        let steps = self.steps.lock().unwrap();
        let wanted = *steps + more;
        let waited = self.changed.wait_timeout_while(steps, PATIENCE, |steps| *steps < wanted);
        assert!(!waited.unwrap().1.timed_out(), "the callers are not answered any more");
    }

    /// Each session counted its inputs, and each input has its one output, in its place.
    fn agrees_with(&self, sessions: &[Session], receiver: &Receiver) {
        let ledger = self.sessions.lock().unwrap();
        let all = ledger.iter().map(BTreeMap::len).sum();
        let told = told(&receiver.got_different(all));
        for (number, (inputs, session)) in ledger.iter().zip(sessions).enumerate() {
            let numbers: Vec<u64> = inputs.keys().copied().collect();
            assert_eq!(numbers, (1..=inputs.len() as u64).collect::<Vec<_>>(), "session {number}");
            assert_eq!(session.faults(), [""; 0], "session {number}");
            let told = &told[&("ann".to_owned(), number.to_string())];
            assert_eq!(told.texts, texts(inputs), "session {number}");
            let traces: Vec<&String> = inputs.values().map(|input| &input.trace).collect();
            assert_eq!(told.traces.iter().collect::<Vec<_>>(), traces, "session {number}");
            let counted = inputs.values().filter(|input| input.how != "/notify").count();
            let state: Value = session.state();
            assert_eq!(state["context"]["n"], counted, "session {number}");
            assert_eq!(state["inputs"], inputs.len(), "session {number}");
        }
    }
}

/// What the flow says to each input; a notify is told as it is.
fn texts(inputs: &BTreeMap<u64, Accepted>) -> Vec<String> {
    let mut count = 0;
    let mut text = |input: &Accepted| {
        if input.how == "/notify" {
            return input.text.clone();
        }
        count += 1;
        format!("{count} {}", input.text)
    };
    inputs.values().map(&mut text).collect()
}
