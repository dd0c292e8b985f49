//! A page of the manual: heads, sentences, keys with what may stand there, examples. Narrow enough for any terminal.

use antiphon::transformer::manual::{Entry, Topic};
use antiphon::yaml::shape::{Key, Kind, Shape};
use textwrap::Options;

use crate::cli::style::{BOLD, DIM};

const WIDTH: usize = 88;
const INDENT: &str = "  ";

#[derive(Default)]
pub(super) struct Page {
    text: String,
    /// The shapes whose keys are shown already: each is told once.
    shown: Vec<&'static str>,
    /// The step that the page is about just now.
    step: &'static str,
}

impl Page {
    pub(super) fn text(self) -> String {
        self.text
    }

    pub(super) fn head(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.line(&format!("{BOLD}{text}{BOLD:#}"));
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.wrapped(text, INDENT);
    }

    /// One step: its meaning, its keys without those that every step has, an example.
    pub(super) fn step(&mut self, shape: &'static Shape, common: &[&str]) {
        self.step = shape.word();
        self.shown.clear();
        self.head(shape.word());
        self.paragraph(shape.doc);
        for key in shape.keys.iter().filter(|key| !common.contains(&key.name)) {
            self.key(key, INDENT);
        }
        self.example(shape.example);
    }

    /// The keys that every step may have, as one of the steps tells them.
    pub(super) fn also(&mut self, common: &[&str], steps: &[&'static Shape]) {
        let Some(step) = steps.first().filter(|_| !common.is_empty()) else { return };
        self.head("Every step may also have");
        for key in step.keys.iter().filter(|key| common.contains(&key.name)) {
            self.key(key, INDENT);
        }
    }

    pub(super) fn keys(&mut self, shape: &'static Shape) {
        shape.keys.iter().for_each(|key| self.key(key, INDENT));
    }

    /// A key, what may stand there and what it means; below it the keys of what stands there.
    pub(super) fn key(&mut self, key: &'static Key, indent: &str) {
        let Key { name, kind, .. } = key;
        let mut told = format!("{name}: {}", kind.words());
        if key.required {
            told.push_str("; required");
        }
        if let Some(default) = key.default {
            told.push_str(&format!("; {default} if absent"));
        }
        let hanging = format!("{indent}{INDENT}{INDENT}");
        let lines =
            textwrap::fill(&told, Options::new(WIDTH).initial_indent(indent).subsequent_indent(&hanging));
        self.line(&lines.replacen(&format!("{name}:"), &format!("{BOLD}{name}{BOLD:#}:"), 1));
        self.wrapped(key.doc, &format!("{indent}{INDENT}"));
        self.below(kind, &format!("{indent}{INDENT}{INDENT}"));
    }

    /// What a transformer finds: each part with its names.
    pub(super) fn topic(&mut self, topic: &Topic) {
        self.head(topic.name);
        self.paragraph(topic.doc);
        for part in topic.parts {
            if !part.title.is_empty() {
                self.wrapped(&format!("{}:", part.title), INDENT);
            }
            part.entries.iter().for_each(|entry| self.entry(entry));
        }
        self.example(topic.example);
    }

    fn entry(&mut self, Entry { names, doc }: &Entry) {
        let told = format!("{}: {doc}", names.join(", "));
        let hanging = INDENT.repeat(4);
        let indent = INDENT.repeat(2);
        let options = Options::new(WIDTH).initial_indent(&indent).subsequent_indent(&hanging);
        let lines = textwrap::fill(&told, options);
        self.line(&lines);
    }

    pub(super) fn example(&mut self, yaml: &str) {
        if yaml.is_empty() {
            return;
        }
        self.text.push('\n');
        yaml.lines().for_each(|line| self.line(&format!("{INDENT}{INDENT}{DIM}{line}{DIM:#}")));
    }

    /// The keys of the mappings that may stand here. Steps, and what another page tells, are left to those.
    fn below(&mut self, kind: &'static Kind, indent: &str) {
        match kind {
            Kind::Mapping(shape) if !self.shown.contains(&shape.name) => {
                self.shown.push(shape.name);
                shape.keys.iter().for_each(|key| self.key(key, indent));
            }
            Kind::AnyOf(kinds) => kinds.iter().for_each(|kind| self.below(kind, indent)),
            Kind::List(of, _) => self.below(of, indent),
            Kind::Names(names) => self.below(&names.of, indent),
            Kind::Named(named) if [self.step, ""].contains(&named.page) => self.below(&named.kind, indent),
            Kind::Mapping(_)
            | Kind::Named(_)
            | Kind::OneOf(_)
            | Kind::Nothing
            | Kind::Anything
            | Kind::Text
            | Kind::Template
            | Kind::Expression
            | Kind::Code
            | Kind::Formed(_)
            | Kind::Truth
            | Kind::Whole(..)
            | Kind::Number(..)
            | Kind::Words(_)
            | Kind::Object => {}
        }
    }

    fn wrapped(&mut self, text: &str, indent: &str) {
        let options = Options::new(WIDTH).initial_indent(indent).subsequent_indent(indent);
        self.line(&textwrap::fill(text, options));
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }
}
