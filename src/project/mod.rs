//! A project folder, read whole: settings, endpoints and programs as one value that never changes, or every
//! fault in it with its place. Reads the folder and nothing else; the environment comes in as an argument.

mod endpoint;
mod folder;
mod init;
mod later;
mod programs;
mod settings;
#[cfg(test)]
mod tests;
mod value;
mod webhook;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use endpoint::{Auth, Endpoint, Overlap, SessionRules};
pub use init::{InitError, init};
pub use programs::recompile;
pub use webhook::{OnExhausted, Webhook};

use crate::config::{Overlay, Settings};
use crate::flow::Program;
use crate::yaml::{self, Fault, Faults};
use endpoint::Surroundings;
use programs::Flows;

pub struct Project {
    pub root: PathBuf,
    pub settings: Settings,
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
    let endpoints = read_endpoints(root, &flows.names, env, &mut faults);
    if !faults.is_empty() {
        return Err(LoadError::Faults(faults.sorted()));
    }
    let by_token = endpoints.values().map(|door| (door.url_token.clone(), Arc::clone(door))).collect();
    let programs = flows.compile(endpoints.values().map(|door| door.flow.as_str()));
    Ok(Project { root: root.to_owned(), settings, endpoints, programs, by_token })
}

impl Project {
    /// The endpoint whose path this is.
    pub fn by_token(&self, url_token: &str) -> Option<&Arc<Endpoint>> {
        self.by_token.get(url_token)
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
) -> BTreeMap<String, Arc<Endpoint>> {
    let transformers = folder::listed(root, "transformers", faults);
    let mut around = Surroundings { flows, transformers: &transformers, tokens: HashMap::new() };
    let mut endpoints = BTreeMap::new();
    let files = folder::files(root, "endpoints", faults);
    if files.is_empty() {
        let text = "there are no endpoints, so nobody could post; write endpoints/NAME.yaml, or make a new project with \
                    `antiphon init DIR`";
        faults.push(&folder::whole("endpoints"), text);
    }
    for file in files {
        let node = file.text.and_then(|text| yaml::read(&file.path, &text, env, faults));
        if let Some(endpoint) = node.and_then(|node| Endpoint::read(&file.name, &node, &mut around, faults)) {
            endpoints.insert(file.name, Arc::new(endpoint));
        }
    }
    endpoints
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}
