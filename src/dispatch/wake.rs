//! A wait that is over, on its way to its session. Until the session has committed what follows from it, it comes back:
//! dropped for whatever reason, it is tried again a little later.

use std::sync::Arc;

use actix::{Addr, Message};

use super::actor::{Again, Dispatch, Over};
use crate::model::{CallResult, Owed, Woken};
use crate::store::Place;

/// So often may the process end after a start that found this due, before it counts as poison: as for an input that waits.
pub const TRIES_MAX: u32 = 10;
/// Until a session that could not take it is woken again, milliseconds.
const AGAIN_AFTER_MS: u64 = 1_000;

#[derive(Message)]
#[rtype(result = "()")]
pub struct Wake {
    pub owed: Arc<Owed>,
    /// How the call ended, if it was one.
    pub answer: Option<Arc<CallResult>>,
    back: Option<Addr<Dispatch>>,
    fate: Fate,
}

/// What becomes of a wake that nothing followed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It comes back after this time, milliseconds.
    Again(u64),
    /// It stays on the disk until another version of the project is taken over.
    Left,
}

impl Wake {
    pub(super) fn new(owed: Owed, answer: Option<Arc<CallResult>>, back: Addr<Dispatch>) -> Wake {
        Wake { owed: Arc::new(owed), answer, back: Some(back), fate: Fate::Again(AGAIN_AFTER_MS) }
    }

    /// What it is for the turn.
    pub fn woken(&self) -> Woken {
        Woken { wait: self.owed.wait.id, answer: self.answer.as_deref().cloned() }
    }

    /// What follows from it is flushed, or nothing does.
    pub fn done(mut self) {
        if let Some(dispatch) = self.back.take() {
            dispatch.do_send(Over(Place::of(&self.owed)));
        }
    }

    /// Its endpoint is not in the project.
    pub fn leave(mut self) {
        self.fate = Fate::Left;
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        if let Some(dispatch) = self.back.take() {
            // Gone when the server goes down: the next start finds the row.
            dispatch.do_send(Again { owed: self.owed.clone(), answer: self.answer.take(), fate: self.fate });
        }
    }
}
