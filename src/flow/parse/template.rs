//! Strings with `{{ … }}` in them, and values made of such strings.
//!
//! An expression may hold `}}` itself, in a string or as the end of two objects. So it ends at the first `}}`
//! up to which it parses. `\{{` stands for the two braces themselves.

use super::{Node, Parser, SyntaxError, Tree, Value};
use crate::flow::program::{Part, Template};
use crate::model::{Map, ScriptKind};
use crate::yaml::Entry;

/// Ends that are tried for one expression. Real ones need two or three; each trial parses all of it again.
const ENDS_MAX: usize = 32;

/// How the search for the end of an expression ended.
enum Found {
    /// It ends before the byte given.
    Expression(usize),
    /// Nothing stands between the braces; the closing ones are at the byte given.
    Empty(usize),
    /// No end makes it an expression; the one it most likely was meant to have.
    Faulty(usize, SyntaxError),
    Unclosed,
}

impl Parser<'_> {
    /// A value as written, with templates in its strings.
    pub(super) fn tree(&mut self, node: &Node) -> Option<Tree> {
        match &node.value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Some(Tree::Value(node.to_json())),
            Value::Text(_) => self.template(node).map(|template| match template {
                Template::Text(text) => Tree::Value(text.into()),
                template => Tree::Template(template),
            }),
            Value::List(nodes) => {
                let trees: Vec<Option<Tree>> = nodes.iter().map(|node| self.tree(node)).collect();
                Some(list(trees.into_iter().collect::<Option<_>>()?))
            }
            Value::Mapping(entries) => {
                let member = |entry: &Entry| (entry.key.clone(), self.tree(&entry.node));
                let members: Vec<(String, Option<Tree>)> = entries.iter().map(member).collect();
                Some(object(
                    members.into_iter().map(|(key, tree)| Some((key, tree?))).collect::<Option<_>>()?,
                ))
            }
        }
    }

    pub(super) fn template(&mut self, node: &Node) -> Option<Template> {
        let text = node.as_str(self.faults)?;
        let faults_before = self.faults.len();
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(open) = text[at..].find("{{").map(|found| at + found) {
            literal.push_str(&text[at..open]);
            if literal.ends_with('\\') && open > at {
                literal.pop();
                literal.push_str("{{");
                at = open + 2;
                continue;
            }
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            at = self.placeholder(node, text, open, &mut parts);
        }
        literal.push_str(&text[at..]);
        (self.faults.len() == faults_before).then(|| whole(parts, literal))
    }

    /// One `{{ … }}` that opens at a byte of the text; the byte behind it.
    fn placeholder(&mut self, node: &Node, text: &str, open: usize, parts: &mut Vec<Part>) -> usize {
        let start = open + 2;
        match self.end_of(&text[start..]) {
            Found::Expression(end) => {
                let (start, source) = trimmed(start, &text[start..start + end]);
                parts.push(Part::Script(self.script(ScriptKind::Expression, node, start, source)));
                open + 2 + end + 2
            }
            Found::Empty(end) => {
                let fault = "nothing stands between {{ and }}; write an expression, or \\{{ for the braces";
                self.faults.push(&node.place_at(open), fault);
                start + end + 2
            }
            Found::Faulty(end, error) => {
                let (first, source) = trimmed(start, &text[start..start + end]);
                self.not_javascript(ScriptKind::Expression, node, first, source, &error);
                start + end + 2
            }
            Found::Unclosed => {
                let fault = "{{ is not closed; write }} behind the expression, or \\{{ for the braces";
                self.faults.push(&node.place_at(open), fault);
                text.len()
            }
        }
    }

    fn end_of(&self, rest: &str) -> Found {
        let ends =
            rest.as_bytes().windows(2).enumerate().filter(|(_, pair)| *pair == b"}}").map(|(at, _)| at);
        let next_open = rest.find("{{").unwrap_or(rest.len());
        let mut faulty = None;
        for end in ends.take(ENDS_MAX) {
            let source = rest[..end].trim();
            if source.is_empty() {
                return Found::Empty(end);
            }
            match (self.check)(ScriptKind::Expression, source, &self.locals) {
                Ok(()) => return Found::Expression(end),
                Err(error) if faulty.is_none() || end < next_open => faulty = Some((end, error)),
                Err(_) => {}
            }
        }
        faulty.map_or(Found::Unclosed, |(end, error)| Found::Faulty(end, error))
    }
}

/// The source without blanks around it, and the byte it begins at.
fn trimmed(start: usize, source: &str) -> (usize, &str) {
    (start + source.len() - source.trim_start().len(), source.trim())
}

/// `rest` is the text behind the last part.
fn whole(mut parts: Vec<Part>, rest: String) -> Template {
    if parts.is_empty() {
        return Template::Text(rest);
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    match parts.pop() {
        Some(Part::Script(script)) if parts.is_empty() => Template::Value(script),
        last => {
            parts.extend(last);
            Template::Parts(parts)
        }
    }
}

/// A list of plain values is a plain value: the turn then copies it whole.
pub(super) fn list(trees: Vec<Tree>) -> Tree {
    let plain: Option<Vec<serde_json::Value>> = trees.iter().map(plain).collect();
    plain.map_or(Tree::List(trees), |values| Tree::Value(values.into()))
}

pub(super) fn object(members: Vec<(String, Tree)>) -> Tree {
    let plain: Option<Map> = members.iter().map(|(key, tree)| Some((key.clone(), plain(tree)?))).collect();
    plain.map_or(Tree::Object(members), |object| Tree::Value(object.into()))
}

fn plain(tree: &Tree) -> Option<serde_json::Value> {
    match tree {
        Tree::Value(value) => Some(value.clone()),
        Tree::Template(_) | Tree::List(_) | Tree::Object(_) => None,
    }
}
