//! A mapping that is taken apart key by key, as its shape says.
//! A key that the shape does not have is a fault that names the nearest one. To ask for a key that the shape does not
//! have, or to end without having asked for one that it has, is a mistake in the parser that every test hits.

use super::shape::{Key, Kind, Shape};
use super::{Entry, Faults, Node, did_you_mean};
use crate::model::Place;

pub struct Keys<'a> {
    shape: &'static Shape,
    place: &'a Place,
    entries: &'a [Entry],
    asked: Vec<&'static str>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(shape: &'static Shape, place: &'a Place, entries: &'a [Entry]) -> Keys<'a> {
        Keys { shape, place, entries, asked: Vec::new() }
    }

    /// The place of the mapping.
    pub fn place(&self) -> &'a Place {
        self.place
    }

    /// A key without a value counts as absent.
    pub fn optional(&mut self, name: &'static str) -> Option<&'a Node> {
        let key = self.ask(name);
        debug_assert!(
            !key.is_some_and(|key| key.required),
            "\"{name}\" of \"{}\" is required",
            self.shape.name
        );
        self.find(name)
    }

    pub fn required(&mut self, name: &'static str, faults: &mut Faults) -> Option<&'a Node> {
        let key = self.ask(name);
        debug_assert!(
            key.is_none_or(|key| key.required),
            "\"{name}\" of \"{}\" is optional",
            self.shape.name
        );
        let found = self.find(name);
        if found.is_none() {
            match self.entries.iter().find(|entry| entry.key == name) {
                Some(entry) => faults.push(&entry.place, format!("\"{name}\" has no value; write it here")),
                None => faults.push(self.place, format!("the key \"{name}\" is missing; add \"{name}: …\"")),
            }
        }
        found
    }

    /// Whether there is a value, right or wrong.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// An optional number within the range of its shape.
    pub fn whole(&mut self, name: &'static str, faults: &mut Faults) -> Option<u64> {
        let kind = self.ask(name).map(|key| key.kind);
        let node = self.find(name)?;
        match kind {
            Some(Kind::Whole(min, max)) => node.as_u64(min..=max, faults),
            _ => unreachable!("\"{name}\" of \"{}\" is a whole number in the parser only", self.shape.name),
        }
    }

    /// Ends the taking apart: every key that the shape does not have is a fault.
    pub fn finish(self, faults: &mut Faults) {
        let forgotten: Vec<_> = self.shape.names().filter(|name| !self.asked.contains(name)).collect();
        debug_assert!(forgotten.is_empty(), "\"{}\" was read without {forgotten:?}", self.shape.name);
        for entry in self.entries.iter().filter(|entry| self.shape.key(&entry.key).is_none()) {
            let hint = did_you_mean(&entry.key, self.shape.names());
            faults.push(&entry.place, format!("unknown key \"{}\"{hint}", entry.key));
        }
    }

    fn ask(&mut self, name: &'static str) -> Option<&'static Key> {
        let key = self.shape.key(name);
        debug_assert!(key.is_some(), "the shape \"{}\" has no key \"{name}\"", self.shape.name);
        self.asked.push(name);
        key
    }

    fn find(&self, name: &str) -> Option<&'a Node> {
        let entry = self.entries.iter().find(|entry| entry.key == name)?;
        (!entry.node.is_null()).then_some(&entry.node)
    }
}
