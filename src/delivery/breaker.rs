//! The circuit breaker of one host: the one rule that decides whether a host that keeps failing is left alone for a while.
//! Times are arguments; whoever asks obeys.

/// It opens when at least so many attempts ended in the window …
const ATTEMPTS_MIN: u32 = 10;
/// … and so many of a hundred failed.
const FAILED_PERCENT: u32 = 70;
/// The window, in minutes, and in milliseconds for each.
const MINUTES: usize = 5;
const MINUTE_MS: u64 = 60_000;
/// How long it stays open before a probe: longer each time the probe fails, and short enough at the end that a host that is
/// back does not wait long for what it is owed.
const OPEN_MS: u64 = 1_000;
const OPEN_MS_MAX: u64 = 30_000;

#[derive(Debug, Default)]
pub struct Breaker {
    state: State,
    window: [Minute; MINUTES],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    /// Nothing goes until this time; then one probe. `wait_ms` is how long that was.
    Open { until: u64, wait_ms: u64 },
    /// A probe is under way.
    HalfOpen { wait_ms: u64 },
}

#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    /// Minutes since 1970.
    number: u64,
    attempts: u32,
    failed: u32,
}

/// Whether an attempt may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Go,
    /// As the one probe: its end decides.
    Probe,
    /// Not before this time, milliseconds since 1970.
    NotBefore(u64),
    /// When the probe that is under way has ended.
    AfterProbe,
}

impl Breaker {
    pub fn admit(&mut self, now: u64) -> Admission {
        let admission = self.look(now);
        if let (Admission::Probe, State::Open { wait_ms, .. }) = (admission, self.state) {
            self.state = State::HalfOpen { wait_ms };
        }
        admission
    }

    /// What `admit` would say.
    pub fn look(&mut self, now: u64) -> Admission {
        match self.state {
            State::Closed => Admission::Go,
            State::Open { until, wait_ms } if now < until => {
                // Never longer than from now, should the clock have been set back.
                let until = until.min(now + wait_ms);
                self.state = State::Open { until, wait_ms };
                Admission::NotBefore(until)
            }
            State::Open { .. } => Admission::Probe,
            State::HalfOpen { .. } => Admission::AfterProbe,
        }
    }

    /// An attempt ended. Those that were under way when it opened count no more.
    pub fn ended(&mut self, failed: bool, now: u64) {
        if self.state != State::Closed {
            return;
        }
        let number = now / MINUTE_MS;
        let minute = &mut self.window[number as usize % MINUTES];
        if minute.number != number {
            *minute = Minute { number, ..Minute::default() };
        }
        minute.attempts += 1;
        minute.failed += u32::from(failed);
        if failed && self.fails_too_often(number) {
            self.state = State::Open { until: now + OPEN_MS, wait_ms: OPEN_MS };
        }
    }

    /// The probe ended: the host is back, or is left alone for twice as long.
    pub fn probed(&mut self, failed: bool, now: u64) {
        let State::HalfOpen { wait_ms } = self.state else { return };
        if failed {
            let wait_ms = (2 * wait_ms).min(OPEN_MS_MAX);
            self.state = State::Open { until: now + wait_ms, wait_ms };
        } else {
            *self = Breaker::default();
        }
    }

    /// The probe never went: the next one may.
    pub fn not_probed(&mut self, now: u64) {
        if let State::HalfOpen { wait_ms } = self.state {
            self.state = State::Open { until: now, wait_ms };
        }
    }

    pub fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    fn fails_too_often(&self, number: u64) -> bool {
        // Minutes that are still to come were noted before the clock was set back.
        let is_recent =
            |minute: &&Minute| number.checked_sub(minute.number).is_some_and(|ago| ago < MINUTES as u64);
        let recent = self.window.iter().filter(is_recent);
        let (attempts, failed) = recent
            .fold((0, 0), |(attempts, failed), minute| (attempts + minute.attempts, failed + minute.failed));
        attempts >= ATTEMPTS_MIN && failed * 100 >= attempts * FAILED_PERCENT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_000_000_000;

    fn after(outcomes: &str) -> Breaker {
        let mut breaker = Breaker::default();
        outcomes.chars().for_each(|outcome| breaker.ended(outcome == 'x', NOW));
        breaker
    }

    #[test]
    fn it_opens_at_seventy_percent_of_at_least_ten() {
        for (outcomes, open) in [
            ("xxxxxxxxx", false),
            ("xxxxxxxxxx", true),
            ("...xxxxxxx", true),
            ("....xxxxxx", false),
            ("....xxxxxxxxx", false),
            ("....xxxxxxxxxx", true),
        ] {
            assert_eq!(after(outcomes).is_open(), open, "{outcomes}");
        }
    }

    #[test]
    fn failures_of_more_than_five_minutes_ago_do_not_count() {
        let mut breaker = after("xxxxxxxxx");
        breaker.ended(true, NOW + 5 * MINUTE_MS);
        assert!(!breaker.is_open());
        let mut breaker = after("xxxxxxxxx");
        breaker.ended(true, NOW + 4 * MINUTE_MS);
        assert!(breaker.is_open());
    }

    #[test]
    fn after_a_clock_was_set_back_it_stays_open_no_longer_and_counts_what_comes_from_then_on() {
        let (mut breaker, then) = (after("xxxxxxxxxx"), NOW - 61 * MINUTE_MS);
        assert_eq!(breaker.admit(then), Admission::NotBefore(then + 1_000));
        assert_eq!(breaker.admit(then + 1_000), Admission::Probe);
        let mut breaker = after("xxxxxxxxx");
        breaker.ended(true, then);
        assert!(!breaker.is_open());
    }

    #[test]
    fn one_probe_goes_when_its_time_has_come_and_its_success_closes() {
        let mut breaker = after("xxxxxxxxxx");
        assert_eq!(breaker.admit(NOW), Admission::NotBefore(NOW + 1_000));
        assert_eq!(breaker.admit(NOW + 1_000), Admission::Probe);
        assert_eq!(breaker.admit(NOW + 1_000), Admission::AfterProbe);
        breaker.probed(false, NOW + 1_100);
        assert_eq!(breaker.admit(NOW + 1_100), Admission::Go);
        breaker.ended(true, NOW + 1_200);
        assert!(!breaker.is_open(), "it counts anew");
    }

    #[test]
    fn each_probe_that_fails_doubles_the_wait_up_to_half_a_minute() {
        let (mut breaker, mut now, mut waits) = (after("xxxxxxxxxx"), NOW, Vec::new());
        for _ in 0..8 {
            let Admission::NotBefore(until) = breaker.admit(now) else { panic!("it is open") };
            waits.push((until - now) / 1_000);
            now = until;
            assert_eq!(breaker.admit(now), Admission::Probe);
            breaker.probed(true, now);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn what_was_under_way_when_it_opened_changes_nothing_and_a_probe_that_never_went_is_not_waited_for() {
        let mut breaker = after("xxxxxxxxxx");
        breaker.ended(false, NOW + 10);
        assert_eq!(breaker.admit(NOW + 10), Admission::NotBefore(NOW + 1_000));
        assert_eq!(breaker.admit(NOW + 1_000), Admission::Probe);
        breaker.not_probed(NOW + 1_001);
        assert_eq!(breaker.admit(NOW + 1_001), Admission::Probe);
    }
}
