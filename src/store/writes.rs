//! What one commit is to write: rows, already serialised, and the versions of sessions they rest on.
//! Serialising happens here, on the caller's thread, so that the committer only moves bytes.

use serde::Serialize;
use sled::IVec;

use super::error::Version;
use super::frame::{self, Framed};
use super::key::{self, Place, Row};
use crate::model::{
    Attempts, Batch, Callback, DeadLetter, Map, Number, Owed, ProgramHash, ProgramSource, Quarantined,
    Queued, Receipt, Record, Seen, Session, SessionKey, Stored, UserKey, Within,
};

/// All of it is done, in one atomic batch, or nothing.
#[derive(Debug, Default)]
pub struct Writes {
    pub(super) expected: Vec<(SessionKey, Option<Version>)>,
    pub(super) changes: Vec<Change>,
    buffer: Vec<u8>,
}

#[derive(Debug)]
pub(super) enum Change {
    Put {
        key: IVec,
        value: Framed,
        /// There may be a row under this key already, of which chunks could be left over.
        replaces: bool,
    },
    Remove {
        key: IVec,
    },
}

impl Writes {
    pub fn new() -> Writes {
        Writes::default()
    }

    /// These writes are right only if the session is at this version (start and turns) when they are done;
    /// `None`: only if there is no such session. Do not expect anything of a damaged one: its version may be too.
    pub fn expect(&mut self, key: &SessionKey, version: Option<Version>) {
        self.expected.push((*key, version));
    }

    pub fn session(&mut self, session: &Session) {
        let key = key::session(&session.id.key());
        let value = frame::write(&mut self.buffer, &key, Some((session.started_at, session.turns)), session);
        self.changes.push(Change::Put { key, value, replaces: true });
    }

    /// Removes the state only; records and callbacks owed stay.
    pub fn forget_session(&mut self, key: &SessionKey) {
        self.changes.push(Change::Remove { key: key::session(key) });
    }

    pub fn record(&mut self, key: &SessionKey, started_at: u64, record: &Record) {
        self.put(numbered(Row::Record, key, started_at, record.turn), record, false);
    }

    pub fn callback(&mut self, key: &SessionKey, started_at: u64, callback: &Callback) {
        self.put(numbered(Row::Callback, key, started_at, callback.sequence), callback, false);
    }

    /// The callback is no longer owed. If attempts were written, forget them too.
    pub fn delivered(&mut self, number: &Number) {
        self.remove(Row::Callback, number);
    }

    pub fn attempts(&mut self, number: &Number, attempts: &Attempts) {
        self.put(about(Row::Attempts, number), attempts, true);
    }

    pub fn forget_attempts(&mut self, number: &Number) {
        self.remove(Row::Attempts, number);
    }

    /// What goes together, before it goes; under its first callback.
    pub fn batch(&mut self, first: &Number, batch: &Batch) {
        self.put(about(Row::Batch, first), batch, true);
    }

    pub fn forget_batch(&mut self, first: &Number) {
        self.remove(Row::Batch, first);
    }

    /// The callback and its attempts become a dead letter.
    pub fn bury(&mut self, number: &Number, letter: &DeadLetter) {
        self.remove(Row::Callback, number);
        self.remove(Row::Attempts, number);
        self.put(about(Row::DeadLetter, number), letter, true);
    }

    /// The dead letter is owed again, as it was when it was new.
    pub fn exhume(&mut self, number: &Number, callback: &Callback) {
        self.remove(Row::DeadLetter, number);
        self.put(about(Row::Callback, number), callback, true);
    }

    /// Those of one shard, written at this time; `count` sets apart what is written in the same millisecond.
    pub fn receipts(&mut self, at: u64, shard: u16, count: u32, receipts: &[Receipt]) {
        self.put(key::receipts(at, shard, count), &receipts, false);
    }

    pub fn enqueue(&mut self, key: &SessionKey, started_at: u64, queued: &Queued) {
        self.put(numbered(Row::Queued, key, started_at, queued.sequence), queued, false);
    }

    pub fn dequeue(&mut self, key: &SessionKey, started_at: u64, sequence: u64) {
        self.remove_row(numbered(Row::Queued, key, started_at, sequence));
    }

    pub fn owe(&mut self, owed: &Owed) {
        self.put(key::owed(&Place::of(owed)), owed, true);
    }

    /// The wait is over, or called off.
    pub fn forget_wait(&mut self, place: &Place) {
        self.remove_row(key::owed(place));
    }

    pub fn seen(&mut self, within: &Within, idempotency_key: &str, seen: &Seen<impl Serialize>) {
        self.put(key::seen(key::day_of(seen.at), within, idempotency_key), seen, false);
    }

    pub fn quarantine(&mut self, item: &Quarantined) {
        let bytes = serde_json::to_vec(item).expect("rows have text keys, so they serialise into memory");
        self.put(key::quarantined(item.at, &bytes), item, false);
    }

    /// A program never changes under its hash, so writing it again is harmless.
    pub fn program(&mut self, hash: &ProgramHash, source: &ProgramSource) {
        self.put(key::program(hash), source, false);
    }

    pub(super) fn forget_program(&mut self, hash: &ProgramHash) {
        self.remove_row(key::program(hash));
    }

    /// The program stays in the store at least until the end of this day. Written again it says the same.
    pub fn lease(&mut self, program: &ProgramHash, day: u32) {
        self.put(key::lease(program, day), &(), false);
    }

    pub fn profile(&mut self, user: &UserKey, profile: &Map) {
        self.put(key::profile(user), profile, true);
    }

    pub fn storage(&mut self, key: &SessionKey, stored: &Stored) {
        self.put(key::storage(key), stored, true);
    }

    pub fn forget_storage(&mut self, key: &SessionKey) {
        self.remove_row(key::storage(key));
    }

    /// After these, in the same batch; the expectations of both have to hold.
    pub fn merge(&mut self, mut other: Writes) {
        self.expected.append(&mut other.expected);
        self.changes.append(&mut other.changes);
    }

    pub(super) fn remove_row(&mut self, key: IVec) {
        self.changes.push(Change::Remove { key });
    }

    fn put(&mut self, key: IVec, value: &impl Serialize, replaces: bool) {
        let value = frame::write(&mut self.buffer, &key, None, value);
        self.changes.push(Change::Put { key, value, replaces });
    }

    fn remove(&mut self, row: Row, number: &Number) {
        self.remove_row(about(row, number));
    }
}

fn numbered(row: Row, key: &SessionKey, started_at: u64, number: u64) -> IVec {
    key::numbered(row, key, started_at, number).as_slice().into()
}

fn about(row: Row, number: &Number) -> IVec {
    key::of_callback(row, number).as_slice().into()
}
