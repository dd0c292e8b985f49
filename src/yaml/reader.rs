//! From the text of a file to nodes with places.
//!
//! The tree is built from the parser's events on a stack of its own, so that no depth of nesting can
//! exhaust the thread's; what YAML allows and a project file does not need is a fault here.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::Number;

use super::{Entry, Faults, Node, Text, Value, environment};
use crate::model::Place;

/// No project file written by a person comes near it; a larger one is a mistake.
const FILE_BYTES_MAX: usize = 1024 * 1024;
/// Thirty `if` steps inside each other; the code that walks the nodes is recursive.
const DEPTH_MAX: usize = 100;

/// The document of `file` (its name, relative to the project folder), or none if it cannot be read as one.
/// A file without content is a document that is null.
pub fn read(
    file: &str,
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    faults: &mut Faults,
) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = Place { file: file.to_owned(), line: 1, column: 1 };
    if text.len() > FILE_BYTES_MAX {
        let size = text.len();
        faults.push(&start, format!("the file has {size} bytes, {FILE_BYTES_MAX} are allowed; split it"));
        return None;
    }
    let mut reader = Reader::new(start, text, environment, faults);
    reader.run()?;
    let start = reader.start;
    Some(reader.root.unwrap_or(Node { place: start, value: Value::Null }))
}

struct Reader<'a> {
    start: Place,
    text: &'a str,
    /// The byte at which each character of the text begins: the parser counts characters.
    bytes: Vec<usize>,
    environment: &'a dyn Fn(&str) -> Option<String>,
    faults: &'a mut Faults,
    open: Vec<Open>,
    root: Option<Node>,
}

/// A list or mapping whose end has not come yet.
enum Open {
    List(Place, Vec<Node>),
    Mapping { place: Place, entries: Vec<Entry>, lines: HashMap<String, usize>, key: Option<Key> },
}

struct Key {
    key: String,
    place: Place,
}

impl<'a> Reader<'a> {
    fn new(
        start: Place,
        text: &'a str,
        environment: &'a dyn Fn(&str) -> Option<String>,
        faults: &'a mut Faults,
    ) -> Reader<'a> {
        let bytes = text.char_indices().map(|(byte, _)| byte).collect();
        Reader { start, text, bytes, environment, faults, open: Vec::new(), root: None }
    }

    /// None when nothing sensible can be read from here on.
    fn run(&mut self) -> Option<()> {
        let mut documents = 0;
        for event in Parser::new_from_str(self.text) {
            let (event, span) = match event {
                Ok(event) => event,
                Err(error) => return self.not_yaml(&error),
            };
            if matches!(event, Event::DocumentStart(_)) {
                documents += 1;
            }
            if documents > 1 {
                let place = self.place(span);
                self.faults.push(&place, "a second document begins here; write it into a file of its own");
                return None;
            }
            self.on_event(event, span)?;
        }
        Some(())
    }

    fn on_event(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let place = self.place(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse(&place, anchor, tag.as_deref());
                self.on_scalar(text, style, place, span);
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse(&place, anchor, tag.as_deref());
                self.enter(Open::List(place, Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse(&place, anchor, tag.as_deref());
                let (entries, lines) = (Vec::new(), HashMap::new());
                self.enter(Open::Mapping { place, entries, lines, key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(),
            Event::Alias(_) => {
                self.faults.push(&place, "aliases (*name) are not supported; write the value out");
                self.attach(Node { place, value: Value::Null });
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
        Some(())
    }

    fn refuse(&mut self, place: &Place, anchor: usize, tag: Option<&Tag>) {
        if anchor > 0 {
            self.faults
                .push(place, "anchors (&name) are not supported; write the value out where it is needed");
        }
        if tag.is_some() {
            self.faults.push(place, "tags (!name) are not supported; leave it away");
        }
    }

    fn on_scalar(&mut self, text: Cow<'_, str>, style: ScalarStyle, place: Place, span: Span) {
        if let Some(Open::Mapping { key: None, .. }) = self.open.last() {
            return self.on_key(text.into_owned(), style, place);
        }
        let raw = self.raw(span);
        let value = match environment::replace(&text, self.environment) {
            Ok(replaced) if replaced != text => {
                Value::Text(Text { text: replaced, raw, replaced: style == ScalarStyle::Plain })
            }
            Ok(_) if style == ScalarStyle::Plain => plain(text.into_owned(), raw),
            Ok(_) => Value::Text(Text { text: text.into_owned(), raw, replaced: false }),
            Err(fault) => {
                self.faults.push(&place, fault);
                Value::Text(Text { text: text.into_owned(), raw, replaced: true })
            }
        };
        self.attach(Node { place, value });
    }

    /// A key is the text it is written as, so `200:` and `true:` are keys too.
    fn on_key(&mut self, name: String, style: ScalarStyle, at: Place) {
        if name.is_empty() && style == ScalarStyle::Plain {
            self.faults.push(&at, "a key is missing before \":\"; write key: value");
        }
        if name == "<<" {
            self.faults.push(&at, "merge keys (<<) are not supported; write the keys out");
        }
        if let Some(Open::Mapping { lines, key, .. }) = self.open.last_mut() {
            match lines.get(&name) {
                Some(line) => {
                    let text =
                        format!("the key \"{name}\" stands here again, first in line {line}; remove one");
                    self.faults.push(&at, text);
                }
                None => drop(lines.insert(name.clone(), at.line)),
            }
            *key = Some(Key { key: name, place: at });
        }
    }

    fn enter(&mut self, opened: Open) -> Option<()> {
        if self.open.len() == DEPTH_MAX {
            let (Open::List(place, _) | Open::Mapping { place, .. }) = &opened;
            self.faults.push(place, format!("nested deeper than {DEPTH_MAX} levels; move a part elsewhere"));
            return None;
        }
        self.open.push(opened);
        Some(())
    }

    fn leave(&mut self) {
        let node = match self.open.pop().expect("the parser ends only what it started") {
            Open::List(place, nodes) => Node { place, value: Value::List(nodes) },
            Open::Mapping { place, entries, .. } => Node { place, value: Value::Mapping(entries) },
        };
        self.attach(node);
    }

    fn attach(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, nodes)) => nodes.push(node),
            Some(Open::Mapping { entries, key, .. }) => match key.take() {
                Some(Key { key, place }) => entries.push(Entry { key, place, node }),
                None => {
                    let text = expected_key(&node);
                    self.faults.push(&node.place, text);
                    *key = Some(Key { key: String::new(), place: node.place });
                }
            },
        }
    }

    fn not_yaml(&mut self, error: &ScanError) -> Option<()> {
        let mark = error.marker();
        let line = self.text.lines().nth(mark.line().saturating_sub(1)).unwrap_or_default();
        let place = self.place(Span::empty(*mark));
        self.faults.push(&place, format!("not valid YAML: {}{}", error.info(), advice(line)));
        None
    }

    fn place(&self, span: Span) -> Place {
        Place { file: self.start.file.clone(), line: span.start.line(), column: span.start.col() + 1 }
    }

    fn raw(&self, span: Span) -> String {
        let byte = |index: usize| self.bytes.get(index).copied().unwrap_or(self.text.len());
        self.text.get(byte(span.start.index())..byte(span.end.index())).unwrap_or_default().to_owned()
    }
}

/// What most often is behind a line that cannot be read.
fn advice(line: &str) -> &'static str {
    let indent = &line[..line.len() - line.trim_start().len()];
    if indent.contains('\t') {
        "; indent with spaces, not with tabs"
    } else if line.contains("{{") || line.contains("${") {
        "; put a text with {{ … }} or ${…} in quotes"
    } else {
        ""
    }
}

fn expected_key(found: &Node) -> String {
    match found.value {
        Value::Mapping(_) => "expected a key, got a mapping; put a text with {{ … }} in quotes".to_owned(),
        _ => format!("expected a key, got {}; a key is plain text", found.describe()),
    }
}

/// A scalar without quotes by YAML's core schema.
fn plain(text: String, raw: String) -> Value {
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match number(&text) {
            Some(number) => Value::Number(number),
            None => Value::Text(Text { text, raw, replaced: false }),
        },
    }
}

fn number(text: &str) -> Option<Number> {
    let based = |prefix, radix| i64::from_str_radix(text.strip_prefix(prefix)?, radix).ok();
    let whole = text.parse::<i64>().ok().or_else(|| based("0x", 16)).or_else(|| based("0o", 8));
    if let Some(whole) = whole {
        return Some(whole.into());
    }
    // Rust would also take "inf" and "nan", which are words here.
    let begins = text.trim_start_matches(['+', '-']).trim_start_matches('.');
    if !begins.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Number::from_f64(text.parse().ok()?)
}

#[cfg(test)]
mod tests;
