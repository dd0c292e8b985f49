//! Places that steps write to: `set`, `unset` and the `into` of a question.
//! Only what an expression can read again with dots is a place: `context.order.id`, not `context.order-id`.

use super::{Kind, Node, Parser, Tree, Value};
use crate::flow::program::{Setting, Target};
use crate::model::Place;
use crate::yaml::{Entry, did_you_mean};

impl Parser<'_> {
    pub(super) fn set(&mut self, node: &Node) -> Option<Kind> {
        let entries = node.entries(self.faults)?;
        if entries.is_empty() {
            self.faults.push(&node.place, "nothing to set; write context.NAME: value");
        }
        let mut writes = Vec::new();
        for entry in entries {
            writes.extend(self.write(entry));
        }
        Some(Kind::Set(writes))
    }

    fn write(&mut self, entry: &Entry) -> Option<(Target, Tree)> {
        let target = self.target(&entry.key, &entry.place);
        let tree = self.tree(&entry.node);
        let (target, tree) = (target?, tree?);
        if let Target::Session(setting) = target
            && let Err(fault) = fits(setting, &entry.node)
        {
            self.faults.push(&entry.node.place, fault);
        }
        Some((target, tree))
    }

    /// One target or a list of them.
    pub(super) fn unset(&mut self, node: &Node) -> Option<Kind> {
        let nodes = match &node.value {
            Value::List(nodes) => nodes.as_slice(),
            _ => std::slice::from_ref(node),
        };
        if nodes.is_empty() {
            self.faults.push(&node.place, "nothing to unset; write context.NAME");
        }
        Some(Kind::Unset(nodes.iter().filter_map(|node| self.target_in(node)).collect()))
    }

    pub(super) fn target_in(&mut self, node: &Node) -> Option<Target> {
        let text = node.as_str(self.faults)?;
        self.target(text, &node.place)
    }

    fn target(&mut self, text: &str, place: &Place) -> Option<Target> {
        let mut names = text.split('.').map(str::to_owned);
        let object = names.next().unwrap_or_default();
        let names: Vec<String> = names.collect();
        let whole = !names.is_empty() && names.iter().all(|name| is_identifier(name));
        match object.as_str() {
            "context" if whole => Some(Target::Context(names)),
            "profile" if whole => {
                self.uses_profile = true;
                Some(Target::Profile(names))
            }
            "session" => self.setting(text, place),
            _ => {
                let text = format!("{text:?} cannot be written to; write context.NAME or profile.NAME");
                self.faults.push(place, text);
                None
            }
        }
    }

    fn setting(&mut self, text: &str, place: &Place) -> Option<Target> {
        match text {
            "session.locale" => Some(Target::Session(Setting::Locale)),
            "session.timezone" => Some(Target::Session(Setting::Timezone)),
            _ => {
                let hint = did_you_mean(text, ["session.locale", "session.timezone"]);
                self.faults.push(place, format!("{text:?} cannot be written to{hint}"));
                None
            }
        }
    }
}

/// Whether this can be what a flow chooses. A text without expressions is as good here as when the flow runs.
fn fits(setting: Setting, node: &Node) -> Result<(), String> {
    let name = setting.name();
    match &node.value {
        Value::Text(text) if text.text.contains("{{") => Ok(()),
        Value::Text(text) => setting.check(&text.text),
        Value::Null => Err(format!(
            "session.{name} has no value; to go back to the endpoint's write unset: session.{name}"
        )),
        _ => Err(format!("expected a text such as {}, got {}", setting.example(), node.describe())),
    }
}

/// A name that JavaScript can read with a dot before it.
pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
