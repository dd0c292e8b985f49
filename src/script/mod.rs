//! The sandbox for JavaScript: expressions and code steps of flows, over QuickJS.
//!
//! A script has no I/O and no clock; its chance comes from the turn's seed; its steps and memory are bounded. The
//! same script over the same values at the same time with the same seed gives the same result, whatever ran before
//! in the same runtime. Nothing a script does can be seen by another, except through `context` and `profile`.
//! Flows are written by people who mean well: a script built to defeat the count of steps (an iterator whose `return`
//! never ends, closed by an exception, again and again) is not stopped by it, nor is a single long operation on
//! values that fill the memory.
//!
//! Reading order: `sandbox` (what a turn calls), `path` (answers without JavaScript), `engine` (one QuickJS
//! runtime), `prelude.js` (what it looks like to a script), `syntax` (source to function), `gauge` (the bounds).

mod engine;
mod gauge;
mod path;
mod sandbox;
mod scope;
mod syntax;
mod value;

pub use sandbox::{Executed, Fault, Sandbox};
pub use scope::Scope;
pub use syntax::{SyntaxError, check};

#[cfg(test)]
mod tests;
