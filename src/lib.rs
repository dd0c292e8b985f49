//! Antiphon: a conversation engine that never drops, doubles or disorders a turn.
//!
//! # The way of one input
//!
//! `http` authenticates and checks what was posted and hands it to the switchboard of the shard its session belongs to
//! (`session`). The session's actor has the turn decided by `turn`, a function of the program (`flow`), the state, the
//! input, a time and a seed, with the JavaScript in flows run by `script`. What comes in and what goes out passes the
//! endpoint's transformers on the way (`edge`), run by `transformer`. One batch goes to the `store`: the new state, the
//! transcript record, the callbacks owed, what is waited for, the input's end. When it is flushed, and not before, the caller gets its `202`, and
//! `delivery` brings the callbacks to the webhook. What a flow waits for, `dispatch` works off and wakes the session with
//! it. `metrics` counts what happens, for whoever watches. `serve` puts all of it together from a `project`, and replaces that
//! when its folder is edited. `rehearsal` plays conversations without any of that, for tests, and `replay` runs
//! recorded ones again.
//!
//! # What holds, always
//!
//! 1. **A turn is a function.** It does not wait, fail, log, or read clock, chance, files or network; a fault is a value in it.
//! 2. **Commit, then speak.** Nothing leaves the process before the one batch that decided it is flushed. What a transformer
//!    asks another system is the one exception: it comes before, again after a crash, and then with the same `Idempotency-Key`,
//!    if the caller of an input that was not accepted yet posts it again with its own.
//! 3. **One session, one event at a time**, in a numbered order. Two sessions share nothing but the store.
//! 4. **An input takes effect exactly once**, though it is posted twice, though the process is killed at any instruction.
//!    A callback is attempted until it ends, in order, and its bytes are frozen at commit.
//! 5. **Waiting is data.** What waits is a row, and after a crash the row is still there.
//! 6. **Everything has a bound**, and reaching it has an answer.
//! 7. **Poison is quarantined.** An input or a row that cannot be worked on is set aside with its reason; the session goes on.
//! 8. **A live session keeps its flow**: it finishes on the version it began.
//! 9. **What is recorded can be replayed**: inputs, answers, times and seeds are in the transcript.
//! 10. **Secrets and people's words are in no log line.**
//!
//! # The house, from the ground up
//!
//! A module may use those that stand before it; `tests/layers.rs` holds it to that.

pub mod model;

pub mod yaml;

pub mod flow;
pub mod script;

pub mod transformer;
pub mod turn;

pub mod config;
pub mod egress;
pub mod project;

pub mod alarm;
pub mod clock;
pub mod metrics;
pub mod store;

pub mod edge;

pub mod delivery;
pub mod dispatch;
pub mod rehearsal;
pub mod replay;

pub mod session;

pub mod http;
pub mod serve;
