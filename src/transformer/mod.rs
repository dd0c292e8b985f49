//! The sandbox in which a user's transformer runs: one file of JavaScript or TypeScript, five functions at the edges.
//! A run reads no clock, sends nothing and stores nothing: what it wants, it asks for, and its caller answers. Time,
//! memory, stack, results, requests and lines are bounded, and nothing of one run can be seen by another: what runs
//! share is frozen, and the file is evaluated anew for each. Built-in functions are charged for what they have to do
//! (src/script/charges.js). Not bounded by time are operators on long values, such as comparing two texts of many megabytes: QuickJS
//! has ten thousand of them between two questions whether to go on.

mod brake;
mod chance;
mod engine;
mod file;
mod host;
mod job;
pub mod manual;
mod meter;
mod pool;
mod raw;
mod refuse;
mod run;
mod source;
mod url;
mod xml;

pub use chance::Seed;
pub use file::{Mistake, Transformer};
pub use job::{Answer, Ask, Bounds, Done, Failure, FailureKind, Hook, Job, Kept, Level, Line, Request, Step};
pub use pool::Pool;
pub use run::Waiting;

#[cfg(test)]
mod tests;
