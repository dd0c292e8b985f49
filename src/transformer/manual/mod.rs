//! The manual of transformers as data: what each hook is given and gives back, and everything that a transformer finds beyond
//! the language. `antiphon help transformers` prints it; a test compares it with the sandbox, name by name.

mod edges;
mod globals;
mod libraries;

/// What is told together, under one word.
pub struct Topic {
    pub name: &'static str,
    pub doc: &'static str,
    pub parts: &'static [Part],
    /// JavaScript.
    pub example: &'static str,
}

pub struct Part {
    /// Empty if the topic says it.
    pub title: &'static str,
    pub of: Of,
    pub entries: &'static [Entry],
}

/// What the names of a part are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Functions that a file exports.
    Hooks,
    Globals,
    /// Members of what this expression gives, in an input-like hook.
    Members(&'static str),
    /// Members of the one argument of httpRequest.
    Options,
    /// Keys of antiphon.yaml.
    Settings,
    /// Nothing: they are not there.
    Missing,
}

pub struct Entry {
    /// As they are written, a function with its arguments.
    pub names: &'static [&'static str],
    pub doc: &'static str,
}

impl Entry {
    /// The names without arguments.
    pub fn plain_names(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().map(|name| name.split('(').next().unwrap_or(name))
    }
}

const fn entry(names: &'static [&'static str], doc: &'static str) -> Entry {
    Entry { names, doc }
}

const fn plain(of: Of, entries: &'static [Entry]) -> Part {
    Part { title: "", of, entries }
}

/// In reading order.
pub const TOPICS: [&Topic; 17] = [
    &edges::HOOKS,
    &edges::ENDPOINT,
    &edges::REQUEST,
    &edges::RESPONSE,
    &edges::HTTP_REQUEST,
    &edges::STORAGE,
    &globals::CONSOLE,
    &globals::CRYPTO,
    &globals::BUFFER,
    &globals::URLS,
    &globals::TEXTS,
    &libraries::CLEANER,
    &libraries::LODASH,
    &libraries::MOMENT,
    &libraries::XMLJS,
    &globals::LANGUAGE,
    &edges::LIMITS,
];
