//! One flow: from YAML to steps. A step with a fault is left behind as broken and the reading goes on.

mod ask;
mod expect;
mod rich;
mod say;
mod script;
mod target;
mod template;
mod wait;
mod words;

use std::collections::HashMap;

use super::language::{self, STEPS, UNKNOWN_STEP};
use super::program::{Say, Tree};
use super::step::{Flow, Kind, Name, Step};
use crate::model::{OBJECTS, ScriptKind};
use crate::yaml::{self, Entry, Faults, Keys, Node, Shape, Value, did_you_mean};

/// Whether a text is JavaScript of that kind, given the names of the `each` steps around it.
pub type Check<'a> = &'a dyn Fn(ScriptKind, &str, &[String]) -> Result<(), SyntaxError>;

/// Line and column count from 1, within the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    pub line: usize,
    pub column: usize,
    pub text: String,
}

/// The flow `name`, read from `text`, the content of `flows/NAME.yaml`. `environment` answers for `${NAME}`.
pub fn parse(
    name: &str,
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    check: Check,
    faults: &mut Faults,
) -> Flow {
    let file = format!("flows/{name}.yaml");
    let document = yaml::read(&file, text, environment, faults);
    let mut parser = Parser { check, faults, locals: Vec::new(), ids: HashMap::new(), uses_profile: false };
    let steps = document.map_or(Vec::new(), |document| parser.flow(&document));
    let uses_profile = parser.uses_profile;
    Flow { name: name.to_owned(), source: text.to_owned(), steps, uses_profile }
}

struct Parser<'a> {
    check: Check<'a>,
    faults: &'a mut Faults,
    /// The names of the `each` steps around, outermost first.
    locals: Vec<String>,
    /// The line of each id in this flow.
    ids: HashMap<String, usize>,
    uses_profile: bool,
}

impl Parser<'_> {
    fn flow(&mut self, document: &Node) -> Vec<Step> {
        if document.is_null() || matches!(&document.value, Value::List(steps) if steps.is_empty()) {
            self.faults.push(&document.place, "the flow is empty; write a step such as - say: \"Hello\"");
            return Vec::new();
        }
        self.steps(document)
    }

    fn steps(&mut self, node: &Node) -> Vec<Step> {
        let nodes = node.list(self.faults).unwrap_or_default();
        nodes.iter().map(|node| self.step(node)).collect()
    }

    fn block(&mut self, node: Option<&Node>) -> Vec<Step> {
        node.map_or(Vec::new(), |node| self.steps(node))
    }

    fn step(&mut self, node: &Node) -> Step {
        let mut step = Step { id: None, place: node.place.clone(), kind: Kind::Broken(Vec::new()) };
        let Some(entries) = node.entries(self.faults) else { return step };
        let shape = self.shape(node, entries);
        let Some(mut keys) = node.keys(shape.unwrap_or(&UNKNOWN_STEP), self.faults) else { return step };
        keys.optional("comment");
        step.id = keys.optional("id").and_then(|node| self.id(node));
        let Some(word) = shape.map(Shape::word) else { return step };
        let Some(value) = keys.required(word, self.faults) else { return step };
        step.kind = self.kind(word, value, &mut keys).unwrap_or(Kind::Broken(Vec::new()));
        keys.finish(self.faults);
        step
    }

    /// An id is not a number, so that it cannot be taken for the index of another step in a path.
    fn id(&mut self, node: &Node) -> Option<String> {
        let id = node.as_str(self.faults)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !id.starts_with(|c: char| c.is_ascii_alphabetic()) || !id.chars().all(plain) {
            let text =
                format!("{id:?} is not an id; begin with a letter, then letters, digits, \"-\" and \"_\"");
            self.faults.push(&node.place, text);
            return None;
        }
        if let Some(line) = self.ids.get(id) {
            let text = format!("the id \"{id}\" is taken by the step in line {line}; choose another");
            self.faults.push(&node.place, text);
            return None;
        }
        self.ids.insert(id.to_owned(), node.place.line);
        Some(id.to_owned())
    }

    /// What the step looks like, by the one key that says what it does.
    fn shape(&mut self, node: &Node, entries: &[Entry]) -> Option<&'static Shape> {
        let known = |entry: &Entry| STEPS.into_iter().find(|shape| shape.word() == entry.key);
        let mut words = entries.iter().filter_map(|entry| Some((known(entry)?, &entry.place)));
        let Some((shape, _)) = words.next() else {
            self.unknown_step(node, entries);
            return None;
        };
        if let Some((second, place)) = words.next() {
            let (second, word) = (second.word(), shape.word());
            let text = format!(
                "a step does one thing: \"{second}\" is a step beside \"{word}\"; begin it with \"- \""
            );
            self.faults.push(place, text);
            return None;
        }
        Some(shape)
    }

    fn unknown_step(&mut self, node: &Node, entries: &[Entry]) {
        match entries.iter().find(|entry| entry.key != "id" && entry.key != "comment") {
            Some(entry) => {
                let hint = did_you_mean(&entry.key, language::words());
                self.faults.push(&entry.place, format!("unknown step \"{}\"{hint}", entry.key));
            }
            None => {
                let known = language::words().collect::<Vec<_>>().join(", ");
                self.faults.push(&node.place, format!("this step does nothing; add one of {known}"));
            }
        }
    }

    fn kind(&mut self, word: &str, value: &Node, keys: &mut Keys) -> Option<Kind> {
        match word {
            "say" => self.say(value).map(Kind::Say),
            "ask" => Some(self.ask(value)),
            "if" => Some(self.choice(value, keys)),
            "switch" => Some(self.switch(value, keys)),
            "set" => self.set(value),
            "unset" => self.unset(value),
            "code" => self.code(value).map(Kind::Code),
            "http" => Some(self.http(value)),
            "wait" => self.wait(value),
            "remind" => self.remind(value),
            "handover" => self.handover(value),
            "run" => self.name(value).map(Kind::Run),
            "goto" => self.goto(value),
            "once" => Some(Kind::Once(self.steps(value))),
            "each" => self.each(value),
            "stop" => self.stop(value),
            _ => unreachable!("{word} is one of STEPS, and each of them stands above"),
        }
    }

    fn choice(&mut self, value: &Node, keys: &mut Keys) -> Kind {
        let condition = self.expression(value);
        let then = keys.required("then", self.faults);
        let mut then = self.block(then);
        let otherwise = self.block(keys.optional("else"));
        match condition {
            Some(condition) => Kind::If { condition, then, otherwise },
            None => {
                then.extend(otherwise);
                Kind::Broken(then)
            }
        }
    }

    fn switch(&mut self, value: &Node, keys: &mut Keys) -> Kind {
        let subject = self.expression(value);
        let cases = keys.required("cases", self.faults).and_then(|node| node.entries(self.faults));
        let cases: Vec<(String, Vec<Step>)> = cases
            .unwrap_or_default()
            .iter()
            .map(|entry| (entry.key.clone(), self.steps(&entry.node)))
            .collect();
        let default = self.block(keys.optional("default"));
        match subject {
            Some(subject) => Kind::Switch { subject, cases, default },
            None => Kind::Broken(cases.into_iter().flat_map(|(_, steps)| steps).chain(default).collect()),
        }
    }

    fn name(&mut self, node: &Node) -> Option<Name> {
        Some(Name { name: node.as_str(self.faults)?.to_owned(), place: node.place.clone() })
    }

    fn goto(&mut self, node: &Node) -> Option<Kind> {
        let Name { name, place } = self.name(node)?;
        let (flow, id) = match name.split_once('#') {
            Some((flow, id)) => (Some(flow.to_owned()), id.to_owned()),
            None => (None, name),
        };
        if id.is_empty() || flow.as_deref() == Some("") {
            self.faults.push(&place, "a goto names a step by its id; write goto: ID, or goto: FLOW#ID");
            return None;
        }
        Some(Kind::Goto { flow, id: Name { name: id, place } })
    }

    fn each(&mut self, value: &Node) -> Option<Kind> {
        let mut keys = value.keys(&language::EACH, self.faults)?;
        let items = keys.required("in", self.faults).and_then(|node| self.expression(node));
        let name = keys.required("as", self.faults).and_then(|node| self.variable(node));
        let hidden = self.locals.len();
        self.locals.extend(name.clone());
        let body = keys.required("do", self.faults);
        let body = self.block(body);
        self.locals.truncate(hidden);
        keys.finish(self.faults);
        Some(match (items, name) {
            (Some(items), Some(name)) => Kind::Each { items, name, body },
            _ => Kind::Broken(body),
        })
    }

    fn variable(&mut self, node: &Node) -> Option<String> {
        let name = node.as_str(self.faults)?;
        let text = if OBJECTS.contains(&name) {
            format!("\"{name}\" is one of the objects of every flow; choose another name")
        } else if !target::is_identifier(name) || (self.check)(ScriptKind::Expression, name, &[]).is_err() {
            format!("{name:?} cannot name a variable; write letters, digits and \"_\", such as item")
        } else {
            return Some(name.to_owned());
        };
        self.faults.push(&node.place, text);
        None
    }

    fn stop(&mut self, node: &Node) -> Option<Kind> {
        match node.as_str(self.faults)? {
            "flow" => Some(Kind::StopFlow),
            "session" => Some(Kind::StopSession),
            other => {
                let hint = did_you_mean(other, ["flow", "session"]);
                self.faults.push(&node.place, format!("cannot stop \"{other}\"{hint}"));
                None
            }
        }
    }
}
