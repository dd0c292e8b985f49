//! What a receiver can tell from the ids and numbers of callbacks: new, again, out of order, or a gap before it.
//! Ids are kept up to a bound, so that a receiver left running for weeks does not grow.

use std::collections::{HashMap, HashSet};

/// Enough for hours of a busy test; past it the memory starts anew and an old id would count as new.
const IDS_MAX: usize = 100_000;

#[derive(Default)]
pub struct Order {
    ids: HashSet<String>,
    /// The highest number that came.
    last: HashMap<Life, u64>,
}

/// A session, and when this life of it began: each life counts its outputs from 1.
pub type Life = (String, Option<u64>);

#[derive(Debug, PartialEq)]
pub enum Mark {
    New,
    /// Its `webhook-id` was here before: the same callback, tried again.
    Again,
    /// These numbers of this life, first and last, are missing before it.
    Gap(u64, u64),
    /// A later number of this life was here before this one.
    Late,
}

impl Order {
    /// The same id is the same callback: all its outputs were here before.
    pub fn is_again(&mut self, webhook_id: &str) -> bool {
        if !webhook_id.is_empty() && self.ids.contains(webhook_id) {
            return true;
        }
        if self.ids.len() >= IDS_MAX {
            *self = Order::default();
        }
        self.ids.insert(webhook_id.to_owned());
        false
    }

    /// An output of a callback that was not here before. `skipped` outputs directly before it were given up: they are no gap.
    /// A life that is seen for the first time may stand at any number: the receiver may be younger.
    pub fn mark(&mut self, life: Life, sequence: Option<u64>, skipped: u64) -> Mark {
        let Some(sequence) = sequence else { return Mark::New };
        let awaited_until = sequence.saturating_sub(skipped);
        let Some(last) = self.last.get_mut(&life) else {
            self.last.insert(life, sequence);
            return Mark::New;
        };
        match std::mem::replace(last, sequence.max(*last)) {
            before if awaited_until > before + 1 => Mark::Gap(before + 1, awaited_until - 1),
            before if sequence <= before => Mark::Late,
            _ => Mark::New,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(session: &str, began_at: u64) -> Life {
        (session.to_owned(), Some(began_at))
    }

    fn marks(callbacks: &[(&str, &str, u64)]) -> Vec<Mark> {
        let mut order = Order::default();
        let mark = |(id, session, n): &(&str, &str, u64)| match order.is_again(id) {
            true => Mark::Again,
            false => order.mark(life(session, 0), Some(*n), 0),
        };
        callbacks.iter().map(mark).collect()
    }

    #[test]
    fn a_repeated_id_is_marked_again_and_moves_nothing() {
        assert_eq!(
            marks(&[("a", "s", 1), ("a", "s", 1), ("b", "s", 2)]),
            [Mark::New, Mark::Again, Mark::New]
        );
    }

    #[test]
    fn a_gap_names_the_numbers_that_are_missing() {
        assert_eq!(marks(&[("a", "s", 4), ("b", "s", 7)]), [Mark::New, Mark::Gap(5, 6)]);
    }

    #[test]
    fn a_lower_number_is_late_and_sessions_do_not_disturb_each_other() {
        assert_eq!(
            marks(&[("a", "s", 2), ("b", "t", 9), ("c", "s", 3), ("d", "s", 2), ("e", "s", 4)]),
            [Mark::New, Mark::New, Mark::New, Mark::Late, Mark::New]
        );
    }

    #[test]
    fn a_new_life_of_a_session_counts_anew_though_its_first_output_was_given_up() {
        let mut order = Order::default();
        let mut mark = |began_at, n, skipped| order.mark(life("s", began_at), Some(n), skipped);
        assert_eq!(mark(0, 8, 0), Mark::New);
        assert_eq!(mark(5, 2, 1), Mark::New);
        assert_eq!(mark(5, 3, 0), Mark::New);
        assert_eq!(mark(0, 9, 0), Mark::New, "the earlier life is not forgotten");
        assert_eq!(mark(5, 5, 0), Mark::Gap(4, 4));
    }

    #[test]
    fn a_first_output_that_comes_again_begins_nothing_anew() {
        let mut order = Order::default();
        let mut mark = |n, skipped| order.mark(life("s", 0), Some(n), skipped);
        assert_eq!(mark(2, 1), Mark::New);
        assert_eq!(mark(1, 0), Mark::Late);
        assert_eq!(mark(3, 0), Mark::New);
    }

    #[test]
    fn a_callback_without_id_or_number_is_never_taken_for_a_repeated_one() {
        let mut order = Order::default();
        for _ in 0..2 {
            assert!(!order.is_again(""));
            assert_eq!(order.mark(life("s", 0), None, 0), Mark::New);
        }
    }

    #[test]
    fn what_was_given_up_is_no_gap_and_what_is_missing_before_it_is() {
        let mut order = Order::default();
        let mut mark = |n, skipped| order.mark(life("s", 0), Some(n), skipped);
        assert_eq!(mark(1, 0), Mark::New);
        assert_eq!(mark(4, 2), Mark::New);
        assert_eq!(mark(9, 2), Mark::Gap(5, 6));
        assert_eq!(mark(11, 0), Mark::Gap(10, 10));
        assert_eq!(mark(12, 9), Mark::New);
        assert_eq!(mark(11, u64::MAX), Mark::Late);
    }
}
