//! What the bot asks: `ask` in its short and long form, and what it expects.
//! Each key is read though another has a fault; a question without its text or expectation is left broken.

use regex::Regex;

use super::Parser;
use crate::flow::program::{Expect, Forget};
use crate::flow::step::{Kind, Question, Step};
use crate::yaml::{Keys, Node, Value, did_you_mean, not_available};

/// More is not an attempt any more; it keeps a typing error from asking for ever.
const ATTEMPTS_MAX: u64 = 1000;

const EXPECTED: [&str; 4] = ["text", "number", "yesNo", "any"];
const EXPECTED_LATER: [&str; 5] = ["date", "email", "url", "intent", "data"];

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
        let Some(mut keys) = node.keys(self.faults) else { return Kind::Broken(Vec::new()) };
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
        let (attempts, otherwise) = (keys.optional("attempts"), keys.optional("otherwise"));
        if let (None, Some(otherwise)) = (attempts, otherwise) {
            self.faults.push(&otherwise.place, "without attempts this never runs; add attempts: 3");
        }
        let attempts = attempts.and_then(|node| node.as_u64(1..=ATTEMPTS_MAX, self.faults));
        (attempts.map(|attempts| attempts as u32), self.block(otherwise))
    }

    fn expect(&mut self, node: &Node) -> Option<Expect> {
        if !matches!(node.value, Value::Mapping(_)) {
            return self.expected_word(node);
        }
        if let Some(entry) = node.entries(self.faults)?.iter().find(|entry| is_later(&entry.key)) {
            self.faults.push(&entry.place, not_yet(&entry.key));
            return None;
        }
        let mut keys = node.keys(self.faults)?;
        let (pattern, one_of) = (keys.optional("pattern"), keys.optional("oneOf"));
        keys.finish(self.faults);
        match (pattern, one_of) {
            (Some(pattern), None) => self.pattern(pattern),
            (None, Some(one_of)) => self.choices(one_of),
            _ => {
                self.faults.push(&node.place, "expect takes one thing; write pattern: \"…\" or oneOf: [..]");
                None
            }
        }
    }

    fn expected_word(&mut self, node: &Node) -> Option<Expect> {
        let text = match node.as_str(self.faults)? {
            "text" => return Some(Expect::Text),
            "number" => return Some(Expect::Number),
            "yesNo" => return Some(Expect::YesNo),
            "any" => return Some(Expect::Any),
            "pattern" => "write the pattern too: expect: { pattern: \"^[0-9]{6}$\" }".to_owned(),
            "oneOf" => "write the choices too: expect: { oneOf: [red, blue] }".to_owned(),
            word if is_later(word) => not_yet(word),
            word => {
                let known = EXPECTED.into_iter().chain(["pattern", "oneOf"]);
                format!("cannot expect {word:?}{}", did_you_mean(word, known))
            }
        };
        self.faults.push(&node.place, text);
        None
    }

    fn pattern(&mut self, node: &Node) -> Option<Expect> {
        match Regex::new(node.as_str(self.faults)?) {
            Ok(pattern) => Some(Expect::Pattern(pattern)),
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                self.faults.push(&node.place, format!("the pattern cannot be used: {reason}"));
                None
            }
        }
    }

    fn choices(&mut self, node: &Node) -> Option<Expect> {
        let nodes = self.at_least_one(node)?;
        let mut choices = Vec::new();
        for node in nodes {
            let Some(choice) = node.as_str(self.faults) else { continue };
            if choice.contains("{{") {
                self.faults.push(&node.place, "choices are fixed; write them out, without {{ … }}");
            }
            choices.push(choice.to_owned());
        }
        Some(Expect::OneOf(choices))
    }
}

fn is_later(word: &str) -> bool {
    EXPECTED_LATER.contains(&word)
}

fn not_yet(word: &str) -> String {
    not_available(&format!("the expectation \"{word}\""), "write text or a pattern")
}
