//! Reading the project's YAML files: nodes with their places, and every fault in a file, not only the first.
//!
//! A file holds one document without anchors, aliases and tags. `${NAME}` in its strings is replaced from
//! the environment that the caller hands in; nothing here reads it, or any file, by itself. What keys a mapping may have
//! is said by its `Shape`, from which its JSON Schema comes too.

mod environment;
mod fault;
mod keys;
mod locale;
mod node;
mod offset;
mod reader;
mod schema;
pub mod shape;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod trial;

pub use environment::{literal, replace};
pub use fault::{Fault, Faults, did_you_mean, nearest, not_available};
pub use keys::Keys;
pub use locale::{locale, timezone, zone};
pub use node::{Entry, Node, Text, Value};
pub use reader::read;
pub use schema::schema;
pub use shape::Shape;
