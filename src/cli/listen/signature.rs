//! The signature of a callback as Standard Webhooks 1.0 defines it: `webhook-signature` over id, time and body. One that holds
//! with any of the secrets is enough, so that secrets can be changed while callbacks come.

use actix_web::HttpRequest;
use antiphon::project::{SecretError, Signer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue};
use ring::signature::{ED25519, UnparsedPublicKey};
use standardwebhooks::Webhook;

const PUBLIC: &str = "whpk_";
const PUBLIC_BYTES: usize = 32;
const HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];
/// Older or newer callbacks may be played back by somebody who saw one: what the libraries of Standard Webhooks allow.
const SECONDS_OFF_MAX: u64 = 300;

/// What callbacks are verified with, at least one.
pub struct Check {
    keys: Vec<Key>,
}

enum Key {
    /// `whsec_…`, for v1.
    Shared(Webhook),
    /// `whpk_…`, or the public half of `whsk_…`, for v1a.
    Public { written: String, key: UnparsedPublicKey<Vec<u8>> },
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error(
        "expected whsec_… or whsk_…, as in the endpoint's signingSecret, or whpk_…, which is the public key of a whsk_…"
    )]
    Unknown,
    #[error(
        "behind whpk_ there have to be 32 bytes in base64; `antiphon listen --secret whsk_…` prints them"
    )]
    Public,
    #[error("{0}")]
    Secret(SecretError),
}

/// The headers that are signed, and the signatures.
struct Signed<'a> {
    id: &'a str,
    at: &'a str,
    signatures: &'a str,
}

impl Check {
    pub fn new(secrets: &[String]) -> Result<Option<Check>, KeyError> {
        let keys = secrets.iter().map(|secret| Key::new(secret)).collect::<Result<Vec<_>, _>>()?;
        Ok((!keys.is_empty()).then_some(Check { keys }))
    }

    /// The keys that receivers of v1a need.
    pub fn public_keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().filter_map(|key| match key {
            Key::Shared(_) => None,
            Key::Public { written, .. } => Some(written.as_str()),
        })
    }

    /// The reason as text when no signature holds; `now` is in milliseconds since 1970.
    pub fn verify(&self, request: &HttpRequest, body: &[u8], now: u64) -> Result<(), String> {
        let [id, at, signatures] = HEADERS.map(|name| {
            let value = request.headers().get(name).and_then(|value| value.to_str().ok());
            value.ok_or_else(|| format!("the header {name} is missing"))
        });
        let signed = Signed { id: id?, at: at?, signatures: signatures? };
        let at: u64 =
            signed.at.parse().map_err(|_| "webhook-timestamp is no number of seconds".to_owned())?;
        if at.abs_diff(now / 1000) > SECONDS_OFF_MAX {
            return Err(format!(
                "webhook-timestamp is {} s away from the time of this machine",
                at.abs_diff(now / 1000)
            ));
        }
        if self.keys.iter().any(|key| key.holds(&signed, body)) {
            return Ok(());
        }
        Err(self.why(&signed))
    }

    /// A signature of the wrong kind is the usual reason why none holds.
    fn why(&self, signed: &Signed) -> String {
        let came: Vec<&str> =
            signed.signatures.split(' ').filter_map(|one| Some(one.split_once(',')?.0)).collect();
        if self.keys.iter().any(|key| came.contains(&key.kind())) {
            return "no signature holds with this secret".to_owned();
        }
        let kind = self.keys.first().map_or("", Key::kind);
        format!("there is no {kind} signature, which this secret verifies")
    }
}

impl Key {
    fn new(secret: &str) -> Result<Key, KeyError> {
        if secret.starts_with(PUBLIC) {
            return Key::public(secret.to_owned());
        }
        let signer = Signer::new(secret).map_err(|error| match error {
            SecretError::Unknown | SecretError::Public => KeyError::Unknown,
            error => KeyError::Secret(error),
        })?;
        match signer.public_key() {
            Some(public) => Key::public(public),
            None => Ok(Key::Shared(Webhook::new(secret).expect("a signer was made of it"))),
        }
    }

    fn public(written: String) -> Result<Key, KeyError> {
        let bytes = STANDARD.decode(&written[PUBLIC.len()..]).ok();
        let bytes = bytes.filter(|bytes| bytes.len() == PUBLIC_BYTES).ok_or(KeyError::Public)?;
        Ok(Key::Public { written, key: UnparsedPublicKey::new(&ED25519, bytes) })
    }

    fn kind(&self) -> &'static str {
        match self {
            Key::Shared(_) => "v1",
            Key::Public { .. } => "v1a",
        }
    }

    fn holds(&self, signed: &Signed, body: &[u8]) -> bool {
        match self {
            Key::Shared(webhook) => signed.headers().is_some_and(|all| webhook.verify(body, &all).is_ok()),
            Key::Public { key, .. } => {
                let text = [format!("{}.{}.", signed.id, signed.at).as_bytes(), body].concat();
                let ours = signed.signatures.split(' ').filter_map(|one| one.strip_prefix("v1a,"));
                ours.filter_map(|one| STANDARD.decode(one).ok()).any(|one| key.verify(&text, &one).is_ok())
            }
        }
    }
}

impl Signed<'_> {
    /// As the library reads them: actix-web has another version of the map.
    fn headers(&self) -> Option<HeaderMap> {
        let mut headers = HeaderMap::new();
        for (name, value) in HEADERS.into_iter().zip([self.id, self.at, self.signatures]) {
            headers.insert(name, HeaderValue::from_str(value).ok()?);
        }
        Some(headers)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    /// The key pair in the README of svix/svix-webhooks.
    const PRIVATE: &str =
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
    const PUBLIC_HALF: &str = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";

    fn check(secrets: &[&str]) -> Check {
        let secrets: Vec<String> = secrets.iter().map(|&secret| secret.to_owned()).collect();
        Check::new(&secrets).unwrap().unwrap()
    }

    fn signed(secrets: &[&str], body: &str) -> HttpRequest {
        let at = antiphon::clock::now() / 1000;
        let sign = |secret: &&str| Signer::new(secret).unwrap().sign("msg_1", at, body);
        let signatures: Vec<String> = secrets.iter().map(sign).collect();
        TestRequest::default()
            .insert_header(("webhook-id", "msg_1"))
            .insert_header(("webhook-timestamp", at))
            .insert_header(("webhook-signature", signatures.join(" ")))
            .to_http_request()
    }

    fn verified(check: &Check, request: &HttpRequest, body: &str) -> Result<(), String> {
        check.verify(request, body.as_bytes(), antiphon::clock::now())
    }

    #[test]
    fn a_signed_callback_holds_and_a_changed_one_does_not() {
        for (signs, verifies) in [(SECRET, SECRET), (PRIVATE, PUBLIC_HALF), (PRIVATE, PRIVATE)] {
            let (check, request) = (check(&[verifies]), signed(&[signs], "{}"));
            assert_eq!(verified(&check, &request, "{}"), Ok(()), "{verifies}");
            let changed = verified(&check, &request, "[]");
            assert_eq!(changed, Err("no signature holds with this secret".to_owned()), "{verifies}");
        }
    }

    #[test]
    fn during_a_change_of_secrets_any_of_them_is_enough_on_either_side() {
        let both = signed(&[SECRET, PRIVATE], "{}");
        for secrets in [&[OLD, SECRET][..], &[SECRET], &[OLD, PUBLIC_HALF]] {
            assert_eq!(verified(&check(secrets), &both, "{}"), Ok(()), "{secrets:?}");
        }
        verified(&check(&[OLD]), &both, "{}").unwrap_err();
    }

    #[test]
    fn a_signature_of_the_other_kind_is_told_as_such() {
        let why = |signs, verifies| verified(&check(&[verifies]), &signed(&[signs], "{}"), "{}").unwrap_err();
        assert_eq!(why(PRIVATE, SECRET), "there is no v1 signature, which this secret verifies");
        assert_eq!(why(SECRET, PUBLIC_HALF), "there is no v1a signature, which this secret verifies");
    }

    #[test]
    fn an_unsigned_callback_is_told_which_header_is_missing() {
        let request = TestRequest::default().insert_header(("webhook-id", "msg_1")).to_http_request();
        let why = verified(&check(&[SECRET]), &request, "{}");
        assert_eq!(why, Err("the header webhook-timestamp is missing".to_owned()));
    }

    #[test]
    fn an_old_callback_is_refused_by_either_kind() {
        for secret in [SECRET, PRIVATE] {
            let request = signed(&[secret], "{}");
            let later = antiphon::clock::now() + 400_000;
            let why = check(&[secret]).verify(&request, b"{}", later).unwrap_err();
            assert!(why.starts_with("webhook-timestamp is 40"), "{why}");
        }
    }

    #[test]
    fn a_secret_of_another_shape_is_refused_with_what_to_write() {
        let fault = |secret: &str| Check::new(&[secret.to_owned()]).err().unwrap();
        assert_eq!(fault("C2FVsBQIhrscChlQIMV"), KeyError::Unknown);
        assert_eq!(fault("whpk_abc"), KeyError::Public);
        assert_eq!(fault("whsec_not base64"), KeyError::Secret(SecretError::NotBase64("whsec_")));
        assert!(Check::new(&[]).unwrap().is_none());
    }

    #[test]
    fn the_public_key_of_a_private_one_is_told() {
        let check = check(&[SECRET, PRIVATE]);
        assert_eq!(check.public_keys().collect::<Vec<_>>(), [PUBLIC_HALF]);
    }
}
