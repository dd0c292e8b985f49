//! The files of a project folder: which there are, what their names may be, and their texts.
//! What cannot be read is a fault among the others; nothing here looks into a text.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::Place;
use crate::yaml::Faults;

/// One YAML file of a folder.
pub struct File {
    /// `support`
    pub name: String,
    /// Relative to the project: `flows/support.yaml`.
    pub path: String,
    /// None when it could not be read; the fault is noted.
    pub text: Option<String>,
}

/// The YAML files of one folder of the project, by name. A folder that is not there is empty.
pub(super) fn files(root: &Path, folder: &str, faults: &mut Faults) -> Vec<File> {
    let mut found = Vec::new();
    for file_name in listed(root, folder, faults) {
        let path = format!("{folder}/{file_name}");
        if let Some(stem) = file_name.strip_suffix(".yml") {
            let text = format!("only .yaml files are read; rename it to \"{stem}.yaml\"");
            faults.push(&whole(&path), text);
        } else if let Some(name) = file_name.strip_suffix(".yaml") {
            let valid = check_name(&path, name, faults);
            let text = if valid { text(root, &path, faults) } else { None };
            found.push(File { name: name.to_owned(), path, text });
        }
    }
    found
}

/// The names of the files of one folder, sorted; hidden ones and folders are left out.
pub(super) fn listed(root: &Path, folder: &str, faults: &mut Faults) -> Vec<String> {
    match list(&root.join(folder)) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            faults.push(&whole(folder), format!("the folder cannot be read: {error}"));
            Vec::new()
        }
    }
}

/// The text of one file of the project; none, and a fault, if it cannot be read.
pub(super) fn text(root: &Path, path: &str, faults: &mut Faults) -> Option<String> {
    match fs::read(root.join(path)) {
        Ok(bytes) => String::from_utf8(bytes)
            .map_err(|_| faults.push(&whole(path), "the file is not UTF-8; save it as UTF-8"))
            .ok(),
        Err(error) => {
            faults.push(&whole(path), format!("the file cannot be read: {error}"));
            None
        }
    }
}

/// Where a fault of a file or folder as a whole is shown.
pub(super) fn whole(path: &str) -> Place {
    Place { file: path.to_owned(), line: 1, column: 1 }
}

fn list(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !path.is_dir() && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn check_name(path: &str, name: &str, faults: &mut Faults) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(plain) {
        return true;
    }
    let better: String = name.chars().map(|c| if plain(c) { c } else { '-' }).collect();
    let text = format!(
        "a name is made of the letters A to Z and a to z, digits, \"_\" and \"-\"; rename the file, for example to \
         \"{better}.yaml\""
    );
    faults.push(&whole(path), text);
    false
}
