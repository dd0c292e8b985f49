//! Templates to values: every `{{ … }}` is asked of the sandbox, a failing one becomes nothing and a note.

use serde_json::Value;

use super::run::{End, Run};
use crate::flow::{Part, Template, Tree};
use crate::model::{Map, Script};
use crate::script::Fault;

impl Run<'_> {
    /// The value of an expression. One that throws is nothing, with a warning; one that runs past a bound
    /// ends the turn.
    pub(super) fn value(&mut self, script: &Script) -> Result<Value, End> {
        let locals = self.locals();
        match self.sandbox.evaluate(script, &self.scope, &locals) {
            Ok(value) => Ok(value),
            Err(fault @ (Fault::Thrown(_) | Fault::NotJson(_))) => {
                self.warn(&script.place, format!("the expression `{}`: {fault}", shown(&script.source)));
                Ok(Value::Null)
            }
            Err(fault @ (Fault::OutOfSteps | Fault::OutOfMemory)) => Err(End::script(&script.place, &fault)),
        }
    }

    pub(super) fn text(&mut self, template: &Template) -> Result<String, End> {
        match template {
            Template::Text(text) => Ok(text.clone()),
            Template::Value(script) => Ok(written(self.value(script)?)),
            Template::Parts(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Text(piece) => text.push_str(piece),
                        Part::Script(script) => text.push_str(&written(self.value(script)?)),
                    }
                }
                Ok(text)
            }
            Template::ByLanguage(texts) => match self.in_language(texts) {
                Some(text) => self.text(text),
                None => Ok(String::new()),
            },
        }
    }

    pub(super) fn tree(&mut self, tree: &Tree) -> Result<Value, End> {
        match tree {
            Tree::Value(value) => Ok(value.clone()),
            Tree::Template(Template::Value(script)) => self.value(script),
            Tree::Template(template) => self.text(template).map(Value::String),
            Tree::List(items) => items.iter().map(|item| self.tree(item)).collect(),
            Tree::Object(members) => {
                let mut object = Map::new();
                for (name, member) in members {
                    object.insert(name.clone(), self.tree(member)?);
                }
                Ok(Value::Object(object))
            }
        }
    }
}

/// A value inside a text: strings as they are, nothing for null, JSON for the rest.
pub(super) fn written(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// What JavaScript takes for true.
pub(super) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// Enough of a script to find it again.
fn shown(source: &str) -> String {
    const SHOWN_MAX: usize = 60;
    let line = source.trim().lines().next().unwrap_or_default();
    match line.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
