//! From the YAML of a flow to a checked program, or to every fault in it with its place.
//!
//! `parse` reads one flow into steps, `link` follows what steps say about one another across all flows,
//! `compile` lays the flows that one can reach out as a program. Whether JavaScript parses is asked of the
//! caller, so that nothing here needs the sandbox.

mod compile;
pub mod language;
mod link;
mod parse;
mod program;
mod rich;
mod step;
#[cfg(test)]
mod tests;

pub use compile::compile;
pub use link::link;
pub use parse::{Check, SyntaxError, parse};
pub use program::{
    Ask, Body, Choice, DEFAULT_LANGUAGE, Expect, Forget, Handover, Http, Op, Part, Program, Remind, Say,
    Setting, Span, Target, Template, Timeout, Tree,
};
pub use rich::{Form, Members, Rich};
pub use step::Flow;
