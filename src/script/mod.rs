//! The sandbox for JavaScript: expressions and code steps of flows, over QuickJS; `sandbox` is what a turn calls.
//! No I/O, no clock, chance from the turn's seed, steps and memory bounded. The same script over the same values gives
//! the same result in every runtime, and only `context` and `profile` carry anything from one script to another.
//! Its authors are trusted to mean well: a script built to defeat the count of steps (an iterator whose `return` never
//! ends, closed by exceptions without end) is not stopped, nor is one long operation on values that fill the memory.

mod engine;
mod gauge;
mod path;
pub(crate) mod realm;
mod sandbox;
mod scope;
mod syntax;
pub(crate) mod value;

pub use gauge::WORK_OF_A_STEP;
pub use sandbox::{Executed, Fault, Sandbox};
pub use scope::Scope;
pub use syntax::{SyntaxError, check};

#[cfg(test)]
mod tests;
