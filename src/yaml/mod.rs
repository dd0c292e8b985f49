//! Reading the project's YAML files: nodes with their places, and every fault in a file, not only the first.
//!
//! A file holds one document without anchors, aliases and tags. `${NAME}` in its strings is replaced from
//! the environment that the caller hands in; nothing here reads it, or any file, by itself.

mod environment;
mod fault;
mod keys;
mod locale;
mod node;
mod offset;
mod reader;

pub use environment::literal;
pub use fault::{Fault, Faults, did_you_mean, nearest, not_available};
pub use keys::Keys;
pub use locale::{locale, timezone, zone};
pub use node::{Entry, Node, Text, Value};
pub use reader::read;
