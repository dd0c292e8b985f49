//! The project as the environment and the flags of a command change it.

use std::path::Path;

use antiphon::config::{self, Overlay};
use antiphon::project::{self, Project};

use super::Error;

/// A flag that stands for a setting: its name, the setting's path, and its value if it was given.
pub type Flag<'a> = (&'a str, &'a str, Option<&'a str>);

pub fn load(project: &Path, flags: &[Flag]) -> Result<Project, Error> {
    Ok(project::load(project, &overlay(flags)?, &env)?)
}

/// Environment, then flags: later wins.
pub fn overlay(flags: &[Flag]) -> Result<Overlay, config::Error> {
    let mut overlay = Overlay::environment(variables()?)?;
    for (flag, path, value) in flags {
        if let Some(value) = value {
            overlay.flag(flag, path, value)?;
        }
    }
    Ok(overlay)
}

/// What is no text cannot be one of ours, unless its name says so: then it is not passed over in silence.
fn variables() -> Result<Vec<(String, String)>, config::Error> {
    let mut texts = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => texts.push((name, value)),
            Err(_) if name.starts_with(config::PREFIX) => {
                let text = "its value is not UTF-8; set it as UTF-8".to_owned();
                return Err(config::Error::Invalid { origin: name, text });
            }
            Err(_) => {}
        }
    }
    Ok(texts)
}

pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
