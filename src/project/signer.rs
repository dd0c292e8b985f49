//! The secrets that sign callbacks, as Standard Webhooks (standardwebhooks.com) writes them: `whsec_` for v1, which is HMAC-SHA256,
//! and `whsk_` for v1a, which is ed25519. They are parsed once, when the project is loaded; nothing here shows one.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use standardwebhooks::Webhook;

const SHARED: &str = "whsec_";
const PRIVATE: &str = "whsk_";
const PUBLIC: &str = "whpk_";
/// The seed of a key pair, and the seed with the public key behind it.
const SEED_BYTES: usize = 32;
const PAIR_BYTES: usize = 64;

/// One secret of a webhook.
pub struct Signer {
    /// As it was written: two that say the same are the same.
    secret: String,
    key: Key,
}

enum Key {
    Shared(Webhook),
    Pair(Box<Ed25519KeyPair>),
}

/// What is wrong with a secret; it is not repeated.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error(
        "expected whsec_ and 24 to 64 random bytes in base64; `echo whsec_$(openssl rand -base64 32)` makes one; or whsk_ \
         and an ed25519 key"
    )]
    Unknown,
    #[error("whpk_ is the public key, with which receivers verify; write the private one, whsk_…")]
    Public,
    #[error("what stands behind {0} is not base64; `echo {0}$(openssl rand -base64 32)` makes a secret")]
    NotBase64(&'static str),
    #[error(
        "{0} bytes stand behind whsec_, there have to be 24 to 64; `echo whsec_$(openssl rand -base64 32)` makes a secret"
    )]
    SharedLength(usize),
    #[error(
        "{0} bytes stand behind whsk_, there have to be 32, which are the seed, or 64, which are the seed and the public key; \
         `echo whsk_$(openssl rand -base64 32)` makes a secret"
    )]
    PairLength(usize),
    #[error(
        "the public key in the second half of whsk_… does not belong to the seed in the first; copy the key again, or write \
         the seed alone"
    )]
    NoPair,
}

impl Signer {
    pub fn new(secret: &str) -> Result<Signer, SecretError> {
        let key = if let Some(text) = secret.strip_prefix(SHARED) {
            shared(decoded(text, SHARED)?)?
        } else if let Some(text) = secret.strip_prefix(PRIVATE) {
            pair(&decoded(text, PRIVATE)?)?
        } else if secret.starts_with(PUBLIC) {
            return Err(SecretError::Public);
        } else {
            return Err(SecretError::Unknown);
        };
        Ok(Signer { secret: secret.to_owned(), key })
    }

    /// `v1,…` or `v1a,…` over the id, the time in seconds since 1970, and the body.
    pub fn sign(&self, id: &str, at_seconds: u64, body: &str) -> String {
        match &self.key {
            Key::Shared(webhook) => {
                let at_seconds = i64::try_from(at_seconds).unwrap_or(i64::MAX);
                webhook.sign(id, at_seconds, body.as_bytes()).expect("a body that is text can be signed")
            }
            Key::Pair(pair) => {
                let signature = pair.sign(format!("{id}.{at_seconds}.{body}").as_bytes());
                format!("v1a,{}", STANDARD.encode(signature))
            }
        }
    }

    /// `whpk_…`, what receivers verify v1a with; a shared secret has none.
    pub fn public_key(&self) -> Option<String> {
        match &self.key {
            Key::Shared(_) => None,
            Key::Pair(pair) => Some(format!("{PUBLIC}{}", STANDARD.encode(pair.public_key()))),
        }
    }
}

fn decoded(text: &str, prefix: &'static str) -> Result<Vec<u8>, SecretError> {
    STANDARD.decode(text).map_err(|_| SecretError::NotBase64(prefix))
}

fn shared(key: Vec<u8>) -> Result<Key, SecretError> {
    if !(24..=64).contains(&key.len()) {
        return Err(SecretError::SharedLength(key.len()));
    }
    Ok(Key::Shared(Webhook::from_bytes(key).expect("any bytes are a key of HMAC")))
}

fn pair(bytes: &[u8]) -> Result<Key, SecretError> {
    let pair = match bytes.len() {
        SEED_BYTES => Ed25519KeyPair::from_seed_unchecked(bytes),
        PAIR_BYTES => {
            let (seed, public) = bytes.split_at(SEED_BYTES);
            Ed25519KeyPair::from_seed_and_public_key(seed, public)
        }
        length => return Err(SecretError::PairLength(length)),
    };
    Ok(Key::Pair(Box::new(pair.map_err(|_| SecretError::NoPair)?)))
}

impl PartialEq for Signer {
    fn eq(&self, other: &Signer) -> bool {
        self.secret == other.secret
    }
}

/// Which kind it is, and nothing of the secret.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.key {
            Key::Shared(_) => "whsec_…",
            Key::Pair(_) => "whsk_…",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key pair in the README of svix/svix-webhooks.
    const PAIR: &str =
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
    const PUBLIC_OF_PAIR: &str = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";

    fn fault(secret: &str) -> SecretError {
        let fault = Signer::new(secret).unwrap_err();
        assert!(secret.len() < 7 || !fault.to_string().contains(secret), "{fault}");
        fault
    }

    fn of_bytes(prefix: &str, bytes: &[u8]) -> String {
        format!("{prefix}{}", STANDARD.encode(bytes))
    }

    #[test]
    fn a_secret_says_by_its_beginning_how_it_signs() {
        let shared = Signer::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert!(shared.sign("msg_1", 1, "{}").starts_with("v1,"));
        assert_eq!(shared.public_key(), None);
        let pair = Signer::new(PAIR).unwrap();
        assert!(pair.sign("msg_1", 1, "{}").starts_with("v1a,"));
        assert_eq!(pair.public_key().as_deref(), Some(PUBLIC_OF_PAIR));
    }

    #[test]
    fn the_seed_alone_is_the_same_key_as_the_seed_with_its_public_key() {
        let bytes = STANDARD.decode(&PAIR[PRIVATE.len()..]).unwrap();
        let seed = Signer::new(&of_bytes(PRIVATE, &bytes[..SEED_BYTES])).unwrap();
        assert_eq!(seed.public_key().as_deref(), Some(PUBLIC_OF_PAIR));
        assert_eq!(seed.sign("msg_1", 1, "{}"), Signer::new(PAIR).unwrap().sign("msg_1", 1, "{}"));
    }

    #[test]
    fn a_wrong_secret_is_told_what_is_wrong_with_it_and_not_repeated() {
        for unknown in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert_eq!(fault(unknown), SecretError::Unknown, "{unknown}");
        }
        assert_eq!(fault(PUBLIC_OF_PAIR), SecretError::Public);
        assert_eq!(fault("whsec_not base64 at all!"), SecretError::NotBase64("whsec_"));
        assert_eq!(fault(&PAIR[..PAIR.len() - 1]), SecretError::NotBase64("whsk_"));
        assert_eq!(fault("whsec_"), SecretError::SharedLength(0));
        assert_eq!(fault(&of_bytes(SHARED, &[7; 65])), SecretError::SharedLength(65));
        assert_eq!(fault(&of_bytes(PRIVATE, &[7; 63])), SecretError::PairLength(63));
        assert_eq!(fault(&of_bytes(PRIVATE, &[7; 64])), SecretError::NoPair);
    }

    #[test]
    fn what_is_shown_of_a_signer_is_its_kind() {
        assert_eq!(format!("{:?}", Signer::new(PAIR).unwrap()), "whsk_…");
    }
}
