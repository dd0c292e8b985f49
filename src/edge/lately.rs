//! Which functions lately needed more than a moment. Finding that out costs the moment each time, and a runtime, several milliseconds
//! to make anew, if the run had to be stopped; one that waits gives its runtime back, and what it did until then is done again
//! elsewhere. So such a function goes elsewhere at once for a number of runs, and then it is tried again.

use std::collections::HashMap;

use crate::transformer::{Hook, Job};

/// Runs that go elsewhere before the next try, at the most. They double from one: a function that waits once in each session
/// comes back soon, one that always waits is begun in vain in one of sixty-five runs.
const ELSEWHERE_MAX: u32 = 64;
/// Functions that are remembered. Each edit of a file makes new ones; then all are found out anew.
const REMEMBERED_MAX: usize = 1_000;

#[derive(Default)]
pub struct Lately(HashMap<(u64, Hook), Detour>);

struct Detour {
    left: u32,
    /// How many it will be when the next try fails too.
    next: u32,
}

impl Lately {
    /// Whether this run is to be tried here. Counts it if not.
    pub fn tries(&mut self, job: &Job) -> bool {
        match self.0.get_mut(&function(job)) {
            Some(detour) if detour.left > 0 => {
                detour.left -= 1;
                false
            }
            Some(_) | None => true,
        }
    }

    /// A run that was tried here was done in a moment.
    pub fn was_done(&mut self, job: &Job) {
        self.0.remove(&function(job));
    }

    /// A run that was tried here needed more.
    pub fn needed_more(&mut self, job: &Job) {
        if self.0.len() >= REMEMBERED_MAX {
            self.0.clear();
        }
        let detour = self.0.entry(function(job)).or_insert(Detour { left: 0, next: 1 });
        detour.left = detour.next;
        detour.next = (detour.next * 2).min(ELSEWHERE_MAX);
    }
}

fn function(job: &Job) -> (u64, Hook) {
    (job.transformer.id(), job.hook)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::tests::job_of;

    /// How many runs go elsewhere before the next try.
    fn elsewhere(lately: &mut Lately, job: &Job) -> usize {
        (0..).take_while(|_| !lately.tries(job)).count()
    }

    #[test]
    fn a_function_that_always_needs_more_is_tried_ever_more_seldom() {
        let (mut lately, slow) =
            (Lately::default(), job_of("export const handleInput = () => 1", Hook::Input));
        let mut gaps = Vec::new();
        for _ in 0..9 {
            gaps.push(elsewhere(&mut lately, &slow));
            lately.needed_more(&slow);
        }
        assert_eq!(gaps, [0, 1, 2, 4, 8, 16, 32, 64, 64]);
    }

    #[test]
    fn one_run_that_is_done_in_a_moment_makes_up_for_all() {
        let (mut lately, slow) =
            (Lately::default(), job_of("export const handleInput = () => 1", Hook::Input));
        for _ in 0..5 {
            lately.needed_more(&slow);
        }
        lately.was_done(&slow);
        assert_eq!(elsewhere(&mut lately, &slow), 0);
        lately.needed_more(&slow);
        assert_eq!(elsewhere(&mut lately, &slow), 1);
    }

    #[test]
    fn other_functions_and_an_edited_file_are_not_concerned() {
        let mut lately = Lately::default();
        lately.needed_more(&job_of("export const handleInput = () => 1", Hook::Input));
        assert!(lately.tries(&job_of("export const handleInput = () => 1", Hook::Inject)));
        assert!(lately.tries(&job_of("export const handleInput = () => 2", Hook::Input)));
        assert!(!lately.tries(&job_of("export const handleInput = () => 1", Hook::Input)));
    }
}
