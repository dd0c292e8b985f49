//! The JSON Schemas of a project's files, beside them in `.schemas`, where editors find them without a network.
//! They are written by `init` and on request; nothing reads them when the project is loaded.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{conversation, door};
use crate::config;
use crate::flow::language;
use crate::yaml::schema;
use crate::yaml::shape::Document;

/// In the project folder. The first line of a file names it: `# yaml-language-server: $schema=../.schemas/flow.json`.
const FOLDER: &str = ".schemas";

/// Every kind of file that a project is made of.
pub fn documents() -> [&'static Document; 4] {
    [&language::FLOW, &door::DOCUMENT, config::document(), &conversation::DOCUMENT]
}

/// The schema of one kind of file, as it is printed and stored.
pub fn schema_text(document: &Document) -> String {
    format!("{:#}\n", schema(document))
}

/// Writes all of them into the project, over what was there. The paths of those that changed.
pub fn write_schemas(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    fs::create_dir_all(root.join(FOLDER))?;
    for document in stale(root, |_| true) {
        let path = path(root, document);
        fs::write(&path, schema_text(document))?;
        written.push(path);
    }
    Ok(written)
}

/// Whether the project holds schemas of another version than this one.
pub fn has_stale_schemas(root: &Path) -> bool {
    !stale(root, |path| path.exists()).is_empty()
}

/// The kinds whose file is not what this version writes, among those whose file counts.
fn stale(root: &Path, counts: impl Fn(&Path) -> bool) -> Vec<&'static Document> {
    let is_stale = |document: &&Document| {
        let path = path(root, document);
        counts(&path) && fs::read_to_string(&path).ok().as_deref() != Some(schema_text(document).as_str())
    };
    documents().into_iter().filter(is_stale).collect()
}

fn path(root: &Path, document: &Document) -> PathBuf {
    root.join(FOLDER).join(format!("{}.json", document.name))
}
