//! A value in a YAML file with its place, and the questions a reader of settings asks it.
//! Each question that the value cannot answer leaves a fault that says what to write.

use std::ops::RangeInclusive;

use serde_json::Number;

use super::{Faults, Keys, Shape, offset};
use crate::model::{Map, Place};

#[derive(Clone, Debug)]
pub struct Node {
    pub place: Place,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(Text),
    List(Vec<Node>),
    Mapping(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub struct Text {
    pub text: String,
    /// As it stands in the file, quotes and indentation included.
    pub raw: String,
    /// Not quoted, and not as written in the file: `${PORT:-80}` may answer for a number.
    pub replaced: bool,
}

/// One key of a mapping with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: String,
    pub place: Place,
    pub node: Node,
}

impl Node {
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    pub fn as_str(&self, faults: &mut Faults) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(&text.text),
            Value::Bool(_) | Value::Number(_) => {
                let written = self.to_json();
                self.unexpected("text", &format!("put it in quotes: \"{written}\""), faults)
            }
            _ => self.unexpected("text", "write it in quotes", faults),
        }
    }

    /// A text that `check` takes; what it says of another is a fault at this place.
    pub fn valid<T>(&self, check: impl Fn(&str) -> Result<T, String>, faults: &mut Faults) -> Option<T> {
        check(self.as_str(faults)?).map_err(|fault| faults.push(&self.place, fault)).ok()
    }

    pub fn as_bool(&self, faults: &mut Faults) -> Option<bool> {
        match &self.value {
            Value::Bool(value) => Some(*value),
            Value::Text(text) if text.replaced && text.text == "true" => Some(true),
            Value::Text(text) if text.replaced && text.text == "false" => Some(false),
            _ => self.unexpected("true or false", "write one of the two, without quotes", faults),
        }
    }

    pub fn as_u64(&self, range: RangeInclusive<u64>, faults: &mut Faults) -> Option<u64> {
        let number = match &self.value {
            Value::Number(number) => number.as_u64(),
            Value::Text(text) if text.replaced => text.text.parse().ok(),
            _ => None,
        };
        if let Some(number) = number.filter(|number| range.contains(number)) {
            return Some(number);
        }
        let expected = match (*range.start(), *range.end()) {
            (least, u64::MAX) => format!("a whole number from {least}"),
            (least, most) => format!("a whole number from {least} to {most}"),
        };
        self.unexpected(&expected, &format!("write a number such as {}", range.start()), faults)
    }

    pub fn list(&self, faults: &mut Faults) -> Option<&[Node]> {
        match &self.value {
            Value::List(nodes) => Some(nodes),
            _ => self.unexpected("a list", "write [..], or each element below with \"- \" before it", faults),
        }
    }

    pub fn entries(&self, faults: &mut Faults) -> Option<&[Entry]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => self.unexpected("a mapping", "write key: value", faults),
        }
    }

    /// A mapping, to be taken apart key by key.
    pub fn keys(&self, shape: &'static Shape, faults: &mut Faults) -> Option<Keys<'_>> {
        Some(Keys::new(shape, &self.place, self.entries(faults)?))
    }

    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => number.clone().into(),
            Value::Text(text) => text.text.clone().into(),
            Value::List(nodes) => nodes.iter().map(Node::to_json).collect(),
            Value::Mapping(entries) => {
                let object: Map =
                    entries.iter().map(|entry| (entry.key.clone(), entry.node.to_json())).collect();
                object.into()
            }
        }
    }

    /// The place of a byte of this node's text; the node's own for anything but text.
    pub fn place_at(&self, byte: usize) -> Place {
        match &self.value {
            Value::Text(text) => offset::place_at(&self.place, &text.raw, &text.text, byte),
            _ => self.place.clone(),
        }
    }

    /// What stands here, for a fault: `the text "abc"`.
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => format!("the truth value {value}"),
            Value::Number(number) => format!("the number {number}"),
            Value::Text(text) => format!("the text {:?}", shortened(&text.text)),
            Value::List(_) => "a list".to_owned(),
            Value::Mapping(_) => "a mapping".to_owned(),
        }
    }

    fn unexpected<T>(&self, expected: &str, advice: &str, faults: &mut Faults) -> Option<T> {
        faults.push(&self.place, format!("expected {expected}, got {}; {advice}", self.describe()));
        None
    }
}

/// Enough of a text to recognise it by.
fn shortened(text: &str) -> String {
    let mut head: String = text.chars().take(40).collect();
    if head.len() < text.len() {
        head.push('…');
    }
    head
}
