//! What a changed flow wrote to the profile of its user. The recording has the profile as the recorded flow left it; what the
//! changed flow wrote itself stands over that.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::Map;

/// By member: what was written last, none if it was taken away.
#[derive(Default)]
pub(super) struct Profile(BTreeMap<String, Option<Value>>);

impl Profile {
    pub(super) fn changed(&mut self, found: &Map, left: &Map) {
        let written = left.iter().filter(|(name, value)| found.get(*name) != Some(*value));
        self.0.extend(written.map(|(name, value)| (name.clone(), Some(value.clone()))));
        let gone = found.keys().filter(|name| !left.contains_key(*name));
        self.0.extend(gone.map(|name| (name.clone(), None)));
    }

    pub(super) fn over(&self, mut recorded: Map) -> Map {
        for (name, value) in &self.0 {
            match value {
                Some(value) => recorded.insert(name.clone(), value.clone()),
                None => recorded.remove(name),
            };
        }
        recorded
    }
}
