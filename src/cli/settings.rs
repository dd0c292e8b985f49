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
    let variables = std::env::vars_os();
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let mut overlay = Overlay::environment(variables.filter_map(text))?;
    for (flag, path, value) in flags {
        if let Some(value) = value {
            overlay.flag(flag, path, value)?;
        }
    }
    Ok(overlay)
}

pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
