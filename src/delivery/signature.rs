//! The signature of a callback, `webhook-signature` of Standard Webhooks 1.0: one for each secret of the webhook, so that a
//! receiver can change its own without missing a callback.

use crate::project::Signer;

/// `v1,… v1a,…` in the order of the secrets; none without a secret. `at_seconds` is what `webhook-timestamp` says.
pub fn of(signers: &[Signer], id: &str, at_seconds: u64, body: &str) -> Option<String> {
    let signatures: Vec<String> = signers.iter().map(|signer| signer.sign(id, at_seconds, body)).collect();
    (!signatures.is_empty()).then(|| signatures.join(" "))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use http::HeaderMap;
    use ring::signature::{ED25519, UnparsedPublicKey};
    use standardwebhooks::Webhook;

    use super::*;
    use crate::clock;

    const SHARED: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const PAIR: &str =
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";

    fn signers(secrets: &[&str]) -> Vec<Signer> {
        secrets.iter().map(|secret| Signer::new(secret).unwrap()).collect()
    }

    fn signed(secrets: &[&str], id: &str, at_seconds: u64, body: &str) -> String {
        of(&signers(secrets), id, at_seconds, body).unwrap()
    }

    /// From the tests of standard-webhooks/standard-webhooks: libraries/javascript, libraries/go (the first), libraries/rust.
    #[test]
    fn the_vectors_of_standard_webhooks_for_v1_come_out() {
        let first =
            signed(&[SHARED], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(first, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        let second = signed(&[secret], "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body);
        assert_eq!(second, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }

    /// From svix/svix-webhooks, server/svix-server/src/worker.rs; the signature stands in the specification as well.
    #[test]
    fn the_vector_of_standard_webhooks_for_v1a_comes_out() {
        let signature =
            signed(&[PAIR], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        let vector =
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
        assert_eq!(signature, vector);
    }

    #[test]
    fn there_is_one_signature_for_each_secret_in_their_order() {
        let both = signed(&[SHARED, PAIR], "msg_1", 1, "{}");
        let apart = [signed(&[SHARED], "msg_1", 1, "{}"), signed(&[PAIR], "msg_1", 1, "{}")];
        assert_eq!(both, apart.join(" "));
        assert_eq!(of(&[], "msg_1", 1, "{}"), None);
    }

    #[test]
    fn the_published_library_verifies_what_is_signed_with_any_of_several_secrets() {
        let old = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        let (at, body) = (clock::now() / 1000, "{\"text\":\"Grüße\"}");
        let signature = signed(&[PAIR, SHARED, old], "msg_1", at, body);
        let mut headers = HeaderMap::new();
        let at = at.to_string();
        for (name, value) in
            [("webhook-id", "msg_1"), ("webhook-timestamp", &at), ("webhook-signature", &signature)]
        {
            headers.insert(name, value.parse().unwrap());
        }
        for secret in [SHARED, old] {
            let webhook = Webhook::new(secret).unwrap();
            webhook.verify(body.as_bytes(), &headers).unwrap();
            webhook.verify(b"{}", &headers).unwrap_err();
        }
    }

    #[test]
    fn a_public_key_verifies_what_its_private_key_signed() {
        let signature = signed(&[PAIR], "msg_1", 7, "{}");
        let public = signers(&[PAIR])[0].public_key().unwrap();
        let bytes = |text: &str| STANDARD.decode(text).unwrap();
        let key = UnparsedPublicKey::new(&ED25519, bytes(&public["whpk_".len()..]));
        let signature = bytes(&signature["v1a,".len()..]);
        key.verify(b"msg_1.7.{}", &signature).unwrap();
        key.verify(b"msg_1.8.{}", &signature).unwrap_err();
    }
}
