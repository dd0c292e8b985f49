//! A text as it is said: one string, or one for each language.
//! A mapping with a language among its keys is taken for a text by language where a long form could stand as well.

use super::{Node, Parser, Tree, Value};
use crate::flow::program::{DEFAULT_LANGUAGE, Part, Template};
use crate::yaml::{self, Entry, Shape, nearest};

impl Parser<'_> {
    /// One text, or `{en: "text", de: "text", default: "text"}`.
    pub(super) fn words(&mut self, node: &Node) -> Option<Template> {
        let Value::Mapping(entries) = &node.value else { return self.template(node) };
        if entries.is_empty() {
            self.faults
                .push(&node.place, "there is no text in any language; write en: \"…\", or just the text");
            return None;
        }
        let faults_before = self.faults.len();
        let mut texts = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            self.language(entry, &entries[..index]);
            texts.extend(self.template(&entry.node).map(|text| (entry.key.clone(), text)));
        }
        (self.faults.len() == faults_before).then_some(Template::ByLanguage(texts))
    }

    /// The key of a text: a language that did not stand there before. That the very same key comes again was said
    /// when the file was read.
    fn language(&mut self, entry: &Entry, before: &[Entry]) {
        let key = &entry.key;
        if key != DEFAULT_LANGUAGE && yaml::locale(key).is_err() {
            let hint = nearest(key, [DEFAULT_LANGUAGE]).map(|near| format!("; did you mean \"{near}\"?"));
            let hint = hint.unwrap_or_else(|| "; write a tag such as en-US or de, or default".to_owned());
            self.faults.push(&entry.place, format!("\"{key}\" is not a language{hint}"));
        }
        let same = |other: &&Entry| other.key != *key && other.key.eq_ignore_ascii_case(key);
        if let Some(first) = before.iter().find(same) {
            let (tag, line) = (&first.key, first.place.line);
            let text = format!("\"{key}\" is the same language as \"{tag}\" in line {line}; remove one");
            self.faults.push(&entry.place, text);
        }
    }

    /// The same as a part of a larger value. It is a text there too, whatever its expression gives.
    pub(super) fn words_tree(&mut self, node: &Node) -> Option<Tree> {
        Some(match self.words(node)? {
            Template::Text(text) => Tree::Value(text.into()),
            Template::Value(script) => Tree::Template(Template::Parts(vec![Part::Script(script)])),
            words @ (Template::Parts(_) | Template::ByLanguage(_)) => Tree::Template(words),
        })
    }
}

/// Whether this is a text, in one language or by language, and not a long form of the shape `known`.
pub(super) fn is_text(node: &Node, known: &Shape) -> bool {
    let Value::Mapping(entries) = &node.value else { return true };
    entries.iter().any(|entry| is_language(entry, known)) && !entries.iter().any(|entry| is_key(entry, known))
}

/// The first language in a long form, which has no place for it.
pub(super) fn language_in<'n>(node: &'n Node, known: &Shape) -> Option<&'n Entry> {
    let Value::Mapping(entries) = &node.value else { return None };
    entries.iter().find(|entry| is_language(entry, known))
}

/// One of the keys of the long form, perhaps misspelt. Two letters are a language.
fn is_key(entry: &Entry, known: &Shape) -> bool {
    entry.key.len() > 2 && nearest(&entry.key, known.names()).is_some()
}

fn is_language(entry: &Entry, known: &Shape) -> bool {
    let shaped = entry.key == DEFAULT_LANGUAGE || yaml::locale(&entry.key.replace('_', "-")).is_ok();
    shaped && !is_key(entry, known)
}
