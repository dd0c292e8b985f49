//! What the single values of an endpoint must look like. Each function takes what was written and gives
//! what is kept, or says what to write instead. None repeats a value that may be a secret.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::yaml::{Faults, Node};

/// A text that `check` takes; what it says of another is a fault at its place. None also for no node.
pub(super) fn text<T>(
    node: Option<&Node>,
    check: impl Fn(&str) -> Result<T, String>,
    faults: &mut Faults,
) -> Option<T> {
    node?.valid(check, faults)
}

/// The path of a door: 16 to 128 of `[A-Za-z0-9_-]`.
pub(super) fn url_token(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (16..=128).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Err("a urlToken has 16 to 128 characters of A-Z, a-z, 0-9, \"_\" and \"-\"; `openssl rand -hex 32` makes one"
        .to_owned())
}

/// An address to post to, in the form that clients send. A wrong one is not repeated: a password may stand in it.
pub(super) fn webhook_url(text: &str) -> Result<String, String> {
    if !text.starts_with("http://") && !text.starts_with("https://") {
        return Err(
            "expected an address such as https://shop.example/callback, with http or https".to_owned()
        );
    }
    let url = Url::parse(text).map_err(|error| format!("the address cannot be read: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "write the name and the password as `user` and `password`, not into the address".to_owned()
        );
    }
    Ok(url.into())
}

/// The user of Basic authentication. RFC 7617: it cannot hold a colon.
pub(super) fn user(text: &str) -> Result<String, String> {
    if text.contains(':') || text.chars().any(char::is_control) {
        return Err("a user of Basic authentication cannot hold a colon or a control character".to_owned());
    }
    Ok(text.to_owned())
}

/// A secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64.
pub(super) fn signing_secret(text: &str) -> Result<String, String> {
    let key = text.strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok());
    match key {
        Some(key) if (24..=64).contains(&key.len()) => Ok(text.to_owned()),
        Some(_) | None => Err("expected whsec_ and 24 to 64 random bytes in base64; \
                               `echo whsec_$(openssl rand -base64 32)` makes one"
            .to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_token_is_long_and_plain() {
        for good in ["0123456789abcdef", "A_b-C_d-E_f-G_h-1", &"f".repeat(128)] {
            assert_eq!(url_token(good).as_deref(), Ok(good));
        }
        for bad in ["", "0123456789abcde", "0123456789abcde/", "0123456789abcdé", &"f".repeat(129)] {
            assert!(url_token(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_webhook_is_http_with_a_host_and_without_a_password() {
        assert_eq!(webhook_url("http://[::1]:9000").as_deref(), Ok("http://[::1]:9000/"));
        assert_eq!(
            webhook_url("https://Shop.Example/a b?c=d").as_deref(),
            Ok("https://shop.example/a%20b?c=d")
        );
        for bad in ["", "shop.example/callback", "ftp://shop.example", "http://", "file:///etc/passwd"] {
            assert!(webhook_url(bad).is_err(), "{bad}");
        }
        let fault = webhook_url("https://alice:hunter2@shop.example/").unwrap_err();
        assert!(!fault.contains("hunter2"), "{fault}");
    }

    #[test]
    fn a_signing_secret_is_not_repeated_in_its_fault() {
        assert!(signing_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").is_ok());
        for bad in
            ["whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64 at all!"]
        {
            let fault = signing_secret(bad).unwrap_err();
            assert!(bad.len() < 7 || !fault.contains(bad), "{fault}");
        }
    }
}
