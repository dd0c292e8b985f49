//! From linked flows to one program: the flow it starts with, then every flow that can be reached from there.
//!
//! An operation that leads forward is pushed before its target is known and completed when it is; those of
//! `run` and `goto` at the very end.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::program::{Ask, Http, Op, Program, Timeout};
use super::step::{Flow, Kind, Question, Step};
use crate::model::{Place, ProgramHash, ProgramSource};

/// The program that starts with the flow `entry`. None if the flows have faults: only those that parsed and
/// linked without any can be compiled.
pub fn compile(entry: &str, flows: &BTreeMap<String, Flow>) -> Option<Program> {
    let mut compiler = Compiler::default();
    compiler.want(entry);
    let mut reached = BTreeMap::new();
    while let Some(name) = compiler.wanted.pop_front() {
        let flow = flows.get(&name)?;
        compiler.flow(flow)?;
        reached.insert(name, flow);
    }
    compiler.resolve()?;
    let uses_profile = reached.values().any(|flow| flow.uses_profile);
    let sources = reached.into_iter().map(|(name, flow)| (name, flow.source.clone())).collect();
    let source = ProgramSource { flow: entry.to_owned(), sources };
    Some(Program {
        hash: hash(&source),
        source,
        ops: compiler.ops,
        paths: compiler.paths,
        places: compiler.places,
        index_of: compiler.index_of,
        uses_profile,
    })
}

fn hash(source: &ProgramSource) -> ProgramHash {
    let flows = source.sources.iter().flat_map(|(name, text)| [name.as_str(), text.as_str()]);
    let parts: Vec<&str> = std::iter::once(source.flow.as_str()).chain(flows).collect();
    ProgramHash::of(&parts)
}

/// The step under work: what its operations are labelled with.
struct At<'a> {
    flow: &'a str,
    path: &'a str,
    place: &'a Place,
    loops: usize,
}

#[derive(Default)]
struct Compiler {
    ops: Vec<Op>,
    paths: Vec<String>,
    places: Vec<Place>,
    index_of: HashMap<String, usize>,
    /// How many `each` steps stand around each step, by path.
    loops: HashMap<String, usize>,
    /// The first operation of each flow.
    entries: HashMap<String, usize>,
    wanted: VecDeque<String>,
    seen: Vec<String>,
    /// Operations whose targets are flows or steps by name.
    runs: Vec<(usize, String)>,
    gotos: Vec<(usize, String)>,
}

impl Compiler {
    fn want(&mut self, flow: &str) {
        if !self.seen.iter().any(|seen| seen == flow) {
            self.seen.push(flow.to_owned());
            self.wanted.push_back(flow.to_owned());
        }
    }

    fn flow(&mut self, flow: &Flow) -> Option<()> {
        self.entries.insert(flow.name.clone(), self.ops.len());
        let place = flow.steps.first()?.place.clone();
        let at = At { flow: &flow.name, path: &flow.name, place: &place, loops: 0 };
        self.block(&at, &flow.steps)?;
        self.push(&at, Op::Return);
        Some(())
    }

    /// A step is called by its id, or by its index in the list it stands in.
    fn block(&mut self, around: &At, steps: &[Step]) -> Option<()> {
        for (index, step) in steps.iter().enumerate() {
            let path = match &step.id {
                Some(id) => format!("{}/{id}", around.flow),
                None => format!("{}/{index}", around.path),
            };
            self.index_of.insert(path.clone(), self.ops.len());
            self.loops.insert(path.clone(), around.loops);
            self.step(&At { path: &path, place: &step.place, ..*around }, &step.kind)?;
        }
        Some(())
    }

    fn named_block(&mut self, at: &At, name: &str, steps: &[Step]) -> Option<()> {
        let path = format!("{}/{name}", at.path);
        self.block(&At { path: &path, ..*at }, steps)
    }

    fn push(&mut self, at: &At, op: Op) -> usize {
        self.ops.push(op);
        self.paths.push(at.path.to_owned());
        self.places.push(at.place.clone());
        self.ops.len() - 1
    }

    fn step(&mut self, at: &At, kind: &Kind) -> Option<()> {
        match kind {
            Kind::Say(say) => drop(self.push(at, Op::Say(say.clone()))),
            Kind::Ask(question) => self.ask(at, question)?,
            Kind::If { condition, then, otherwise } => {
                let op = self.push(at, Op::If { condition: condition.clone(), otherwise: 0 });
                self.choice(at, op, then, otherwise)?;
            }
            Kind::Switch { subject, cases, default } => {
                let op = Op::Switch { subject: subject.clone(), cases: Vec::new(), default: 0 };
                let op = self.push(at, op);
                self.switch(at, op, cases, default)?;
            }
            Kind::Set(writes) => drop(self.push(at, Op::Set(writes.clone()))),
            Kind::Unset(targets) => drop(self.push(at, Op::Unset(targets.clone()))),
            Kind::Code(script) => drop(self.push(at, Op::Code(script.clone()))),
            Kind::Run(flow) => {
                let op = self.push(at, Op::Run { entry: 0 });
                self.want(&flow.name);
                self.runs.push((op, flow.name.clone()));
            }
            Kind::Goto { flow, id } => {
                let op = self.push(at, Op::Goto { target: 0, loops: 0 });
                let flow = flow.as_deref().unwrap_or(at.flow);
                self.want(flow);
                self.gotos.push((op, format!("{flow}/{}", id.name)));
            }
            Kind::Once(body) => {
                let op = self.push(at, Op::Once { end: 0 });
                self.named_block(at, "once", body)?;
                self.ops[op] = Op::Once { end: self.ops.len() };
            }
            Kind::Each { items, name, body } => {
                let each = self.push(at, Op::Next { each: 0 });
                self.named_block(&At { loops: at.loops + 1, ..*at }, "each", body)?;
                let end = self.push(at, Op::Next { each }) + 1;
                self.ops[each] = Op::Each { items: items.clone(), name: name.clone(), end };
            }
            Kind::Http { http, on_error } => self.http(at, http, on_error)?,
            Kind::Wait(span) => drop(self.push(at, Op::Wait(span.clone()))),
            Kind::Listen => drop(self.push(at, Op::Listen)),
            Kind::Remind(remind) => drop(self.push(at, Op::Remind(remind.clone()))),
            Kind::CancelReminders => drop(self.push(at, Op::CancelReminders)),
            Kind::Handover { handover, on_back } => {
                self.push(at, Op::Handover(handover.clone()));
                self.named_block(at, "onBack", on_back)?;
            }
            Kind::StopFlow => drop(self.push(at, Op::StopFlow)),
            Kind::StopSession => drop(self.push(at, Op::StopSession)),
            Kind::Broken(_) => return None,
        }
        Some(())
    }

    fn ask(&mut self, at: &At, question: &Question) -> Option<()> {
        let mut ask = Ask {
            say: question.say.clone(),
            into: question.into.clone(),
            expect: question.expect.clone(),
            reprompt: question.reprompt.clone(),
            attempts: question.attempts,
            timeout: None,
            forget: question.forget.clone(),
            answered: 0,
        };
        let op = self.push(at, Op::Jump(0));
        self.named_block(at, "otherwise", &question.otherwise)?;
        if let Some((after, steps)) = &question.timeout {
            let leave = self.push(at, Op::Jump(0));
            ask.timeout = Some(Timeout { after: after.clone(), target: self.ops.len() });
            self.named_block(at, "timeout", steps)?;
            self.land([leave]);
        }
        ask.answered = self.ops.len();
        self.ops[op] = Op::Ask(Box::new(ask));
        Some(())
    }

    fn http(&mut self, at: &At, http: &Http, on_error: &[Step]) -> Option<()> {
        let op = self.push(at, Op::Jump(0));
        self.named_block(at, "onError", on_error)?;
        self.ops[op] = Op::Http(Box::new(Http { answered: self.ops.len(), ..http.clone() }));
        Some(())
    }

    fn choice(&mut self, at: &At, op: usize, then: &[Step], otherwise: &[Step]) -> Option<()> {
        self.named_block(at, "then", then)?;
        let leave = (!otherwise.is_empty()).then(|| self.push(at, Op::Jump(0)));
        let start = self.ops.len();
        if let Op::If { otherwise, .. } = &mut self.ops[op] {
            *otherwise = start;
        }
        self.named_block(at, "else", otherwise)?;
        self.land(leave);
        Some(())
    }

    fn switch(&mut self, at: &At, op: usize, cases: &[(String, Vec<Step>)], default: &[Step]) -> Option<()> {
        let mut starts = Vec::new();
        let mut leaves = Vec::new();
        for (case, steps) in cases {
            starts.push((case.clone(), self.ops.len()));
            self.named_block(at, &format!("cases/{}", segment(case)), steps)?;
            leaves.push(self.push(at, Op::Jump(0)));
        }
        let start = self.ops.len();
        self.named_block(at, "default", default)?;
        if let Op::Switch { cases, default, .. } = &mut self.ops[op] {
            (*cases, *default) = (starts, start);
        }
        self.land(leaves);
        Some(())
    }

    /// Lets jumps lead to the next operation.
    fn land(&mut self, jumps: impl IntoIterator<Item = usize>) {
        for jump in jumps {
            self.ops[jump] = Op::Jump(self.ops.len());
        }
    }

    fn resolve(&mut self) -> Option<()> {
        for (op, flow) in std::mem::take(&mut self.runs) {
            self.ops[op] = Op::Run { entry: *self.entries.get(&flow)? };
        }
        for (op, path) in std::mem::take(&mut self.gotos) {
            self.ops[op] = Op::Goto { target: *self.index_of.get(&path)?, loops: *self.loops.get(&path)? };
        }
        Some(())
    }
}

/// A key of `cases` as one segment of a path, escaped as in a JSON pointer.
fn segment(case: &str) -> String {
    case.replace('~', "~0").replace('/', "~1")
}
