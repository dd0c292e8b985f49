//! From the YAML of a flow to a checked program, or to every fault in it with its place.

mod program;

pub use program::{Ask, Expect, Op, Part, Program, Say, Target, Template, Tree};
