//! The promises of the engine, shown from outside: the built binary as a child process, real sockets, a real webhook,
//! real kills. One test program, so that what they stand on is built once and nothing of it is left unused.

mod chaos;
mod deliveries;
mod delivery;
mod errors;
mod kill;
mod list;
mod metrics;
mod order;
mod poison;
mod rehearsals;
mod replay;
mod sessions;
mod signatures;
mod start;
mod support;
mod transformers;
mod versions;
mod waits;
