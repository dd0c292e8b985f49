//! Chance that a seed repeats (SplitMix64): the same seed gives the same choices.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

pub struct Chance(u64);

impl Chance {
    /// By a new seed, or by `ANTIPHON_SEED`. It is printed, so that a run that failed can be repeated.
    pub fn seeded() -> Chance {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let seed = env::var("ANTIPHON_SEED");
        let seed = seed.map_or_else(|_| now(), |seed| seed.parse().expect("ANTIPHON_SEED is a number"));
        eprintln!("ANTIPHON_SEED={seed}");
        Chance(seed)
    }

    /// One of its own for each thread, so that threads do not depend on each other's pace.
    pub fn fork(&mut self) -> Chance {
        Chance(self.next())
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
