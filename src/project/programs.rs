//! From the texts of flows to programs: all flows of a folder, each checked whether an endpoint names it or not,
//! and a program that a live session began with, from the texts that were stored with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::folder;
use crate::flow::{self, Flow, Program, SyntaxError};
use crate::model::{ProgramSource, ScriptKind};
use crate::script;
use crate::yaml::{Fault, Faults};

/// Every flow of the folder, by name, and the names of those that could not even be read.
pub(super) struct Flows {
    pub names: Vec<String>,
    flows: BTreeMap<String, Flow>,
}

impl Flows {
    pub(super) fn read(root: &Path, env: &dyn Fn(&str) -> Option<String>, faults: &mut Faults) -> Flows {
        let files = folder::files(root, "flows", faults);
        let names = files.iter().map(|file| file.name.clone()).collect();
        let texts = files.into_iter().filter_map(|file| Some((file.name, file.text?)));
        Flows { names, flows: parse_all(texts, env, faults) }
    }

    /// One program for each of these flows. Call it only when there was no fault in any file.
    pub(super) fn compile<'a>(
        &self,
        entries: impl Iterator<Item = &'a str>,
    ) -> BTreeMap<String, Arc<Program>> {
        let entries: BTreeSet<&str> = entries.collect();
        let compiled = |entry: &str| {
            flow::compile(entry, &self.flows).expect("flows without faults, and an entry among them, compile")
        };
        entries.into_iter().map(|entry| (entry.to_owned(), Arc::new(compiled(entry)))).collect()
    }
}

/// The program of a session that is in the middle of a version that the folder may no longer have. Its texts had no
/// fault when they were stored; they can have one since, for example when a `${NAME}` is no longer set.
pub fn recompile(
    source: &ProgramSource,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Program, Vec<Fault>> {
    let mut faults = Faults::default();
    let texts = source.sources.iter().map(|(name, text)| (name.clone(), text.clone()));
    let flows = parse_all(texts, env, &mut faults);
    if !flows.contains_key(&source.flow) {
        let text = format!("the stored program lacks its first flow \"{}\"", source.flow);
        faults.push(&folder::whole(&format!("flows/{}.yaml", source.flow)), text);
    }
    if !faults.is_empty() {
        return Err(faults.sorted());
    }
    Ok(flow::compile(&source.flow, &flows).expect("flows without faults, and an entry among them, compile"))
}

fn parse_all(
    texts: impl Iterator<Item = (String, String)>,
    env: &dyn Fn(&str) -> Option<String>,
    faults: &mut Faults,
) -> BTreeMap<String, Flow> {
    let flows = texts
        .map(|(name, text)| {
            let flow = flow::parse(&name, &text, env, &check, faults);
            (name, flow)
        })
        .collect();
    flow::link(&flows, faults);
    flows
}

fn check(kind: ScriptKind, source: &str, locals: &[String]) -> Result<(), SyntaxError> {
    script::check(kind, source, locals).map_err(|script::SyntaxError { line, column, text }| SyntaxError {
        line,
        column,
        text,
    })
}
