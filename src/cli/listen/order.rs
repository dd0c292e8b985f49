//! What a receiver can tell from the ids and numbers of callbacks: new, again, out of order, or a gap before it.
//! Ids are kept up to a bound, so that a receiver left running for weeks does not grow.

use std::collections::{HashMap, HashSet};

/// Enough for hours of a busy test; past it the memory starts anew and an old id would count as new.
const IDS_MAX: usize = 100_000;

#[derive(Default)]
pub struct Order {
    ids: HashSet<String>,
    /// The highest number that came, by session.
    last: HashMap<String, u64>,
}

#[derive(Debug, PartialEq)]
pub enum Mark {
    New,
    /// This `webhook-id` was here before: the same callback, tried again.
    Again,
    /// These numbers of the session, first and last, are missing before it.
    Gap(u64, u64),
    /// A later number of the session was here before this one.
    Late,
}

impl Order {
    /// A session that is seen for the first time may stand at any number: the receiver may be younger.
    /// Number 1 begins a session anew, after it expired.
    pub fn mark(&mut self, webhook_id: &str, session: String, sequence: Option<u64>) -> Mark {
        if !webhook_id.is_empty() && self.ids.contains(webhook_id) {
            return Mark::Again;
        }
        if self.ids.len() >= IDS_MAX {
            *self = Order::default();
        }
        self.ids.insert(webhook_id.to_owned());
        let Some(sequence) = sequence else { return Mark::New };
        let last = self.last.insert(session.clone(), sequence);
        match last {
            Some(last) if sequence > last + 1 => Mark::Gap(last + 1, sequence - 1),
            Some(last) if sequence <= last && sequence != 1 => {
                self.last.insert(session, last);
                Mark::Late
            }
            _ => Mark::New,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(callbacks: &[(&str, &str, u64)]) -> Vec<Mark> {
        let mut order = Order::default();
        callbacks.iter().map(|(id, session, n)| order.mark(id, (*session).to_owned(), Some(*n))).collect()
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
    fn number_one_begins_a_session_anew() {
        assert_eq!(marks(&[("a", "s", 8), ("b", "s", 1), ("c", "s", 2)]), [Mark::New, Mark::New, Mark::New]);
    }

    #[test]
    fn a_callback_without_id_or_number_is_never_taken_for_a_repeated_one() {
        let mut order = Order::default();
        assert_eq!(order.mark("", "s".to_owned(), None), Mark::New);
        assert_eq!(order.mark("", "s".to_owned(), None), Mark::New);
    }
}
