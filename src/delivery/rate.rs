//! So many callbacks a second and no more: the rate limit of one endpoint. Times are arguments.

/// So much of a second's callbacks may go at once after a quiet time.
const BURST_OF_A_SECOND: f64 = 0.1;
/// Threads that read the clock side by side differ by less than this. A time that lies further back means that it was set.
const SET_BACK_MS: u64 = 1_000;

#[derive(Debug)]
pub struct Rate {
    per_second: f64,
    /// How many may go at once; below 1: how long until the next one.
    left: f64,
    at: u64,
}

impl Rate {
    pub fn new(per_second: f64) -> Rate {
        Rate { per_second, left: burst(per_second), at: 0 }
    }

    /// One goes now; or not before the time that comes back, milliseconds since 1970.
    pub fn take(&mut self, now: u64) -> Result<(), u64> {
        self.look(now)?;
        self.left -= 1.0;
        Ok(())
    }

    /// Whether `take` would let one go.
    pub fn look(&mut self, now: u64) -> Result<(), u64> {
        if now + SET_BACK_MS < self.at {
            self.at = now;
        }
        let passed = now.saturating_sub(self.at) as f64 / 1000.0;
        self.left = (self.left + passed * self.per_second).min(burst(self.per_second));
        self.at = self.at.max(now);
        if self.left >= 1.0 {
            return Ok(());
        }
        Err(now + ((1.0 - self.left) / self.per_second * 1000.0).ceil() as u64)
    }

    /// The one that was taken did not go.
    pub fn give_back(&mut self) {
        self.left += 1.0;
    }
}

fn burst(per_second: f64) -> f64 {
    (per_second * BURST_OF_A_SECOND).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many go in a time, when each goes as soon as it may.
    fn go(rate: &mut Rate, mut now: u64, until: u64) -> u64 {
        let mut count = 0;
        while now < until {
            match rate.take(now) {
                Ok(()) => count += 1,
                Err(next) => now = next,
            }
        }
        count
    }

    #[test]
    fn as_many_go_as_it_says_and_a_tenth_of_a_second_more_at_the_start() {
        for (per_second, seconds, most) in [(10.0, 10, 101), (100.0, 10, 1_010), (0.5, 20, 11), (3.0, 10, 31)]
        {
            let gone = go(&mut Rate::new(per_second), 1_000, 1_000 + seconds * 1_000);
            assert!((most - 2..=most).contains(&gone), "{per_second}: {gone}");
        }
    }

    #[test]
    fn a_quiet_hour_saves_up_no_more_than_the_burst() {
        let mut rate = Rate::new(100.0);
        let hour = 3_600_000;
        go(&mut rate, 0, 1_000);
        assert_eq!(go(&mut rate, hour, hour + 1), 10);
    }

    #[test]
    fn a_clock_that_is_set_back_by_an_hour_makes_nothing_wait_for_that_hour() {
        let (mut rate, hour) = (Rate::new(1.0), 3_600_000);
        assert_eq!(rate.take(2 * hour), Ok(()));
        assert_eq!((rate.take(hour), rate.take(hour + 1_000)), (Err(hour + 1_000), Ok(())));
    }

    #[test]
    fn threads_that_read_the_clock_side_by_side_gain_nothing_by_it() {
        let mut rate = Rate::new(1.0);
        let gone = (1..=1_000).filter(|n| rate.take(5_000 - n % 2).is_ok()).count();
        assert_eq!(gone, 1);
    }

    #[test]
    fn what_did_not_go_is_given_back() {
        let mut rate = Rate::new(1.0);
        assert_eq!((rate.take(5_000), rate.take(5_000)), (Ok(()), Err(6_000)));
        rate.give_back();
        assert_eq!(rate.take(5_000), Ok(()));
    }
}
