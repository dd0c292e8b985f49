//! Transformers where they are called: what each hook is given, what its result means, and the threads on which runs wait
//! for answers.
//!
//! A run that ends in a moment is done where it is called (`at_once`). Any other starts anew in a lane (`Lanes`), where it
//! may send requests, all of them through the guard of `egress`. Nothing here writes to a session: what came of a run is
//! a value, and whoever called it commits it.

mod arrival;
mod departure;
mod lane;
mod lanes;
mod lately;
mod notes;
mod outside;
mod posted;
mod room;
mod runner;

pub use arrival::{Arrival, Arrived, arrived, hook, job};
pub use departure::{Departed, Departures, Given};
pub use lanes::{Lanes, Order, Run};
use notes::of_run;
pub use notes::{Failed, Words, log, problem, told};
pub use outside::{Recall, Recalled, called, host, outcome};
pub use posted::{Posted, Wire};
pub use runner::{Runner, at_once};

use crate::model::{DEPTH_MAX, Map, is_too_deep};
use crate::transformer::Kept;

/// What a run made of a memory that others may change meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub found: Map,
    pub left: Map,
}

/// Why what a run leaves in the storage of a session cannot be kept.
pub fn check_kept(kept: &Kept, bytes_max: usize) -> Result<(), String> {
    if is_too_deep(&kept.left) {
        return Err(format!(
            "the session storage has lists and objects more than {DEPTH_MAX} deep in one another"
        ));
    }
    let bytes = serde_json::to_vec(&kept.left).map_or(usize::MAX, |written| written.len());
    if bytes > bytes_max {
        return Err(format!(
            "the session storage has {bytes} bytes, {bytes_max} are allowed (limits.contextBytes)"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
