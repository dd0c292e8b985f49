//! Where each row lies in the tree. Rows that are read together lie together, in the order they are read in.
//! Numbers are in big endian, so that their order is that of the keys.

use std::fmt;

use sha2::{Digest, Sha256};
use sled::IVec;

use crate::model::{Number, Owed, Pending, ProgramHash, SessionKey, UserKey, Within};

/// The kinds of rows; the number is the first byte of their keys.
///
/// | row | after the first byte |
/// |---|---|
/// | session | session (24) |
/// | waiting input, callback, attempts, batch, record, dead letter | session (24), started_at (8), sequence or turn (8) |
/// | idempotency key | day (4), session (24) or hash of the endpoint (16), hash of the key (16) |
/// | profile, program | user (12); hash as text |
/// | storage of transformers | session (24) |
/// | owed wait | due_at (8), session (24), started_at (8), id (8): in the order in which they are due |
/// | lease of a program | hash as text, day (4): the program is needed until the end of that day |
/// | receipts | at (8), shard (2), count (4): in the order in which they were written |
/// | quarantined | at (8), hash of the value (8) |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Row {
    Session = b's',
    Queued = b'q',
    Callback = b'c',
    Attempts = b'a',
    Batch = b'b',
    Receipts = b'r',
    Record = b't',
    DeadLetter = b'd',
    Seen = b'i',
    Profile = b'u',
    Program = b'p',
    Lease = b'l',
    Quarantined = b'x',
    Owed = b'w',
    Storage = b'k',
}

/// Further chunks of long values lie apart from all rows, so that no range sees them.
const CHUNK: u8 = b'z';
pub(super) const FORMAT: &[u8] = b"mformat";
pub(super) const PROBE: &[u8] = b"mprobe";
pub(super) const SECRET: &[u8] = b"msecret";

/// The length of the key of a numbered row of a session.
const NUMBERED: usize = 1 + 24 + 8 + 8;
const OWED: usize = 1 + 8 + 24 + 8 + 8;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Where a wait lies: sorts by the time it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub due_at: u64,
    pub session: SessionKey,
    /// The life of the session.
    pub started_at: u64,
    pub wait: u64,
}

impl Place {
    pub fn new(session: SessionKey, started_at: u64, wait: &Pending) -> Place {
        Place { due_at: wait.due_at, session, started_at, wait: wait.id }
    }

    /// Before every other place that is due at this time.
    pub fn first_at(due_at: u64) -> Place {
        Place { due_at, session: SessionKey([0; 24]), started_at: 0, wait: 0 }
    }

    pub fn of(owed: &Owed) -> Place {
        Place::new(owed.id.key(), owed.started_at, &owed.wait.pending())
    }
}

impl Row {
    pub(super) fn of(key: &[u8]) -> Option<Row> {
        use Row::*;
        let all = [
            Session,
            Queued,
            Callback,
            Attempts,
            Batch,
            Receipts,
            Record,
            DeadLetter,
            Seen,
            Profile,
            Program,
            Lease,
            Quarantined,
            Owed,
            Storage,
        ];
        all.into_iter().find(|row| key.first() == Some(&(*row as u8)))
    }
}

pub(super) fn session(key: &SessionKey) -> IVec {
    joined(Row::Session, &[&key.0])
}

/// Where the rows of sessions begin, and where they end.
pub(super) fn sessions() -> IVec {
    joined(Row::Session, &[])
}

pub(super) fn sessions_end() -> IVec {
    IVec::from(&[Row::Session as u8 + 1])
}

/// What the session's transformers remember.
pub(super) fn storage(key: &SessionKey) -> IVec {
    joined(Row::Storage, &[&key.0])
}

/// The first key that a session of this shard can have there.
pub(super) fn storages_of_shard(shard: usize, shards: usize) -> IVec {
    shard_start(Row::Storage, shard, shards)[..25].into()
}

pub(super) fn storages_end() -> IVec {
    IVec::from(&[Row::Storage as u8 + 1])
}

/// A row of a session that counts: by input, output or turn.
pub(super) fn numbered(row: Row, key: &SessionKey, started_at: u64, number: u64) -> [u8; NUMBERED] {
    let mut bytes = [row as u8; NUMBERED];
    bytes[1..25].copy_from_slice(&key.0);
    bytes[25..33].copy_from_slice(&started_at.to_be_bytes());
    bytes[33..].copy_from_slice(&number.to_be_bytes());
    bytes
}

/// A row about a callback.
pub(super) fn of_callback(row: Row, number: &Number) -> [u8; NUMBERED] {
    numbered(row, &number.session, number.started_at, number.sequence)
}

/// The parts of a key made by `numbered`; none if it is not one.
pub(super) fn parts(key: &[u8]) -> Option<(SessionKey, u64, u64)> {
    let number = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().expect("the slice is 8 bytes long"));
    (key.len() == NUMBERED).then(|| (session_in(key), number(&key[25..33]), number(&key[33..])))
}

/// The callback that a row of a session is about; the row was written with such a key.
pub(super) fn number(key: &[u8]) -> Number {
    let (session, started_at, sequence) = parts(key).expect("rows about callbacks have such keys");
    Number { session, started_at, sequence }
}

/// The session of a row whose key begins with it.
pub(super) fn session_in(key: &[u8]) -> SessionKey {
    SessionKey(key[1..25].try_into().expect("the slice is 24 bytes long"))
}

/// The first key a session of this shard can have; the inverse of `SessionKey::shard`.
pub(super) fn shard_start(row: Row, shard: usize, shards: usize) -> [u8; NUMBERED] {
    let head = ((shard as u128) << 64).div_ceil(shards as u128) as u64;
    let mut key = [0; 24];
    key[..8].copy_from_slice(&head.to_be_bytes());
    numbered(row, &SessionKey(key), 0, 0)
}

/// Days since 1970, in UTC.
pub fn day_of(at: u64) -> u32 {
    u32::try_from(at / DAY_MS).unwrap_or(u32::MAX)
}

/// The two kinds differ in length, so that no endpoint can have the row of a session.
pub(super) fn seen(day: u32, within: &Within, idempotency_key: &str) -> IVec {
    let (day, hash) = (day.to_be_bytes(), Sha256::digest(idempotency_key.as_bytes()));
    match within {
        Within::Session(key) => joined(Row::Seen, &[&day, &key.0, &hash[..16]]),
        Within::Endpoint(name) => {
            joined(Row::Seen, &[&day, &Sha256::digest(name.as_bytes())[..16], &hash[..16]])
        }
    }
}

/// The start of a day's rows of seen keys: the end of those of the day before.
pub(super) fn seen_day(day: u32) -> IVec {
    joined(Row::Seen, &[&day.to_be_bytes()])
}

pub(super) fn profile(user: &UserKey) -> IVec {
    joined(Row::Profile, &[&user.0])
}

pub(super) fn program(hash: &ProgramHash) -> IVec {
    joined(Row::Program, &[hash.0.as_bytes()])
}

pub(super) fn owed(place: &Place) -> IVec {
    let Place { due_at, session, started_at, wait } = place;
    joined(Row::Owed, &[&due_at.to_be_bytes(), &session.0, &started_at.to_be_bytes(), &wait.to_be_bytes()])
}

/// The place that a key of `owed` means; none if it is not one.
pub(super) fn place(key: &[u8]) -> Option<Place> {
    let number = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().expect("the slice is 8 bytes long"));
    (key.len() == OWED && key[0] == Row::Owed as u8).then(|| Place {
        due_at: number(&key[1..9]),
        session: SessionKey(key[9..33].try_into().expect("the slice is 24 bytes long")),
        started_at: number(&key[33..41]),
        wait: number(&key[41..]),
    })
}

/// The first key of those that are due at this time.
pub(super) fn owed_at(due_at: u64) -> IVec {
    joined(Row::Owed, &[&due_at.to_be_bytes()])
}

/// The program of a row of the kind `Program`.
pub(super) fn program_in(key: &[u8]) -> ProgramHash {
    ProgramHash(String::from_utf8_lossy(&key[1..]).into_owned())
}

pub(super) fn lease(hash: &ProgramHash, day: u32) -> IVec {
    joined(Row::Lease, &[hash.0.as_bytes(), &day.to_be_bytes()])
}

/// The program and the day of a row of the kind `Lease`.
pub(super) fn lease_in(key: &[u8]) -> Option<(ProgramHash, u32)> {
    let (program, day) = key.split_last_chunk::<4>()?;
    Some((program_in(program), u32::from_be_bytes(*day)))
}

pub(super) fn quarantined(at: u64, value: &[u8]) -> IVec {
    joined(Row::Quarantined, &[&at.to_be_bytes(), &Sha256::digest(value)[..8]])
}

pub(super) fn receipts(at: u64, shard: u16, count: u32) -> IVec {
    joined(Row::Receipts, &[&at.to_be_bytes(), &shard.to_be_bytes(), &count.to_be_bytes()])
}

/// Before all receipts that were written at this time or later.
pub(super) fn receipts_from(at: u64) -> IVec {
    joined(Row::Receipts, &[&at.to_be_bytes()])
}

/// The place of a further chunk of a long value; `number` counts from 1.
pub(super) fn chunk(key: &[u8], number: u16) -> IVec {
    [&[CHUNK], key, &number.to_be_bytes()].concat().into()
}

fn joined(row: Row, parts: &[&[u8]]) -> IVec {
    let mut bytes = Vec::with_capacity(64);
    bytes.push(row as u8);
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes.as_slice().into()
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Row::Session => "session",
            Row::Queued => "waiting input",
            Row::Callback => "callback",
            Row::Attempts => "list of attempts",
            Row::Batch => "batch of callbacks",
            Row::Receipts => "list of receipts",
            Row::Record => "record",
            Row::DeadLetter => "dead letter",
            Row::Seen => "idempotency key",
            Row::Profile => "profile",
            Row::Program => "program",
            Row::Lease => "lease of a program",
            Row::Quarantined => "quarantined item",
            Row::Owed => "wait",
            Row::Storage => "storage of transformers",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_begins_with_the_first_key_that_belongs_to_it() {
        for shards in [1, 2, 3, 7, 64] {
            for shard in 0..shards {
                let first = session_in(&shard_start(Row::Callback, shard, shards));
                assert_eq!(first.shard(shards), shard);
                let head = u64::from_be_bytes(first.0[..8].try_into().unwrap());
                if let Some(before) = head.checked_sub(1) {
                    let mut key = [0xff; 24];
                    key[..8].copy_from_slice(&before.to_be_bytes());
                    assert_eq!(SessionKey(key).shard(shards), shard - 1);
                }
            }
        }
    }

    #[test]
    fn the_parts_of_a_key_come_back_out_of_it() {
        let session = SessionKey([7; 24]);
        assert_eq!(parts(&numbered(Row::Record, &session, 5, 9)), Some((session, 5, 9)));
        assert_eq!(parts(b"short"), None);
        let program = ProgramHash::of(&["a"]);
        assert_eq!(lease_in(&lease(&program, 20_000)), Some((program.clone(), 20_000)));
        assert_eq!(program_in(&super::program(&program)), program);
    }
}
