//! What the bot says and asks: `say` in its short and long form, and `ask`.
//! Each key is read though another has a fault; a question without its text or expectation is left broken.

use super::{Parser, Say, Tree};
use crate::flow::program::{Expect, Template};
use crate::flow::step::{Kind, Question, Step};
use crate::yaml::{Keys, Node, Value, not_available};

/// More is not an attempt any more; it keeps a typing error from asking for ever.
const ATTEMPTS_MAX: u64 = 1000;

impl Parser<'_> {
    /// `"text"` or `{text, data, oneOf}`.
    pub(super) fn say(&mut self, node: &Node) -> Option<Say> {
        if !matches!(node.value, Value::Mapping(_)) {
            return Some(Say { texts: vec![self.template(node)?], data: None });
        }
        let mut keys = node.keys(self.faults)?;
        let (text, one_of, data) = (keys.optional("text"), keys.optional("oneOf"), keys.optional("data"));
        keys.finish(self.faults);
        if text.is_none() && one_of.is_none() && data.is_none() {
            self.faults.push(&node.place, "nothing to say; add text, oneOf or data");
            return None;
        }
        let data = data.and_then(|node| self.data(node));
        let texts = match (text, one_of) {
            (Some(_), Some(one_of)) => {
                self.faults.push(&one_of.place, "text and oneOf exclude each other; keep one of them");
                return None;
            }
            (Some(text), None) => vec![self.template(text)?],
            (None, Some(one_of)) => self.alternatives(one_of)?,
            (None, None) => Vec::new(),
        };
        Some(Say { texts, data })
    }

    fn alternatives(&mut self, node: &Node) -> Option<Vec<Template>> {
        let nodes = self.at_least_one(node)?;
        Some(nodes.iter().filter_map(|node| self.template(node)).collect())
    }

    pub(super) fn at_least_one<'n>(&mut self, node: &'n Node) -> Option<&'n [Node]> {
        let nodes = node.list(self.faults)?;
        if nodes.is_empty() {
            self.faults.push(&node.place, "the list is empty; write at least one element");
            return None;
        }
        Some(nodes)
    }

    /// An object, or one expression that gives one.
    fn data(&mut self, node: &Node) -> Option<Tree> {
        let tree = self.tree(node)?;
        match (&node.value, &tree) {
            (Value::Mapping(_), _) | (_, Tree::Template(Template::Value(_))) => Some(tree),
            _ => {
                let text = format!(
                    "data is a mapping, got {}; write key: value, or one {{{{ … }}}}",
                    node.describe()
                );
                self.faults.push(&node.place, text);
                None
            }
        }
    }

    /// `"text"` or `{say, into, expect, …}`.
    pub(super) fn ask(&mut self, node: &Node) -> Kind {
        if matches!(node.value, Value::Mapping(_)) {
            return self.question(node);
        }
        let Some(say) = self.say(node) else { return Kind::Broken(Vec::new()) };
        let (into, reprompt, attempts, otherwise) = (None, None, None, Vec::new());
        Kind::Ask(Box::new(Question { say, into, expect: Expect::Text, reprompt, attempts, otherwise }))
    }

    fn question(&mut self, node: &Node) -> Kind {
        let Some(mut keys) = node.keys(self.faults) else { return Kind::Broken(Vec::new()) };
        let say = keys.required("say", self.faults).and_then(|node| self.say(node));
        let into = keys.optional("into").and_then(|node| self.target_in(node));
        let expect = keys.optional("expect").map_or(Some(Expect::Text), |node| self.expect(node));
        let reprompt = keys.optional("reprompt").and_then(|node| self.say(node));
        let (attempts, otherwise) = self.patience(&mut keys);
        for later in ["timeout", "forget"] {
            if let Some(node) = keys.optional(later) {
                let what = format!("the key \"{later}\" of ask");
                self.faults.push(&node.place, not_available(&what, "leave it out"));
            }
        }
        keys.finish(self.faults);
        match (say, expect) {
            (Some(say), Some(expect)) => {
                Kind::Ask(Box::new(Question { say, into, expect, reprompt, attempts, otherwise }))
            }
            _ => Kind::Broken(otherwise),
        }
    }

    /// How often a wrong answer is borne, and what comes then.
    fn patience(&mut self, keys: &mut Keys) -> (Option<u32>, Vec<Step>) {
        let (attempts, otherwise) = (keys.optional("attempts"), keys.optional("otherwise"));
        if let (None, Some(otherwise)) = (attempts, otherwise) {
            self.faults.push(&otherwise.place, "without attempts this never runs; add attempts: 3");
        }
        let attempts = attempts.and_then(|node| node.as_u64(1..=ATTEMPTS_MAX, self.faults));
        (attempts.map(|attempts| attempts as u32), self.block(otherwise))
    }
}
