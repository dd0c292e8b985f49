//! What the bot asks: `ask` in its short and long form.
//! Each key is read though another has a fault; a question without its text or expectation is left broken.

use super::Parser;
use crate::flow::language;
use crate::flow::program::{Expect, Forget};
use crate::flow::step::{Kind, Question, Step};
use crate::yaml::{Keys, Node, Value};

impl Parser<'_> {
    /// `"text"` or `{say, into, expect, …}`.
    pub(super) fn ask(&mut self, node: &Node) -> Kind {
        if matches!(node.value, Value::Mapping(_)) {
            return self.question(node);
        }
        let Some(say) = self.say(node) else { return Kind::Broken(Vec::new()) };
        Kind::Ask(Box::new(Question {
            say,
            into: None,
            expect: Expect::Text,
            reprompt: None,
            attempts: None,
            otherwise: Vec::new(),
            timeout: None,
            forget: Forget::Never,
        }))
    }

    fn question(&mut self, node: &Node) -> Kind {
        let Some(mut keys) = node.keys(&language::QUESTION, self.faults) else {
            return Kind::Broken(Vec::new());
        };
        let say = keys.required("say", self.faults).and_then(|node| self.say(node));
        let into = keys.optional("into").and_then(|node| self.target_in(node));
        let expect = keys.optional("expect").map_or(Some(Expect::Text), |node| self.expect(node));
        let reprompt = keys.optional("reprompt").and_then(|node| self.say(node));
        let (attempts, otherwise) = self.patience(&mut keys);
        let timeout = keys.optional("timeout").and_then(|node| self.timeout(node));
        let forget = keys.optional("forget").and_then(|node| self.forget(node)).unwrap_or(Forget::Never);
        keys.finish(self.faults);
        match (say, expect) {
            (Some(say), Some(expect)) => Kind::Ask(Box::new(Question {
                say,
                into,
                expect,
                reprompt,
                attempts,
                otherwise,
                timeout,
                forget,
            })),
            _ => Kind::Broken(
                otherwise.into_iter().chain(timeout.into_iter().flat_map(|(_, steps)| steps)).collect(),
            ),
        }
    }

    /// `true`: what is no valid answer leaves the question. An expression: whatever it is true for does.
    fn forget(&mut self, node: &Node) -> Option<Forget> {
        match &node.value {
            Value::Bool(true) => Some(Forget::Invalid),
            Value::Bool(false) => Some(Forget::Never),
            _ => self.expression(node).map(Forget::When),
        }
    }

    /// How often a wrong answer is borne, and what comes then.
    fn patience(&mut self, keys: &mut Keys) -> (Option<u32>, Vec<Step>) {
        let is_counted = keys.has("attempts");
        let attempts = keys.whole("attempts", self.faults);
        let otherwise = keys.optional("otherwise");
        if let (false, Some(otherwise)) = (is_counted, otherwise) {
            self.faults.push(&otherwise.place, "without attempts this never runs; add attempts: 3");
        }
        (attempts.map(|attempts| attempts as u32), self.block(otherwise))
    }
}
