//! One piece of JavaScript that stands in a flow: a bare expression or the body of a code step.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A piece of JavaScript with its place in the file and the names it may use.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    pub kind: ScriptKind,
    pub source: String,
    /// Names of the `each` steps around it, outermost first; each is a variable of the script.
    pub locals: Vec<String>,
    pub place: Place,
    /// The same for the same kind, locals and source, whatever the program: what compiled code is kept under.
    pub id: u64,
    /// Set for an expression that only walks down from a known object, like `context.order.id`:
    /// it can be answered without JavaScript.
    pub path: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScriptKind {
    /// Gives a value, changes nothing.
    Expression,
    /// Statements that may change `context` and `profile` and call `say` and `log`.
    Code,
}

/// Where something stands in a project file. Lines and columns count from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Relative to the project folder, like `flows/support.yaml`.
    pub file: String,
    pub line: usize,
    pub column: usize,
}

/// The objects every script sees.
pub const OBJECTS: [&str; 5] = ["input", "context", "profile", "session", "endpoint"];

impl Script {
    pub fn new(kind: ScriptKind, source: &str, locals: &[String], place: Place) -> Script {
        Script {
            kind,
            source: source.to_owned(),
            locals: locals.to_vec(),
            place,
            id: identify(kind, source, locals),
            path: if kind == ScriptKind::Expression { plain_path(source) } else { None },
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

fn identify(kind: ScriptKind, source: &str, locals: &[String]) -> u64 {
    let mut digest = Sha256::new().chain_update([kind as u8]);
    for part in locals.iter().map(String::as_str).chain([source]) {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    u64::from_be_bytes(digest.finalize()[..8].try_into().expect("a SHA-256 has 32 bytes"))
}

/// `context.order.id` as its three names; none for anything that needs JavaScript to be understood.
fn plain_path(source: &str) -> Option<Vec<String>> {
    let names: Vec<&str> = source.trim().split('.').collect();
    let known = OBJECTS.contains(names.first()?);
    let plain = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    (known && names.len() > 1 && names.iter().all(plain))
        .then(|| names.into_iter().map(str::to_owned).collect())
}
