//! A project folder, read whole: settings, endpoints and programs as one value that never changes, or every
//! fault in it with its place. Reads the folder and nothing else; the environment comes in as an argument.

pub mod conversation;
mod door;
mod endpoint;
mod folder;
mod init;
mod later;
mod live;
mod programs;
mod schema;
mod settings;
mod signer;
#[cfg(test)]
mod tests;
mod transformers;
mod value;
mod webhook;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use endpoint::{Auth, Endpoint, Overlap, SessionRules};
pub use folder::File;
pub use init::{InitError, init};
pub use live::{Change, Live};
pub use programs::recompile;
pub use schema::{documents, has_stale_schemas, schema_text, write_schemas};
pub use signer::{SecretError, Signer};
pub use transformers::Transformers;
pub use webhook::{OnExhausted, Webhook};

use crate::config::{Limits, Overlay, Settings};
use crate::flow::Program;
use crate::model::ProgramHash;
use crate::transformer;
use crate::turn::Bounds;
use crate::yaml::{self, Fault, Faults};
use endpoint::{Rules, Surroundings};
use programs::Flows;
use transformers::Files;

pub struct Project {
    pub root: PathBuf,
    pub settings: Settings,
    /// How far one turn may go.
    pub bounds: Arc<Bounds>,
    /// By name.
    pub endpoints: BTreeMap<String, Arc<Endpoint>>,
    /// By the name of the flow they start with: one for each flow that an endpoint names.
    pub programs: BTreeMap<String, Arc<Program>>,
    by_token: HashMap<String, Arc<Endpoint>>,
}

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// At least one, sorted by file and line.
    #[error("{}", lines(.0))]
    Faults(Vec<Fault>),
    #[error("there is no folder {}; `antiphon init {}` makes a project", .0.display(), .0.display())]
    NoFolder(PathBuf),
}

/// Reads the folder. The overlay is written over `antiphon.yaml`; `env` answers for `${NAME}` in the files.
pub fn load(
    root: &Path,
    overlay: &Overlay,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Project, LoadError> {
    if !root.is_dir() {
        return Err(LoadError::NoFolder(root.to_owned()));
    }
    let mut faults = Faults::default();
    let mut settings = settings::read(root, env, &mut faults);
    overlay.apply(&mut settings);
    let flows = Flows::read(root, env, &mut faults);
    let rules = read_endpoints(root, &flows.names, env, &mut faults);
    if !faults.is_empty() {
        return Err(LoadError::Faults(faults.sorted()));
    }
    let programs = flows.compile(rules.iter().map(|rules| rules.flow.as_str()));
    let bind = |rules: Rules| {
        let program = programs[&rules.flow].clone();
        (rules.name.clone(), Arc::new(Endpoint::new(rules, program)))
    };
    let endpoints: BTreeMap<String, Arc<Endpoint>> = rules.into_iter().map(bind).collect();
    let by_token = endpoints.values().map(|door| (door.url_token.clone(), Arc::clone(door))).collect();
    let bounds = Arc::new(bounds(&settings.limits));
    Ok(Project { root: root.to_owned(), settings, bounds, endpoints, programs, by_token })
}

impl Project {
    /// The endpoint whose path this is.
    pub fn by_token(&self, url_token: &str) -> Option<&Arc<Endpoint>> {
        self.by_token.get(url_token)
    }

    /// The program with this hash, if an endpoint starts with it.
    pub fn program(&self, hash: &ProgramHash) -> Option<&Arc<Program>> {
        self.programs.values().find(|program| program.hash == *hash)
    }

    /// How far one run of a transformer may go.
    pub fn transformer_bounds(&self) -> transformer::Bounds {
        let limits = &self.settings.limits;
        transformer::Bounds {
            computing_ms: limits.transformer_ms,
            requests_max: limits.transformer_requests,
            memory_bytes: limits.transformer_memory_bytes,
            result_bytes_max: limits.body_bytes,
        }
    }

    /// The same files under other settings.
    fn with_settings(self, settings: Settings) -> Project {
        let bounds = Arc::new(bounds(&settings.limits));
        Project { settings, bounds, ..self }
    }
}

/// Without the tokens: whoever knows one may post.
impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoints: Vec<_> = self.endpoints.values().collect();
        f.debug_struct("Project")
            .field("root", &self.root)
            .field("endpoints", &endpoints)
            .finish_non_exhaustive()
    }
}

fn read_endpoints(
    root: &Path,
    flows: &[String],
    env: &dyn Fn(&str) -> Option<String>,
    faults: &mut Faults,
) -> Vec<Rules> {
    let transformers = Files::read(root, faults);
    let mut around = Surroundings { flows, transformers: &transformers, tokens: HashMap::new() };
    let files = folder::files(root, "endpoints", faults);
    if files.is_empty() {
        let text = "there are no endpoints, so nobody could post; write endpoints/NAME.yaml, or make a new project with \
                    `antiphon init DIR`";
        faults.push(&folder::whole("endpoints"), text);
    }
    let read = |file: folder::File| {
        let node = yaml::read(&file.path, &file.text?, env, faults)?;
        Rules::read(&file.name, &node, &mut around, faults)
    };
    files.into_iter().filter_map(read).collect()
}

/// The texts of the conversation tests. They are no part of a `Project`: a fault in one keeps no server from starting.
pub fn test_files(root: &Path, faults: &mut Faults) -> Vec<File> {
    folder::files(root, "tests", faults)
}

/// The endpoints that have a file, whether it can be read or not; `load` tells what is wrong with it.
pub fn endpoint_names(root: &Path) -> Vec<String> {
    let files = folder::listed(root, "endpoints", &mut Faults::default());
    files.iter().filter_map(|file| file.strip_suffix(".yaml")).map(str::to_owned).collect()
}

fn bounds(limits: &Limits) -> Bounds {
    Bounds {
        steps_max: limits.steps_per_input,
        goto_max: limits.goto_repeats,
        context_bytes_max: limits.context_bytes,
        script_steps_max: limits.script_steps,
        // The number of steps and the size of the context bound it.
        copied_bytes_max: u64::MAX,
    }
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}
