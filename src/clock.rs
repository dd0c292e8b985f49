//! The only place that reads the clock and draws chance. Everything else gets times, seeds and ids as arguments.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

/// Milliseconds since 1970.
pub fn now() -> u64 {
    #[cfg(test)]
    if let Some(now) = moved::now() {
        return now;
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is set to a year after 1970");
    since.as_millis() as u64
}

/// Counts milliseconds from when it was made, whatever the clock is set to meanwhile: for what is due after a while.
pub struct Steady(Instant);

impl Steady {
    pub fn start() -> Steady {
        Steady(Instant::now())
    }

    pub fn now(&self) -> u64 {
        self.0.elapsed().as_millis() as u64
    }
}

/// A new id: a UUID of version 7, so that ids of one time lie together.
pub fn id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// 64 random hex digits, for a token or key that nobody may guess: an id would tell when it was made.
pub fn secret() -> String {
    let drawn = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
    // A UUID has a few fixed bits; its hash has none.
    let digest = Sha256::digest(drawn.map(uuid::Uuid::into_bytes).concat());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 53 bits of chance: as many as a number in JSON keeps wherever it is read.
pub fn seed() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().1 & ((1 << 53) - 1)
}

/// 32 bytes that nobody can guess, for what secrets are drawn from.
pub fn key() -> [u8; 32] {
    let mut key = [0; 32];
    SystemRandom::new().fill(&mut key).expect("the operating system has chance");
    key
}

/// A clock that a test moves: it goes as the timers of its thread do, which go on at once when nothing else is to be done.
#[cfg(test)]
pub mod moved {
    use std::cell::Cell;

    use tokio::time::{Instant, pause};

    thread_local!(static FROM: Cell<Option<(u64, Instant)>> = const { Cell::new(None) });

    /// Stops the clock of this thread at this time, milliseconds since 1970.
    pub fn stop_at(at: u64) {
        pause();
        set_to(at);
    }

    /// Somebody sets it to another time; it goes on from there.
    pub fn set_to(at: u64) {
        FROM.set(Some((at, Instant::now())));
    }

    pub(super) fn now() -> Option<u64> {
        FROM.get().map(|(at, since)| at + since.elapsed().as_millis() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_64_hex_digits_and_never_the_same() {
        let drawn = secret();
        assert!(drawn.len() == 64 && drawn.bytes().all(|byte| byte.is_ascii_hexdigit()), "{drawn}");
        assert_ne!(drawn, secret());
    }
}
