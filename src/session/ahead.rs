//! Memories that were changed and are not flushed yet: profiles of users, storages of transformers. All sessions of a user
//! live in one shard, so this is the one place where their changes meet: whoever comes next sees what was decided last.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;

use crate::model::Map;

pub struct Ahead<K> {
    /// The memory as decided, and how many commits of it are under way.
    ahead: RefCell<HashMap<K, (Map, usize)>>,
}

impl<K> Default for Ahead<K> {
    fn default() -> Ahead<K> {
        Ahead { ahead: RefCell::default() }
    }
}

impl<K: Eq + Hash> Ahead<K> {
    /// The memory as decided last, if it is ahead of the disk.
    pub fn get(&self, key: &K) -> Option<Map> {
        self.ahead.borrow().get(key).map(|(memory, _)| memory.clone())
    }

    pub fn decided(&self, key: K, memory: Map) {
        let mut ahead = self.ahead.borrow_mut();
        let entry = ahead.entry(key).or_default();
        entry.0 = memory;
        entry.1 += 1;
    }

    /// One commit ended: when the last one did, the disk is as far as we are.
    pub fn ended(&self, key: &K) {
        let mut ahead = self.ahead.borrow_mut();
        if let Some(entry) = ahead.get_mut(key) {
            entry.1 -= 1;
            if entry.1 == 0 {
                ahead.remove(key);
            }
        }
    }
}

/// The memory with what a turn changed, when another one may have changed it meanwhile: members that the turn left as it
/// found them are taken as they are now.
pub fn merge(found: &Map, left: &Map, now: Map) -> Map {
    let mut merged = now;
    for (name, value) in left {
        if found.get(name) != Some(value) {
            merged.insert(name.clone(), value.clone());
        }
    }
    for name in found.keys().filter(|name| !left.contains_key(*name)) {
        merged.remove(name);
    }
    merged
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::UserKey;

    fn map(value: Value) -> Map {
        value.as_object().expect("the test gives an object").clone()
    }

    #[test]
    fn two_turns_that_change_different_members_both_take_effect() {
        let found = map(json!({ "name": "A", "old": 1, "kept": true }));
        let left = map(json!({ "name": "B", "kept": true }));
        let now = map(json!({ "name": "A", "old": 1, "kept": false, "mail": "a@b" }));
        assert_eq!(
            Value::Object(merge(&found, &left, now)),
            json!({ "name": "B", "kept": false, "mail": "a@b" })
        );
    }

    #[test]
    fn a_profile_is_ahead_until_its_last_commit_ended() {
        let profiles = Ahead::default();
        let user = UserKey::of("u");
        profiles.decided(user, map(json!({ "n": 1 })));
        profiles.decided(user, map(json!({ "n": 2 })));
        profiles.ended(&user);
        assert_eq!(profiles.get(&user), Some(map(json!({ "n": 2 }))));
        profiles.ended(&user);
        assert_eq!(profiles.get(&user), None);
    }
}
