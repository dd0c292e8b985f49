//! A new project folder, ready to serve: one endpoint, one flow, one conversation test, and the schemas for editors.
//! Never writes into a folder that holds anything.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::schema::write_schemas;

/// What a new project consists of. `URL_TOKEN` in a text is replaced by the new door's token.
const FILES: [(&str, &str); 5] = [
    ("antiphon.yaml", include_str!("template/antiphon.yaml")),
    ("endpoints/main.yaml", include_str!("template/endpoints/main.yaml")),
    ("flows/main.yaml", include_str!("template/flows/main.yaml")),
    ("tests/main.yaml", include_str!("template/tests/main.yaml")),
    (".gitignore", ".state/\n"),
];

#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("{} is not empty; name a folder that is empty or does not exist", .0.display())]
    NotEmpty(PathBuf),
    #[error("{} could not be written: {source}", .path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Makes the project and returns what to tell its owner to do next. `url_token`: 64 random hex digits.
pub fn init(folder: &Path, url_token: &str) -> Result<String, InitError> {
    if !is_vacant(folder).map_err(failed(folder))? {
        return Err(InitError::NotEmpty(folder.to_owned()));
    }
    for (name, text) in FILES {
        let path = folder.join(name);
        write(&path, &text.replace("URL_TOKEN", url_token)).map_err(failed(&path))?;
    }
    write_schemas(folder).map_err(failed(folder))?;
    Ok(next_steps(folder))
}

fn is_vacant(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::File::create_new(path)?.write_all(text.as_bytes())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> InitError {
    let path = path.to_owned();
    |source| InitError::Io { path, source }
}

fn next_steps(folder: &Path) -> String {
    let project = folder.display();
    format!(
        "{project} is ready: a door in endpoints/main.yaml, what the bot says in flows/main.yaml.\n\
         \n\
         Each in a terminal of its own:\n  \
         antiphon serve {project}\n  \
         antiphon listen\n  \
         antiphon chat {project}\n\
         \n\
         After a change:\n  \
         antiphon check {project}\n  \
         antiphon test {project}\n"
    )
}
