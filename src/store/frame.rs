//! How a value is written: version (1), number of further chunks (2), checksum (4), for a session its version
//! (started_at 8, turns 8), then JSON. The checksum is a CRC-32 over the key and all but itself, so a row that is torn,
//! changed or in the wrong place is never taken for a value. A frame longer than 4 KiB is cut into chunks,
//! because sled turns large leaves into files that it never syncs.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sled::IVec;

use super::error::Version;
use super::key::Row;

/// sled keeps up to 16 entries in a leaf before it splits it: 16 of these stay well below its 128 KiB.
pub(super) const CHUNK_BYTES: usize = 4096;
const VERSION: u8 = 1;
const CHECKSUM: std::ops::Range<usize> = 3..7;

/// A value as rows: the first goes under the key itself.
#[derive(Debug)]
pub(super) struct Framed {
    pub first: IVec,
    pub chunks: Vec<IVec>,
}

/// What can be known from the first chunk alone, unchecked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub chunks: u16,
    /// Only sessions have one.
    pub version: Option<Version>,
}

/// `buffer` is working space, kept by the caller so that it is allocated once.
pub(super) fn write(
    buffer: &mut Vec<u8>,
    key: &[u8],
    version: Option<Version>,
    value: &impl Serialize,
) -> Framed {
    buffer.clear();
    buffer.extend_from_slice(&[VERSION, 0, 0, 0, 0, 0, 0]);
    if let Some((started_at, turns)) = version {
        buffer.extend_from_slice(&started_at.to_be_bytes());
        buffer.extend_from_slice(&turns.to_be_bytes());
    }
    serde_json::to_writer(&mut *buffer, value).expect("rows have text keys, so they serialise into memory");
    seal(buffer, key)
}

/// Fills in the number of chunks and the checksum, and cuts.
fn seal(buffer: &mut [u8], key: &[u8]) -> Framed {
    let chunks = u16::try_from((buffer.len() - 1) / CHUNK_BYTES)
        .expect("the bounds on bodies and contexts keep a value below 256 MiB");
    buffer[1..3].copy_from_slice(&chunks.to_be_bytes());
    let checksum = checksum(key, buffer);
    buffer[CHECKSUM].copy_from_slice(&checksum.to_be_bytes());
    let mut pieces = buffer.chunks(CHUNK_BYTES).map(IVec::from);
    Framed { first: pieces.next().expect("a frame is never empty"), chunks: pieces.collect() }
}

/// None if it is not the start of a frame.
pub(super) fn head(key: &[u8], first: &[u8]) -> Option<Head> {
    let start = json_start(key);
    if first.len() < start || first[0] != VERSION {
        return None;
    }
    let number = |at: usize| u64::from_be_bytes(first[at..at + 8].try_into().expect("8 bytes long"));
    let version = (start > CHECKSUM.end).then(|| (number(CHECKSUM.end), number(CHECKSUM.end + 8)));
    Some(Head { chunks: u16::from_be_bytes([first[1], first[2]]), version })
}

/// The value in a whole frame, or what is wrong with it.
pub(super) fn read<T: DeserializeOwned>(key: &[u8], frame: &[u8]) -> Result<T, String> {
    check(key, frame)?;
    serde_json::from_slice(&frame[json_start(key)..])
        .map_err(|fault| format!("its content is wrong: {fault}"))
}

fn check(key: &[u8], frame: &[u8]) -> Result<(), String> {
    if frame.len() < json_start(key) {
        return Err(format!("it is cut short to {} bytes", frame.len()));
    }
    if frame[0] != VERSION {
        return Err(format!("it has version {}, this antiphon reads version {VERSION}", frame[0]));
    }
    if frame[CHECKSUM] != checksum(key, frame).to_be_bytes() {
        return Err("its checksum does not fit".into());
    }
    Ok(())
}

fn json_start(key: &[u8]) -> usize {
    let version = if key.first() == Some(&(Row::Session as u8)) { 16 } else { 0 };
    CHECKSUM.end + version
}

fn checksum(key: &[u8], frame: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(&frame[..CHECKSUM.start]);
    hasher.update(&frame[CHECKSUM.end..]);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(key: &[u8], text: &str) -> Vec<u8> {
        let framed = write(&mut Vec::new(), key, None, &text);
        [framed.first].into_iter().chain(framed.chunks).flat_map(|piece| piece.to_vec()).collect()
    }

    #[test]
    fn a_value_reads_back() {
        assert_eq!(read::<String>(b"tkey", &frame(b"tkey", "hello")).unwrap(), "hello");
    }

    #[test]
    fn a_torn_frame_is_reported_wherever_it_was_cut() {
        let whole = frame(b"tkey", "hello");
        for length in 0..whole.len() {
            assert!(read::<String>(b"tkey", &whole[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn a_changed_bit_is_reported_wherever_it_is() {
        let whole = frame(b"tkey", "hello");
        for bit in 0..whole.len() * 8 {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(read::<String>(b"tkey", &damaged).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_value_under_another_key_is_reported() {
        assert!(read::<String>(b"tother", &frame(b"tkey", "hello")).is_err());
    }

    #[test]
    fn a_frame_of_just_one_chunk_has_no_further_ones() {
        let fits = "x".repeat(CHUNK_BYTES - CHECKSUM.end - 2);
        assert!(write(&mut Vec::new(), b"tkey", None, &fits).chunks.is_empty());
        let longer = fits + "x";
        assert_eq!(write(&mut Vec::new(), b"tkey", None, &longer).chunks.len(), 1);
        assert_eq!(read::<String>(b"tkey", &frame(b"tkey", &longer)).unwrap(), longer);
    }

    #[test]
    fn the_version_of_a_session_is_in_the_first_chunk() {
        let framed = write(&mut Vec::new(), b"skey", Some((5, 9)), &"x".repeat(10_000));
        assert_eq!(head(b"skey", &framed.first), Some(Head { chunks: 2, version: Some((5, 9)) }));
        assert_eq!(head(b"skey", &framed.first[..10]), None);
    }
}
