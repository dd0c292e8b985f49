//! What can go wrong in the store, and what to do about it.

use std::path::PathBuf;

use super::key::Row;
use crate::model::{Quarantined, SessionId, SessionKey, hex};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "another antiphon uses {}; stop it, or give this one a folder of its own with --state", .path.display()
    )]
    InUse { path: PathBuf },
    #[error("cannot open the store in {}: {reason}; check that this user may write there", .path.display())]
    Open { path: PathBuf, reason: String },
    #[error(
        "the store in {} has format {found}, this antiphon reads format {known}; use the antiphon that wrote \
         it, or another folder with --state", .path.display()
    )]
    Format { path: PathBuf, found: String, known: u32 },
    #[error("the store in {} is damaged: {reason}; put back a backup of the folder", .path.display())]
    Corrupt { path: PathBuf, reason: String },
    #[error(transparent)]
    Damaged(Box<Damage>),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// Never seen outside tests: the process ends where it happens.
    #[error("the store failed: {reason}; start the server again, it recovers what was accepted")]
    Broken { reason: String },
}

/// One row that cannot be read: all that is needed to set it aside and go on.
#[derive(Debug, thiserror::Error)]
#[error("the {row} {} cannot be read: {reason}; set it aside", hex(.key))]
pub struct Damage {
    pub row: Row,
    /// The key of the row in the tree.
    pub key: Vec<u8>,
    /// For rows that belong to a session.
    pub session: Option<SessionKey>,
    /// For rows of a session that are numbered: the start of its life, and the sequence or turn.
    pub place: Option<(u64, u64)>,
    pub bytes: Vec<u8>,
    pub reason: String,
}

impl Damage {
    /// What is kept of the row for a person to look at. `key` is the session's, `id` its names as far as they are known.
    pub fn quarantined(&self, key: &SessionKey, id: Option<&SessionId>, at: u64) -> Quarantined {
        let bytes = Some(hex(&self.bytes));
        Quarantined {
            key: key.to_string(),
            id: id.cloned(),
            input: None,
            bytes,
            reason: self.to_string(),
            at,
        }
    }
}

/// Nothing was taken; the same may be accepted later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the store has more work waiting than it may; try again in a moment")]
    Overloaded,
    #[error("the disk of the state folder is nearly full; make room")]
    DiskFull,
    #[error("the server is shutting down; try again after its restart")]
    Closing,
}

/// The session was not at the version these writes were made for: none of them was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("session {key} is at {found:?}, the writes expected {expected:?}; read it again and redo the turn")]
pub struct Conflict {
    pub key: SessionKey,
    pub expected: Option<Version>,
    pub found: Option<Version>,
}

/// The state of a session: when this life of it began, and its turns so far.
pub type Version = (u64, u64);
