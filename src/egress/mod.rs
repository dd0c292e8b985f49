//! Who may be called, and calling them: every connection that leaves this process is opened here.
//!
//! A connection is made to public addresses, and to those that `egress.allow` lists; what counts is the address at the moment of
//! connecting, never the name. What is to be called, and what becomes of the answer, is decided above.

mod call;
mod client;
mod guard;
mod retry;
#[cfg(test)]
mod tests;

pub use call::{call, take_credentials};
pub use client::{Client, Clients, exchange, refused, timed_out, told};
pub use guard::{Guard, Refused};
