//! JavaScript at the edges of endpoints: every file of `transformers/`, compiled once and shared, and which of its
//! functions an endpoint switches on. A function that is switched on and not there is a fault of the endpoint; a mistake in
//! a file is one whether an endpoint names the file or not.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::door::TRANSFORMERS;
use super::endpoint::Rules;
use super::folder;
use crate::model::{Place, ProgramHash};
use crate::transformer::{Hook, Transformer};
use crate::yaml::{Faults, Node, did_you_mean};

const FOLDER: &str = "transformers";
const ENDINGS: [&str; 2] = [".js", ".ts"];
/// Describes types to an editor; there is nothing in it to run.
const DECLARATIONS: &str = ".d.ts";

/// The transformers of one endpoint.
pub struct Transformers {
    pub transformer: Arc<Transformer>,
    /// Of the text of the file: another text is a change of the endpoint.
    text: ProgramHash,
    on: Vec<Hook>,
    pub abort_on_error: bool,
}

/// The files of the folder.
#[derive(Default)]
pub(super) struct Files(Vec<File>);

struct File {
    name: String,
    /// None if there is a mistake in it.
    compiled: Option<(Arc<Transformer>, ProgramHash)>,
}

impl Transformers {
    pub fn has(&self, hook: Hook) -> bool {
        self.on.contains(&hook)
    }

    /// As its lines are told: `transformers/shop.js`.
    pub fn path(&self) -> String {
        format!("{FOLDER}/{}", self.transformer.file())
    }
}

impl PartialEq for Transformers {
    fn eq(&self, other: &Transformers) -> bool {
        let parts = |one: &Transformers| (one.path(), one.text.clone(), one.on.clone(), one.abort_on_error);
        parts(self) == parts(other)
    }
}

impl Files {
    pub(super) fn read(root: &Path, faults: &mut Faults) -> Files {
        let is_ours =
            |name: &String| ENDINGS.iter().any(|end| name.ends_with(end)) && !name.ends_with(DECLARATIONS);
        let names = folder::listed(root, FOLDER, faults).into_iter().filter(is_ours);
        let read = |name: String| {
            let text = folder::text(root, &format!("{FOLDER}/{name}"), faults);
            File::compile(name, text, faults)
        };
        Files(names.map(read).collect())
    }

    /// The keys of an endpoint that are about transformers; none if nothing is switched on.
    pub(super) fn take(&self, node: &Node, faults: &mut Faults) -> Option<Transformers> {
        let mut keys = node.keys(&TRANSFORMERS, faults)?;
        let named = keys.optional("file");
        let file = named.and_then(|node| self.find(node, faults));
        let mut on = Vec::new();
        for hook in Hook::ALL {
            let Some(node) = keys.optional(hook.key()) else { continue };
            if node.as_bool(faults) == Some(true) {
                on.push(hook);
                check(hook, node, named.is_some(), file, faults);
            }
        }
        let abort_on_error = keys.optional("abortOnError").and_then(|node| node.as_bool(faults));
        keys.finish(faults);
        let (transformer, text) = file.filter(|_| !on.is_empty())?.compiled.clone()?;
        Some(Transformers { transformer, text, on, abort_on_error: abort_on_error.unwrap_or(false) })
    }

    fn find(&self, node: &Node, faults: &mut Faults) -> Option<&File> {
        let name = node.as_str(faults)?;
        let found = self.0.iter().find(|file| file.name == name);
        if found.is_none() {
            let text = if ENDINGS.iter().any(|end| name.ends_with(end)) {
                let hint = did_you_mean(name, self.0.iter().map(|file| file.name.as_str()));
                format!("there is no file {FOLDER}/{name}{hint}")
            } else {
                format!("a transformer is a file in {FOLDER}/ such as shop.js or shop.ts, got \"{name}\"")
            };
            faults.push(&node.place, text);
        }
        found
    }
}

impl File {
    fn compile(name: String, text: Option<String>, faults: &mut Faults) -> File {
        let path = format!("{FOLDER}/{name}");
        let compiled = text.and_then(|text| match Transformer::new(&name, &text) {
            Ok(transformer) => Some((Arc::new(transformer), ProgramHash::of(&[&name, &text]))),
            Err(mistakes) => {
                for mistake in mistakes {
                    let place = Place { file: path.clone(), line: mistake.line, column: mistake.column };
                    faults.push(&place, mistake.text);
                }
                None
            }
        });
        File { name, compiled }
    }

    fn exports(&self) -> String {
        let has = |hook: &Hook| self.compiled.as_ref().is_some_and(|(transformer, _)| transformer.has(*hook));
        let names: Vec<_> = Hook::ALL.into_iter().filter(has).map(Hook::function).collect();
        if names.is_empty() { "none of these functions".to_owned() } else { names.join(", ") }
    }
}

/// What is switched on has to be there; a file with a mistake in it may have it.
fn check(hook: Hook, node: &Node, named: bool, file: Option<&File>, faults: &mut Faults) {
    let function = hook.function();
    match file {
        None if named => {}
        None => {
            let text =
                format!("nothing can run here without a file; write file: shop.js, which exports {function}");
            faults.push(&node.place, text);
        }
        Some(file) => {
            let missing = file.compiled.as_ref().is_some_and(|(transformer, _)| !transformer.has(hook));
            if missing {
                let (name, exports) = (&file.name, file.exports());
                let text = format!(
                    "{FOLDER}/{name} does not export {function}, it exports {exports}; write the function, or false here"
                );
                faults.push(&node.place, text);
            }
        }
    }
}

/// What transformers see of their endpoint, as reference.md section 4 names it: what there is in this version.
pub(super) fn object(rules: &Rules) -> Value {
    json!({
        "_id": rules.name,
        "name": rules.name,
        "channel": "webhook",
        "URLToken": rules.url_token,
        "flowId": rules.flow,
        "active": rules.enabled,
        "locale": rules.locale,
        "timezone": rules.timezone,
        "useContactProfiles": true,
        "useConversations": true,
        "useAnalytics": false,
        "maskLogging": true,
        "settings": rules.settings,
    })
}
