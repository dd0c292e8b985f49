//! Who may be called, and calling them: every connection that leaves this process is opened here.
//!
//! A connection is made to public addresses, and to those that `egress.allow` lists; what counts is the address at the moment of
//! connecting, never the name. What is to be called, and what becomes of the answer, is decided above.

mod client;
mod guard;
#[cfg(test)]
mod tests;

pub use client::{client, refused, told};
pub use guard::{Guard, Refused};
