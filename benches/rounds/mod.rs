//! What a call costs by itself: its time in the quickest of several rounds, because everything else on the machine only adds
//! to it.

use std::time::{Duration, Instant};

const ROUNDS: usize = 7;

/// The time of one call, each round having so many.
pub fn measure(calls: u32, mut call: impl FnMut()) -> Duration {
    let mut round = || {
        let began = Instant::now();
        (0..calls).for_each(|_| call());
        began.elapsed() / calls
    };
    (0..ROUNDS).map(|_| round()).min().expect("there is a round")
}
