//! What the bot says: `say` in its short and long form, also where a question says something.
//! Wherever a text is said it may stand there in several languages. Each key is read though another has a fault.

use super::words::{is_text, language_in};
use super::{Parser, Say, Tree};
use crate::flow::language::OUTPUT_KEYS;
use crate::flow::program::Template;
use crate::flow::rich::Form;
use crate::yaml::{Keys, Node, Value};

const LANGUAGE_BESIDE: &str = "languages stand inside the text; write text: { en: \"…\", de: \"…\" }";

impl Parser<'_> {
    /// `"text"`, that by language, or `{text, oneOf, data}` with one rich form.
    pub(super) fn say(&mut self, node: &Node) -> Option<Say> {
        if is_text(node, &OUTPUT_KEYS) {
            return Some(Say { texts: vec![self.words(node)?], rich: None, data: None });
        }
        let mut keys = node.keys(&OUTPUT_KEYS, self.faults)?;
        let (text, one_of, data) = (keys.optional("text"), keys.optional("oneOf"), keys.optional("data"));
        let form = self.form(&mut keys);
        match language_in(node, &OUTPUT_KEYS) {
            Some(entry) => self.faults.push(&entry.place, LANGUAGE_BESIDE),
            None => keys.finish(self.faults),
        }
        if text.is_none() && one_of.is_none() && data.is_none() && form.is_none() {
            self.faults.push(&node.place, "nothing to say; add text, oneOf or data");
            return None;
        }
        if let (Some((form, _)), Some(data)) = (form, data) {
            self.no_format_in(data, form);
        }
        let data = data.and_then(|node| self.data(node));
        let rich = form.and_then(|(form, node)| self.rich(form, node));
        Some(Say { texts: self.texts(text, one_of)?, rich, data })
    }

    fn texts(&mut self, text: Option<&Node>, one_of: Option<&Node>) -> Option<Vec<Template>> {
        match (text, one_of) {
            (Some(_), Some(one_of)) => {
                self.faults.push(&one_of.place, "text and oneOf exclude each other; keep one of them");
                None
            }
            (Some(text), None) => Some(vec![self.words(text)?]),
            (None, Some(one_of)) => self.alternatives(one_of),
            (None, None) => Some(Vec::new()),
        }
    }

    /// The rich form among the keys, if there is one.
    fn form<'n>(&mut self, keys: &mut Keys<'n>) -> Option<(Form, &'n Node)> {
        let mut forms = Form::ALL.into_iter().filter_map(|form| Some((form, keys.optional(form.key())?)));
        let found = forms.next();
        let others: Vec<_> = forms.collect();
        if let (Some((form, _)), Some((other, node))) = (found, others.first()) {
            let (form, other) = (form.key(), other.key());
            let text = format!("{form} and {other} exclude each other; write two says");
            self.faults.push(&node.place, text);
        }
        found
    }

    /// The short form writes `_cognigy` itself.
    fn no_format_in(&mut self, data: &Node, form: Form) {
        let Value::Mapping(entries) = &data.value else { return };
        if let Some(entry) = entries.iter().find(|entry| entry.key == "_cognigy") {
            let form = form.key();
            let text = format!("{form} is written to _cognigy too; keep one of them");
            self.faults.push(&entry.place, text);
        }
    }

    fn alternatives(&mut self, node: &Node) -> Option<Vec<Template>> {
        let nodes = self.at_least_one(node)?;
        Some(nodes.iter().filter_map(|node| self.words(node)).collect())
    }

    pub(super) fn at_least_one<'n>(&mut self, node: &'n Node) -> Option<&'n [Node]> {
        let nodes = node.list(self.faults)?;
        if nodes.is_empty() {
            self.faults.push(&node.place, "the list is empty; write at least one element");
            return None;
        }
        Some(nodes)
    }

    /// An object, or one expression that gives one.
    pub(super) fn data(&mut self, node: &Node) -> Option<Tree> {
        let tree = self.tree(node)?;
        match (&node.value, &tree) {
            (Value::Mapping(_), _) | (_, Tree::Template(Template::Value(_))) => Some(tree),
            _ => {
                let text = format!(
                    "data is a mapping, got {}; write key: value, or one {{{{ … }}}}",
                    node.describe()
                );
                self.faults.push(&node.place, text);
                None
            }
        }
    }
}
