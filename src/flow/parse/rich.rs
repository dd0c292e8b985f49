//! The short forms of rich outputs, such as `quickReplies: [order, invoice]`, to the members they stand for.
//! Every string in them is a template and may be given by language. A member with a fault is left away.

use super::template::{list, object};
use super::words::is_text;
use super::{Node, Parser, Tree, Value};
use crate::flow::language;
use crate::flow::rich::{Form, Members, Rich};
use crate::yaml::{Keys, Shape};

const WORKED_OUT: &str =
    "the list is written out here, its texts may hold {{ … }}; one that is worked out goes into data";

impl Parser<'_> {
    pub(super) fn rich(&mut self, form: Form, node: &Node) -> Option<Rich> {
        let mut members = vec![fixed("type", form.kind())];
        match form {
            Form::QuickReplies => members.push(self.items(form, node, Self::quick_reply)?),
            Form::Buttons => members.push(self.items(form, node, Self::button)?),
            Form::Gallery => members.push(self.items(form, node, Self::gallery_card)?),
            Form::List => members.push(self.items(form, node, Self::list_item)?),
            Form::Image | Form::Audio | Form::Video => self.medium(form.key(), node, &mut members),
        }
        Some(Rich { form, members })
    }

    fn items(
        &mut self,
        form: Form,
        node: &Node,
        item: fn(&mut Self, usize, &Node) -> Members,
    ) -> Option<(String, Tree)> {
        let items = self.numbered(node, item)?;
        Some((form.items()?.to_owned(), items))
    }

    /// Each element of a list, with its number from 1.
    fn numbered(&mut self, node: &Node, item: fn(&mut Self, usize, &Node) -> Members) -> Option<Tree> {
        if matches!(&node.value, Value::Text(text) if text.text.contains("{{")) {
            self.faults.push(&node.place, WORKED_OUT);
            return None;
        }
        let nodes = self.at_least_one(node)?;
        let items = nodes.iter().enumerate().map(|(index, node)| object(item(self, index + 1, node)));
        Some(list(items.collect()))
    }

    /// `title`, or `{title, payload, image}`.
    fn quick_reply(&mut self, number: usize, node: &Node) -> Members {
        let mut members = vec![id(number), fixed("contentType", "postback")];
        if is_text(node, &language::QUICK_REPLY) {
            self.member("title", Some(node), &mut members);
            return members;
        }
        let Some(mut keys) = node.keys(&language::QUICK_REPLY, self.faults) else { return members };
        self.required("title", "title", &mut keys, &mut members);
        self.member("payload", keys.optional("payload"), &mut members);
        if let Some(image) = keys.optional("image") {
            self.medium("image", image, &mut members);
        }
        keys.finish(self.faults);
        members
    }

    /// `title`, or `{title}` with one of payload, url and phone. A button with nothing but a title says it.
    fn button(&mut self, number: usize, node: &Node) -> Members {
        let mut members = vec![id(number)];
        if is_text(node, &language::BUTTON) {
            members.push(fixed("type", "postback"));
            self.member("title", Some(node), &mut members);
            return members;
        }
        let Some(mut keys) = node.keys(&language::BUTTON, self.faults) else { return members };
        self.required("title", "title", &mut keys, &mut members);
        let does = ["payload", "url", "phone"].map(|key| (key, keys.optional(key)));
        keys.finish(self.faults);
        let mut does = does.into_iter().filter_map(|(key, node)| Some((key, node?)));
        let (kind, member, node) = match does.next() {
            None => ("postback", "payload", None),
            Some(("url", node)) => ("web_url", "url", Some(node)),
            Some(("phone", node)) => ("phone_number", "payload", Some(node)),
            Some((_, node)) => ("postback", "payload", Some(node)),
        };
        if let Some((_, second)) = does.next() {
            self.faults.push(&second.place, "a button does one thing; keep one of payload, url and phone");
        }
        members.push(fixed("type", kind));
        self.member(member, node, &mut members);
        members
    }

    fn gallery_card(&mut self, number: usize, node: &Node) -> Members {
        let mut members = self.card(node, &language::CARD);
        members.push(id(number));
        members
    }

    fn list_item(&mut self, _number: usize, node: &Node) -> Members {
        self.card(node, &language::LIST_ITEM)
    }

    /// `title`, or `{title, subtitle, image, buttons}` and, where a tap may open a page, `url`.
    /// Receivers count on each member but the address.
    fn card(&mut self, node: &Node, shape: &'static Shape) -> Members {
        let mut members = Members::new();
        if is_text(node, &language::LIST_ITEM) {
            self.member("title", Some(node), &mut members);
        } else if let Some(mut keys) = node.keys(shape, self.faults) {
            self.required("title", "title", &mut keys, &mut members);
            self.member("subtitle", keys.optional("subtitle"), &mut members);
            if let Some(image) = keys.optional("image") {
                self.medium("image", image, &mut members);
            }
            if let Some(url) = shape.key("url").and_then(|key| keys.optional(key.name)) {
                self.member("defaultActionUrl", Some(url), &mut members);
            }
            let buttons = keys.optional("buttons").and_then(|node| self.numbered(node, Self::button));
            members.extend(buttons.map(|buttons| ("buttons".to_owned(), buttons)));
            keys.finish(self.faults);
        }
        for (name, absent) in [("subtitle", text("")), ("imageUrl", text("")), ("buttons", list(Vec::new()))]
        {
            if !members.iter().any(|(known, _)| known == name) {
                members.push((name.to_owned(), absent));
            }
        }
        members
    }

    /// An address, or `{url, alt}`: what the medium shows, in words.
    fn medium(&mut self, medium: &str, node: &Node, members: &mut Members) {
        let (address, words) = (format!("{medium}Url"), format!("{medium}AltText"));
        if is_text(node, &language::MEDIUM_KEYS) {
            return self.member(&address, Some(node), members);
        }
        let Some(mut keys) = node.keys(&language::MEDIUM_KEYS, self.faults) else { return };
        self.required(&address, "url", &mut keys, members);
        self.member(&words, keys.optional("alt"), members);
        keys.finish(self.faults);
    }

    fn required(&mut self, name: &str, key: &'static str, keys: &mut Keys, members: &mut Members) {
        let node = keys.required(key, self.faults);
        self.member(name, node, members);
    }

    fn member(&mut self, name: &str, node: Option<&Node>, members: &mut Members) {
        if let Some(words) = node.and_then(|node| self.words_tree(node)) {
            members.push((name.to_owned(), words));
        }
    }
}

/// Receivers tell elements apart by it.
fn id(number: usize) -> (String, Tree) {
    ("id".to_owned(), Tree::Value(number.into()))
}

fn fixed(name: &str, value: &str) -> (String, Tree) {
    (name.to_owned(), text(value))
}

fn text(text: &str) -> Tree {
    Tree::Value(text.into())
}
