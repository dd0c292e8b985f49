//! The only place that reads the clock and draws chance. Everything else gets times, seeds and ids as arguments.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is set to a year after 1970");
    since.as_millis() as u64
}

/// A new id: a UUID of version 7, so that ids of one time lie together.
pub fn id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// 53 bits of chance: as many as a number in JSON keeps wherever it is read.
pub fn seed() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().1 & ((1 << 53) - 1)
}
