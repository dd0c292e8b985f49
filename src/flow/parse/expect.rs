//! What a question may expect, as one word (`expect: date`) or as a mapping with what the word leaves open
//! (`{ pattern: … }`, `{ oneOf: .. }`, `{ intent: .. }`). A fault says which of the two to write.

use std::collections::HashMap;

use regex::Regex;

use super::Parser;
use crate::flow::language::{self, EXPECTED_WORDS};
use crate::flow::program::{Choice, Expect};
use crate::model::Place;
use crate::yaml::{Node, Value, did_you_mean};

/// What `expect` cannot be as one word.
const WRITTEN_OUT: [&str; 2] = ["pattern", "oneOf"];

impl Parser<'_> {
    pub(super) fn expect(&mut self, node: &Node) -> Option<Expect> {
        match node.value {
            Value::Mapping(_) => self.written_out(node),
            Value::List(_) => {
                let text = "a question expects one thing; for a choice write expect: { oneOf: [..] }";
                self.faults.push(&node.place, text);
                None
            }
            _ => self.expected_word(node),
        }
    }

    fn expected_word(&mut self, node: &Node) -> Option<Expect> {
        let text = match node.as_str(self.faults)? {
            "text" => return Some(Expect::Text),
            "number" => return Some(Expect::Number),
            "date" => return Some(Expect::Date),
            "yesNo" => return Some(Expect::YesNo),
            "email" => return Some(Expect::Email),
            "url" => return Some(Expect::Url),
            "intent" => return Some(Expect::Intent(Vec::new())),
            "data" => return Some(Expect::Data),
            "any" => return Some(Expect::Any),
            "pattern" => "write the pattern too: expect: { pattern: \"^[0-9]{6}$\" }".to_owned(),
            "oneOf" => "write the choices too: expect: { oneOf: [red, blue] }".to_owned(),
            word => {
                let known = EXPECTED_WORDS.into_iter().chain(WRITTEN_OUT);
                format!("cannot expect {word:?}{}", did_you_mean(word, known))
            }
        };
        self.faults.push(&node.place, text);
        None
    }

    fn written_out(&mut self, node: &Node) -> Option<Expect> {
        if let Some(entry) = node.entries(self.faults)?.iter().find(|entry| is_one_word(&entry.key)) {
            let text = format!("\"{0}\" takes nothing more; write expect: {0}", entry.key);
            self.faults.push(&entry.place, text);
            return None;
        }
        let mut keys = node.keys(&language::EXPECT, self.faults)?;
        let (pattern, one_of) = (keys.optional("pattern"), keys.optional("oneOf"));
        let intent = keys.optional("intent");
        keys.finish(self.faults);
        match (pattern, one_of, intent) {
            (Some(pattern), None, None) => self.pattern(pattern),
            (None, Some(one_of), None) => self.choices(one_of),
            (None, None, Some(intent)) => self.intents(intent),
            _ => {
                let text = "expect takes one thing; write pattern: \"…\", oneOf: [..] or intent: NAME";
                self.faults.push(&node.place, text);
                None
            }
        }
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

    /// `[small, large]`, or `{ small: [s, little], large: [l, big] }` with further words for each.
    fn choices(&mut self, node: &Node) -> Option<Expect> {
        let mut said = Said::default();
        let mut choices = Vec::new();
        if let Value::Mapping(entries) = &node.value {
            if entries.is_empty() {
                self.faults.push(&node.place, "the mapping is empty; write VALUE: [further words]");
                return None;
            }
            for entry in entries {
                let value = self.said(&mut said, &entry.key, &entry.key, &entry.place);
                let words = self.further_words(&mut said, &entry.key, &entry.node);
                choices.push(Choice { value, words });
            }
            return Some(Expect::OneOf(choices));
        }
        for node in self.at_least_one(node)? {
            let Some(value) = node.as_str(self.faults) else { continue };
            let value = self.said(&mut said, value, value, &node.place);
            choices.push(Choice { value, words: Vec::new() });
        }
        Some(Expect::OneOf(choices))
    }

    /// A value without further words may be left without a list.
    fn further_words(&mut self, said: &mut Said, value: &str, node: &Node) -> Vec<String> {
        if node.is_null() {
            return Vec::new();
        }
        let mut words = Vec::new();
        for node in node.list(self.faults).unwrap_or_default() {
            let Some(word) = node.as_str(self.faults) else { continue };
            words.push(self.said(said, value, word, &node.place));
        }
        words
    }

    /// A word for a value; no other value may have it.
    fn said(&mut self, said: &mut Said, value: &str, word: &str, place: &Place) -> String {
        if word.contains("{{") {
            self.faults.push(place, "choices are fixed; write them out, without {{ … }}");
        } else if word.trim().is_empty() {
            self.faults.push(place, "a choice without a letter cannot be said; write a word");
        }
        let plain = word.trim().trim_end_matches(['.', '!']).to_lowercase();
        match said.0.get(&plain) {
            Some(other) if other != value => {
                let text = format!("{word:?} is said for \"{other}\" already; keep it in one of the two");
                self.faults.push(place, text);
            }
            Some(_) => {}
            None => {
                said.0.insert(plain, value.to_owned());
            }
        }
        word.to_owned()
    }

    /// `NAME` or `[A, B]`.
    fn intents(&mut self, node: &Node) -> Option<Expect> {
        let nodes = match &node.value {
            Value::List(_) => self.at_least_one(node)?,
            _ => std::slice::from_ref(node),
        };
        let mut names = Vec::new();
        for node in nodes {
            let Some(name) = node.as_str(self.faults) else { continue };
            if name.trim().is_empty() || name.contains("{{") {
                let text = "an intent has a fixed name; write it out, such as intent: order";
                self.faults.push(&node.place, text);
            }
            names.push(name.trim().to_owned());
        }
        Some(Expect::Intent(names))
    }
}

/// The value that each word stands for, the words in lower case.
#[derive(Default)]
struct Said(HashMap<String, String>);

fn is_one_word(key: &str) -> bool {
    EXPECTED_WORDS.contains(&key) && key != "intent"
}
