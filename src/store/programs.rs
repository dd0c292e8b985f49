//! The programs that sessions began with, and how long each is needed: leases, so that nobody has to look at all
//! sessions to know that none needs a program any more. A program goes when it is current nowhere and its last lease
//! is past; a lease is a row, so what is committed twice or by two shards is there once.

use std::collections::HashSet;
use std::ops::Bound;

use super::Store;
use super::error::Error;
use super::key::{self, Row, day_of};
use super::writes::Writes;
use crate::model::{ProgramHash, ProgramSource};

/// A program that nobody ever leased: no turn ran on it, or one is under way. As long as a session lives unless its
/// endpoint says otherwise.
const DAYS_WITHOUT_LEASE: u32 = 7;

impl Store {
    pub fn program(&self, hash: &ProgramHash) -> Result<Option<ProgramSource>, Error> {
        self.disk().load(&key::program(hash))
    }

    /// By hash; those after one, at most `max`.
    pub fn programs(
        &self,
        after: Option<&ProgramHash>,
        max: usize,
    ) -> Result<Vec<(ProgramHash, ProgramSource)>, Error> {
        let first = match after {
            Some(hash) => Bound::Excluded(key::program(hash).to_vec()),
            None => Bound::Included(vec![Row::Program as u8]),
        };
        let rows = self.disk().rows((first, Bound::Excluded(vec![Row::Program as u8 + 1])), max)?;
        Ok(rows.into_iter().map(|(key, source)| (key::program_in(&key), source)).collect())
    }

    pub fn is_leased(&self, program: &ProgramHash, day: u32) -> Result<bool, Error> {
        Ok(self.disk().get(&key::lease(program, day))?.is_some())
    }

    /// Removes the programs that are not among the current ones and whose last lease is past, and all leases that are; how
    /// many programs. Blocks until that is flushed.
    pub fn drop_programs(&self, current: &HashSet<ProgramHash>, now: u64) -> Result<usize, Error> {
        let today = day_of(now);
        let mut writes = Writes::new();
        let leases = self.past_leases_go(today, &mut writes)?;
        let mut dropped = 0;
        for hash in self.stored_programs()? {
            if current.contains(&hash) || leases.needed.contains(&hash) {
                continue;
            }
            if leases.past.contains(&hash) {
                writes.forget_program(&hash);
                dropped += 1;
            } else {
                writes.lease(&hash, today.saturating_add(DAYS_WITHOUT_LEASE));
            }
        }
        if !writes.changes.is_empty() {
            self.commit_blocking(writes)?;
        }
        Ok(dropped)
    }

    fn past_leases_go(&self, today: u32, writes: &mut Writes) -> Result<Leases, Error> {
        let mut leases = Leases::default();
        for row in self.disk().range([Row::Lease as u8]..[Row::Lease as u8 + 1]) {
            let (key, _) = row?;
            let Some((program, day)) = key::lease_in(&key) else { continue };
            if day >= today {
                leases.needed.insert(program);
            } else {
                writes.remove_row(key);
                leases.past.insert(program);
            }
        }
        Ok(leases)
    }

    fn stored_programs(&self) -> Result<Vec<ProgramHash>, Error> {
        let rows = self.disk().range([Row::Program as u8]..[Row::Program as u8 + 1]);
        rows.map(|row| Ok(key::program_in(&row?.0))).collect()
    }
}

/// The programs that have a lease.
#[derive(Default)]
struct Leases {
    /// One that is not past.
    needed: HashSet<ProgramHash>,
    past: HashSet<ProgramHash>,
}
