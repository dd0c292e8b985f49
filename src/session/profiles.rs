//! The profiles that were changed and are not flushed yet. All sessions of a user live in one shard, so this is the
//! one place where their changes meet: the next turn of any of them sees what the last one decided.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::model::{Map, UserKey};

#[derive(Default)]
pub struct Profiles {
    /// The profile as decided, and how many commits of it are under way.
    ahead: RefCell<HashMap<UserKey, (Map, usize)>>,
}

impl Profiles {
    /// The profile as decided last, if it is ahead of the disk.
    pub fn ahead(&self, user: &UserKey) -> Option<Map> {
        self.ahead.borrow().get(user).map(|(profile, _)| profile.clone())
    }

    pub fn decided(&self, user: UserKey, profile: Map) {
        let mut ahead = self.ahead.borrow_mut();
        let entry = ahead.entry(user).or_default();
        entry.0 = profile;
        entry.1 += 1;
    }

    /// One commit ended: when the last one did, the disk is as far as we are.
    pub fn ended(&self, user: &UserKey) {
        let mut ahead = self.ahead.borrow_mut();
        if let Some(entry) = ahead.get_mut(user) {
            entry.1 -= 1;
            if entry.1 == 0 {
                ahead.remove(user);
            }
        }
    }
}

/// The profile with what a turn changed, when another session of the user may have changed it meanwhile: members that the
/// turn left as it found them are taken as they are now.
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
        let profiles = Profiles::default();
        let user = UserKey::of("u");
        profiles.decided(user, map(json!({ "n": 1 })));
        profiles.decided(user, map(json!({ "n": 2 })));
        profiles.ended(&user);
        assert_eq!(profiles.ahead(&user), Some(map(json!({ "n": 2 }))));
        profiles.ended(&user);
        assert_eq!(profiles.ahead(&user), None);
    }
}
