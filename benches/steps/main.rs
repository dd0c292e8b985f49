//! What a turn costs without any I/O: `cargo bench --bench steps`.
//!
//! The sample's flow is to cost at most 50 µs of a processor, and a turn in a flow of 1,000 steps no more than the same turn
//! in one of 10. Figures are the quickest of several rounds, because everything else on the machine only adds to them; the ratio is
//! what counts.

#[path = "../rounds/mod.rs"]
mod rounds;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use antiphon::config::Overlay;
use antiphon::flow::Program;
use antiphon::model::{Input, Map, ProgramSource, Session, SessionId, Source};
use antiphon::project::{self, Project};
use antiphon::script::Sandbox;
use antiphon::turn::{Bounds, Door, Event, Turn, step};
use rounds::measure;

const TURNS: u32 = 2_000;
const NOW: u64 = 1_795_000_000_000;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let sample = project::load(&root, &Overlay::default(), &|_| None).expect("the sample has no faults");
    let sandbox = &mut Sandbox::new(64 << 20);
    println!("{:44} {:>9}", "one turn, no I/O", "µs");
    sample_turns(&sample, sandbox);
    lengths(&sample, sandbox);
}

/// Each of the sample's kinds of turn, after what leads to it.
fn sample_turns(sample: &Project, sandbox: &mut Sandbox) {
    let endpoint = &sample.endpoints["support"];
    for (name, before, said) in [
        ("sample: a greeting and a question", &[][..], "hello"),
        ("sample: code, switch and another flow", &["hello"][..], "where is my order?"),
        ("sample: an answer, code, each and outputs", &["hello", "where is my order?"][..], "123456"),
    ] {
        let place = Place { program: &endpoint.program, door: &endpoint.door, bounds: &sample.bounds };
        let session =
            before.iter().fold(session(), |session, said| place.turn(&session, said, sandbox).session);
        row(name, measure(TURNS, || drop(place.turn(&session, said, sandbox))));
    }
}

/// The same turn, an answer to a question in the middle, in a short flow and in a long one.
fn lengths(sample: &Project, sandbox: &mut Sandbox) {
    let door = &sample.endpoints["support"].door;
    let mut costs = Vec::new();
    for steps in [10, 1_000] {
        let program = questions(steps);
        let place = Place { program: &program, door, bounds: &sample.bounds };
        let asked = (0..steps / 2).fold(session(), |session, _| place.turn(&session, "7", sandbox).session);
        let cost = measure(TURNS, || drop(place.turn(&asked, "7", sandbox)));
        row(&format!("an answer in a flow of {steps} steps"), cost);
        costs.push(cost.as_secs_f64());
    }
    println!("{:44} {:>9.2}", "1,000 steps to 10", costs[1] / costs[0]);
}

fn questions(steps: usize) -> Arc<Program> {
    let step = "- ask: { say: \"How many, {{ context.n }}?\", into: context.n, expect: number }\n";
    let sources = BTreeMap::from([("main".to_owned(), step.repeat(steps))]);
    let source = ProgramSource { flow: "main".to_owned(), sources };
    Arc::new(project::recompile(&source, &|_| None).expect("the flow has no faults"))
}

struct Place<'a> {
    program: &'a Program,
    door: &'a Door,
    bounds: &'a Bounds,
}

impl Place<'_> {
    fn turn(&self, session: &Session, text: &str, sandbox: &mut Sandbox) -> Turn {
        let (input_id, trace_id) = ("i".to_owned(), "t".to_owned());
        let text = text.to_owned();
        let input = Input { input_id, trace_id, source: Source::User, text, data: None, received_at: NOW };
        let Place { program, door, bounds } = *self;
        let sequence = session.inputs + 1;
        let event = Event {
            program,
            door,
            bounds,
            session,
            profile: Map::new(),
            input: &input,
            woken: None,
            sequence,
            now: NOW,
            seed: 7,
        };
        step(event, sandbox)
    }
}

fn session() -> Session {
    let names = ["support", "ann", "1"].map(str::to_owned);
    let [endpoint, user_id, session_id] = names;
    Session::new(SessionId { endpoint, user_id, session_id }, NOW)
}

fn row(name: &str, cost: Duration) {
    println!("{name:44} {:>9.1}", cost.as_secs_f64() * 1e6);
}
