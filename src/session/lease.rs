//! How long the store keeps the programs that sessions ran: as long as the session can come back to it, and long enough
//! for its transcript to be replayed. Each turn says so with its commit; most find it said already.

use std::cell::RefCell;
use std::collections::HashSet;

use super::actor::SessionActor;
use super::shard::Shard;
use crate::clock;
use crate::model::{ProgramHash, Record, Session};
use crate::store::{Store, Writes, day_of};

/// From the turn on: so long can its transcript be replayed, however short the session is.
const REPLAY_DAYS: u32 = 30;
/// After the session expired: its last turn may be under way.
const SLACK_DAYS: u32 = 1;
/// Known leases of a shard. Past them all are forgotten, and looked up again.
const KNOWN_MAX: usize = 1_000;

/// Leases that are in the store: the program and the last day.
#[derive(Default)]
pub struct Leases(RefCell<HashSet<(ProgramHash, u32)>>);

impl Leases {
    fn write(&self, writes: &mut Writes, store: &Store, program: &ProgramHash, day: u32) {
        let lease = (program.clone(), day);
        let mut known = self.0.borrow_mut();
        if known.contains(&lease) {
            return;
        }
        // Known is only what the store has: the commit that it was written for may have been refused.
        if !store.is_leased(program, day).unwrap_or(false) {
            return writes.lease(program, day);
        }
        if known.len() == KNOWN_MAX {
            known.clear();
        }
        known.insert(lease);
    }
}

impl Shard {
    /// The program stays in the store for a session that needs it until this time. To be committed together with that
    /// need: one row for each program and day, not for each turn.
    pub fn lease(&self, writes: &mut Writes, program: &ProgramHash, needed_until_ms: u64) {
        let day = last_day(clock::now(), needed_until_ms);
        self.leases.write(writes, self.store(), program, day);
    }
}

impl SessionActor {
    /// What a turn ran, and what the session waits in now, until the session expires.
    pub(super) fn lease(&self, writes: &mut Writes, session: &Session, record: &Record) {
        let until = session.expires_at(self.endpoint.session.expire_ms);
        let waits_in = session.position.program();
        let ran = record.program.as_ref();
        for program in ran.into_iter().chain(waits_in.filter(|program| ran != Some(*program))) {
            self.shard.lease(writes, program, until);
        }
    }
}

fn last_day(now: u64, needed_until: u64) -> u32 {
    let needed = day_of(needed_until).saturating_add(SLACK_DAYS);
    needed.max(day_of(now).saturating_add(REPLAY_DAYS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1000;

    #[test]
    fn a_program_is_needed_a_day_longer_than_its_session_and_a_month_at_least() {
        let now = 20_000 * DAY + 5;
        assert_eq!(last_day(now, now + 7 * DAY), 20_030);
        assert_eq!(last_day(now, now + 29 * DAY), 20_030);
        assert_eq!(last_day(now, now + 90 * DAY), 20_091);
        assert_eq!(last_day(now, u64::MAX), u32::MAX);
    }
}
