//! What the scripts of one turn can see and change: the five objects of a flow.
//! `context` and `profile` are the memory; each change to one gives it a new revision, so that the sandbox knows
//! when what it handed to JavaScript is out of date. `session` changes where a flow chooses its language or time zone; the
//! other two never change within a turn.

use crate::model::Map;

pub struct Scope {
    objects: [Map; 5],
    revisions: [u64; 5],
}

/// The objects in the order of `model::OBJECTS`.
pub(super) const INPUT: usize = 0;
pub(super) const CONTEXT: usize = 1;
pub(super) const PROFILE: usize = 2;
pub(super) const SESSION: usize = 3;
pub(super) const ENDPOINT: usize = 4;

impl Scope {
    pub fn new(input: Map, session: Map, endpoint: Map, context: Map, profile: Map) -> Scope {
        Scope { objects: [input, context, profile, session, endpoint], revisions: [0; 5] }
    }

    pub fn input(&self) -> &Map {
        &self.objects[INPUT]
    }

    pub fn session(&self) -> &Map {
        &self.objects[SESSION]
    }

    /// The session to write to; from here on scripts are handed it anew.
    pub fn session_mut(&mut self) -> &mut Map {
        self.object_mut(SESSION)
    }

    pub fn endpoint(&self) -> &Map {
        &self.objects[ENDPOINT]
    }

    pub fn context(&self) -> &Map {
        &self.objects[CONTEXT]
    }

    /// The context to write to; from here on scripts are handed it anew.
    pub fn context_mut(&mut self) -> &mut Map {
        self.object_mut(CONTEXT)
    }

    pub fn profile(&self) -> &Map {
        &self.objects[PROFILE]
    }

    /// The profile to write to; from here on scripts are handed it anew.
    pub fn profile_mut(&mut self) -> &mut Map {
        self.object_mut(PROFILE)
    }

    /// The context and the profile as the turn leaves them.
    pub fn into_memory(self) -> (Map, Map) {
        let [_, context, profile, ..] = self.objects;
        (context, profile)
    }

    pub(super) fn object(&self, index: usize) -> &Map {
        &self.objects[index]
    }

    pub(super) fn object_mut(&mut self, index: usize) -> &mut Map {
        self.revisions[index] += 1;
        &mut self.objects[index]
    }

    pub(super) fn revision(&self, index: usize) -> u64 {
        self.revisions[index]
    }
}
