//! Running a session again from what was recorded of it: the same events at the same times with the same seeds.
//!
//! In the programs that it ran in, every turn comes out to the byte. In a changed flow the first turn that does not is what
//! the change would have done. Pure: everything comes in as an argument, and nothing is called: what was answered once is
//! taken from the recording. An event that cannot come to the changed flow, or that it would have needed, ends the replay.

mod compare;
mod event;
mod profile;
mod run;
#[cfg(test)]
mod tests;

pub use compare::{Difference, What, compare};
pub use run::run;

use std::collections::HashMap;
use std::sync::Arc;

use crate::flow::Program;
use crate::model::{Map, Pending, Position, ProgramHash, Record, Session, SessionId};
use crate::project::{Endpoint, Project};
use crate::turn::{Bounds, Door};

/// One life of a session, as it was recorded.
#[derive(Clone, Debug)]
pub struct Recording {
    pub id: SessionId,
    pub started_at: u64,
    /// All turns, from the first.
    pub records: Vec<Record>,
    /// None of a session that is over: little of it is kept.
    pub kept: Option<Kept>,
}

/// What is kept after the last turn.
#[derive(Clone, Debug)]
pub struct Kept {
    pub context: Map,
    pub position: Position,
    /// What is waited for; only reminders are compared, since the others belong to the position.
    pub waits: Vec<Pending>,
}

/// Where it is played: what flows may know of the endpoint, and how far a turn may go at the most.
#[derive(Clone, Debug)]
pub struct Stage {
    pub door: Arc<Door>,
    pub bounds: Arc<Bounds>,
}

/// What is played.
#[derive(Clone, Copy)]
pub enum Flows<'a> {
    /// Each turn in the program that it ran in.
    Recorded(&'a Programs),
    /// All of them in this one.
    Changed(&'a Program),
}

pub type Programs = HashMap<ProgramHash, Arc<Program>>;

#[derive(Debug)]
pub struct Replay {
    /// The turns as they are now, each for the record at the same place.
    pub turns: Vec<Replayed>,
    /// The state after the last of them.
    pub session: Session,
    /// Why the next record could not be played. Only a changed flow has such an end.
    pub stuck: Option<String>,
    /// The lines of a changed flow may have moved: then places do not count.
    changed: bool,
}

#[derive(Debug)]
pub struct Replayed {
    pub record: Record,
    /// What the session waits for from now on, or who has it, for people.
    pub then: Option<String>,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error(
        "turn {turn} ran in the program {program}, which cannot be had; name a project to replay in with --project"
    )]
    NoProgram { turn: u64, program: ProgramHash },
    #[error("the recording begins with turn {first}, not with the first: what was before it is missing")]
    NoBeginning { first: u64 },
    #[error("the recording has no turn {missing}, though it has later ones")]
    Gap { missing: u64 },
}

impl Stage {
    pub fn of(project: &Project, endpoint: &Endpoint) -> Stage {
        Stage { door: endpoint.door.clone(), bounds: project.bounds.clone() }
    }
}
