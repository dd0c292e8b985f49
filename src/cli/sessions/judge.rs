//! Whether a session comes out the same: finds what it is to be played in, and plays it.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use antiphon::flow::Program;
use antiphon::model::ProgramHash;
use antiphon::project::{Project, recompile};
use antiphon::replay::{self, Difference, Flows, Programs, Recording, Stage};
use antiphon::script::Sandbox;

use crate::cli::server::Server;
use crate::cli::{Error, settings};

pub enum Verdict {
    Same,
    Differs(Difference),
    /// It could not be played, and why.
    Failed(String),
}

pub struct Judge {
    /// The project whose endpoints the sessions are played at.
    project: Project,
    /// It is a changed one: sessions are played in its flows, not in those they ran in.
    changed: bool,
    programs: Programs,
    /// Programs that cannot be had, and why.
    missing: HashMap<ProgramHash, String>,
    sandbox: Sandbox,
}

impl Judge {
    /// Of sessions in the programs they ran in.
    pub fn of_recorded(project: Project) -> Judge {
        let known = project.programs.values().map(|program| (program.hash.clone(), program.clone()));
        let programs = known.collect();
        Judge { programs, ..Judge::new(project, false) }
    }

    /// Of sessions in a changed project, which has all these endpoints.
    pub fn of_changed(project: Project, folder: PathBuf, endpoints: &[String]) -> Result<Judge, Error> {
        match endpoints.iter().find(|name| !project.endpoints.contains_key(*name)) {
            Some(name) => Err(Error::NotInChanged { name: name.clone(), folder }),
            None => Ok(Judge::new(project, true)),
        }
    }

    fn new(project: Project, changed: bool) -> Judge {
        let sandbox = Sandbox::new(project.settings.limits.script_memory_bytes);
        Judge { project, changed, programs: Programs::new(), missing: HashMap::new(), sandbox }
    }

    pub async fn judge(&mut self, server: &Server, recording: &Recording) -> Result<Verdict, Error> {
        if !self.changed
            && let Some(reason) = self.find_programs(server, recording).await?
        {
            return Ok(Verdict::Failed(reason));
        }
        let endpoint = &self.project.endpoints[&recording.id.endpoint];
        let flows =
            if self.changed { Flows::Changed(&endpoint.program) } else { Flows::Recorded(&self.programs) };
        let stage = Stage::of(&self.project, endpoint);
        let sandbox = &mut self.sandbox;
        Ok(caught(|| play(recording, flows, &stage, sandbox)).unwrap_or_else(|failed| {
            // The one that was used may be broken.
            self.sandbox = Sandbox::new(self.project.settings.limits.script_memory_bytes);
            failed
        }))
    }

    /// Asks the server for those that are not known yet; why one cannot be had.
    async fn find_programs(
        &mut self,
        server: &Server,
        recording: &Recording,
    ) -> Result<Option<String>, Error> {
        let hashes: HashSet<&ProgramHash> =
            recording.records.iter().filter_map(|record| record.program.as_ref()).collect();
        for hash in hashes {
            if let Some(reason) = self.missing.get(hash) {
                return Ok(Some(reason.clone()));
            }
            if self.programs.contains_key(hash) {
                continue;
            }
            match fetch(server, hash).await? {
                Ok(program) => drop(self.programs.insert(hash.clone(), program)),
                Err(reason) => {
                    let reason = format!(
                        "the program {hash} it ran in cannot be had: {reason}; name a project to replay it in with --project"
                    );
                    self.missing.insert(hash.clone(), reason.clone());
                    return Ok(Some(reason));
                }
            }
        }
        Ok(None)
    }
}

fn play(recording: &Recording, flows: Flows, stage: &Stage, sandbox: &mut Sandbox) -> Verdict {
    match replay::run(recording, flows, stage, sandbox) {
        Ok(replay) => replay::compare(recording, &replay).map_or(Verdict::Same, Verdict::Differs),
        Err(error) => Verdict::Failed(error.to_string()),
    }
}

/// What is played, or what is told of it if it panics: the other sessions are still to come.
fn caught(play: impl FnOnce() -> Verdict) -> Result<Verdict, Verdict> {
    let text = "a turn panicked: that is a mistake of Antiphon, not of the flow; please report it";
    catch_unwind(AssertUnwindSafe(play)).map_err(|_| Verdict::Failed(text.to_owned()))
}

/// The inner error is about this program only.
async fn fetch(server: &Server, hash: &ProgramHash) -> Result<Result<Arc<Program>, String>, Error> {
    let source = match server.program(hash).await {
        Ok(source) => source,
        Err(Error::Refused(problem)) => return Ok(Err(problem)),
        Err(other) => return Err(other),
    };
    let first = |faults: Vec<_>| faults.first().map_or_else(String::new, ToString::to_string);
    Ok(recompile(&source, &settings::env).map(Arc::new).map_err(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_whose_turn_panics_is_one_that_was_not_replayed() {
        let Err(Verdict::Failed(reason)) = caught(|| panic!("on purpose")) else {
            panic!("it has a verdict")
        };
        assert!(reason.contains("a turn panicked"), "{reason}");
        assert!(matches!(caught(|| Verdict::Same), Ok(Verdict::Same)));
    }
}
