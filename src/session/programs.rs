//! Earlier versions of flows that sessions of this shard are in the middle of, compiled from the texts in the store.
//! As many as are in use at once, by a guess; one more is compiled again, which takes milliseconds.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::flow::Program;
use crate::model::ProgramHash;
use crate::project;
use crate::store::Store;
use crate::yaml::Fault;

/// Edits while people talk leave a few versions in use; a large program takes about a megabyte.
const PROGRAMS_MAX: usize = 64;

/// Used last stands last.
#[derive(Default)]
pub struct Programs(VecDeque<Arc<Program>>);

impl Programs {
    /// The program that was stored under this hash, or why it cannot be had.
    pub fn earlier(&mut self, hash: &ProgramHash, store: &Store) -> Result<Arc<Program>, String> {
        let known = self.0.iter().position(|program| program.hash == *hash);
        let program = match known.and_then(|at| self.0.remove(at)) {
            Some(program) => program,
            None => compiled(hash, store)?,
        };
        if self.0.len() == PROGRAMS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(program.clone());
        Ok(program)
    }
}

fn compiled(hash: &ProgramHash, store: &Store) -> Result<Arc<Program>, String> {
    let source = store.program(hash).map_err(|error| error.to_string())?;
    let source = source.ok_or("it is not in the store")?;
    let first = |faults: Vec<Fault>| faults.first().map_or_else(String::new, ToString::to_string);
    let program = project::recompile(&source, &|name| std::env::var(name).ok());
    Ok(Arc::new(program.map_err(first)?))
}
