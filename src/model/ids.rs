//! The names of things: sessions, users, programs, callbacks.
//! Keys are hashes, so that they have one length and give nothing away; the readable names are in the records.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use super::{Batch, Number};

/// Who speaks where. A session is identified by all three together: nobody reaches another user's
/// state by guessing a `session_id`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionId {
    pub endpoint: String,
    pub user_id: String,
    pub session_id: String,
}

/// The key of one user across sessions and endpoints: 12 bytes of a SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserKey(pub [u8; 12]);

/// The key of one session: the user's 12 bytes, then 12 of all three names, so that the sessions of one
/// person lie side by side and can be listed or erased without an index.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey(pub [u8; 24]);

/// Where an `Idempotency-Key` counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Within {
    Session(SessionKey),
    /// At this endpoint, where a transformer says which session a request is about, and may say another one each time.
    Endpoint(String),
}

/// The content hash of a program: 16 bytes of a SHA-256, as 32 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProgramHash(pub String);

impl SessionId {
    pub fn key(&self) -> SessionKey {
        let mut key = [0; 24];
        key[..12].copy_from_slice(&UserKey::of(&self.user_id).0);
        key[12..].copy_from_slice(&hash(&[&self.endpoint, &self.user_id, &self.session_id])[..12]);
        SessionKey(key)
    }
}

impl UserKey {
    pub fn of(user_id: &str) -> UserKey {
        let mut key = [0; 12];
        key.copy_from_slice(&hash(&[user_id])[..12]);
        UserKey(key)
    }
}

impl SessionKey {
    /// A key as it is displayed.
    pub fn parse(text: &str) -> Option<SessionKey> {
        let mut key = [0; 24];
        if text.len() != 2 * key.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(SessionKey(key))
    }

    /// The shard of `shards` that this session belongs to: equal ranges of keys, so that a shard's rows
    /// can be read as one range.
    pub fn shard(&self, shards: usize) -> usize {
        let head = u64::from_be_bytes(self.0[..8].try_into().expect("a key has more than 8 bytes"));
        ((u128::from(head) * shards as u128) >> 64) as usize
    }
}

impl ProgramHash {
    pub fn of(parts: &[&str]) -> ProgramHash {
        ProgramHash(hex(&hash(parts)[..16]))
    }
}

impl Number {
    /// The `webhook-id` of a callback: what identifies it, so it is the same on every attempt and after every restart without
    /// being stored, and the callback can be found by it.
    pub fn webhook_id(&self) -> String {
        let mut bytes = [0; 40];
        bytes[..24].copy_from_slice(&self.session.0);
        bytes[24..32].copy_from_slice(&self.started_at.to_be_bytes());
        bytes[32..].copy_from_slice(&self.sequence.to_be_bytes());
        format!("msg_{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Whether nothing lies between the two.
    pub fn follows(&self, before: &Number) -> bool {
        *self == Number { sequence: before.sequence + 1, ..*before }
    }

    /// The callback that a `webhook-id` means.
    pub fn parse(webhook_id: &str) -> Option<Number> {
        let bytes = URL_SAFE_NO_PAD.decode(webhook_id.strip_prefix("msg_")?).ok()?;
        let (session, rest) = bytes.split_first_chunk::<24>()?;
        let (started_at, sequence) = rest.split_first_chunk::<8>()?;
        Some(Number {
            session: SessionKey(*session),
            started_at: u64::from_be_bytes(*started_at),
            sequence: u64::from_be_bytes(sequence.try_into().ok()?),
        })
    }
}

impl Batch {
    /// The `webhook-id` of a batch: made from what is in it, so that another id means another composition.
    pub fn webhook_id(&self) -> String {
        let mut digest = Sha256::new();
        for Number { session, started_at, sequence } in &self.members {
            digest.update(session.0);
            digest.update(started_at.to_be_bytes());
            digest.update(sequence.to_be_bytes());
        }
        format!("batch_{}", hex(&digest.finalize()[..16]))
    }
}

/// The `Idempotency-Key` of a call: the same on every try and after every restart, so that the other side can tell a call that
/// was repeated.
pub fn call_id(key: &SessionKey, started_at: u64, wait: u64) -> String {
    let digest =
        Sha256::new().chain_update(b"call").chain_update(key.0).chain_update(started_at.to_be_bytes());
    format!("call_{}", hex(&digest.chain_update(wait.to_be_bytes()).finalize()[..16]))
}

/// The `Idempotency-Key` of a request that a run of a transformer sends, its `number`-th: the same when the run is done again
/// after a crash. `run` is what the run is about, in parts that no other run has.
pub fn request_id(run: &[&str], number: usize) -> String {
    let digest = Sha256::new().chain_update(b"request").chain_update(hash(run));
    format!("call_{}", hex(&digest.chain_update((number as u64).to_be_bytes()).finalize()[..16]))
}

/// The chance of a run: the same when it is done again after a crash, so that what it sends under the same `Idempotency-Key`
/// is the same too, and told before by nobody who does not know the secret.
pub fn chance(secret: &[u8], run: &[&str]) -> [u8; 32] {
    Sha256::new().chain_update(b"seed").chain_update(hash(run)).chain_update(secret).finalize().into()
}

/// The chance of a turn, likewise. 53 bits: as many as a number in JSON keeps wherever it is read.
pub fn seed(secret: &[u8], run: &[&str]) -> u64 {
    let chance = chance(secret, run);
    let (head, _) = chance.split_first_chunk::<8>().expect("eight of the 32 bytes");
    u64::from_be_bytes(*head) >> 11
}

/// Each part goes in with its length before it, so that ("ab", "c") and ("a", "bc") differ.
fn hash(parts: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().into()
}

/// Two hex digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// As it is displayed.
impl Serialize for SessionKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SessionKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SessionKey, D::Error> {
        let text = String::deserialize(deserializer)?;
        SessionKey::parse(&text).ok_or_else(|| de::Error::custom("not the key of a session: 48 hex digits"))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Display for ProgramHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_found_by_its_webhook_id_and_by_nothing_else() {
        let number = Number { session: SessionKey([9; 24]), started_at: 1_795_000_000_000, sequence: 7 };
        let id = number.webhook_id();
        assert_eq!(Number::parse(&id), Some(number));
        assert!(id.len() < 64, "{id}");
        for wrong in
            ["", "msg_", &id[4..], &id[..id.len() - 1], &format!("{id}A"), &id.replace("msg_", "batch_")]
        {
            assert_eq!(Number::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_run_has_the_same_chance_again_and_another_has_another_also_with_another_secret() {
        let drawn = seed(b"secret", &["session", "input 1", "flow"]);
        assert_eq!(seed(b"secret", &["session", "input 1", "flow"]), drawn);
        for other in [
            seed(b"another", &["session", "input 1", "flow"]),
            seed(b"secret", &["session", "input 2", "flow"]),
            seed(b"secret", &["session", "input 1", "transformers"]),
        ] {
            assert_ne!(other, drawn);
        }
        assert!((0..100).all(|n: u32| seed(b"secret", &[&n.to_string()]) < 1 << 53));
    }

    #[test]
    fn a_key_is_read_as_it_is_displayed_and_nothing_else_is() {
        let [endpoint, user_id, session_id] = ["shop", "ann", "1"].map(str::to_owned);
        let key = SessionId { endpoint, user_id, session_id }.key();
        assert_eq!(SessionKey::parse(&key.to_string()), Some(key));
        for wrong in ["", "12", &"g".repeat(48), &"ä".repeat(24), &"+1".repeat(24)] {
            assert_eq!(SessionKey::parse(wrong), None, "{wrong}");
        }
    }
}
