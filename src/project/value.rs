//! What the single values of an endpoint must look like. Each function takes what was written and gives
//! what is kept, or says what to write instead. None repeats a value that may be a secret.

use url::Url;

use super::signer::Signer;
use crate::egress;
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

/// An address to post to, in the form that clients send, and the user and password that stood in it.
pub(super) struct Address {
    pub url: String,
    pub credentials: Option<(String, String)>,
}

/// A wrong address is not repeated: a password may stand in it.
pub(super) fn webhook_url(text: &str) -> Result<Address, String> {
    if !text.starts_with("http://") && !text.starts_with("https://") {
        return Err(
            "expected an address such as https://shop.example/callback, with http or https".to_owned()
        );
    }
    let mut url = Url::parse(text).map_err(|error| format!("the address cannot be read: {error}"))?;
    let credentials = egress::take_credentials(&mut url);
    if let Some((name, _)) = &credentials {
        user(name)?;
    }
    Ok(Address { url: url.into(), credentials })
}

/// The user of Basic authentication. RFC 7617: it cannot hold a colon.
pub(super) fn user(text: &str) -> Result<String, String> {
    if text.contains(':') || text.chars().any(char::is_control) {
        return Err("a user of Basic authentication cannot hold a colon or a control character".to_owned());
    }
    Ok(text.to_owned())
}

/// A secret of Standard Webhooks, ready to sign.
pub(super) fn signing_secret(text: &str) -> Result<Signer, String> {
    Signer::new(text).map_err(|error| error.to_string())
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
    fn a_webhook_is_http_with_a_host() {
        let url = |text: &str| webhook_url(text).map(|address| address.url);
        assert_eq!(url("http://[::1]:9000").as_deref(), Ok("http://[::1]:9000/"));
        assert_eq!(url("https://Shop.Example/a b?c=d").as_deref(), Ok("https://shop.example/a%20b?c=d"));
        for bad in ["", "shop.example/callback", "ftp://shop.example", "http://", "file:///etc/passwd"] {
            assert!(webhook_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn user_and_password_are_taken_out_of_an_address() {
        let address = webhook_url("https://alice:hunter%3A2@shop.example/in").unwrap();
        assert_eq!(address.url, "https://shop.example/in");
        assert_eq!(address.credentials, Some(("alice".to_owned(), "hunter:2".to_owned())));
        let fault = webhook_url("https://al%3Aice:hunter2@shop.example/").err().unwrap();
        assert!(fault.contains("cannot hold a colon") && !fault.contains("hunter2"), "{fault}");
    }
}
