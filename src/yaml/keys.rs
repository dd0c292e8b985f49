//! A mapping that is taken apart key by key.
//! Asking for a key makes it known; what nobody asked for is a fault that names the nearest known one.

use super::{Entry, Faults, Node, did_you_mean};
use crate::model::Place;

pub struct Keys<'a> {
    place: &'a Place,
    entries: &'a [Entry],
    known: Vec<&'static str>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(place: &'a Place, entries: &'a [Entry]) -> Keys<'a> {
        Keys { place, entries, known: Vec::new() }
    }

    /// The place of the mapping.
    pub fn place(&self) -> &'a Place {
        self.place
    }

    /// A key without a value counts as absent.
    pub fn optional(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        (!entry.node.is_null()).then_some(&entry.node)
    }

    pub fn required(&mut self, key: &'static str, faults: &mut Faults) -> Option<&'a Node> {
        let found = self.optional(key);
        if found.is_none() {
            match self.entries.iter().find(|entry| entry.key == key) {
                Some(entry) => faults.push(&entry.place, format!("\"{key}\" has no value; write it here")),
                None => faults.push(self.place, format!("the key \"{key}\" is missing; add \"{key}: …\"")),
            }
        }
        found
    }

    /// Ends the taking apart: every key that was never asked for is a fault.
    pub fn finish(self, faults: &mut Faults) {
        for entry in self.entries.iter().filter(|entry| !self.known.contains(&entry.key.as_str())) {
            let hint = did_you_mean(&entry.key, self.known.iter().copied());
            faults.push(&entry.place, format!("unknown key \"{}\"{hint}", entry.key));
        }
    }
}
